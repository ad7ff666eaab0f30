//! The accounts in flight: started up to a bound, each with one pass, and given back with what it came to.
//!
//! Workers only send messages; what they say is told in the order in which it came, an account's news before its end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{Id, JoinSet};
use tracing::Instrument;

use super::cancel::Cancel;
use super::event::{Event, EventKind, HaltReason};
use super::journal::Journal;
use super::settle::Settle;
use super::worker::{Done, Pass, Terms, Work};
use crate::account::outcome::{AccountStatus, Failure, Outcome, Step};
use crate::aws::clients::{Attempts, Clients};
use crate::aws::pace::PaceChange;
use crate::inventory::list::Account;

/// An account that the run works on.
#[derive(Debug)]
pub(super) struct QueuedAccount {
    /// Its place in the order of the run.
    pub(super) place: usize,
    /// Its position in the inventory.
    pub(super) index: usize,
    pub(super) account: Account,
    /// What an earlier stage found worth knowing.
    pub(super) notes: Vec<String>,
    /// What became of it, where that is to be read back.
    pub(super) before: Option<Box<Outcome>>,
    /// What the rounds before this one took.
    pub(super) spent: Spent,
}

impl QueuedAccount {
    /// An account on which nothing was done yet.
    pub(super) fn new(place: usize, index: usize, account: Account) -> Self {
        Self { place, index, account, notes: Vec::new(), before: None, spent: Spent::default() }
    }
}

/// What was spent on an account in the rounds of one stage, before the one that is under way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    /// How many rounds.
    pub(super) rounds: u32,
    /// How often calls were sent in them.
    pub(super) attempts: u32,
    /// How long they took, without the pauses in between.
    pub(super) time: Duration,
    /// When the first of them began.
    pub(super) since: Option<Timestamp>,
}

/// The accounts in flight, and what each of them needs.
pub(super) struct InFlight {
    clients: Arc<Clients>,
    terms: Arc<Terms>,
    journal: Journal,
    cancel: Cancel,
    concurrency: usize,
    running: JoinSet<Done>,
    in_flight: HashMap<Id, Running>,
    events: UnboundedSender<EventKind>,
    inbox: UnboundedReceiver<EventKind>,
    /// When a drain has taken long enough.
    deadline: Option<tokio::time::Instant>,
    /// The outage that the run waits out.
    outage: Option<Outage>,
}

struct Running {
    queued: QueuedAccount,
    /// How long earlier stages took.
    spent: Duration,
    began: Instant,
    attempts: Attempts,
}

impl InFlight {
    pub(super) fn new(
        clients: Arc<Clients>,
        terms: Arc<Terms>,
        journal: Journal,
        cancel: Cancel,
        concurrency: usize,
    ) -> Self {
        let (events, inbox) = unbounded_channel();
        let (concurrency, news) = (concurrency.max(1), events.clone());
        clients.pace().govern(concurrency, move |PaceChange { slowed_by, concurrency }| {
            let _ = news.send(EventKind::PaceChanged { slowed_by, concurrency });
        });
        Self {
            clients,
            terms,
            journal,
            cancel,
            concurrency,
            running: JoinSet::new(),
            in_flight: HashMap::new(),
            events,
            inbox,
            deadline: None,
            outage: None,
        }
    }

    /// Whether no further account may be started now: as many are in flight as may be, or nothing can be reached.
    pub(super) fn is_full(&self) -> bool {
        let most = self.clients.pace().in_flight().min(self.concurrency);
        self.outage.is_some() || self.running.len() >= most && self.running.len() >= most + self.places_given_up()
    }

    /// How many accounts in flight have given up their places: they wait for an answer that does not come, or for their
    /// account to be ready. Others are not held up by them, up to a bound on all that are in flight.
    fn places_given_up(&self) -> usize {
        let waiting = self.in_flight.values().filter(|in_flight| in_flight.attempts.is_waiting(SILENCE)).count();
        waiting.min(self.concurrency.saturating_mul(MOST_GIVEN_UP))
    }

    /// Resolves when what is in flight is cut off.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + use<> {
        self.cancel.stop.clone().cancelled_owned()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Halts the run if somebody has said stop, or if nobody is logged in any more.
    pub(super) fn heed<F: FnMut(Event)>(&mut self, settle: &mut Settle<F>) {
        if self.cancel.drain.is_cancelled() && self.deadline.is_none() {
            self.deadline = Some(tokio::time::Instant::now() + self.cancel.grace);
            settle.halt(HaltReason::Interrupted);
        }
        if let Some(message) = self.clients.login_over() {
            settle.halt(HaltReason::CredentialsExpired { message: message.to_owned() });
        }
    }

    pub(super) fn start<F: FnMut(Event)>(&mut self, settle: &mut Settle<F>, queued: QueuedAccount, pass: Pass) {
        let (account_id, account_name) = (queued.account.id, queued.account.name.clone());
        settle.emit(EventKind::AccountStarted { account_id, account_name });
        let attempts = Attempts::within(self.terms.account_timeout);
        // What is read back once more is read back against the same outcome.
        let before = queued.before.clone();
        let begun = (pass == Pass::Converge).then(|| settle.take_begun(account_id)).flatten();
        let spent = before.as_ref().map_or(Duration::ZERO, |before| before.duration);
        let work = Work {
            clients: self.clients.clone(),
            terms: self.terms.clone(),
            journal: self.journal.clone(),
            events: self.events.clone(),
            cancel: self.cancel.clone(),
            account: queued.account.clone(),
            pass,
            begun,
            before,
            started_at: Timestamp::now(),
            attempts: attempts.clone(),
        };
        let id = self.running.spawn(work.run().instrument(super::event_log::span(account_id))).id();
        self.in_flight.insert(id, Running { queued, spent, began: Instant::now(), attempts });
    }

