//! Many accounts: bounded concurrency, one row for each, whatever happens.

pub mod event;
pub mod journal;
