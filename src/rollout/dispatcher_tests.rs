//! One row per account, always.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::cancel::Cancel;
use super::dispatcher::Rollout;
use super::event::{Ended, Event, EventKind, HaltReason, RunInfo};
use super::history::Earlier;
use super::journal::{Chain, Journal, JournalEntry};
use super::worker::{Aim, Terms};
use crate::account::converge::Goal;
use crate::account::converge_tests::{Wire, connect, refusing};
use crate::account::outcome::{AccountStatus, Outcome};
use crate::aws::clients::Clients;
use crate::ids::AccountId;
use crate::inventory::list::{Account, Entry, Inventory, Overrides, Reason, Selection};
use crate::setup::resolve::{Choices, Setup};

pub(super) fn entry(n: usize, selection: Selection) -> Entry {
    let account = Account {
        id: format!("{n:012}").parse().unwrap(),
        name: format!("account {n}"),
        overrides: Overrides::default(),
        parents: Vec::new(),
        unit: String::new(),
        joined: None,
    };
    Entry { account, selection, place: None }
}

pub(super) struct Ran {
    pub(super) outcomes: BTreeMap<usize, Outcome>,
    pub(super) events: Vec<Event>,
    pub(super) ended: Ended,
    pub(super) journal: Vec<JournalEntry>,
}

impl Ran {
    pub(super) fn count(&self, status: AccountStatus) -> usize {
        self.outcomes.values().filter(|outcome| outcome.status == status).count()
    }
}

/// Runs `accounts` accounts, every tenth of them out, five at a time; stops when `until` says so of an event.
async fn run(wire: &Wire, accounts: usize, until: impl Fn(&EventKind) -> bool) -> Ran {
    go_on(wire, accounts, HashMap::new(), until).await
}

/// The same, where an earlier invocation finished some accounts.
async fn go_on(
    wire: &Wire,
    accounts: usize,
    kept: HashMap<AccountId, Outcome>,
    until: impl Fn(&EventKind) -> bool,
) -> Ran {
    let out = |n: usize| n % 10 == 3;
    let selection = |n| if out(n) { Selection::Out(Reason::Excluded) } else { Selection::In };
    let entries = (0..accounts).map(|n| entry(n, selection(n))).collect();
    ran(connect(wire).await, entries, |rollout| rollout.earlier.kept = kept, until).await
}

