//! The plan, proven by carrying it out on paper: from any state, apply and then plan is empty.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::grant::observed::ObservedGrant;
use super::model::change::{Part, Write};
use super::model::observation::Observation;
use super::model::outcome::PartStatus;
use super::model::plan::Plan;
use super::plan::plan;
use super::role::observed::ObservedRole;
use crate::account::grant::write::GrantWrite;
use crate::account::role::write::RoleWrite;
use crate::ids::{Arn, Partition, PolicyName, PrincipalRef, RoleName};
use crate::policy::PolicyKind;
use crate::setup::desired::{Desired, DesiredRole, ExtraPolicies, Grant, MissingPrincipal, OWNER_TAG, Policy};

const TRUST: &str = include_str!("../../setups/amazon-ml-redshift/trust.json");
const PERMISSIONS: &str = include_str!("../../setups/amazon-ml-redshift/permissions.json");
const OTHER_POLICY: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
const OTHER_TRUST: &str =
    r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}}"#;

fn analyst() -> PrincipalRef {
    "user/analyst".parse().unwrap()
}

fn grant_name() -> PolicyName {
    "RolecallPassRole-AmazonMLRedshift".parse().unwrap()
}

/// An observation of the analyst's grant.
pub(super) fn granted(grant: ObservedGrant) -> BTreeMap<(PrincipalRef, PolicyName), ObservedGrant> {
    [((analyst(), grant_name()), grant)].into()
}

/// What is observed where the only role is so.
pub(super) fn roles(role: Option<ObservedRole>) -> BTreeMap<RoleName, ObservedRole> {
    role.map(|role| (desired().only_role().name.clone(), role)).into_iter().collect()
}

/// The only role that was observed.
pub(super) fn only(observed: &mut Observation) -> &mut ObservedRole {
    observed.roles.values_mut().next().unwrap()
}

fn arn(text: &str) -> Arn {
    text.parse().unwrap()
}

pub(super) fn desired() -> Desired {
    let aws: Partition = "aws".parse().unwrap();
    let grant = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole",
        "Resource":"arn:aws:iam::123456789012:role/AmazonMLRedshift"}}"#;
    Desired {
        setup: "amazon-ml-redshift".into(),
        account: "123456789012".parse().unwrap(),
        partition: aws.clone(),
        roles: vec![DesiredRole {
            name: "AmazonMLRedshift".parse().unwrap(),
            path: "/".into(),
            arn: arn("arn:aws:iam::123456789012:role/AmazonMLRedshift"),
            description: Some("what it is for".into()),
            max_session_duration: Some(7200),
            boundary: Some(arn("arn:aws:iam::123456789012:policy/Boundary")),
            tags: [(OWNER_TAG.into(), "amazon-ml-redshift".into()), ("owner".into(), "data".into())].into(),
            trust: Policy::parse(PolicyKind::Trust, TRUST, &aws).unwrap(),
            inline: [(
                "AmazonMLRedshiftAccess".parse().unwrap(),
                Policy::parse(PolicyKind::Identity, PERMISSIONS, &aws).unwrap(),
            )]
            .into(),
            managed: [arn("arn:aws:iam::aws:policy/SecurityAudit")].into(),
            extra_policies: ExtraPolicies::Report,
        }],
        grants: vec![Grant {
            to: vec![analyst()],
            name: grant_name(),
            role: "AmazonMLRedshift".parse().unwrap(),
            policy: Policy::parse(PolicyKind::Identity, grant, &aws).unwrap(),
            missing_principal: MissingPrincipal::Fail,
        }],
        adopt: false,
    }
}

