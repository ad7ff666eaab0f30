//! What was wrong with an inventory.

use std::path::PathBuf;

use super::mistakes::Mistakes;
use crate::aws::failure::AwsFailure;

/// What was wrong with an inventory.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The file could not be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file has mistakes; these are all of them.
    #[error("{}", mistakes.lines(file))]
    Mistakes {
        /// The file, for people.
        file: String,
        /// Every mistake, in the order of the lines.
        mistakes: Mistakes,
    },
    /// Organizations refused a call, or did not answer.
    #[error(transparent)]
    Organizations(AwsFailure),
    /// Organizations answered, and it makes no sense.
    #[error("{operation} answered with {what}")]
    Nonsense {
        /// The call.
        operation: &'static str,
        /// What was wrong with the answer.
        what: &'static str,
    },
    /// A filter names what the inventory does not have.
    #[error("not in the inventory: {}", unknown.join(", "))]
    NotThere {
        /// The accounts and units.
        unknown: Vec<String>,
    },
    /// A filter names a unit by a name that several have.
    #[error("{}", units.iter().map(|(name, of)| format!("`{name}` is each of {}", of.join(", "))).collect::<Vec<_>>().join("\n"))]
    Ambiguous {
        /// Each such name, with the path and the id of every unit that has it. Not trusted.
        units: Vec<(String, Vec<String>)>,
    },
    /// No account is left.
    #[error("none of the {accounts} accounts of the inventory is in")]
    NothingSelected {
        /// How many there are.
        accounts: usize,
    },
}
