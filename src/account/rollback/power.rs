//! Just the power that it takes to undo what a run did in one account. Pure.

use crate::account::goal::Power;
use crate::account::model::change::Change;
use crate::account::power::{Allowance, SessionPolicy, session_policy};
use crate::account::resource::Kind;
use crate::ids::{AccountId, Partition};
use crate::setup::desired::Desired;

/// Just the actions that undo `done`, and the reads before them, on just the names that are in it. Where that would not
/// fit, it goes by name pattern.
pub fn rollback_policy(done: &[Change], account: AccountId, partition: &Partition) -> SessionPolicy {
    let allowances: Vec<Allowance> = Kind::IN_ORDER.iter().flat_map(|kind| kind.undo_allowances(done)).collect();
    session_policy(&allowances, account, partition)
}

/// What `rollback` needs in an account to undo whatever runs with these powers do there for `desired`: what its sessions
/// get some of, as the runs did some of it.
pub fn rollback_allowances(desired: &Desired, runs: &[Power]) -> Vec<Allowance> {
    Kind::IN_ORDER.iter().flat_map(|kind| kind.rollback_allowances(desired, runs)).collect()
}