/// Runs an apply over `entries`, five at a time, as `set` changes it; goes a step further in stopping whenever `until`
/// says so of an event.
pub(super) async fn ran(
    clients: Clients,
    entries: Vec<Entry>,
    set: impl FnOnce(&mut Rollout),
    until: impl Fn(&EventKind) -> bool,
) -> Ran {
    let inventory = Inventory::new(entries, "a test".to_owned());
    let (journal, thread) = Journal::start(Vec::new(), Chain::begin(None)).unwrap();
    let choices = Choices { pass_role_to: vec!["user/analyst".parse().unwrap()], ..Choices::default() };
    let mut rollout = Rollout {
        info: RunInfo {
            run_id: "2026-11-24T09-30-05Z-apply-amazon-ml-redshift".parse().unwrap(),
            command: "apply".to_owned(),
            setup: "amazon-ml-redshift".to_owned(),
            setup_digest: String::new(),
            started_at: "2026-11-24T09:30:05Z".parse().unwrap(),
            caller: clients.caller().arn.clone(),
            partition: clients.caller().partition().clone(),
            organization: None,
            source: inventory.source.clone(),
            accounts: inventory.entries.len(),
            selected: inventory.selected(),
            listing: false,
            shard: None,
            merged: Vec::new(),
            concurrency: 5,
            session_policy: "exact".to_owned(),
            preflight: false,
            waves: None,
            seed: None,
            max_failures: None,
            version: "0".to_owned(),
            resumed: 0,
            puts_back: None,
        },
        terms: Arc::new(Terms {
            aim: Aim::Setup(Box::new(Setup::load("amazon-ml-redshift", choices).unwrap())),
            goal: Goal::Apply,
            assume_role: "OrganizationAccountAccessRole".parse().unwrap(),
            external_id: None,
            session_name: "rolecall".parse().unwrap(),
            source_identity: None,
            region: "us-east-1".parse().unwrap(),
            account_timeout: Duration::from_secs(60),
            wait_ready: Duration::ZERO,
        }),
        clients: Arc::new(clients),
        accounts: inventory.into(),
        earlier: Earlier::default(),
        journal,
        cancel: Cancel::default(),
    };
    set(&mut rollout);
    let cancel = rollout.cancel.clone();
    let mut events = Vec::new();
    let (_, ended) = rollout
        .run(|event| {
            if until(&event.kind) {
                cancel.again();
            }
            events.push(event);
        })
        .await;
    let mut outcomes = BTreeMap::new();
    for event in &events {
        if let EventKind::AccountFinished { index, outcome } = &event.kind {
            assert!(outcomes.insert(*index, (**outcome).clone()).is_none(), "one row per account");
        }
    }
    let (text, end) = thread.join().unwrap();
    end.unwrap();
    let journal = text.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let journal = journal.map(|line| serde_json::from_slice(line).unwrap()).collect();
    Ran { outcomes, events, ended, journal }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_has_one_outcome_and_the_journal_has_every_write() {
    let ran = run(&Wire::default(), 40, |_| false).await;
    assert_eq!(ran.ended, Ended::Complete);
    assert_eq!(ran.outcomes.len(), 40);
    for (index, outcome) in &ran.outcomes {
        let wanted = if index % 10 == 3 { AccountStatus::Skipped } else { AccountStatus::Created };
        assert_eq!(outcome.status, wanted, "{outcome:?}");
    }
    let count = |is: fn(&JournalEntry) -> bool| ran.journal.iter().filter(|entry| is(entry)).count();
    // Role, policy and grant in each of the 36 accounts that are in.
    assert_eq!(count(|entry| matches!(entry, JournalEntry::Intended { .. })), 36 * 3);
    assert_eq!(count(|entry| matches!(entry, JournalEntry::Settled { .. })), 36 * 3);
    assert_eq!(count(|entry| matches!(entry, JournalEntry::Finished { .. })), 40);
    assert!(matches!(ran.events.first().map(|event| &event.kind), Some(EventKind::RunStarted(_))));
    assert!(matches!(ran.events.last().map(|event| &event.kind), Some(EventKind::RunFinished { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_accounts_failure_loses_no_other() {
    let ran = run(&refusing("PutUserPolicy", 409, "LimitExceeded"), 20, |_| false).await;
    assert_eq!(ran.ended, Ended::Complete);
    let failed = ran.outcomes.values().filter(|outcome| outcome.status == AccountStatus::Failed).count();
    assert_eq!((ran.outcomes.len(), failed), (20, 18));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_word_to_stop_what_is_in_flight_is_finished_and_the_rest_is_not_reached() {
    let seventh = |kind: &EventKind| matches!(kind, EventKind::AccountFinished { index: 7, .. });
    let ran = run(&Wire::default(), 100, seventh).await;
    assert_eq!(ran.ended, Ended::Halted { reason: HaltReason::Interrupted });
    assert_eq!(ran.outcomes.len(), 100);
    let of = |status| ran.outcomes.values().filter(|outcome| outcome.status == status).count();
    assert_eq!(of(AccountStatus::Failed), 0, "nothing is cut off by the first word");
    assert!(of(AccountStatus::NotReached) > 0 && of(AccountStatus::Created) >= 7);
    assert_eq!(of(AccountStatus::Created) + of(AccountStatus::NotReached) + of(AccountStatus::Skipped), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_invocation_finished_is_told_and_not_done_again() {
    let first = run(&Wire::default(), 20, |_| false).await;
    let kept: HashMap<_, _> = first.outcomes.values().take(8).map(|kept| (kept.account_id, kept.clone())).collect();
    let second = go_on(&refusing("CreateRole", 409, "LimitExceeded"), 20, kept.clone(), |_| false).await;
    assert_eq!(second.outcomes.len(), 20);
    for (index, outcome) in &second.outcomes {
        if *index < 8 {
            assert_eq!(outcome, &first.outcomes[index], "as it was");
        }
    }
    let of = |status| second.outcomes.values().filter(|outcome| outcome.status == status).count();
    assert_eq!((of(AccountStatus::Created), of(AccountStatus::Failed)), (7, 11));
    let told = |id: &AccountId| {
        second
            .journal
            .iter()
            .any(|entry| matches!(entry, JournalEntry::Finished { outcome } if outcome.account_id == *id))
    };
    assert!(!kept.keys().any(told), "the journal has them already");
}
