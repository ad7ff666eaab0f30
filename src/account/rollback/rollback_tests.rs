//! What is put back, and what is a conflict. That any run can be undone is held in `any_state_tests`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::goal::Power;
use super::super::grant::observed::ObservedGrant;
use super::super::model::change::{Change, Write};
use super::super::model::observation::Observation;
use super::super::model::outcome::{AccountStatus, PartStatus};
use super::super::model::plan::Plan;
use super::super::plan::plan;
use super::super::plan_tests::{carry_out, desired, granted, only};
use super::super::power::{Object, SESSION_POLICY_LIMIT};
use super::super::role::observed::ObservedRole;
use super::super::rollback::plan::undo as put_back;
use super::super::rollback::power::{rollback_allowances, rollback_policy};
use crate::account::grant::write::GrantWrite;
use crate::account::role::write::RoleWrite;
use crate::setup::desired::Desired;

/// That what a session gets to undo `done` is in what is told beforehand that rollback needs for the setup.
pub(in crate::account) fn assert_is_foreseen(desired: &Desired, done: &[Change]) {
    let (account, partition) = ("123456789012", "aws".parse().unwrap());
    let policy = rollback_policy(done, account.parse().unwrap(), &partition);
    if !policy.exact {
        return;
    }
    let mut foreseen = BTreeSet::new();
    for allowance in rollback_allowances(desired, &[Power::Write, Power::Remove]) {
        for object in &allowance.on {
            let name = match object {
                Object::Role(name) | Object::PassedRole(name) => format!("role/{name}"),
                Object::InstanceProfiles => "instance-profile/*".to_owned(),
                Object::Grantee(to) => to.to_string(),
                Object::Assumed(_) | Object::Managed(_) => panic!("rollback needs nothing on {object:?}"),
            };
            foreseen.extend(allowance.actions.iter().map(|action| (format!("iam:{action}"), name.clone())));
        }
    }
    let text: serde_json::Value = serde_json::from_str(&policy.text).unwrap();
    let list = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    for statement in text["Statement"].as_array().unwrap() {
        for action in list(&statement["Action"]) {
            for resource in list(&statement["Resource"]) {
                let name = resource.rsplit(':').next().unwrap().replace("/*/", "/");
                let what = (action.clone(), name);
                assert!(foreseen.contains(&what), "{what:?} is not foreseen");
            }
        }
    }
}

/// An account that had nothing, what apply did there, and what it left.
fn made() -> (Vec<Change>, Observation) {
    let plan = plan(&desired(), &nothing()).unwrap();
    let left = carry_out(&plan, nothing());
    (plan.changes, left)
}

fn nothing() -> Observation {
    Observation { roles: BTreeMap::new(), grants: granted(ObservedGrant::Absent) }
}

fn undo(done: &[Change], found: &Observation) -> Result<Plan, String> {
    put_back(done, found, &"aws".parse().unwrap()).map_err(|refusal| format!("{}: {}", refusal.code, refusal.message))
}

fn actions(plan: &Plan) -> Vec<&'static str> {
    plan.changes.iter().map(|change| change.write.action()).collect()
}

#[test]
fn what_was_made_is_taken_away_newest_first() {
    let (done, left) = made();
    let plan = undo(&done, &left).unwrap();
    assert_eq!(actions(&plan), ["DeleteUserPolicy", "DetachRolePolicy", "DeleteRolePolicy", "DeleteRole"]);
    assert_eq!(plan.status, AccountStatus::Removed);
    assert_eq!((plan.parts.role, plan.parts.pass_role), (PartStatus::Removed, PartStatus::Removed));
    assert!(plan.changes.iter().all(|change| change.before.is_some()), "so that this can be undone, too");
}

#[test]
fn what_is_as_it_was_before_needs_nothing() {
    let (done, left) = made();
    assert_eq!(undo(&done, &nothing()).unwrap().status, AccountStatus::Unchanged);
    // Somebody took the grant away: that is as before, and the rest still goes.
    let without = Observation { roles: left.roles, grants: granted(ObservedGrant::Absent) };
    assert_eq!(actions(&undo(&done, &without).unwrap()), ["DetachRolePolicy", "DeleteRolePolicy", "DeleteRole"]);
}

