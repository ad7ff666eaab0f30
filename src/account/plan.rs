//! From what an account has to what it must have: the changes, in the order in which they are safe; and back to nothing
//! of the setup's, in the order the other way round.
//!
//! Pure functions of setup and observation. Whatever they refuse, they refuse before anything is written.

use super::model::change::Change;
use super::model::observation::Observation;
use super::model::plan::{Draft, Plan, Refusal};
use super::model::words::{AccountStatus, PartStatus, Parts};
use super::resource::Kind;
use crate::setup::desired::Desired;

/// Works out the changes.
///
/// # Errors
/// [`Refusal`] where a resource is not ours, where an immutable attribute differs, or where a grantee is missing.
pub(super) fn plan(desired: &Desired, observed: &Observation) -> Result<Plan, Refusal> {
    let mut draft = Draft::default();
    for kind in Kind::IN_ORDER {
        kind.plan(desired, observed, &mut draft)?;
    }
    let Draft { changes, notes, skipped } = draft;
    let mut parts = Parts::all(PartStatus::Unchanged);
    for change in &changes {
        let is_new = change.is_of_new(&changes);
        for part in change.write.parts() {
            let status = parts.get_mut(*part);
            *status = match is_new {
                true if *status != PartStatus::Updated => PartStatus::Created,
                _ => PartStatus::Updated,
            };
        }
    }
    for part in skipped.into_iter().filter(|part| parts.get(*part) == PartStatus::Unchanged).collect::<Vec<_>>() {
        *parts.get_mut(part) = PartStatus::Skipped;
    }
    let any_role = desired.roles.iter().any(|role| observed.roles.contains_key(&role.name));
    let status = match (changes.is_empty(), any_role) {
        (true, _) => AccountStatus::Unchanged,
        (false, false) => AccountStatus::Created,
        (false, true) => AccountStatus::Updated,
    };
    Ok(Plan { parts, status, changes, notes })
}

/// Works out the changes that take the setup away. What does not carry our tag or one of our policy names is not touched,
/// and stands in the way unless the caller forces it.
///
/// # Errors
/// [`Refusal`] where a resource is not ours, or (without `force`) where somebody else's policies or instance profiles are
/// on it.
pub(super) fn removal(desired: &Desired, observed: &Observation, force: bool) -> Result<Plan, Refusal> {
    let mut draft = Draft::default();
    for kind in Kind::IN_ORDER.iter().rev() {
        kind.removal(desired, observed, force, &mut draft)?;
    }
    let Draft { changes, notes, skipped } = draft;
    let mut parts = Parts::all(PartStatus::Absent);
    for part in changes.iter().flat_map(|change: &Change| change.write.parts()) {
        *parts.get_mut(*part) = PartStatus::Removed;
    }
    for part in skipped.into_iter().filter(|part| parts.get(*part) == PartStatus::Absent).collect::<Vec<_>>() {
        *parts.get_mut(part) = PartStatus::Skipped;
    }
    let status = if changes.is_empty() { AccountStatus::Absent } else { AccountStatus::Removed };
    Ok(Plan { parts, status, changes, notes })
}
