//! Many accounts: bounded concurrency, one row for each, whatever happens.

pub mod cancel;
pub mod dispatcher;
#[cfg(test)]
mod dispatcher_tests;
pub mod event;
pub mod journal;
mod told;
pub mod worker;
#[cfg(test)]
mod worker_tests;
