//! The accounts of a run, each in or out, with the reason; from a file or from AWS Organizations.

pub mod changes;
mod columns;
pub mod coming;
mod csv_cells;
mod csv_file;
pub mod csv_text;
mod encoding;
pub mod error;
pub mod file;
#[cfg(test)]
mod file_tests;
pub mod format;
#[cfg(test)]
mod forms_tests;
mod id_list;
mod joined;
pub mod list;
pub mod mistakes;
pub mod organization;
#[cfg(test)]
mod organization_tests;
mod params;
mod row;
pub mod select;
pub mod shard;
pub mod tags;
mod tree;
mod tree_file;
pub mod units;
