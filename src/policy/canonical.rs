//! The one form of a policy document: two documents mean the same if, and only if, their canonical forms are equal.
//!
//! What is equal, and where AWS says so, is in `docs/iam.md`: a lone value is a list of one; lists and statements are
//! sets; actions and condition keys are compared without regard to case; an account id is the ARN of its root;
//! `"Principal": "*"` is `{"AWS": "*"}`; no `Version` is `2008-10-17`; numbers and booleans are their text; what is
//! empty is absent. Resources and condition values are compared exactly, statements are never merged, wildcards never
//! subsume.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Effect, Element, PolicyKind, Spelled, Statement, Values};
use super::error::{PolicyError, PolicyErrorKind};
use super::read::{Purpose, read};
use crate::digest::sha256;
use crate::ids::Partition;

/// A policy document in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalPolicy {
    pub(super) version: String,
    pub(super) id: Option<String>,
    pub(super) statements: BTreeSet<Statement>,
}

/// Everything that is wrong with a document that shall be sent, in the order of the places; nothing if it is well.
/// What is not JSON ends the reading.
pub fn mistakes(kind: PolicyKind, text: &str, partition: &Partition) -> Vec<PolicyError> {
    read(kind, Purpose::Sending, text, partition).1
}

impl CanonicalPolicy {
    pub(super) fn empty() -> Self {
        Self { version: "2008-10-17".to_owned(), id: None, statements: BTreeSet::new() }
    }

    /// Reads the JSON text of a document that shall be sent, strictly. `partition` is where a bare account id as a
    /// principal belongs.
    ///
    /// # Errors
    /// When it is not JSON, has a key twice, or is no policy document of this kind as IAM writes them; with the place.
    /// It is the most telling of [`mistakes`].
    pub fn parse(kind: PolicyKind, text: &str, partition: &Partition) -> Result<Self, PolicyError> {
        one(read(kind, Purpose::Sending, text, partition))
    }

    /// Reads the JSON text of a document that IAM holds, for its meaning only: no text is a document without
    /// statements, `Effect` and the names of elements are read in any case, and what IAM asks of a document is not
    /// asked again.
    ///
    /// # Errors
    /// When it is not JSON, has a key twice, or holds what has no meaning known here; with the place.
    pub fn read(kind: PolicyKind, text: &str, partition: &Partition) -> Result<Self, PolicyError> {
        one(read(kind, Purpose::Comparing, text, partition))
    }

    /// The canonical form as the JSON text of a policy document that means the same: no blanks, keys and members in
    /// the order of their bytes, statements in the order of their texts, every list a list, actions and condition
    /// keys in lower case. Equal policies have equal texts.
    pub fn to_json(&self) -> String {
        let statements: BTreeSet<String> = self.statements.iter().map(Statement::to_json).collect();
        let statements = statements.into_iter().collect::<Vec<_>>().join(",");
        let mut members: BTreeMap<&str, String> =
            [("Statement", format!("[{statements}]")), ("Version", quoted(&self.version))].into();
        members.extend(self.id.as_deref().map(|id| ("Id", quoted(id))));
        object(members)
    }

    /// Whom a trust policy lets in, as it was written; `everyone but …` for a `NotPrincipal`. Conditions may say less.
    pub fn trusted(&self) -> Vec<String> {
        let allowed = self.statements.iter().filter(|statement| statement.effect == Effect::Allow);
        let mut trusted = BTreeSet::new();
        for (element, values) in allowed.flat_map(|statement| &statement.values) {
            let written = values.iter().map(Spelled::written);
            match element {
                Element::Principal(_) => trusted.extend(written.map(str::to_owned)),
                Element::NotPrincipal(_) => trusted.extend(written.map(|who| format!("everyone but {who}"))),
                _ => {}
            }
        }
        trusted.into_iter().collect()
    }

    /// SHA-256 of [`Self::to_json`], in hexadecimal: equal for documents that mean the same.
    pub fn digest(&self) -> String {
        sha256(self.to_json())
    }
}

impl Statement {
    pub(super) fn to_json(&self) -> String {
        let mut members: BTreeMap<&str, String> = [("Effect", quoted(self.effect.as_str()))].into();
        members.extend(self.sid.as_deref().map(|sid| ("Sid", quoted(sid))));
        let mut principals: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        let mut conditions: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        for (element, values) in &self.values {
            let name = element.name();
            match element {
                Element::Principal(of) | Element::NotPrincipal(of) => {
                    principals.entry(name).or_default().insert(of.as_str(), array(values));
                }
                Element::Condition { operator, key } => {
                    conditions.entry(operator).or_default().insert(key.key(), array(values));
                }
                _ => {
                    members.insert(name, array(values));
                }
            }
        }
        members.extend(objects(principals));
        if !conditions.is_empty() {
            members.insert("Condition", object(objects(conditions)));
        }
        object(members)
    }
}

fn one((policy, mistakes): (CanonicalPolicy, Vec<PolicyError>)) -> Result<CanonicalPolicy, PolicyError> {
    // What is missing is often missing because of what is there.
    let missing = |error: &PolicyError| matches!(error.kind(), PolicyErrorKind::MissingElement { .. });
    mistakes.into_iter().min_by_key(missing).map_or(Ok(policy), Err)
}

fn objects<'a>(members: BTreeMap<&'a str, BTreeMap<&'a str, String>>) -> BTreeMap<&'a str, String> {
    members.into_iter().map(|(key, members)| (key, object(members))).collect()
}

fn object(members: BTreeMap<&str, String>) -> String {
    let members: Vec<_> = members.into_iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
    format!("{{{}}}", members.join(","))
}

fn array(values: &Values) -> String {
    let values: Vec<_> = values.iter().map(|value| quoted(value.key())).collect();
    format!("[{}]", values.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
