//! What verify says is what plan would change, and what evidence shows; what remove does is undone by apply.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::grant::observed::ObservedGrant;
use super::model::change::Write;
use super::model::difference::{Difference, DifferenceKind};
use super::model::observation::Observation;
use super::model::outcome::{AccountStatus, PartStatus};
use super::plan::plan;
use super::plan::removal;
use super::plan_tests::{carry_out, desired, granted, only, states};
use super::verify::drift;
use super::verify::evidence;
use crate::account::role::write::RoleWrite;
use crate::setup::desired::{ExtraPolicies, MissingPrincipal};

fn right() -> Observation {
    let nothing = Observation { roles: BTreeMap::new(), grants: granted(ObservedGrant::Absent) };
    carry_out(&plan(&desired(), &nothing).unwrap(), nothing)
}

#[test]
fn an_account_that_apply_made_right_is_compliant() {
    let drift = drift(&desired(), &right());
    assert_eq!(drift.differences, []);
    assert_eq!(drift.status(), AccountStatus::Compliant);
    assert_eq!(drift.parts().pass_role, PartStatus::Unchanged);
}

#[test]
fn each_tampering_is_named_with_both_sides() {
    let foreign = "arn:aws:iam::aws:policy/AdministratorAccess";
    type Tampering = (fn(&mut Observation), DifferenceKind, &'static str);
    let cases: [Tampering; 9] = [
        (|o| only(o).tags.clear(), DifferenceKind::Missing, "tag owner"),
        (|o| only(o).description = None, DifferenceKind::Missing, "description"),
        (|o| only(o).max_session_duration = 3600, DifferenceKind::Changed, "session duration"),
        (|o| only(o).boundary = None, DifferenceKind::Missing, "permissions boundary"),
        (|o| only(o).managed.clear(), DifferenceKind::Missing, "SecurityAudit"),
        (
            |o| assert!(only(o).managed.insert("arn:aws:iam::aws:policy/AdministratorAccess".parse().unwrap())),
            DifferenceKind::Extra,
            "AdministratorAccess",
        ),
        (|o| assert!(only(o).inline_names.insert("ByHand".parse().unwrap())), DifferenceKind::Extra, "ByHand"),
        (
            // The grant's name, but on the role, which gets no grant here.
            |o| {
                let name: crate::ids::PolicyName = "RolecallPassRole-AmazonMLRedshift".parse().unwrap();
                assert!(only(o).inline_names.insert(name));
            },
            DifferenceKind::Extra,
            "role/AmazonMLRedshift inline policy RolecallPassRole",
        ),
        (|o| o.grants = granted(ObservedGrant::Absent), DifferenceKind::Missing, "user/analyst"),
    ];
    for (tamper, kind, item) in cases {
        let mut state = right();
        tamper(&mut state);
        let drift = drift(&desired(), &state);
        assert_eq!(drift.status(), AccountStatus::Drifted, "{item}");
        let named = |difference: &&Difference| difference.kind == kind && difference.item.contains(item);
        assert!(drift.differences.iter().any(|difference| named(&difference)), "{item}: {:?}", drift.differences);
    }
    let mut state = right();
    only(&mut state).managed.insert(foreign.parse().unwrap());
    let lenient = desired().with_role(|role| role.extra_policies = ExtraPolicies::Ignore);
    assert_eq!(drift(&lenient, &state).status(), AccountStatus::Compliant);
}

#[test]
fn a_role_that_is_not_there_is_missing_and_so_is_a_principal() {
    let nothing = Observation { roles: BTreeMap::new(), grants: granted(ObservedGrant::NoPrincipal) };
    let found = drift(&desired(), &nothing);
    assert_eq!((found.status(), found.parts().trust), (AccountStatus::Missing, PartStatus::Missing));
    assert!(found.differences.iter().any(|d| d.detail.iter().any(|line| line.contains("does not exist"))));
    let mut lenient = desired();
    lenient.grants[0].missing_principal = MissingPrincipal::Skip;
    let found = drift(&lenient, &nothing);
    assert_eq!((found.parts().pass_role, found.notes.len()), (PartStatus::Skipped, 1));
}

proptest! {
    #[test]
    fn no_difference_no_change_and_equal_evidence_are_one_and_the_same(state in states(), ignore in any::<bool>()) {
        let extra_policies = if ignore { ExtraPolicies::Ignore } else { ExtraPolicies::Remove };
        let desired = desired().with_role(|role| role.extra_policies = extra_policies);
        let differences = drift(&desired, &state).differences;
        let changes = plan(&desired, &state).unwrap().changes;
        prop_assert_eq!(differences.is_empty(), changes.is_empty(), "{:?} {:?}", differences, changes);
        let evidence = evidence(&desired, &state);
        prop_assert_eq!(differences.is_empty(), evidence.wanted == evidence.found, "{:?}", evidence);
        prop_assert_eq!(evidence.wanted.digest == evidence.found.digest, evidence.wanted.items == evidence.found.items);
    }

    #[test]
    fn remove_deletes_what_is_there_once_and_the_role_last(state in states(), force in any::<bool>()) {
        let Ok(removed) = removal(&desired(), &state, force) else {
            prop_assert!(!force, "force gets past whatever hangs on a role of ours");
            return Ok(());
        };
        let has_role = !state.roles.is_empty();
        let deletes = |write: &Write| matches!(write, Write::Role(RoleWrite::DeleteRole { .. }));
        prop_assert_eq!(removed.changes.iter().filter(|change| deletes(&change.write)).count(), usize::from(has_role));
        if has_role {
            prop_assert!(removed.changes.last().is_some_and(|change| deletes(&change.write)));
        }
        prop_assert!(removed.changes.iter().all(|change| change.before.is_some()), "{:?}", removed.changes);
        let gone = Observation { roles: BTreeMap::new(), grants: granted(ObservedGrant::Absent) };
        prop_assert!(removal(&desired(), &gone, force).unwrap().is_empty());
    }
}
