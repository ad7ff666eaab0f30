//! The ready worlds and the made-to-measure one, told apart by a spec such as `rough` or `accounts=5000,latency=50ms`.

mod cast;
mod chosen_faults;
mod documents;
mod healthy;
mod rough;
mod rough_faults;
mod sized;
mod spec;

pub use spec::{SpecError, WorldOptions};

#[cfg(test)]
mod worlds_tests;
