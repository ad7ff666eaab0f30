//! From the grants that an account has to those that it must have, and to none of them. Pure.

use super::observed::ObservedGrant;
use super::write::GrantWrite as Write;
use crate::account::compare::same;
use crate::account::model::change::{Change, Write as AnyWrite};
use crate::account::model::observation::Observation;
use crate::account::model::plan::{Draft, Refusal};
use crate::account::model::words::Part;
use crate::ids::PrincipalRef;
use crate::policy::PolicyKind;
use crate::setup::desired::{Desired, Grant, MissingPrincipal};

/// Adds the changes that every grant needs.
///
/// # Errors
/// [`Refusal`] where a grantee is missing, and the setup does not say that it is passed over.
pub(in crate::account) fn plan(desired: &Desired, observed: &Observation, draft: &mut Draft) -> Result<(), Refusal> {
    let mut skipped = true;
    for wanted in wanted_grants(desired, observed) {
        if let Some(note) = wanted.passed_over() {
            draft.notes.push(note);
            continue;
        }
        if wanted.gone {
            return Err(missing(wanted.principal));
        }
        skipped = false;
        draft.changes.extend(grant_change(desired, &wanted));
    }
    draft.skipped.extend(skipped.then_some(Part::PassRole));
    Ok(())
}

/// Adds the changes that take every grant away that is there.
pub(in crate::account) fn removal(desired: &Desired, observed: &Observation, draft: &mut Draft) {
    for ((principal, policy), found) in &observed.grants {
        if let ObservedGrant::Present(text) = found {
            let write = Write::Delete { principal: principal.clone(), policy: policy.clone() };
            draft.changes.push(Change { write: AnyWrite::Grant(write), before: Some(text.clone()) });
        }
    }
    if desired.grants.iter().all(|grant| grant.to.is_empty()) {
        draft.skipped.push(Part::PassRole);
    }
}

/// A grant that a principal should have, and what it has.
pub(super) struct WantedGrant<'a> {
    pub(super) grant: &'a Grant,
    pub(super) principal: &'a PrincipalRef,
    pub(super) found: Option<&'a ObservedGrant>,
    /// Whether there is no such principal. The role gets its own grant once it is there, so it is never gone.
    pub(super) gone: bool,
}

impl WantedGrant<'_> {
    /// What is told instead of the grant, where the setup passes over a principal that does not exist.
    pub(super) fn passed_over(&self) -> Option<String> {
        let passed_over = self.gone && self.grant.missing_principal == MissingPrincipal::Skip;
        passed_over.then(|| format!("no grant for {}: it does not exist in this account", self.principal))
    }
}

/// Every grant of every principal that the setup names.
pub(super) fn wanted_grants<'a>(
    desired: &'a Desired,
    observed: &'a Observation,
) -> impl Iterator<Item = WantedGrant<'a>> {
    desired.granted().map(|(principal, grant)| {
        let found = observed.grants.get(&(principal.clone(), grant.name.clone()));
        let unknown = matches!(found, None | Some(ObservedGrant::NoPrincipal));
        WantedGrant { grant, principal, found, gone: unknown && !desired.is_own_role(principal) }
    })
}

fn missing(principal: &PrincipalRef) -> Refusal {
    Refusal {
        code: "NoSuchPrincipal",
        message: format!("{principal}, who should get the grant, does not exist in this account"),
        fix: format!("create {principal} there, or name another principal with --pass-role-to"),
    }
}

/// The change that a grant needs, if any.
pub(super) fn grant_change(desired: &Desired, wanted: &WantedGrant<'_>) -> Option<Change> {
    let WantedGrant { grant, principal, found, .. } = *wanted;
    let before = match found {
        Some(ObservedGrant::Present(found)) if same(PolicyKind::Identity, found, &grant.policy, &desired.partition) => {
            return None;
        }
        Some(ObservedGrant::Present(found)) => Some(found.clone()),
        Some(ObservedGrant::Absent | ObservedGrant::NoPrincipal) | None => None,
    };
    let (policy, document) = (grant.name.clone(), grant.policy.text.clone());
    let write = Write::Put { principal: principal.clone(), policy, document };
    Some(Change { write: AnyWrite::Grant(write), before })
}
