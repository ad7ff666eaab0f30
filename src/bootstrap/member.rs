//! What the role in each account needs to be allowed for a setup.

use std::collections::{BTreeMap, BTreeSet};

use super::need::{Name, Need};
use crate::account::session::{Object, Power, allowances};
use crate::ids::PrincipalKind;
use crate::setup::desired::Desired;

/// What has to be allowed for all of `powers`, as one statement for each kind of object.
pub fn member(desired: &Desired, powers: &[Power]) -> Vec<Need> {
    let mut needs: BTreeMap<u8, Need> = BTreeMap::new();
    for allowance in powers.iter().flat_map(|power| allowances(desired, *power)) {
        for object in &allowance.on {
            let (order, sid) = kind(object);
            let need = needs.entry(order).or_insert(Need { sid, actions: BTreeSet::new(), on: BTreeSet::new() });
            need.actions.extend(allowance.actions.iter().map(|action| format!("iam:{action}")));
            need.on.extend(names(desired, object));
        }
    }
    needs.into_values().collect()
}

/// The statement that an object belongs to, and its place among them.
fn kind(object: &Object) -> (u8, &'static str) {
    match object {
        Object::TheRole => (0, "TheRole"),
        Object::Assumed(_) => (6, "TheMemberRole"),
        Object::InstanceProfiles => (1, "InstanceProfilesOfTheRole"),
        Object::Managed(_) => (2, "ManagedPolicies"),
        Object::Grantee(to) => match to.kind() {
            PrincipalKind::User => (3, "GrantsOfUsers"),
            PrincipalKind::Group => (4, "GrantsOfGroups"),
            PrincipalKind::Role => (5, "GrantsOfRoles"),
        },
    }
}

fn names(desired: &Desired, object: &Object) -> Vec<Name> {
    // IAM finds an entity by its name, whatever its path.
    let both =
        |kind: &str, name: &str| vec![Name::Here(format!("{kind}/{name}")), Name::Here(format!("{kind}/*/{name}"))];
    match object {
        Object::TheRole => both("role", desired.role.as_str()),
        Object::Assumed(role) => vec![Name::Here(format!("role/{role}"))],
        Object::InstanceProfiles => vec![Name::Here("instance-profile/*".to_owned())],
        Object::Managed(arn) if arn.account() == desired.role_arn.account() => {
            vec![Name::Here(arn.resource().to_owned())]
        }
        Object::Managed(arn) => vec![Name::There(arn.account().to_owned(), arn.resource().to_owned())],
        Object::Grantee(to) => both(to.kind().as_str(), to.name()),
    }
}
