//! The command lines that may come after a run, whole, as they are pasted into a shell.

/// What was typed, made into the commands that may come next. Options that one of them does not have are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextLines {
    /// The same command again.
    pub again: String,
    /// What apply would change.
    pub plan: String,
    /// Make it so.
    pub apply: String,
    /// Prove that it is so.
    pub verify: String,
    /// What apply would change in the caller's own organization, where the run was of a simulated one.
    pub for_real: String,
}
