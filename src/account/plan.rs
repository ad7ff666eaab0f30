//! From what an account has to what it must have: the changes, in the order in which they are safe.
//!
//! A pure function of setup and observation. Whatever it refuses, it refuses before anything is written.

use std::collections::BTreeMap;

use super::change::{Change, Write};
use super::observation::{Observation, ObservedGrant, ObservedRole};
use super::outcome::{AccountStatus, PartStatus, Parts};
use crate::ids::{Arn, PolicyName, PrincipalKind, PrincipalRef};
use crate::policy::{CanonicalPolicy, PolicyKind};
use crate::setup::desired::{Desired, ExtraPolicies, Grant, MissingPrincipal, OWNER_TAG, Policy};

/// The changes that lead from an observation to what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The changes, in order. Towards a setup: the role, its trust, its permissions, and the grants last.
    pub changes: Vec<Change>,
    /// What is worth knowing though it needs no change.
    pub notes: Vec<String>,
    /// What each part will have become when every change is made.
    pub parts: Parts,
    /// What the account will have become when every change is made.
    pub status: AccountStatus,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether the role is not there yet.
    pub fn creates_role(&self) -> bool {
        self.changes.iter().any(|change| matches!(change.write, Write::CreateRole { .. }))
    }
}

/// Why nothing may be written in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// One word for the row's `error_code`.
    pub code: &'static str,
    /// What is in the way.
    pub message: String,
    /// What to do, in one line.
    pub fix: String,
}

/// Works out the changes.
///
/// # Errors
/// [`Refusal`] where the role is not ours, where an immutable attribute differs, or where a grantee is missing.
pub fn plan(desired: &Desired, observed: &Observation) -> Result<Plan, Refusal> {
    let mut notes = Vec::new();
    let mut changes = match &observed.role {
        None => create(desired),
        Some(role) => {
            refuse_what_is_not_ours(desired, role)?;
            refuse_another_path(desired, role)?;
            refuse_another_case(desired, role)?;
            let mut changes = role_changes(desired, role);
            extras(desired, role, &mut changes, &mut notes);
            changes.sort_by_key(room_first);
            changes
        }
    };
    let skipped = grants(desired, observed, &mut changes, &mut notes)?;
    Ok(Plan { parts: parts(observed, &changes, skipped), status: status(observed, &changes), changes, notes })
}

fn status(observed: &Observation, changes: &[Change]) -> AccountStatus {
    match (changes.is_empty(), &observed.role) {
        (true, _) => AccountStatus::Unchanged,
        (false, None) => AccountStatus::Created,
        (false, Some(_)) => AccountStatus::Updated,
    }
}

fn parts(observed: &Observation, changes: &[Change], pass_role_skipped: bool) -> Parts {
    let mut parts = Parts::all(PartStatus::Unchanged);
    for change in changes {
        for part in change.write.parts() {
            let grant = matches!(change.write, Write::PutGrant { .. });
            let is_new = if grant { change.before.is_none() } else { observed.role.is_none() };
            let status = parts.get_mut(*part);
            *status = match is_new {
                true if *status != PartStatus::Updated => PartStatus::Created,
                _ => PartStatus::Updated,
            };
        }
    }
    if pass_role_skipped && parts.pass_role == PartStatus::Unchanged {
        parts.pass_role = PartStatus::Skipped;
    }
    parts
}

/// The order of a role's writes. IAM counts a role's policies at each write, so what makes room comes before what takes
/// it: or a role with all that it may have could never be brought to a setup that would fit.
fn room_first(change: &Change) -> (u8, isize) {
    let size = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count().cast_signed();
    match &change.write {
        Write::DetachRolePolicy { .. } | Write::DeleteRolePolicy { .. } => (1, 0),
        Write::PutRolePolicy { document, .. } => (2, size(document) - change.before.as_deref().map_or(0, size)),
        Write::AttachRolePolicy { .. } => (3, 0),
        Write::DeleteRolePermissionsBoundary { .. } => (4, 0),
        _ => (0, 0),
    }
}

