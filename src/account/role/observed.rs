//! A role as one account has it, and what of it is to be read. Pure data.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::goal::Goal;
use crate::ids::{Arn, PolicyName, RoleName};
use crate::setup::desired::{Desired, DesiredRole, ExtraPolicies};

/// A role as IAM has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedRole {
    /// Its ARN, with its path and its name in the letter case that it was made with.
    pub arn: Arn,
    /// Its path, `/` for none.
    pub path: String,
    /// Its description.
    pub description: Option<String>,
    /// Its session duration in seconds.
    pub max_session_duration: u32,
    /// Its trust policy, decoded JSON text.
    pub trust: String,
    /// The managed policy that is its permissions boundary.
    pub boundary: Option<Arn>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The names of all its inline policies.
    pub inline_names: BTreeSet<PolicyName>,
    /// Those inline policies whose text was asked for and that are there, decoded JSON text.
    pub inline: BTreeMap<PolicyName, String>,
    /// The managed policies attached to it.
    pub managed: BTreeSet<Arn>,
    /// The names of the instance profiles that it is in; empty where nobody asked.
    pub instance_profiles: BTreeSet<String>,
}

impl ObservedRole {
    /// The value of a tag. IAM takes keys that differ in upper and lower case only for the same key, and keeps the
    /// spelling that it has.
    pub fn tag(&self, key: &str) -> Option<&str> {
        let folded = key.to_lowercase();
        self.tags.iter().find(|(known, _)| known.to_lowercase() == folded).map(|(_, value)| value.as_str())
    }
}

/// What of a role is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSubject {
    /// Its name.
    pub name: RoleName,
    /// The inline policies whose text is needed.
    pub inline: Vec<PolicyName>,
    /// Whether the text of its other inline policies is needed as well.
    pub other_inline: bool,
    /// Whether to ask which instance profiles it is in.
    pub instance_profiles: bool,
}

/// What of the setup's roles the goal needs to know.
pub(in crate::account) fn subjects(desired: &Desired, goal: Goal) -> Vec<RoleSubject> {
    let subject = |role: &DesiredRole| RoleSubject {
        name: role.name.clone(),
        inline: role.inline.keys().cloned().collect(),
        // What is taken away must be known, so that it could be put back; evidence is of everything that counts.
        other_inline: match goal {
            Goal::Rollback => false,
            Goal::Plan | Goal::Apply => role.extra_policies == ExtraPolicies::Remove,
            Goal::Verify { .. } => role.extra_policies != ExtraPolicies::Ignore,
            Goal::Remove { .. } => true,
        },
        instance_profiles: matches!(goal, Goal::Remove { .. }),
    };
    desired.roles.iter().map(subject).collect()
}
