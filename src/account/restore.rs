//! Puts back what a run did in one account: session, observe, plan, apply; outcome.

use std::time::Duration;

use jiff::Timestamp;

use super::change::Change;
use super::converge::{Writes, of_aws, of_refusal};
use super::door::{Door, enter};
use super::ledger::Ledger;
use super::observation::Observation;
use super::observe::{Subject, observe, observe_grants};
use super::outcome::{AccountStatus, Failure, Outcome, Step};
use super::put_back::{grants, inline, put_back, role};
use super::put_back_power::power_to_put_back;
use super::session::Entrance;
use crate::aws::clients::{Attempts, Clients};
use crate::ids::{AccountId, Arn};

/// What a run did in one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deeds {
    /// The writes that AWS took or may have taken, in their order.
    pub done: Vec<Change>,
    /// The role, where it is known.
    pub role_arn: Option<Arn>,
}

/// The account to put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// The account.
    pub account_id: AccountId,
    /// Its name. Not trusted.
    pub account_name: String,
    /// How to get in; `None` for the caller's own account.
    pub entrance: Option<Entrance>,
    /// What is to be undone.
    pub deeds: Deeds,
    /// When the work began.
    pub started_at: Timestamp,
}

impl Restoration {
    /// The outcome of an account on which nothing has happened yet.
    pub fn begin(&self) -> Outcome {
        Outcome {
            role_arn: self.deeds.role_arn.clone(),
            started_at: Some(self.started_at),
            reason: None,
            ..Outcome::untouched(self.account_id, &self.account_name, AccountStatus::NotReached, String::new())
        }
    }
}

/// Puts one account back. Never fails: a failure is an outcome. As [`super::converge::converge`].
pub async fn restore(
    clients: &Clients,
    ledger: &impl Ledger,
    task: &Restoration,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) {
    let done = work(clients, ledger, task, step, outcome, attempts).await;
    if let Err(failure) = done {
        outcome.fail(failure);
    }
}

async fn work(
    clients: &Clients,
    ledger: &impl Ledger,
    task: &Restoration,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) -> Result<(), Failure> {
    let (done, partition) = (&task.deeds.done, clients.caller().partition());
    if task.entrance.is_some() {
        step(Step::AssumeRole);
    }
    let door = Door { account_id: task.account_id, entrance: task.entrance.as_ref(), wait_ready: Duration::ZERO };
    let policy = |_: &Entrance| power_to_put_back(done, task.account_id, partition);
    let iam = enter(clients, &door, policy, step, attempts).await?;
    step(Step::Observe);
    let grants: Vec<_> = grants(done).into_iter().map(|(to, policy)| (to.clone(), policy.clone())).collect();
    let observation = match role(done) {
        Some(role) => {
            let inline = inline(done).into_iter().cloned().collect();
            let role = role.clone();
            observe(&iam, &Subject { role, inline, other_inline: false, grants, instance_profiles: true }).await
        }
        None => observe_grants(&iam, &grants).await.map(|grants| Observation { role: None, grants }),
    };
    let observation = observation.map_err(|failure| of_aws(Step::Observe, failure))?;
    let plan = put_back(done, &observation, partition).map_err(of_refusal)?;
    ledger.planned(&plan.changes);
    let writes = Writes { iam: &iam, ledger, attempts, role_is_new: plan.creates_role() };
    writes.carry_out(&plan, step, outcome).await
}
