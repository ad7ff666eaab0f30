//! Which documents IAM accepts, and in which words it refuses one.
//!
//! The wordings are AWS's where a source names them; the code is `MalformedPolicyDocument` in every case. That a trust
//! without a `Principal` is refused is AWS's documented rule; no other simulator confirms it.

use serde_json::{Map, Value};

use super::condition::is_operator;
use super::statement::{list, strings};

/// What a document is for; each kind has elements of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum PolicyKind {
    /// Who may assume a role.
    Trust,
    /// What an identity may do: inline, managed and session policies, boundaries.
    Identity,
}

const SYNTAX: &str = "Syntax errors in policy.";

/// The document, if IAM would accept it.
///
/// # Errors
/// The message of the `MalformedPolicyDocument` that IAM answers.
pub(in crate::sandbox) fn check(text: &str, kind: PolicyKind) -> Result<Value, String> {
    if !text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')) {
        return Err("The policy contains characters outside of the range that is allowed.".to_owned());
    }
    let not_json = match kind {
        PolicyKind::Trust => "This policy contains invalid Json",
        PolicyKind::Identity => "The policy is not in the valid JSON format.",
    };
    let document: Value = serde_json::from_str(text).map_err(|_| not_json.to_owned())?;
    let top = document.as_object().ok_or(SYNTAX)?;
    only(top, &["Version", "Id", "Statement"])?;
    match top.get("Version").map(Value::as_str) {
        None | Some(Some("2012-10-17" | "2008-10-17")) => {}
        Some(_) => return Err("The policy must contain a valid version string".to_owned()),
    }
    let mut statements = list(top.get("Statement")).peekable();
    if statements.peek().is_none() {
        return Err(SYNTAX.to_owned());
    }
    let mut sids: Vec<&str> = Vec::new();
    for statement in statements {
        let statement = statement.as_object().ok_or(SYNTAX)?;
        if let Some(sid) = statement.get("Sid") {
            let sid = sid.as_str().ok_or(SYNTAX)?;
            if kind == PolicyKind::Identity && !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(format!(
                    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*: {sid}"
                ));
            }
            if !sid.is_empty() && sids.contains(&sid) {
                return Err(format!("Statement IDs (SID) in a single policy must be unique: {sid}"));
            }
            sids.push(sid);
        }
        check_statement(statement, kind)?;
    }
    Ok(document)
}

fn check_statement(statement: &Map<String, Value>, kind: PolicyKind) -> Result<(), String> {
    only(
        statement,
        &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"],
    )?;
    match statement.get("Effect").map(Value::as_str) {
        Some(Some("Allow" | "Deny")) => {}
        Some(Some(other)) => return Err(format!("Invalid effect: {other}")),
        _ => return Err("Missing required field Effect".to_owned()),
    }
    let actions = one_of(statement, "Action", "NotAction")?;
    let Some(actions) = actions else {
        return Err(match kind {
            PolicyKind::Trust => "Missing required field Action".to_owned(),
            PolicyKind::Identity => "Policy statement must contain actions.".to_owned(),
        });
    };
    for action in texts(actions)? {
        check_action(action, kind)?;
    }
    let resources = one_of(statement, "Resource", "NotResource")?;
    let principals = one_of(statement, "Principal", "NotPrincipal")?;
    match kind {
        PolicyKind::Trust => {
            if resources.is_some() {
                return Err("Has prohibited field Resource".to_owned());
            }
            check_principal(principals.ok_or("Missing required field Principal")?)?;
        }
        PolicyKind::Identity => {
            if principals.is_some() {
                return Err("Policy document should not specify a principal.".to_owned());
            }
            for resource in texts(resources.ok_or("Policy statement must contain resources.")?)? {
                if !(resource.starts_with('*') || resource.starts_with("arn:") && resource.split(':').count() >= 6) {
                    return Err(format!("Resource {resource} must be in ARN format or \"*\"."));
                }
            }
        }
    }
    statement.get("Condition").map_or(Ok(()), check_conditions)
}

fn check_action(action: &str, kind: PolicyKind) -> Result<(), String> {
    let vendor = action.split_once(':').map(|(vendor, _)| vendor);
    match (kind, vendor) {
        (PolicyKind::Identity, None) if action == "*" => Ok(()),
        (PolicyKind::Identity, None) => {
            Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned())
        }
        (PolicyKind::Identity, Some(vendor)) => {
            if !vendor.is_empty() && vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                Ok(())
            } else {
                Err(format!("Vendor {vendor} is not valid"))
            }
        }
        (PolicyKind::Trust, Some(vendor)) if vendor.eq_ignore_ascii_case("sts") => Ok(()),
        (PolicyKind::Trust, _) => Err("AssumeRole policy may only specify STS AssumeRole actions.".to_owned()),
    }
}

