//! What one account must have: the setup, filled in. Pure data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::ids::{Arn, PolicyName, PrincipalRef, RoleName};
use crate::policy::{CanonicalPolicy, PolicyError, PolicyKind};

/// The tag that marks a role as rolecall's; its value is the setup's name.
pub const OWNER_TAG: &str = "rolecall:setup";

/// A policy document with its meaning, worked out once and shared by every account that it is the same for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The JSON text that is sent.
    pub text: Arc<str>,
    /// What it means.
    pub meaning: Arc<CanonicalPolicy>,
}

impl Policy {
    /// Reads `text`.
    ///
    /// # Errors
    /// When it is no policy document of this kind.
    pub fn parse(kind: PolicyKind, text: &str, partition: &crate::ids::Partition) -> Result<Self, PolicyError> {
        let meaning = CanonicalPolicy::parse(kind, text, partition)?;
        Ok(Self { text: text.into(), meaning: Arc::new(meaning) })
    }
}

/// What becomes of policies that are on the role and not in the setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtraPolicies {
    /// They are told of and stay.
    #[default]
    Report,
    /// They are taken off.
    Remove,
    /// They stay, and nothing is said.
    Ignore,
}

/// What becomes of an account in which a principal of the grant does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPrincipal {
    /// The account fails, before anything is written there.
    #[default]
    Fail,
    /// The rest is done, and the account's row says so.
    Skip,
}

/// An inline policy that lets its principals pass the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who gets it; nobody where nobody was named.
    pub to: Vec<PrincipalRef>,
    /// The name of the inline policy.
    pub name: PolicyName,
    /// The policy.
    pub policy: Policy,
    /// What becomes of an account without one of the principals.
    pub missing_principal: MissingPrincipal,
}

/// What one account must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The setup's name, which is the value of [`OWNER_TAG`].
    pub setup: String,
    /// The role.
    pub role: RoleName,
    /// The role's path, `/` for none.
    pub path: String,
    /// The role's ARN in this account.
    pub role_arn: Arn,
    /// The description, where the setup has one; otherwise any will do.
    pub description: Option<String>,
    /// The session duration in seconds, where the setup has one; otherwise any will do.
    pub max_session_duration: Option<u32>,
    /// The permissions boundary, where the setup has one; otherwise any will do.
    pub boundary: Option<Arn>,
    /// The tags that must be there, [`OWNER_TAG`] among them. Others may be there too.
    pub tags: BTreeMap<String, String>,
    /// The trust policy.
    pub trust: Policy,
    /// The inline policies.
    pub inline: BTreeMap<PolicyName, Policy>,
    /// The managed policies.
    pub managed: BTreeSet<Arn>,
    /// What becomes of other policies on the role.
    pub extra_policies: ExtraPolicies,
    /// The grants, each under a name of its own.
    pub grants: Vec<Grant>,
    /// Whether a role that is not ours is taken over.
    pub adopt: bool,
}

impl Desired {
    /// Each principal that gets a grant, with the grant.
    pub fn granted(&self) -> impl Iterator<Item = (&PrincipalRef, &Grant)> {
        self.grants.iter().flat_map(|grant| grant.to.iter().map(move |principal| (principal, grant)))
    }
}
