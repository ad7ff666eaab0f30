//! Work begins while accounts are still being listed, and every account that was listed has its row whatever ends that.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use tokio::sync::mpsc::{Sender, channel};

use super::dispatcher::Rollout;
use super::dispatcher_tests::{Ran, entry, ran};
use super::event::{Ended, EventKind, HaltReason};
use super::journal::JournalEntry;
use crate::account::converge_tests::{Wire, connect};
use crate::account::outcome::AccountStatus;
use crate::aws::clients::{Clients, Connection};
use crate::inventory::coming::{Accounts, Coming, Page};
use crate::inventory::error::InventoryError;
use crate::inventory::list::{Entry, Reason, Selection};
use crate::inventory::select::OneByOne;
use crate::inventory::shard::Shard;
use crate::sandbox::{SandboxHttpClient, World};

const FIRST: usize = 20;

fn page(numbers: std::ops::Range<usize>) -> Vec<Entry> {
    let out = |n: usize| n % 10 == 3;
    let selection = |n| if out(n) { Selection::Out(Reason::OwnAccount) } else { Selection::In };
    numbers.map(|n| entry(n, selection(n))).collect()
}

/// A list of which the first page is known; the sender is who tells the rest.
fn coming() -> (Coming, Sender<Page>) {
    let (told, pages) = channel(100);
    (Coming { organization: "o-exampleorg".to_owned(), first: page(0..FIRST), pages }, told)
}

/// Runs over it; `until` as elsewhere.
async fn run(coming: Coming, until: impl Fn(&EventKind) -> bool) -> Ran {
    let set = |rollout: &mut Rollout| {
        rollout.info.listing = true;
        rollout.accounts = Accounts::Coming(coming);
        rollout.cancel.grace = Duration::from_millis(20);
    };
    ran(connect(&Wire::default()).await, Vec::new(), set, until).await
}

fn place(ran: &Ran, is: impl Fn(&EventKind) -> bool) -> usize {
    ran.events.iter().position(|event| is(&event.kind)).unwrap()
}

fn whole(kind: &EventKind) -> bool {
    matches!(kind, EventKind::AccountsListed { whole: true, .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_accounts_are_done_before_the_last_are_known() {
    let (coming, told) = coming();
    // The next page is not told before the work on the first is over.
    let (first_is_done, wait) = tokio::sync::oneshot::channel::<()>();
    let rest = tokio::spawn(async move {
        wait.await.unwrap();
        for page in [page(20..40), page(40..40), page(40..45)] {
            told.send(Page::Entries(page)).await.unwrap();
        }
        told.send(Page::End(None)).await.unwrap();
    });
    let (done, tell) = (std::cell::Cell::new(0), std::cell::Cell::new(Some(first_is_done)));
    let ran = run(coming, |kind| {
        done.set(done.get() + usize::from(matches!(kind, EventKind::AccountFinished { .. })));
        if done.get() == FIRST {
            tell.take().into_iter().for_each(|tell| tell.send(()).unwrap());
        }
        false
    })
    .await;
    rest.await.unwrap();
    assert_eq!((ran.ended.clone(), ran.outcomes.len()), (Ended::Complete, 45));
    assert_eq!((ran.count(AccountStatus::Created), ran.count(AccountStatus::Skipped)), (40, 5));
    for (index, outcome) in &ran.outcomes {
        assert_eq!(outcome.account_id.as_str(), format!("{index:012}"), "the order of the list");
    }
    let listed = ran.journal.iter().filter(|entry| matches!(entry, JournalEntry::Listed { .. })).count();
    assert_eq!(listed, 45 - FIRST, "those that were known are on record before the run");
    let began = JournalEntry::Began { accounts: 45, whole: None };
    assert!(ran.journal.contains(&began), "{:?}", ran.journal);
    let counts =
        |kind: &EventKind| matches!(kind, EventKind::AccountsListed { accounts: 45, selected: 40, whole: true });
    let first = place(&ran, |kind| matches!(kind, EventKind::AccountFinished { .. }));
    assert!(first < place(&ran, counts));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_breaks_off_halts_the_run_and_loses_no_row() {
    let (coming, told) = coming();
    told.send(Page::Entries(page(20..40))).await.unwrap();
    let error = InventoryError::Nonsense { operation: "organizations ListAccounts", what: "the same page token twice" };
    told.send(Page::Failed(error)).await.unwrap();
    let ran = run(coming, |_| false).await;
    let message = "organizations ListAccounts answered with the same page token twice".to_owned();
    assert_eq!(ran.ended, Ended::Halted { reason: HaltReason::ListingFailed { message } });
    assert_eq!(ran.outcomes.len(), 40, "every account that was listed");
    assert!(!ran.journal.iter().any(|entry| matches!(entry, JournalEntry::Began { .. })), "these are not all");
    assert!(!ran.events.iter().any(|event| whole(&event.kind)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_to_stop_waits_for_the_list_and_not_for_ever() {
    let (coming, told) = coming();
    // Nobody tells the rest.
    let ran = run(coming, |kind| matches!(kind, EventKind::AccountFinished { index: 7, .. })).await;
    drop(told);
    assert_eq!((ran.ended.clone(), ran.outcomes.len()), (Ended::Halted { reason: HaltReason::Interrupted }, FIRST));

    let (coming, told) = self::coming();
    told.send(Page::Entries(page(20..40))).await.unwrap();
    told.send(Page::End(None)).await.unwrap();
    let ran = run(coming, |kind| matches!(kind, EventKind::AccountFinished { index: 7, .. })).await;
    assert_eq!(ran.outcomes.len(), 40, "the list was there to be read");
    assert!(ran.count(AccountStatus::NotReached) > 0);
}

async fn organization(accounts: usize) -> Arc<Clients> {
    let world = World::from_spec(&format!("accounts={accounts},seed=1")).unwrap();
    let given = world.credentials();
    let credentials = Credentials::new(given.access_key_id, given.secret_access_key, None, None, "sandbox");
    let connection = Connection::Simulated {
        http: SandboxHttpClient::shared(world.clone()),
        credentials,
        region: world.region().parse().unwrap(),
    };
    Arc::new(Clients::connect(connection, NonZeroU32::new(600).unwrap()).await.unwrap())
}

#[tokio::test]
async fn organizations_tells_each_account_once_and_a_shard_its_own() {
    let mut ids = Vec::new();
    for number in 1..=3 {
        let shard = Shard::new(number, 3);
        let mut coming = Coming::open(organization(50).await, OneByOne::default(), shard, Vec::new()).await.unwrap();
        let mut entries = coming.first;
        let known = entries.clone();
        let end = loop {
            match coming.pages.recv().await.unwrap() {
                Page::Entries(more) => entries.extend(more),
                end => break end,
            }
        };
        let Page::End(Some(list)) = end else { panic!("{end:?}") };
        assert_eq!(list.accounts, 51, "the management account among them");
        ids.extend(entries.iter().map(|entry| entry.account.id));
        // A run that is gone on with is told of those that it does not know yet.
        let again = Coming::open(organization(50).await, OneByOne::default(), shard, known.clone()).await.unwrap();
        assert_eq!(again.first, known);
        let mut more = again.pages;
        let mut rest = known;
        while let Some(Page::Entries(page)) = more.recv().await {
            rest.extend(page);
        }
        assert_eq!(rest, entries);
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((all, ids.len()), (51, 51));
}
