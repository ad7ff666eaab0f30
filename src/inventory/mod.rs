//! The accounts of a run, each in or out, with the reason; from a CSV file or from AWS Organizations.

pub mod changes;
pub mod coming;
pub mod csv_file;
#[cfg(test)]
mod csv_file_tests;
pub mod csv_text;
pub mod error;
pub mod list;
pub mod organization;
#[cfg(test)]
mod organization_tests;
mod params;
pub mod select;
pub mod shard;
pub mod tags;
