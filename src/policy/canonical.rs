//! The one form of a policy document: two documents mean the same if, and only if, their canonical forms are equal.
//!
//! What is equal, and where AWS says so: a lone value is a list of one; lists and statements are sets; actions and
//! condition keys are compared without regard to case; an account id is the ARN of its root; `"Principal": "*"` is
//! `{"AWS": "*"}`; no `Version` is `2008-10-17`; numbers and booleans are their text; what is empty is absent.
//! Resources and condition values are compared exactly, statements are never merged, wildcards never subsume.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::{Path, PolicyError, PolicyErrorKind, Position};
use super::json::{self, Member, Node, Value};
use crate::ids::{AccountId, Partition};

/// What a policy document is attached to, which decides what its statements must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// A role's trust policy: its statements have principals and no resources.
    Trust,
    /// An inline or managed policy: its statements have resources and no principals.
    Identity,
}

/// A policy document in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CanonicalPolicy {
    version: String,
    id: Option<String>,
    statements: BTreeSet<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
struct Statement {
    effect: String,
    sid: Option<String>,
    /// By element name, so that `Action` and `NotAction` differ.
    sets: BTreeMap<&'static str, BTreeSet<String>>,
    /// By element name, then by principal type.
    principals: BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>,
    /// By operator, then by key in lower case.
    conditions: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

const POLICY: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPAL: &[&str] = &["AWS", "Service", "Federated", "CanonicalUser"];

impl CanonicalPolicy {
    /// Reads JSON text. `partition` is where a bare account id as a principal belongs.
    ///
    /// # Errors
    /// When it is not JSON, has a key twice, or is no policy document of this kind; with the place.
    pub fn parse(kind: PolicyKind, text: &str, partition: &Partition) -> Result<Self, PolicyError> {
        let start = Position { line: 1, column: 1 };
        let missing = |element| PolicyError::new(PolicyErrorKind::MissingElement { element }, &Path::Root, start);
        let Some(mut node) = json::parse(text)? else { return Err(missing("Statement")) };
        // IAM takes a list of one document for the document.
        if let Value::Array(items) = &mut node.value
            && items.len() == 1
            && let Some(only) = items.pop()
        {
            node = only;
        }
        let mut policy = Self { version: "2008-10-17".to_owned(), id: None, statements: BTreeSet::new() };
        let mut found_statement = false;
        for (element, member) in elements(&node, POLICY, "policy", &Path::Root)? {
            let path = Path::Key(&Path::Root, element);
            match element {
                "Version" => {
                    let version = text_of(&member.node, &path)?;
                    if version != "2008-10-17" && version != "2012-10-17" {
                        return Err(wrong_value(&member.node, &path, version, "`2012-10-17` or `2008-10-17`"));
                    }
                    policy.version = version;
                }
                "Id" => policy.id = Some(text_of(&member.node, &path)?).filter(|id| !id.is_empty()),
                _ => {
                    found_statement = true;
                    match &member.node.value {
                        Value::Array(items) => {
                            for (index, item) in items.iter().enumerate() {
                                policy.statements.insert(statement(kind, item, &Path::Index(&path, index), partition)?);
                            }
                        }
                        _ => {
                            policy.statements.insert(statement(kind, &member.node, &path, partition)?);
                        }
                    }
                }
            }
        }
        if found_statement { Ok(policy) } else { Err(missing("Statement")) }
    }

