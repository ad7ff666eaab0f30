//! How far a run has come: the counts that progress and lines show.

use std::time::Duration;

use super::wording::{count, duration, rate};
use crate::account::outcome::AccountStatus;
use crate::rollout::event::RolloutStats;

/// The counts so far. Skipped accounts are no work, so they count neither as done nor as to be done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) selected: usize,
    stats: RolloutStats,
}

impl Tally {
    pub(super) fn new(selected: usize) -> Self {
        Self { selected, stats: RolloutStats::default() }
    }

    pub(super) fn count(&mut self, status: AccountStatus) {
        self.stats.count(status);
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
        let mut pieces = vec![format!("{}/{}", count(self.done()), count(self.selected)), self.results()];
        if let Some(rate) = rate(self.done(), elapsed) {
            pieces.push(rate);
            pieces.extend(self.left(elapsed).map(|left| format!("{} left", duration(left))));
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces.join("  ")
    }

    /// How long the rest takes if it goes on as it has until now, in whole seconds.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let rest = self.selected.checked_sub(self.done()).filter(|rest| *rest > 0)?;
        let seconds = elapsed.as_secs_f64() * rest as f64 / self.done() as f64;
        Duration::try_from_secs_f64(seconds.ceil()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
