//! What a command can have written for a setup in one account, to hold a journal against: it is not the only authority on
//! what is put back. Pure.
//!
//! A journal says which writes a run made. Undoing one that the run's command cannot have made for the run's setup would do
//! what somebody else wants.

use super::goal::Goal;
use super::model::change::Change;
use crate::ids::Partition;
use crate::policy::{CanonicalPolicy, PolicyKind};
use crate::setup::desired::{Desired, DesiredRole, ExtraPolicies, Grant, Policy};

/// The writes by which `apply` makes a role what the setup says.
const ROLE_MADE: [&str; 7] = [
    "CreateRole",
    "UpdateRole",
    "UpdateAssumeRolePolicy",
    "PutRolePermissionsBoundary",
    "TagRole",
    "PutRolePolicy",
    "AttachRolePolicy",
];
/// Those that take off what is not the setup's, where the setup says so.
const EXTRA_TAKEN: [&str; 3] = ["DeleteRolePolicy", "DetachRolePolicy", "DeleteRolePermissionsBoundary"];
/// Those by which `remove` takes a role away.
const ROLE_TAKEN: [&str; 5] = [
    "RemoveRoleFromInstanceProfile",
    "DetachRolePolicy",
    "DeleteRolePolicy",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
];
const GRANT_MADE: [&str; 3] = ["PutUserPolicy", "PutGroupPolicy", "PutRolePolicy"];
const GRANT_TAKEN: [&str; 3] = ["DeleteUserPolicy", "DeleteGroupPolicy", "DeleteRolePolicy"];

/// Why a command with this goal cannot have made this change for `desired`; nothing where it can.
pub fn not_of_the_setup(desired: &Desired, goal: Goal, change: &Change, partition: &Partition) -> Option<String> {
    let (action, resource, after) = (change.write.action(), change.write.resource(), change.write.after());
    let grant_of = |grant: &&Grant| grant.to.iter().any(|to| resource == format!("{to} inline policy {}", grant.name));
    if let Some(grant) = desired.grants.iter().find(grant_of) {
        let (of_kind, is_it) = match goal {
            Goal::Remove { .. } => (GRANT_TAKEN.contains(&action), true),
            Goal::Rollback => (GRANT_MADE.contains(&action) || GRANT_TAKEN.contains(&action), true),
            _ => (
                GRANT_MADE.contains(&action),
                is_policy(PolicyKind::Identity, &grant.policy, after.as_deref(), partition),
            ),
        };
        return refused(of_kind, is_it, action, &resource);
    }
    let is_of = |role: &&DesiredRole| {
        let named = format!("role/{}", role.name);
        resource == named || resource.starts_with(&format!("{named} "))
    };
    let Some(role) = desired.roles.iter().find(is_of) else {
        return Some(format!("{action} on `{resource}`, which the setup does not name"));
    };
    let (of_kind, is_it) = match goal {
        Goal::Remove { .. } => (ROLE_TAKEN.contains(&action), true),
        // The one that is put back was held against the setup, too; what undoes its writes may be any of them.
        Goal::Rollback => (true, true),
        _ => {
            let extra = role.extra_policies == ExtraPolicies::Remove && EXTRA_TAKEN.contains(&action);
            (ROLE_MADE.contains(&action) || extra, wants(role, action, &resource, after.as_deref(), partition))
        }
    };
    refused(of_kind, is_it, action, &resource)
}

fn refused(of_kind: bool, is_it: bool, action: &str, resource: &str) -> Option<String> {
    match (of_kind, is_it) {
        (false, _) => Some(format!("{action} on `{resource}`, which the run's command does not do")),
        (true, false) => Some(format!("{action} on `{resource}` with something else than the setup has there")),
        (true, true) => None,
    }
}

/// Whether what `apply` leaves there is what the setup has there.
fn wants(role: &DesiredRole, action: &str, resource: &str, after: Option<&str>, partition: &Partition) -> bool {
    let boundary = role.boundary.as_ref().map(ToString::to_string);
    let json = || serde_json::from_str::<serde_json::Value>(after.unwrap_or_default()).unwrap_or_default();
    match action {
        "CreateRole" => {
            let made = json();
            let text = |name: &str| made.get(name).and_then(|value| value.as_str());
            text("path") == Some(role.path.as_str())
                && is_policy(PolicyKind::Trust, &role.trust, text("trust"), partition)
                && text("permissions_boundary") == boundary.as_deref()
                && made.get("tags") == serde_json::to_value(&role.tags).ok().as_ref()
        }
        "UpdateAssumeRolePolicy" => is_policy(PolicyKind::Trust, &role.trust, after, partition),
        "PutRolePolicy" => {
            let name = resource.rsplit(' ').next().unwrap_or_default();
            let wanted = role.inline.iter().find(|(known, _)| known.as_str() == name);
            wanted.is_some_and(|(_, policy)| is_policy(PolicyKind::Identity, policy, after, partition))
        }
        "AttachRolePolicy" => after.is_some_and(|arn| role.managed.iter().any(|managed| managed.to_string() == arn)),
        "PutRolePermissionsBoundary" => after == boundary.as_deref(),
        "TagRole" => json().as_object().is_some_and(|tags| {
            tags.iter().all(|(key, value)| role.tags.get(key).map(String::as_str) == value.as_str())
        }),
        // What is there before is put back, whatever it was; and of a description nobody gets any power.
        _ => true,
    }
}

