//! Where a profile's credentials come from: one base, and the roles that are assumed one after the other from there. Pure.
//!
//! The rules are the AWS CLI's: a role has a `source_profile` or a `credential_source`; a source profile's own keys go
//! before what else it says.

use crate::aws::mistake::Mistake;
use crate::aws::profiles::Profiles;
use crate::ids::Arn;

/// The first credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    /// `AWS_ACCESS_KEY_ID` and its like.
    Environment,
    /// The profile's own keys.
    Keys,
    /// A token in a file, which STS takes for a role's session.
    WebIdentity { role_arn: String, token_file: String, session_name: Option<String> },
    /// IAM Identity Center.
    Sso { account_id: String, role_name: String, region: String, start_url: String, session: Option<String> },
    /// `aws login`.
    Signin { session_arn: String },
    /// A program that prints them.
    Process { command: String },
    /// The container's endpoint.
    Container,
    /// The instance's metadata.
    Instance,
}

/// A role that a profile assumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileRole {
    /// The profile that says so.
    pub(super) profile: String,
    pub(super) arn: String,
    pub(super) external_id: Option<String>,
    pub(super) session_name: Option<String>,
    /// The MFA device whose code its trust policy asks for.
    pub(super) mfa_serial: Option<String>,
    pub(super) seconds: Option<i32>,
}

/// The way to credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) base: Base,
    /// The profile that names the base; `None` where no profile does.
    pub(super) profile: Option<String>,
    /// In the order in which they are assumed.
    pub(super) roles: Vec<ProfileRole>,
}

impl Chain {
    /// A base that no profile names.
    pub(super) fn only(base: Base) -> Self {
        Self { base, profile: None, roles: Vec::new() }
    }

    /// A region of the partition that ARNs and regions in the profiles speak of, where that is not AWS's own.
    pub(super) fn region_elsewhere(&self) -> Option<&'static str> {
        let base = match &self.base {
            Base::WebIdentity { role_arn, .. } => partition(role_arn),
            Base::Signin { session_arn } => partition(session_arn),
            Base::Sso { region, .. } if region.starts_with("us-gov-") => Some("aws-us-gov"),
            Base::Sso { region, .. } if region.starts_with("cn-") => Some("aws-cn"),
            Base::Sso { region, .. } if region.starts_with("eusc-") => Some("aws-eusc"),
            _ => None,
        };
        match base.or_else(|| self.roles.iter().find_map(|role| partition(&role.arn)))? {
            "aws-us-gov" => Some("us-gov-west-1"),
            "aws-cn" => Some("cn-north-1"),
            "aws-eusc" => Some("eusc-de-east-1"),
            _ => None,
        }
    }
}

fn partition(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').next()
}

/// The way to a profile's credentials; `None` where the profile says nothing about any.
///
/// # Errors
/// A chain of profiles that leads nowhere, and where.
pub(super) fn chain(profiles: &Profiles, name: &str) -> Result<Option<Chain>, Mistake> {
    let mut roles: Vec<ProfileRole> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut profile = name;
    loop {
        if seen.contains(&profile) {
            seen.push(profile);
            return Err(Mistake::new(
                format!("the profiles {} go round in a circle", seen.join(" -> ")),
                "one of them needs a source_profile with credentials of its own",
            ));
        }
        if let Some(from) = seen.last()
            && !profiles.has(profile)
        {
            return Err(Mistake::new(
                format!("the profile `{profile}`, source_profile of `{from}`, is not in the AWS configuration"),
                "correct source_profile, or add the profile with `aws configure`",
            ));
        }
        let is_source = !seen.is_empty();
        seen.push(profile);
        let role = role(profiles, profile)?;
        if let Some(role) = role.filter(|_| !is_source || !has_keys(profiles, profile)) {
            roles.push(role);
            match source(profiles, profile)? {
                // Its own keys, or what else it says beside the role.
                Source::Profile(next) if next != profile => profile = next,
                Source::Profile(_) => break,
                Source::Base(base) => return Ok(Some(done(base, profile, roles))),
            }
        } else {
            break;
        }
    }
    match base(profiles, profile)? {
        Some(base) => Ok(Some(done(base, profile, roles))),
        None if roles.is_empty() => Ok(None),
        None => Err(Mistake::new(
            format!(
                "the profile `{profile}`, source_profile of `{}`, has no credentials",
                roles.last().map_or("", |role| &role.profile)
            ),
            format!("log in to it, or give it keys with `aws configure --profile {profile}`"),
        )),
    }
}

fn done(base: Base, profile: &str, mut roles: Vec<ProfileRole>) -> Chain {
    roles.reverse();
    Chain { base, profile: Some(profile.to_owned()), roles }
}

fn has_keys(profiles: &Profiles, profile: &str) -> bool {
    ["aws_access_key_id", "aws_secret_access_key"].iter().any(|key| profiles.get(profile, key).is_some())
}

