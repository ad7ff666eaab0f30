//! `{{…}}`: values of one account, filled into a setup's texts.
//!
//! In a policy they are filled in inside the parsed JSON's strings, never in its text, so that no value can change the
//! policy's structure. IAM's own `${aws:…}` variables pass through untouched.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::SetupError;

/// The values, by placeholder name: `account_id`, `param.KEY`, …
pub type Scope = BTreeMap<String, String>;

/// Fills in one text.
///
/// # Errors
/// A placeholder that `scope` does not have, or that is not closed.
pub fn fill_text(text: &str, scope: &Scope) -> Result<String, SetupError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}").ok_or_else(|| SetupError::UnclosedPlaceholder(text.to_owned()))?;
        let name = name.trim();
        let value = scope.get(name).ok_or_else(|| SetupError::UnknownPlaceholder(name.to_owned()))?;
        // A parameter is the author's own word; everything else comes from the account and must stay a plain value.
        // A variable of IAM's may also come about where the value meets the text around it.
        let widens =
            value.contains(['*', '?']) || value.contains("${") || value.starts_with('{') || value.ends_with('$');
        if !name.starts_with("param.") && widens {
            return Err(SetupError::WideningValue { name: name.to_owned() });
        }
        filled.push_str(before);
        filled.push_str(value);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Fills in the strings of a JSON value; keys stay as they are.
///
/// # Errors
/// As [`fill_text`], and a placeholder in a key.
pub fn fill_json(value: &mut Value, scope: &Scope) -> Result<(), SetupError> {
    match value {
        Value::String(text) => *text = fill_text(text, scope)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill_json(item, scope))?,
        Value::Object(members) => {
            if let Some(key) = members.keys().find(|key| key.contains("{{")) {
                return Err(SetupError::PlaceholderInKey(key.clone()));
            }
            members.values_mut().try_for_each(|member| fill_json(member, scope))?;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        [("account_id", "000123456789"), ("account_name", r#"","Effect":"Deny"#), ("param.bucket", "a-*")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn a_value_cannot_change_a_policys_structure() {
        let mut policy =
            serde_json::json!({ "Sid": "{{account_name}}", "Resource": "arn:{{ param.bucket }}/${aws:x}" });
        fill_json(&mut policy, &scope()).unwrap();
        let again: Value = serde_json::from_str(&policy.to_string()).unwrap();
        assert_eq!(again["Sid"], r#"","Effect":"Deny"#);
        assert_eq!(again["Resource"], "arn:a-*/${aws:x}");
        assert_eq!(again.as_object().unwrap().len(), 2);
    }

    #[test]
    fn what_nothing_fills_and_what_would_widen_is_an_error() {
        assert!(
            matches!(fill_text("{{nobody}}", &scope()), Err(SetupError::UnknownPlaceholder(name)) if name == "nobody")
        );
        assert!(matches!(fill_text("{{account_id", &scope()), Err(SetupError::UnclosedPlaceholder(_))));
        let mut in_key = serde_json::json!({ "{{account_id}}": "x" });
        assert!(matches!(fill_json(&mut in_key, &scope()), Err(SetupError::PlaceholderInKey(_))));
        for (text, name) in [("${{account_name}}", "{aws:PrincipalTag/x}"), ("{{account_name}}{aws:username}", "a$")] {
            let scope = [("account_name".to_owned(), name.to_owned())].into();
            assert!(matches!(fill_text(text, &scope), Err(SetupError::WideningValue { .. })), "{text} {name}");
        }
        let starred = [("account_name".to_owned(), "*".to_owned())].into();
        assert!(matches!(fill_text("{{account_name}}", &starred), Err(SetupError::WideningValue { .. })));
    }
}
