//! The names that AWS gives to things, as types: parsed once at the door, trusted ever after.
//!
//! Knows nothing else of this crate. Limits and character sets are those of the IAM and STS service models
//! (`roleNameType`, `existingUserNameType`, `groupNameType`, `policyNameType`, `pathType`).

mod names;
mod role_path;

use std::fmt;
use std::str::FromStr;

pub use names::{ExternalId, PolicyName, PrincipalKind, PrincipalRef, Region, RoleName, SessionName, SourceIdentity};
pub use role_path::{AnotherAccountsRole, RolePath, RoleRef};

/// What was wrong with a name, an id or an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not {expected}")]
pub struct IdError {
    /// The text as it was given.
    pub input: String,
    /// What it should have been, with its article: "an account id (12 digits)".
    pub expected: &'static str,
}

impl IdError {
    fn new(input: &str, expected: &'static str) -> Self {
        Self { input: input.to_owned(), expected }
    }
}

/// Serialises through `Display` and deserialises through `FromStr`, so that a name looks the same in every file.
macro_rules! text_serde {
    ($($name:ty),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

pub(crate) use text_serde;

text_serde!(AccountId, Partition, Arn, RunId);

/// An AWS account id: exactly twelve digits. Leading zeros are part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// The account of AWS's own examples, which is nobody's.
    pub const EXAMPLE: Self = Self(*b"123456789012");

    /// Another one, to see what is different in another account.
    pub const OTHER_EXAMPLE: Self = Self(*b"210987654321");

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII digits by construction, so the empty string is never given.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for AccountId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        <[u8; 12]>::try_from(text.as_bytes())
            .ok()
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))
            .map(Self)
            .ok_or_else(|| IdError::new(text, "an account id (12 digits)"))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An AWS partition: `aws`, `aws-us-gov`, `aws-cn`, … Always taken from an ARN that AWS gave, never guessed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(String);

impl Partition {
    /// The partition of the commercial regions.
    pub fn aws() -> Self {
        Self("aws".to_owned())
    }

    /// The partition as it stands in an ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Partition {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let known_shape = text == "aws"
            || text.strip_prefix("aws-").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            });
        if known_shape { Ok(Self(text.to_owned())) } else { Err(IdError::new(text, "an AWS partition")) }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// An ARN, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`. Region and account may be empty, and the account of an
/// AWS managed policy is the word `aws`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    partition: Partition,
    service: String,
    region: String,
    account: String,
    resource: String,
}

impl Arn {
    /// `arn:PARTITION:iam::ACCOUNT:RESOURCE`.
    pub fn iam(partition: &Partition, account: AccountId, resource: &str) -> Self {
        Self {
            partition: partition.clone(),
            service: "iam".to_owned(),
            region: String::new(),
            account: account.to_string(),
            resource: resource.to_owned(),
        }
    }

    /// The partition, `aws` in most of the world.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// The service's short name, such as `iam` or `sts`.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The account field as it stands: twelve digits, `aws`, or empty.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What follows the fifth colon, such as `role/service-role/Name`.
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

impl FromStr for Arn {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError::new(text, "an ARN (arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE)");
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or_else(wrong);
        if next()? != "arn" {
            return Err(wrong());
        }
        let partition = next()?.parse().map_err(|_| wrong())?;
        let (service, region, account, resource) = (next()?, next()?, next()?, next()?);
        if service.is_empty() || resource.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(wrong());
        }
        Ok(Self {
            partition,
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource: resource.to_owned(),
        })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The id of a run, which is its folder's name too: `2026-11-24T09-30-05Z-apply-amazon-ml-redshift`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// The id of a run that starts `at`, of the command `command` over the setup `setup`. Whatever in the setup's
    /// name is not a letter, a digit, `.`, `_` or `-` becomes `-`, so that the id is one plain folder name.
    pub fn new(at: jiff::Timestamp, command: &str, setup: &str) -> Self {
        let setup: String =
            setup.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
        Self(format!("{}-{command}-{setup}", at.strftime("%Y-%m-%dT%H-%M-%SZ")))
    }

    /// The same id with `-N` behind it, for a second run within one second.
    pub fn numbered(&self, n: u32) -> Self {
        Self(format!("{}-{n}", self.0))
    }

    /// The same id with a word behind it that says what is special about the run: letters, digits and `-`.
    #[must_use]
    pub fn marked(&self, word: &str) -> Self {
        let word: String = word.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Self(format!("{}-{word}", self.0))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let plain = text.len() > 21
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if plain { Ok(Self(text.to_owned())) } else { Err(IdError::new(text, "a run id")) }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_keeps_its_zeros_and_takes_twelve_digits_only() {
        assert_eq!("000000000012".parse::<AccountId>().unwrap().to_string(), "000000000012");
        for wrong in ["", "12345678901", "1234567890123", "1.23457E+11", "12345678901２", " 12345678901"] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_arn_reads_and_writes_itself() {
        for text in [
            "arn:aws:iam::123456789012:role/service-role/Name",
            "arn:aws-cn:sts::123456789012:assumed-role/Admin/me@example.com",
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws-us-gov:s3:::bucket/key:with:colons",
        ] {
            assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
        }
        for wrong in ["", "arn:aws:iam", "arn:gcp:iam::1:role/x", "arn:aws:iam::1:", "arn:aws:iam::1:role/a b"] {
            assert!(wrong.parse::<Arn>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_run_id_is_one_plain_folder_name() {
        let at = "2026-11-24T09:30:05.25Z".parse().unwrap();
        assert_eq!(
            RunId::new(at, "apply", "amazon-ml-redshift").as_str(),
            "2026-11-24T09-30-05Z-apply-amazon-ml-redshift"
        );
        assert_eq!(RunId::new(at, "apply", "../x y").as_str(), "2026-11-24T09-30-05Z-apply-..-x-y");
        assert!("../../etc".parse::<RunId>().is_err());
    }
}