/// Whether a text is a policy of the setup, by meaning: another version may have written it in other words.
fn is_policy(kind: PolicyKind, wanted: &Policy, text: Option<&str>, partition: &Partition) -> bool {
    let Some(text) = text else { return false };
    *text == *wanted.text || CanonicalPolicy::read(kind, text, partition).is_ok_and(|found| found == *wanted.meaning)
}

/// Whom a role trusts again once this change is undone, where that says whom it trusts.
pub fn trusted_again(change: &Change, partition: &Partition) -> Option<String> {
    let before = change.before.as_deref()?;
    let trust = match change.write.action() {
        "UpdateAssumeRolePolicy" => before.to_owned(),
        "DeleteRole" => {
            let role: serde_json::Value = serde_json::from_str(before).ok()?;
            role.get("trust")?.as_str()?.to_owned()
        }
        _ => return None,
    };
    Some(match CanonicalPolicy::read(PolicyKind::Trust, &trust, partition) {
        Ok(trust) => trust.trusted().join(", "),
        Err(_) => "whom a policy says that cannot be read".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::account::grant::observed::ObservedGrant;
    use crate::account::model::observation::Observation;
    use crate::account::plan::plan;
    use crate::account::plan_tests::{desired, granted};

    const STRANGER: &str = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"AWS":"arn:aws:iam::999999999999:root"}}}"#;

    /// What apply does in an account that has nothing.
    fn made() -> Vec<Change> {
        let grants = granted(ObservedGrant::Absent);
        plan(&desired(), &Observation { roles: BTreeMap::new(), grants }).unwrap().changes
    }

    fn judged(goal: Goal, change: &Change) -> Option<String> {
        not_of_the_setup(&desired(), goal, change, &"aws".parse().unwrap())
    }

    #[test]
    fn what_apply_makes_of_the_setup_is_the_setups() {
        for change in made() {
            assert_eq!(judged(Goal::Apply, &change), None, "{change:?}");
            assert_eq!(judged(Goal::Rollback, &change), None, "{change:?}");
            assert!(judged(Goal::Remove { force: true }, &change).is_some_and(|why| why.contains("does not do")));
        }
    }

    #[test]
    fn another_role_another_trust_and_another_policy_are_not() {
        for change in made() {
            let text = serde_json::to_string(&change).unwrap();
            let other: Change = serde_json::from_str(&text.replace("AmazonMLRedshift\"", "Administrators\"")).unwrap();
            if text.contains("\"role\":\"AmazonMLRedshift\"") {
                let why = judged(Goal::Apply, &other).unwrap();
                assert!(why.contains("`role/Administrators") && why.contains("the setup does not name"), "{why}");
            }
            for (word, stranger) in [
                ("machinelearning.amazonaws.com", "evil.example.com"),
                ("SecurityAudit", "AdministratorAccess"),
                ("PassRole\\", "*\\"),
                ("s3:GetObject", "*"),
            ] {
                let stranger = text.replace(word, stranger);
                let before = change.write.after();
                let other: Change = serde_json::from_str(&stranger).unwrap();
                if other.write.after() != before {
                    assert!(judged(Goal::Apply, &other).is_some(), "{stranger}");
                }
            }
        }
    }

    #[test]
    fn whom_a_role_will_trust_again_is_said() {
        let mut change = made().remove(0);
        assert_eq!(trusted_again(&change, &"aws".parse().unwrap()), None);
        change.before = Some(STRANGER.to_owned());
        let text = serde_json::to_string(&change).unwrap();
        let action = |text: &str| text.replacen("\"CreateRole\"", "\"DeleteRole\"", 1);
        let before = serde_json::json!({ "trust": STRANGER }).to_string();
        let deleted: Change = serde_json::from_str(&action(&text)).unwrap();
        let deleted = Change { before: Some(before), ..deleted };
        let said = trusted_again(&deleted, &"aws".parse().unwrap());
        assert_eq!(said.as_deref(), Some("arn:aws:iam::999999999999:root"));
    }
}
