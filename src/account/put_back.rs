//! From what a run did in an account back to what was there before it, newest write first.
//!
//! A pure function of those writes and an observation. What is still as the run left it is put back; what is as it was
//! before already needs nothing; anything else is a conflict, and then nothing is written in the account.

use std::collections::BTreeSet;

use super::change::{Change, Write};
use super::observation::Observation;
use super::outcome::{AccountStatus, PartStatus, Parts};
use super::plan::{Plan, Refusal};
use super::undo::Undo;
use crate::ids::{Partition, PolicyName, PrincipalRef, RoleName};

/// Works out the writes that undo `done`, which are in the order in which they were made. `partition` is the account's.
///
/// # Errors
/// [`Refusal`] with the code `Conflict` where something is neither as the run left it nor as it was before, or `NoBefore`
/// where what was before is not on record.
pub fn put_back(done: &[Change], observed: &Observation, partition: &Partition) -> Result<Plan, Refusal> {
    let mut undo = Undo::new(observed, partition);
    done.iter().rev().for_each(|change| undo.undo(change));
    let Undo { changes, conflicts, unknown, .. } = undo;
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
        match change.write {
            Write::CreateRole { .. } => return AccountStatus::Created,
            Write::DeleteRole { .. } => return AccountStatus::Removed,
            _ => status = AccountStatus::Updated,
        }
    }
    status
}

/// What a write makes of its part.
fn word(change: &Change) -> PartStatus {
    match change.write {
        Write::CreateRole { .. } => PartStatus::Created,
        Write::DeleteRole { .. }
        | Write::DeleteRolePolicy { .. }
        | Write::DetachRolePolicy { .. }
        | Write::DeleteGrant { .. } => PartStatus::Removed,
        Write::PutRolePolicy { .. } | Write::AttachRolePolicy { .. } | Write::PutGrant { .. }
            if change.before.is_none() =>
        {
            PartStatus::Created
        }
        _ => PartStatus::Updated,
    }
}

/// What each part becomes by these writes.
pub fn parts<'a>(changes: impl Iterator<Item = &'a Change>) -> Parts {
    let mut parts = Parts::all(PartStatus::Unchanged);
    // The role takes all of it along, whatever else was written to it.
    let mut whole = None;
    for change in changes {
        let word = word(change);
        if matches!(change.write, Write::CreateRole { .. } | Write::DeleteRole { .. }) {
            whole = Some(word);
        }
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

/// The role that the writes are about, if they are about one.
pub fn role(done: &[Change]) -> Option<&RoleName> {
    done.iter().find_map(|change| match &change.write {
        Write::CreateRole { role, .. }
        | Write::UpdateRole { role, .. }
        | Write::UpdateAssumeRolePolicy { role, .. }
        | Write::PutRolePermissionsBoundary { role, .. }
        | Write::DeleteRolePermissionsBoundary { role }
        | Write::TagRole { role, .. }
        | Write::UntagRole { role, .. }
        | Write::PutRolePolicy { role, .. }
        | Write::DeleteRolePolicy { role, .. }
        | Write::AttachRolePolicy { role, .. }
        | Write::DetachRolePolicy { role, .. }
        | Write::AddRoleToInstanceProfile { role, .. }
        | Write::RemoveRoleFromInstanceProfile { role, .. }
        | Write::DeleteRole { role } => Some(role),
        Write::PutGrant { .. } | Write::DeleteGrant { .. } => None,
    })
}

/// The inline policies of the role that the writes are about.
pub fn inline(done: &[Change]) -> BTreeSet<&PolicyName> {
    fn name(change: &Change) -> Option<&PolicyName> {
        match &change.write {
            Write::PutRolePolicy { policy, .. } | Write::DeleteRolePolicy { policy, .. } => Some(policy),
            _ => None,
        }
    }
    done.iter().filter_map(name).collect()
}

/// The grants that the writes are about.
pub fn grants(done: &[Change]) -> BTreeSet<(&PrincipalRef, &PolicyName)> {
    fn grant(change: &Change) -> Option<(&PrincipalRef, &PolicyName)> {
        match &change.write {
            Write::PutGrant { principal, policy, .. } | Write::DeleteGrant { principal, policy } => {
                Some((principal, policy))
            }
            _ => None,
        }
    }
    done.iter().filter_map(grant).collect()
}
