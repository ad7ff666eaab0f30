//! Rows compared, one account at a time and many.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::compare::{Comparison, Difference, ItemChange, ItemChanges, Seen, Shift};
use super::row::AccountRow;
use super::sample;
use crate::account::change::Part;
use crate::account::outcome::{AccountStatus, PartStatus, Parts, Step};
use crate::ids::AccountId;

fn row(status: AccountStatus) -> AccountRow {
    let mut row = AccountRow::from_outcome(&sample::created(1));
    row.status = status;
    row.parts = Parts::all(match status {
        AccountStatus::Created => PartStatus::Created,
        AccountStatus::Failed | AccountStatus::NotReached => PartStatus::NotReached,
        AccountStatus::Skipped => PartStatus::Skipped,
        AccountStatus::Missing => PartStatus::Missing,
        AccountStatus::Removed => PartStatus::Removed,
        AccountStatus::Absent => PartStatus::Absent,
        _ => PartStatus::Unchanged,
    });
    match status {
        AccountStatus::Failed => {
            row.failed_step = Some(Step::PutTrust);
            row.error_code = "AccessDenied".to_owned();
            row.error_message = format!("no, says request {}", row.request_id);
        }
        AccountStatus::Drifted => *row.parts.get_mut(Part::Trust) = PartStatus::Drifted,
        AccountStatus::Pending => *row.parts.get_mut(Part::Trust) = PartStatus::Pending,
        AccountStatus::Updated => *row.parts.get_mut(Part::Trust) = PartStatus::Updated,
        AccountStatus::Skipped => row.error_message = "the account is CLOSED, not ACTIVE".to_owned(),
        AccountStatus::NotReached => row.error_message = "the run was interrupted".to_owned(),
        _ => {}
    }
    row
}

fn with(status: AccountStatus, change: impl FnOnce(&mut AccountRow)) -> AccountRow {
    let mut row = row(status);
    change(&mut row);
    row
}

fn seen(rows: &[&AccountRow]) -> BTreeMap<AccountId, Seen> {
    rows.iter().map(|row| (row.account_id, Seen::from(*row))).collect()
}

fn difference(old: Option<&AccountRow>, new: Option<&AccountRow>, items: ItemChanges) -> Option<Difference> {
    let id = sample::account(1);
    let one = |row: Option<&AccountRow>| seen(&row.into_iter().collect::<Vec<_>>());
    let mut comparison = Comparison::of(&one(old), &one(new), [(id, items)].into(), false);
    assert_eq!(comparison.differences.len() + comparison.same, 1);
    comparison.differences.pop()
}

/// What is told of an account: the shift and the detail.
fn told(old: &AccountRow, new: &AccountRow) -> Option<(Shift, String)> {
    difference(Some(old), Some(new), ItemChanges::default()).map(|found| (found.change, found.detail))
}

#[test]
fn better_and_worse_say_how_it_is_and_how_it_was() {
    use AccountStatus::*;
    for (old, new, shift, detail) in [
        (Unchanged, Failed, Shift::Worse, "put_trust: AccessDenied"),
        (Compliant, Drifted, Shift::Worse, "trust"),
        (Compliant, Missing, Shift::Worse, "role, trust, permissions, pass_role"),
        (Drifted, Failed, Shift::Worse, "put_trust: AccessDenied"),
        (Failed, NotReached, Shift::Worse, "the run was interrupted"),
        (Failed, Created, Shift::Better, "before: put_trust: AccessDenied"),
        (Failed, Drifted, Shift::Better, "trust; before: put_trust: AccessDenied"),
        (Pending, Updated, Shift::Better, "before: trust"),
        (Missing, Compliant, Shift::Better, "before: role, trust, permissions, pass_role"),
        (Skipped, Failed, Shift::TakenIn, "put_trust: AccessDenied; before: the account is CLOSED, not ACTIVE"),
        (Compliant, Skipped, Shift::LeftOut, "the account is CLOSED, not ACTIVE"),
        (Failed, Failed, Shift::Still, "put_trust: AccessDenied"),
        (Drifted, Drifted, Shift::Still, "trust"),
        (Pending, Drifted, Shift::Still, "trust"),
        (NotReached, NotReached, Shift::Still, "the run was interrupted"),
        (Compliant, Updated, Shift::Changed, "the run wrote trust"),
        (Unchanged, Created, Shift::Changed, "the run created it"),
        (Created, Removed, Shift::Changed, "the run took it away"),
        (Unchanged, Absent, Shift::Changed, ""),
    ] {
        assert_eq!(told(&row(old), &row(new)), Some((shift, detail.to_owned())), "{old} → {new}");
    }
    for (old, new) in [(Created, Unchanged), (Updated, Compliant), (Removed, Absent), (Skipped, Skipped)] {
        assert_eq!(told(&row(old), &row(new)), None, "{old} → {new}");
    }
}

#[test]
fn another_way_of_being_unwell_is_no_repetition() {
    let failed = row(AccountStatus::Failed);
    let elsewhere = with(AccountStatus::Failed, |row| row.failed_step = Some(Step::Observe));
    let because = "observe: AccessDenied; before: put_trust: AccessDenied".to_owned();
    assert_eq!(told(&failed, &elsewhere), Some((Shift::Changed, because)));

    let other_request = with(AccountStatus::Failed, |row| row.error_message = "no, says request 2".to_owned());
    assert_eq!(told(&failed, &other_request).unwrap().0, Shift::Still, "a message is no way of failing");

    let drifted = row(AccountStatus::Drifted);
    let more = with(AccountStatus::Drifted, |row| {
        row.parts.trust = PartStatus::Drifted;
        row.parts.permissions = PartStatus::Missing;
    });
    assert_eq!(told(&drifted, &more), Some((Shift::Changed, "trust, permissions; before: trust".to_owned())));
}

