//! What one account has now. Pure data: `observe` reads it, `plan` compares it with the setup.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{Arn, PolicyName, PrincipalRef};

/// The setup's role and grants as one account has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observation {
    /// The role, if it is there.
    pub role: Option<ObservedRole>,
    /// One for each principal and each inline policy of it that was asked about.
    pub grants: BTreeMap<(PrincipalRef, PolicyName), ObservedGrant>,
}

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

/// What a principal has by way of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedGrant {
    /// There is no such user, group or role.
    NoPrincipal,
    /// The principal is there, the grant is not.
    Absent,
    /// The grant, decoded JSON text.
    Present(String),
}
