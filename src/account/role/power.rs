//! What roles need to be allowed: for the work on a setup, for undoing writes, and what a write is authorised as. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::write::{RoleAction, RoleWrite as Write};
use crate::account::goal::Power;
use crate::account::model::change::{Change, Write as AnyWrite};
use crate::account::model::write::WriteOf;
use crate::account::power::{Allowance, Object};
use crate::ids::{AccountId, Arn, Partition, RoleName};
use crate::setup::desired::{Desired, DesiredRole, ExtraPolicies};

/// The reads of a role.
pub(in crate::account) const READS: [&str; 4] =
    ["GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"];

/// The read of what a role is in, which only taking it away needs.
const READ_PROFILES: &str = "ListInstanceProfilesForRole";

/// Whoever puts a role into an instance profile passes it.
const PASS: &str = "PassRole";

/// All that the work on the setup's roles needs to be allowed.
pub(in crate::account) fn allowances(desired: &Desired, power: Power) -> Vec<Allowance> {
    let mut all = Vec::new();
    for role in &desired.roles {
        all.push(Allowance { actions: actions(role, power), on: vec![Object::Role(role.name.clone())] });
        if power == Power::Remove {
            let action = RoleAction::RemoveRoleFromInstanceProfile.as_str();
            all.push(Allowance { actions: vec![action], on: vec![Object::InstanceProfiles] });
        }
        if power == Power::Simulate && !role.managed.is_empty() {
            let on = role.managed.iter().cloned().map(Object::Managed).collect();
            all.push(Allowance { actions: vec!["GetPolicy", "GetPolicyVersion"], on });
        }
    }
    all
}

/// The reads that only taking the setup's roles away needs.
pub(in crate::account) fn removal_reads(desired: &Desired) -> Vec<Allowance> {
    let on = desired.roles.iter().map(|role| Object::Role(role.name.clone()));
    vec![Allowance { actions: vec![READ_PROFILES], on: on.collect() }]
}

/// The actions on one role.
fn actions(role: &DesiredRole, power: Power) -> Vec<&'static str> {
    let mut actions = READS.to_vec();
    let writes: Vec<RoleAction> = match power {
        Power::Read => Vec::new(),
        Power::Simulate => {
            actions.push("SimulatePrincipalPolicy");
            Vec::new()
        }
        Power::Write => {
            // CreateRole with tags is authorised as TagRole too, and with a boundary as PutRolePermissionsBoundary.
            let mut writes = vec![RoleAction::CreateRole, RoleAction::TagRole, RoleAction::UpdateAssumeRolePolicy];
            if role.description.is_some() || role.max_session_duration.is_some() {
                writes.push(RoleAction::UpdateRole);
            }
            writes.extend(role.boundary.is_some().then_some(RoleAction::PutRolePermissionsBoundary));
            writes.extend((!role.inline.is_empty()).then_some(RoleAction::PutRolePolicy));
            writes.extend((!role.managed.is_empty()).then_some(RoleAction::AttachRolePolicy));
            if role.extra_policies == ExtraPolicies::Remove {
                writes.extend([RoleAction::DeleteRolePolicy, RoleAction::DetachRolePolicy]);
                // Another boundary is put in its place where the setup has one.
                writes.extend(role.boundary.is_none().then_some(RoleAction::DeleteRolePermissionsBoundary));
            }
            writes
        }
        Power::Remove => {
            actions.push(READ_PROFILES);
            vec![RoleAction::DeleteRolePolicy, RoleAction::DetachRolePolicy, RoleAction::DeleteRole]
        }
    };
    actions.extend(writes.into_iter().map(RoleAction::as_str));
    actions
}

impl RoleAction {
    /// The actions that undo this one, whatever was there before it.
    pub(in crate::account) fn undone_by(self) -> &'static [&'static str] {
        match self {
            Self::CreateRole => &["DeleteRole"],
            // CreateRole with tags is authorised as TagRole too, and with a boundary as PutRolePermissionsBoundary.
            Self::DeleteRole => &["CreateRole", "TagRole", "PutRolePermissionsBoundary"],
            Self::UpdateRole => &["UpdateRole"],
            Self::UpdateAssumeRolePolicy => &["UpdateAssumeRolePolicy"],
            Self::PutRolePermissionsBoundary => &["PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"],
            Self::DeleteRolePermissionsBoundary => &["PutRolePermissionsBoundary"],
            Self::TagRole => &["TagRole", "UntagRole"],
            Self::UntagRole => &["TagRole"],
            Self::PutRolePolicy => &["PutRolePolicy", "DeleteRolePolicy"],
            Self::DeleteRolePolicy => &["PutRolePolicy"],
            Self::AttachRolePolicy => &["DetachRolePolicy"],
            Self::DetachRolePolicy => &["AttachRolePolicy"],
            Self::AddRoleToInstanceProfile => &["RemoveRoleFromInstanceProfile"],
            Self::RemoveRoleFromInstanceProfile => &["AddRoleToInstanceProfile"],
        }
    }

    /// Whether it is authorised on the instance profile, too.
    fn is_of_profile(self) -> bool {
        matches!(self, Self::AddRoleToInstanceProfile | Self::RemoveRoleFromInstanceProfile)
    }
}

