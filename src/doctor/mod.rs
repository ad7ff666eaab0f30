//! Can this machine, these credentials and this organization do a run? Each check says what it found and, where
//! something is wrong, what to do.

mod account;
mod check;
mod connection;
mod folder;

pub use account::{Visit, one_account};
pub use check::{Check, Checkup, Health};
pub use connection::{caller, clock, credentials, network};
pub use folder::folder;
