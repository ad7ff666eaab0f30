//! How the run went over time, in a bounded number of steps that grow with it.

use std::time::Duration;

use serde::Serialize;

use super::super::wire::milliseconds;
use crate::rollout::event::Stage;

/// How many steps there are at the most. An even number, since two become one.
const STEPS: usize = 240;
/// How long a step is at first, in milliseconds.
const FIRST_MS: u64 = 50;
/// How many stages, and how many changes of pace, are told of.
const STAGES: usize = 100;

/// The run over time.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    step_ms: u64,
    steps: Vec<Count>,
    /// The first stages of a run that goes by stages.
    stages: Vec<Begun>,
    /// The first changes of pace.
    paces: Vec<Pace>,
    #[serde(skip)]
    in_flight: usize,
}

/// A stage, and the milliseconds from the run's start to it.
#[derive(Debug, Serialize)]
struct Begun {
    #[serde(flatten)]
    stage: Stage,
    at: u64,
}

/// How fast the run went on from some moment, and what held it up.
#[derive(Debug, Serialize)]
struct Pace {
    at: u64,
    slowed_by: Option<String>,
    concurrency: usize,
}

/// What happened within one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Count {
    /// The most accounts that were worked on at once.
    pub(super) in_flight: usize,
    /// Accounts that were done, failed ones among them.
    pub(super) done: usize,
    /// Accounts that failed.
    pub(super) failed: usize,
    /// Accounts that were done and for which some call had to be sent again: AWS throttled it, or did not answer.
    pub(super) again: usize,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { step_ms: FIRST_MS, steps: Vec::new(), stages: Vec::new(), paces: Vec::new(), in_flight: 0 }
    }
}

impl Timeline {
    /// Work on an account began.
    pub(super) fn started(&mut self, elapsed: Duration) {
        self.in_flight += 1;
        let in_flight = self.in_flight;
        self.at(elapsed, |count| count.in_flight = count.in_flight.max(in_flight));
    }

    /// A stage began.
    pub(super) fn stage(&mut self, elapsed: Duration, stage: Stage) {
        if self.stages.len() < STAGES {
            self.stages.push(Begun { stage, at: milliseconds(elapsed) });
        }
    }

    /// The run became slower or faster; `slowed_by` is the API that throttles.
    pub(super) fn pace(&mut self, elapsed: Duration, slowed_by: Option<String>, concurrency: usize) {
        if self.paces.len() < STAGES {
            self.paces.push(Pace { at: milliseconds(elapsed), slowed_by, concurrency });
        }
    }

    /// An account is not worked on any more, for the time being or for good.
    pub(super) fn left(&mut self, elapsed: Duration) {
        self.at(elapsed, |_| {});
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// An account that was worked on is done.
    pub(super) fn finished(&mut self, elapsed: Duration, failed: bool, again: bool) {
        self.at(elapsed, |count| {
            count.done += 1;
            count.failed += usize::from(failed);
            count.again += usize::from(again);
        });
    }

    /// Nothing more happened until here.
    pub(super) fn until(&mut self, elapsed: Duration) {
        self.at(elapsed, |_| {});
    }

    fn at(&mut self, elapsed: Duration, what: impl FnOnce(&mut Count)) {
        let ms = milliseconds(elapsed);
        while ms / self.step_ms >= STEPS as u64 {
            self.steps =
                self.steps.chunks(2).map(|two| two.iter().copied().fold(Count::default(), Count::with)).collect();
            self.step_ms *= 2;
        }
        let place = usize::try_from(ms / self.step_ms).unwrap_or(STEPS - 1);
        while self.steps.len() <= place {
            self.steps.push(Count { in_flight: self.in_flight, ..Count::default() });
        }
        if let Some(count) = self.steps.get_mut(place) {
            what(count);
        }
    }
}

impl Count {
    fn with(self, other: Self) -> Self {
        Self {
            in_flight: self.in_flight.max(other.in_flight),
            done: self.done + other.done,
            failed: self.failed + other.failed,
            again: self.again + other.again,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_small_and_loses_nothing_however_long_the_run() {
        let mut timeline = Timeline::default();
        for n in 0..50_000_u64 {
            timeline.started(Duration::from_millis(n * 100));
            timeline.finished(Duration::from_millis(n * 100 + 70), n % 10 == 0, n % 4 == 0);
            timeline.left(Duration::from_millis(n * 100 + 70));
        }
        timeline.until(Duration::from_secs(6_000));
        assert!(timeline.steps.len() <= STEPS, "{}", timeline.steps.len());
        let whole = timeline.steps.iter().copied().fold(Count::default(), Count::with);
        assert_eq!(whole, Count { in_flight: 1, done: 50_000, failed: 5_000, again: 12_500 });
        assert!(timeline.step_ms * STEPS as u64 >= 6_000_000);
    }

    #[test]
    fn what_is_in_flight_stays_so_while_nothing_happens() {
        let mut timeline = Timeline::default();
        timeline.started(Duration::ZERO);
        timeline.started(Duration::from_millis(10));
        timeline.left(Duration::from_millis(220));
        timeline.until(Duration::from_millis(300));
        let in_flight: Vec<usize> = timeline.steps.iter().map(|count| count.in_flight).collect();
        assert_eq!(in_flight, [2, 2, 2, 2, 2, 1, 1]);
    }
}
