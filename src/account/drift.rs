//! What verify says of an account: how it differs from the setup. A pure function of setup and observation.
//!
//! The same comparison as `plan`, told differently: nothing is refused, and what is on the role and not in the setup
//! counts, though apply would leave it alone.

use super::change::Part;
use super::difference::Difference;
use super::observation::{Observation, ObservedGrant, ObservedRole};
use super::outcome::{AccountStatus, PartStatus, Parts};
use super::plan::{asked, foreign, grant_change, role_changes};
use crate::setup::desired::{Desired, ExtraPolicies};

/// How an account differs from the setup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Every difference, in the order of the parts.
    pub differences: Vec<Difference>,
    /// What is worth knowing though it is no difference.
    pub notes: Vec<String>,
    /// Whether the role is not there at all.
    pub role_missing: bool,
    /// Whether there is nobody for the grants to go to.
    pass_role_skipped: bool,
    /// Whether none of the grants is there.
    no_grant: bool,
}

impl Drift {
    /// The account in one word.
    pub fn status(&self) -> AccountStatus {
        match (self.role_missing, self.differences.is_empty()) {
            (true, _) => AccountStatus::Missing,
            (false, true) => AccountStatus::Compliant,
            (false, false) => AccountStatus::Drifted,
        }
    }

    /// Each part in one word.
    pub fn parts(&self) -> Parts {
        let mut parts = Parts::all(PartStatus::Unchanged);
        for difference in &self.differences {
            *parts.get_mut(difference.part) = PartStatus::Drifted;
        }
        if self.role_missing {
            (parts.role, parts.trust, parts.permissions) =
                (PartStatus::Missing, PartStatus::Missing, PartStatus::Missing);
        }
        if self.pass_role_skipped {
            parts.pass_role = PartStatus::Skipped;
        } else if self.no_grant {
            parts.pass_role = PartStatus::Missing;
        }
        parts
    }
}

/// Compares.
pub fn drift(desired: &Desired, observed: &Observation) -> Drift {
    let mut differences = Vec::new();
    let mut notes = Vec::new();
    match &observed.role {
        None => differences.push(Difference::new(
            Part::Role,
            format!("role/{}", desired.role),
            Some(desired.role_arn.to_string()),
            None,
        )),
        Some(role) => of_role(desired, role, &mut differences),
    }
    let partition = desired.role_arn.partition();
    let (mut asked_for, mut there) = (0, 0);
    for asked in asked(desired, observed) {
        if let Some(note) = asked.passed_over() {
            notes.push(note);
            continue;
        }
        asked_for += 1;
        there += usize::from(matches!(asked.found, Some(ObservedGrant::Present(_))));
        let change = grant_change(desired, &asked);
        let mut found: Vec<_> = change.iter().flat_map(|change| Difference::of(change, partition)).collect();
        if asked.gone
            && let Some(difference) = found.first_mut()
        {
            difference.detail.push(format!("{} does not exist in this account", asked.principal));
        }
        differences.append(&mut found);
    }
    Drift {
        differences,
        notes,
        role_missing: observed.role.is_none(),
        pass_role_skipped: asked_for == 0,
        no_grant: there == 0,
    }
}

fn of_role(desired: &Desired, role: &ObservedRole, differences: &mut Vec<Difference>) {
    let partition = desired.role_arn.partition();
    if role.arn != desired.role_arn {
        let (expected, found) = (desired.role_arn.to_string(), role.arn.to_string());
        let item = format!("role/{} ARN", desired.role);
        differences.push(Difference::new(Part::Role, item, Some(expected), Some(found)));
    }
    differences.extend(role_changes(desired, role).iter().flat_map(|change| Difference::of(change, partition)));
    if desired.extra_policies == ExtraPolicies::Ignore {
        return;
    }
    let foreign = foreign(desired, role);
    let name = &desired.role;
    let mut extra = |part, item, found| differences.push(Difference::new(part, item, None, Some(found)));
    if let Some(boundary) = foreign.boundary {
        extra(Part::Role, format!("role/{name} permissions boundary"), boundary.to_string());
    }
    for arn in foreign.managed {
        extra(Part::Permissions, format!("role/{name} managed policy {arn}"), arn.to_string());
    }
    for policy in foreign.inline {
        let text = role.inline.get(policy).cloned().unwrap_or_default();
        extra(Part::Permissions, format!("role/{name} inline policy {policy}"), text);
    }
}
