//! Just the power that it takes to put back what a run did in one account. Pure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::change::{Change, Write};
use super::put_back::{grants, role};
use super::session::{SESSION_POLICY_LIMIT, SessionPolicy};
use crate::ids::{AccountId, Partition, PrincipalKind};

/// Just the actions that undo `done`, and the reads before them, on just the names that are in it. Where that would not
/// fit, the names go by kind only.
pub fn power_to_put_back(done: &[Change], account: AccountId, partition: &Partition) -> SessionPolicy {
    let exact = text(done, account, partition, true);
    if exact.chars().count() <= SESSION_POLICY_LIMIT {
        return SessionPolicy { text: exact, exact: true };
    }
    SessionPolicy { text: text(done, account, partition, false), exact: false }
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
    let mut statements = Vec::new();
    if let Some(role) = role(done) {
        let reads = ["GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"];
        let undoing = done.iter().flat_map(|change| on_role(change));
        let actions = reads.into_iter().chain(["ListInstanceProfilesForRole"]).chain(undoing.copied());
        statements.push(allow(actions.collect(), named(PrincipalKind::Role, role.as_str())));
    }
    let profiles: BTreeSet<&str> = done.iter().filter_map(|change| on_profile(&change.write)).collect();
    if !profiles.is_empty() {
        statements.push(allow(profiles, vec![arn("instance-profile/*".to_owned())]));
    }
    for (kind, reads, put, delete) in [
        (PrincipalKind::User, ["GetUser", "GetUserPolicy"], "PutUserPolicy", "DeleteUserPolicy"),
        (PrincipalKind::Group, ["GetGroup", "GetGroupPolicy"], "PutGroupPolicy", "DeleteGroupPolicy"),
        (PrincipalKind::Role, ["GetRole", "GetRolePolicy"], "PutRolePolicy", "DeleteRolePolicy"),
    ] {
        let names: BTreeSet<&str> =
            grants(done).into_iter().filter(|(to, _)| to.kind() == kind).map(|(to, _)| to.name()).collect();
        if names.is_empty() {
            continue;
        }
        let resources: BTreeSet<String> = names.into_iter().flat_map(|name| named(kind, name)).collect();
        let undoing = done.iter().filter_map(|change| match &change.write {
            Write::PutGrant { principal, .. } | Write::DeleteGrant { principal, .. } if principal.kind() == kind => {
                Some(if change.before.is_some() { put } else { delete })
            }
            _ => None,
        });
        statements.push(allow(reads.into_iter().chain(undoing).collect(), resources.into_iter().collect()));
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn allow(actions: BTreeSet<&str>, resources: Vec<String>) -> Value {
    let actions: Vec<String> = actions.into_iter().map(|action| format!("iam:{action}")).collect();
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// The actions on the role that undo a write.
fn on_role(change: &Change) -> &'static [&'static str] {
    let was_there = change.before.is_some();
    match &change.write {
        Write::CreateRole { .. } => &["DeleteRole"],
        // CreateRole with tags is authorised as TagRole too, and with a boundary as PutRolePermissionsBoundary.
        Write::DeleteRole { .. } => &["CreateRole", "TagRole", "PutRolePermissionsBoundary"],
        Write::UpdateRole { .. } => &["UpdateRole"],
        Write::UpdateAssumeRolePolicy { .. } => &["UpdateAssumeRolePolicy"],
        Write::PutRolePermissionsBoundary { .. } if !was_there => &["DeleteRolePermissionsBoundary"],
        Write::PutRolePermissionsBoundary { .. } | Write::DeleteRolePermissionsBoundary { .. } => {
            &["PutRolePermissionsBoundary"]
        }
        Write::TagRole { .. } => &["TagRole", "UntagRole"],
        Write::UntagRole { .. } => &["TagRole"],
        Write::PutRolePolicy { .. } if !was_there => &["DeleteRolePolicy"],
        Write::PutRolePolicy { .. } | Write::DeleteRolePolicy { .. } => &["PutRolePolicy"],
        Write::AttachRolePolicy { .. } => &["DetachRolePolicy"],
        Write::DetachRolePolicy { .. } => &["AttachRolePolicy"],
        // Who puts a role into an instance profile passes it.
        Write::RemoveRoleFromInstanceProfile { .. } => &["PassRole"],
        Write::AddRoleToInstanceProfile { .. } | Write::PutGrant { .. } | Write::DeleteGrant { .. } => &[],
    }
}

/// The action on an instance profile that undoes a write.
fn on_profile(write: &Write) -> Option<&'static str> {
    match write {
        Write::RemoveRoleFromInstanceProfile { .. } => Some("AddRoleToInstanceProfile"),
        Write::AddRoleToInstanceProfile { .. } => Some("RemoveRoleFromInstanceProfile"),
        _ => None,
    }
}
