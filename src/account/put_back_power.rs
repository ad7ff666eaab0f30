//! Just the power that it takes to put back what a run did in one account. Pure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::change::{Change, Write};
use super::put_back::role;
use super::session::{Allowance, Object, Power, SESSION_POLICY_LIMIT, SessionPolicy, allowances};
use crate::ids::{AccountId, Partition, PrincipalKind, PrincipalRef};
use crate::setup::desired::Desired;

/// Just the actions that undo `done`, and the reads before them, on just the names that are in it. Where that would not
/// fit, the names go by kind only.
pub fn power_to_put_back(done: &[Change], account: AccountId, partition: &Partition) -> SessionPolicy {
    let exact = text(done, account, partition, true);
    if exact.chars().count() <= SESSION_POLICY_LIMIT {
        return SessionPolicy { text: exact, exact: true };
    }
    SessionPolicy { text: text(done, account, partition, false), exact: false }
}

/// What `rollback` needs in an account to undo whatever runs with these powers do there for `desired`: what its sessions
/// get some of, as the runs did some of it.
pub fn put_back_allowances(desired: &Desired, runs: &[Power]) -> Vec<Allowance> {
    let mut all = allowances(desired, Power::Read);
    all.push(Allowance { actions: vec!["ListInstanceProfilesForRole"], on: vec![Object::TheRole] });
    for Allowance { actions, on } in runs.iter().flat_map(|power| allowances(desired, *power)) {
        let actions: Vec<&str> = actions.into_iter().flat_map(undone_by).copied().collect();
        if actions.contains(&ADD_TO_PROFILE) {
            all.push(Allowance { actions: vec![PASS], on: vec![Object::PassedRole] });
        }
        all.push(Allowance { actions, on });
    }
    all
}

fn text(done: &[Change], account: AccountId, partition: &Partition, exact: bool) -> String {
    let arn = |resource: String| format!("arn:{partition}:iam::{account}:{resource}");
    let named = |kind: PrincipalKind, name: &str| {
        let kind = kind.as_str();
        // IAM finds an entity by its name, whatever its path.
        if exact {
            vec![arn(format!("{kind}/{name}")), arn(format!("{kind}/*/{name}"))]
        } else {
            vec![arn(format!("{kind}/*"))]
        }
    };
    let on_profiles: BTreeSet<&str> =
        done.iter().filter(|change| is_of_profile(&change.write)).flat_map(undoing).collect();
    let mut statements = Vec::new();
    if let Some(role) = role(done) {
        let reads = ["GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"];
        let on_role = done.iter().filter(|change| !is_of_profile(&change.write) && grantee(&change.write).is_none());
        let passing = on_profiles.contains(ADD_TO_PROFILE).then_some(PASS);
        let actions = reads.into_iter().chain(["ListInstanceProfilesForRole"]).chain(on_role.flat_map(undoing));
        statements.push(allow(actions.chain(passing).collect(), named(PrincipalKind::Role, role.as_str())));
    }
    if !on_profiles.is_empty() {
        statements.push(allow(on_profiles, vec![arn("instance-profile/*".to_owned())]));
    }
    for (kind, reads) in [
        (PrincipalKind::User, ["GetUser", "GetUserPolicy"]),
        (PrincipalKind::Group, ["GetGroup", "GetGroupPolicy"]),
        (PrincipalKind::Role, ["GetRole", "GetRolePolicy"]),
    ] {
        let of_kind = |change: &&Change| grantee(&change.write).is_some_and(|to| to.kind() == kind);
        let names: BTreeSet<&str> =
            done.iter().filter(of_kind).filter_map(|change| Some(grantee(&change.write)?.name())).collect();
        if names.is_empty() {
            continue;
        }
        let resources: BTreeSet<String> = names.into_iter().flat_map(|name| named(kind, name)).collect();
        let actions = reads.into_iter().chain(done.iter().filter(of_kind).flat_map(undoing));
        statements.push(allow(actions.collect(), resources.into_iter().collect()));
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn allow(actions: BTreeSet<&str>, resources: Vec<String>) -> Value {
    let actions: Vec<String> = actions.into_iter().map(|action| format!("iam:{action}")).collect();
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// Whether a write is one to an instance profile.
fn is_of_profile(write: &Write) -> bool {
    matches!(write, Write::AddRoleToInstanceProfile { .. } | Write::RemoveRoleFromInstanceProfile { .. })
}

/// Whom a write gives a grant, or takes it from.
fn grantee(write: &Write) -> Option<&PrincipalRef> {
    match write {
        Write::PutGrant { principal, .. } | Write::DeleteGrant { principal, .. } => Some(principal),
        _ => None,
    }
}

/// The actions that undo a change: of what was put, what was there before decides.
fn undoing(change: &Change) -> impl Iterator<Item = &'static str> {
    let (action, was_there) = (change.write.action(), change.before.is_some());
    let either = !action.starts_with("Put");
    undone_by(action).iter().copied().filter(move |undo| either || undo.starts_with("Put") == was_there)
}

const ADD_TO_PROFILE: &str = "AddRoleToInstanceProfile";

/// Whoever puts a role into an instance profile passes it.
const PASS: &str = "PassRole";

/// The actions that undo an action, whatever was there before it.
fn undone_by(action: &str) -> &'static [&'static str] {
    match action {
        "CreateRole" => &["DeleteRole"],
        // CreateRole with tags is authorised as TagRole too, and with a boundary as PutRolePermissionsBoundary.
        "DeleteRole" => &["CreateRole", "TagRole", "PutRolePermissionsBoundary"],
        "UpdateRole" => &["UpdateRole"],
        "UpdateAssumeRolePolicy" => &["UpdateAssumeRolePolicy"],
        "PutRolePermissionsBoundary" => &["PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"],
        "DeleteRolePermissionsBoundary" => &["PutRolePermissionsBoundary"],
        "TagRole" => &["TagRole", "UntagRole"],
        "UntagRole" => &["TagRole"],
        "PutRolePolicy" => &["PutRolePolicy", "DeleteRolePolicy"],
        "DeleteRolePolicy" => &["PutRolePolicy"],
        "AttachRolePolicy" => &["DetachRolePolicy"],
        "DetachRolePolicy" => &["AttachRolePolicy"],
        "PutUserPolicy" => &["PutUserPolicy", "DeleteUserPolicy"],
        "DeleteUserPolicy" => &["PutUserPolicy"],
        "PutGroupPolicy" => &["PutGroupPolicy", "DeleteGroupPolicy"],
        "DeleteGroupPolicy" => &["PutGroupPolicy"],
        "RemoveRoleFromInstanceProfile" => &[ADD_TO_PROFILE],
        ADD_TO_PROFILE => &["RemoveRoleFromInstanceProfile"],
        // A read.
        _ => &[],
    }
}