/// The role that the profile assumes. One with a token file is no step but a base.
fn role(profiles: &Profiles, profile: &str) -> Result<Option<ProfileRole>, Mistake> {
    let get = |key| profiles.get(profile, key).map(str::to_owned);
    let Some(arn) = get("role_arn").filter(|_| get("web_identity_token_file").is_none()) else { return Ok(None) };
    role_arn(profile, &arn)?;
    let seconds = match get("duration_seconds") {
        None => None,
        Some(seconds) => Some(seconds.parse().map_err(|_| {
            Mistake::new(
                format!("duration_seconds of the profile `{profile}` is `{seconds}`, not a number"),
                "correct it, or leave it out",
            )
        })?),
    };
    Ok(Some(ProfileRole {
        profile: profile.to_owned(),
        arn,
        external_id: get("external_id"),
        session_name: get("role_session_name"),
        mfa_serial: get("mfa_serial"),
        seconds,
    }))
}

fn role_arn(profile: &str, arn: &str) -> Result<(), Mistake> {
    let read: Option<Arn> = arn.parse().ok();
    match read.filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role/")) {
        Some(_) => Ok(()),
        None => Err(Mistake::new(
            format!("role_arn of the profile `{profile}` is `{arn}`, not the ARN of a role"),
            "correct it; it is such as arn:aws:iam::111122223333:role/Admin",
        )),
    }
}

enum Source<'p> {
    Profile(&'p str),
    Base(Base),
}

/// With whose credentials the profile's role is assumed.
fn source<'p>(profiles: &'p Profiles, profile: &str) -> Result<Source<'p>, Mistake> {
    let wrong = |told: &str| {
        Err(Mistake::new(
            format!("the profile `{profile}` has a role_arn and {told}"),
            "a role needs either the one or the other: the profile, or the place, that it is assumed from",
        ))
    };
    match (profiles.get(profile, "source_profile"), profiles.get(profile, "credential_source")) {
        (Some(_), Some(_)) => wrong("both source_profile and credential_source"),
        (None, None) => wrong("neither source_profile nor credential_source"),
        (Some(source), None) => Ok(Source::Profile(source)),
        (None, Some(place)) => match place.to_ascii_lowercase().as_str() {
            "environment" => Ok(Source::Base(Base::Environment)),
            "ec2instancemetadata" => Ok(Source::Base(Base::Instance)),
            "ecscontainer" => Ok(Source::Base(Base::Container)),
            _ => Err(Mistake::new(
                format!("credential_source of the profile `{profile}` is `{place}`"),
                "it is Environment, Ec2InstanceMetadata or EcsContainer",
            )),
        },
    }
}

/// What the profile itself says.
fn base(profiles: &Profiles, profile: &str) -> Result<Option<Base>, Mistake> {
    let get = |key| profiles.get(profile, key).map(str::to_owned);
    if let Some(token_file) = get("web_identity_token_file") {
        let role_arn_ = get("role_arn").ok_or_else(|| lacks(profile, "web_identity_token_file", "role_arn"))?;
        role_arn(profile, &role_arn_)?;
        let session_name = get("role_session_name");
        return Ok(Some(Base::WebIdentity { role_arn: role_arn_, token_file, session_name }));
    }
    if let Some(sso) = sso(profiles, profile)? {
        return Ok(Some(sso));
    }
    if has_keys(profiles, profile) {
        return Ok(Some(Base::Keys));
    }
    if let Some(session_arn) = get("login_session") {
        return Ok(Some(Base::Signin { session_arn }));
    }
    Ok(get("credential_process").map(|command| Base::Process { command }))
}

/// IAM Identity Center. A profile with nothing but an `sso_session` is one for tokens, and has no credentials.
fn sso(profiles: &Profiles, profile: &str) -> Result<Option<Base>, Mistake> {
    let get = |key| profiles.get(profile, key).map(str::to_owned);
    let (account_id, role_name) = match (get("sso_account_id"), get("sso_role_name")) {
        (None, None) => return Ok(None),
        (Some(account), Some(role)) => (account, role),
        (Some(_), None) => return Err(lacks(profile, "sso_account_id", "sso_role_name")),
        (None, Some(_)) => return Err(lacks(profile, "sso_role_name", "sso_account_id")),
    };
    let session = get("sso_session");
    let of_session = |key: &str| -> Result<String, Mistake> {
        let name = session.as_deref().unwrap_or_default();
        let configure = "add it with `aws configure sso-session`";
        match profiles.sso_session(name, key) {
            None => Err(Mistake::new(
                format!("the section `sso-session {name}`, which the profile `{profile}` names, is not there"),
                configure,
            )),
            Some(None) => Err(Mistake::new(format!("the section `sso-session {name}` has no {key}"), configure)),
            Some(Some(value)) => Ok(value.to_owned()),
        }
    };
    let say = |key: &'static str| match (&session, get(key)) {
        (None, Some(value)) => Ok(value),
        (None, None) => Err(lacks(profile, "sso_account_id", key)),
        (Some(_), _) => of_session(key),
    };
    let (region, start_url) = (say("sso_region")?, say("sso_start_url")?);
    Ok(Some(Base::Sso { account_id, role_name, region, start_url, session }))
}

fn lacks(profile: &str, has: &str, needs: &str) -> Mistake {
    Mistake::new(
        format!("the profile `{profile}` has {has} and no {needs}"),
        format!("add it with `aws configure set {needs} … --profile {profile}`"),
    )
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
