//! How far a run has come: the counts that progress and lines show.

use std::time::Duration;

use super::wording::{count, counted, duration, rate};
use crate::account::outcome::AccountStatus;
use crate::rollout::event::{RolloutStats, RunInfo, Stage};

/// The counts so far. Skipped accounts are no work, so they count neither as done nor as to be done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) selected: usize,
    /// Whether there may be more.
    pub(super) listing: bool,
    stats: RolloutStats,
    /// How many accounts wait for another round.
    pub(super) deferred: usize,
    /// The stage of a run that goes by stages, and how many accounts are through with it.
    stage: Option<(Stage, usize)>,
}

impl Tally {
    pub(super) fn new(selected: usize) -> Self {
        Self { selected, listing: false, stats: RolloutStats::default(), deferred: 0, stage: None }
    }

    /// Of a run that begins.
    pub(super) fn of(info: &RunInfo) -> Self {
        Self { listing: info.listing, ..Self::new(info.selected) }
    }

    /// More accounts are known.
    pub(super) fn listed(&mut self, selected: usize, whole: bool) {
        (self.selected, self.listing) = (selected, !whole);
    }

    /// The run went on to its next stage.
    pub(super) fn stage(&mut self, stage: Stage) {
        self.stage = Some((stage, 0));
    }

    /// An account came through the stage.
    pub(super) fn passed(&mut self) {
        if let Some((_, through)) = &mut self.stage {
            *through += 1;
        }
    }

    /// `wave 2 of 3: 5/19`: where a run by stages is.
    fn where_it_is(&self) -> Option<String> {
        let (stage, through) = self.stage?;
        let (name, accounts) = match stage {
            Stage::Preflight { accounts } => ("preflight".to_owned(), accounts),
            Stage::Wave { number, of, accounts } => (format!("wave {number} of {of}"), accounts),
            Stage::ReadBack { number, of, accounts } => (format!("reading wave {number} of {of} back"), accounts),
        };
        Some(format!("{name}: {}/{}", count(through), count(accounts)))
    }

    pub(super) fn count(&mut self, status: AccountStatus) {
        self.stats.count(status);
        self.passed();
    }

    /// How many accounts were worked on to their end.
    pub(super) fn done(&self) -> usize {
        self.stats.finished() - self.stats.skipped - self.stats.not_reached
    }

    /// `3 failed · 380 changed`: only what there is.
    pub(super) fn results(&self) -> String {
        let RolloutStats { created, updated, removed, pending, drifted, missing, failed, .. } = self.stats;
        let results =
            [(failed, "failed"), (created + updated + removed, "changed"), (pending + drifted + missing, "different")];
        let shown = results.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", count(*n)));
        shown.collect::<Vec<_>>().join(" · ")
    }

    /// `412/1,000  3 failed · 380 changed  42/s  14s left`.
    pub(super) fn at(&self, elapsed: Duration) -> String {
        let more = if self.listing { "+" } else { "" };
        let mut pieces = vec![format!("{}/{}{more}", count(self.done()), count(self.selected)), self.results()];
        if self.deferred > 0 {
            let waits = if self.deferred == 1 { "waits" } else { "wait" };
            pieces.push(format!("{} {waits} for another round", counted(self.deferred, "account")));
        }
        if let Some(stage) = self.where_it_is() {
            // A rate over stages of different kinds would say nothing.
            pieces.push(stage);
            pieces.retain(|piece| !piece.is_empty());
            return pieces.join("  ");
        }
        if let Some(rate) = rate(self.done(), elapsed) {
            pieces.push(rate);
            pieces.extend(self.left(elapsed).map(|left| format!("{} left", duration(left))));
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces.join("  ")
    }

    /// How long the rest takes if it goes on as it has until now, in whole seconds.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let rest = self.selected.checked_sub(self.done()).filter(|rest| *rest > 0 && !self.listing)?;
        let seconds = elapsed.as_secs_f64() * rest as f64 / self.done() as f64;
        Duration::try_from_secs_f64(seconds.ceil()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_by_stages_says_which_it_is_in() {
        let mut tally = Tally::new(40);
        tally.stage(Stage::Wave { number: 2, of: 3, accounts: 3 });
        tally.count(AccountStatus::Failed);
        tally.passed();
        assert_eq!(tally.at(Duration::from_secs(10)), "1/40  1 failed  wave 2 of 3: 2/3");
    }

    #[test]
    fn accounts_that_wait_for_another_round_are_counted() {
        let mut tally = Tally::new(40);
        tally.deferred = 12;
        assert_eq!(tally.at(Duration::ZERO), "0/40  12 accounts wait for another round");
        tally.deferred = 1;
        assert_eq!(tally.at(Duration::ZERO), "0/40  1 account waits for another round");
    }

    #[test]
    fn while_accounts_are_listed_nobody_knows_how_long_it_takes() {
        let mut tally = Tally { listing: true, ..Tally::new(20) };
        (0..10).for_each(|_| tally.count(AccountStatus::Created));
        assert_eq!(tally.at(Duration::from_secs(1)), "10/20+  10 changed  10/s");
        tally.listed(40, true);
        assert_eq!(tally.at(Duration::from_secs(1)), "10/40  10 changed  10/s  3.0s left");
    }

    #[test]
    fn a_line_says_how_far_the_run_is() {
        let mut tally = Tally::new(1_000);
        assert_eq!(tally.at(Duration::ZERO), "0/1,000");
        for (n, status) in [
            (380, AccountStatus::Created),
            (29, AccountStatus::Unchanged),
            (3, AccountStatus::Failed),
            (50, AccountStatus::Skipped),
        ] {
            (0..n).for_each(|_| tally.count(status));
        }
        assert_eq!(tally.at(Duration::from_secs(10)), "412/1,000  3 failed · 380 changed  41/s  15s left");
        (0..588).for_each(|_| tally.count(AccountStatus::Pending));
        assert_eq!(tally.at(Duration::from_secs(100)), "1,000/1,000  3 failed · 380 changed · 588 different  10/s");
    }
}
