//! One account from beginning to end: session, observe, then plan and apply, or verify; outcome.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::assume_role::{AssumedRole, WayIn};
use super::carry_out::Writes;
use super::fix::{of_aws, of_refusal};
pub use super::goal::Goal;
use super::ledger::Ledger;
use super::model::change::ChangeResult;
use super::model::observation::Observation;
use super::model::outcome::{Failure, Outcome};
use super::model::plan::{Plan, Refusal};
use super::model::words::{AccountStatus, Part, PartStatus, Step};
use super::plan::{plan, removal};
use super::resource::Subject;
use super::rollback;
use super::session::{Session, least_power};
use super::simulator::ask_simulator;
use super::verify::{drift, evidence};
use crate::aws::clients::{Attempts, Clients};
use crate::aws::retry::{Backoff, PROPAGATION_TIMEOUT};
use crate::ids::AccountId;
use crate::setup::desired::Desired;

impl Goal {
    /// What is still to be changed for it. What is undone is not known from a setup: nothing, then.
    pub(super) fn plan(self, desired: &Desired, observation: &Observation) -> Result<Plan, Refusal> {
        match self {
            Self::Plan | Self::Apply | Self::Verify { .. } => plan(desired, observation),
            Self::Remove { force } => removal(desired, observation, force),
            Self::Rollback => rollback::plan::undo(&[], observation, &desired.partition),
        }
    }
}

/// The account to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The account.
    pub account_id: AccountId,
    /// Its name. Not trusted.
    pub account_name: String,
    /// How to get in; `None` for the caller's own account.
    pub assume: Option<AssumedRole>,
    /// What it must have.
    pub desired: Desired,
    /// When the work began.
    pub started_at: Timestamp,
    /// How long an account that does not let us in is taken for one that is not ready yet. Zero: not at all.
    pub wait_ready: Duration,
}

/// Brings one account to what it must have. Never fails: a failure is an outcome. `step` is told of each step that
/// begins; `outcome` is filled in as things happen, so that it says what is known even if the work is cut off, and
/// `attempts` counts how often calls were sent.
pub async fn converge(
    clients: &Clients,
    ledger: &impl Ledger,
    task: &Task,
    goal: Goal,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) {
    let done = work(clients, ledger, task, goal, step, outcome, attempts).await;
    if let Err(failure) = done {
        outcome.fail(failure);
    }
}

impl Task {
    /// The way in.
    pub(super) fn way_in(&self) -> WayIn<'_> {
        WayIn { account_id: self.account_id, assume: self.assume.as_ref(), wait_ready: self.wait_ready }
    }

    /// The outcome of an account on which nothing has happened yet.
    pub fn begin(&self) -> Outcome {
        Outcome {
            role_arn: self.desired.role_arn().cloned(),
            started_at: Some(self.started_at),
            reason: None,
            ..Outcome::untouched(self.account_id, &self.account_name, AccountStatus::NotReached, String::new())
        }
    }
}

async fn work(
    clients: &Clients,
    ledger: &impl Ledger,
    task: &Task,
    goal: Goal,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) -> Result<(), Failure> {
    let desired = &task.desired;
    let policy = |_: &AssumedRole| least_power(desired, goal.power());
    let session = Session::open(clients, &task.way_in(), policy, step, attempts).await?;
    let subject = Subject::of(desired, goal);
    let mut exists = false;
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(8));
    let began = Instant::now();
    loop {
        let observation = session.observe(&subject).await?;
        if exists && is_missing(desired, &observation) && began.elapsed() < PROPAGATION_TIMEOUT {
            // It was there a moment ago: a read that is late, not a role that went away.
            tokio::time::sleep(backoff.wait()).await;
            continue;
        }
        if let Goal::Verify { simulate } = goal {
            return verify(&session.iam, task, &observation, simulate, step, outcome).await;
        }
        let plan = goal.plan(desired, &observation).map_err(of_refusal)?;
        outcome.notes.clone_from(&plan.notes);
        if goal == Goal::Plan {
            show(&plan, desired, ledger, outcome);
            return Ok(());
        }
        ledger.planned(&plan.changes);
        let writes = Writes { session: &session, ledger, role_is_new: exists || plan.creates_role() };
        match writes.carry_out(&plan, outcome).await {
            // Somebody else made the role between the read and the write, or the read was late. Whose it is, another
            // look at its tags tells; one is enough. An earlier try of this very call whose answer was lost is no
            // failure: `apply` has looked.
            Err(failure) if failure.code == "EntityAlreadyExists" && !exists => {
                exists = true;
                step(Step::Observe);
            }
            ended => return ended,
        }
    }
}

/// Tells of what apply would change.
fn show(plan: &Plan, desired: &Desired, ledger: &impl Ledger, outcome: &mut Outcome) {
    outcome.parts = plan.parts;
    for change in &plan.changes {
        ledger.settled(change, &ChangeResult::Pending);
        for part in change.write.parts() {
            *outcome.parts.get_mut(*part) = PartStatus::Pending;
        }
        // A role that is not there is one difference; that its policies are not there either goes without saying.
        if !(change.write.parts() == [Part::Permissions] && change.is_of_new(&plan.changes)) {
            outcome.differences.extend(change.differences(&desired.partition));
        }
    }
    outcome.changes = u32::try_from(plan.changes.len()).unwrap_or(u32::MAX);
    outcome.status = if plan.is_empty() { AccountStatus::Unchanged } else { AccountStatus::Pending };
}

/// Tells of what differs, with the evidence.
async fn verify(
    iam: &aws_sdk_iam::Client,
    task: &Task,
    observation: &Observation,
    simulate: bool,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let mut drift = drift(&task.desired, observation);
    if simulate {
        step(Step::Verify);
        let answer = ask_simulator(iam, &task.desired, observation).await;
        let simulated = answer.map_err(|failure| of_aws(Step::Verify, failure))?;
        drift.differences.extend(simulated.denied);
        drift.notes.extend(simulated.notes);
    }
    outcome.status = drift.status();
    outcome.parts = drift.parts();
    outcome.evidence = Some(evidence(&task.desired, observation));
    outcome.differences = drift.differences;
    outcome.notes = drift.notes;
    Ok(())
}

/// Whether a role of the setup is not there.
fn is_missing(desired: &Desired, observation: &Observation) -> bool {
    desired.roles.iter().any(|role| !observation.roles.contains_key(&role.name))
}
