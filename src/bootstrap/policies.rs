//! What is written, whichever way: the role of the accounts, or the policy of the caller; and the way without a template,
//! as JSON.

use std::str::FromStr;

use serde_json::{Value, json};

use super::need::{Need, Notation, policy};
use super::{cloudformation, terraform};
use crate::ids::{Arn, ExternalId, Partition, RolePath};

/// Whose permissions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of the role that is assumed in each account, with its trust.
    Member,
    /// Those of whoever runs rolecall.
    Caller,
}

/// Somebody whom the role may trust: a role, a user, or all of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted(Arn);

/// Why an ARN is nobody whom the role may trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustedError {
    /// A session, which is gone in an hour.
    #[error("that is a session; give the role's own ARN (arn:…:iam::ACCOUNT:role/NAME)")]
    Session,
    /// Anything else.
    #[error("not the ARN of a role, of a user or of an account (arn:…:iam::ACCOUNT:root)")]
    Other,
}

impl FromStr for Trusted {
    type Err = TrustedError;

    fn from_str(text: &str) -> Result<Self, TrustedError> {
        let arn: Arn = text.parse().map_err(|_| TrustedError::Other)?;
        if arn.service() == "sts" && arn.resource().starts_with("assumed-role/") {
            return Err(TrustedError::Session);
        }
        // What would act in a template is in no name.
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/_+=,.@-".contains(&b));
        let account = arn.account().len() == 12 && arn.account().bytes().all(|b| b.is_ascii_digit());
        let whom = arn.resource();
        let known = whom == "root" || whom.starts_with("role/") || whom.starts_with("user/");
        if plain && account && known && arn.service() == "iam" { Ok(Self(arn)) } else { Err(TrustedError::Other) }
    }
}

impl std::fmt::Display for Trusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Trusted {
    /// Whether it is all of an account rather than somebody in it.
    pub fn is_account(&self) -> bool {
        self.0.resource() == "root"
    }

    /// Whether it is a user rather than a role.
    pub fn is_user(&self) -> bool {
        self.0.resource().starts_with("user/")
    }

    /// The partition that it is in.
    pub fn partition(&self) -> &Partition {
        self.0.partition()
    }
}

/// All that a template says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    /// Whose permissions they are.
    pub whose: Whose,
    /// The role that rolecall assumes in each account.
    pub assume_role: RolePath,
    /// What has to be allowed.
    pub needs: Vec<Need>,
    /// Who runs rolecall, where that is known.
    pub trusted: Option<Trusted>,
    /// The external id that the trust asks for.
    pub external_id: Option<ExternalId>,
    /// What it was made from, in one line: version, setup, commands.
    pub about: String,
}

/// The name of the policy, inline on the role and managed for the caller.
pub(super) const POLICY_NAME: &str = "Rolecall";

impl Blueprint {
    /// The role's name without its path.
    pub(super) fn role_name(&self) -> &str {
        let role = self.assume_role.as_str();
        role.rsplit_once('/').map_or(role, |(_, name)| name)
    }

    /// The role's path, with a slash on both sides.
    pub(super) fn role_path(&self) -> String {
        self.assume_role.as_str().rsplit_once('/').map_or_else(|| "/".to_owned(), |(path, _)| format!("/{path}/"))
    }

    /// A CloudFormation template with parameters, in YAML.
    pub fn cloudformation(&self) -> String {
        cloudformation::template(self)
    }

    /// A Terraform module's one file.
    pub fn terraform(&self) -> String {
        terraform::module(self)
    }

    /// Plain policies for `partition`: of the role, its name, trust and permissions; of the caller, the policy. `None`
    /// where nobody is named who runs rolecall.
    pub fn json(&self, partition: &Partition) -> Option<Value> {
        let trusted = self.trusted.as_ref()?.to_string();
        let permissions = policy(&self.needs, &Plain { partition, trusted: &trusted, role: &self.assume_role });
        Some(match self.whose {
            Whose::Caller => permissions,
            Whose::Member => {
                let id = self.external_id.as_ref();
                let condition = id.map(|id| json!({ "StringEquals": { "sts:ExternalId": id } }));
                json!({
                    "role_name": self.role_name(),
                    "path": self.role_path(),
                    "trust": trust(json!(trusted), condition),
                    "policy_name": POLICY_NAME,
                    "permissions": permissions,
                })
            }
        })
    }
}

/// The trust in whoever runs rolecall.
pub(super) fn trust(principal: Value, condition: Option<Value>) -> Value {
    let mut statement = json!({
        "Sid": "WhoRunsRolecall",
        "Effect": "Allow",
        "Principal": { "AWS": principal },
        "Action": "sts:AssumeRole",
    });
    if let (Some(condition), Some(members)) = (condition, statement.as_object_mut()) {
        members.insert("Condition".to_owned(), condition);
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// ARNs written out. The role can act in its own account only, so any account's will do for that.
struct Plain<'a> {
    partition: &'a Partition,
    trusted: &'a str,
    role: &'a RolePath,
}

impl Notation for Plain<'_> {
    fn arn(&self, account: Option<&str>, resource: &str) -> Value {
        json!(format!("arn:{}:iam::{}:{resource}", self.partition, account.unwrap_or("*")))
    }

    fn itself(&self) -> Value {
        self.arn(None, &format!("role/{}", self.role))
    }

    fn caller(&self) -> Value {
        json!(self.trusted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_nobody_to_trust() {
        for good in [
            "arn:aws:iam::123456789012:root",
            "arn:aws-us-gov:iam::123456789012:role/ops/Runner",
            "arn:aws-cn:iam::123456789012:user/me@example.com",
        ] {
            assert_eq!(good.parse::<Trusted>().unwrap().to_string(), good);
        }
        let session = "arn:aws:sts::123456789012:assumed-role/Runner/me";
        assert_eq!(session.parse::<Trusted>(), Err(TrustedError::Session));
        for wrong in ["*", "123456789012", "arn:aws:iam::aws:policy/X", "arn:aws:iam::123456789012:role/${x}"] {
            assert_eq!(wrong.parse::<Trusted>(), Err(TrustedError::Other), "{wrong}");
        }
    }
}
