//! What a run's counts and its end come down to: one word, and the exit code of design's table.

use crate::rollout::event::{Ended, HaltReason, RolloutStats};

/// How a run came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every selected account is as it should be.
    AllWell,
    /// An account failed or was not reached.
    Failures,
    /// plan found changes to make, or verify found drift.
    Differences,
    /// Somebody stopped the run; the rest is `not_reached`.
    Interrupted,
}

impl Verdict {
    /// The verdict on a run. An interruption outweighs failures, failures outweigh differences.
    pub fn of(stats: &RolloutStats, ended: &Ended) -> Self {
        if matches!(ended, Ended::Halted { reason: HaltReason::Interrupted | HaltReason::NetworkLost { .. } }) {
            Self::Interrupted
        } else if matches!(ended, Ended::Halted { .. }) || stats.failed + stats.not_reached > 0 {
            Self::Failures
        } else if stats.pending + stats.drifted + stats.missing > 0 {
            Self::Differences
        } else {
            Self::AllWell
        }
    }

    /// The exit code that the verdict gives, as long as every report could be written.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::AllWell => 0,
            Self::Failures => 1,
            Self::Differences => 3,
            Self::Interrupted => 130,
        }
    }

    /// The verdict in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::AllWell => "all well",
            Self::Failures => "an account failed or was not reached",
            Self::Differences => "there are differences from the setup",
            Self::Interrupted => "interrupted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts() {
        let stats = |failed, not_reached, drifted| RolloutStats { failed, not_reached, drifted, ..Default::default() };
        let halted = |reason| Ended::Halted { reason };
        let full = || HaltReason::JournalFailed { message: "disk full".to_owned() };
        for (stats, ended, code) in [
            (stats(0, 0, 0), Ended::Complete, 0),
            (stats(0, 0, 2), Ended::Complete, 3),
            (stats(1, 0, 2), Ended::Complete, 1),
            (stats(0, 1, 0), Ended::Complete, 1),
            (stats(0, 0, 0), halted(full()), 1),
            (stats(5, 5, 0), halted(HaltReason::Interrupted), 130),
        ] {
            assert_eq!(Verdict::of(&stats, &ended).exit_code(), code, "{stats:?} {ended:?}");
        }
    }
}
