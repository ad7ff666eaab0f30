//! What was wrong with a setup.

use std::path::PathBuf;

use crate::ids::IdError;
use crate::policy::PolicyError;

/// What was wrong with a setup.
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
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The setup file is not TOML of the right form.
    #[error("{file}: {source}")]
    File {
        /// The file, for people.
        file: String,
        /// What is wrong, with its place.
        source: Box<toml::de::Error>,
    },
    /// A policy document is not one.
    #[error("{file}: {source}")]
    Policy {
        /// The file, for people.
        file: String,
        /// What is wrong, with its place.
        source: Box<PolicyError>,
    },
    /// A name or an ARN is not one.
    #[error("{element}: {source}")]
    Name {
        /// The element of the setup file.
        element: &'static str,
        /// What is wrong.
        source: IdError,
    },
    /// A value is outside of what IAM accepts.
    #[error("{element}: `{value}` is not {expected}")]
    Value {
        /// The element of the setup file.
        element: &'static str,
        /// The value as it was given.
        value: String,
        /// What it should have been, with its article.
        expected: &'static str,
    },
    /// More than IAM takes.
    #[error("{element}: {size} is more than IAM takes, which is {limit}")]
    TooLong {
        /// The element of the setup file.
        element: &'static str,
        /// How much there is: characters, or for tags their number.
        size: usize,
        /// How much IAM takes.
        limit: usize,
    },
    /// A character that IAM does not take.
    #[error("{element}: IAM does not take the character U+{:04X} ({character:?})", u32::from(*character))]
    Character {
        /// The element of the setup file.
        element: &'static str,
        /// The character.
        character: char,
    },
    /// A `{{…}}` that nothing fills.
    #[error("nothing fills `{{{{{0}}}}}`")]
    UnknownPlaceholder(String),
    /// `{{` without `}}`.
    #[error("`{{{{` without `}}}}` in `{0}`")]
    UnclosedPlaceholder(String),
    /// A placeholder in a key: only values are filled in.
    #[error("a placeholder in the key `{0}`: only values are filled in")]
    PlaceholderInKey(String),
    /// A value that would widen a policy.
    #[error("the value of `{{{{{name}}}}}` holds `*`, `?` or `${{`, which would change what the policy means")]
    WideningValue {
        /// The placeholder.
        name: String,
    },
}