fn create(desired: &Desired) -> Vec<Change> {
    let role = &desired.role;
    let mut changes = Vec::new();
    let mut add = |write| changes.push(Change { write, before: None });
    add(Write::CreateRole {
        role: role.clone(),
        path: desired.path.clone(),
        trust: desired.trust.text.clone(),
        description: desired.description.clone(),
        max_session_duration: desired.max_session_duration,
        permissions_boundary: desired.boundary.clone(),
        tags: desired.tags.clone(),
    });
    for (policy, document) in &desired.inline {
        add(Write::PutRolePolicy { role: role.clone(), policy: policy.clone(), document: document.text.clone() });
    }
    for policy in &desired.managed {
        add(Write::AttachRolePolicy { role: role.clone(), policy: policy.clone() });
    }
    changes
}

fn refuse_what_is_not_ours(desired: &Desired, role: &ObservedRole) -> Result<(), Refusal> {
    let name = &desired.role;
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

fn refuse_another_path(desired: &Desired, role: &ObservedRole) -> Result<(), Refusal> {
    if role.path != desired.path {
        return Err(Refusal {
            code: "PathDiffers",
            message: format!(
                "the role's path is `{}`, the setup's is `{}`; IAM cannot change it",
                role.path, desired.path
            ),
            fix: "delete the role so that it can be created again, or set the setup's path to the role's".to_owned(),
        });
    }
    Ok(())
}

/// IAM finds a role whatever the case of its name; policies that name its ARN do not.
pub(super) fn refuse_another_case(desired: &Desired, role: &ObservedRole) -> Result<(), Refusal> {
    let name = &desired.role;
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
pub(super) fn role_changes(desired: &Desired, role: &ObservedRole) -> Vec<Change> {
    let name = &desired.role;
    let mut changes = Vec::new();
    let mut add = |write, before| changes.push(Change { write, before });

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
    if !same(PolicyKind::Trust, &role.trust, &desired.trust, desired) {
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
        if !found.is_some_and(|found| same(PolicyKind::Identity, found, document, desired)) {
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
pub(super) fn foreign<'a>(desired: &'a Desired, role: &'a ObservedRole) -> Foreign<'a> {
    let ours = |name: &PolicyName| desired.inline.contains_key(name) || is_own_grant(desired, name);
    Foreign {
        managed: role.managed.difference(&desired.managed).collect(),
        inline: role.inline_names.iter().filter(|name| !ours(name)).collect(),
        boundary: role.boundary.as_ref().filter(|_| desired.boundary.is_none()),
    }
}

fn extras(desired: &Desired, role: &ObservedRole, changes: &mut Vec<Change>, notes: &mut Vec<String>) {
    let name = &desired.role;
    let Foreign { managed, inline, boundary } = foreign(desired, role);
    match desired.extra_policies {
        ExtraPolicies::Ignore => {}
        ExtraPolicies::Report => {
            let managed = managed.into_iter().map(|arn| format!("managed policy {arn}"));
            let inline = inline.into_iter().map(|name| format!("inline policy {name}"));
            let boundary = boundary.into_iter().map(|arn| format!("permissions boundary {arn}"));
            let not_in_the_setup = |what| format!("the role has a policy that is not in the setup: {what}");
            notes.extend(managed.chain(inline).chain(boundary).map(not_in_the_setup));
        }
        ExtraPolicies::Remove => {
            changes.extend(managed.into_iter().map(|policy| Change {
                write: Write::DetachRolePolicy { role: name.clone(), policy: policy.clone() },
                before: Some(policy.to_string()),
            }));
            changes.extend(inline.into_iter().map(|policy| Change {
                write: Write::DeleteRolePolicy { role: name.clone(), policy: policy.clone() },
                before: role.inline.get(policy).cloned(),
            }));
            changes.extend(boundary.into_iter().map(|boundary| Change {
                write: Write::DeleteRolePermissionsBoundary { role: name.clone() },
                before: Some(boundary.to_string()),
            }));
        }
    }
}

/// A grant that a principal should have, and what it has.
pub(super) struct Asked<'a> {
    pub(super) grant: &'a Grant,
    pub(super) principal: &'a PrincipalRef,
    pub(super) found: Option<&'a ObservedGrant>,
    /// Whether there is no such principal. The role gets its own grant once it is there, so it is never gone.
    pub(super) gone: bool,
}

impl Asked<'_> {
    /// What is told instead of the grant, where the setup passes over a principal that does not exist.
    pub(super) fn passed_over(&self) -> Option<String> {
        let passed_over = self.gone && self.grant.missing_principal == MissingPrincipal::Skip;
        passed_over.then(|| format!("no grant for {}: it does not exist in this account", self.principal))
    }
}

/// Every grant of every principal that the setup names.
pub(super) fn asked<'a>(desired: &'a Desired, observed: &'a Observation) -> impl Iterator<Item = Asked<'a>> {
    desired.granted().map(|(principal, grant)| {
        let found = observed.grants.get(&(principal.clone(), grant.name.clone()));
        let unknown = matches!(found, None | Some(ObservedGrant::NoPrincipal));
        Asked { grant, principal, found, gone: unknown && !is_the_role(desired, principal) }
    })
}

/// Adds the changes of every grant. Returns whether there is nobody that a grant could go to.
fn grants(
    desired: &Desired,
    observed: &Observation,
    changes: &mut Vec<Change>,
    notes: &mut Vec<String>,
) -> Result<bool, Refusal> {
    let mut skipped = true;
    for asked in asked(desired, observed) {
        if let Some(note) = asked.passed_over() {
            notes.push(note);
            continue;
        }
        if asked.gone {
            return Err(missing(asked.principal));
        }
        skipped = false;
        changes.extend(grant_change(desired, &asked));
    }
    Ok(skipped)
}

fn missing(principal: &PrincipalRef) -> Refusal {
    Refusal {
        code: "NoSuchPrincipal",
        message: format!("{principal}, who should get the grant, does not exist in this account"),
        fix: format!("create {principal} there, or name another principal with --pass-role-to"),
    }
}

/// Whether an inline policy of that name on the setup's role is a grant that the role has on itself.
pub(super) fn is_own_grant(desired: &Desired, policy: &PolicyName) -> bool {
    let own = |grant: &Grant| grant.name == *policy && grant.to.iter().any(|to| is_the_role(desired, to));
    desired.grants.iter().any(own)
}

/// Whether the principal is the setup's own role.
pub(super) fn is_the_role(desired: &Desired, principal: &PrincipalRef) -> bool {
    principal.kind() == PrincipalKind::Role && principal.name() == desired.role.as_str()
}

/// The change that a grant needs, if any.
pub(super) fn grant_change(desired: &Desired, asked: &Asked<'_>) -> Option<Change> {
    let Asked { grant, principal, found, .. } = *asked;
    let before = match found {
        Some(ObservedGrant::Present(found)) if same(PolicyKind::Identity, found, &grant.policy, desired) => {
            return None;
        }
        Some(ObservedGrant::Present(found)) => Some(found.clone()),
        Some(ObservedGrant::Absent | ObservedGrant::NoPrincipal) | None => None,
    };
    let (policy, document) = (grant.name.clone(), grant.policy.text.clone());
    Some(Change { write: Write::PutGrant { principal: principal.clone(), policy, document }, before })
}

/// Whether what was found means what is wanted. What cannot be read as a policy does not.
fn same(kind: PolicyKind, found: &str, wanted: &Policy, desired: &Desired) -> bool {
    found == &*wanted.text
        || CanonicalPolicy::read(kind, found, desired.role_arn.partition()).is_ok_and(|found| found == *wanted.meaning)
}
