//! From what an account has to nothing of the setup's: the grants first, then the policies, then the role.
//!
//! A pure function of setup and observation. What does not carry our tag or one of our policy names is not touched, and
//! stands in the way unless the caller forces it.

use super::change::{Change, Write};
use super::observation::{Observation, ObservedGrant, ObservedRole};
use super::outcome::{AccountStatus, PartStatus, Parts};
use super::plan::{Plan, Refusal, foreign, is_own_grant, refuse_another_case};
use crate::setup::desired::{Desired, OWNER_TAG};

/// Works out the changes that take the setup away.
///
/// # Errors
/// [`Refusal`] where the role is not ours, or (without `force`) where somebody else's policies or instance profiles hang
/// on it.
pub fn removal(desired: &Desired, observed: &Observation, force: bool) -> Result<Plan, Refusal> {
    let mut changes = Vec::new();
    if let Some(role) = &observed.role {
        refuse_what_is_not_ours(desired, role)?;
        if !force {
            refuse_what_hangs_on_it(desired, role)?;
        }
    }
    for ((principal, policy), found) in &observed.grants {
        if let ObservedGrant::Present(text) = found {
            let write = Write::DeleteGrant { principal: principal.clone(), policy: policy.clone() };
            changes.push(Change { write, before: Some(text.clone()) });
        }
    }
    if let Some(role) = &observed.role {
        take_away(desired, role, &mut changes);
    }
    Ok(Plan { parts: parts(desired, &changes), status: status(&changes), changes, notes: Vec::new() })
}

fn refuse_what_is_not_ours(desired: &Desired, role: &ObservedRole) -> Result<(), Refusal> {
    let name = &desired.role;
    let message = match role.tag(OWNER_TAG) {
        Some(owner) if owner == desired.setup => return refuse_another_case(desired, role),
        Some(owner) => format!("the role `{name}` belongs to the setup `{owner}` (tag {OWNER_TAG})"),
        None => format!("the role `{name}` does not carry the tag {OWNER_TAG}: rolecall did not put it there"),
    };
    let fix =
        "nothing was taken away; if the role is to go, give it the tag with the setup's name, or delete it by hand";
    Err(Refusal { code: "NotOurs", message, fix: fix.to_owned() })
}

fn refuse_what_hangs_on_it(desired: &Desired, role: &ObservedRole) -> Result<(), Refusal> {
    let foreign = foreign(desired, role);
    let managed = foreign.managed.iter().map(|arn| format!("managed policy {arn}"));
    let inline = foreign.inline.iter().map(|name| format!("inline policy {name}"));
    let profiles = role.instance_profiles.iter().map(|name| format!("instance profile {name}"));
    let hanging: Vec<String> = managed.chain(inline).chain(profiles).collect();
    if hanging.is_empty() {
        return Ok(());
    }
    Err(Refusal {
        code: "InUse",
        message: format!("the role has what is not the setup's: {}", hanging.join(", ")),
        fix: "find out who uses the role; --force takes it away all the same, with what hangs on it".to_owned(),
    })
}

fn take_away(desired: &Desired, role: &ObservedRole, changes: &mut Vec<Change>) {
    let name = &desired.role;
    let mut add = |write, before| changes.push(Change { write, before });
    for profile in &role.instance_profiles {
        let write = Write::RemoveRoleFromInstanceProfile { role: name.clone(), profile: profile.clone() };
        add(write, Some(profile.clone()));
    }
    for policy in &role.managed {
        let write = Write::DetachRolePolicy { role: name.clone(), policy: policy.clone() };
        add(write, Some(policy.to_string()));
    }
    // A grant that the role had on itself is gone by now.
    for policy in role.inline_names.iter().filter(|policy| !is_own_grant(desired, policy)) {
        let write = Write::DeleteRolePolicy { role: name.clone(), policy: policy.clone() };
        add(write, role.inline.get(policy).cloned());
    }
    // In the form of CreateRole, so that the role could be made again.
    let again = Write::CreateRole {
        role: name.clone(),
        path: role.path.clone(),
        trust: role.trust.as_str().into(),
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_duration),
        permissions_boundary: role.boundary.clone(),
        tags: role.tags.clone(),
    };
    add(Write::DeleteRole { role: name.clone() }, again.after());
}

/// What each part will have become.
fn parts(desired: &Desired, changes: &[Change]) -> Parts {
    let mut parts = Parts::all(PartStatus::Absent);
    for part in changes.iter().flat_map(|change| change.write.parts()) {
        *parts.get_mut(*part) = PartStatus::Removed;
    }
    if parts.pass_role == PartStatus::Absent && desired.grants.iter().all(|grant| grant.to.is_empty()) {
        parts.pass_role = PartStatus::Skipped;
    }
    parts
}

fn status(changes: &[Change]) -> AccountStatus {
    if changes.is_empty() { AccountStatus::Absent } else { AccountStatus::Removed }
}
