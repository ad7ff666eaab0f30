//! Shards are merged when they are the whole of one rollout, and refused with every reason when not.

use std::collections::HashMap;

use jiff::ToSpan;

use super::event::{Ended, HaltReason, Shard};
use super::history::Earlier;
use super::journal::read_tests::{info, terms};
use super::journal::{Chain, Closed, Logbook};
use super::merge::Merged;
use crate::account::change::{Change, ChangeResult, Write};
use crate::account::outcome::{AccountStatus, Outcome};
use crate::account::role::write::RoleWrite;
use crate::inventory::file::parse;
use crate::inventory::list::Inventory;

const ACCOUNTS: usize = 10;

fn list(accounts: usize) -> Inventory {
    let rows: Vec<String> = (1..=accounts).map(|n| format!("{n:012},account-{n}\n")).collect();
    parse(format!("account_id,name\n{}", rows.concat()).as_bytes(), "own.csv").unwrap()
}

/// The finished run of a shard of `accounts` accounts.
fn shard_of(number: u32, of: u32, accounts: usize) -> Logbook {
    let shard = Shard::new(number, of).unwrap();
    let part = list(accounts).part(shard);
    let done = |n: &crate::inventory::list::Entry| {
        let (id, name) = (n.account.id, &n.account.name);
        (id, Outcome::untouched(id, name, AccountStatus::Created, String::new()))
    };
    let mut run = info();
    run.run_id = run.run_id.marked(&format!("shard-{number}-of-{of}"));
    (run.shard, run.accounts, run.selected) = (Some(shard), part.entries.len(), part.entries.len());
    run.started_at += i64::from(number).seconds();
    Logbook {
        ended_at: run.started_at + 60.seconds(),
        run,
        terms: terms(),
        earlier: Earlier { kept: part.entries.iter().map(done).collect(), begun: HashMap::new() },
        entries: part.entries,
        listed: true,
        whole_list: part.whole,
        resumed: 0,
        worked: std::time::Duration::ZERO,
        closed: Some(Closed { ended: Ended::Complete, not_whole: Vec::new() }),
        whole: 0,
        chain: Chain::begin(None),
    }
}

fn shard(number: u32) -> Logbook {
    shard_of(number, 3, ACCOUNTS)
}

fn named(shards: Vec<Logbook>) -> Vec<(String, Logbook)> {
    shards.into_iter().map(|book| (format!("run-{}", book.run.shard.map_or(0, Shard::number)), book)).collect()
}

fn refused(shards: Vec<Logbook>) -> String {
    Merged::of(named(shards)).unwrap_err().to_string()
}

#[test]
fn all_shards_in_any_order_are_one_run() {
    let Merged { info, entries, outcomes, ended_at, .. } =
        Merged::of(named(vec![shard(3), shard(1), shard(2)])).unwrap();
    let ids: Vec<String> = entries.iter().map(|entry| entry.account.id.to_string()).collect();
    assert_eq!(ids, (1..=ACCOUNTS).map(|n| format!("{n:012}")).collect::<Vec<_>>(), "the order of the list");
    assert_eq!((outcomes.len(), info.accounts, info.selected), (ACCOUNTS, ACCOUNTS, ACCOUNTS));
    assert_eq!(info.run_id.as_str(), "2026-11-24T09-30-06Z-apply-demo-merged");
    assert_eq!((info.shard, info.merged.len(), info.concurrency), (None, 3, 5));
    assert_eq!(ended_at, "2026-11-24T09:31:08Z".parse().unwrap(), "when the last one ended");
}

#[test]
fn a_shard_that_is_missing_twice_or_not_finished_is_named() {
    let mut cut_off = shard(1);
    let (id, _) = cut_off.earlier.kept.iter().next().map(|(id, outcome)| (*id, outcome.clone())).unwrap();
    cut_off.earlier.kept.remove(&id);
    cut_off.closed = None;
    assert_eq!(
        refused(vec![cut_off, shard(2), shard(2)]),
        "these runs cannot be merged\n  run-1 is not finished, 1 account is not done: `rolecall resume run-1`\n  \
         run-2 and run-2 are both shard 2/3\n  there is no run of shard 3/3"
    );
}

#[test]
fn a_shard_that_halted_is_not_finished_and_one_that_ran_out_of_an_accounts_time_is() {
    let mut book = shard(1);
    let (id, outcome) = book.earlier.kept.iter().next().map(|(id, outcome)| (*id, outcome.clone())).unwrap();
    book.earlier.kept.remove(&id);
    let begun = book.earlier.begun.entry(id).or_default();
    begun.outcome = Some(Outcome { status: AccountStatus::Failed, ..outcome });
    // Of two writes one was answered and one was not: both are told.
    for (action, result) in [("One", Some(ChangeResult::Applied { request_id: None })), ("Other", None)] {
        let write = Write::Role(RoleWrite::DeleteRole { role: action.parse().unwrap() });
        begun.history.intended(Change { write, before: None }, book.ended_at);
        result.into_iter().for_each(|result| begun.history.settled(result, book.ended_at));
    }
    let merged = Merged::of(named(vec![book.clone(), shard(2), shard(3)])).unwrap();
    assert_eq!(merged.outcomes.len(), ACCOUNTS);
    let told: Vec<_> = merged.cut_off.iter().map(|(account, change, ..)| (*account, change.write.resource())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|(account, _)| *account == id));
    let reason = HaltReason::Interrupted;
    book.closed = Some(Closed { ended: Ended::Halted { reason }, not_whole: Vec::new() });
    assert!(refused(vec![book, shard(2), shard(3)]).contains("1 account is not done"));
}

#[test]
fn other_rollouts_other_lists_and_other_counts_are_told_apart() {
    let mut other = shard(2);
    other.run.setup_digest = "another".to_owned();
    assert!(refused(vec![shard(1), other, shard(3)]).ends_with("has another setup behind the same name"));
    let mut elsewhere = shard(2);
    elsewhere.terms.assume_role = "Another".parse().unwrap();
    assert!(refused(vec![shard(1), elsewhere, shard(3)]).ends_with("has another role to assume"));
    let mut alone = shard(2);
    alone.run.shard = None;
    let said = refused(vec![shard(1), alone, shard(3)]);
    assert!(said.contains("is no shard: it was run without --shard") && said.contains("no run of shard 2/3"), "{said}");
    let said = refused(vec![shard(1), shard_of(2, 3, ACCOUNTS + 1), shard(3)]);
    assert!(said.contains("of 11 accounts; that of the first run has 10"), "{said}");
    let said = refused(vec![shard(1), shard_of(2, 4, ACCOUNTS), shard(3)]);
    assert!(said.contains("is shard 2/4, of another number of shards"), "{said}");
    let mut unlisted = shard(2);
    unlisted.listed = false;
    assert!(refused(vec![shard(1), unlisted, shard(3)]).contains("still being listed"));
}

#[test]
fn an_account_in_two_shards_or_in_none_is_found_though_the_lists_are_said_to_be_one() {
    let mut more = shard(2);
    more.entries.push(shard(1).entries[0].clone());
    assert!(refused(vec![shard(1), more, shard(3)]).contains("1 account is in two of them: 000000000003"));
    let mut less = shard(2);
    less.entries.pop();
    assert!(refused(vec![shard(1), less, shard(3)]).contains("the list has 10 accounts, and together they have 9"));
}