/// What IAM has after the plan's writes.
pub(super) fn carry_out(plan: &Plan, mut state: Observation) -> Observation {
    for change in &plan.changes {
        if let Write::Role(RoleWrite::CreateRole {
            trust,
            path,
            description,
            max_session_duration,
            permissions_boundary,
            tags,
            ..
        }) = &change.write
        {
            assert!(state.roles.is_empty(), "a role that is there is not created");
            let role = ObservedRole {
                arn: desired().only_role().arn.clone(),
                path: path.clone(),
                description: description.clone(),
                max_session_duration: max_session_duration.unwrap_or(3600),
                trust: trust.to_string(),
                boundary: permissions_boundary.clone(),
                tags: tags.clone(),
                inline_names: BTreeSet::new(),
                inline: BTreeMap::new(),
                managed: BTreeSet::new(),
                instance_profiles: BTreeSet::new(),
            };
            state.roles.insert(desired().only_role().name.clone(), role);
            continue;
        }
        if let Write::Grant(GrantWrite::Put { principal, policy, document }) = &change.write {
            state.grants.insert((principal.clone(), policy.clone()), ObservedGrant::Present(document.to_string()));
            continue;
        }
        let role = state.roles.values_mut().next().expect("there is a role to write to");
        match &change.write {
            Write::Role(RoleWrite::UpdateRole { description, max_session_duration, .. }) => {
                role.description = description.clone().or(role.description.take());
                role.max_session_duration = max_session_duration.unwrap_or(role.max_session_duration);
            }
            Write::Role(RoleWrite::UpdateAssumeRolePolicy { document, .. }) => role.trust = document.to_string(),
            Write::Role(RoleWrite::PutRolePermissionsBoundary { boundary, .. }) => {
                role.boundary = Some(boundary.clone())
            }
            Write::Role(RoleWrite::TagRole { tags, .. }) => role.tags.extend(tags.clone()),
            Write::Role(RoleWrite::PutRolePolicy { policy, document, .. }) => {
                role.inline_names.insert(policy.clone());
                role.inline.insert(policy.clone(), document.to_string());
            }
            Write::Role(RoleWrite::AttachRolePolicy { policy, .. }) => assert!(role.managed.insert(policy.clone())),
            Write::Role(RoleWrite::DeleteRolePolicy { policy, .. }) => {
                assert!(role.inline_names.remove(policy));
                role.inline.remove(policy);
            }
            Write::Role(RoleWrite::DeleteRolePermissionsBoundary { .. }) => role.boundary = None,
            Write::Role(RoleWrite::DetachRolePolicy { policy, .. }) => assert!(role.managed.remove(policy)),
            other => panic!("no plan of an apply holds {other:?}"),
        }
    }
    state
}

#[test]
fn an_account_without_the_role_gets_it_whole_and_the_grant_last() {
    let nothing = Observation { roles: BTreeMap::new(), grants: granted(ObservedGrant::Absent) };
    let plan = plan(&desired(), &nothing).unwrap();
    let actions: Vec<_> = plan.changes.iter().map(|change| change.write.action()).collect();
    assert_eq!(actions, ["CreateRole", "PutRolePolicy", "AttachRolePolicy", "PutUserPolicy"]);
    for part in [Part::Role, Part::Trust, Part::Permissions, Part::PassRole] {
        assert_eq!(plan.parts.get(part), PartStatus::Created, "{part:?}");
    }
}

#[test]
fn without_a_principal_the_grant_is_skipped() {
    let desired = Desired { grants: Vec::new(), ..desired() };
    let plan = plan(&desired, &Observation::default()).unwrap();
    assert_eq!(plan.parts.pass_role, PartStatus::Skipped);
}

#[test]
fn a_missing_principal_stops_the_account_before_anything_is_written_or_is_told_of() {
    let nobody = Observation { roles: BTreeMap::new(), grants: granted(ObservedGrant::NoPrincipal) };
    assert_eq!(plan(&desired(), &nobody).unwrap_err().code, "NoSuchPrincipal");
    let mut lenient = desired();
    lenient.grants[0].missing_principal = MissingPrincipal::Skip;
    let plan = plan(&lenient, &nobody).unwrap();
    assert_eq!((plan.parts.pass_role, plan.notes.len()), (PartStatus::Skipped, 1));
}

