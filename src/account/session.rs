//! The way into one account, with no more power than the work there needs.

use std::collections::BTreeSet;

use aws_credential_types::Credentials;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use serde_json::json;

use super::observe::unreadable;
use crate::aws::clients::{Attempts, Clients};
use crate::aws::failure::{AwsFailure, Class};
use crate::ids::{AccountId, Arn, ExternalId, PrincipalKind, PrincipalRef, RolePath, SessionName, SourceIdentity};
use crate::setup::desired::{Desired, ExtraPolicies};

/// The longest session policy that STS takes, in characters.
pub const SESSION_POLICY_LIMIT: usize = 2048;

/// How the role is assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// The role to assume.
    pub role: RolePath,
    /// The external id that its trust policy may ask for.
    pub external_id: Option<ExternalId>,
    /// What CloudTrail shows as the session's name.
    pub session_name: SessionName,
    /// Who is behind the session; the trust policy must allow sts:SetSourceIdentity.
    pub source_identity: Option<SourceIdentity>,
    /// How long the session lasts, in seconds. Over 3,600 fails when the base credentials are an assumed role's.
    pub duration_seconds: i32,
}

/// What the work does in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// plan and verify.
    Read,
    /// verify with IAM's policy simulator.
    Simulate,
    /// apply.
    Write,
    /// remove.
    Remove,
}

/// A session policy, and how close it is to what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy {
    /// The JSON text.
    pub text: String,
    /// Whether it names just the actions on just the names; otherwise it goes by name pattern.
    pub exact: bool,
}

/// Just the actions that `desired` needs on just the names that it has. Where that would not fit, the grantees and
/// the managed policies are named by kind only.
pub fn least_power(desired: &Desired, power: Power) -> SessionPolicy {
    narrowest(desired, &allowances(desired, power))
}

/// The same for a preflight.
pub fn preflight_power(desired: &Desired, removing: bool, assumed: &RolePath) -> SessionPolicy {
    narrowest(desired, &preflight_allowances(desired, removing, assumed))
}

/// What a preflight needs: the reads, those of a removal too where `removing`, and IAM's simulator for the role that is
/// assumed.
pub fn preflight_allowances(desired: &Desired, removing: bool, assumed: &RolePath) -> Vec<Allowance> {
    let mut all = allowances(desired, Power::Read);
    all.push(Allowance { actions: vec!["SimulatePrincipalPolicy"], on: vec![Object::Assumed(assumed.clone())] });
    if removing {
        all.push(Allowance { actions: vec!["ListInstanceProfilesForRole"], on: vec![Object::TheRole] });
    }
    all
}

fn narrowest(desired: &Desired, allowances: &[Allowance]) -> SessionPolicy {
    let exact = session_policy(allowances, |object| match object {
        Object::TheRole | Object::PassedRole => both_paths(desired, PrincipalKind::Role, desired.role.as_str()),
        Object::Assumed(role) => vec![iam_arn(desired, &format!("role/{role}"))],
        Object::InstanceProfiles => vec![iam_arn(desired, "instance-profile/*")],
        Object::Managed(arn) => vec![arn.to_string()],
        Object::Grantee(to) => both_paths(desired, to.kind(), to.name()),
    });
    if exact.chars().count() <= SESSION_POLICY_LIMIT {
        return SessionPolicy { text: exact, exact: true };
    }
    let text = session_policy(allowances, |object| match object {
        Object::TheRole | Object::PassedRole => both_paths(desired, PrincipalKind::Role, desired.role.as_str()),
        Object::Assumed(role) => vec![iam_arn(desired, &format!("role/{role}"))],
        Object::InstanceProfiles => vec![iam_arn(desired, "instance-profile/*")],
        Object::Managed(_) => vec![format!("arn:{}:iam::*:policy/*", desired.role_arn.partition())],
        Object::Grantee(to) => vec![iam_arn(desired, &format!("{}/*", to.kind().as_str()))],
    });
    SessionPolicy { text, exact: false }
}

fn session_policy(allowances: &[Allowance], resources: impl Fn(&Object) -> Vec<String>) -> String {
    let statements = allowances.iter().map(|allowance| {
        let actions: Vec<String> = allowance.actions.iter().map(|action| format!("iam:{action}")).collect();
        let resources: BTreeSet<String> = allowance.on.iter().flat_map(&resources).collect();
        json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
    });
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() }).to_string()
}

/// What a session acts on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// The setup's role.
    TheRole,
    /// The setup's role, as it is passed to EC2 by way of an instance profile.
    PassedRole,
    /// The role that is assumed.
    Assumed(RolePath),
    /// Any instance profile of the account.
    InstanceProfiles,
    /// A managed policy of the setup.
    Managed(Arn),
    /// Somebody who gets a grant.
    Grantee(PrincipalRef),
}

/// IAM's actions, and the objects of one kind that they are needed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The actions, without `iam:`.
    pub actions: Vec<&'static str>,
    /// What they act on.
    pub on: Vec<Object>,
}

