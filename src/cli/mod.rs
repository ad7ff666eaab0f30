//! The command line: what was typed, what is meant, and the one place where engine and reports meet.

mod accounts;
mod apply;
mod args;
mod confirm;
mod error;
mod run;
mod sandbox;
mod setup;
mod snippet;
mod source;
mod ui;

pub use run::run;
