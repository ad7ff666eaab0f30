//! A run that goes by stages: a look at every account before the first write, and waves that are read back before the
//! next one begins.

use std::time::Duration;

use super::event::{Event, EventKind, HaltReason, Rounds, Stage};
use super::history::Begun;
use super::in_flight::{InFlight, QueuedAccount};
use super::order::Seed;
use super::settle::Settle;
use super::waves::Waves;
use super::worker::{Done, Pass};
use crate::account::outcome::{AccountStatus, Outcome};
use crate::inventory::list::{Entry, Selection};

/// What a run's stages are.
#[derive(Debug, Clone)]
pub(super) struct Stages {
    pub(super) preflight: bool,
    pub(super) waves: Option<Waves>,
    pub(super) seed: Seed,
    /// How many accounts may fail.
    pub(super) allowed: Option<usize>,
}

/// A run's moving parts, all owned by one task.
pub(super) struct Run<F> {
    pub(super) in_flight: InFlight,
    pub(super) settle: Settle<F>,
    /// How often an account is worked on at most.
    pub(super) rounds: Rounds,
    /// How long the work on one account may take in each.
    pub(super) account_timeout: Duration,
    /// The accounts that wait for another round.
    pub(super) deferred: Vec<QueuedAccount>,
}

impl<F: FnMut(Event)> Run<F> {
    /// Every account, one stage after the other.
    pub(super) async fn staged(&mut self, entries: Vec<Entry>, stages: &Stages) {
        let (mut queue, selected) = self.queue(entries, stages);
        if stages.preflight {
            queue = self.preflight(queue).await;
        }
        self.settle.watch(stages.allowed);
        match &stages.waves {
            Some(waves) => self.waves(queue, &waves.bounds(selected)).await,
            None => self.pass(queue, Pass::Converge, finish).await,
        }
    }

