//! Asks IAM's policy simulator (SimulatePrincipalPolicy) whether the role may really do what its policies allow, and the
//! grantees may really pass it. What an SCP, a permissions boundary or a Deny elsewhere defeats shows here.
//!
//! The simulator is not the real thing: it knows the organization's SCPs and the policies in IAM, not those on resources.

pub(super) mod request;

use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};

use self::request::{SimulationRequest, SimulationRequests};
use super::answers::{decode, unreadable};
use super::grant::calls::principal_arn;
use super::grant::observed::ObservedGrant;
use super::model::difference::{Difference, DifferenceKind};
use super::model::observation::Observation;
use super::model::words::Part;
use crate::aws::failure::AwsFailure;
use crate::ids::Arn;
use crate::setup::desired::Desired;

/// What the simulator said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Simulated {
    /// What is denied though the setup allows it.
    pub denied: Vec<Difference>,
    /// What could not be asked.
    pub notes: Vec<String>,
}

/// How many resources one call may name.
const RESOURCES: usize = 50;

/// Asks about the role, where it is there, and about every grant that is there.
///
/// # Errors
/// A call that failed.
pub(super) async fn ask_simulator(
    iam: &Client,
    desired: &Desired,
    observed: &Observation,
) -> Result<Simulated, AwsFailure> {
    let mut simulated = Simulated::default();
    for wanted in &desired.roles {
        let Some(role) = observed.roles.get(&wanted.name) else { continue };
        let who = format!("role/{}", wanted.name);
        let mut requests = SimulationRequests::default();
        for (name, policy) in wanted.inline.iter().filter(|(name, _)| role.inline_names.contains(*name)) {
            requests.extend(SimulationRequests::of(&policy.text, &format!("inline policy {name}")));
        }
        for arn in wanted.managed.intersection(&role.managed) {
            let text = managed_policy(iam, arn).await?;
            requests.extend(SimulationRequests::of(&text, &format!("managed policy {arn}")));
        }
        simulated.notes.append(&mut requests.left_out);
        for request in &requests.asked {
            let denied = ask(iam, &role.arn, request, Part::Permissions, &who).await?;
            simulated.denied.extend(denied);
        }
    }
    grants(iam, desired, observed, &mut simulated).await?;
    Ok(simulated)
}

async fn grants(
    iam: &Client,
    desired: &Desired,
    observed: &Observation,
    simulated: &mut Simulated,
) -> Result<(), AwsFailure> {
    for grant in &desired.grants {
        let Some(role) = observed.roles.get(&grant.role) else { continue };
        let mut requests = SimulationRequests::of(&grant.policy.text, &format!("the grant {}", grant.name));
        simulated.notes.append(&mut requests.left_out);
        for principal in &grant.to {
            let found = observed.grants.get(&(principal.clone(), grant.name.clone()));
            if !matches!(found, Some(ObservedGrant::Present(_))) {
                continue;
            }
            // Gone since it was read: the next run sees it.
            let Some(arn) = principal_arn(iam, principal).await? else { continue };
            for request in &requests.asked {
                // What is to be passed is this role, whatever else the grant lets be passed.
                let request = SimulationRequest { resources: vec![role.arn.to_string()], ..request.clone() };
                let denied = ask(iam, &arn, &request, Part::PassRole, &principal.to_string()).await?;
                simulated.denied.extend(denied);
            }
        }
    }
    Ok(())
}

/// The text of a managed policy's default version.
async fn managed_policy(iam: &Client, arn: &Arn) -> Result<String, AwsFailure> {
    const OPERATION: &str = "iam GetPolicyVersion";
    let answer = iam.get_policy().policy_arn(arn.to_string()).send().await;
    let answer = answer.map_err(|error| AwsFailure::from_sdk("iam GetPolicy", &error))?;
    let version = answer.policy().and_then(|policy| policy.default_version_id());
    let version = version.ok_or_else(|| unreadable("iam GetPolicy", "no default version in the answer"))?;
    let answer = iam.get_policy_version().policy_arn(arn.to_string()).version_id(version).send().await;
    let answer = answer.map_err(|error| AwsFailure::from_sdk(OPERATION, &error))?;
    let document = answer.policy_version().and_then(|version| version.document());
    decode(OPERATION, document.ok_or_else(|| unreadable(OPERATION, "no document in the answer"))?)
}

