//! A plan, and why there may be none. Pure data.

use super::change::Change;
use super::words::{AccountStatus, Part, PartStatus, Parts};

/// The changes that lead from an observation to what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// What is worth knowing though it needs no change.
    pub notes: Vec<String>,
    /// What each part will have become when every change is made.
    pub parts: Parts,
    /// What the account will have become when every change is made.
    pub status: AccountStatus,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether a role is made, which IAM may then not know everywhere yet.
    pub fn creates_role(&self) -> bool {
        self.changes.iter().any(|change| change.of_account() == Some(PartStatus::Created))
    }
}

/// A plan while it is worked out: each kind of resource adds to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// The changes so far, in order.
    pub changes: Vec<Change>,
    /// What is worth knowing though it needs no change.
    pub notes: Vec<String>,
    /// Parts that nobody asked for in this account.
    pub skipped: Vec<Part>,
}

/// Why nothing may be written in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// One word for the row's `error_code`.
    pub code: &'static str,
    /// What is in the way.
    pub message: String,
    /// What to do, in one line.
    pub fix: String,
}
