//! What every account must have: one role and the PassRole grants on it.

pub mod desired;
pub mod error;
pub mod file;
mod limits;
pub mod resolve;
pub mod template;
