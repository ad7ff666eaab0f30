//! UpdateRole replaces what it does not name: what the setup leaves open must stay as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::grant::observed::ObservedGrant;
use super::model::change::Write;
use super::model::observation::Observation;
use super::plan::plan;
use super::plan_tests::{desired, granted, roles};
use super::role::observed::ObservedRole;
use crate::account::role::write::RoleWrite;
use crate::setup::desired::OWNER_TAG;

#[test]
fn a_new_description_leaves_the_session_duration_as_it_is() {
    let wanted = desired().with_role(|role| role.max_session_duration = None);
    let role = ObservedRole {
        arn: wanted.only_role().arn.clone(),
        path: "/".to_owned(),
        description: Some("an older one".to_owned()),
        max_session_duration: 14_400,
        trust: wanted.only_role().trust.text.to_string(),
        boundary: wanted.only_role().boundary.clone(),
        tags: BTreeMap::from([(OWNER_TAG.to_owned(), wanted.setup.clone())]),
        inline_names: BTreeSet::new(),
        inline: BTreeMap::new(),
        managed: BTreeSet::new(),
        instance_profiles: BTreeSet::new(),
    };
    let observation = Observation { roles: roles(Some(role)), grants: granted(ObservedGrant::Absent) };
    let plan = plan(&wanted, &observation).unwrap();
    let change =
        plan.changes.iter().find(|change| matches!(change.write, Write::Role(RoleWrite::UpdateRole { .. }))).unwrap();
    let Write::Role(RoleWrite::UpdateRole { description, max_session_duration, .. }) = &change.write else {
        panic!("{change:?}")
    };
    assert_eq!((description.as_deref(), *max_session_duration), (Some("what it is for"), Some(14_400)));
    let told = change.differences(&wanted.partition);
    assert_eq!(told.len(), 1, "the session duration does not differ: {told:?}");
}
