//! May the caller do it? IAM's policy simulator is asked of the caller's own identity, once for each question of a run.
//!
//! Best effort: many callers may not ask, and a session's own policy is not part of what is simulated. Then that is what
//! is said.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_iam::types::PolicyEvaluationDecisionType;
use tokio::sync::OnceCell;

use super::attempts::Attempts;
use super::clients::Clients;
use super::failure::AwsFailure;
use crate::ids::Arn;

/// What the simulator says of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// Its policies allow it.
    Allowed,
    /// They do not.
    Denied,
    /// The root user, whom no policy allows to assume a role.
    Root,
    /// It could not be asked: AWS's error code.
    Unknown(String),
}

/// The questions of a run, each with its answer or somebody who is asking.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<HashMap<String, Arc<OnceCell<Permission>>>>);

impl Answers {
    fn of(&self, question: &str) -> Arc<OnceCell<Permission>> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(question.to_owned()).or_default().clone()
    }
}

impl Clients {
    /// Whether the caller's own policies allow `action` on `resource`. Asked once for each `question`: later resources of
    /// the same question get the first one's answer.
    pub async fn caller_may(&self, question: &str, action: &str, resource: &Arn) -> Permission {
        let answer = self.answers().of(question);
        answer.get_or_init(|| self.ask(action, resource)).await.clone()
    }

    async fn ask(&self, action: &str, resource: &Arn) -> Permission {
        let iam = self.iam_of_caller(&Attempts::default());
        let who = self.caller().arn.resource();
        if who == "root" {
            return Permission::Root;
        }
        // A session is simulated by its role, whose path the session's ARN does not tell.
        let role = who.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
        let identity = match role {
            None => Ok(self.caller().arn.to_string()),
            Some(role) => match iam.get_role().role_name(role).send().await {
                Ok(answer) => Ok(answer.role().map(|role| role.arn().to_owned()).unwrap_or_default()),
                Err(error) => Err(AwsFailure::from_sdk("iam GetRole", &error)),
            },
        };
        let identity = match identity {
            Ok(identity) => identity,
            Err(failure) => return Permission::Unknown(failure.code),
        };
        let call = iam.simulate_principal_policy().policy_source_arn(identity).action_names(action);
        match call.resource_arns(resource.to_string()).send().await {
            Ok(answer) => match answer.evaluation_results().first().map(|result| result.eval_decision()) {
                Some(PolicyEvaluationDecisionType::Allowed) => Permission::Allowed,
                Some(_) => Permission::Denied,
                None => Permission::Unknown("NoAnswer".to_owned()),
            },
            Err(error) => Permission::Unknown(AwsFailure::from_sdk("iam SimulatePrincipalPolicy", &error).code),
        }
    }
}
