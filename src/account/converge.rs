//! One account from beginning to end: session, observe, then plan and apply, or verify; outcome.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::apply::{ApplyError, apply};
use super::change::{ChangeResult, Part};
use super::difference::Difference;
use super::door::{Door, enter};
use super::drift::drift;
use super::evidence::evidence;
use super::fix::advise;
use super::ledger::Ledger;
use super::observation::Observation;
use super::observe::{Subject, observe};
use super::outcome::{AccountStatus, Failure, Outcome, PartStatus, Step};
use super::plan::{Plan, Refusal, plan};
use super::put_back::put_back;
use super::removal::removal;
use super::session::{Entrance, Power, least_power};
use super::simulate::ask_simulator;
use crate::aws::clients::{Attempts, Clients};
use crate::aws::failure::AwsFailure;
use crate::aws::retry::{Backoff, PROPAGATION_TIMEOUT};
use crate::ids::AccountId;
use crate::setup::desired::{Desired, ExtraPolicies};

/// What becomes of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "goal", rename_all = "snake_case")]
pub enum Goal {
    /// What apply would change is worked out and shown.
    Plan,
    /// It is made as the setup says.
    Apply,
    /// What differs from the setup is worked out and shown.
    Verify {
        /// Whether IAM's policy simulator is asked, too.
        simulate: bool,
    },
    /// The setup is taken away.
    Remove {
        /// Even where somebody else's policies or instance profiles hang on the role.
        force: bool,
    },
    /// What an earlier run did is undone: see [`super::restore`].
    PutBack,
}

impl Goal {
    /// Whether accounts are changed.
    pub fn writes(self) -> bool {
        matches!(self, Self::Apply | Self::Remove { .. } | Self::PutBack)
    }

    /// What is still to be changed for it. What is put back is not known from a setup: nothing, then.
    pub(super) fn plan(self, desired: &Desired, observation: &Observation) -> Result<Plan, Refusal> {
        match self {
            Self::Plan | Self::Apply | Self::Verify { .. } => plan(desired, observation),
            Self::Remove { force } => removal(desired, observation, force),
            Self::PutBack => put_back(&[], observation, desired.role_arn.partition()),
        }
    }

    /// What the work needs to be allowed.
    pub fn power(self) -> Power {
        match self {
            Self::Plan | Self::Verify { simulate: false } => Power::Read,
            Self::Verify { simulate: true } => Power::Simulate,
            Self::Apply => Power::Write,
            // What is put back is not known from a setup: `put_back_power` is what counts.
            Self::PutBack => Power::Read,
            Self::Remove { .. } => Power::Remove,
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
    pub entrance: Option<Entrance>,
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
    pub(super) fn door(&self) -> Door<'_> {
        let (entrance, wait_ready) = (self.entrance.as_ref(), self.wait_ready);
        Door { account_id: self.account_id, entrance, wait_ready }
    }

    /// The outcome of an account on which nothing has happened yet.
    pub fn begin(&self) -> Outcome {
        Outcome {
            role_arn: Some(self.desired.role_arn.clone()),
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
    if task.entrance.is_some() {
        step(Step::AssumeRole);
    }
    let iam = enter(clients, &task.door(), |_| least_power(desired, goal.power()), step, attempts).await?;
    step(Step::Observe);
    let subject = subject(desired, goal);
    let mut exists = false;
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(8));
    let began = Instant::now();
    loop {
        let observation = observe(&iam, &subject).await.map_err(|failure| of_aws(Step::Observe, failure))?;
        if exists && observation.role.is_none() && began.elapsed() < PROPAGATION_TIMEOUT {
            // It was there a moment ago: a read that is late, not a role that went away.
            tokio::time::sleep(backoff.wait()).await;
            continue;
        }
        if let Goal::Verify { simulate } = goal {
            return verify(&iam, task, &observation, simulate, step, outcome).await;
        }
        let plan = goal.plan(desired, &observation).map_err(of_refusal)?;
        outcome.notes.clone_from(&plan.notes);
        if goal == Goal::Plan {
            show(&plan, desired, ledger, outcome);
            return Ok(());
        }
        ledger.planned(&plan.changes);
        let writes = Writes { iam: &iam, ledger, attempts, role_is_new: exists || plan.creates_role() };
        match writes.carry_out(&plan, step, outcome).await {
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

/// What the goal needs to know.
pub(super) fn subject(desired: &Desired, goal: Goal) -> Subject {
    Subject {
        role: desired.role.clone(),
        inline: desired.inline.keys().cloned().collect(),
        // What is taken away must be known, so that it could be put back; evidence is of everything that counts.
        other_inline: match goal {
            Goal::PutBack => false,
            Goal::Plan | Goal::Apply => desired.extra_policies == ExtraPolicies::Remove,
            Goal::Verify { .. } => desired.extra_policies != ExtraPolicies::Ignore,
            Goal::Remove { .. } => true,
        },
        grants: desired.granted().map(|(to, grant)| (to.clone(), grant.name.clone())).collect(),
        instance_profiles: matches!(goal, Goal::Remove { .. }),
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
        if !(plan.creates_role() && change.write.parts() == [Part::Permissions]) {
            outcome.differences.extend(Difference::of(change, desired.role_arn.partition()));
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

/// What every write of one account needs.
pub(super) struct Writes<'a, L> {
    pub(super) iam: &'a aws_sdk_iam::Client,
    pub(super) ledger: &'a L,
    pub(super) attempts: &'a Attempts,
    /// Whether IAM may not know the role everywhere yet.
    pub(super) role_is_new: bool,
}

impl<L: Ledger> Writes<'_, L> {
    pub(super) async fn carry_out(
        &self,
        plan: &Plan,
        step: &(impl Fn(Step) + Sync),
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        outcome.parts = plan.parts;
        // What is to be written counts as not reached until the last write of its part is through.
        for part in plan.changes.iter().flat_map(|change| change.write.parts()) {
            *outcome.parts.get_mut(*part) = PartStatus::NotReached;
        }
        for (index, change) in plan.changes.iter().enumerate() {
            let parts = change.write.parts();
            let at = change.write.step();
            step(at);
            if let Err(error) = apply(self.iam, self.ledger, change, self.role_is_new, self.attempts).await {
                if let Some(part) = parts.first() {
                    *outcome.parts.get_mut(*part) = PartStatus::Failed;
                }
                outcome.status = AccountStatus::Failed;
                return Err(match error {
                    ApplyError::Aws(failure) => of_aws(at, failure),
                    ApplyError::Ledger(closed) => Failure {
                        step: at,
                        code: "JournalClosed".to_owned(),
                        message: closed.to_string(),
                        request_id: None,
                        fix: "make room for the report folder; nothing more was written, so run again".to_owned(),
                    },
                });
            }
            outcome.changes += 1;
            for part in parts {
                let more = plan.changes.iter().skip(index + 1).any(|later| later.write.parts().contains(part));
                if !more {
                    *outcome.parts.get_mut(*part) = plan.parts.get(*part);
                }
            }
        }
        outcome.status = plan.status;
        Ok(())
    }
}

pub(super) fn of_refusal(refusal: Refusal) -> Failure {
    let Refusal { code, message, fix } = refusal;
    Failure { step: Step::Plan, code: code.to_owned(), message, request_id: None, fix }
}

pub(super) fn of_aws(step: Step, failure: AwsFailure) -> Failure {
    let fix = advise(step, &failure);
    Failure { step, code: failure.code, message: failure.message, request_id: failure.request_id, fix }
}
