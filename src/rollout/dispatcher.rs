//! The run: starts accounts up to a bound, gathers what happens into one order, and gives every account its outcome.
//!
//! One task owns the counters and the running set. Workers only send messages, so no count is ever wrong, and a slow
//! reporter slows the run down instead of losing an event.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{Id, JoinSet};
use tracing::Instrument;

use super::cancel::Cancel;
use super::event::{Ended, Event, EventKind, HaltReason, RolloutStats, RunInfo};
use super::journal::{Journal, JournalEntry};
use super::worker::{Terms, work};
use crate::account::outcome::{AccountStatus, Failure, Outcome, Step};
use crate::aws::clients::Clients;
use crate::aws::pace::PaceChange;
use crate::ids::AccountId;
use crate::inventory::list::{Account, Entry, Inventory, Selection};

/// A run that is ready to begin.
pub struct Rollout {
    /// What talks to AWS.
    pub clients: Arc<Clients>,
    /// What is the same for every account.
    pub terms: Arc<Terms>,
    /// The accounts.
    pub inventory: Inventory,
    /// What the reports say of the run.
    pub info: RunInfo,
    /// Accounts that an earlier sitting of this run finished, with what became of them: they are told at once and not
    /// worked on again.
    pub kept: HashMap<AccountId, Outcome>,
    /// The record of every write.
    pub journal: Journal,
    /// How to stop it.
    pub cancel: Cancel,
}

/// The run's moving parts, all owned by one task.
struct Dispatcher<F> {
    on_event: F,
    began: Instant,
    stats: RolloutStats,
    journal: Journal,
    kept: HashMap<AccountId, Outcome>,
    halted: Option<HaltReason>,
}

impl Rollout {
    /// Runs it. `on_event` is told everything, in order; it is called from this task, so being slow in there holds the
    /// run back. Returns when every account of the inventory has its outcome.
    pub async fn run(self, on_event: impl FnMut(Event)) -> (RolloutStats, Ended) {
        let Self { clients, terms, inventory, info, kept, journal, cancel } = self;
        let concurrency = info.concurrency.max(1);
        let (events, mut inbox) = unbounded_channel();
        let news = events.clone();
        clients.pace().govern(concurrency, move |PaceChange { slowed_by, concurrency }| {
            let _ = news.send(EventKind::PaceChanged { slowed_by, concurrency });
        });
        let mut dispatcher = Dispatcher {
            on_event,
            began: Instant::now(),
            stats: RolloutStats::default(),
            journal: journal.clone(),
            kept,
            halted: None,
        };
        let header = JournalEntry::Started { format: super::journal::FORMAT, run: Box::new(info.clone()) };
        let opened = journal.record(&header).await;
        dispatcher.emit(EventKind::RunStarted(Box::new(info)));
        if let Err(closed) = opened {
            dispatcher.halt(HaltReason::JournalFailed { message: closed.message });
        }

        let mut running: JoinSet<Outcome> = JoinSet::new();
        let mut in_flight: HashMap<Id, (usize, Account, Instant)> = HashMap::new();
        for (index, entry) in inventory.entries.into_iter().enumerate() {
            while running.len() >= clients.pace().in_flight().min(concurrency) {
                dispatcher.wait(&mut running, &mut in_flight, &mut inbox, &cancel).await;
            }
            if cancel.drain.is_cancelled() {
                dispatcher.halt(HaltReason::Interrupted);
            }
            if let Some(message) = clients.login_over() {
                dispatcher.halt(HaltReason::CredentialsExpired { message: message.to_owned() });
            }
            match dispatcher.admit(index, entry) {
                None => {}
                Some(account) => {
                    let id = spawn(&mut running, &clients, &terms, &journal, &events, &cancel, account.clone());
                    in_flight.insert(id, (index, account, Instant::now()));
                }
            }
        }
        while !running.is_empty() {
            dispatcher.wait(&mut running, &mut in_flight, &mut inbox, &cancel).await;
        }
        if let (Some(message), 1..) = (clients.login_over(), dispatcher.stats.not_reached) {
            dispatcher.halt(HaltReason::CredentialsExpired { message: message.to_owned() });
        }
        let ended = dispatcher.halted.take().map_or(Ended::Complete, |reason| Ended::Halted { reason });
        let stats = dispatcher.stats;
        dispatcher.emit(EventKind::RunFinished { stats, ended: ended.clone() });
        (stats, ended)
    }
}