fn check_principal(principal: &Value) -> Result<(), String> {
    let kinds = match principal {
        Value::String(text) if text == "*" => return Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => kinds,
        _ => return Err("Invalid principal in policy.".to_owned()),
    };
    for (kind, names) in kinds {
        for name in texts(names)? {
            let fine = match kind.as_str() {
                "AWS" => {
                    name == "*"
                        || name.parse::<crate::ids::AccountId>().is_ok()
                        || is_unique_id(name)
                        || name
                            .parse::<crate::ids::Arn>()
                            .is_ok_and(|arn| ["iam", "sts"].contains(&arn.service()) && !name.contains('*'))
                }
                "Service" => {
                    let name = name.strip_suffix(".cn").unwrap_or(name);
                    name.strip_suffix(".amazonaws.com").is_some_and(|service| {
                        !service.is_empty()
                            && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
                    })
                }
                "Federated" => !name.is_empty(),
                "CanonicalUser" => !name.is_empty(),
                _ => return Err(SYNTAX.to_owned()),
            };
            if !fine {
                return Err(invalid_principal(kind, name));
            }
        }
    }
    Ok(())
}

/// The message of a principal that is not one.
pub(in crate::sandbox) fn invalid_principal(kind: &str, name: &str) -> String {
    let kind = if kind == "AWS" { "AWS".to_owned() } else { kind.to_ascii_uppercase() };
    format!("Invalid principal in policy: \"{kind}\":\"{name}\"")
}

/// `AROA…`, `AIDA…`: what is left of a principal that was deleted.
fn is_unique_id(name: &str) -> bool {
    name.len() >= 16 && name.starts_with('A') && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn check_conditions(conditions: &Value) -> Result<(), String> {
    for (operator, keys) in conditions.as_object().ok_or(SYNTAX)? {
        if !is_operator(operator) {
            return Err(SYNTAX.to_owned());
        }
        for (key, values) in keys.as_object().ok_or(SYNTAX)? {
            if !key.contains(':') {
                return Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned());
            }
            if list(Some(values)).any(|value| value.is_object() || value.is_null() || value.is_array()) {
                return Err(SYNTAX.to_owned());
            }
        }
    }
    Ok(())
}

fn only(object: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    if object.keys().all(|key| known.contains(&key.as_str())) { Ok(()) } else { Err(SYNTAX.to_owned()) }
}

fn one_of<'v>(statement: &'v Map<String, Value>, name: &str, not: &str) -> Result<Option<&'v Value>, String> {
    match (statement.get(name), statement.get(not)) {
        (Some(_), Some(_)) => Err(SYNTAX.to_owned()),
        (value, None) | (None, value) => Ok(value),
    }
}

/// A non-empty list of strings, or one string.
fn texts(value: &Value) -> Result<Vec<&str>, String> {
    let all: Vec<&str> = strings(value).collect();
    if all.is_empty() || all.len() != list(Some(value)).count() { Err(SYNTAX.to_owned()) } else { Ok(all) }
}

/// Every ARN of a role or a user that a trust names in a principal, as it stands there.
pub(in crate::sandbox) fn principal_arns(document: &Value) -> Vec<String> {
    let principals = list(document.get("Statement"))
        .flat_map(|statement| [statement.get("Principal"), statement.get("NotPrincipal")])
        .flatten();
    principals
        .filter_map(|principal| principal.get("AWS"))
        .flat_map(strings)
        .filter(|name| name.contains(":iam:") && !name.ends_with(":root"))
        .map(str::to_owned)
        .collect()
}

/// Replaces the AWS principals of a trust by what `stored` gives for them, and leaves everything else. Whether
/// anything changed is told, so that a text can be kept as it was written.
pub(in crate::sandbox) fn rewrite_principals(document: &mut Value, stored: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut changed = false;
    let mut rewrite = |value: &mut Value| {
        if let Value::String(name) = value
            && let Some(new) = stored(name)
        {
            *name = new;
            changed = true;
        }
    };
    let statements: &mut [Value] = match document.get_mut("Statement") {
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_mut(one),
        None => &mut [],
    };
    for statement in statements {
        for element in ["Principal", "NotPrincipal"] {
            match statement.get_mut(element).and_then(|principal| principal.get_mut("AWS")) {
                Some(Value::Array(names)) => names.iter_mut().for_each(&mut rewrite),
                Some(name) => rewrite(name),
                None => {}
            }
        }
    }
    changed
}
