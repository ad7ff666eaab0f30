//! The run: starts accounts up to a bound, gathers what happens into one order, and gives every account its outcome.
//!
//! One task owns the counters and the running set. Workers only send messages, so no count is ever wrong, and a slow
//! reporter slows the run down instead of losing an event.

use std::sync::Arc;

use super::cancel::Cancel;
use super::crew::{Crew, Seat};
use super::event::{Ended, Event, EventKind, HaltReason, RolloutStats, RunInfo};
use super::history::Earlier;
use super::journal::Journal;
use super::order::{DEFAULT_SEED, Seed};
use super::settle::Settle;
use super::stages::{Run, Stages, finish};
use super::worker::{Duty, Terms};
use crate::aws::clients::Clients;
use crate::inventory::list::{Entry, Inventory};

/// A run that is ready to begin.
pub struct Rollout {
    /// What talks to AWS.
    pub clients: Arc<Clients>,
    /// What is the same for every account.
    pub terms: Arc<Terms>,
    /// The accounts.
    pub inventory: Inventory,
    /// What the reports say of the run. How many accounts are worked on at once, its waves, its order and how many may
    /// fail are taken from here, so that they are just what the reports say.
    pub info: RunInfo,
    /// What earlier sittings of this run left.
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
        let Self { clients, terms, inventory, info, earlier, journal, cancel } = self;
        let stages = Stages {
            preflight: info.preflight,
            waves: info.waves.clone(),
            seed: info.seed.unwrap_or(Seed(DEFAULT_SEED)),
            allowed: info.max_failures.unwrap_or_default().allowed(info.selected),
        };
        let login = Arc::clone(&clients);
        let mut run = Run {
            settle: Settle::new(on_event, journal.clone(), earlier, terms.goal),
            crew: Crew::new(clients, terms, journal.clone(), cancel, info.concurrency),
        };
        run.settle.emit(EventKind::RunStarted(Box::new(info)));
        if stages.preflight || stages.waves.is_some() {
            run.staged(inventory.entries, &stages).await;
        } else {
            run.settle.watch(stages.allowed);
            run.straight(inventory.entries).await;
        }
        if let (Some(message), 1..) = (login.login_over(), run.settle.not_reached_so_far()) {
            run.settle.halt(HaltReason::CredentialsExpired { message: message.to_owned() });
        }
        run.settle.end()
    }
}

impl<F: FnMut(Event)> Run<F> {
    /// Every account, in the inventory's order, each as soon as there is room.
    async fn straight(&mut self, entries: Vec<Entry>) {
        for (index, entry) in entries.into_iter().enumerate() {
            while self.crew.is_full() {
                self.wait(&mut finish).await;
            }
            self.crew.heed(&mut self.settle);
            if let Some(account) = self.settle.admit(index, entry) {
                let seat = Seat { place: index, index, account, notes: Vec::new(), before: None };
                self.crew.start(&mut self.settle, seat, Duty::Converge);
            }
        }
        while !self.crew.is_empty() {
            self.wait(&mut finish).await;
        }
    }
}
