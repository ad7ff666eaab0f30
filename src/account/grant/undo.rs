//! Writes of grants undone. Pure.

use std::collections::BTreeSet;

use super::observed::ObservedGrant;
use super::write::GrantWrite as Write;
use crate::account::compare::same_policy;
use crate::account::model::change::{Change, Write as AnyWrite};
use crate::account::role::observed::ObservedRole;
use crate::account::rollback::undo::{Stands, Undo};
use crate::ids::{PolicyName, PrincipalKind, PrincipalRef};

/// The grants that must be read to undo these writes.
pub(in crate::account) fn subjects(done: &[Change]) -> Vec<(PrincipalRef, PolicyName)> {
    let mut grants = BTreeSet::new();
    for change in done {
        if let AnyWrite::Grant(write) = &change.write {
            grants.insert((write.principal().clone(), write.policy().clone()));
        }
    }
    grants.into_iter().collect()
}

/// Undoes one write of a grant.
pub(in crate::account) fn undo(undo: &mut Undo<'_>, change: &Change, write: &Write) {
    let left = match write {
        Write::Put { document, .. } => Some(&**document),
        Write::Delete { .. } => None,
    };
    undo_grant(undo, change, write.principal(), write.policy(), left);
}

fn undo_grant(undo: &mut Undo<'_>, change: &Change, principal: &PrincipalRef, policy: &PolicyName, left: Option<&str>) {
    let before = change.before.clone();
    if left.is_none() && before.is_none() {
        return undo.unknown(change);
    }
    let key = (principal.clone(), policy.clone());
    let found = match undo.now.grants.remove(&key) {
        Some(ObservedGrant::Present(text)) => Some(text),
        _ => None,
    };
    if let Some(before) = &before {
        undo.now.grants.insert(key, ObservedGrant::Present(before.clone()));
    }
    // A grant that a role of the setup has is one of its inline policies.
    if before.is_none() && principal.kind() == PrincipalKind::Role {
        let is_it = |role: &&mut ObservedRole| role.arn.resource().rsplit('/').next() == Some(principal.name());
        if let Some(role) = undo.now.roles.values_mut().find(is_it) {
            role.inline_names.remove(policy);
        }
    }
    let alike = |with: Option<&str>| same_policy(found.as_deref(), with, undo.partition);
    let (principal, policy) = (principal.clone(), policy.clone());
    match (Stands::between(alike(left), alike(before.as_deref())), before) {
        (Stands::AsBefore, _) => {}
        (Stands::AsLeft, Some(before)) => {
            undo.add(AnyWrite::Grant(Write::Put { principal, policy, document: before.into() }), found);
        }
        (Stands::AsLeft, None) => undo.add(AnyWrite::Grant(Write::Delete { principal, policy }), found),
        (Stands::Otherwise, _) => undo.conflict(change, found),
    }
}
