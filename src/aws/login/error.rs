//! Why there are no credentials: which link of the chain failed, and what mends it.

use crate::aws::failure::AwsFailure;
use crate::aws::mistake::Mistake;

/// Credentials that could not be got, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no usable AWS credentials: {told}")]
pub struct LoginError {
    /// What failed, and where. AWS's words are not trusted.
    pub told: String,
    /// What to do about it.
    pub fix: String,
    /// Whether AWS was asked.
    pub aws_was_asked: bool,
}

impl LoginError {
    /// A login that failed on this machine.
    pub(super) fn here(told: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { told: one_line(&told.into()), fix: fix.into(), aws_was_asked: false }
    }

    /// A login that AWS, or what stands before it, refused.
    pub(super) fn refused(what: &str, failure: &AwsFailure, fix: impl Into<String>) -> Self {
        let fix = failure.network_fix().unwrap_or_else(|| fix.into());
        Self { told: one_line(&format!("{what}: {failure}")), fix, aws_was_asked: true }
    }
}

impl From<Mistake> for LoginError {
    fn from(mistake: Mistake) -> Self {
        Self::here(mistake.told, mistake.fix)
    }
}

/// A program's or a service's words may have several lines.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
