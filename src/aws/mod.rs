//! The one place that builds SDK clients, paces them and reads their errors.

pub mod clients;
pub mod denial;
pub mod failure;
pub mod limiter;
pub mod retry;
pub mod survey;
