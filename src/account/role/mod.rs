//! Roles: what is wanted, observed, changed, undone and proven of them, with the calls and what they need to be allowed.

pub(super) mod calls;
pub mod observed;
pub(super) mod plan;
pub(super) mod power;
pub(super) mod undo;
pub(super) mod verify;
pub mod write;
