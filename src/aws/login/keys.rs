//! Keys that stand in the environment or in a profile, and what cannot be one.

use aws_credential_types::Credentials;

use super::error::LoginError;
use crate::aws::settings::Settings;
use crate::aws::variables::Variables;

const KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";

/// Whether keys stand in the environment, whole or not.
pub(super) fn in_environment(variables: &Variables) -> bool {
    variables.first(&[KEY, SECRET]).is_some()
}

/// The environment's.
pub(super) fn of_environment(variables: &Variables) -> Result<Credentials, LoginError> {
    let get = |name: &str| {
        variables.get(name).ok_or_else(|| {
            let told = format!("{name} is not set, though the other of {KEY} and {SECRET} is");
            LoginError::here(told, "set both, or neither")
        })
    };
    let token = variables.get(TOKEN).map(str::to_owned);
    Ok(Credentials::new(get(KEY)?, get(SECRET)?, token, None, "Environment"))
}

/// The profile's own.
pub(super) fn of_profile(settings: &Settings, profile: &str) -> Result<Credentials, LoginError> {
    let get = |key: &str| {
        settings.profiles.get(profile, key).ok_or_else(|| {
            let told = format!("the profile `{profile}` has no {key}, though it has the other key");
            LoginError::here(told, format!("give it both with `aws configure --profile {profile}`"))
        })
    };
    let (key, secret) = (get("aws_access_key_id")?, get("aws_secret_access_key")?);
    let token = settings.profiles.get(profile, "aws_session_token").map(str::to_owned);
    Ok(Credentials::new(key, secret, token, None, "ProfileFile"))
}

/// Whether they can stand in a header of HTTP. A line break, mostly one that was copied with the key, cannot.
pub(super) fn check(credentials: &Credentials, from: &str) -> Result<(), LoginError> {
    let token = credentials.session_token().unwrap_or_default();
    let parts = [
        ("access key", credentials.access_key_id()),
        ("secret key", credentials.secret_access_key()),
        ("session token", token),
    ];
    for (what, value) in parts {
        let wrong = if value.contains(['\n', '\r']) {
            "has a line break in it"
        } else if value.chars().any(|c| !c.is_ascii_graphic()) {
            "has a character in it that no key has"
        } else {
            continue;
        };
        let told = format!("the {what} of {from} {wrong}");
        return Err(LoginError::here(told, "set it anew, without what is around it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_told_and_an_empty_token_is_none() {
        let half = of_environment(&[(KEY, "AKIAEXAMPLE"), (SECRET, "")][..].into()).unwrap_err();
        assert_eq!(
            half.told,
            "AWS_SECRET_ACCESS_KEY is not set, though the other of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is"
        );
        let whole = of_environment(&[(KEY, "AKIAEXAMPLE"), (SECRET, "s"), (TOKEN, "")][..].into()).unwrap();
        assert_eq!(whole.session_token(), None);
    }

    #[test]
    fn what_cannot_be_sent_is_told_without_being_shown() {
        let of = |key: &str, secret: &str, token: Option<&str>| {
            check(&Credentials::new(key, secret, token.map(str::to_owned), None, "x"), "the environment")
        };
        assert_eq!(of("AKIAEXAMPLE", "a/b+c=", Some("t/+=")), Ok(()));
        for (key, secret, token, told) in [
            ("AKIA\n", "s", None, "the access key of the environment has a line break in it"),
            ("AKIA", "s\r\n", None, "the secret key of the environment has a line break in it"),
            ("AKIA", "s", Some("to ken"), "the session token of the environment has a character in it that no key has"),
        ] {
            assert_eq!(of(key, secret, token).unwrap_err().told, told);
        }
    }
}
