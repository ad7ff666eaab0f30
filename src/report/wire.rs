//! Words and numbers that several reports write the same way. They mirror the events and are no part of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::change::ChangeResult;
use crate::rollout::event::{Ended, HaltReason};
use crate::sanitize::printable::printable;

/// The version of `run.json` and of the JSON lines: it grows when a name changes its meaning or goes away, not when
/// one is added.
pub(super) const FORMAT: u32 = 1;

/// Whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What became of a change, as words.
pub(super) struct ChangeWords<'a> {
    /// `pending`, `applied` or `failed`.
    pub(super) result: &'static str,
    pub(super) request_id: Option<&'a str>,
    pub(super) error_code: Option<&'a str>,
}

impl<'a> ChangeWords<'a> {
    pub(super) fn of(result: &'a ChangeResult) -> Self {
        match result {
            ChangeResult::Pending => Self { result: "pending", request_id: None, error_code: None },
            ChangeResult::Applied { request_id } => {
                Self { result: "applied", request_id: request_id.as_deref(), error_code: None }
            }
            ChangeResult::Failed { code, request_id } => {
                Self { result: "failed", request_id: request_id.as_deref(), error_code: Some(code.as_str()) }
            }
        }
    }
}

/// How a run ended, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedWord {
    /// Every selected account was worked on.
    Complete,
    /// Somebody stopped it.
    Interrupted,
    /// The caller's credentials were no longer good.
    CredentialsExpired,
    /// The journal could not be written.
    JournalFailed,
    /// More accounts failed than may.
    TooManyFailures,
    /// Organizations refused to tell the rest of the accounts.
    ListingFailed,
    /// The preflight failed in some accounts, and nothing was written.
    PreflightFailed,
}

impl EndedWord {
    /// The word, and what there is to say with it.
    pub(super) fn of(ended: &Ended) -> (Self, Option<String>) {
        match ended {
            Ended::Complete => (Self::Complete, None),
            Ended::Halted { reason } => Self::of_halt(reason),
        }
    }

    /// The same for a halt.
    pub(super) fn of_halt(reason: &HaltReason) -> (Self, Option<String>) {
        match reason {
            HaltReason::Interrupted => (Self::Interrupted, None),
            HaltReason::CredentialsExpired { message } => {
                (Self::CredentialsExpired, Some(printable(message).into_owned()))
            }
            HaltReason::JournalFailed { message } => (Self::JournalFailed, Some(printable(message).into_owned())),
            HaltReason::TooManyFailures { failed, allowed } => {
                (Self::TooManyFailures, Some(format!("{failed} failed, at most {allowed} may")))
            }
            HaltReason::ListingFailed { message } => (Self::ListingFailed, Some(printable(message).into_owned())),
            HaltReason::PreflightFailed { failed } => (Self::PreflightFailed, Some(format!("{failed} failed"))),
        }
    }
}
