//! A run that goes by stages: a look at every account before the first write, and waves that are read back before the
//! next one begins.

use super::crew::{Crew, Seat};
use super::event::{Event, EventKind, HaltReason, Rounds, Stage};
use super::history::{Begun, passes};
use super::order::Seed;
use super::settle::Settle;
use super::waves::Waves;
use super::worker::{Done, Duty};
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
    pub(super) crew: Crew,
    pub(super) settle: Settle<F>,
    /// How often an account is worked on at most.
    pub(super) rounds: Rounds,
    /// The accounts that wait for another round.
    pub(super) deferred: Vec<Seat>,
}

impl<F: FnMut(Event)> Run<F> {
    /// Every account, one stage after the other.
    pub(super) async fn staged(&mut self, entries: Vec<Entry>, stages: &Stages) {
        let (mut seats, selected) = self.seats(entries, stages);
        if stages.preflight {
            seats = self.preflight(seats).await;
        }
        self.settle.watch(stages.allowed);
        match &stages.waves {
            Some(waves) => self.waves(seats, &waves.bounds(selected)).await,
            None => self.pass(seats, Duty::Converge, finish).await,
        }
    }

    /// The accounts to work on, in their order, and how many are in at all. What is out, and what an earlier sitting
    /// finished, is told; the latter keeps its place, so that a run that is gone on with has the waves that it had.
    fn seats(&mut self, entries: Vec<Entry>, stages: &Stages) -> (Vec<Seat>, usize) {
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
        let mut seats = Vec::with_capacity(selected);
        for (place, (index, entry)) in listed.into_iter().enumerate() {
            if let Some(account) = self.settle.admit(index, entry) {
                seats.push(Seat::new(place, index, account));
            }
        }
        (seats, selected)
    }

    /// Looks at every account. Gives back those that are ready, in their order.
    async fn preflight(&mut self, seats: Vec<Seat>) -> Vec<Seat> {
        if seats.is_empty() {
            return seats;
        }
        self.settle.stage(Stage::Preflight { accounts: seats.len() });
        let before = self.settle.failed();
        let mut ready = Vec::with_capacity(seats.len());
        self.pass(seats, Duty::Preflight, |settle, seat, outcome| {
            if outcome.status == AccountStatus::Failed {
                settle.finish(seat.index, &seat.account, outcome);
            } else {
                settle.emit(EventKind::StagePassed { account_id: seat.account.id });
                ready.push(Seat { notes: outcome.notes, ..seat.afresh() });
            }
        })
        .await;
        let failed = self.settle.failed() - before;
        if failed > 0 {
            self.settle.halt(HaltReason::PreflightFailed { failed });
        }
        ready.sort_by_key(|seat| seat.place);
        ready
    }

    async fn waves(&mut self, seats: Vec<Seat>, bounds: &[usize]) {
        let mut rest = seats.into_iter().peekable();
        for (number, bound) in (1..).zip(bounds) {
            let wave: Vec<Seat> = std::iter::from_fn(|| rest.next_if(|seat| seat.place < *bound)).collect();
            // An earlier sitting may have finished the whole wave.
            if !wave.is_empty() {
                self.wave(number, bounds.len(), wave).await;
            }
        }
    }

    async fn wave(&mut self, number: usize, of: usize, wave: Vec<Seat>) {
        if self.settle.halted().is_none() {
            self.settle.stage(Stage::Wave { number, of, accounts: wave.len() });
        }
        let mut written = Vec::new();
        self.pass(wave, Duty::Converge, |settle, seat, outcome| match outcome.status {
            AccountStatus::Created | AccountStatus::Updated | AccountStatus::Removed => {
                settle.emit(EventKind::StagePassed { account_id: seat.account.id });
                written.push(Seat { before: Some(Box::new(outcome)), ..seat.afresh() });
            }
            _ => finish(settle, seat, outcome),
        })
        .await;
        if written.is_empty() {
            return;
        }
        if Duty::ReadBack.may_begin(self.settle.halted()) {
            self.settle.stage(Stage::ReadBack { number, of, accounts: written.len() });
        }
        self.pass(written, Duty::ReadBack, finish).await;
    }

    /// Does one thing for every account, in as many rounds as it takes, and tells `each` what it came to. An account that
    /// is not begun any more is told of at once.
    async fn pass(&mut self, seats: Vec<Seat>, duty: Duty, mut each: impl FnMut(&mut Settle<F>, Seat, Outcome)) {
        self.round(seats, duty, &mut each).await;
        self.further_rounds(duty, each).await;
    }