    /// Waits for one thing to happen: an account's news, an account's end, or a word to stop. Gives the account that
    /// came to its end, if that was it.
    pub(super) async fn next<F: FnMut(Event)>(&mut self, settle: &mut Settle<F>) -> Option<(QueuedAccount, Done)> {
        let late = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            biased;
            Some(news) = self.inbox.recv() => {
                settle.emit(news);
                return None;
            }
            () = self.cancel.drain.cancelled(), if self.deadline.is_none() => {
                self.heed(settle);
                return None;
            }
            Some(ended) = self.running.join_next_with_id() => ended,
            () = late, if !self.cancel.stop.is_cancelled() => {
                self.cancel.stop.cancel();
                return None;
            }
            // Places are given up, and a network is lost, while nothing happens.
            () = tokio::time::sleep(LOOK) => {
                self.watch_network(settle);
                return None;
            }
        };
        // Whatever the account had to tell comes before its end.
        while let Ok(news) = self.inbox.try_recv() {
            settle.emit(news);
        }
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        self.heed(settle);
        let Running { mut queued, spent, began, .. } = self.in_flight.remove(&id)?;
        let broken = |error: tokio::task::JoinError| Done::nothing_written(broken(&queued.account, &error.to_string()));
        let Done { mut outcome, history } = ended.map_or_else(broken, |(_, done)| done);
        let rounds = &mut queued.spent;
        rounds.rounds += 1;
        rounds.attempts += outcome.attempts;
        rounds.time += began.elapsed();
        rounds.since = rounds.since.or(outcome.started_at);
        (outcome.attempts, outcome.started_at) = (rounds.attempts, rounds.since);
        outcome.duration = spent + rounds.time;
        Some((queued, Done { outcome, history }))
    }

    /// Nobody waits in flight, and nothing happens for `time` but news of the run: a word to stop, a network that is lost.
    pub(super) async fn pause<F: FnMut(Event)>(&mut self, settle: &mut Settle<F>, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while settle.halted().is_none() && (tokio::time::Instant::now() < end || self.outage.is_some()) {
            tokio::select! {
                _ = self.next(settle) => {}
                () = tokio::time::sleep_until(end), if self.outage.is_none() => {}
            }
        }
    }

    /// Whether the network is lost.
    pub(super) fn is_cut_off(&self) -> bool {
        self.outage.is_some() || self.clients.network().lost().is_some()
    }

    /// Stops starting accounts while nothing can be reached, asks from time to time whether it can again, and halts the
    /// run when that has gone on for too long.
    fn watch_network<F: FnMut(Event)>(&mut self, settle: &mut Settle<F>) {
        match (self.clients.network().lost(), &mut self.outage) {
            (None, None) => {}
            (Some(lost), None) => {
                settle.emit(EventKind::NetworkLost { message: lost.why });
                self.outage = Some(Outage { since: lost.since, asked: tokio::time::Instant::now() });
            }
            (None, Some(outage)) => {
                let after = outage.since.elapsed();
                self.outage = None;
                settle.emit(EventKind::NetworkBack { after });
            }
            (Some(lost), Some(outage)) => {
                if lost.since.elapsed() >= LONGEST_OUTAGE {
                    settle.halt(HaltReason::NetworkLost { message: lost.why });
                }
                if outage.asked.elapsed() >= ASK_EVERY && settle.halted().is_none() {
                    outage.asked = tokio::time::Instant::now();
                    let clients = self.clients.clone();
                    // What it answers is of no interest; that it answers, every client's network learns.
                    tokio::spawn(async move { clients.ask_who().await.is_ok() });
                }
            }
        }
    }
}

/// A network that is lost, as the run sees it.
struct Outage {
    since: tokio::time::Instant,
    asked: tokio::time::Instant,
}

/// How long an account may be without an answer before others need not wait for it.
const SILENCE: Duration = Duration::from_secs(8);

/// How many times the accounts that may be in flight may have given up their places.
const MOST_GIVEN_UP: usize = 8;

/// How often the accounts in flight and the network are looked at while nothing happens.
const LOOK: Duration = Duration::from_secs(1);

/// How often a lost network is asked for.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// How long a network may be lost before the run gives up.
const LONGEST_OUTAGE: Duration = Duration::from_secs(600);

/// The outcome of a task that ended without one.
fn broken(account: &Account, message: &str) -> Outcome {
    let failure = Failure {
        step: Step::Observe,
        code: "Panic".into(),
        message: message.to_owned(),
        request_id: None,
        fix: "report it with the journal; the other accounts are not affected".to_owned(),
    };
    let outcome = Outcome::untouched(account.id, &account.name, AccountStatus::Failed, String::new());
    Outcome { status: AccountStatus::Failed, reason: None, failure: Some(failure), ..outcome }
}