/// What rollback needs to undo whatever runs with these powers do to the setup's roles.
pub(in crate::account) fn rollback_allowances(desired: &Desired, runs: &[Power]) -> Vec<Allowance> {
    let mut all = allowances(desired, Power::Read);
    all.extend(removal_reads(desired));
    for Allowance { actions, on } in runs.iter().flat_map(|power| allowances(desired, *power)) {
        let done: Vec<RoleAction> = actions.iter().filter_map(|action| action.parse().ok()).collect();
        if done.contains(&RoleAction::RemoveRoleFromInstanceProfile) {
            let passed = desired.roles.iter().map(|role| Object::PassedRole(role.name.clone()));
            all.push(Allowance { actions: vec![PASS], on: passed.collect() });
        }
        let actions = done.into_iter().flat_map(RoleAction::undone_by).copied().collect();
        all.push(Allowance { actions, on });
    }
    all
}

/// What it takes to undo these writes to roles, and the reads before.
pub(in crate::account) fn undo_allowances(done: &[Change]) -> Vec<Allowance> {
    let mut by_role: BTreeMap<&RoleName, BTreeSet<&'static str>> = BTreeMap::new();
    let mut on_profiles = BTreeSet::new();
    for change in done {
        let AnyWrite::Role(write) = &change.write else { continue };
        let actions = by_role.entry(write.role()).or_insert_with(|| READS.into_iter().chain([READ_PROFILES]).collect());
        if write.role_action().is_of_profile() {
            on_profiles.extend(write.role_action().undone_by());
            actions.extend(matches!(write, Write::RemoveRoleFromInstanceProfile { .. }).then_some(PASS));
        } else {
            actions.extend(undone_by(change, write));
        }
    }
    let mut all: Vec<Allowance> = by_role
        .into_iter()
        .map(|(role, actions)| Allowance {
            actions: actions.into_iter().collect(),
            on: vec![Object::Role(role.clone())],
        })
        .collect();
    if !on_profiles.is_empty() {
        all.push(Allowance { actions: on_profiles.into_iter().collect(), on: vec![Object::InstanceProfiles] });
    }
    all
}

/// The actions that undo a write: of what was put, what was there before decides.
fn undone_by(change: &Change, write: &Write) -> impl Iterator<Item = &'static str> {
    let was_there = change.before.is_some();
    let either = !write.action().starts_with("Put");
    let actions = write.role_action().undone_by().iter().copied();
    actions.filter(move |undo| either || undo.starts_with("Put") == was_there)
}

/// What a write is authorised as: each action, the resource that it is on, and the context that policies may ask about.
pub(in crate::account) fn authorised_as(
    write: &Write,
    desired: &Desired,
    account: AccountId,
    partition: &Partition,
) -> Vec<(&'static str, Arn, BTreeMap<String, String>)> {
    let with = |key: &str, value: &Arn| BTreeMap::from([(key.to_owned(), value.to_string())]);
    let none = BTreeMap::new;
    let action = write.action();
    let role = desired.roles.iter().find(|role| role.name == *write.role());
    let arn = role.map(|role| role.arn.clone());
    let arn = arn.unwrap_or_else(|| Arn::iam(partition, account, &format!("role/{}", write.role())));
    let on_role = |action, context| (action, arn.clone(), context);
    match write {
        // CreateRole with tags is authorised as TagRole too, and with a boundary as PutRolePermissionsBoundary.
        Write::CreateRole { permissions_boundary: Some(boundary), .. } => {
            let context = || with("iam:PermissionsBoundary", boundary);
            vec![
                on_role(action, context()),
                on_role("TagRole", none()),
                on_role("PutRolePermissionsBoundary", context()),
            ]
        }
        Write::CreateRole { .. } => vec![on_role(action, none()), on_role("TagRole", none())],
        Write::PutRolePermissionsBoundary { boundary, .. } => {
            vec![on_role(action, with("iam:PermissionsBoundary", boundary))]
        }
        Write::AttachRolePolicy { policy, .. } | Write::DetachRolePolicy { policy, .. } => {
            vec![on_role(action, with("iam:PolicyARN", policy))]
        }
        Write::RemoveRoleFromInstanceProfile { profile, .. } => {
            vec![(action, Arn::iam(partition, account, &format!("instance-profile/{profile}")), none())]
        }
        _ => vec![on_role(action, none())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::plan_tests::desired;

    #[test]
    fn a_role_with_tags_and_a_boundary_is_authorised_as_three_actions() {
        let boundary: Arn = "arn:aws:iam::aws:policy/PowerUserAccess".parse().unwrap();
        let write = Write::CreateRole {
            role: "Demo".parse().unwrap(),
            path: "/".to_owned(),
            trust: "{}".into(),
            description: None,
            max_session_duration: None,
            permissions_boundary: Some(boundary.clone()),
            tags: BTreeMap::new(),
        };
        let needed = authorised_as(&write, &desired(), AccountId::EXAMPLE, &Partition::aws());
        let actions: Vec<_> = needed.iter().map(|(action, ..)| *action).collect();
        assert_eq!(actions, ["CreateRole", "TagRole", "PutRolePermissionsBoundary"]);
        assert_eq!(needed[0].2["iam:PermissionsBoundary"], boundary.to_string());
    }
}
