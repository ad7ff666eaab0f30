//! The one form of a policy document: two documents mean the same if, and only if, their canonical forms are equal.
//!
//! What is equal, and where AWS says so: a lone value is a list of one; lists and statements are sets; actions and
//! condition keys are compared without regard to case; an account id is the ARN of its root; `"Principal": "*"` is
//! `{"AWS": "*"}`; no `Version` is `2008-10-17`; numbers and booleans are their text; what is empty is absent.
//! Resources and condition values are compared exactly, statements are never merged, wildcards never subsume.
//! `docs/iam.md` tells it element by element.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::PolicyError;
use super::read::{self, Strictness};
use super::word::Word;
use crate::ids::Partition;

/// What a policy document is attached to, which decides what its statements must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// A role's trust policy: its statements have principals and no resources.
    Trust,
    /// An inline or managed policy: its statements have resources and no principals.
    Identity,
}

/// A policy document in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalPolicy {
    pub(super) version: String,
    pub(super) id: Option<String>,
    pub(super) statements: BTreeSet<Statement>,
}

/// A statement in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Statement {
    pub(super) effect: String,
    pub(super) sid: Option<String>,
    /// By element name, so that `Action` and `NotAction` differ.
    pub(super) sets: BTreeMap<&'static str, BTreeSet<Word>>,
    /// By element name, then by principal type.
    pub(super) principals: BTreeMap<&'static str, BTreeMap<String, BTreeSet<Word>>>,
    /// By operator, then by key.
    pub(super) conditions: BTreeMap<String, BTreeMap<Word, BTreeSet<Word>>>,
}

impl CanonicalPolicy {
    /// Reads JSON text that is to be sent to IAM. `partition` is where a bare account id as a principal belongs.
    ///
    /// # Errors
    /// When it is not JSON, has a key twice, or is no policy document of this kind; the first mistake, with its place.
    /// [`mistakes`] gives them all.
    pub fn parse(kind: PolicyKind, text: &str, partition: &Partition) -> Result<Self, PolicyError> {
        read::policy(Strictness::Sent, kind, text, partition).map_err(|mistakes| mistakes.first)
    }

    /// Reads JSON text that IAM holds. What IAM would not take today but may hold is read as what it means: `Effect` in
    /// any case, a document without statements or none at all.
    ///
    /// # Errors
    /// As [`CanonicalPolicy::parse`].
    pub fn read(kind: PolicyKind, text: &str, partition: &Partition) -> Result<Self, PolicyError> {
        read::policy(Strictness::Held, kind, text, partition).map_err(|mistakes| mistakes.first)
    }

    /// The canonical form as a policy document: minified JSON, members sorted by name, every list sorted and without
    /// repeats, statements sorted by their text. It reads back as the same policy.
    pub fn to_json(&self) -> String {
        let mut statements: Vec<String> =
            self.statements.iter().map(|statement| statement.to_json().to_string()).collect();
        statements.sort_unstable();
        let id = self.id.as_ref().map(|id| format!("\"Id\":{},", json!(id))).unwrap_or_default();
        format!("{{{id}\"Statement\":[{}],\"Version\":{}}}", statements.join(","), json!(self.version))
    }

    /// SHA-256 of [`CanonicalPolicy::to_json`], in hexadecimal: equal for documents that mean the same.
    pub fn digest(&self) -> String {
        Sha256::digest(self.to_json()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Every mistake of a document that is to be sent to IAM, in the order of the text, what an object lacks after
/// what it has. A text that is not JSON has one.
pub fn mistakes(kind: PolicyKind, text: &str, partition: &Partition) -> Vec<PolicyError> {
    match read::policy(Strictness::Sent, kind, text, partition) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.all(),
    }
}

impl Statement {
    fn to_json(&self) -> Value {
        let mut members = serde_json::Map::new();
        members.insert("Effect".to_owned(), json!(self.effect));
        members.extend(self.sid.iter().map(|sid| ("Sid".to_owned(), json!(sid))));
        members.extend(self.sets.iter().map(|(element, words)| ((*element).to_owned(), keys(words))));
        for (element, types) in &self.principals {
            let types = types.iter().map(|(kind, names)| (kind.clone(), keys(names))).collect();
            members.insert((*element).to_owned(), Value::Object(types));
        }
        if !self.conditions.is_empty() {
            let operators = self.conditions.iter().map(|(operator, tests)| {
                let tests = tests.iter().map(|(key, values)| (key.key().to_owned(), keys(values))).collect();
                (operator.clone(), Value::Object(tests))
            });
            members.insert("Condition".to_owned(), Value::Object(operators.collect()));
        }
        Value::Object(members)
    }
}

fn keys(words: &BTreeSet<Word>) -> Value {
    words.iter().map(Word::key).collect()
}
