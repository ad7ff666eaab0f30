//! What is wrong with this machine's AWS configuration, in one line, and the line that mends it.

/// A mistake in the environment, in a profile or in an option. AWS was not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{told}")]
pub struct Mistake {
    /// What is wrong, and where. It may hold what somebody typed into a file of theirs, and never a secret.
    pub told: String,
    /// What to do about it.
    pub fix: String,
}

impl Mistake {
    /// A mistake and its fix.
    pub fn new(told: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { told: told.into(), fix: fix.into() }
    }
}
