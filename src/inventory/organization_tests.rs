//! Organizations as the sandbox plays it, over the real SDK.

use std::num::NonZeroU32;

use aws_credential_types::Credentials;

use super::list::{Inventory, Reason, Selection};
use super::organization::read_organization;
use super::select::{Apart, Selector};
use crate::aws::clients::{Clients, Connection};
use crate::sandbox::{AccountState, SandboxHttpClient, World};

async fn connect(world: &World) -> Clients {
    let given = world.credentials();
    let credentials = Credentials::new(given.access_key_id, given.secret_access_key, None, None, "sandbox");
    let http = SandboxHttpClient::shared(world.clone());
    let region = world.region().parse().unwrap();
    let connection = Connection::Simulated { http, credentials, region };
    Clients::connect(connection, NonZeroU32::new(600).unwrap()).await.unwrap()
}

async fn inventory(world: &World, with_parents: bool) -> Inventory {
    read_organization(&connect(world).await, with_parents, |_| {}).await.unwrap()
}

#[tokio::test]
async fn every_account_is_there_in_order_and_the_unworkable_are_out() {
    let world = World::from_spec("healthy").unwrap();
    let inventory = inventory(&world, false).await;
    let ids: Vec<_> = inventory.entries.iter().map(|entry| entry.account.id).collect();
    assert_eq!(ids, world.account_ids().collect::<Vec<_>>());
    let out: Vec<_> = inventory.entries.iter().filter(|entry| entry.selection != Selection::In).collect();
    assert_eq!(out.len(), 2, "{out:?}");
    assert!(out.iter().all(|entry| matches!(entry.selection, Selection::Out(Reason::NotActive(_)))));
    assert!(inventory.entries.iter().all(|entry| entry.account.joined.is_some()));
    assert_eq!(inventory.source, format!("organization {}", world.organization_id()));
}

#[tokio::test]
async fn a_unit_stands_for_what_is_below_it() {
    let world = World::from_spec("healthy").unwrap();
    let all = inventory(&world, true).await;
    let own = world.management_account();
    let unit = |name: &str| world.unit_id(name).unwrap().to_owned();
    let workloads = Selector { ou: [unit("Workloads")].into(), ..Selector::default() };
    let inside = workloads.apply(all.clone(), Apart::Management(own)).unwrap();
    let prod = Selector { exclude_ou: [unit("Prod")].into(), ..workloads.clone() };
    let without_prod = prod.apply(all.clone(), Apart::Management(own)).unwrap();
    assert!(inside.selected() > without_prod.selected() && without_prod.selected() > 0);
    for entry in &inside.entries {
        let below = entry.account.parents.contains(&unit("Workloads"));
        assert_eq!(
            entry.account.unit.starts_with("Workloads / "),
            below && entry.account.parents.len() > 2,
            "{entry:?}"
        );
        assert_eq!(
            entry.selection == Selection::In,
            below
                && world.account_ids().any(|id| id == entry.account.id)
                && !matches!(entry.selection, Selection::Out(Reason::NotActive(_))),
            "{entry:?}"
        );
    }
}

#[tokio::test]
async fn a_unit_without_accounts_is_a_unit() {
    let world = World::from_spec("healthy").unwrap();
    let mut all = inventory(&world, true).await;
    assert_eq!(all.units.len(), 8, "the root and every unit: {:?}", all.units);
    let emptied = world.unit_id("Suspended").unwrap().to_owned();
    all.entries.retain(|entry| !entry.account.parents.contains(&emptied));
    let own = world.management_account();
    let all_in = |inventory: Inventory| inventory.selected();
    let without = Selector { exclude_ou: [emptied.clone()].into(), ..Selector::default() };
    let by_name = Selector { exclude_ou: ["Suspended".to_owned()].into(), ..Selector::default() };
    let nothing = Selector::default().apply(all.clone(), Apart::Management(own)).unwrap().selected();
    assert_eq!(all_in(without.apply(all.clone(), Apart::Management(own)).unwrap()), nothing);
    assert_eq!(all_in(by_name.apply(all.clone(), Apart::Management(own)).unwrap()), nothing);
    let only = Selector { ou: [emptied].into(), ..Selector::default() };
    assert!(only.apply(all, Apart::Management(own)).unwrap().with_work().is_err());
}

#[tokio::test]
async fn an_account_that_no_unit_lists_is_out_where_units_matter() {
    let world = World::from_spec("healthy").unwrap();
    let own = world.management_account();
    let mut all = inventory(&world, true).await;
    let unit = |name: &str| world.unit_id(name).unwrap().to_owned();
    let (prod, workloads) = ([unit("Prod")].into(), [unit("Workloads")].into());
    // It moved from one unit to the other while the tree was walked, and neither of the two listed it.
    let moved = all.entries.iter_mut().find(|entry| entry.account.parents.contains(&unit("Dev"))).unwrap();
    moved.account.parents.clear();
    let moved = moved.account.id;
    let of = |selector: Selector| {
        let inventory = selector.apply(all.clone(), Apart::Management(own)).unwrap();
        inventory.entries.into_iter().find(|entry| entry.account.id == moved).unwrap().selection
    };
    assert_eq!(of(Selector { exclude_ou: prod, ..Selector::default() }), Selection::Out(Reason::UnitUnknown));
    assert_eq!(of(Selector { ou: workloads, ..Selector::default() }), Selection::Out(Reason::UnitUnknown));
    assert_eq!(of(Selector { exclude: [own].into(), ..Selector::default() }), Selection::In);
}

#[tokio::test]
async fn what_a_filter_names_must_be_there_and_something_must_be_left() {
    let world = World::from_spec("healthy").unwrap();
    let all = inventory(&world, false).await;
    let own = world.management_account();
    let stranger = "999999999999".parse().unwrap();
    let error = Selector { include: [stranger].into(), ou: ["ou-none".into()].into(), ..Selector::default() }
        .apply(all.clone(), Apart::Management(own))
        .unwrap_err()
        .to_string();
    assert_eq!(error, "not in the inventory: 999999999999, ou-none");
    let only_own = Selector { include: [own].into(), ..Selector::default() };
    assert!(only_own.apply(all.clone(), Apart::Management(own)).unwrap().with_work().is_err());
    let asked_for = Selector { management_account: true, ..only_own };
    assert_eq!(asked_for.apply(all, Apart::Management(own)).unwrap().selected(), 1);
}

#[tokio::test]
async fn a_closed_account_is_out_by_its_state() {
    let world = World::from_spec("accounts=3,seed=1").unwrap();
    let account = world.account_ids().last().unwrap();
    assert!(world.set_state(account, AccountState::Closed));
    let inventory = inventory(&world, false).await;
    let entry = inventory.entries.iter().find(|entry| entry.account.id == account).unwrap();
    assert_eq!(entry.selection, Selection::Out(Reason::NotActive("CLOSED".to_owned())));
}
