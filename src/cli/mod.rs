//! The command line: what was typed, what is meant, and the one place where engine and reports meet.

mod accounts;
mod aims;
mod apply;
mod args;
mod bootstrap;
mod compare;
mod confirm;
mod doctor;
mod error;
mod evidence;
mod history;
mod journal_key;
mod log;
mod manual;
mod merge;
mod options;
mod place;
mod plan;
mod remove;
mod resume;
mod rollback;
mod rollout;
mod run;
mod sandbox;
mod setup;
mod setup_args;
mod signals;
mod sitting;
mod snippet;
mod source;
mod ui;
mod verify;
mod which;

pub use run::run;
