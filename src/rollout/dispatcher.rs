//! The run: starts accounts up to a bound, gathers what happens into one order, and gives every account its outcome.
//!
//! One task owns the counters and the running set. Workers only send messages, so no count is ever wrong, and a slow
//! reporter slows the run down instead of losing an event.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc::Receiver;

use super::cancel::Cancel;
use super::event::{Ended, Event, EventKind, HaltReason, RolloutStats, RunInfo};
use super::history::Earlier;
use super::in_flight::{InFlight, QueuedAccount};
use super::journal::{Journal, JournalEntry};
use super::order::{DEFAULT_SEED, Seed};
use super::settle::Settle;
use super::stages::{Run, Stages, finish};
use super::worker::{Pass, Terms};
use crate::aws::clients::Clients;
use crate::inventory::coming::{Accounts, Coming, Page};
use crate::inventory::error::InventoryError;
use crate::inventory::list::{Entry, selected};

/// A run that is ready to begin.
pub struct Rollout {
    /// What talks to AWS.
    pub clients: Arc<Clients>,
    /// What is the same for every account.
    pub terms: Arc<Terms>,
    /// The accounts; the journal has a line for each that is known. A run by stages needs all of them.
    pub accounts: Accounts,
    /// What the reports say of the run. How many accounts are worked on at once, its waves, its order and how many may
    /// fail are taken from here, so that they are just what the reports say.
    pub info: RunInfo,
    /// What earlier invocations of this run left.
    pub earlier: Earlier,
    /// The record of every write; what the run is about is in it already.
    pub journal: Journal,
    /// How to stop it.
    pub cancel: Cancel,
}

impl Rollout {
    /// Runs it. `on_event` is told everything, in order; it is called from this task, so being slow in there holds the
    /// run back. Returns when every account of the inventory has its outcome.
    pub async fn run(self, on_event: impl FnMut(Event)) -> (RolloutStats, Ended) {
        let Self { clients, terms, accounts, info, earlier, journal, cancel } = self;
        let stages = Stages {
            preflight: info.preflight,
            waves: info.waves.clone(),
            seed: info.seed.unwrap_or(Seed(DEFAULT_SEED)),
            allowed: info.max_failures.unwrap_or_default().allowed(info.selected),
        };
        let login = Arc::clone(&clients);
        let mut run = Run {
            rounds: info.rounds,
            account_timeout: terms.account_timeout,
            deferred: Vec::new(),
            settle: Settle::new(on_event, journal.clone(), earlier, terms.goal),
            in_flight: InFlight::new(clients, terms, journal.clone(), cancel, info.concurrency),
        };
        run.settle.emit(EventKind::RunStarted(Box::new(info)));
        match accounts {
            Accounts::Listed(inventory) if stages.preflight || stages.waves.is_some() => {
                run.staged(inventory.entries, &stages).await;
            }
            Accounts::Listed(inventory) => {
                run.settle.watch(stages.allowed);
                run.straight(inventory.entries.into(), Listing::over()).await;
            }
            Accounts::Coming(Coming { first, pages, .. }) => {
                run.settle.watch(stages.allowed);
                let listing = Listing::begun(&first, pages, journal);
                run.straight(first.into(), listing).await;
            }
        }
        if let (Some(message), 1..) = (login.login_over(), run.settle.not_reached_so_far()) {
            run.settle.halt(HaltReason::CredentialsExpired { message: message.to_owned() });
        }
        run.settle.end()
    }
}

impl<F: FnMut(Event)> Run<F> {
    /// Every account, in the inventory's order, each as soon as it is known and there is room. Where somebody says stop,
    /// the list is read on for as long as the drain may take, so that every account has its row.
    async fn straight(&mut self, mut waiting: VecDeque<Entry>, mut listing: Listing) {
        let mut index = 0;
        loop {
            while (!self.in_flight.is_full() || self.settle.halted().is_some())
                && let Some(entry) = waiting.pop_front()
            {
                self.in_flight.heed(&mut self.settle);
                if let Some(account) = self.settle.admit(index, entry) {
                    self.in_flight.start(&mut self.settle, QueuedAccount::new(index, index, account), Pass::Converge);
                }
                index += 1;
            }
            if waiting.is_empty() && self.in_flight.is_empty() && listing.pages.is_none() {
                return self.further_rounds(Pass::Converge, finish).await;
            }
            let stopped = self.in_flight.stopped();
            tokio::select! {
                biased;
                page = listing.next() => waiting.extend(listing.take(page, &mut self.settle)),
                () = stopped, if listing.pages.is_some() => listing.pages = None,
                ended = self.in_flight.next(&mut self.settle) => {
                    if let Some((queued, done)) = ended
                        && let Some((queued, outcome)) = self.round_over(queued, done)
                    {
                        finish(&mut self.settle, queued, outcome);
                    }
                }
            }
        }
    }
}

/// The accounts that are still being listed.
struct Listing {
    /// `None` when nothing more comes.
    pages: Option<Receiver<Page>>,
    /// Where the accounts are put on record.
    journal: Option<Journal>,
    accounts: usize,
    selected: usize,
}

impl Listing {
    /// Every account is known.
    fn over() -> Self {
        Self { pages: None, journal: None, accounts: 0, selected: 0 }
    }

    fn begun(first: &[Entry], pages: Receiver<Page>, journal: Journal) -> Self {
        Self { pages: Some(pages), journal: Some(journal), accounts: first.len(), selected: selected(first) }
    }

    /// The next page; waits for ever where there is none.
    async fn next(&mut self) -> Option<Page> {
        match &mut self.pages {
            Some(pages) => pages.recv().await,
            None => std::future::pending().await,
        }
    }

    /// Puts a page on record, tells of it, and gives its accounts.
    fn take<F: FnMut(Event)>(&mut self, page: Option<Page>, settle: &mut Settle<F>) -> Vec<Entry> {
        // It ends with a page that says how.
        let broken = InventoryError::Nonsense { operation: "organizations ListAccounts", what: "no end" };
        let page = page.unwrap_or(Page::Failed(broken));
        // A journal that is closed halts the run where a write needs it.
        match page {
            Page::Entries(entries) => {
                self.accounts += entries.len();
                self.selected += selected(&entries);
                let _ = self.journal.as_ref().map(|journal| journal.list(&entries));
                self.tell(settle, false);
                return entries;
            }
            Page::End(whole) => {
                let began = JournalEntry::Began { accounts: self.accounts, whole };
                let _ = self.journal.as_ref().map(|journal| journal.note(&began));
                self.tell(settle, true);
            }
            Page::Failed(error) => settle.halt(HaltReason::ListingFailed { message: error.to_string() }),
        }
        self.pages = None;
        Vec::new()
    }

    fn tell<F: FnMut(Event)>(&self, settle: &mut Settle<F>, whole: bool) {
        settle.emit(EventKind::AccountsListed { accounts: self.accounts, selected: self.selected, whole });
    }
}
