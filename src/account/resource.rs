//! The kinds of resource, and what is asked of each: one `match` for each question, so that the compiler asks a new kind
//! for all its answers. The answers are in the kind's folder; nothing else of `account` knows the kinds.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use futures::future;

use super::goal::{Goal, Power};
use super::model::change::{Change, Write};
use super::model::difference::Findings;
use super::model::evidence::Gathered;
use super::model::observation::Observation;
use super::model::plan::{Draft, Refusal};
use super::power::Allowance;
use super::role::observed::RoleSubject;
use super::rollback::undo::Undo;
use super::{grant, role};
use crate::aws::failure::AwsFailure;
use crate::ids::{Arn, PolicyName, PrincipalRef};
use crate::setup::desired::Desired;

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Roles, with their trust, their policies, and that they are in instance profiles.
    Role,
    /// `iam:PassRole` policies of users, groups and roles.
    Grant,
}

impl Kind {
    /// Every kind, in the order in which resources are made: a kind stands behind those that its resources name. They are
    /// taken away in the order the other way round.
    pub(super) const IN_ORDER: [Self; 2] = [Self::Role, Self::Grant];

    /// Adds the changes that lead to the setup's resources.
    pub(super) fn plan(self, desired: &Desired, observed: &Observation, draft: &mut Draft) -> Result<(), Refusal> {
        match self {
            Self::Role => role::plan::plan(desired, observed, draft),
            Self::Grant => grant::plan::plan(desired, observed, draft),
        }
    }

    /// Adds the changes that take the setup's resources away.
    pub(super) fn removal(
        self,
        desired: &Desired,
        observed: &Observation,
        force: bool,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        match self {
            Self::Role => role::plan::removal(desired, observed, force, draft),
            Self::Grant => {
                grant::plan::removal(desired, observed, draft);
                Ok(())
            }
        }
    }

    /// How the resources differ from the setup's.
    pub(super) fn verify(self, desired: &Desired, observed: &Observation) -> Findings {
        match self {
            Self::Role => role::verify::verify(desired, observed),
            Self::Grant => grant::verify::verify(desired, observed),
        }
    }

    /// Gathers what was wanted and what was found, fact by fact.
    pub(super) fn evidence(self, desired: &Desired, observed: &Observation, gathered: &mut Gathered) {
        match self {
            Self::Role => role::verify::evidence(desired, observed, gathered),
            Self::Grant => grant::verify::evidence(desired, observed, gathered),
        }
    }

    /// What the work on the setup's resources needs to be allowed.
    pub(super) fn allowances(self, desired: &Desired, power: Power) -> Vec<Allowance> {
        match self {
            Self::Role => role::power::allowances(desired, power),
            Self::Grant => grant::power::allowances(desired, power),
        }
    }

    /// The reads that only taking the resources away needs.
    pub(super) fn removal_reads(self, desired: &Desired) -> Vec<Allowance> {
        match self {
            Self::Role => role::power::removal_reads(desired),
            Self::Grant => Vec::new(),
        }
    }

    /// What rollback needs to undo whatever runs with these powers do.
    pub(super) fn rollback_allowances(self, desired: &Desired, runs: &[Power]) -> Vec<Allowance> {
        match self {
            Self::Role => role::power::rollback_allowances(desired, runs),
            Self::Grant => grant::power::rollback_allowances(desired, runs),
        }
    }

    /// What it takes to undo those of the writes that are of this kind.
    pub(super) fn undo_allowances(self, done: &[Change]) -> Vec<Allowance> {
        match self {
            Self::Role => role::power::undo_allowances(done),
            Self::Grant => grant::power::undo_allowances(done),
        }
    }
}

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Subject {
    /// The roles.
    pub(super) roles: Vec<RoleSubject>,
    /// The principals that should have a grant, each with the name of the inline policy that is the grant.
    pub(super) grants: Vec<(PrincipalRef, PolicyName)>,
}

impl Subject {
    /// What the goal needs to know.
    pub(super) fn of(desired: &Desired, goal: Goal) -> Self {
        let grants = desired.granted().map(|(to, grant)| (to.clone(), grant.name.clone())).collect();
        Self { roles: role::observed::subjects(desired, goal), grants }
    }

    /// What undoing writes needs to know.
    pub(super) fn of_writes(done: &[Change]) -> Self {
        Self { roles: role::undo::subjects(done), grants: grant::undo::subjects(done) }
    }
}

/// One look, everything side by side; the inner error is what contradicts what.
pub(super) async fn look(iam: &Client, subject: &Subject) -> Result<Result<Observation, &'static str>, AwsFailure> {
    let roles = future::try_join_all(subject.roles.iter().map(|role| role::calls::look(iam, role)));
    let (found, grants) = future::try_join(roles, grant::calls::observe_grants(iam, &subject.grants)).await?;
    let mut observation = Observation { grants, ..Observation::default() };
    for (subject, role) in subject.roles.iter().zip(found) {
        match role {
            Ok(role) => observation.roles.extend(role.map(|role| (subject.name.clone(), role))),
            Err(contradiction) => return Ok(Err(contradiction)),
        }
    }
    Ok(Ok(observation))
}

/// Sends one write. Returns AWS's request id.
pub(super) async fn send(iam: &Client, write: &Write) -> Result<Option<String>, AwsFailure> {
    match write {
        Write::Role(write) => role::calls::send(iam, write).await,
        Write::Grant(write) => grant::calls::send(iam, write).await,
    }
}

/// Whether what is there now is what `write` makes.
pub(super) async fn is_so(iam: &Client, write: &Write) -> Result<bool, AwsFailure> {
    match write {
        Write::Role(write) => role::calls::is_so(iam, write).await,
        Write::Grant(write) => grant::calls::is_so(iam, write).await,
    }
}

/// Undoes one write, the newest of those that are left.
pub(super) fn undo(undone: &mut Undo<'_>, change: &Change) {
    match &change.write {
        Write::Role(write) => role::undo::undo(undone, change, write),
        Write::Grant(write) => grant::undo::undo(undone, change, write),
    }
}

/// What a write is authorised as: each action, the resource that it is on, and the context that policies may ask about.
/// Nothing where the resource is gone since it was read: the work will see it. `grantees` are those that were looked up.
pub(super) async fn authorised_as(
    iam: &Client,
    desired: &Desired,
    change: &Change,
    grantees: &mut BTreeMap<PrincipalRef, Option<Arn>>,
) -> Result<Vec<(&'static str, Arn, BTreeMap<String, String>)>, AwsFailure> {
    match &change.write {
        Write::Role(write) => Ok(role::power::authorised_as(write, desired, desired.account, &desired.partition)),
        Write::Grant(write) => {
            if !grantees.contains_key(write.principal()) {
                let arn = grant::calls::principal_arn(iam, write.principal()).await?;
                grantees.insert(write.principal().clone(), arn);
            }
            let on = grantees.get(write.principal()).cloned().flatten();
            Ok(on.map(|on| (change.write.action(), on, BTreeMap::new())).into_iter().collect())
        }
    }
}
