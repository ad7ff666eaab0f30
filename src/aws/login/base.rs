//! The first credentials of a chain, each kind with its own words where it fails.

use aws_config::credential_process::CredentialProcessProvider;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::login::LoginCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::region::Region;

use super::chain::Base;
use super::error::LoginError;
use super::{Means, keys, role};
use crate::aws::failure::{AwsFailure, Class, chain};

impl Base {
    /// The place, for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Environment => "the environment",
            Self::Keys | Self::Sso { .. } | Self::Signin { .. } | Self::Process { .. } => "the profile",
            Self::WebIdentity { .. } => "the token in AWS_WEB_IDENTITY_TOKEN_FILE",
            Self::Container => "the container's endpoint",
            Self::Instance => "the instance's metadata",
        }
        .to_owned()
    }
}

/// Gets them. `profile` is the one that names the base.
pub(super) async fn credentials(
    base: &Base,
    profile: Option<&str>,
    means: &Means<'_>,
) -> Result<Credentials, LoginError> {
    let profile = profile.unwrap_or_default();
    match base {
        Base::Environment => keys::of_environment(&means.settings.variables),
        Base::Keys => keys::of_profile(means.settings, profile),
        Base::WebIdentity { role_arn, token_file, session_name } => {
            role::assume_with_token(role_arn, token_file, session_name.as_deref(), means).await
        }
        Base::Sso { account_id, role_name, region, start_url, session } => {
            let mut sso = SsoCredentialsProvider::builder()
                .configure(&provider_config(means))
                .account_id(account_id)
                .role_name(role_name)
                .region(Region::new(region.clone()))
                .start_url(start_url);
            sso.set_session_name(session.clone());
            sso.build().provide_credentials().await.map_err(|error| of_sso(profile, account_id, role_name, &error))
        }
        Base::Signin { session_arn } => {
            let login = LoginCredentialsProvider::builder(session_arn).configure(&provider_config(means)).build();
            login.provide_credentials().await.map_err(|error| {
                let what = format!("`aws login` of the profile `{profile}`");
                remote(&what, &error, &format!("log in again with `aws login --profile {profile}`"))
            })
        }
        Base::Process { command } => {
            means.watch.asks(|| format!("credential_process of the profile `{profile}`"));
            let found = CredentialProcessProvider::new(command.clone()).provide_credentials().await;
            means.watch.answered();
            found.map_err(|error| of_process(profile, command, &error))
        }
        Base::Container => {
            let container = EcsCredentialsProvider::builder().configure(&provider_config(means)).build();
            container.provide_credentials().await.map_err(|error| {
                let fix = "check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI and \
                           AWS_CONTAINER_AUTHORIZATION_TOKEN, which the container's platform sets";
                LoginError::here(format!("the container's endpoint gave none: {}", words(&error)), fix)
            })
        }
        Base::Instance => {
            let instance = ImdsCredentialsProvider::builder().configure(&provider_config(means)).build();
            instance.provide_credentials().await.map_err(|error| {
                let fix = "give the instance a role; from a container on it, metadata needs a hop limit of 2";
                LoginError::here(format!("the instance's metadata gave none: {}", words(&error)), fix)
            })
        }
    }
}

/// How the SDK's providers reach AWS: as everything else here does.
pub(super) fn provider_config(means: &Means<'_>) -> ProviderConfig {
    let config = means.config;
    let mut provider = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_use_fips(Some(means.settings.fips))
        .with_use_dual_stack(Some(means.settings.dual_stack));
    if let Some(http) = config.http_client() {
        provider = provider.with_http_client(http);
    }
    if let Some(retries) = config.retry_config() {
        provider = provider.with_retry_config(retries.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        provider = provider.with_timeout_config(timeouts.clone());
    }
    provider
}

fn of_sso(profile: &str, account: &str, role: &str, error: &CredentialsError) -> LoginError {
    let words = words(error);
    let log_in = format!("log in again with `aws sso login --profile {profile}`");
    if words.contains("ForbiddenException") || words.contains("No access") {
        let fix = format!("have the permission set {role} assigned for account {account} in IAM Identity Center");
        return LoginError {
            told: super::error::one_line(&format!(
                "SSO of the profile `{profile}` has no role {role} in account {account}: {words}"
            )),
            fix,
            aws_was_asked: true,
        };
    }
    remote(&format!("SSO of the profile `{profile}`"), error, &log_in)
}

/// A login that asks AWS, or does not come so far.
fn remote(what: &str, error: &CredentialsError, fix: &str) -> LoginError {
    let told = format!("{what} failed: {}", words(error));
    let failure = AwsFailure::ours("", "", told.clone(), Class::Unreachable);
    let network = told.contains("dispatch failure").then(|| "check the network and the endpoint".to_owned());
    let fix = failure.network_fix().or(network).unwrap_or_else(|| fix.to_owned());
    LoginError { fix, ..LoginError::here(told, "") }
}

/// The program's name alone is told: what is behind it may be a secret.
fn of_process(profile: &str, command: &str, error: &CredentialsError) -> LoginError {
    let program = command.split_whitespace().next().unwrap_or(command);
    let words = words(error);
    let (what, fix) = match words.split_once("exited with code ") {
        Some((_, how)) => (
            format!("failed: {}", how.replacen(". Stderr:", ":", 1)),
            "run the command by hand and mend what it says; it may want a login of its own",
        ),
        None => (
            format!(
                "did not print credentials: {}",
                words.rsplit("could not parse response: ").next().unwrap_or(&words)
            ),
            "it has to print one JSON object with Version 1, AccessKeyId and SecretAccessKey, and nothing else",
        ),
    };
    LoginError::here(format!("credential_process `{program}` of the profile `{profile}` {what}"), fix)
}

/// The innermost causes, once each.
fn words(error: &CredentialsError) -> String {
    chain(error)
}
