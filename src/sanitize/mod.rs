//! What makes text of others harmless: on a terminal, and in a spreadsheet's cell.
//!
//! Pure; knows nothing of this crate.

pub mod csv_guard;
pub mod printable;
