//! Why there is no setup.

use std::path::PathBuf;

use super::finding::Finding;

/// Why there is no setup.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No built-in has the name.
    #[error("there is no built-in setup `{name}`; there are {}", known.join(", "))]
    UnknownBuiltIn {
        /// The name as it was given.
        name: String,
        /// The built-ins.
        known: Vec<&'static str>,
    },
    /// The setup file could not be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// It has mistakes: all that could be found, in reading order.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Mistakes(Vec<Finding>),
}
