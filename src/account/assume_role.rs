//! The way into one account: the caller's own credentials in its own account, AssumeRole in any other; waited for where
//! the account may not be ready yet, and with the reason where nobody is let in.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use tokio::time::Instant;

use super::answers::unreadable;
use super::assume_role_advice::advise_on_refusal;
use super::fix::of_aws;
use super::model::outcome::Failure;
use super::model::words::Step;
use super::power::SessionPolicy;
use crate::aws::clients::{Attempts, Clients};
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::retry::Backoff;
use crate::ids::{AccountId, Arn, ExternalId, RolePath, SessionName, SourceIdentity};

/// How the role is assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
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

/// How one account is entered.
pub(super) struct WayIn<'a> {
    pub(super) account_id: AccountId,
    /// How to get in; `None` for the caller's own account.
    pub(super) assume: Option<&'a AssumedRole>,
    /// How long an account that does not let us in is taken for one that is not ready yet. Zero: not at all.
    pub(super) wait_ready: Duration,
}

/// Gives IAM in the account, with no more power than `policy` says. Where it is refused and the account may not be ready
/// yet, tries again for as long as `way` allows.
///
/// # Errors
/// Why nobody is let in, with what to do.
pub(super) async fn enter(
    clients: &Clients,
    way: &WayIn<'_>,
    policy: impl FnOnce(&AssumedRole) -> SessionPolicy,
    step: &(impl Fn(Step) + Sync),
    attempts: &Attempts,
) -> Result<aws_sdk_iam::Client, Failure> {
    let Some(how) = way.assume else { return Ok(clients.iam_of_caller(attempts)) };
    let policy = policy(how);
    let mut backoff = Backoff::new(Duration::from_secs(4), Duration::from_secs(30));
    let began = Instant::now();
    loop {
        let failure = match assume(clients, way.account_id, how, &policy, attempts).await {
            Ok(iam) => return Ok(iam),
            Err(failure) => failure,
        };
        let left = way.wait_ready.saturating_sub(began.elapsed());
        if failure.class != Class::Denied || left.is_zero() {
            let fix = advise_on_refusal(clients, way.account_id, how, &failure).await;
            return Err(Failure { fix, ..of_aws(Step::AssumeRole, failure) });
        }
        step(Step::WaitReady);
        let wait = backoff.wait().min(left);
        attempts.wait_for(wait);
        tokio::time::sleep(wait).await;
        clients.sts_of(way.account_id).limit().ready().await;
    }
}

/// Assumes the role in `account` and gives IAM there. Whose turn it is at STS, the caller has waited for. When the
/// session is over before the work is, the role is assumed again.
///
/// # Errors
/// What STS said; a session without credentials is an answer that cannot be read.
async fn assume(
    clients: &Clients,
    account: AccountId,
    how: &AssumedRole,
    policy: &SessionPolicy,
    attempts: &Attempts,
) -> Result<aws_sdk_iam::Client, AwsFailure> {
    let role = Arn::iam(clients.caller().partition(), account, &format!("role/{}", how.role));
    let sts = clients.sts_of(account);
    let call = sts
        .client()
        .assume_role()
        .role_arn(role.to_string())
        .role_session_name(how.session_name.as_str())
        .set_external_id(how.external_id.as_ref().map(ToString::to_string))
        .set_source_identity(how.source_identity.as_ref().map(ToString::to_string))
        .duration_seconds(how.duration_seconds)
        .policy(&policy.text);
    let first = match credentials(call.clone(), &role, attempts.clone()).await {
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
        let (limit, call, attempts, role) = (limit.clone(), call.clone(), again.clone(), role.clone());
        Box::pin(async move {
            limit.ready().await;
            credentials(call, &role, attempts).await
        })
    });
    Ok(clients.iam_with(session, attempts))
}

async fn credentials(call: AssumeRoleFluentBuilder, role: &Arn, attempts: Attempts) -> Result<Credentials, AwsFailure> {
    const OPERATION: &str = "sts AssumeRole";
    let answer = call.customize().interceptor(attempts).send().await;
    let answer = answer.map_err(|error| AwsFailure::from_sdk(OPERATION, &error))?;
    let given = answer.credentials().ok_or_else(|| unreadable(OPERATION, "no credentials in the answer"))?;
    let whose = answer.assumed_role_user().map(|user| user.arn()).unwrap_or_default();
    if !is_session_of(whose, role) {
        let told = format!("asked for {role}, and got a session of `{whose}`; nothing was read or written with it");
        return Err(AwsFailure::ours(OPERATION, "WrongAccount", told, Class::Other));
    }
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        std::time::SystemTime::try_from(*given.expiration()).ok(),
        "AssumeRole",
    ))
}

/// Whether the session that this ARN names is one of the role that was asked for. A session's ARN has no path.
fn is_session_of(session: &str, role: &Arn) -> bool {
    let name = role.resource().rsplit('/').next();
    let read = session.parse::<Arn>().ok();
    read.is_some_and(|session| {
        let mut parts = session.resource().split('/');
        session.service() == "sts"
            && session.partition() == role.partition()
            && session.account() == role.account()
            && parts.next() == Some("assumed-role")
            && parts.next() == name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_of_the_account_and_role_that_were_asked_for() {
        let of = |session: &str, role: &str| is_session_of(session, &role.parse().unwrap());
        let role = "arn:aws:iam::111122223333:role/path/Ops";
        assert!(of("arn:aws:sts::111122223333:assumed-role/Ops/rolecall", role));
        for other in [
            "arn:aws:sts::444455556666:assumed-role/Ops/rolecall",
            "arn:aws:sts::111122223333:assumed-role/Admin/rolecall",
            "arn:aws:sts::111122223333:federated-user/Ops",
            "arn:aws-cn:sts::111122223333:assumed-role/Ops/rolecall",
            "",
        ] {
            assert!(!of(other, role), "{other}");
        }
    }
}
