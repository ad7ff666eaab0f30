//! The names of IAM and STS: roles, policies, principals, sessions. Each holds only what its service model accepts.

use std::fmt;
use std::str::FromStr;

use super::{IdError, text_serde};

/// The characters of every IAM name: `[\w+=,.@-]`.
pub(super) fn is_iam_name(text: &str, shortest: usize, longest: usize) -> bool {
    (shortest..=longest).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// A name that is nothing but text of a certain shape.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) { Ok(Self(text.to_owned())) } else { Err(IdError::new(text, $expected)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        text_serde!($name);
    };
}

name!(
    /// The name of an IAM role, without its path: 1 to 64 of `[\w+=,.@-]`.
    ///
    /// IAM holds names unique without regard to case; ARNs are compared with regard to it.
    RoleName,
    "a role name (1 to 64 letters, digits and `_+=,.@-`)",
    |text| is_iam_name(text, 1, 64)
);

name!(
    /// The name of an inline policy: 1 to 128 of `[\w+=,.@-]`, unique within its role, user or group.
    PolicyName,
    "a policy name (1 to 128 letters, digits and `_+=,.@-`)",
    |text| is_iam_name(text, 1, 128)
);

name!(
    /// The external id of an AssumeRole call: 2 to 1,224 of `[\w+=,.@:/-]`.
    ExternalId,
    "an external id (2 to 1224 letters, digits and `_+=,.@:/-`)",
    |text| {
        (2..=1224).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b))
    }
);

name!(
    /// The session name of an AssumeRole call, which CloudTrail shows: 2 to 64 of `[\w+=,.@-]`.
    SessionName,
    "a session name (2 to 64 letters, digits and `_+=,.@-`)",
    |text| is_iam_name(text, 2, 64)
);

name!(
    /// The source identity of an AssumeRole call: 2 to 64 of `[\w+=,.@-]`, not beginning with `aws:`.
    SourceIdentity,
    "a source identity (2 to 64 letters, digits and `_+=,.@-`)",
    |text| is_iam_name(text, 2, 64)
);

name!(
    /// An AWS region, by shape only: `eu-central-1`. Whether it exists, AWS's endpoints tell.
    Region,
    "a region (such as `eu-central-1`)",
    |text| {
        let words: Vec<&str> = text.split('-').collect();
        words.len() >= 3
            && text.len() <= 63
            && words.iter().all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
            && text.ends_with(|c: char| c.is_ascii_digit())
    }
);

/// The three kinds of IAM identity that can hold an inline policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// An IAM group.
    Group,
    /// An IAM role.
    Role,
}

impl PrincipalKind {
    /// The word that stands before the slash, in an ARN's resource as well as in `--pass-role-to`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }
}

/// A user, group or role of an account, by kind and name: `user/analyst`. It has no path; IAM finds it by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalRef {
    kind: PrincipalKind,
    name: String,
}

impl PrincipalRef {
    /// User, group or role.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The name, without a path.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for PrincipalRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError::new(text, "a principal (user/NAME, group/NAME or role/NAME)");
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        let (kind, longest) = match kind {
            "user" => (PrincipalKind::User, 128),
            "group" => (PrincipalKind::Group, 128),
            "role" => (PrincipalKind::Role, 64),
            _ => return Err(wrong()),
        };
        if is_iam_name(name, 1, longest) { Ok(Self { kind, name: name.to_owned() }) } else { Err(wrong()) }
    }
}

impl fmt::Display for PrincipalRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}

text_serde!(PrincipalRef);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_needs_a_kind_and_a_name_that_iam_accepts() {
        for text in ["user/analyst", "group/data.team", "role/a+b=c,d@e-f_g"] {
            assert_eq!(text.parse::<PrincipalRef>().unwrap().to_string(), text);
        }
        let long_role = format!("role/{}", "x".repeat(65));
        for wrong in ["analyst", "user/", "users/x", "user/a/b", "user/a b", "user/é", long_role.as_str()] {
            assert!(wrong.parse::<PrincipalRef>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_have_the_lengths_and_letters_of_their_service_models() {
        assert!("x".parse::<RoleName>().is_ok() && "x".repeat(64).parse::<RoleName>().is_ok());
        assert!("x".repeat(65).parse::<RoleName>().is_err() && "a/b".parse::<RoleName>().is_err());
        assert!("x".parse::<SessionName>().is_err(), "AWS wants two characters");
        assert!("a:/b".parse::<ExternalId>().is_ok() && "a b".parse::<ExternalId>().is_err());
        assert!("aws:me".parse::<SourceIdentity>().is_err());
        assert!("us-gov-west-1".parse::<Region>().is_ok() && "mars".parse::<Region>().is_err());
        assert!("us-east-1.evil.example".parse::<Region>().is_err());
    }
}
