//! What one account has now, by kind of resource. Pure data: `observe` reads it, `plan` compares it with the setup.

use std::collections::BTreeMap;

use crate::account::grant::observed::ObservedGrant;
use crate::account::role::observed::ObservedRole;
use crate::ids::{PolicyName, PrincipalRef, RoleName};

/// The setup's resources as one account has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observation {
    /// Those of the roles that are there, by the name that was asked for.
    pub roles: BTreeMap<RoleName, ObservedRole>,
    /// One for each principal and each inline policy of it that was asked about.
    pub grants: BTreeMap<(PrincipalRef, PolicyName), ObservedGrant>,
}
