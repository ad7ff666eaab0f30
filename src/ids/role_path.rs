//! A role of an account, by its path and name, in each way in which people and tools write it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::names::is_iam_name;
use super::{AccountId, Arn, IdError};

/// A role by its path and name, as its ARN shows them behind `role/`: `OrganizationAccountAccessRole` or
/// `ops/Deployer`.
///
/// Reads `NAME`, `PATH/NAME` and both with `role/` before them, as ARNs and other tools have it; a role whose own path
/// begins with `role/` is written with `role/` twice. Stars, question marks and `${`, which IAM allows in a path, are
/// refused: in a policy they would name other roles too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RolePath(String);

impl RolePath {
    /// The path, without the slash that it begins with, and the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The role as it is read back from an inventory or a command line.
    pub fn written(&self) -> String {
        if self.0.starts_with("role/") { format!("role/{}", self.0) } else { self.0.clone() }
    }

    /// A role by just this path and name.
    fn exactly(role: &str) -> Result<Self, IdError> {
        if role.contains(['*', '?']) || role.contains("${") {
            return Err(IdError::new(role, "one role: `*`, `?` and `${` would name others too"));
        }
        let (path, name) = role.rsplit_once('/').unwrap_or(("", role));
        let fits = is_iam_name(name, 1, 64)
            && path.len() <= 510
            && !path.starts_with('/')
            && path.bytes().all(|b| b.is_ascii_graphic());
        let expected = "a role name, with or without a path (`NAME`, `PATH/NAME` or `role/NAME`)";
        if fits { Ok(Self(role.to_owned())) } else { Err(IdError::new(role, expected)) }
    }
}

impl FromStr for RolePath {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let role = Self::exactly(text.strip_prefix("role/").unwrap_or(text));
        role.map_err(|error| IdError::new(text, error.expected))
    }
}

impl fmt::Display for RolePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for RolePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RolePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::exactly(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A role that is the same in every account, or with its ARN in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRef {
    /// The account of the ARN, where it was written as one.
    pub account: Option<AccountId>,
    /// The role.
    pub role: RolePath,
}

impl RoleRef {
    /// The role in this account.
    ///
    /// # Errors
    /// Where it was written as the ARN of another account's.
    pub fn in_account(self, account: AccountId) -> Result<RolePath, AnotherAccountsRole> {
        match self.account {
            Some(its) if its != account => Err(AnotherAccountsRole { role: self.role, its, account }),
            _ => Ok(self.role),
        }
    }
}

/// A role's ARN where a role of another account is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ARN is of a role in account {its}, not in {account}; write `{}`", role.written())]
pub struct AnotherAccountsRole {
    /// The role of the ARN.
    pub role: RolePath,
    /// The account of the ARN.
    pub its: AccountId,
    /// The account that needs a role.
    pub account: AccountId,
}

impl FromStr for RoleRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if !text.starts_with("arn:") {
            return Ok(Self { account: None, role: text.parse()? });
        }
        let wrong = || IdError::new(text, "the ARN of a role (arn:PARTITION:iam::ACCOUNT:role/NAME)");
        let arn: Arn = text.parse().map_err(|_| wrong())?;
        let role = arn.resource().strip_prefix("role/").filter(|_| arn.service() == "iam").ok_or_else(wrong)?;
        let account = arn.account().parse().map_err(|_| wrong())?;
        let role = RolePath::exactly(role).map_err(|error| IdError::new(text, error.expected))?;
        Ok(Self { account: Some(account), role })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_the_same_in_each_way_of_writing_it() {
        let of = |text: &str| text.parse::<RoleRef>().unwrap().in_account(AccountId::EXAMPLE).unwrap();
        for (text, role) in [
            ("Deployer", "Deployer"),
            ("role/Deployer", "Deployer"),
            ("ops/Deployer", "ops/Deployer"),
            ("role/ops/Deployer", "ops/Deployer"),
            ("arn:aws:iam::123456789012:role/Deployer", "Deployer"),
            ("arn:aws-us-gov:iam::123456789012:role/ops/Deployer", "ops/Deployer"),
            ("role/role/Deployer", "role/Deployer"),
            ("arn:aws:iam::123456789012:role/role/Deployer", "role/Deployer"),
        ] {
            assert_eq!(of(text).as_str(), role, "{text}");
            // What is written is read back as the same role.
            assert_eq!(of(&of(text).written()), of(text), "{text}");
            let json = serde_json::to_string(&of(text)).unwrap();
            assert_eq!(serde_json::from_str::<RolePath>(&json).unwrap(), of(text), "{text}");
        }
    }

    #[test]
    fn another_accounts_arn_and_what_names_several_roles_are_refused() {
        let other: RoleRef = "arn:aws:iam::210987654321:role/ops/X".parse().unwrap();
        assert_eq!(
            other.in_account(AccountId::EXAMPLE).unwrap_err().to_string(),
            "the ARN is of a role in account 210987654321, not in 123456789012; write `ops/X`"
        );
        for wrong in ["*/Admin", "ops?/Admin", "${x}/Admin", "arn:aws:iam::123456789012:role/*/Admin"] {
            let said = wrong.parse::<RoleRef>().unwrap_err().to_string();
            assert!(said.contains("would name others too") && said.contains(wrong), "{said}");
        }
        for wrong in [
            "",
            "role/",
            "/ops/x",
            "a b",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:sts::123456789012:role/x",
            "arn:aws:iam::aws:role/x",
            "arn:aws:iam::123456789012:role/",
        ] {
            assert!(wrong.parse::<RoleRef>().is_err(), "{wrong}");
        }
    }
}
