//! The command line: what was typed, what is meant, and the one place where engine and reports meet.

mod account_filter;
mod args;
mod commands;
mod confirm;
mod connect;
mod error;
mod intent_summary;
mod invocation;
mod journal_key;
mod log;
mod output_path;
mod pasted;
mod rollout;
mod run;
mod signals;
mod since;
mod snippet;
mod source;
mod typed;
mod ui;

pub use run::run;
