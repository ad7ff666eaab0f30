//! One step of a chain: a role, assumed with the credentials so far, or with a token.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::types::Credentials as Given;

use super::Means;
use super::chain::ProfileRole;
use super::error::LoginError;
use super::mfa::TRIES;
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::settings::Service;

/// The session's name where the profile says none.
const SESSION_NAME: &str = "rolecall";

/// How long a session lasts that MFA has given to a user: the work of a day, so that no second code is needed.
const MFA_SECONDS: i32 = 12 * 3600;

/// What AWS says of a code that is wrong or was used before.
const WRONG_CODE: &str = "MultiFactorAuthentication failed";

/// Assumes the role of a profile.
pub(super) async fn assume(
    role: &ProfileRole,
    with: Credentials,
    means: &Means<'_>,
) -> Result<Credentials, LoginError> {
    let Some(serial) = &role.mfa_serial else { return session(role, with, None, means).await };
    // A user's own session carries the MFA into every role that is assumed from it, also when it is assumed again.
    let of_user = with.session_token().is_none() && with.expiry().is_none();
    if let Some(kept) = means.mfa.session(serial) {
        return if of_user { session(role, kept, None, means).await } else { Ok(kept) };
    }
    for left in (0..TRIES).rev() {
        let code = means.mfa.code(serial, &role.profile).await?;
        let mut given = None;
        if of_user {
            match user_session(serial, &code, with.clone(), means).await {
                Ok(user) => given = Some(Ok(user)),
                Err(failure) if failure.class == Class::Denied && !failure.message.contains(WRONG_CODE) => {}
                Err(failure) => given = Some(Err(refused(role, &failure))),
            }
        }
        // What may not be had for the user may be had for the role alone.
        let is_user = given.is_some();
        let given = match given {
            Some(given) => given,
            None => session(role, with.clone(), Some((serial, &code)), means).await,
        };
        match given {
            Ok(kept) => {
                means.mfa.keep(serial, kept.clone());
                return if is_user { session(role, kept, None, means).await } else { Ok(kept) };
            }
            Err(error) if left > 0 && error.told.contains(WRONG_CODE) => {}
            Err(error) => return Err(error),
        }
    }
    Err(LoginError::here(format!("no code of the MFA device {serial} was right"), "wait for the next code"))
}

/// A session of the user that the keys are of.
async fn user_session(
    serial: &str,
    code: &str,
    with: Credentials,
    means: &Means<'_>,
) -> Result<Credentials, AwsFailure> {
    const OPERATION: &str = "sts GetSessionToken";
    let call = sts(means, Some(with))?.get_session_token().duration_seconds(MFA_SECONDS);
    let answer = call.serial_number(serial).token_code(code).send().await;
    let answer = answer.map_err(|error| AwsFailure::from_sdk(OPERATION, &error))?;
    read(OPERATION, answer.credentials())
}

/// A session of the role, with a code or without.
async fn session(
    role: &ProfileRole,
    with: Credentials,
    code: Option<(&str, &str)>,
    means: &Means<'_>,
) -> Result<Credentials, LoginError> {
    const OPERATION: &str = "sts AssumeRole";
    let sts = sts(means, Some(with)).map_err(|failure| refused(role, &failure))?;
    let answer = sts
        .assume_role()
        .role_arn(&role.arn)
        .role_session_name(role.session_name.as_deref().unwrap_or(SESSION_NAME))
        .set_external_id(role.external_id.clone())
        .set_duration_seconds(role.seconds)
        .set_serial_number(code.map(|(serial, _)| serial.to_owned()))
        .set_token_code(code.map(|(_, code)| code.to_owned()))
        .send()
        .await;
    let answer = answer.map_err(|error| refused(role, &AwsFailure::from_sdk(OPERATION, &error)))?;
    read(OPERATION, answer.credentials()).map_err(|failure| refused(role, &failure))
}

fn refused(role: &ProfileRole, failure: &AwsFailure) -> LoginError {
    let ProfileRole { profile, arn, .. } = role;
    let fix = match failure.class {
        _ if failure.message.contains(WRONG_CODE) => {
            "type the code that the device shows next; each is good once".to_owned()
        }
        Class::Denied if role.mfa_serial.is_none() => format!(
            "the role's trust policy has to let in who its source is; where that asks for MFA, add mfa_serial to the \
             profile `{profile}`"
        ),
        Class::Denied => "the role's trust policy has to let in who its source is".to_owned(),
        Class::Credentials => format!("log in again to what the profile `{profile}` has as its source"),
        _ => format!("correct the profile `{profile}`"),
    };
    LoginError::refused(&format!("the profile `{profile}` could not assume {arn}"), failure, fix)
}

/// Assumes a role with the token in a file, as pods on EKS and workflows do.
pub(super) async fn assume_with_token(
    role_arn: &str,
    token_file: &str,
    session_name: Option<&str>,
    means: &Means<'_>,
) -> Result<Credentials, LoginError> {
    const OPERATION: &str = "sts AssumeRoleWithWebIdentity";
    let token = std::fs::read_to_string(token_file).map_err(|error| {
        LoginError::here(
            format!("the token in `{token_file}` cannot be read: {error}"),
            "check AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile",
        )
    })?;
    let failed = |failure: AwsFailure| {
        let fix = match failure.code.as_str() {
            "ExpiredTokenException" | "ExpiredToken" => "the token is over: get a new one into the file",
            _ => "check the role's trust policy: it has to name the token's provider, subject and audience",
        };
        LoginError::refused(&format!("the token in `{token_file}` did not give {role_arn}"), &failure, fix)
    };
    let sts = sts(means, None).map_err(failed)?;
    let call = sts.assume_role_with_web_identity().role_arn(role_arn).web_identity_token(token.trim());
    let answer = call.role_session_name(session_name.unwrap_or(SESSION_NAME)).send().await;
    let answer = answer.map_err(|error| failed(AwsFailure::from_sdk(OPERATION, &error)))?;
    read(OPERATION, answer.credentials()).map_err(failed)
}

/// STS, where the login's own calls go.
fn sts(means: &Means<'_>, with: Option<Credentials>) -> Result<aws_sdk_sts::Client, AwsFailure> {
    let endpoint = means
        .settings
        .endpoint(Service::Sts)
        .map_err(|mistake| AwsFailure::ours("sts", "NotSent", mistake.told, Class::Other))?;
    let mut config = aws_sdk_sts::config::Builder::from(means.config);
    config.set_endpoint_url(endpoint.map(|endpoint| endpoint.url));
    config.set_credentials_provider(with.map(SharedCredentialsProvider::new));
    Ok(aws_sdk_sts::Client::from_conf(config.build()))
}

fn read(operation: &'static str, given: Option<&Given>) -> Result<Credentials, AwsFailure> {
    let given =
        given.ok_or_else(|| AwsFailure::ours(operation, "NoAnswer", "no credentials in the answer", Class::Other))?;
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        SystemTime::try_from(*given.expiration()).ok(),
        "AssumeRole",
    ))
}
