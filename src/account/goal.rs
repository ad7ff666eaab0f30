//! What becomes of an account, and what that needs to be allowed. Pure.

use serde::{Deserialize, Serialize};

/// What becomes of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "goal", rename_all = "snake_case")]
pub enum Goal {
    /// What apply would change is worked out and shown.
    Plan,
    /// It is made as the setup says.
    Apply,
    /// What differs from the setup is worked out and shown.
    Verify {
        /// Whether IAM's policy simulator is asked, too.
        simulate: bool,
    },
    /// The setup is taken away.
    Remove {
        /// Even where somebody else's policies or instance profiles are on the role.
        force: bool,
    },
    /// What an earlier run did is undone: see [`super::rollback`].
    Rollback,
}

impl Goal {
    /// Whether accounts are changed.
    pub fn writes(self) -> bool {
        matches!(self, Self::Apply | Self::Remove { .. } | Self::Rollback)
    }

    /// What the work needs to be allowed.
    pub fn power(self) -> Power {
        match self {
            Self::Plan | Self::Verify { simulate: false } => Power::Read,
            Self::Verify { simulate: true } => Power::Simulate,
            Self::Apply => Power::Write,
            // What is undone is not known from a setup: `rollback::power` is what counts.
            Self::Rollback => Power::Read,
            Self::Remove { .. } => Power::Remove,
        }
    }
}

/// What the work does in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// plan and verify.
    Read,
    /// verify with IAM's policy simulator.
    Simulate,
    /// apply.
    Write,
    /// remove.
    Remove,
}