#[test]
fn what_somebody_changed_since_is_a_conflict_that_is_named() {
    let (done, left) = made();
    let after = |edit: fn(&mut ObservedRole)| {
        let mut found = left.clone();
        edit(only(&mut found));
        undo(&done, &found).unwrap_err()
    };
    let other = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    for (error, words) in [
        (after(|role| role.trust = "{}".to_owned()), "its trust policy"),
        (after(|role| role.description = Some("mine".to_owned())), "its description"),
        (after(|role| role.max_session_duration = 3_600), "its session duration"),
        (after(|role| role.boundary = None), "its permissions boundary"),
        (after(|role| role.tags.extend([("k".to_owned(), "v".to_owned())])), "its tags"),
        (after(|role| role.inline_names.extend(["Mine".parse().unwrap()])), "an inline policy Mine"),
        (after(|role| role.managed.extend(["arn:aws:iam::aws:policy/X".parse().unwrap()])), "policy/X"),
        (after(|role| role.instance_profiles.extend(["web".to_owned()])), "the instance profile web"),
    ] {
        assert!(error.starts_with("Conflict: ") && error.contains(words), "{error}");
    }
    let grants = granted(ObservedGrant::Present(other.to_owned()));
    let error = undo(&done, &Observation { grants, ..left.clone() }).unwrap_err();
    assert!(error.contains("user/analyst inline policy RolecallPassRole-AmazonMLRedshift differs"), "{error}");
}

#[test]
fn a_policy_that_means_the_same_in_other_words_is_as_the_run_left_it() {
    let (done, mut left) = made();
    for grant in left.grants.values_mut() {
        *grant = ObservedGrant::Present(
            r#"{"Statement":[{"Resource":["arn:aws:iam::123456789012:role/AmazonMLRedshift"],
                "Action":["IAM:passrole"],"Effect":"Allow"}],"Version":"2012-10-17"}"#
                .to_owned(),
        );
    }
    assert_eq!(undo(&done, &left).unwrap().changes.len(), 4);
}

#[test]
fn tags_go_back_one_by_one() {
    let (_, mut found) = made();
    let role = only(&mut found);
    role.tags = BTreeMap::from([("Owner", "data"), ("new", "1"), ("kept", "x")].map(|(k, v)| (k.into(), v.into())));
    let tags = BTreeMap::from([("owner", "data"), ("new", "1")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    let write = Write::Role(RoleWrite::TagRole { role: "AmazonMLRedshift".parse().unwrap(), tags });
    let done = [Change { write, before: Some(r#"{"owner":"web"}"#.to_owned()) }];
    let plan = undo(&done, &found).unwrap();
    assert_eq!(actions(&plan), ["TagRole", "UntagRole"]);
    assert_eq!(plan.status, AccountStatus::Updated);
    only(&mut found).tags.insert("new".to_owned(), "2".to_owned());
    assert!(undo(&done, &found).unwrap_err().contains("tag new is `2` instead of `1`"));
}

#[test]
fn what_is_not_on_record_is_not_guessed() {
    let (role, policy) = ("AmazonMLRedshift".parse().unwrap(), "P".parse().unwrap());
    let done = [Change { write: Write::Role(RoleWrite::DeleteRolePolicy { role, policy }), before: None }];
    assert!(undo(&done, &made().1).unwrap_err().starts_with("NoBefore: "));
}

#[test]
fn the_session_may_undo_what_was_done_and_no_more() {
    let (account, aws) = ("123456789012".parse().unwrap(), "aws".parse().unwrap());
    let policy = rollback_policy(&made().0, account, &aws);
    assert!(policy.exact && policy.text.len() <= SESSION_POLICY_LIMIT);
    for action in ["DeleteRole\"", "DeleteRolePolicy", "DetachRolePolicy", "DeleteUserPolicy", "GetUserPolicy"] {
        assert!(policy.text.contains(&format!("iam:{action}")), "{action}: {}", policy.text);
    }
    for action in ["CreateRole", "PutRolePolicy", "AttachRolePolicy", "PutUserPolicy", "PassRole", "Group"] {
        assert!(!policy.text.contains(action), "{action}: {}", policy.text);
    }
    assert_is_foreseen(&desired(), &made().0);
    // More names than fit.
    let grants = (0..60).map(|n| Change {
        write: Write::Grant(GrantWrite::Delete {
            principal: format!("user/somebody-with-a-long-name-{n}").parse().unwrap(),
            policy: "P".parse().unwrap(),
        }),
        before: Some("{}".to_owned()),
    });
    let policy = rollback_policy(&grants.collect::<Vec<_>>(), account, &aws);
    assert!(!policy.exact && policy.text.len() <= SESSION_POLICY_LIMIT);
    assert!(policy.text.contains("iam:PutUserPolicy") && !policy.text.contains("iam:DeleteUserPolicy"));
}
