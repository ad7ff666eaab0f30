//! What people see while a run goes on and when it is over.
//!
//! Everything is written to the `Write` or the draw target that is given; nothing here touches stdout or stderr by
//! itself. Account names and AWS's messages pass through [`crate::sanitize::printable::printable`]. Readable without colour.

mod checkup;
mod compared;
mod flight;
mod groups;
mod history;
mod lines;
mod next_lines;
mod page;
mod progress;
mod roster;
mod roster_changes;
mod sheet;
mod style;
mod summary;
#[cfg(test)]
mod summary_tests;
mod tally;
mod wording;

pub use checkup::{CheckLine, CheckMood, write_checkup};
pub use compared::{file_lines, write_comparison};
pub use history::write_history;
pub use lines::Lines;
pub use next_lines::NextLines;
pub use progress::Progress;
pub use roster::{RosterLine, roster_counts, write_roster};
pub use roster_changes::{RosterChange, write_roster_changes};
pub use style::Styles;
pub use summary::Summary;