/// Asks one request. Gives a difference for each action that is denied on one of the resources.
async fn ask(
    iam: &Client,
    principal: &Arn,
    request: &SimulationRequest,
    part: Part,
    who: &str,
) -> Result<Vec<Difference>, AwsFailure> {
    let denied = denials(iam, principal, request).await?.into_iter().map(|denial| {
        let on = denial.on.into_iter().collect::<Vec<_>>().join(", ");
        Difference {
            part,
            kind: DifferenceKind::Denied,
            item: format!("{who} {} on {on}", denial.action),
            expected: Some("allowed".to_owned()),
            found: Some(denial.decision),
            detail: vec![denial.by.words().to_owned()],
            policy: None,
        }
    });
    Ok(denied.collect())
}

/// An action that the simulator denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SimulatedDenial {
    pub(super) action: String,
    /// The resources that it is denied on.
    pub(super) on: BTreeSet<String>,
    /// The simulator's word.
    decision: String,
    pub(super) by: DeniedBy,
    /// Condition keys that the policies ask for and the request did not answer.
    pub(super) unanswered: BTreeSet<String>,
}

/// What denies an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeniedBy {
    Organization,
    Boundary,
    Policy,
    /// No policy allows it.
    Nobody,
}

impl DeniedBy {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Organization => "a service control policy of the organization does not allow it",
            Self::Boundary => "the permissions boundary does not allow it",
            Self::Policy => "a policy denies it",
            Self::Nobody => "no policy allows it",
        }
    }
}

#[cfg(test)]
impl SimulatedDenial {
    pub(super) fn for_tests(action: &str, on: &str, by: DeniedBy, unanswered: &[&str]) -> Self {
        Self {
            action: action.to_owned(),
            on: [on.to_owned()].into(),
            decision: "implicitDeny".to_owned(),
            by,
            unanswered: unanswered.iter().map(|key| (*key).to_owned()).collect(),
        }
    }
}

/// Asks one request. Gives every action that is denied on one of the resources.
pub(super) async fn denials(
    iam: &Client,
    principal: &Arn,
    request: &SimulationRequest,
) -> Result<Vec<SimulatedDenial>, AwsFailure> {
    const OPERATION: &str = "iam SimulatePrincipalPolicy";
    let context = request.context.iter().map(|(key, value)| {
        let entry = ContextEntry::builder().context_key_name(key).context_key_values(value);
        entry.context_key_type(ContextKeyTypeEnum::String).build()
    });
    let context: Vec<ContextEntry> = context.collect();
    let mut denied = Vec::new();
    for resources in request.resources.chunks(RESOURCES) {
        let mut pages = iam
            .simulate_principal_policy()
            .policy_source_arn(principal.to_string())
            .set_action_names(Some(request.actions.clone()))
            .set_resource_arns(Some(resources.to_vec()))
            .set_context_entries(Some(context.clone()))
            .into_paginator()
            .items()
            .send();
        while let Some(result) = pages.try_next().await.map_err(|error| AwsFailure::from_sdk(OPERATION, &error))? {
            denied.extend(denial(&result, resources));
        }
    }
    Ok(denied)
}

/// The denial that one result comes down to, if any.
fn denial(result: &EvaluationResult, asked: &[String]) -> Option<SimulatedDenial> {
    let allowed = |decision: &PolicyEvaluationDecisionType| *decision == PolicyEvaluationDecisionType::Allowed;
    let specific = result.resource_specific_results();
    let refused = || specific.iter().filter(|one| !allowed(one.eval_resource_decision()));
    let mut on: BTreeSet<String> = refused().map(|one| one.eval_resource_name().to_owned()).collect();
    if specific.is_empty() && !allowed(result.eval_decision()) {
        on.extend(asked.iter().cloned());
    }
    if on.is_empty() {
        return None;
    }
    let by = if result.organizations_decision_detail().is_some_and(|detail| !detail.allowed_by_organizations()) {
        DeniedBy::Organization
    } else if result
        .permissions_boundary_decision_detail()
        .is_some_and(|detail| !detail.allowed_by_permissions_boundary())
    {
        DeniedBy::Boundary
    } else if *result.eval_decision() == PolicyEvaluationDecisionType::ExplicitDeny {
        DeniedBy::Policy
    } else {
        DeniedBy::Nobody
    };
    let unanswered = refused().flat_map(|one| one.missing_context_values()).chain(result.missing_context_values());
    Some(SimulatedDenial {
        action: result.eval_action_name().to_owned(),
        on,
        decision: result.eval_decision().as_str().to_owned(),
        by,
        unanswered: unanswered.cloned().collect(),
    })
}