    /// Works again on the accounts that were deferred, round by round.
    pub(super) async fn further_rounds(&mut self, duty: Duty, mut each: impl FnMut(&mut Settle<F>, Seat, Outcome)) {
        let mut round = 1;
        while !self.deferred.is_empty() {
            let mut seats = std::mem::take(&mut self.deferred);
            seats.sort_by_key(|seat| seat.place);
            round += 1;
            if self.settle.halted().is_none() {
                let pause = Rounds::pause_before(round);
                let (of, accounts) = (self.rounds.get(), seats.len());
                self.settle.emit(EventKind::RoundStarted { round: round.min(of), of, accounts, pause });
                self.crew.pause(&mut self.settle, pause).await;
            }
            self.round(seats, duty, &mut each).await;
        }
    }

    async fn round(&mut self, seats: Vec<Seat>, duty: Duty, each: &mut impl FnMut(&mut Settle<F>, Seat, Outcome)) {
        for seat in seats {
            while self.crew.is_full() && duty.may_begin(self.settle.halted()) {
                self.wait(each).await;
            }
            self.crew.heed(&mut self.settle);
            if duty.may_begin(self.settle.halted()) {
                self.crew.start(&mut self.settle, seat, duty);
            } else {
                leave(&mut self.settle, seat);
            }
        }
        while !self.crew.is_empty() {
            self.wait(each).await;
        }
    }

    /// Waits for one thing to happen.
    pub(super) async fn wait(&mut self, each: &mut impl FnMut(&mut Settle<F>, Seat, Outcome)) {
        if let Some((seat, done)) = self.crew.next(&mut self.settle).await
            && let Some((seat, outcome)) = self.round_over(seat, done)
        {
            each(&mut self.settle, seat, outcome);
        }
    }

    /// A round is over in an account: it is deferred, or this is what the account came to in its stage.
    pub(super) fn round_over(&mut self, seat: Seat, done: Done) -> Option<(Seat, Outcome)> {
        let Done { mut outcome, history } = done;
        let round = seat.spent.rounds;
        let passing = outcome.failure.as_ref().filter(|failure| passes(failure));
        if let Some(failure) = passing
            && self.rounds.goes_on_after(round)
            && self.settle.halted().is_none()
        {
            let (account_id, code) = (seat.account.id, failure.code.clone());
            self.settle.emit(EventKind::AccountDeferred { account_id, round, code });
            let mut seat = seat;
            if self.crew.is_cut_off() {
                // The account is not to blame, so its round does not count.
                seat.spent.rounds -= 1;
            }
            self.settle.begun(account_id, Begun { history, outcome: Some(outcome) });
            self.deferred.push(seat);
            return None;
        }
        if round > 1 {
            let words = if outcome.status == AccountStatus::Failed { "failed in each of" } else { "took" };
            outcome.notes.push(format!("{words} {round} rounds"));
        }
        let outcome = self.settle.as_before(seat.account.id, &history, outcome);
        Some((seat, outcome))
    }
}

impl Seat {
    /// For the next stage, whose rounds are counted anew.
    fn afresh(self) -> Self {
        Self { spent: Default::default(), ..self }
    }
}

/// The account is done.
pub(super) fn finish<F: FnMut(Event)>(settle: &mut Settle<F>, seat: Seat, mut outcome: Outcome) {
    outcome.notes.extend(seat.notes);
    settle.finish(seat.index, &seat.account, outcome);
}

/// The account is not worked on any more: what was written there stands, and that nobody looked again is said.
fn leave<F: FnMut(Event)>(settle: &mut Settle<F>, mut seat: Seat) {
    match seat.before.take() {
        None => settle.not_reached(seat.index, &seat.account),
        Some(mut before) => {
            before.notes.push("not read back: the run halted first".to_owned());
            finish(settle, seat, *before);
        }
    }
}

impl Duty {
    /// Whether a further account may be begun, now that the run may have halted. A run that halts for its failures
    /// still reads back what it has written.
    fn may_begin(self, halted: Option<&HaltReason>) -> bool {
        match (self, halted) {
            (_, None) | (Self::ReadBack, Some(HaltReason::TooManyFailures { .. })) => true,
            (_, Some(_)) => false,
        }
    }
}