    /// SHA-256 of the canonical form, in hexadecimal: equal for documents that mean the same.
    pub fn digest(&self) -> String {
        let form = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(form).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn statement(kind: PolicyKind, node: &Node, path: &Path<'_>, partition: &Partition) -> Result<Statement, PolicyError> {
    let mut statement = Statement::default();
    let mut places: BTreeMap<&str, Position> = BTreeMap::new();
    for (element, member) in elements(node, STATEMENT, "statement", path)? {
        let path = Path::Key(path, element);
        places.insert(element, member.key_at);
        match element {
            "Sid" => statement.sid = Some(text_of(&member.node, &path)?).filter(|sid| !sid.is_empty()),
            "Effect" => {
                let effect = text_of(&member.node, &path)?;
                if effect != "Allow" && effect != "Deny" {
                    return Err(wrong_value(&member.node, &path, effect, "`Allow` or `Deny`"));
                }
                statement.effect = effect;
            }
            "Action" | "NotAction" => {
                let actions = set(&member.node, &path)?.into_iter().map(|action| action.to_ascii_lowercase()).collect();
                statement.sets.insert(element, actions);
            }
            "Resource" | "NotResource" => {
                statement.sets.insert(element, set(&member.node, &path)?);
            }
            "Condition" => statement.conditions = conditions(&member.node, &path)?,
            _ => {
                let principals = principals(&member.node, &path, partition)?;
                if !principals.is_empty() {
                    statement.principals.insert(element, principals);
                }
            }
        }
    }
    let either = |a: bool, element| {
        if a { Ok(()) } else { Err(PolicyError::new(PolicyErrorKind::MissingElement { element }, path, node.at)) }
    };
    let neither = |a: bool, names: [&str; 2]| {
        let misplaced = names.into_iter().find_map(|name| Some((name, *places.get(name)?)));
        let Some((name, at)) = misplaced.filter(|_| !a) else { return Ok(()) };
        let kind = PolicyErrorKind::UnknownElement { name: name.to_owned(), of: "statement of this kind", known: &[] };
        Err(PolicyError::new(kind, &Path::Key(path, name), at))
    };
    let has = |element: &str| statement.sets.contains_key(element);
    for (element, opposite) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        if has(element) && has(opposite) {
            return Err(PolicyError::new(PolicyErrorKind::BothGiven { element, opposite }, path, node.at));
        }
    }
    if statement.principals.len() > 1 {
        let both = PolicyErrorKind::BothGiven { element: "Principal", opposite: "NotPrincipal" };
        return Err(PolicyError::new(both, path, node.at));
    }
    either(!statement.effect.is_empty(), "Effect")?;
    either(has("Action") || has("NotAction"), "Action")?;
    match kind {
        PolicyKind::Trust => {
            either(!statement.principals.is_empty(), "Principal")?;
            neither(!has("Resource") && !has("NotResource"), ["Resource", "NotResource"])?;
        }
        PolicyKind::Identity => {
            either(has("Resource") || has("NotResource"), "Resource")?;
            neither(statement.principals.is_empty(), ["Principal", "NotPrincipal"])?;
        }
    }
    Ok(statement)
}

/// The members of an object by their known names; IAM reads the names without regard to case.
fn elements<'a>(
    node: &'a Node,
    known: &'static [&'static str],
    of: &'static str,
    path: &Path<'_>,
) -> Result<Vec<(&'static str, &'a Member)>, PolicyError> {
    let mut found: Vec<(&'static str, &Member)> = Vec::new();
    for member in object(node, path)? {
        let Some(element) = known.iter().copied().find(|name| name.eq_ignore_ascii_case(&member.key)) else {
            let kind = PolicyErrorKind::UnknownElement { name: member.key.clone(), of, known };
            return Err(PolicyError::new(kind, &Path::Key(path, &member.key), member.key_at));
        };
        if found.iter().any(|(name, _)| *name == element) {
            let kind = PolicyErrorKind::DuplicateKey { key: member.key.clone() };
            return Err(PolicyError::new(kind, &Path::Key(path, &member.key), member.key_at));
        }
        found.push((element, member));
    }
    Ok(found)
}

fn principals(
    node: &Node,
    path: &Path<'_>,
    partition: &Partition,
) -> Result<BTreeMap<String, BTreeSet<String>>, PolicyError> {
    if let Value::String(text) = &node.value {
        if text != "*" {
            return Err(wrong_value(node, path, text.clone(), "`*` or an object such as `{\"Service\": …}`"));
        }
        return Ok([("AWS".to_owned(), [text.clone()].into())].into());
    }
    let mut principals = BTreeMap::new();
    for (element, member) in elements(node, PRINCIPAL, "principal", path)? {
        let names =
            set(&member.node, &Path::Key(path, element))?.into_iter().map(|name| match name.parse::<AccountId>() {
                Ok(account) if element == "AWS" => format!("arn:{partition}:iam::{account}:root"),
                _ => name,
            });
        let names: BTreeSet<String> = names.collect();
        if !names.is_empty() {
            principals.insert(element.to_owned(), names);
        }
    }
    Ok(principals)
}

fn conditions(
    node: &Node,
    path: &Path<'_>,
) -> Result<BTreeMap<String, BTreeMap<String, BTreeSet<String>>>, PolicyError> {
    let mut operators: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for operator in object(node, path)? {
        let path = Path::Key(path, &operator.key);
        let keys = operators.entry(operator.key.clone()).or_default();
        for member in object(&operator.node, &path)? {
            let values = set_of(&member.node, &Path::Key(&path, &member.key), scalar)?;
            if keys.insert(member.key.to_ascii_lowercase(), values).is_some() {
                let kind = PolicyErrorKind::DuplicateKey { key: member.key.clone() };
                return Err(PolicyError::new(kind, &path, member.key_at));
            }
        }
    }
    operators.retain(|_, keys| !keys.is_empty());
    Ok(operators)
}

fn object<'a>(node: &'a Node, path: &Path<'_>) -> Result<&'a [Member], PolicyError> {
    match &node.value {
        Value::Object(members) => Ok(members),
        _ => Err(wrong_type(node, path, "an object")),
    }
}

/// A lone text or a list of texts, as a set.
fn set(node: &Node, path: &Path<'_>) -> Result<BTreeSet<String>, PolicyError> {
    set_of(node, path, text_of)
}

/// A lone value or a list, as a set of what `read` makes of each.
fn set_of(
    node: &Node,
    path: &Path<'_>,
    read: fn(&Node, &Path<'_>) -> Result<String, PolicyError>,
) -> Result<BTreeSet<String>, PolicyError> {
    match &node.value {
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| read(item, &Path::Index(path, index))).collect()
        }
        _ => Ok([read(node, path)?].into()),
    }
}

/// A text, or a number or boolean as its text.
fn scalar(node: &Node, path: &Path<'_>) -> Result<String, PolicyError> {
    match &node.value {
        Value::String(text) | Value::Number(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(wrong_type(node, path, "a text or a list of texts")),
    }
}

fn text_of(node: &Node, path: &Path<'_>) -> Result<String, PolicyError> {
    match &node.value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(wrong_type(node, path, "a text")),
    }
}

fn wrong_type(node: &Node, path: &Path<'_>, expected: &'static str) -> PolicyError {
    PolicyError::new(PolicyErrorKind::WrongType { expected, found: node.value.type_name() }, path, node.at)
}

fn wrong_value(node: &Node, path: &Path<'_>, value: String, expected: &'static str) -> PolicyError {
    PolicyError::new(PolicyErrorKind::WrongValue { value, expected }, path, node.at)
}
