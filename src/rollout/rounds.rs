//! Rounds: an account that failed for something that passes is worked on again, after all others and a pause. Pure.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often an account is worked on at most. 1 is no second round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rounds(NonZeroU32);

/// The part of the time that an account has which is the pause before the second round: 10 s of two minutes.
const FIRST_PAUSE: u32 = 12;

/// How much longer each further pause is.
const GROWTH: u32 = 4;

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(160);

/// The most rounds that anybody may ask for.
const MOST: u32 = 10;

impl Rounds {
    /// One round: what fails, fails.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// How many.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// Whether another round follows this one; the first is 1.
    pub fn goes_on_after(self, round: u32) -> bool {
        round < self.get()
    }

    /// The pause before a round from the second on, where an account has so much time in each; each pause is longer than
    /// the one before.
    pub fn pause_before(round: u32, account_timeout: Duration) -> Duration {
        let factor = GROWTH.saturating_pow(round.saturating_sub(2));
        (account_timeout / FIRST_PAUSE).saturating_mul(factor).min(LONGEST_PAUSE)
    }
}

impl Default for Rounds {
    fn default() -> Self {
        Self(NonZeroU32::MIN.saturating_add(2))
    }
}

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// It is no number of rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number of rounds is 1 to {MOST}")]
pub struct RoundsError;

impl FromStr for Rounds {
    type Err = RoundsError;

    fn from_str(text: &str) -> Result<Self, RoundsError> {
        let rounds: NonZeroU32 = text.parse().map_err(|_| RoundsError)?;
        if rounds.get() <= MOST { Ok(Self(rounds)) } else { Err(RoundsError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_unless_said_otherwise_and_pauses_grow() {
        assert_eq!(Rounds::default().get(), 3);
        assert!(Rounds::default().goes_on_after(2) && !Rounds::default().goes_on_after(3));
        assert!(!Rounds::ONE.goes_on_after(1));
        let pauses = |time| (2..6).map(|round| Rounds::pause_before(round, time).as_secs()).collect::<Vec<_>>();
        assert_eq!(pauses(Duration::from_secs(120)), [10, 40, 160, 160]);
        assert_eq!(pauses(Duration::from_secs(12)), [1, 4, 16, 64]);
    }

    #[test]
    fn a_number_of_rounds_is_small_and_not_none() {
        assert_eq!("1".parse(), Ok(Rounds::ONE));
        for text in ["0", "-1", "11", "many", ""] {
            assert_eq!(text.parse::<Rounds>(), Err(RoundsError), "{text}");
        }
    }
}
