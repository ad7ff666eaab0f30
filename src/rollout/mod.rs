//! Many accounts: bounded concurrency, one row for each, whatever happens.

pub mod cancel;
#[cfg(test)]
mod coming_tests;
pub mod dispatcher;
#[cfg(test)]
mod dispatcher_tests;
pub mod event;
mod event_log;
pub mod history;
#[cfg(test)]
mod history_tests;
mod in_flight;
pub mod journal;
pub mod merge;
#[cfg(test)]
mod merge_tests;
pub mod order;
mod settle;
mod stages;
#[cfg(test)]
mod stages_tests;
pub mod tolerance;
pub mod waves;
pub mod worker;
#[cfg(test)]
mod worker_tests;
#[cfg(test)]
mod worlds_faults_tests;
#[cfg(test)]
mod worlds_tests;
