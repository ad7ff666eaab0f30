//! What the role in each account needs to be allowed for a setup.

use std::collections::{BTreeMap, BTreeSet};

use super::need::{Name, Need};
use crate::account::session::{Allowance, Object};
use crate::ids::PrincipalKind;
use crate::setup::desired::Desired;

/// What an instance profile hands a role to: EC2, and EC2 in China.
const EC2: [&str; 2] = ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"];

/// All of `allowances`, as one statement for each kind of object.
pub fn member(desired: &Desired, allowances: &[Allowance]) -> Vec<Need> {
    let mut needs: BTreeMap<u8, Need> = BTreeMap::new();
    for allowance in allowances {
        for object in &allowance.on {
            let (order, sid) = kind(object);
            let passed_to = if matches!(object, Object::PassedRole(_)) { &EC2[..] } else { &[] };
            let nothing = Need { sid, actions: BTreeSet::new(), on: BTreeSet::new(), passed_to };
            let need = needs.entry(order).or_insert(nothing);
            need.actions.extend(allowance.actions.iter().map(|action| format!("iam:{action}")));
            need.on.extend(names(desired, object));
        }
    }
    needs.into_values().collect()
}

/// The statement that an object belongs to, and its place among them.
fn kind(object: &Object) -> (u8, &'static str) {
    match object {
        Object::Role(_) => (0, "TheRole"),
        Object::Assumed(_) => (7, "TheMemberRole"),
        Object::InstanceProfiles => (1, "InstanceProfilesOfTheRole"),
        Object::PassedRole(_) => (2, "TheRoleIntoInstanceProfiles"),
        Object::Managed(_) => (3, "ManagedPolicies"),
        Object::Grantee(to) => match to.kind() {
            PrincipalKind::User => (4, "GrantsOfUsers"),
            PrincipalKind::Group => (5, "GrantsOfGroups"),
            PrincipalKind::Role => (6, "GrantsOfRoles"),
        },
    }
}

fn names(desired: &Desired, object: &Object) -> Vec<Name> {
    // IAM finds an entity by its name, whatever its path.
    let both =
        |kind: &str, name: &str| vec![Name::Here(format!("{kind}/{name}")), Name::Here(format!("{kind}/*/{name}"))];
    match object {
        Object::Role(name) | Object::PassedRole(name) => both("role", name.as_str()),
        Object::InstanceProfiles => vec![Name::Here("instance-profile/*".to_owned())],
        Object::Managed(arn) if arn.account() == desired.account.as_str() => {
            vec![Name::Here(arn.resource().to_owned())]
        }
        Object::Managed(arn) => vec![Name::There(arn.account().to_owned(), arn.resource().to_owned())],
        Object::Assumed(_) => vec![Name::Itself],
        Object::Grantee(to) => both(to.kind().as_str(), to.name()),
    }
}
