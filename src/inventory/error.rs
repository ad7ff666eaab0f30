//! What was wrong with an inventory.

use std::fmt;
use std::path::PathBuf;

use crate::aws::failure::AwsFailure;

/// One mistake in an inventory CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvProblem {
    /// The line of the file, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, and what to do about it.
    pub what: String,
}

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
    #[error("{}", Lines(file, problems))]
    Csv {
        /// The file, for people.
        file: String,
        /// Every mistake, in the order of the lines.
        problems: Vec<CsvProblem>,
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
    /// No account is left.
    #[error("none of the {accounts} accounts of the inventory is in")]
    NothingSelected {
        /// How many there are.
        accounts: usize,
    },
}

struct Lines<'a>(&'a str, &'a [CsvProblem]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, CsvProblem { line, column, what }) in self.1.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{}:{line}:{column}: {what}", self.0)?;
        }
        Ok(())
    }
}
