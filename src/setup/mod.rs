//! What every account must have: one role and the PassRole grants on it.

pub mod desired;
mod document;
pub mod error;
pub mod file;
mod fill;
pub mod finding;
mod form;
mod grants;
mod limits;
mod lint;
#[cfg(test)]
mod lint_tests;
mod params;
pub mod resolve;
#[cfg(test)]
mod setup_tests;
pub mod template;
#[cfg(test)]
mod wide_tests;
