//! One account from beginning to end: session, observe, plan, apply, outcome.

use jiff::Timestamp;

use super::apply::{ApplyError, apply};
use super::fix::advise;
use super::ledger::Ledger;
use super::observe::{Subject, observe};
use super::outcome::{AccountStatus, Failure, Outcome, PartStatus, Step};
use super::plan::{Plan, plan};
use super::session::{Entrance, Power, assume, least_power};
use crate::aws::clients::{Attempts, Clients};
use crate::aws::failure::AwsFailure;
use crate::ids::AccountId;
use crate::setup::desired::Desired;

/// Whether the plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The plan is made and shown.
    Plan,
    /// The plan is made and carried out.
    Apply,
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
}

/// Brings one account to what it must have. Never fails: a failure is an outcome. `step` is told of each step that
/// begins; `outcome` is filled in as things happen, so that it says what is known even if the work is cut off.
pub async fn converge(
    clients: &Clients,
    ledger: &impl Ledger,
    task: &Task,
    goal: Goal,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
) {
    let attempts = Attempts::default();
    let failed = work(clients, ledger, task, goal, step, outcome, &attempts).await.err();
    outcome.attempts = attempts.most();
    if let Some(failure) = failed {
        outcome.status = AccountStatus::Failed;
        outcome.failure = Some(failure);
    }
}

impl Task {
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
    let iam = match &task.entrance {
        None => clients.iam_of_caller(attempts),
        Some(entrance) => {
            step(Step::AssumeRole);
            let power = if goal == Goal::Apply { Power::Write } else { Power::Read };
            let policy = least_power(desired, power);
            assume(clients, task.account_id, entrance, &policy, attempts)
                .await
                .map_err(|failure| of_aws(Step::AssumeRole, failure))?
        }
    };

    step(Step::Observe);
    let subject = Subject {
        role: desired.role.clone(),
        inline: desired.inline.keys().cloned().collect(),
        grants: desired.granted().map(|(grantee, grant)| (grantee.clone(), grant.name.clone())).collect(),
    };
    let mut created_meanwhile = false;
    loop {
        let observation = observe(&iam, &subject).await.map_err(|failure| of_aws(Step::Observe, failure))?;
        let plan = plan(desired, &observation).map_err(|refusal| Failure {
            step: Step::Plan,
            code: refusal.code.to_owned(),
            message: refusal.message,
            request_id: None,
            fix: refusal.fix,
        })?;
        outcome.notes.clone_from(&plan.notes);
        if goal == Goal::Plan {
            show(&plan, outcome);
            return Ok(());
        }
        match carry_out(&iam, ledger, &plan, step, outcome).await {
            // The role came between the read and the write: by an earlier try of this very call whose answer was lost,
            // or by somebody else. Whose it is, another look at its tags tells; one look is enough.
            Err(failure) if failure.code == "EntityAlreadyExists" && !created_meanwhile => {
                created_meanwhile = true;
                step(Step::Observe);
            }
            Err(failure) => return Err(failure),
            Ok(()) => {
                if created_meanwhile && attempts.most() > 1 {
                    outcome.status = AccountStatus::Created;
                    outcome.parts.role = PartStatus::Created;
                }
                return Ok(());
            }
        }
    }
}

fn show(plan: &Plan, outcome: &mut Outcome) {
    outcome.parts = plan.parts();
    for change in &plan.changes {
        *outcome.parts.get_mut(change.write.part()) = PartStatus::Pending;
    }
    if plan.creates_role() {
        outcome.parts.trust = PartStatus::Pending;
    }
    outcome.changes = u32::try_from(plan.changes.len()).unwrap_or(u32::MAX);
    outcome.status = if plan.is_empty() { AccountStatus::Unchanged } else { AccountStatus::Pending };
}

async fn carry_out(
    iam: &aws_sdk_iam::Client,
    ledger: &impl Ledger,
    plan: &Plan,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let done = plan.parts();
    // What is to be written counts as not reached until the last write of its part is through.
    outcome.parts = done;
    for change in &plan.changes {
        *outcome.parts.get_mut(change.write.part()) = PartStatus::NotReached;
    }
    if plan.creates_role() {
        outcome.parts.trust = PartStatus::NotReached;
    }
    for (index, change) in plan.changes.iter().enumerate() {
        let part = change.write.part();
        let at = change.write.step();
        step(at);
        if let Err(error) = apply(iam, ledger, change, plan.creates_role()).await {
            *outcome.parts.get_mut(part) = PartStatus::Failed;
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
        let more = plan.changes.iter().skip(index + 1).any(|later| later.write.part() == part);
        if !more {
            *outcome.parts.get_mut(part) = done.get(part);
        }
        if index == 0 && plan.creates_role() {
            outcome.parts.trust = done.trust;
        }
    }
    outcome.status = match (plan.is_empty(), plan.creates_role()) {
        (true, _) => AccountStatus::Unchanged,
        (false, true) => AccountStatus::Created,
        (false, false) => AccountStatus::Updated,
    };
    Ok(())
}

fn of_aws(step: Step, failure: AwsFailure) -> Failure {
    let fix = advise(step, &failure);
    Failure { step, code: failure.code, message: failure.message, request_id: failure.request_id, fix }
}
