//! From what a run did in an account back to what was there before it, newest write first.
//!
//! A pure function of those writes and an observation. What is still as the run left it is put back; what is as it was
//! before already needs nothing; anything else is a conflict, and then nothing is written in the account.

use super::undo::Undo;
use crate::account::model::change::Change;
use crate::account::model::observation::Observation;
use crate::account::model::plan::{Plan, Refusal};
use crate::account::model::words::{AccountStatus, PartStatus, Parts};
use crate::account::resource;
use crate::ids::Partition;

/// Works out the writes that undo `done`, which are in the order in which they were made. `partition` is the account's.
///
/// # Errors
/// [`Refusal`] with the code `Conflict` where something is neither as the run left it nor as it was before, or `NoBefore`
/// where what was before is not on record.
pub fn undo(done: &[Change], observed: &Observation, partition: &Partition) -> Result<Plan, Refusal> {
    let mut undone = Undo::new(observed, partition);
    done.iter().rev().for_each(|change| resource::undo(&mut undone, change));
    let Undo { changes, conflicts, unknown, .. } = undone;
    if !conflicts.is_empty() {
        return Err(Refusal {
            code: "Conflict",
            message: format!("somebody changed it since: {}", conflicts.join("; ")),
            fix: "look at what differs; nothing was written there, so put it back by hand or leave it".to_owned(),
        });
    }
    if !unknown.is_empty() {
        return Err(Refusal {
            code: "NoBefore",
            message: format!("what was there before is not on record: {}", unknown.join("; ")),
            fix: "nothing was written there; put it back by hand".to_owned(),
        });
    }
    Ok(Plan { parts: parts(changes.iter()), status: status(changes.iter()), changes, notes: Vec::new() })
}

/// What an account becomes by these writes.
pub fn status<'a>(changes: impl Iterator<Item = &'a Change>) -> AccountStatus {
    let mut status = AccountStatus::Unchanged;
    for change in changes {
        match change.of_account() {
            Some(PartStatus::Created) => return AccountStatus::Created,
            Some(PartStatus::Removed) => return AccountStatus::Removed,
            _ => status = AccountStatus::Updated,
        }
    }
    status
}

/// What each part becomes by these writes.
pub fn parts<'a>(changes: impl Iterator<Item = &'a Change>) -> Parts {
    let mut parts = Parts::all(PartStatus::Unchanged);
    // The role takes all of it along, whatever else was written to it.
    let mut whole = None;
    for change in changes {
        let word = change.effect();
        whole = change.of_account().or(whole);
        for part in change.write.parts() {
            let now = parts.get(*part);
            *parts.get_mut(*part) =
                if now == PartStatus::Unchanged || now == word { word } else { PartStatus::Updated };
        }
    }
    if let Some(word) = whole {
        (parts.role, parts.trust) = (word, word);
    }
    parts
}
