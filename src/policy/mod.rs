//! IAM policy documents by meaning: read strictly, brought into one canonical form, compared as values.
//!
//! Pure: knows `ids` and nothing else of this crate; no AWS client, no file, no clock.

mod canonical;
mod diff;
mod diff_text;
mod document;
mod error;
pub mod json;
mod percent;
pub mod power;
mod read;

#[cfg(test)]
mod canonical_tests;
#[cfg(test)]
mod diff_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod property_tests;

pub use canonical::{CanonicalPolicy, mistakes};
pub use diff::{Difference, DifferenceKind, PolicyDiff, StatementName};
pub use document::{Effect, Element, PolicyKind, PrincipalType, Spelled};
pub use error::{PolicyError, PolicyErrorKind, Position};
pub use percent::decode_percent;
