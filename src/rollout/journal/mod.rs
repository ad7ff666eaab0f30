//! The journal of a run: what it is about, which accounts it has, and every step as it happens.
//!
//! It suffices to go on with the run, to write its reports anew, and to put back what the run changed. Knows no path: it
//! is given something to write to and something to read from.

mod chain;
mod entry;
mod keep;
mod read;
#[cfg(test)]
pub(super) mod read_tests;

pub use chain::{Chain, SealKey};
pub use entry::{FORMAT, JournalEntry, SavedTerms, Way};
pub use keep::{Journal, JournalThread, Store};
pub use read::{AccountLines, Closed, Logbook, ReadError, read};