#[test]
fn an_account_that_stays_well_is_told_of_where_something_is_new() {
    let compliant = row(AccountStatus::Compliant);
    let noted = with(AccountStatus::Compliant, |row| row.notes = "a foreign policy: X".to_owned());
    assert_eq!(told(&compliant, &noted), Some((Shift::Changed, "noted: a foreign policy: X".to_owned())));
    assert_eq!(told(&noted, &compliant), Some((Shift::Changed, "no longer noted: a foreign policy: X".to_owned())));
    assert_eq!(told(&noted, &noted), None);

    let other = with(AccountStatus::Compliant, |row| {
        row.role_arn = Some("arn:aws:iam::000000000001:role/Other".parse().unwrap());
    });
    let detail = "another role: role/Other, before: role/Demo".to_owned();
    assert_eq!(told(&compliant, &other), Some((Shift::Changed, detail)));

    let open = with(AccountStatus::Skipped, |row| row.error_message = "excluded".to_owned());
    let detail = "excluded; before: the account is CLOSED, not ACTIVE".to_owned();
    assert_eq!(told(&row(AccountStatus::Skipped), &open), Some((Shift::Changed, detail)));
}

#[test]
fn evidence_tells_drift_from_other_drift() {
    let drifted = row(AccountStatus::Drifted);
    let change = |item: &str, change| ItemChange { item: item.to_owned(), change };
    let items = ItemChanges {
        found: vec![change("inline/A", "came"), change("trust", "changed")],
        wanted: vec![change("tag/\u{1b}[31m", "went")],
    };
    let found = difference(Some(&drifted), Some(&drifted), items.clone()).unwrap();
    assert_eq!(found.change, Shift::Changed);
    let said = "trust; found: inline/A came, trust changed; the setup: tag/\\u{1b}[31m went";
    assert_eq!(found.detail, said);
    assert_eq!(found.items, items);
    let compliant = row(AccountStatus::Compliant);
    assert_eq!(difference(Some(&compliant), Some(&compliant), items).unwrap().change, Shift::Changed);
}

#[test]
fn rows_that_came_and_went_have_one_status() {
    let failed = row(AccountStatus::Failed);
    let came = difference(None, Some(&failed), ItemChanges::default()).unwrap();
    assert_eq!((came.change, came.before, came.after), (Shift::Came, None, Some(AccountStatus::Failed)));
    let went = difference(Some(&failed), None, ItemChanges::default()).unwrap();
    assert_eq!((went.change, went.before, went.after), (Shift::Went, Some(AccountStatus::Failed), None));
    assert_eq!((came.detail.as_str(), went.detail.as_str()), ("put_trust: AccessDenied", "put_trust: AccessDenied"));
}

fn any_row() -> impl Strategy<Value = AccountRow> {
    let status = prop::sample::select(AccountStatus::ALL);
    (status, prop::sample::select(PartStatus::ALL), any::<bool>()).prop_map(|(status, trust, noted)| {
        with(status, |row| {
            row.parts.trust = trust;
            row.notes = if noted { "noted".to_owned() } else { String::new() };
        })
    })
}

proptest! {
    /// Worse one way is better the other way, whatever the rows; and nothing is worse or better than itself.
    #[test]
    fn time_reversed_turns_each_shift_round(old in any_row(), new in any_row()) {
        let shift = |old, new| told(old, new).map(|(shift, _)| shift);
        let turned = match shift(&old, &new) {
            Some(Shift::Worse) => Some(Shift::Better),
            Some(Shift::Better) => Some(Shift::Worse),
            Some(Shift::LeftOut) => Some(Shift::TakenIn),
            Some(Shift::TakenIn) => Some(Shift::LeftOut),
            Some(Shift::Still) => Some(Shift::Still),
            // Whether a well account was written to is not the same from both ends.
            other => {
                prop_assert!(matches!(shift(&new, &old), None | Some(Shift::Changed)));
                prop_assert!(matches!(other, None | Some(Shift::Changed)));
                return Ok(());
            }
        };
        prop_assert_eq!(shift(&new, &old), turned);
        prop_assert!(matches!(shift(&old, &old), None | Some(Shift::Still | Shift::Changed)));
    }

    /// Every account of either run is counted once, and they are told of in order.
    #[test]
    fn no_account_is_lost(old in prop::collection::btree_map(0_u64..40, any_row(), 0..30),
                          new in prop::collection::btree_map(0_u64..40, any_row(), 0..30)) {
        let rows = |map: &BTreeMap<u64, AccountRow>| -> BTreeMap<AccountId, Seen> {
            map.iter().map(|(n, row)| (sample::account(*n), Seen::from(row))).collect()
        };
        let comparison = Comparison::of(&rows(&old), &rows(&new), BTreeMap::new(), false);
        let all: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        prop_assert_eq!(comparison.differences.len() + comparison.same, all.len());
        let counted: usize = Shift::ALL.iter().map(|shift| comparison.count(*shift)).sum();
        prop_assert_eq!(counted, comparison.differences.len());
        prop_assert!(comparison.differences.is_sorted_by(|one, other| one.account_id < other.account_id));
    }
}
