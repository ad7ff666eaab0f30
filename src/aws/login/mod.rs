//! The caller's credentials: where they come from, how they are got, and what is said where they are not.
//!
//! The SDK's own chain takes keys in the environment before a profile that is named on the command line, does not ask for
//! MFA, and tells all that fails in one sentence. So the chain is ours, and its links are the SDK's.

mod base;
mod chain;
mod error;
mod keys;
mod mfa;
mod role;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_types::SdkConfig;

use self::chain::{Base, Chain, chain};
pub use self::error::LoginError;
pub use self::mfa::{Mfa, Prompt};
use super::mistake::Mistake;
use super::settings::{Chosen, Settings};
use super::watch::Watch;

/// How long the instance's metadata may take where nobody has said that there is any.
const INSTANCE: Duration = Duration::from_secs(5);

/// The way to the caller's credentials.
#[derive(Debug, Clone)]
pub struct Login {
    ways: Vec<Chain>,
    chosen: Chosen,
}

/// What is needed on the way.
#[derive(Debug)]
pub(super) struct Means<'m> {
    pub(super) settings: &'m Settings,
    /// HTTP client, region, retries and timeouts; no credentials.
    pub(super) config: &'m SdkConfig,
    pub(super) mfa: &'m Mfa,
    pub(super) watch: &'m Watch,
}

impl Login {
    /// Finds the way, without going it. A profile that an option names is the only one. Otherwise it is the environment's
    /// keys, the profile's, the token of a container's role, the container's endpoint, the instance's metadata: the first
    /// that there is.
    ///
    /// # Errors
    /// Profiles that lead nowhere.
    pub fn find(settings: &Settings) -> Result<Self, Mistake> {
        let (profiles, variables, chosen) = (&settings.profiles, &settings.variables, settings.chosen.clone());
        let of_profile = || chain(profiles, chosen.name());
        if let Chosen::Option(name) = &chosen {
            let Some(way) = of_profile()? else {
                return Err(Mistake::new(
                    format!("the profile `{name}` says nothing about credentials"),
                    format!("give it some with `aws configure --profile {name}`, or name another one"),
                ));
            };
            return Ok(Self { ways: vec![way], chosen });
        }
        if keys::in_environment(variables) {
            return Ok(Self { ways: vec![Chain::only(Base::Environment)], chosen });
        }
        if let Some(way) = of_profile()? {
            return Ok(Self { ways: vec![way], chosen });
        }
        if let Some(token_file) = variables.get("AWS_WEB_IDENTITY_TOKEN_FILE") {
            let role_arn = variables.get("AWS_ROLE_ARN").ok_or_else(|| {
                Mistake::new("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not", "set both, or neither")
            })?;
            let (token_file, role_arn) = (token_file.to_owned(), role_arn.to_owned());
            let session_name = variables.get("AWS_ROLE_SESSION_NAME").map(str::to_owned);
            let base = Base::WebIdentity { role_arn, token_file, session_name };
            return Ok(Self { ways: vec![Chain::only(base)], chosen });
        }
        let container =
            variables.first(&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]);
        if container.is_some() {
            return Ok(Self { ways: vec![Chain::only(Base::Container)], chosen });
        }
        let off = variables.get("AWS_EC2_METADATA_DISABLED").is_some_and(|off| off.eq_ignore_ascii_case("true"));
        let ways = if off { Vec::new() } else { vec![Chain::only(Base::Instance)] };
        Ok(Self { ways, chosen })
    }

    /// The region to ask in where nobody has named one, and the partition is not AWS's own.
    pub(super) fn region_elsewhere(&self) -> Option<&'static str> {
        self.ways.first()?.region_elsewhere()
    }

    /// Whether the credentials are the instance's, which knows its region, too.
    pub(super) fn is_of_instance(&self) -> bool {
        self.ways.first().is_some_and(|way| way.base == Base::Instance)
    }

    /// What the login is, for people: `the profile `ops``.
    pub fn describe(&self) -> String {
        match self.ways.first() {
            Some(Chain { profile: Some(_), .. }) => self.chosen.to_string(),
            Some(Chain { base, .. }) => base.describe(),
            None => "no login".to_owned(),
        }
    }

    /// Credentials that are good now.
    ///
    /// # Errors
    /// The link of the chain that failed.
    pub(super) async fn credentials(&self, means: &Means<'_>) -> Result<Credentials, LoginError> {
        let nowhere = || {
            LoginError::here(
                "there are none in the environment, a profile, SSO, a container or an instance",
                "log in, or name a profile with --profile; to try without AWS, use --sandbox",
            )
        };
        let way = self.ways.first().ok_or_else(nowhere)?;
        let mut credentials = if way.base == Base::Instance && way.profile.is_none() {
            // Most machines are no instance, and then nothing answers there.
            let asked = tokio::time::timeout(INSTANCE, base::credentials(&way.base, None, means)).await;
            asked.ok().and_then(Result::ok).ok_or_else(nowhere)?
        } else {
            base::credentials(&way.base, way.profile.as_deref(), means).await?
        };
        keys::check(&credentials, &self.describe())?;
        for role in &way.roles {
            credentials = role::assume(role, credentials, means).await?;
        }
        Ok(credentials)
    }
}
