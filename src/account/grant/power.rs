//! What grants need to be allowed: for the work on a setup, and for undoing writes. Pure.

use std::collections::BTreeSet;

use super::write::{GrantAction, GrantWrite};
use crate::account::goal::Power;
use crate::account::model::change::{Change, Write};
use crate::account::power::{Allowance, Object};
use crate::ids::{PrincipalKind, PrincipalRef};
use crate::setup::desired::Desired;

const KINDS: [PrincipalKind; 3] = [PrincipalKind::User, PrincipalKind::Group, PrincipalKind::Role];

/// The reads of a grant on such a principal.
fn reads(kind: PrincipalKind) -> [&'static str; 2] {
    match kind {
        PrincipalKind::User => ["GetUser", "GetUserPolicy"],
        PrincipalKind::Group => ["GetGroup", "GetGroupPolicy"],
        PrincipalKind::Role => ["GetRole", "GetRolePolicy"],
    }
}

/// All that the work on the setup's grants needs to be allowed.
pub(in crate::account) fn allowances(desired: &Desired, power: Power) -> Vec<Allowance> {
    let of_kind = |kind| {
        let to = desired.granted().map(|(to, _)| to).filter(move |to| to.kind() == kind);
        let on: Vec<Object> = to.cloned().map(Object::Grantee).collect();
        let mut actions = reads(kind).to_vec();
        actions.extend(match power {
            Power::Read => None,
            Power::Simulate => Some("SimulatePrincipalPolicy"),
            Power::Write => Some(GrantAction::put(kind).as_str()),
            Power::Remove => Some(GrantAction::delete(kind).as_str()),
        });
        Allowance { actions, on }
    };
    KINDS.into_iter().map(of_kind).filter(|allowance| !allowance.on.is_empty()).collect()
}

impl GrantAction {
    /// The actions that undo this one, whatever was there before it.
    fn undone_by(self) -> &'static [&'static str] {
        match self {
            Self::PutUserPolicy => &["PutUserPolicy", "DeleteUserPolicy"],
            Self::DeleteUserPolicy => &["PutUserPolicy"],
            Self::PutGroupPolicy => &["PutGroupPolicy", "DeleteGroupPolicy"],
            Self::DeleteGroupPolicy => &["PutGroupPolicy"],
            Self::PutRolePolicy => &["PutRolePolicy", "DeleteRolePolicy"],
            Self::DeleteRolePolicy => &["PutRolePolicy"],
        }
    }
}

/// What rollback needs to undo whatever runs with these powers do to the setup's grants.
pub(in crate::account) fn rollback_allowances(desired: &Desired, runs: &[Power]) -> Vec<Allowance> {
    let mut all = allowances(desired, Power::Read);
    for Allowance { actions, on } in runs.iter().flat_map(|power| allowances(desired, *power)) {
        let done = actions.iter().filter_map(|action| action.parse::<GrantAction>().ok());
        all.push(Allowance { actions: done.flat_map(GrantAction::undone_by).copied().collect(), on });
    }
    all
}

/// What it takes to undo these writes of grants, and the reads before.
pub(in crate::account) fn undo_allowances(done: &[Change]) -> Vec<Allowance> {
    let mut all = Vec::new();
    for kind in KINDS {
        let (mut to, mut actions) = (BTreeSet::<&PrincipalRef>::new(), BTreeSet::from(reads(kind)));
        for change in done {
            if let Write::Grant(write) = &change.write
                && write.principal().kind() == kind
            {
                to.insert(write.principal());
                actions.extend(undone_by(change, write));
            }
        }
        if !to.is_empty() {
            let on = to.into_iter().cloned().map(Object::Grantee).collect();
            all.push(Allowance { actions: actions.into_iter().collect(), on });
        }
    }
    all
}

/// The actions that undo a write: of what was put, what was there before decides.
fn undone_by(change: &Change, write: &GrantWrite) -> impl Iterator<Item = &'static str> {
    let was_there = change.before.is_some();
    let either = matches!(write, GrantWrite::Delete { .. });
    let actions = write.grant_action().undone_by().iter().copied();
    actions.filter(move |undo| either || undo.starts_with("Put") == was_there)
}
