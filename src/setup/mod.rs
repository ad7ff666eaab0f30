//! What every account must have: one role and the PassRole grants on it.

pub mod desired;