#[test]
fn what_is_not_ours_or_cannot_be_changed_is_refused() {
    let start = Observation { roles: BTreeMap::new(), grants: granted(ObservedGrant::Absent) };
    let ours = carry_out(&plan(&desired(), &start).unwrap(), start);
    let with = |edit: &dyn Fn(&mut ObservedRole)| {
        let mut state = ours.clone();
        edit(only(&mut state));
        state
    };
    let foreign = with(&|role| role.tags.clear());
    assert_eq!(plan(&desired(), &foreign).unwrap_err().code, "NotOurs");
    let of_another = with(&|role| {
        role.tags.insert(OWNER_TAG.into(), "other".into());
    });
    assert_eq!(plan(&desired(), &of_another).unwrap_err().code, "NotOurs");
    let adopted = plan(&Desired { adopt: true, ..desired() }, &foreign).unwrap();
    assert_eq!(adopted.changes.first().map(|change| change.write.action()), Some("TagRole"));
    let elsewhere = with(&|role| role.path = "/ops/".into());
    assert_eq!(plan(&desired(), &elsewhere).unwrap_err().code, "PathDiffers");
    let shouting = with(&|role| role.arn = arn("arn:aws:iam::123456789012:role/AMAZONMLREDSHIFT"));
    assert_eq!(plan(&desired(), &shouting).unwrap_err().code, "NameDiffers");
}

const INLINE_NAMES: &[&str] = &["AmazonMLRedshiftAccess", "ByHand", "RolecallPassRole-AmazonMLRedshift"];
const MANAGED: &[&str] = &["arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/ReadOnlyAccess"];

pub(super) fn states() -> impl Strategy<Value = Observation> {
    let policy = prop_oneof![Just(PERMISSIONS), Just(OTHER_POLICY), Just("not even JSON")];
    let boundary = proptest::option::of(prop_oneof![
        Just("arn:aws:iam::123456789012:policy/Boundary"),
        Just("arn:aws:iam::123456789012:policy/Other")
    ]);
    let role = (
        proptest::option::of("[a-z]{1,5}"),
        prop_oneof![Just(3600_u32), Just(7200)],
        prop_oneof![Just(TRUST), Just(OTHER_TRUST), Just("%7B")],
        boundary,
        proptest::option::of("[a-z]{1,3}"),
        proptest::collection::btree_map(proptest::sample::select(INLINE_NAMES), policy.clone(), 0..3),
        proptest::collection::btree_set(proptest::sample::select(MANAGED), 0..3),
    )
        .prop_map(|(description, max_session_duration, trust, boundary, owner, inline, managed)| {
            let mut tags = BTreeMap::from([(OWNER_TAG.to_owned(), "amazon-ml-redshift".to_owned())]);
            tags.extend(owner.map(|owner| ("owner".to_owned(), owner)));
            let inline: BTreeMap<_, _> =
                inline.into_iter().map(|(name, text)| (name.parse().unwrap(), text.to_owned())).collect();
            ObservedRole {
                arn: desired().only_role().arn.clone(),
                path: "/".into(),
                description,
                max_session_duration,
                trust: trust.into(),
                boundary: boundary.map(arn),
                tags,
                inline_names: inline.keys().cloned().collect(),
                inline,
                managed: managed.into_iter().map(arn).collect(),
                instance_profiles: BTreeSet::new(),
            }
        });
    let grant =
        prop_oneof![Just(ObservedGrant::Absent), policy.prop_map(|text| ObservedGrant::Present(text.to_owned()))];
    (proptest::option::of(role), grant)
        .prop_map(|(role, grant)| Observation { roles: roles(role), grants: granted(grant) })
}

proptest! {
    #[test]
    fn from_any_state_apply_and_then_plan_is_empty(state in states(), remove in any::<bool>()) {
        let extra_policies = if remove { ExtraPolicies::Remove } else { ExtraPolicies::Report };
        let desired = desired().with_role(|role| role.extra_policies = extra_policies);
        let after = carry_out(&plan(&desired, &state).unwrap(), state.clone());
        let second = plan(&desired, &after).unwrap();
        prop_assert!(second.is_empty(), "{:?}", second.changes);

        // What is foreign stays, unless the setup says that it goes.
        let name = &desired.only_role().name;
        if let (Some(before), Some(after)) = (state.roles.get(name), after.roles.get(name)) {
            let foreign: BTreeSet<_> = before.managed.difference(&desired.only_role().managed).collect();
            let left: BTreeSet<_> = after.managed.difference(&desired.only_role().managed).collect();
            prop_assert_eq!(left, if remove { BTreeSet::new() } else { foreign });
            for (name, text) in &before.inline {
                if !remove && !desired.only_role().inline.contains_key(name) {
                    prop_assert_eq!(after.inline.get(name), Some(text));
                }
            }
        }
    }
}
