//! The counters of a run and its one order of events: what every account came to, and why the run stops starting more.

use std::time::Instant;

use jiff::Timestamp;

use super::event::{Ended, Event, EventKind, HaltReason, RolloutStats, Stage};
use super::history::{Begun, Earlier};
use super::journal::{Journal, JournalEntry};
use crate::account::converge::Goal;
use crate::account::outcome::{AccountStatus, Outcome};
use crate::ids::AccountId;
use crate::inventory::list::{Account, Entry, Selection};

/// Owned by one task, so no count is ever wrong.
pub(super) struct Settle<F> {
    on_event: F,
    began: Instant,
    stats: RolloutStats,
    journal: Journal,
    /// What earlier invocations finished, and what they began.
    earlier: Earlier,
    goal: Goal,
    halted: Option<HaltReason>,
    /// How many accounts failed in this invocation, and how many may.
    failed: usize,
    allowed: Option<usize>,
}

impl<F: FnMut(Event)> Settle<F> {
    pub(super) fn new(on_event: F, journal: Journal, earlier: Earlier, goal: Goal) -> Self {
        Self {
            on_event,
            began: Instant::now(),
            stats: RolloutStats::default(),
            journal,
            earlier,
            goal,
            halted: None,
            failed: 0,
            allowed: None,
        }
    }

    pub(super) fn emit(&mut self, kind: EventKind) {
        super::event_log::log_event(&kind);
        (self.on_event)(Event { at: Timestamp::now(), elapsed: self.began.elapsed(), kind });
    }

    /// From here on the run halts when more accounts have failed than may.
    pub(super) fn watch(&mut self, allowed: Option<usize>) {
        self.allowed = allowed;
        self.tolerate();
    }

    /// How many accounts failed in this invocation.
    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    /// How many accounts were not reached by now.
    pub(super) fn not_reached_so_far(&self) -> usize {
        self.stats.not_reached
    }

    /// Why no further account is worked on, if that is so.
    pub(super) fn halted(&self) -> Option<&HaltReason> {
        self.halted.as_ref()
    }

    /// The first reason stands, but for a word to stop while a run that has had too many failures still reads back.
    pub(super) fn halt(&mut self, reason: HaltReason) {
        let stands = match (&self.halted, &reason) {
            (None, _) => false,
            (
                Some(HaltReason::TooManyFailures { .. }),
                HaltReason::TooManyFailures { .. } | HaltReason::ListingFailed { .. },
            ) => true,
            (Some(HaltReason::TooManyFailures { .. }), _) => false,
            (Some(_), _) => true,
        };
        if !stands {
            self.halted = Some(reason.clone());
            self.emit(EventKind::DrainStarted { reason });
        }
    }

    fn tolerate(&mut self) {
        if let Some(allowed) = self.allowed
            && self.failed > allowed
        {
            self.halt(HaltReason::TooManyFailures { failed: self.failed, allowed });
        }
    }

    pub(super) fn stage(&mut self, stage: Stage) {
        self.emit(EventKind::StageStarted { stage });
    }

    /// The account to work on, if it is in and the run goes on; otherwise its outcome is told at once.
    pub(super) fn admit(&mut self, index: usize, entry: Entry) -> Option<Account> {
        let Entry { account, selection, .. } = entry;
        if let Some(outcome) = self.earlier.kept.remove(&account.id) {
            self.tell(index, outcome);
            return None;
        }
        match (selection, &self.halted) {
            (Selection::Out(reason), _) => {
                let (status, reason) = (AccountStatus::Skipped, reason.to_string());
                self.finish(index, &account, Outcome::untouched(account.id, &account.name, status, reason));
                None
            }
            (Selection::In, Some(_)) => {
                self.not_reached(index, &account);
                None
            }
            (Selection::In, None) => Some(account),
        }
    }

    /// What an earlier invocation did in the account, if one began with it; from here on it is the account's work to tell of.
    pub(super) fn take_begun(&mut self, account: AccountId) -> Option<Begun> {
        self.earlier.begun.remove(&account)
    }

    /// The run halted before this account.
    pub(super) fn not_reached(&mut self, index: usize, account: &Account) {
        if let Some(begun) = self.earlier.begun.get(&account.id) {
            let outcome = begun.left(account, self.goal);
            return self.finish(index, account, outcome);
        }
        let why = match self.halted {
            Some(HaltReason::PreflightFailed { .. }) => "the preflight failed elsewhere, so nothing was written here",
            _ => "the run halted before this account",
        };
        let outcome = Outcome::untouched(account.id, &account.name, AccountStatus::NotReached, why.to_owned());
        self.finish(index, account, outcome);
    }

    /// The account is done: it is counted, put on record and told.
    pub(super) fn finish(&mut self, index: usize, account: &Account, outcome: Outcome) {
        self.heed(&outcome);
        let outcome = match self.take_begun(account.id) {
            None => outcome,
            Some(begun) => self.as_before(account.id, &begun, outcome),
        };
        // A report is an inventory, so it has to say what this account's row said.
        let outcome = Outcome { overrides: account.overrides.cells(), unit: account.unit.clone(), ..outcome };
        // A journal that is closed halts the run where a write needs it; an outcome is in the reports as well.
        let _ = self.journal.note(&JournalEntry::Finished { outcome: Box::new(outcome.clone()) });
        let failed = outcome.status == AccountStatus::Failed;
        self.tell(index, outcome);
        if failed {
            self.failed += 1;
            self.tolerate();
        }
    }

    /// The account was not worked on in this invocation: what an earlier one did there is told as it was left.
    fn as_before(&mut self, account_id: AccountId, begun: &Begun, outcome: Outcome) -> Outcome {
        for (change, result) in begun.history.untold() {
            self.emit(EventKind::ChangeSettled { account_id, change: Box::new(change.clone()), result });
        }
        begun.history.fold(outcome, self.goal)
    }

    /// Halts the run where an account's failure says that no other can do better.
    fn heed(&mut self, outcome: &Outcome) {
        if let Some(failure) = outcome.failure.as_ref().filter(|failure| failure.code == "JournalClosed") {
            self.halt(HaltReason::JournalFailed { message: failure.message.clone() });
        }
    }

    fn tell(&mut self, index: usize, outcome: Outcome) {
        self.stats.count(outcome.status);
        self.emit(EventKind::AccountFinished { index, outcome: Box::new(outcome) });
    }

    /// The last event.
    pub(super) fn end(mut self) -> (RolloutStats, Ended) {
        let ended = match self.halted.take() {
            None => Ended::Complete,
            // Those in flight when it halted may have failed too.
            Some(HaltReason::TooManyFailures { allowed, .. }) => {
                Ended::Halted { reason: HaltReason::TooManyFailures { failed: self.failed, allowed } }
            }
            Some(reason) => Ended::Halted { reason },
        };
        let stats = self.stats;
        self.emit(EventKind::RunFinished { stats, ended: ended.clone() });
        (stats, ended)
    }
}
