//! What a session in an account is allowed: actions on objects, and the session policy that says so. Pure.

use std::collections::BTreeSet;

use serde_json::json;

use crate::ids::{AccountId, Arn, Partition, PrincipalKind, PrincipalRef, RoleName, RolePath};

/// The longest session policy that STS takes, in characters.
pub const SESSION_POLICY_LIMIT: usize = 2048;

/// A session policy, and how close it is to what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy {
    /// The JSON text.
    pub text: String,
    /// Whether it names just the actions on just the names; otherwise it goes by name pattern.
    pub exact: bool,
}

/// What a session acts on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A role of the setup.
    Role(RoleName),
    /// A role of the setup, as it is passed to EC2 by way of an instance profile.
    PassedRole(RoleName),
    /// The role that is assumed.
    Assumed(RolePath),
    /// Any instance profile of the account.
    InstanceProfiles,
    /// A managed policy of the setup.
    Managed(Arn),
    /// Somebody who gets a grant.
    Grantee(PrincipalRef),
}

/// IAM's actions, and the objects of one kind that they are needed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The actions, without `iam:`.
    pub actions: Vec<&'static str>,
    /// What they act on.
    pub on: Vec<Object>,
}

/// How exactly a session policy names its objects. Each one is coarser than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Each by its name.
    Exact,
    /// Grantees and managed policies by kind only.
    RolesByName,
    /// Roles by kind only, too.
    ByKind,
}

/// The session policy that allows just that, in an account. Where it would not fit, grantees and managed policies are named
/// by kind only; where that would not fit either, roles as well.
pub fn session_policy(allowances: &[Allowance], account: AccountId, partition: &Partition) -> SessionPolicy {
    let text = |naming| text(allowances, |object| names(object, naming, account, partition));
    let exact = text(Naming::Exact);
    if exact.chars().count() <= SESSION_POLICY_LIMIT {
        return SessionPolicy { text: exact, exact: true };
    }
    let coarser = text(Naming::RolesByName);
    let fits = coarser.chars().count() <= SESSION_POLICY_LIMIT;
    SessionPolicy { text: if fits { coarser } else { text(Naming::ByKind) }, exact: false }
}

fn text(allowances: &[Allowance], resources: impl Fn(&Object) -> Vec<String>) -> String {
    let statements = allowances.iter().map(|allowance| {
        let actions: Vec<String> = allowance.actions.iter().map(|action| format!("iam:{action}")).collect();
        let resources: BTreeSet<String> = allowance.on.iter().flat_map(&resources).collect();
        json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
    });
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() }).to_string()
}

fn names(object: &Object, naming: Naming, account: AccountId, partition: &Partition) -> Vec<String> {
    let here = |resource: String| format!("arn:{partition}:iam::{account}:{resource}");
    // IAM finds an entity by its name, whatever its path.
    let named = |kind: PrincipalKind, name: &str| {
        let kind = kind.as_str();
        vec![here(format!("{kind}/{name}")), here(format!("{kind}/*/{name}"))]
    };
    match object {
        Object::Role(_) | Object::PassedRole(_) if naming == Naming::ByKind => vec![here("role/*".to_owned())],
        Object::Role(name) | Object::PassedRole(name) => named(PrincipalKind::Role, name.as_str()),
        Object::Assumed(role) => vec![here(format!("role/{role}"))],
        Object::InstanceProfiles => vec![here("instance-profile/*".to_owned())],
        Object::Managed(arn) if naming == Naming::Exact => vec![arn.to_string()],
        Object::Managed(_) => vec![format!("arn:{partition}:iam::*:policy/*")],
        Object::Grantee(to) if naming == Naming::Exact => named(to.kind(), to.name()),
        Object::Grantee(to) => vec![here(format!("{}/*", to.kind().as_str()))],
    }
}
