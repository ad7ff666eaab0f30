//! One account: session, observe, plan, apply, outcome.

#[cfg(test)]
pub(crate) mod any_state_tests;
#[cfg(test)]
pub(crate) mod any_state_world_tests;
pub mod apply;
pub mod authority;
pub mod change;
pub mod converge;
#[cfg(test)]
pub(crate) mod converge_tests;
pub mod difference;
mod door;
mod doubt;
pub mod drift;
#[cfg(test)]
mod drift_tests;
pub mod evidence;
#[cfg(test)]
mod faults_tests;
pub mod fix;
pub mod ledger;
pub mod observation;
pub mod observe;
pub mod outcome;
pub mod plan;
#[cfg(test)]
pub(crate) mod plan_tests;
pub mod preflight;
pub mod put_back;
pub mod put_back_power;
#[cfg(test)]
mod put_back_tests;
pub mod question;
pub mod read_back;
mod refused;
pub mod removal;
pub mod restore;
#[cfg(test)]
mod round_trips_tests;
pub mod session;
#[cfg(test)]
mod session_tests;
pub mod simulate;
mod undo;
#[cfg(test)]
mod update_role_tests;
