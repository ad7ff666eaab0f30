//! What verify says of an account: how it differs from the setup, with the evidence. Pure functions of setup and
//! observation.
//!
//! The same comparison as `plan`, said differently: nothing is refused, and what is on a role and not in the setup counts,
//! though apply would leave it alone.

use super::model::difference::Difference;
use super::model::evidence::{Evidence, Gathered};
use super::model::observation::Observation;
use super::model::words::{AccountStatus, Part, PartStatus, Parts};
use super::resource::Kind;
use crate::setup::desired::Desired;

/// How an account differs from the setup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Drift {
    /// Every difference, in the order of the kinds.
    pub differences: Vec<Difference>,
    /// What is worth knowing though it is no difference.
    pub notes: Vec<String>,
    /// Whether none of the setup's roles is there.
    pub role_missing: bool,
    /// Parts of which nothing is there.
    pub(super) missing: Vec<Part>,
    /// Parts that nobody asked for in this account.
    pub(super) skipped: Vec<Part>,
}

impl Drift {
    /// The account in one word.
    pub(super) fn status(&self) -> AccountStatus {
        match (self.role_missing, self.differences.is_empty()) {
            (true, _) => AccountStatus::Missing,
            (false, true) => AccountStatus::Compliant,
            (false, false) => AccountStatus::Drifted,
        }
    }

    /// Each part in one word.
    pub(super) fn parts(&self) -> Parts {
        let mut parts = Parts::all(PartStatus::Unchanged);
        let drifted = self.differences.iter().map(|difference| (difference.part, PartStatus::Drifted));
        let missing = self.missing.iter().map(|part| (*part, PartStatus::Missing));
        let skipped = self.skipped.iter().map(|part| (*part, PartStatus::Skipped));
        for (part, status) in drifted.chain(missing).chain(skipped) {
            *parts.get_mut(part) = status;
        }
        parts
    }
}

/// Compares.
pub(super) fn drift(desired: &Desired, observed: &Observation) -> Drift {
    let mut drift = Drift::default();
    for kind in Kind::IN_ORDER {
        let found = kind.verify(desired, observed);
        drift.differences.extend(found.differences);
        drift.notes.extend(found.notes);
        drift.missing.extend(found.missing);
        drift.skipped.extend(found.skipped);
    }
    drift.role_missing = !desired.roles.iter().any(|role| observed.roles.contains_key(&role.name));
    drift
}

/// Gathers what was wanted and what was found.
pub(super) fn evidence(desired: &Desired, observed: &Observation) -> Evidence {
    let mut gathered = Gathered::default();
    for kind in Kind::IN_ORDER {
        kind.evidence(desired, observed, &mut gathered);
    }
    gathered.finish()
}
