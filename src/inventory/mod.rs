//! The accounts of a run, each in or out, with the reason; from a CSV file or from AWS Organizations.

pub mod list;
