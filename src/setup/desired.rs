//! What one account must have: the setup, filled in. Pure data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::ids::{AccountId, Arn, Partition, PolicyName, PrincipalKind, PrincipalRef, RoleName};
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
    pub fn parse(kind: PolicyKind, text: &str, partition: &Partition) -> Result<Self, PolicyError> {
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
    /// The role that it lets them pass.
    pub role: RoleName,
    /// The policy.
    pub policy: Policy,
    /// What becomes of an account without one of the principals.
    pub missing_principal: MissingPrincipal,
}

/// A role that one account must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredRole {
    /// Its name.
    pub name: RoleName,
    /// Its path, `/` for none.
    pub path: String,
    /// Its ARN in this account.
    pub arn: Arn,
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
}

/// What one account must have: the resources of each kind, in the order in which they are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The setup's name, which is the value of [`OWNER_TAG`].
    pub setup: String,
    /// The account.
    pub account: AccountId,
    /// The partition that it is in.
    pub partition: Partition,
    /// The roles. One that the trust policy of another names stands before that one.
    pub roles: Vec<DesiredRole>,
    /// The grants, each under a name of its own.
    pub grants: Vec<Grant>,
    /// Whether a resource that is not ours is taken over.
    pub adopt: bool,
}

impl Desired {
    /// Each principal that gets a grant, with the grant.
    pub fn granted(&self) -> impl Iterator<Item = (&PrincipalRef, &Grant)> {
        self.grants.iter().flat_map(|grant| grant.to.iter().map(move |principal| (principal, grant)))
    }

    /// The ARN of the setup's role, the first where there are several.
    pub fn role_arn(&self) -> Option<&Arn> {
        self.roles.first().map(|role| &role.arn)
    }

    /// Whether the principal is one of the setup's own roles.
    pub fn is_own_role(&self, principal: &PrincipalRef) -> bool {
        principal.kind() == PrincipalKind::Role && self.roles.iter().any(|role| role.name.as_str() == principal.name())
    }

    /// The grants that a role of the setup has itself.
    pub fn grants_to_role<'a>(&'a self, role: &'a RoleName) -> impl Iterator<Item = &'a Grant> {
        let is_it = |to: &PrincipalRef| to.kind() == PrincipalKind::Role && to.name() == role.as_str();
        self.grants.iter().filter(move |grant| grant.to.iter().any(is_it))
    }
}

#[cfg(test)]
impl Desired {
    /// The role of a setup that has just one.
    pub(crate) fn only_role(&self) -> &DesiredRole {
        &self.roles[0]
    }

    /// The same with another role in place of its only one.
    pub(crate) fn with_role(mut self, edit: impl FnOnce(&mut DesiredRole)) -> Self {
        edit(&mut self.roles[0]);
        self
    }
}
