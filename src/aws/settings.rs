//! How this machine reaches AWS: what the options say, else the environment, else the profile.

use std::fmt;
use std::path::PathBuf;

use super::mistake::Mistake;
use super::profiles::Profiles;
use super::variables::Variables;
use crate::ids::Region;

/// How often a call is sent at most, where nobody says otherwise.
const MAX_ATTEMPTS: u32 = 6;

/// What names a profile in the environment, in the AWS CLI's order.
const PROFILE_VARIABLES: [&str; 2] = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"];

/// What is said on the command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--profile`, or `--list-profile` for the connection that lists accounts.
    pub profile: Option<String>,
    /// `--region`
    pub region: Option<Region>,
    /// `--endpoint-url`
    pub endpoint_url: Option<String>,
}

/// Who named the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// An option: nothing but this profile counts, and keys in the environment do not.
    Option(String),
    /// A variable: the profile has to be there, but keys in the environment go before it, as with the AWS CLI.
    Variable(String),
    /// Nobody: `default`, if it is there.
    Nobody,
}

impl Chosen {
    /// The profile's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Option(name) | Self::Variable(name) => name,
            Self::Nobody => "default",
        }
    }
}

/// A service that is asked, on the run's behalf or to get credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// AWS STS
    Sts,
    /// IAM
    Iam,
    /// AWS Organizations
    Organizations,
    /// IAM Identity Center's portal, which gives credentials for a token
    Sso,
    /// IAM Identity Center's OIDC, which renews the token
    SsoOidc,
    /// AWS Sign-In, which renews what `aws login` got
    Signin,
}

impl Service {
    const ALL: [Self; 6] = [Self::Sts, Self::Iam, Self::Organizations, Self::Sso, Self::SsoOidc, Self::Signin];

    /// The service's id in a profile's `services` section; in upper case the end of its variable.
    fn id(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::Organizations => "organizations",
            Self::Sso => "sso",
            Self::SsoOidc => "sso_oidc",
            Self::Signin => "signin",
        }
    }
}

/// A URL that somebody has set in place of AWS's own, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL.
    pub url: String,
    /// The option, variable or profile that says so.
    pub from: String,
}

/// All that is said, read once.
#[derive(Debug, Clone)]
pub struct Settings {
    options: Options,
    /// The environment.
    pub variables: Variables,
    /// The configuration files.
    pub profiles: Profiles,
    /// The profile.
    pub chosen: Chosen,
    /// Whether the endpoints for FIPS 140 are asked for.
    pub fips: bool,
    /// Whether the endpoints that speak IPv6, too, are asked for.
    pub dual_stack: bool,
    /// How often a call is sent at most.
    pub max_attempts: u32,
}

impl Settings {
    /// Reads environment and profiles.
    ///
    /// # Errors
    /// A file that cannot be read, a profile that is not there, or a value that is not one.
    pub async fn read(options: Options) -> Result<Self, Mistake> {
        let variables = Variables::of_process();
        let profiles = Profiles::read(&variables).await?;
        Self::of(options, variables, profiles)
    }

    pub(super) fn of(options: Options, variables: Variables, profiles: Profiles) -> Result<Self, Mistake> {
        let chosen = match (&options.profile, variables.first(&PROFILE_VARIABLES)) {
            (Some(name), _) => Chosen::Option(name.clone()),
            (None, Some((variable, name))) => {
                if !profiles.has(name) {
                    return Err(no_profile(name, &format!(", which {variable} names,")));
                }
                Chosen::Variable(name.to_owned())
            }
            (None, None) => Chosen::Nobody,
        };
        if matches!(chosen, Chosen::Option(_)) && !profiles.has(chosen.name()) {
            return Err(no_profile(chosen.name(), ""));
        }
        let (fips, dual_stack, max_attempts) = (false, false, MAX_ATTEMPTS);
        let mut settings = Self { options, variables, profiles, chosen, fips, dual_stack, max_attempts };
        settings.fips = settings.switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?;
        settings.dual_stack = settings.switch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?;
        if let Some((attempts, from)) = settings.value("AWS_MAX_ATTEMPTS", "max_attempts") {
            settings.max_attempts = attempts.parse().ok().filter(|attempts| *attempts > 0).ok_or_else(|| {
                Mistake::new(format!("{from} is `{attempts}`, not a number from 1"), "correct it, or leave it out")
            })?;
        }
        for service in Service::ALL {
            if let Some(Endpoint { url, from }) = settings.endpoint(service)?
                && !is_endpoint(&url)
            {
                return Err(Mistake::new(
                    format!("{from}: `{url}` is not the URL of an endpoint"),
                    "correct it; it must begin with http:// or https://",
                ));
            }
        }
        settings.region()?;
        Ok(settings)
    }

