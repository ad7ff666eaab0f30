//! `--max-failures N` or `P%`: how many accounts may fail before a run halts. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::waves::{Share, ShareError};

/// How many accounts may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Tolerance {
    /// Any number: the run goes on.
    #[default]
    Any,
    /// So many, or so much of the selected accounts.
    AtMost(Limit),
}

/// A number of accounts, or a part of those selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(Share);

impl Tolerance {
    /// Not one.
    pub const NONE: Self = Self::AtMost(Limit(Share::Count(0)));

    /// Whether it depends on how many accounts are selected.
    pub fn is_a_part(self) -> bool {
        matches!(self, Self::AtMost(Limit(Share::Percent(_))))
    }

    /// How many of `selected` accounts may fail; `None` for any number.
    pub fn allowed(self, selected: usize) -> Option<usize> {
        match self {
            Self::Any => None,
            Self::AtMost(Limit(share)) => Some(share.of(selected)),
        }
    }
}

impl FromStr for Tolerance {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        match text {
            "any" => Ok(Self::Any),
            text => Ok(Self::AtMost(Limit(text.parse()?))),
        }
    }
}

impl TryFrom<String> for Tolerance {
    type Error = ShareError;

    fn try_from(text: String) -> Result<Self, ShareError> {
        text.parse()
    }
}

impl From<Tolerance> for String {
    fn from(tolerance: Tolerance) -> Self {
        tolerance.to_string()
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::AtMost(Limit(share)) => share.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_is_rounded_down_so_that_no_more_may_fail_than_was_said() {
        let allowed = |text: &str, selected| text.parse::<Tolerance>().unwrap().allowed(selected);
        assert_eq!(allowed("2", 5), Some(2));
        assert_eq!(allowed("5%", 39), Some(1));
        assert_eq!(allowed("5%", 19), Some(0));
        assert_eq!(allowed("0", 1_000), Some(0));
        assert_eq!(allowed("any", 10), None);
        assert_eq!(Tolerance::NONE.allowed(10), Some(0));
        assert!("many".parse::<Tolerance>().is_err() && "-1".parse::<Tolerance>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_allowed_grows_with_the_number_of_accounts_and_never_beyond_it(
            hundredths in 0_u32..=10_000, selected in 0_usize..100_000, more in 0_usize..1_000,
        ) {
            let tolerance = Tolerance::AtMost(Limit(Share::Percent(hundredths)));
            let few = tolerance.allowed(selected).unwrap();
            prop_assert!(few <= selected && few <= tolerance.allowed(selected + more).unwrap());
            prop_assert_eq!(tolerance.to_string().parse::<Tolerance>(), Ok(tolerance));
        }
    }
}
