//! `--waves 1,5%,100%`: how many accounts may have been touched when each wave is over. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much of the selected accounts: a number, or hundredths of a percent of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// So many accounts.
    Count(usize),
    /// So many hundredths of a percent.
    Percent(u32),
}

/// A whole, in hundredths of a percent.
const WHOLE: u32 = 10_000;

/// What is no number of accounts and no percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a number of accounts nor a percentage from 0.01% to 100%")]
pub struct ShareError {
    text: String,
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let wrong = || ShareError { text: text.to_owned() };
        let Some(number) = text.strip_suffix('%') else {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            return text.parse().ok().filter(|_| digits).map(Self::Count).ok_or_else(wrong);
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits =
            |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole, 3) || !digits(part, 2) {
            return Err(wrong());
        }
        let hundredths = format!("{whole}{part:0<2}").parse().map_err(|_| wrong())?;
        if hundredths > WHOLE { Err(wrong()) } else { Ok(Self::Percent(hundredths)) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(n) => write!(f, "{n}"),
            Self::Percent(hundredths) if hundredths.is_multiple_of(100) => write!(f, "{}%", hundredths / 100),
            Self::Percent(hundredths) if hundredths.is_multiple_of(10) => {
                write!(f, "{}.{}%", hundredths / 100, hundredths % 100 / 10)
            }
            Self::Percent(hundredths) => write!(f, "{}.{:02}%", hundredths / 100, hundredths % 100),
        }
    }
}

impl Share {
    /// How many of `selected` accounts that is, rounded down.
    pub(super) fn of(self, selected: usize) -> usize {
        match self {
            Self::Count(n) => n,
            Self::Percent(hundredths) => {
                let part = selected as u128 * u128::from(hundredths) / u128::from(WHOLE);
                usize::try_from(part).unwrap_or(selected)
            }
        }
    }

    /// The same, rounded up, so that a percentage of a small number is no empty wave.
    fn at_least_one_of(self, selected: usize) -> usize {
        match self {
            Self::Count(n) => n,
            Self::Percent(hundredths) => {
                let part = (selected as u128 * u128::from(hundredths)).div_ceil(u128::from(WHOLE));
                usize::try_from(part).unwrap_or(selected)
            }
        }
    }
}

/// The waves of a run. Each says how many accounts may have been touched, all in all, when it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Waves(Vec<Share>);

/// What is wrong with a list of waves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WavesError {
    /// One of them cannot be read.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// A wave without accounts.
    #[error("a wave of nothing")]
    Empty,
    /// A wave that ends before the one ahead of it.
    #[error("`{later}` is not more than `{earlier}`: each wave says how many accounts are done when it is over")]
    NotMore {
        /// The wave ahead.
        earlier: String,
        /// The one behind it.
        later: String,
    },
}

impl FromStr for Waves {
    type Err = WavesError;

    fn from_str(text: &str) -> Result<Self, WavesError> {
        let shares = text.split(',').map(|word| word.trim().parse()).collect::<Result<Vec<Share>, _>>()?;
        for share in &shares {
            if matches!(share, Share::Count(0) | Share::Percent(0)) {
                return Err(WavesError::Empty);
            }
        }
        for (earlier, later) in shares.iter().zip(shares.iter().skip(1)) {
            let grows = match (earlier, later) {
                (Share::Count(earlier), Share::Count(later)) => later > earlier,
                (Share::Percent(earlier), Share::Percent(later)) => later > earlier,
                // Which of them is more, only the number of accounts tells.
                _ => true,
            };
            if !grows {
                return Err(WavesError::NotMore { earlier: earlier.to_string(), later: later.to_string() });
            }
        }
        Ok(Self(shares))
    }
}

impl TryFrom<String> for Waves {
    type Error = WavesError;

    fn try_from(text: String) -> Result<Self, WavesError> {
        text.parse()
    }
}

impl From<Waves> for String {
    fn from(waves: Waves) -> Self {
        waves.to_string()
    }
}

impl fmt::Display for Waves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&shares.join(","))
    }
}

impl Waves {
    /// Where each wave ends, as a number of accounts: rising, the last one `selected`. A wave that would add no account
    /// to the one ahead of it is left out.
    pub fn bounds(&self, selected: usize) -> Vec<usize> {
        let mut bounds: Vec<usize> = Vec::new();
        let ends = self.0.iter().map(|share| share.at_least_one_of(selected).min(selected));
        for end in ends.chain([selected]) {
            if end > bounds.last().copied().unwrap_or(0) {
                bounds.push(end);
            }
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waves(text: &str) -> Waves {
        text.parse().unwrap()
    }

    #[test]
    fn waves_are_read_and_written_as_people_type_them() {
        for text in ["1,5%,100%", "10", "0.5%,12.25%", "1,2,3"] {
            assert_eq!(waves(text).to_string(), text);
        }
        assert_eq!(waves(" 1, 5.50% ").to_string(), "1,5.5%");
        for text in ["", "0", "0%", "5%,5%", "3,2", "101%", "-1", "+1", "1.5", "%", "1%%", "1,,2", "1.234%", ".5%"] {
            assert!(text.parse::<Waves>().is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_are_cumulative_and_the_last_is_everything() {
        assert_eq!(waves("1,5%,100%").bounds(38), [1, 2, 38]);
        assert_eq!(waves("1,10%").bounds(1_000), [1, 100, 1_000], "what is missing is completed");
        assert_eq!(waves("1,5%").bounds(10), [1, 10], "5 % of 10 is the one that is done already");
        assert_eq!(waves("500,10%").bounds(1_000), [500, 1_000]);
        assert_eq!(waves("1").bounds(0), [0_usize; 0]);
    }

    proptest! {
        #[test]
        fn whatever_the_waves_every_account_is_in_just_one(
            shares in prop::collection::vec(prop_oneof![(1_u32..300).prop_map(|n| n.to_string()),
                (1_u32..=10_000).prop_map(|n| Share::Percent(n).to_string())], 1..6),
            selected in 0_usize..5_000,
        ) {
            let Ok(waves) = shares.join(",").parse::<Waves>() else { return Ok(()) };
            let bounds = waves.bounds(selected);
            prop_assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(bounds.last().copied().unwrap_or(0), selected);
            prop_assert!(bounds.iter().all(|bound| *bound > 0));
            prop_assert_eq!(waves.to_string().parse::<Waves>(), Ok(waves));
        }
    }
}
