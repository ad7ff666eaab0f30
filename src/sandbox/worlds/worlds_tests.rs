//! Specs, and what the ready worlds hold.

use std::collections::HashSet;
use std::time::Duration;

use super::super::account::AccountState;
use super::super::policy::{PolicyKind, check};
use super::super::world::World;
use super::spec::{Spec, SpecError, Which, read};

#[test]
fn specs_are_read_and_mistakes_are_named() {
    let spec = read("accounts=5000,latency=50ms,seed=7").unwrap();
    let faults = Vec::new();
    assert_eq!(spec, Spec { which: Which::Sized(5000), latency: Duration::from_millis(50), seed: 7, faults });
    assert_eq!(read("accounts=5,faults=throttle:10%+reset:0.5%").unwrap().faults.len(), 2);
    assert_eq!(read("").unwrap().which, Which::Healthy);
    assert_eq!(read("rough, latency=1.5s").unwrap().latency, Duration::from_millis(1500));
    let unknown = read("acounts=5").unwrap_err().to_string();
    assert!(unknown.contains("`acounts`") && unknown.contains("`accounts=`"), "{unknown}");
    for wrong in ["accounts=0", "accounts=many", "latency=50", "latency=-1s", "latency=2h", "seed=x", "faults=all"] {
        assert!(matches!(read(wrong), Err(SpecError::Value { .. })), "{wrong}");
    }
    for twice in ["rough,healthy", "rough,accounts=4", "seed=1,seed=2"] {
        assert!(matches!(read(twice), Err(SpecError::Twice { .. })), "{twice}");
    }
    assert!(matches!(read("healthy=yes"), Err(SpecError::Unknown { .. })));
}

#[test]
fn the_ready_worlds_hold_about_forty_accounts_and_only_documents_that_iam_would_take() {
    for spec in ["healthy", "rough"] {
        let world = World::from_spec(spec).unwrap();
        let ids: HashSet<_> = world.account_ids().collect();
        assert!(ids.len() == world.0.accounts.len() && (35..=45).contains(&ids.len()), "{spec}: {}", ids.len());
        assert!(ids.iter().any(|id| id.as_str().starts_with("000")), "one id has leading zeros");
        for account in &world.0.accounts {
            let iam = world.0.iam(account);
            for role in iam.roles.iter() {
                check(role.trust.text(), PolicyKind::Trust).unwrap();
            }
            let grants = iam.roles.iter().map(|role| &role.grants).chain(iam.users.iter().map(|user| &user.grants));
            for document in grants.flat_map(|grants| grants.documents()) {
                check(document.text(), PolicyKind::Identity).unwrap();
            }
        }
    }
}

#[test]
fn the_healthy_world_has_two_accounts_out_of_use_and_an_analyst_in_each_other() {
    let world = World::from_spec("healthy").unwrap();
    let in_use = |state| state == AccountState::Active;
    assert_eq!(world.0.accounts.iter().filter(|account| !in_use(account.state())).count(), 2);
    for account in &world.0.accounts {
        let iam = world.0.iam(account);
        assert!(iam.users.get("analyst").is_some(), "{}", account.name);
        let enters = iam.roles.get("OrganizationAccountAccessRole").is_some();
        assert_eq!(enters, account.id != world.management_account(), "{}", account.name);
    }
}

#[test]
fn a_big_world_has_distinct_ids_that_hang_on_the_seed() {
    let ids = |spec: &str| World::from_spec(spec).unwrap().account_ids().collect::<HashSet<_>>();
    let first = ids("accounts=50000,seed=7");
    assert_eq!(first.len(), 50_001);
    assert_eq!(first, ids("accounts=50000,seed=7"));
    assert!(ids("accounts=50000,seed=8").intersection(&first).count() < 100);
}
