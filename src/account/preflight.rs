//! A look before the first write anywhere: the session, the reads, the plan, and whether IAM's simulator lets the
//! assumed role carry the plan out. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;

use super::assume_role::AssumedRole;
use super::converge::Task;
use super::fix::{of_aws, of_refusal};
use super::goal::Goal;
use super::model::outcome::{Failure, Outcome};
use super::model::plan::Plan;
use super::model::words::Step;
use super::resource::{Subject, authorised_as};
use super::session::{Session, preflight_power};
use super::simulator::request::SimulationRequest;
use super::simulator::{DeniedBy, SimulatedDenial, denials};
use crate::aws::clients::{Attempts, Clients};
use crate::aws::failure::{AwsFailure, Class};
use crate::ids::Arn;

/// Looks at the account. The outcome is failed where the work there would fail; else it has the notes of the look, and
/// is `not_reached` as before.
pub async fn preflight(
    clients: &Clients,
    task: &Task,
    goal: Goal,
    step: &(impl Fn(Step) + Sync),
    outcome: &mut Outcome,
    attempts: &Attempts,
) {
    match look(clients, task, goal, step, attempts).await {
        Ok(notes) => outcome.notes = notes,
        Err(failure) => outcome.fail(failure),
    }
}

async fn look(
    clients: &Clients,
    task: &Task,
    goal: Goal,
    step: &(impl Fn(Step) + Sync),
    attempts: &Attempts,
) -> Result<Vec<String>, Failure> {
    let desired = &task.desired;
    let removing = matches!(goal, Goal::Remove { .. });
    let policy = |assumed: &AssumedRole| preflight_power(desired, removing, &assumed.role);
    let session = Session::open(clients, &task.way_in(), policy, step, attempts).await?;
    let observation = session.observe(&Subject::of(desired, goal)).await?;
    let plan = goal.plan(desired, &observation).map_err(of_refusal)?;
    if plan.is_empty() {
        return Ok(Vec::new());
    }
    step(Step::Verify);
    let Some(who) = writer(clients, task) else {
        return Ok(vec!["the writes were not simulated: the caller is neither a user nor a role".to_owned()]);
    };
    let simulated = simulate(&session.iam, &who, task, &plan).await;
    match simulated {
        Ok(denied) => verdict(&who, denied),
        // A look that is not allowed says nothing about the writes.
        Err(failure) if failure.class == Class::Denied || failure.class == Class::NotFound => {
            let note = format!("the writes were not simulated: {} was refused ({})", failure.operation, failure.code);
            Ok(vec![note])
        }
        Err(failure) => Err(of_aws(Step::Verify, failure)),
    }
}

/// Whose policies decide on the writes: those of the role that is assumed, or the caller's in its own account.
fn writer(clients: &Clients, task: &Task) -> Option<Arn> {
    let caller = clients.caller();
    let role = |name: &str| Arn::iam(caller.partition(), task.account_id, &format!("role/{name}"));
    match &task.assume {
        Some(assumed) => Some(role(&assumed.role.to_string())),
        None if caller.arn.service() == "iam" => Some(caller.arn.clone()),
        None => {
            let session = caller.arn.resource().strip_prefix("assumed-role/")?;
            Some(role(session.split('/').next()?))
        }
    }
}

/// What the simulator denies of the plan.
async fn simulate(iam: &Client, who: &Arn, task: &Task, plan: &Plan) -> Result<Vec<SimulatedDenial>, AwsFailure> {
    let mut grantees = BTreeMap::new();
    let mut asked: BTreeMap<(String, BTreeMap<String, String>), BTreeSet<String>> = BTreeMap::new();
    for change in &plan.changes {
        for (action, on, context) in authorised_as(iam, &task.desired, change, &mut grantees).await? {
            asked.entry((on.to_string(), context)).or_default().insert(format!("iam:{action}"));
        }
    }
    let mut denied = Vec::new();
    for ((resource, context), actions) in asked {
        let request = SimulationRequest { actions: actions.into_iter().collect(), resources: vec![resource], context };
        denied.extend(denials(iam, who, &request).await?);
    }
    Ok(denied)
}

/// What the denials come down to: a failure, or notes.
fn verdict(who: &Arn, denied: Vec<SimulatedDenial>) -> Result<Vec<String>, Failure> {
    // A policy that asks for what a simulation does not have says nothing about the real write.
    let open = |denial: &SimulatedDenial| denial.by == DeniedBy::Nobody && !denial.unanswered.is_empty();
    let (unanswered, denied): (Vec<_>, Vec<_>) = denied.into_iter().partition(open);
    if let Some(first) = denied.first() {
        let told = denied.iter().map(|denial| {
            let on = denial.on.iter().cloned().collect::<Vec<_>>().join(", ");
            format!("{} on {on}: {}", denial.action, denial.by.words())
        });
        let told = told.collect::<Vec<_>>().join("; ");
        return Err(Failure {
            step: Step::Verify,
            code: "WouldBeDenied".into(),
            message: format!("IAM's simulator says that {who} may not carry the plan out: {told}"),
            request_id: None,
            fix: fix(first),
        });
    }
    let notes = unanswered.iter().map(|denial| {
        let keys = denial.unanswered.iter().cloned().collect::<Vec<_>>().join(", ");
        format!("{} was not simulated: it depends on {keys}", denial.action)
    });
    Ok(notes.collect())
}

fn fix(denial: &SimulatedDenial) -> String {
    let action = &denial.action;
    match denial.by {
        DeniedBy::Organization => {
            format!("exempt the assumed role in the service control policy that denies {action}")
        }
        DeniedBy::Boundary => format!("the assumed role's permissions boundary leaves out {action}; widen it"),
        DeniedBy::Policy => format!("a policy of the assumed role denies {action}; take that Deny away"),
        DeniedBy::Nobody => format!("grant {action} to the assumed role"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(by: DeniedBy, unanswered: &[&str]) -> SimulatedDenial {
        SimulatedDenial::for_tests("iam:CreateRole", "arn:aws:iam::123456789012:role/Demo", by, unanswered)
    }

    #[test]
    fn what_hangs_on_an_unanswered_condition_is_a_note_and_the_rest_a_failure() {
        let who: Arn = "arn:aws:iam::123456789012:role/OrganizationAccountAccessRole".parse().unwrap();
        assert_eq!(verdict(&who, Vec::new()), Ok(Vec::new()));
        let notes = verdict(&who, vec![denial(DeniedBy::Nobody, &["aws:SourceIp"])]).unwrap();
        assert_eq!(notes, ["iam:CreateRole was not simulated: it depends on aws:SourceIp"]);
        for by in [DeniedBy::Organization, DeniedBy::Boundary, DeniedBy::Policy] {
            let failure = verdict(&who, vec![denial(by, &["aws:SourceIp"])]).unwrap_err();
            assert_eq!((failure.step, failure.code.as_str()), (Step::Verify, "WouldBeDenied"));
            assert!(failure.message.contains(by.words()) && failure.fix.contains("iam:CreateRole"), "{failure:?}");
        }
        assert!(verdict(&who, vec![denial(DeniedBy::Nobody, &[])]).is_err());
    }
}
