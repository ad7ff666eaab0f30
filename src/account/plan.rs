//! From what an account has to what it must have: the changes, in the order in which they are safe.
//!
//! A pure function of setup and observation. Whatever it refuses, it refuses before anything is written.

use std::collections::BTreeMap;

use super::change::{Change, Part, Write};
use super::observation::{Observation, ObservedGrant, ObservedRole};
use super::outcome::{PartStatus, Parts};
use crate::policy::{CanonicalPolicy, PolicyKind};
use crate::setup::desired::{Desired, ExtraPolicies, MissingPrincipal, OWNER_TAG, Policy};

/// The changes that lead from an observation to a setup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The changes, in order: the role, its trust, its permissions, and the grants last.
    pub changes: Vec<Change>,
    /// What is worth knowing though it needs no change.
    pub notes: Vec<String>,
    /// Whether the PassRole part is not asked for, or cannot be done and need not be.
    pub pass_role_skipped: bool,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What each part will have become when every change is made: `created` and `updated`, or `unchanged`.
    pub fn parts(&self) -> Parts {
        let creates =
            |part: Part| self.changes.iter().any(|change| change.write.part() == part && change.before.is_none());
        let touches = |part: Part| self.changes.iter().any(|change| change.write.part() == part);
        let mut parts = Parts::all(PartStatus::Unchanged);
        for part in [Part::Role, Part::Trust, Part::Permissions, Part::PassRole] {
            *parts.get_mut(part) = if !touches(part) {
                PartStatus::Unchanged
            } else if creates(part) && (part == Part::PassRole || self.creates_role()) {
                PartStatus::Created
            } else {
                PartStatus::Updated
            };
        }
        if self.creates_role() {
            // CreateRole carries the trust policy.
            parts.trust = PartStatus::Created;
        }
        if self.pass_role_skipped && !touches(Part::PassRole) {
            parts.pass_role = PartStatus::Skipped;
        }
        parts
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
    let mut plan = Plan { changes: Vec::new(), notes: Vec::new(), pass_role_skipped: desired.grantees.is_empty() };
    match &observed.role {
        None => create(desired, &mut plan.changes),
        Some(role) => {
            refuse_what_is_not_ours(desired, role)?;
            update(desired, role, &mut plan);
        }
    }
    grants(desired, observed, &mut plan)?;
    Ok(plan)
}

fn create(desired: &Desired, changes: &mut Vec<Change>) {
    let role = &desired.role;
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
}

fn refuse_what_is_not_ours(desired: &Desired, role: &ObservedRole) -> Result<(), Refusal> {
    let name = &desired.role;
    match role.tags.get(OWNER_TAG) {
        Some(owner) if *owner == desired.setup => {}
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
    if role.arn != desired.role_arn {
        return Err(Refusal {
            code: "NameDiffers",
            message: format!("IAM finds `{}` under the name `{name}`: they differ in upper and lower case", role.arn),
            fix: "name the role with --role-name exactly as it is in the account".to_owned(),
        });
    }
    Ok(())
}

fn update(desired: &Desired, role: &ObservedRole, plan: &mut Plan) {
    let name = &desired.role;
    let changes = &mut plan.changes;
    let mut add = |write, before| changes.push(Change { write, before });

    // The owner's tag first: whatever comes after it is then known to be ours.
    let tags: BTreeMap<String, String> = desired
        .tags
        .iter()
        .filter(|(key, value)| role.tags.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !tags.is_empty() {
        let before: BTreeMap<_, _> = role.tags.iter().filter(|(key, _)| tags.contains_key(*key)).collect();
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
        let before = serde_json::json!({
            "description": description.is_some().then_some(role.description.as_deref()).flatten(),
            "max_session_duration": duration.map(|_| role.max_session_duration),
        });
        let write = Write::UpdateRole { role: name.clone(), description, max_session_duration: duration };
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
    extras(desired, role, plan);
}

/// What is on the role and not in the setup. A grant that the role has on itself is ours.
fn extras(desired: &Desired, role: &ObservedRole, plan: &mut Plan) {
    let name = &desired.role;
    let managed = role.managed.difference(&desired.managed);
    let inline =
        role.inline_names.iter().filter(|found| !desired.inline.contains_key(*found) && **found != desired.grant_name);
    match desired.extra_policies {
        ExtraPolicies::Ignore => {}
        ExtraPolicies::Report => {
            plan.notes
                .extend(managed.map(|arn| format!("the role has a managed policy that is not in the setup: {arn}")));
            plan.notes
                .extend(inline.map(|found| format!("the role has an inline policy that is not in the setup: {found}")));
        }
        ExtraPolicies::Remove => {
            plan.changes.extend(managed.map(|policy| Change {
                write: Write::DetachRolePolicy { role: name.clone(), policy: policy.clone() },
                before: Some(policy.to_string()),
            }));
            plan.changes.extend(inline.map(|policy| Change {
                write: Write::DeleteRolePolicy { role: name.clone(), policy: policy.clone() },
                before: role.inline.get(policy).cloned(),
            }));
        }
    }
}

fn grants(desired: &Desired, observed: &Observation, plan: &mut Plan) -> Result<(), Refusal> {
    for grantee in &desired.grantees {
        let is_the_role = *grantee.kind().as_str() == *"role" && grantee.name() == desired.role.as_str();
        let found = match observed.grants.get(grantee) {
            Some(ObservedGrant::Present(found)) if same(PolicyKind::Identity, found, &desired.grant, desired) => {
                continue;
            }
            Some(ObservedGrant::Present(found)) => Some(found.clone()),
            Some(ObservedGrant::Absent) => None,
            // The role gets its own grant once it is there.
            Some(ObservedGrant::NoPrincipal) | None if is_the_role => None,
            Some(ObservedGrant::NoPrincipal) | None => match desired.missing_principal {
                MissingPrincipal::Skip => {
                    plan.notes.push(format!("no grant for {grantee}: it does not exist in this account"));
                    plan.pass_role_skipped = true;
                    continue;
                }
                MissingPrincipal::Fail => {
                    return Err(Refusal {
                        code: "NoSuchPrincipal",
                        message: format!("{grantee}, who should get the grant, does not exist in this account"),
                        fix: format!("create {grantee} there, or name another principal with --pass-role-to"),
                    });
                }
            },
        };
        let (principal, policy) = (grantee.clone(), desired.grant_name.clone());
        let write = Write::PutGrant { principal, policy, document: desired.grant.text.clone() };
        plan.changes.push(Change { write, before: found });
    }
    Ok(())
}

/// Whether what was found means what is wanted. What cannot be read as a policy does not.
fn same(kind: PolicyKind, found: &str, wanted: &Policy, desired: &Desired) -> bool {
    found == &*wanted.text
        || CanonicalPolicy::read(kind, found, desired.role_arn.partition()).is_ok_and(|found| found == *wanted.meaning)
}
