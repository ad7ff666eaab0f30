//! IAM policy documents by meaning: read strictly, brought into one canonical form, compared as values.
//!
//! Pure: knows `ids` and nothing else of this crate; no AWS client, no file, no clock.

mod canonical;
mod error;
pub mod json;
mod percent;

#[cfg(test)]
mod canonical_tests;

pub use canonical::{CanonicalPolicy, PolicyKind};
pub use error::{PolicyError, PolicyErrorKind, Position};
pub use percent::decode_percent;
