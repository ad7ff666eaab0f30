//! A session in one account, with no more power than the work there needs: what every work in an account begins with.

use super::assume_role::{AssumedRole, WayIn, enter};
use super::fix::of_aws;
pub use super::goal::Power;
use super::model::observation::Observation;
use super::model::outcome::Failure;
use super::model::words::Step;
use super::observe::observe;
pub use super::power::{Allowance, Object};
use super::power::{SessionPolicy, session_policy};
use super::resource::{Kind, Subject};
use crate::aws::clients::{Attempts, Clients};
use crate::ids::RolePath;
use crate::setup::desired::Desired;

/// All that the work needs to be allowed: what session policies say, and what `setup bootstrap` asks for.
pub fn allowances(desired: &Desired, power: Power) -> Vec<Allowance> {
    Kind::IN_ORDER.iter().flat_map(|kind| kind.allowances(desired, power)).collect()
}

/// Just the actions that `desired` needs on just the names that it has.
pub fn least_power(desired: &Desired, power: Power) -> SessionPolicy {
    session_policy(&allowances(desired, power), desired.account, &desired.partition)
}

/// The same for a preflight.
pub fn preflight_power(desired: &Desired, removing: bool, assumed: &RolePath) -> SessionPolicy {
    session_policy(&preflight_allowances(desired, removing, assumed), desired.account, &desired.partition)
}

/// What a preflight needs: the reads, those of a removal too where `removing`, and IAM's simulator for the role that is
/// assumed.
pub fn preflight_allowances(desired: &Desired, removing: bool, assumed: &RolePath) -> Vec<Allowance> {
    let mut all = allowances(desired, Power::Read);
    all.push(Allowance { actions: vec!["SimulatePrincipalPolicy"], on: vec![Object::Assumed(assumed.clone())] });
    if removing {
        all.extend(Kind::IN_ORDER.iter().flat_map(|kind| kind.removal_reads(desired)));
    }
    all
}

/// A session in one account. `step` is told of each step that begins.
pub(super) struct Session<'a, S> {
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) step: &'a S,
    pub(super) attempts: &'a Attempts,
}

impl<'a, S: Fn(Step) + Sync> Session<'a, S> {
    /// Gets into the account.
    ///
    /// # Errors
    /// Why nobody is let in, with what to do.
    pub(super) async fn open(
        clients: &Clients,
        way: &WayIn<'_>,
        policy: impl FnOnce(&AssumedRole) -> SessionPolicy,
        step: &'a S,
        attempts: &'a Attempts,
    ) -> Result<Self, Failure> {
        if way.assume.is_some() {
            step(Step::AssumeRole);
        }
        let iam = enter(clients, way, policy, step, attempts).await?;
        step(Step::Observe);
        Ok(Self { iam, step, attempts })
    }

    /// Reads what the account has.
    ///
    /// # Errors
    /// The first read that failed.
    pub(super) async fn observe(&self, subject: &Subject) -> Result<Observation, Failure> {
        observe(&self.iam, subject).await.map_err(|failure| of_aws(Step::Observe, failure))
    }
}
