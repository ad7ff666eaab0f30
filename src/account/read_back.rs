//! Reads back what a wave has written: a session of its own without the power to write, another look, and nothing left
//! to do.

use std::time::Duration;

use tokio::time::Instant;

use super::assume_role::AssumedRole;
use super::converge::Task;
use super::fix::of_refusal;
use super::goal::{Goal, Power};
use super::model::outcome::{Failure, Outcome};
use super::model::plan::Plan;
use super::model::words::{PartStatus, Step};
use super::resource::Subject;
use super::session::{Session, least_power};
use crate::aws::clients::{Attempts, Clients};
use crate::aws::retry::Backoff;

/// How long IAM may go on showing what was there before the write.
pub const READ_BACK_TIMEOUT: Duration = Duration::from_secs(30);

/// The first and the longest wait between two looks.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Looks at the account again. Where it is not as the goal says, the outcome is failed: what was written stands in it as
/// before.
pub async fn read_back(
    clients: &Clients,
    task: &Task,
    goal: Goal,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) {
    step(Step::Verify);
    if let Err(failure) = look(clients, task, goal, step, outcome, attempts).await {
        outcome.fail(Failure { step: Step::Verify, ..failure });
    }
}

async fn look(
    clients: &Clients,
    task: &Task,
    goal: Goal,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) -> Result<(), Failure> {
    let desired = &task.desired;
    // All of it is one step: that the account is entered and read again is not told, that it is waited for is.
    let waits = |at| {
        if at == Step::WaitReady {
            step(at);
        }
    };
    let policy = |_: &AssumedRole| least_power(desired, Power::Read);
    let session = Session::open(clients, &task.way_in(), policy, &waits, attempts).await?;
    let mut subject = Subject::of(desired, goal);
    // A role that is gone is in none; one that is still there is a difference by itself.
    subject.roles.iter_mut().for_each(|role| role.instance_profiles = false);
    let (began, mut backoff) = (Instant::now(), Backoff::new(FIRST_WAIT, LONGEST_WAIT));
    loop {
        let observation = session.observe(&subject).await?;
        let left = goal.plan(desired, &observation).map_err(of_refusal)?;
        if left.is_empty() {
            return Ok(());
        }
        if began.elapsed() >= READ_BACK_TIMEOUT {
            return Err(differs(task, &left, outcome));
        }
        tokio::time::sleep(backoff.wait()).await;
    }
}

/// What is not as it was written.
fn differs(task: &Task, left: &Plan, outcome: &mut Outcome) -> Failure {
    for part in left.changes.iter().flat_map(|change| change.write.parts()) {
        *outcome.parts.get_mut(*part) = PartStatus::Drifted;
    }
    let differences = left.changes.iter().flat_map(|change| change.differences(&task.desired.partition));
    let differences: Vec<String> = differences.map(|difference| difference.summary()).collect();
    Failure {
        step: Step::Verify,
        code: "NotAsWritten".into(),
        message: format!("AWS took every write, and yet on reading back: {}", differences.join("; ")),
        request_id: None,
        fix: "find out in CloudTrail who changes it as well, stop that, and rerun the account".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::converge_tests::{Wire, assumed_role, connect, refusing};
    use super::super::model::words::AccountStatus;
    use super::super::plan_tests::desired;
    use super::*;

    async fn read(wire: Wire) -> Outcome {
        let clients = connect(&wire).await;
        let task = Task {
            account_id: "123456789012".parse().unwrap(),
            account_name: String::new(),
            assume: Some(assumed_role()),
            desired: desired(),
            started_at: "2026-11-24T09:30:05Z".parse().unwrap(),
            wait_ready: Duration::ZERO,
        };
        let mut outcome = Outcome { status: AccountStatus::Created, changes: 4, ..task.begin() };
        read_back(&clients, &task, Goal::Apply, &|_| {}, &mut outcome, &Attempts::default()).await;
        outcome
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_there_after_a_while_fails_the_account_and_its_writes_stand() {
        let outcome = read(Wire::default()).await;
        assert_eq!((outcome.status, outcome.changes), (AccountStatus::Failed, 4));
        let failure = outcome.failure.unwrap();
        assert_eq!((failure.step, failure.code.as_str()), (Step::Verify, "NotAsWritten"));
        assert!(failure.message.contains("role/AmazonMLRedshift is missing"), "{}", failure.message);
        assert_eq!(outcome.parts.role, PartStatus::Drifted);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_read_back_is_no_success() {
        let failure = read(refusing("GetRole", 403, "AccessDenied")).await.failure.unwrap();
        assert_eq!((failure.step, failure.code.as_str()), (Step::Verify, "AccessDenied"));
    }
}