fn spawn(
    running: &mut JoinSet<Outcome>,
    clients: &Arc<Clients>,
    terms: &Arc<Terms>,
    journal: &Journal,
    events: &UnboundedSender<EventKind>,
    cancel: &Cancel,
    account: Account,
) -> Id {
    let (clients, terms, journal) = (clients.clone(), terms.clone(), journal.clone());
    let span = super::told::span(account.id);
    let work = work(clients, terms, journal, events.clone(), cancel.clone(), account, Timestamp::now());
    running.spawn(work.instrument(span)).id()
}

impl<F: FnMut(Event)> Dispatcher<F> {
    fn emit(&mut self, kind: EventKind) {
        super::told::tell(&kind);
        (self.on_event)(Event { at: Timestamp::now(), elapsed: self.began.elapsed(), kind });
    }

    fn halt(&mut self, reason: HaltReason) {
        if self.halted.is_none() {
            self.halted = Some(reason.clone());
            self.emit(EventKind::DrainStarted { reason });
        }
    }

    /// The account to start, if it is in and the run goes on; otherwise its outcome is told at once.
    fn admit(&mut self, index: usize, entry: Entry) -> Option<Account> {
        let Entry { account, selection } = entry;
        if let Some(outcome) = self.kept.remove(&account.id) {
            self.tell(index, outcome);
            return None;
        }
        let untouched = |status, reason| Outcome::untouched(account.id, &account.name, status, reason);
        match (selection, &self.halted) {
            (Selection::Out(reason), _) => {
                let outcome = untouched(AccountStatus::Skipped, reason.to_string());
                self.finish(index, &account, outcome);
                None
            }
            (Selection::In, Some(_)) => {
                let outcome = untouched(AccountStatus::NotReached, "the run halted before this account".to_owned());
                self.finish(index, &account, outcome);
                None
            }
            (Selection::In, None) => {
                let (account_id, account_name) = (account.id, account.name.clone());
                self.emit(EventKind::AccountStarted { account_id, account_name });
                Some(account)
            }
        }
    }

    /// Waits for one thing to happen: an account's news, an account's end, or a word to stop.
    async fn wait(
        &mut self,
        running: &mut JoinSet<Outcome>,
        in_flight: &mut HashMap<Id, (usize, Account, Instant)>,
        inbox: &mut UnboundedReceiver<EventKind>,
        cancel: &Cancel,
    ) {
        tokio::select! {
            biased;
            Some(news) = inbox.recv() => self.emit(news),
            () = cancel.drain.cancelled(), if self.halted.is_none() => self.halt(HaltReason::Interrupted),
            Some(ended) = running.join_next_with_id() => {
                // Whatever the account had to tell comes before its end.
                while let Ok(news) = inbox.try_recv() {
                    self.emit(news);
                }
                let id = match &ended {
                    Ok((id, _)) => *id,
                    Err(error) => error.id(),
                };
                let Some((index, account, began)) = in_flight.remove(&id) else { return };
                let outcome = ended.map_or_else(|error| broken(&account, &error.to_string()), |(_, outcome)| outcome);
                if outcome.failure.as_ref().is_some_and(|failure| failure.code == "JournalClosed") {
                    let message = outcome.failure.as_ref().map(|failure| failure.message.clone()).unwrap_or_default();
                    self.halt(HaltReason::JournalFailed { message });
                }
                self.finish(index, &account, Outcome { duration: began.elapsed(), ..outcome });
            }
        }
    }

    fn finish(&mut self, index: usize, account: &Account, outcome: Outcome) {
        // A report is an inventory, so it has to say what this account's row said.
        let outcome = Outcome { overrides: account.overrides.cells(), ..outcome };
        // A journal that is closed halts the run where a write needs it; an outcome is in the reports as well.
        let _ = self.journal.note(&JournalEntry::Finished { outcome: Box::new(outcome.clone()) });
        self.tell(index, outcome);
    }

    fn tell(&mut self, index: usize, outcome: Outcome) {
        self.stats.count(outcome.status);
        self.emit(EventKind::AccountFinished { index, outcome: Box::new(outcome) });
    }
}

/// The outcome of a task that ended without one.
fn broken(account: &Account, message: &str) -> Outcome {
    let failure = Failure {
        step: Step::Observe,
        code: "Panic".to_owned(),
        message: message.to_owned(),
        request_id: None,
        fix: "report it with the journal; the other accounts are not affected".to_owned(),
    };
    let outcome = Outcome::untouched(account.id, &account.name, AccountStatus::Failed, String::new());
    Outcome { status: AccountStatus::Failed, reason: None, failure: Some(failure), ..outcome }
}