    /// The accounts to work on, in their order, and how many are in at all. What is out, and what an earlier invocation
    /// finished, is told; the latter keeps its place, so that a run that is gone on with has the waves that it had.
    fn queue(&mut self, entries: Vec<Entry>, stages: &Stages) -> (Vec<QueuedAccount>, usize) {
        let mut listed = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            match entry.selection {
                Selection::In => listed.push((index, entry)),
                Selection::Out(_) => drop(self.settle.admit(index, entry)),
            }
        }
        if stages.waves.is_some() {
            stages.seed.arrange(&mut listed, |(_, entry)| entry.account.id);
        }
        let selected = listed.len();
        let mut queue = Vec::with_capacity(selected);
        for (place, (index, entry)) in listed.into_iter().enumerate() {
            if let Some(account) = self.settle.admit(index, entry) {
                queue.push(QueuedAccount::new(place, index, account));
            }
        }
        (queue, selected)
    }

    /// Looks at every account. Gives back those that are ready, in their order.
    async fn preflight(&mut self, queue: Vec<QueuedAccount>) -> Vec<QueuedAccount> {
        if queue.is_empty() {
            return queue;
        }
        self.settle.stage(Stage::Preflight { accounts: queue.len() });
        let before = self.settle.failed();
        let mut ready = Vec::with_capacity(queue.len());
        self.pass(queue, Pass::Preflight, |settle, queued, outcome| {
            if outcome.status == AccountStatus::Failed {
                settle.finish(queued.index, &queued.account, outcome);
            } else {
                settle.emit(EventKind::StagePassed { account_id: queued.account.id });
                ready.push(QueuedAccount { notes: outcome.notes, ..queued.afresh() });
            }
        })
        .await;
        let failed = self.settle.failed() - before;
        if failed > 0 {
            self.settle.halt(HaltReason::PreflightFailed { failed });
        }
        ready.sort_by_key(|queued| queued.place);
        ready
    }

    async fn waves(&mut self, queue: Vec<QueuedAccount>, bounds: &[usize]) {
        let mut rest = queue.into_iter().peekable();
        for (number, bound) in (1..).zip(bounds) {
            let wave: Vec<QueuedAccount> =
                std::iter::from_fn(|| rest.next_if(|queued| queued.place < *bound)).collect();
            // An earlier invocation may have finished the whole wave.
            if !wave.is_empty() {
                self.wave(number, bounds.len(), wave).await;
            }
        }
    }

    async fn wave(&mut self, number: usize, of: usize, wave: Vec<QueuedAccount>) {
        if self.settle.halted().is_none() {
            self.settle.stage(Stage::Wave { number, of, accounts: wave.len() });
        }
        let mut written = Vec::new();
        self.pass(wave, Pass::Converge, |settle, queued, outcome| match outcome.status {
            AccountStatus::Created | AccountStatus::Updated | AccountStatus::Removed => {
                settle.emit(EventKind::StagePassed { account_id: queued.account.id });
                written.push(QueuedAccount { before: Some(Box::new(outcome)), ..queued.afresh() });
            }
            _ => finish(settle, queued, outcome),
        })
        .await;
        if written.is_empty() {
            return;
        }
        if Pass::ReadBack.may_begin(self.settle.halted()) {
            self.settle.stage(Stage::ReadBack { number, of, accounts: written.len() });
        }
        self.pass(written, Pass::ReadBack, finish).await;
    }

    /// Does one thing for every account, in as many rounds as it takes, and tells `each` what it came to. An account that
    /// is not begun any more is told of at once.
    async fn pass(
        &mut self,
        queue: Vec<QueuedAccount>,
        pass: Pass,
        mut each: impl FnMut(&mut Settle<F>, QueuedAccount, Outcome),
    ) {
        self.round(queue, pass, &mut each).await;
        self.further_rounds(pass, each).await;
    }

    /// Works again on the accounts that were deferred, round by round.
    pub(super) async fn further_rounds(
        &mut self,
        pass: Pass,
        mut each: impl FnMut(&mut Settle<F>, QueuedAccount, Outcome),
    ) {
        let mut round = 1;
        while !self.deferred.is_empty() {
            let mut queue = std::mem::take(&mut self.deferred);
            queue.sort_by_key(|queued| queued.place);
            round += 1;
            if self.settle.halted().is_none() {
                let pause = Rounds::pause_before(round, self.account_timeout);
                let (of, accounts) = (self.rounds.get(), queue.len());
                self.settle.emit(EventKind::RoundStarted { round: round.min(of), of, accounts, pause });
                self.in_flight.pause(&mut self.settle, pause).await;
            }
            self.round(queue, pass, &mut each).await;
        }
    }

    async fn round(
        &mut self,
        queue: Vec<QueuedAccount>,
        pass: Pass,
        each: &mut impl FnMut(&mut Settle<F>, QueuedAccount, Outcome),
    ) {
        for queued in queue {
            while self.in_flight.is_full() && pass.may_begin(self.settle.halted()) {
                self.wait(each).await;
            }
            self.in_flight.heed(&mut self.settle);
            if pass.may_begin(self.settle.halted()) {
                self.in_flight.start(&mut self.settle, queued, pass);
            } else {
                leave(&mut self.settle, queued);
            }
        }
        while !self.in_flight.is_empty() {
            self.wait(each).await;
        }
    }

    /// Waits for one thing to happen.
    pub(super) async fn wait(&mut self, each: &mut impl FnMut(&mut Settle<F>, QueuedAccount, Outcome)) {
        if let Some((queued, done)) = self.in_flight.next(&mut self.settle).await
            && let Some((queued, outcome)) = self.round_over(queued, done)
        {
            each(&mut self.settle, queued, outcome);
        }
    }

    /// A round is over in an account: it is deferred, or this is what the account came to in its stage.
    pub(super) fn round_over(&mut self, queued: QueuedAccount, done: Done) -> Option<(QueuedAccount, Outcome)> {
        let Done { mut outcome, history } = done;
        let round = queued.spent.rounds;
        let passing = outcome.failure.as_ref().filter(|failure| failure.code.passes());
        if let Some(failure) = passing
            && self.rounds.goes_on_after(round)
            && self.settle.halted().is_none()
        {
            let (account_id, code) = (queued.account.id, failure.code.clone());
            self.settle.emit(EventKind::AccountDeferred { account_id, round, code });
            let mut queued = queued;
            if self.in_flight.is_cut_off() {
                // The account is not to blame, so its round does not count.
                queued.spent.rounds -= 1;
            }
            self.settle.begun(account_id, Begun { history, outcome: Some(outcome) });
            self.deferred.push(queued);
            return None;
        }
        if round > 1 {
            let words = if outcome.status == AccountStatus::Failed { "failed in each of" } else { "took" };
            outcome.notes.push(format!("{words} {round} rounds"));
        }
        let outcome = self.settle.as_before(queued.account.id, &history, outcome);
        Some((queued, outcome))
    }
}

impl QueuedAccount {
    /// For the next stage, whose rounds are counted anew.
    fn afresh(self) -> Self {
        Self { spent: Default::default(), ..self }
    }
}

/// The account is done.
pub(super) fn finish<F: FnMut(Event)>(settle: &mut Settle<F>, queued: QueuedAccount, mut outcome: Outcome) {
    outcome.notes.extend(queued.notes);
    settle.finish(queued.index, &queued.account, outcome);
}

/// The account is not worked on any more: what was written there stands, and that nobody looked again is said.
fn leave<F: FnMut(Event)>(settle: &mut Settle<F>, mut queued: QueuedAccount) {
    match queued.before.take() {
        None => settle.not_reached(queued.index, &queued.account),
        Some(mut before) => {
            before.notes.push("not read back: the run halted first".to_owned());
            finish(settle, queued, *before);
        }
    }
}

impl Pass {
    /// Whether a further account may be begun, now that the run may have halted. A run that halts for its failures
    /// still reads back what it has written.
    fn may_begin(self, halted: Option<&HaltReason>) -> bool {
        match (self, halted) {
            (_, None) | (Self::ReadBack, Some(HaltReason::TooManyFailures { .. })) => true,
            (_, Some(_)) => false,
        }
    }
}
