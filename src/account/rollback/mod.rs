//! Puts back what a run did in one account: session, observe, plan, apply; outcome.

pub mod plan;
pub mod power;
#[cfg(test)]
pub(super) mod rollback_tests;
pub(super) mod undo;

use std::time::Duration;

use jiff::Timestamp;

use self::power::rollback_policy;
use super::assume_role::{AssumedRole, WayIn};
use super::carry_out::Writes;
use super::fix::of_refusal;
use super::ledger::Ledger;
use super::model::change::Change;
use super::model::outcome::{Failure, Outcome};
use super::model::words::{AccountStatus, Step};
use super::resource::Subject;
use super::session::Session;
use crate::aws::clients::{Attempts, Clients};
use crate::ids::{AccountId, Arn};

/// What a run did in one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunWrites {
    /// The writes that AWS took or may have taken, in their order.
    pub done: Vec<Change>,
    /// The role, where it is known.
    pub role_arn: Option<Arn>,
}

/// The account to put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// The account.
    pub account_id: AccountId,
    /// Its name. Not trusted.
    pub account_name: String,
    /// How to get in; `None` for the caller's own account.
    pub assume: Option<AssumedRole>,
    /// What is to be undone.
    pub run: RunWrites,
    /// When the work began.
    pub started_at: Timestamp,
}

impl Rollback {
    /// The outcome of an account on which nothing has happened yet.
    pub fn begin(&self) -> Outcome {
        Outcome {
            role_arn: self.run.role_arn.clone(),
            started_at: Some(self.started_at),
            reason: None,
            ..Outcome::untouched(self.account_id, &self.account_name, AccountStatus::NotReached, String::new())
        }
    }
}

/// Puts one account back. Never fails: a failure is an outcome. As [`super::converge::converge`].
pub async fn rollback(
    clients: &Clients,
    ledger: &impl Ledger,
    task: &Rollback,
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
    task: &Rollback,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) -> Result<(), Failure> {
    let (done, partition) = (&task.run.done, clients.caller().partition());
    let way = WayIn { account_id: task.account_id, assume: task.assume.as_ref(), wait_ready: Duration::ZERO };
    let policy = |_: &AssumedRole| rollback_policy(done, task.account_id, partition);
    let session = Session::open(clients, &way, policy, step, attempts).await?;
    let observation = session.observe(&Subject::of_writes(done)).await?;
    let plan = plan::undo(done, &observation, partition).map_err(of_refusal)?;
    ledger.planned(&plan.changes);
    let writes = Writes { session: &session, ledger, role_is_new: plan.creates_role() };
    writes.carry_out(&plan, outcome).await
}