/// All that the work needs to be allowed: what session policies say, and what `setup bootstrap` asks for.
pub fn allowances(desired: &Desired, power: Power) -> Vec<Allowance> {
    let mut all = vec![Allowance { actions: on_role(desired, power), on: vec![Object::TheRole] }];
    if power == Power::Remove {
        all.push(Allowance { actions: vec!["RemoveRoleFromInstanceProfile"], on: vec![Object::InstanceProfiles] });
    }
    if power == Power::Simulate && !desired.managed.is_empty() {
        let on = desired.managed.iter().cloned().map(Object::Managed).collect();
        all.push(Allowance { actions: vec!["GetPolicy", "GetPolicyVersion"], on });
    }
    for (kind, reads, put, delete) in [
        (PrincipalKind::User, ["GetUser", "GetUserPolicy"], "PutUserPolicy", "DeleteUserPolicy"),
        (PrincipalKind::Group, ["GetGroup", "GetGroupPolicy"], "PutGroupPolicy", "DeleteGroupPolicy"),
        (PrincipalKind::Role, ["GetRole", "GetRolePolicy"], "PutRolePolicy", "DeleteRolePolicy"),
    ] {
        let of_kind = desired.granted().map(|(to, _)| to).filter(|to| to.kind() == kind);
        let on: Vec<Object> = of_kind.cloned().map(Object::Grantee).collect();
        if !on.is_empty() {
            let mut actions = reads.to_vec();
            actions.extend(match power {
                Power::Read => None,
                Power::Simulate => Some("SimulatePrincipalPolicy"),
                Power::Write => Some(put),
                Power::Remove => Some(delete),
            });
            all.push(Allowance { actions, on });
        }
    }
    all
}

/// The actions on the setup's role.
fn on_role(desired: &Desired, power: Power) -> Vec<&'static str> {
    let mut actions = vec!["GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"];
    match power {
        Power::Read => {}
        Power::Simulate => actions.push("SimulatePrincipalPolicy"),
        Power::Write => {
            // CreateRole with tags is authorised as TagRole too, and with a boundary as PutRolePermissionsBoundary.
            actions.extend(["CreateRole", "TagRole", "UpdateAssumeRolePolicy"]);
            if desired.description.is_some() || desired.max_session_duration.is_some() {
                actions.push("UpdateRole");
            }
            if desired.boundary.is_some() {
                actions.push("PutRolePermissionsBoundary");
            }
            if !desired.inline.is_empty() {
                actions.push("PutRolePolicy");
            }
            if !desired.managed.is_empty() {
                actions.push("AttachRolePolicy");
            }
            if desired.extra_policies == ExtraPolicies::Remove {
                actions.extend(["DeleteRolePolicy", "DetachRolePolicy"]);
                // Another boundary is put in its place where the setup has one.
                actions.extend(desired.boundary.is_none().then_some("DeleteRolePermissionsBoundary"));
            }
        }
        Power::Remove => {
            actions.extend(["ListInstanceProfilesForRole", "DeleteRolePolicy", "DetachRolePolicy", "DeleteRole"]);
        }
    }
    actions
}

/// The ARNs of a name without a path and under any path: IAM finds an entity by its name, whatever its path.
fn both_paths(desired: &Desired, kind: PrincipalKind, name: &str) -> Vec<String> {
    let kind = kind.as_str();
    vec![iam_arn(desired, &format!("{kind}/{name}")), iam_arn(desired, &format!("{kind}/*/{name}"))]
}

fn iam_arn(desired: &Desired, resource: &str) -> String {
    format!("arn:{}:iam::{}:{resource}", desired.role_arn.partition(), desired.role_arn.account())
}

/// Assumes the role in `account` and gives IAM there. Whose turn it is at STS, the caller has waited for. When the
/// session is over before the work is, the role is assumed again.
///
/// # Errors
/// What STS said; a session without credentials is an answer that cannot be read.
pub async fn assume(
    clients: &Clients,
    account: AccountId,
    entrance: &Entrance,
    policy: &SessionPolicy,
    attempts: &Attempts,
) -> Result<aws_sdk_iam::Client, AwsFailure> {
    let role = Arn::iam(clients.caller().partition(), account, &format!("role/{}", entrance.role));
    let sts = clients.sts_of(account);
    let call = sts
        .client()
        .assume_role()
        .role_arn(role.to_string())
        .role_session_name(entrance.session_name.as_str())
        .set_external_id(entrance.external_id.as_ref().map(ToString::to_string))
        .set_source_identity(entrance.source_identity.as_ref().map(ToString::to_string))
        .duration_seconds(entrance.duration_seconds)
        .policy(&policy.text);
    let first = match credentials(call.clone(), attempts.clone()).await {
        Ok(first) => first,
        Err(failure) => {
            if failure.class == Class::Credentials {
                clients.lost_login(&failure);
            }
            return Err(failure);
        }
    };
    let (limit, again) = (sts.limit().clone(), attempts.clone());
    let session = clients.session(first, move || {
        let (limit, call, attempts) = (limit.clone(), call.clone(), again.clone());
        Box::pin(async move {
            limit.ready().await;
            credentials(call, attempts).await
        })
    });
    Ok(clients.iam_with(session, attempts))
}

async fn credentials(call: AssumeRoleFluentBuilder, attempts: Attempts) -> Result<Credentials, AwsFailure> {
    const OPERATION: &str = "sts AssumeRole";
    let answer = call.customize().interceptor(attempts).send().await;
    let answer = answer.map_err(|error| AwsFailure::from_sdk(OPERATION, &error))?;
    let given = answer.credentials().ok_or_else(|| unreadable(OPERATION, "no credentials in the answer"))?;
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        std::time::SystemTime::try_from(*given.expiration()).ok(),
        "AssumeRole",
    ))
}
