//! What differs between an account and its setup, with both sides and in words. Pure data.
//!
//! Made from the very changes that `plan` works out, so that what is shown is what would be written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::words::Part;
use crate::ids::Partition;
use crate::policy::{CanonicalPolicy, PolicyDiff, PolicyKind};

/// In which way something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The setup has it, the account has not.
    Missing,
    /// Both have it, differently.
    Changed,
    /// The account has it, the setup has not.
    Extra,
    /// It is as the setup says, and yet cannot do what it is for: IAM's policy simulator says no.
    Denied,
}

impl DifferenceKind {
    /// The word as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Extra => "extra",
            Self::Denied => "denied",
        }
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The part of the setup that it belongs to.
    pub part: Part,
    /// In which way it differs.
    pub kind: DifferenceKind,
    /// What differs: `role/Name trust policy`, `user/analyst inline policy P`. Not trusted where it is extra.
    pub item: String,
    /// What the setup says: a policy's JSON text, or a value; `None` where it says nothing.
    pub expected: Option<String>,
    /// What the account has, in the same form; `None` where it has nothing. Not trusted.
    pub found: Option<String>,
    /// How it differs, in short. Not trusted.
    pub detail: Vec<String>,
    /// What exactly differs inside a policy, as data: [`PolicyDiff`] as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
}

impl Difference {
    /// Both sides and no detail; the kind follows from which sides there are.
    pub(in crate::account) fn new(part: Part, item: String, expected: Option<String>, found: Option<String>) -> Self {
        let kind = match (&expected, &found) {
            (Some(_), None) => DifferenceKind::Missing,
            (None, Some(_)) => DifferenceKind::Extra,
            _ => DifferenceKind::Changed,
        };
        Self { part, kind, item, expected, found, detail: Vec::new(), policy: None }
    }

    /// Says what differs inside a policy of which both sides are there.
    pub(in crate::account) fn with_detail(mut self, kind: PolicyKind, partition: &Partition) -> Self {
        let (Some(expected), Some(found)) = (&self.expected, &self.found) else { return self };
        let found = CanonicalPolicy::read(kind, found, partition);
        match (CanonicalPolicy::parse(kind, expected, partition), found) {
            (Ok(expected), Ok(found)) => {
                let diff = PolicyDiff::between(&found, &expected);
                self.detail.push(diff.summary());
                if diff.is_cosmetic() {
                    self.detail.push("this changes nothing of what is allowed".to_owned());
                }
                self.policy = serde_json::to_value(&diff).ok();
            }
            (_, Err(error)) => self.detail.push(format!("what is there cannot be read as a policy: {error}")),
            (Err(error), Ok(_)) => self.detail.push(error.to_string()),
        }
        self
    }

    /// The difference in one line: what, and how.
    pub fn summary(&self) -> String {
        // A policy's whole text is for the files.
        let short = |side: Option<&String>| side.filter(|text| !text.starts_with('{')).cloned();
        let how = match (self.kind, short(self.expected.as_ref()), short(self.found.as_ref())) {
            (DifferenceKind::Missing, ..) => "is missing".to_owned(),
            (DifferenceKind::Extra, _, Some(found)) if !self.item.contains(&found) => {
                format!("`{found}` is not in the setup")
            }
            (DifferenceKind::Extra, ..) => "is not in the setup".to_owned(),
            (DifferenceKind::Denied, ..) => "is denied".to_owned(),
            (DifferenceKind::Changed, Some(expected), Some(found)) => format!("is `{found}` instead of `{expected}`"),
            (DifferenceKind::Changed, ..) => "differs".to_owned(),
        };
        let detail = self.detail.join("; ");
        if detail.is_empty() { format!("{} {how}", self.item) } else { format!("{} {how}: {detail}", self.item) }
    }
}

/// How one kind of resource differs from the setup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Every difference.
    pub differences: Vec<Difference>,
    /// What is worth knowing though it is no difference.
    pub notes: Vec<String>,
    /// Parts of which nothing is there.
    pub missing: Vec<Part>,
    /// Parts that nobody asked for in this account.
    pub skipped: Vec<Part>,
}