    /// What a variable says, else the profile; with the place, for people.
    fn value(&self, variable: &str, key: &str) -> Option<(&str, String)> {
        if let Some(value) = self.variables.get(variable) {
            return Some((value, variable.to_owned()));
        }
        let profile = self.chosen.name();
        Some((self.profiles.get(profile, key)?, in_profile(key, profile)))
    }

    fn switch(&self, variable: &str, key: &str) -> Result<bool, Mistake> {
        match self.value(variable, key) {
            None => Ok(false),
            Some((value, _)) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some((value, _)) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some((value, from)) => {
                Err(Mistake::new(format!("{from} is `{value}`, neither true nor false"), "correct it, or leave it out"))
            }
        }
    }

    /// The region that somebody has named.
    ///
    /// # Errors
    /// When it cannot be one.
    pub fn region(&self) -> Result<Option<Region>, Mistake> {
        if let Some(region) = &self.options.region {
            return Ok(Some(region.clone()));
        }
        let named = self.variables.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
        let named = named.map(|(variable, region)| (region, variable.to_owned()));
        let profile = self.chosen.name();
        let named = named.or_else(|| Some((self.profiles.get(profile, "region")?, in_profile("region", profile))));
        let Some((region, from)) = named else { return Ok(None) };
        let read = region.parse().map_err(|error| {
            Mistake::new(format!("{from}: {error}"), "name a region such as eu-west-1, or give one with --region")
        });
        read.map(Some)
    }

    /// The URL that somebody has set for a service.
    ///
    /// # Errors
    /// When it is not clear whether configured URLs count.
    pub fn endpoint(&self, service: Service) -> Result<Option<Endpoint>, Mistake> {
        if let Some(url) = &self.options.endpoint_url {
            return Ok(Some(Endpoint { url: url.clone(), from: "--endpoint-url".to_owned() }));
        }
        if self.switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")? {
            return Ok(None);
        }
        let own = format!("AWS_ENDPOINT_URL_{}", service.id().to_uppercase());
        if let Some((from, url)) = self.variables.first(&[&own, "AWS_ENDPOINT_URL"]) {
            return Ok(Some(Endpoint { url: url.to_owned(), from: from.to_owned() }));
        }
        let profile = self.chosen.name();
        let of_services = || {
            let url = self.profiles.service_endpoint(profile, service.id())?;
            let section = self.profiles.get(profile, "services").unwrap_or_default();
            Some((url, format!("endpoint_url of {} in the section `services {section}`", service.id())))
        };
        let of_all = || Some((self.profiles.get(profile, "endpoint_url")?, in_profile("endpoint_url", profile)));
        let found = of_services().or_else(of_all);
        Ok(found.map(|(url, from)| Endpoint { url: url.to_owned(), from }))
    }

    /// The file of certificates that are trusted besides the system's, and who names it.
    pub fn ca_bundle(&self) -> Option<(PathBuf, String)> {
        let (path, from) = self.value("AWS_CA_BUNDLE", "ca_bundle")?;
        let home = || Some(PathBuf::from(self.variables.first(&["HOME", "USERPROFILE"])?.1));
        let below_home = path.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest)));
        Some((below_home.unwrap_or_else(|| path.into()), from))
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the profile `{}`", self.name())
    }
}

fn in_profile(key: &str, profile: &str) -> String {
    format!("{key} of the profile `{profile}`")
}

fn no_profile(name: &str, who: &str) -> Mistake {
    Mistake::new(
        format!("the profile `{name}`{who} is not in the AWS configuration"),
        "`aws configure list-profiles` lists those that are there",
    )
}

/// Whether requests can be sent there.
pub fn is_endpoint(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
