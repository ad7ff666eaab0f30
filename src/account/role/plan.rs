//! From the roles that an account has to those that it must have, and to none of them. Pure.

use std::collections::BTreeMap;

use super::observed::ObservedRole;
use super::write::RoleWrite as Write;
use crate::account::compare::same;
use crate::account::model::change::{Change, Write as AnyWrite};
use crate::account::model::observation::Observation;
use crate::account::model::plan::{Draft, Refusal};
use crate::account::model::write::WriteOf;
use crate::ids::{Arn, Partition, PolicyName};
use crate::policy::PolicyKind;
use crate::setup::desired::{Desired, DesiredRole, ExtraPolicies, OWNER_TAG};

/// One write, and what was there before.
type Step = (Write, Option<String>);

/// The change that a write to a role is.
pub(super) fn change((write, before): Step) -> Change {
    Change { write: AnyWrite::Role(write), before }
}

/// Adds the changes that lead to the roles of the setup.
///
/// # Errors
/// [`Refusal`] where a role is not ours, or where an immutable attribute differs.
pub(in crate::account) fn plan(desired: &Desired, observed: &Observation, draft: &mut Draft) -> Result<(), Refusal> {
    for wanted in &desired.roles {
        let steps = match observed.roles.get(&wanted.name) {
            None => create(wanted),
            Some(role) => {
                refuse_what_is_not_ours(desired, wanted, role)?;
                refuse_another_path(wanted, role)?;
                refuse_another_case(wanted, role)?;
                let mut steps = role_changes(&desired.partition, wanted, role);
                extras(desired, wanted, role, &mut steps, &mut draft.notes);
                steps.sort_by_key(room_first);
                steps
            }
        };
        draft.changes.extend(steps.into_iter().map(change));
    }
    Ok(())
}

/// Adds the changes that take the roles of the setup away: the last that was made goes first.
///
/// # Errors
/// [`Refusal`] where a role is not ours, or (without `force`) where somebody else's policies or instance profiles are on
/// it.
pub(in crate::account) fn removal(
    desired: &Desired,
    observed: &Observation,
    force: bool,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    for wanted in desired.roles.iter().rev() {
        let Some(role) = observed.roles.get(&wanted.name) else { continue };
        refuse_to_take_away(desired, wanted, role)?;
        if !force {
            refuse_what_is_in_use(desired, wanted, role)?;
        }
        draft.changes.extend(take_away(desired, wanted, role).into_iter().map(change));
    }
    Ok(())
}

/// The order of a role's writes. IAM counts a role's policies at each write, so what makes room comes before what takes
/// it: or a role with all that it may have could never be brought to a setup that would fit.
fn room_first(step: &Step) -> (u8, isize) {
    let (write, before) = step;
    let size = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count().cast_signed();
    match write {
        Write::DetachRolePolicy { .. } | Write::DeleteRolePolicy { .. } => (1, 0),
        Write::PutRolePolicy { document, .. } => (2, size(document) - before.as_deref().map_or(0, size)),
        Write::AttachRolePolicy { .. } => (3, 0),
        Write::DeleteRolePermissionsBoundary { .. } => (4, 0),
        _ => (0, 0),
    }
}

fn create(role: &DesiredRole) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |write| steps.push((write, None));
    add(Write::CreateRole {
        role: role.name.clone(),
        path: role.path.clone(),
        trust: role.trust.text.clone(),
        description: role.description.clone(),
        max_session_duration: role.max_session_duration,
        permissions_boundary: role.boundary.clone(),
        tags: role.tags.clone(),
    });
    for (policy, document) in &role.inline {
        let (role, policy, document) = (role.name.clone(), policy.clone(), document.text.clone());
        add(Write::PutRolePolicy { role, policy, document });
    }
    for policy in &role.managed {
        add(Write::AttachRolePolicy { role: role.name.clone(), policy: policy.clone() });
    }
    steps
}

fn refuse_what_is_not_ours(desired: &Desired, wanted: &DesiredRole, role: &ObservedRole) -> Result<(), Refusal> {
    let name = &wanted.name;
    match role.tag(OWNER_TAG) {
        Some(owner) if owner == desired.setup => {}
        _ if desired.adopt => {}
        Some(owner) => {
            return Err(Refusal {
                code: "NotOurs",
                message: format!("the role `{name}` belongs to the setup `{owner}` (tag {OWNER_TAG})"),
                fix: "choose another name with --role-name, or take the role over with --adopt".to_owned(),
            });
        }
        None => {
            return Err(Refusal {
                code: "NotOurs",
                message: format!("a role `{name}` is there already and does not carry the tag {OWNER_TAG}"),
                fix: "look at the role; take it over with --adopt, or choose another name with --role-name".to_owned(),
            });
        }
    }
    Ok(())
}

