//! The code of a failure, and what it says of a write: whether AWS may have taken it all the same. Pure data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// AWS's error code (`AccessDenied`), or a word of ours where AWS gave none (`Timeout`, `NotOurs`, `Panic`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FailureCode {
    word: String,
    /// Whether the call may have been carried out all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    in_doubt: bool,
}

impl FailureCode {
    /// The work was cut off: by a word to stop, or with the process.
    pub const INTERRUPTED: &'static str = "Interrupted";
    /// No answer came in time, or the account's time ran out.
    pub const TIMEOUT: &'static str = "Timeout";
    /// A fault of rolecall itself.
    pub const PANIC: &'static str = "Panic";
    /// The journal cannot be written, so nothing is sent.
    pub const JOURNAL_CLOSED: &'static str = "JournalClosed";

    /// A code of AWS's, with what its kind says of the call.
    pub fn of_aws(word: impl Into<String>, in_doubt: bool) -> Self {
        Self { word: word.into(), in_doubt }
    }

    /// The code, as it stands in files. Not trusted.
    pub fn as_str(&self) -> &str {
        &self.word
    }

    /// Whether a call that failed so may have been carried out all the same.
    pub fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Whether an account that failed so is worked on again when the run is gone on with: its work was cut off rather than
    /// refused.
    pub fn retry_on_resume(&self) -> bool {
        [Self::INTERRUPTED, Self::TIMEOUT, Self::JOURNAL_CLOSED, "ExpiredToken", "ExpiredTokenException"]
            .contains(&self.as_str())
    }
}

/// A word of ours.
impl From<&str> for FailureCode {
    fn from(word: &str) -> Self {
        Self { word: word.to_owned(), in_doubt: [Self::INTERRUPTED, Self::TIMEOUT, Self::PANIC].contains(&word) }
    }
}

impl PartialEq<str> for FailureCode {
    fn eq(&self, word: &str) -> bool {
        self.word == word
    }
}

impl PartialEq<&str> for FailureCode {
    fn eq(&self, word: &&str) -> bool {
        self.word == *word
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.word)
    }
}
