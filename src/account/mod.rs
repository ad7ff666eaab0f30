//! One account: session, observe, plan, apply, outcome. `resource.rs` names the kinds of resource, each a folder.

mod answers;
#[cfg(test)]
pub(crate) mod any_state_tests;
#[cfg(test)]
pub(crate) mod any_state_world_tests;
mod apply;
pub mod assume_role;
mod assume_role_advice;
mod carry_out;
mod compare;
pub mod converge;
#[cfg(test)]
pub(crate) mod converge_tests;
#[cfg(test)]
mod faults_tests;
mod fix;
pub mod goal;
pub mod grant;
pub mod ledger;
mod lost_answer;
pub mod model;
mod observe;
mod plan;
#[cfg(test)]
pub(crate) mod plan_tests;
pub mod power;
pub mod preflight;
pub mod read_back;
mod resource;
pub mod role;
pub mod rollback;
#[cfg(test)]
mod round_trips_tests;
pub mod session;
#[cfg(test)]
mod session_tests;
mod simulator;
#[cfg(test)]
mod update_role_tests;
mod verify;
#[cfg(test)]
mod verify_tests;

pub use model::{change, difference, evidence, outcome};
