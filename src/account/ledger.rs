//! What `apply` must ask before each write, and tell after it.
//!
//! A ledger is a gate, not a reporter: a write is sent only after its intent is on record.

use std::fmt;
use std::future::Future;

use super::change::{Change, ChangeResult};

/// The record could not be made, so the write must not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerClosed {
    /// What the operating system said.
    pub message: String,
}

impl fmt::Display for LedgerClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the journal cannot be written: {}", self.message)
    }
}

impl std::error::Error for LedgerClosed {}

/// Where intents and results are recorded.
pub trait Ledger: Sync {
    /// Is told what the account still needs, before the first of it is intended. What is in doubt from before and not
    /// among it was carried out.
    fn planned(&self, changes: &[Change]) {
        let _ = changes;
    }

    /// Records that `change` is about to be sent. Returns when the record is safe.
    ///
    /// # Errors
    /// When the record could not be made; then nothing may be sent.
    fn intend(&self, change: &Change) -> impl Future<Output = Result<(), LedgerClosed>> + Send;

    /// Records what became of the change that was intended last.
    fn settled(&self, change: &Change, result: &ChangeResult);
}