fn refuse_another_path(wanted: &DesiredRole, role: &ObservedRole) -> Result<(), Refusal> {
    if role.path != wanted.path {
        return Err(Refusal {
            code: "PathDiffers",
            message: format!(
                "the role's path is `{}`, the setup's is `{}`; IAM cannot change it",
                role.path, wanted.path
            ),
            fix: "delete the role so that it can be created again, or set the setup's path to the role's".to_owned(),
        });
    }
    Ok(())
}

/// IAM finds a role whatever the case of its name; policies that name its ARN do not.
fn refuse_another_case(wanted: &DesiredRole, role: &ObservedRole) -> Result<(), Refusal> {
    let name = &wanted.name;
    if role.arn.resource().rsplit('/').next() != Some(name.as_str()) {
        return Err(Refusal {
            code: "NameDiffers",
            message: format!("IAM finds `{}` under the name `{name}`: they differ in upper and lower case", role.arn),
            fix: "name the role with --role-name exactly as it is in the account".to_owned(),
        });
    }
    Ok(())
}

/// The changes of a role that is there, but for what is on it and not in the setup.
pub(super) fn role_changes(partition: &Partition, desired: &DesiredRole, role: &ObservedRole) -> Vec<Step> {
    let name = &desired.name;
    let mut changes = Vec::new();
    let mut add = |write, before| changes.push((write, before));

    // The owner's tag first: whatever comes after it is then known to be ours.
    let tags: BTreeMap<String, String> = desired
        .tags
        .iter()
        .filter(|(key, value)| role.tag(key) != Some(value.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !tags.is_empty() {
        let before: BTreeMap<_, _> = tags.keys().filter_map(|key| Some((key, role.tag(key)?))).collect();
        let before = serde_json::json!(before).to_string();
        add(Write::TagRole { role: name.clone(), tags }, Some(before));
    }
    if !same(PolicyKind::Trust, &role.trust, &desired.trust, partition) {
        let write = Write::UpdateAssumeRolePolicy { role: name.clone(), document: desired.trust.text.clone() };
        add(write, Some(role.trust.clone()));
    }
    let description = desired.description.clone().filter(|wanted| role.description.as_ref() != Some(wanted));
    let duration = desired.max_session_duration.filter(|wanted| role.max_session_duration != *wanted);
    if description.is_some() || duration.is_some() {
        // IAM takes a session duration that is left out for one hour, so both are always sent.
        let before = serde_json::json!({
            "description": role.description,
            "max_session_duration": role.max_session_duration,
        });
        let write = Write::UpdateRole {
            role: name.clone(),
            description: description.or_else(|| role.description.clone()),
            max_session_duration: duration.or(Some(role.max_session_duration)),
        };
        add(write, Some(before.to_string()));
    }
    if let Some(boundary) = desired.boundary.as_ref().filter(|wanted| role.boundary.as_ref() != Some(*wanted)) {
        let write = Write::PutRolePermissionsBoundary { role: name.clone(), boundary: boundary.clone() };
        add(write, role.boundary.as_ref().map(ToString::to_string));
    }
    for (policy, document) in &desired.inline {
        let found = role.inline.get(policy);
        if !found.is_some_and(|found| same(PolicyKind::Identity, found, document, partition)) {
            let (role, policy, document) = (name.clone(), policy.clone(), document.text.clone());
            add(Write::PutRolePolicy { role, policy, document }, found.cloned());
        }
    }
    for policy in desired.managed.difference(&role.managed) {
        add(Write::AttachRolePolicy { role: name.clone(), policy: policy.clone() }, None);
    }
    changes
}

/// What is on the role and not in the setup.
pub(super) struct Foreign<'a> {
    pub(super) managed: Vec<&'a Arn>,
    pub(super) inline: Vec<&'a PolicyName>,
    pub(super) boundary: Option<&'a Arn>,
}

/// Finds what is on the role and not in the setup. A grant that the role has on itself is ours.
pub(super) fn foreign<'a>(desired: &Desired, wanted: &'a DesiredRole, role: &'a ObservedRole) -> Foreign<'a> {
    let ours = |name: &PolicyName| wanted.inline.contains_key(name) || is_own_grant(desired, wanted, name);
    Foreign {
        managed: role.managed.difference(&wanted.managed).collect(),
        inline: role.inline_names.iter().filter(|name| !ours(name)).collect(),
        boundary: role.boundary.as_ref().filter(|_| wanted.boundary.is_none()),
    }
}

fn extras(
    desired: &Desired,
    wanted: &DesiredRole,
    role: &ObservedRole,
    changes: &mut Vec<Step>,
    notes: &mut Vec<String>,
) {
    let name = &wanted.name;
    let Foreign { managed, inline, boundary } = foreign(desired, wanted, role);
    match wanted.extra_policies {
        ExtraPolicies::Ignore => {}
        ExtraPolicies::Report => {
            let managed = managed.into_iter().map(|arn| format!("managed policy {arn}"));
            let inline = inline.into_iter().map(|name| format!("inline policy {name}"));
            let boundary = boundary.into_iter().map(|arn| format!("permissions boundary {arn}"));
            let not_in_the_setup = |what| format!("the role has a policy that is not in the setup: {what}");
            notes.extend(managed.chain(inline).chain(boundary).map(not_in_the_setup));
        }
        ExtraPolicies::Remove => {
            changes.extend(managed.into_iter().map(|policy| {
                let before = Some(policy.to_string());
                (Write::DetachRolePolicy { role: name.clone(), policy: policy.clone() }, before)
            }));
            changes.extend(inline.into_iter().map(|policy| {
                let before = role.inline.get(policy).cloned();
                (Write::DeleteRolePolicy { role: name.clone(), policy: policy.clone() }, before)
            }));
            changes.extend(boundary.into_iter().map(|boundary| {
                let before = Some(boundary.to_string());
                (Write::DeleteRolePermissionsBoundary { role: name.clone() }, before)
            }));
        }
    }
}

fn refuse_to_take_away(desired: &Desired, wanted: &DesiredRole, role: &ObservedRole) -> Result<(), Refusal> {
    let name = &wanted.name;
    let message = match role.tag(OWNER_TAG) {
        Some(owner) if owner == desired.setup => return refuse_another_case(wanted, role),
        Some(owner) => format!("the role `{name}` belongs to the setup `{owner}` (tag {OWNER_TAG})"),
        None => format!("the role `{name}` does not carry the tag {OWNER_TAG}: rolecall did not put it there"),
    };
    let fix =
        "nothing was taken away; if the role is to go, give it the tag with the setup's name, or delete it by hand";
    Err(Refusal { code: "NotOurs", message, fix: fix.to_owned() })
}

fn refuse_what_is_in_use(desired: &Desired, wanted: &DesiredRole, role: &ObservedRole) -> Result<(), Refusal> {
    let foreign = foreign(desired, wanted, role);
    let managed = foreign.managed.iter().map(|arn| format!("managed policy {arn}"));
    let inline = foreign.inline.iter().map(|name| format!("inline policy {name}"));
    let profiles = role.instance_profiles.iter().map(|name| format!("instance profile {name}"));
    let in_use: Vec<String> = managed.chain(inline).chain(profiles).collect();
    if in_use.is_empty() {
        return Ok(());
    }
    Err(Refusal {
        code: "InUse",
        message: format!("the role has what is not the setup's: {}", in_use.join(", ")),
        fix: "find out who uses the role; --force takes it away all the same, with what hangs on it".to_owned(),
    })
}

fn take_away(desired: &Desired, wanted: &DesiredRole, role: &ObservedRole) -> Vec<Step> {
    let name = &wanted.name;
    let mut steps = Vec::new();
    let mut add = |write, before| steps.push((write, before));
    for profile in &role.instance_profiles {
        let write = Write::RemoveRoleFromInstanceProfile { role: name.clone(), profile: profile.clone() };
        add(write, Some(profile.clone()));
    }
    for policy in &role.managed {
        let write = Write::DetachRolePolicy { role: name.clone(), policy: policy.clone() };
        add(write, Some(policy.to_string()));
    }
    // A grant that the role had on itself is gone by now.
    for policy in role.inline_names.iter().filter(|policy| !is_own_grant(desired, wanted, policy)) {
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
    steps
}

/// Whether an inline policy of that name on the role is a grant that the role has on itself, or on another of the setup's.
pub(super) fn is_own_grant(desired: &Desired, wanted: &DesiredRole, policy: &PolicyName) -> bool {
    desired.grants_to_role(&wanted.name).any(|grant| grant.name == *policy)
}
