//! The way into one account, with no more power than the work there needs.

use std::collections::BTreeSet;

use aws_credential_types::Credentials;
use serde_json::json;

use crate::aws::clients::{Attempts, Clients};
use crate::aws::failure::{AwsFailure, Class};
use crate::ids::{AccountId, Arn, ExternalId, PrincipalKind, RolePath, SessionName, SourceIdentity};
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

/// Whether the work writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// plan and verify.
    Read,
    /// apply.
    Write,
}

/// A session policy, and how close it is to what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy {
    /// The JSON text.
    pub text: String,
    /// Whether it names just the actions on just the names; otherwise it goes by name pattern.
    pub exact: bool,
}

/// Just the actions that `desired` needs on just the names that it has. Where that would not fit, the grantees are
/// named by kind only.
pub fn least_power(desired: &Desired, power: Power) -> SessionPolicy {
    let exact = session_policy(desired, power, |kind, name| both_paths(desired, kind, name));
    if exact.chars().count() <= SESSION_POLICY_LIMIT {
        return SessionPolicy { text: exact, exact: true };
    }
    let text = session_policy(desired, power, |kind, _| vec![iam_arn(desired, &format!("{}/*", kind.as_str()))]);
    SessionPolicy { text, exact: false }
}

fn session_policy(desired: &Desired, power: Power, resources: impl Fn(PrincipalKind, &str) -> Vec<String>) -> String {
    let writes = power == Power::Write;
    let mut statements = Vec::new();
    let mut allow = |actions: Vec<&str>, resources: Vec<String>| {
        let actions: Vec<String> = actions.iter().map(|action| format!("iam:{action}")).collect();
        statements.push(json!({ "Effect": "Allow", "Action": actions, "Resource": resources }));
    };

    let mut on_role = vec!["GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"];
    if writes {
        // CreateRole with tags is authorised as TagRole too, and with a boundary as PutRolePermissionsBoundary.
        on_role.extend(["CreateRole", "TagRole", "UpdateAssumeRolePolicy"]);
        if desired.description.is_some() || desired.max_session_duration.is_some() {
            on_role.push("UpdateRole");
        }
        if desired.boundary.is_some() {
            on_role.push("PutRolePermissionsBoundary");
        }
        if !desired.inline.is_empty() {
            on_role.push("PutRolePolicy");
        }
        if !desired.managed.is_empty() {
            on_role.push("AttachRolePolicy");
        }
        if desired.extra_policies == ExtraPolicies::Remove {
            on_role.extend(["DeleteRolePolicy", "DetachRolePolicy"]);
        }
    }
    allow(on_role, both_paths(desired, PrincipalKind::Role, desired.role.as_str()));

    for (kind, reads, put) in [
        (PrincipalKind::User, ["GetUser", "GetUserPolicy"], "PutUserPolicy"),
        (PrincipalKind::Group, ["GetGroup", "GetGroupPolicy"], "PutGroupPolicy"),
        (PrincipalKind::Role, ["GetRole", "GetRolePolicy"], "PutRolePolicy"),
    ] {
        let of_kind = desired.granted().filter(|(grantee, _)| grantee.kind() == kind);
        let named: BTreeSet<String> = of_kind.flat_map(|(grantee, _)| resources(kind, grantee.name())).collect();
        if !named.is_empty() {
            let mut actions = reads.to_vec();
            actions.extend(writes.then_some(put));
            allow(actions, named.into_iter().collect());
        }
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// The ARNs of a name without a path and under any path: IAM finds an entity by its name, whatever its path.
fn both_paths(desired: &Desired, kind: PrincipalKind, name: &str) -> Vec<String> {
    let kind = kind.as_str();
    vec![iam_arn(desired, &format!("{kind}/{name}")), iam_arn(desired, &format!("{kind}/*/{name}"))]
}

fn iam_arn(desired: &Desired, resource: &str) -> String {
    format!("arn:{}:iam::{}:{resource}", desired.role_arn.partition(), desired.role_arn.account())
}

/// Assumes the role in `account` and gives IAM there. Waits for its turn at STS first.
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
    const OPERATION: &str = "sts AssumeRole";
    let role = Arn::iam(clients.caller().partition(), account, &format!("role/{}", entrance.role));
    clients.sts_limit().ready().await;
    let answer = clients
        .sts()
        .assume_role()
        .role_arn(role.to_string())
        .role_session_name(entrance.session_name.as_str())
        .set_external_id(entrance.external_id.as_ref().map(ToString::to_string))
        .set_source_identity(entrance.source_identity.as_ref().map(ToString::to_string))
        .duration_seconds(entrance.duration_seconds)
        .policy(&policy.text)
        .customize()
        .interceptor(attempts.clone())
        .send()
        .await
        .map_err(|error| AwsFailure::from_sdk(OPERATION, &error))?;
    let given = answer.credentials().ok_or_else(|| AwsFailure {
        operation: OPERATION,
        code: "UnreadableAnswer".to_owned(),
        message: "no credentials in the answer".to_owned(),
        request_id: None,
        status: None,
        class: Class::Other,
    })?;
    let credentials = Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        std::time::SystemTime::try_from(*given.expiration()).ok(),
        "AssumeRole",
    );
    Ok(clients.iam_with(credentials, attempts))
}
