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
use super::worker::{Pass, Terms, Work};
use crate::account::outcome::{AccountStatus, Failure, Outcome, Step};
use crate::aws::clients::Clients;
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
}

/// The accounts in flight, and what each of them needs.
pub(super) struct InFlight {
    clients: Arc<Clients>,
    terms: Arc<Terms>,
    journal: Journal,
    cancel: Cancel,
    concurrency: usize,
    running: JoinSet<Outcome>,
    in_flight: HashMap<Id, Running>,
    events: UnboundedSender<EventKind>,
    inbox: UnboundedReceiver<EventKind>,
    /// When a drain has taken long enough.
    deadline: Option<tokio::time::Instant>,
}

struct Running {
    queued: QueuedAccount,
    /// How long earlier stages took.
    spent: Duration,
    began: Instant,
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
        }
    }

    /// Whether as many accounts are in flight as may be.
    pub(super) fn is_full(&self) -> bool {
        self.running.len() >= self.clients.pace().in_flight().min(self.concurrency)
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

    pub(super) fn start<F: FnMut(Event)>(&mut self, settle: &mut Settle<F>, mut queued: QueuedAccount, pass: Pass) {
        let (account_id, account_name) = (queued.account.id, queued.account.name.clone());
        settle.emit(EventKind::AccountStarted { account_id, account_name });
        let before = queued.before.take();
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
        };
        let id = self.running.spawn(work.run().instrument(super::event_log::span(account_id))).id();
        self.in_flight.insert(id, Running { queued, spent, began: Instant::now() });
    }

    /// Waits for one thing to happen: an account's news, an account's end, or a word to stop. Gives the account that
    /// came to its end, if that was it.
    pub(super) async fn next<F: FnMut(Event)>(&mut self, settle: &mut Settle<F>) -> Option<(QueuedAccount, Outcome)> {
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
        let Running { queued, spent, began } = self.in_flight.remove(&id)?;
        let outcome = ended.map_or_else(|error| broken(&queued.account, &error.to_string()), |(_, outcome)| outcome);
        Some((queued, Outcome { duration: spent + began.elapsed(), ..outcome }))
    }
}

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
