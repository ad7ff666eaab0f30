//! What became of one account: one row of `accounts.csv`.
//!
//! Pure data, shared by the engine, which makes it, and the reports, which show it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::difference::Difference;
use super::evidence::Evidence;
use super::failure_code::FailureCode;
pub use super::words::{AccountStatus, PartStatus, Parts, Step};
use crate::ids::{AccountId, Arn};

/// Why an account failed, with the one line that fixes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where it happened.
    pub step: Step,
    /// AWS's error code (`AccessDenied`), or a word of ours where AWS gave none (`Timeout`, `NotOurs`, `Panic`).
    pub code: FailureCode,
    /// AWS's message, or ours. Not trusted: it may hold anything an account's owner can name.
    pub message: String,
    /// AWS's id of the request, if it got as far as AWS.
    pub request_id: Option<String>,
    /// What to do, in one line.
    pub fix: String,
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The account.
    pub account_id: AccountId,
    /// Its name as the inventory has it; empty where unknown. Not trusted.
    pub account_name: String,
    /// The names of the organizational units above it, joined by ` / `; empty where unknown. Not trusted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What the account's row of the inventory said differently from the command line: cells by column, as an
    /// inventory has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, String>,
    /// The whole in one word.
    pub status: AccountStatus,
    /// Each part in one word.
    pub parts: Parts,
    /// The setup's role in this account, where it is known.
    pub role_arn: Option<Arn>,
    /// How many writes AWS took (plan: how many apply would make).
    pub changes: u32,
    /// Why it failed; only with [`AccountStatus::Failed`].
    pub failure: Option<Failure>,
    /// Why it was left out; only with [`AccountStatus::Skipped`] and [`AccountStatus::NotReached`].
    pub reason: Option<String>,
    /// What is worth knowing though nothing failed, such as a foreign policy on the role.
    pub notes: Vec<String>,
    /// What differs from the setup; only plan and verify fill it in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What was wanted and what was found, by digest; only verify fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The most times that any one call for this account was sent; 1 when nothing had to be tried again, 0 when
    /// nothing was sent.
    pub attempts: u32,
    /// When work on the account began, if it did.
    pub started_at: Option<Timestamp>,
    /// How long the work took.
    pub duration: Duration,
}

impl Outcome {
    /// The account failed; what is known of it otherwise stays.
    pub fn fail(&mut self, failure: Failure) {
        self.status = AccountStatus::Failed;
        self.failure = Some(failure);
    }

    /// The outcome of an account on which no work was done: `status` is [`AccountStatus::Skipped`] or
    /// [`AccountStatus::NotReached`].
    pub fn untouched(account_id: AccountId, account_name: &str, status: AccountStatus, reason: String) -> Self {
        let part = if status == AccountStatus::Skipped { PartStatus::Skipped } else { PartStatus::NotReached };
        Self {
            account_id,
            account_name: account_name.to_owned(),
            unit: String::new(),
            overrides: BTreeMap::new(),
            status,
            parts: Parts::all(part),
            role_arn: None,
            changes: 0,
            failure: None,
            reason: Some(reason),
            notes: Vec::new(),
            differences: Vec::new(),
            evidence: None,
            attempts: 0,
            started_at: None,
            duration: Duration::ZERO,
        }
    }
}
