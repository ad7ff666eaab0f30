//! From a spec to a world.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::super::faults::FaultRule;
use super::super::world::{Clock, OrganizationManners, World};
use super::chosen_faults::{Chosen, EXPECTED};
use super::{chosen_faults, healthy, rough, sized};

/// What was wrong with a spec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A word that is neither a world nor a setting.
    #[error(
        "`{word}` is not a sandbox world or setting (known are `healthy`, `rough`, `accounts=`, `latency=`, `seed=`, `faults=`)"
    )]
    Unknown {
        /// The word, or the key before its `=`.
        word: String,
    },
    /// A setting whose value cannot be read.
    #[error("`{key}={value}` is not {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// Its value as it was given.
        value: String,
        /// What it should have been.
        expected: &'static str,
    },
    /// A setting or a world that was named twice, or two worlds.
    #[error("`{word}` does not go together with what stands before it")]
    Twice {
        /// The second of the two.
        word: String,
    },
}

/// What a caller may choose about any world, ready or not.
#[derive(Clone)]
pub struct WorldOptions {
    /// Where the world takes the time from: by default the system's clock.
    pub clock: Clock,
    /// What goes wrong, besides what the world itself holds; asked first.
    pub faults: Option<FaultRule>,
    /// How Organizations behaves.
    pub organization: OrganizationManners,
    /// The partition of every ARN: `aws`.
    pub partition: &'static str,
    /// The region to work in: `us-east-1`.
    pub region: &'static str,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(Timestamp::now),
            faults: None,
            organization: OrganizationManners::default(),
            partition: "aws",
            region: "us-east-1",
        }
    }
}

impl std::fmt::Debug for WorldOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("WorldOptions");
        debug.field("organization", &self.organization).field("partition", &self.partition);
        debug.finish_non_exhaustive()
    }
}

/// A spec, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) which: Which,
    pub(super) latency: Duration,
    pub(super) seed: u64,
    pub(super) faults: Vec<Chosen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Healthy,
    Rough,
    /// So many member accounts.
    Sized(u32),
}

impl World {
    /// The world that `spec` asks for: `healthy` (also where it is empty), `rough`, `accounts=N`, and with any of them
    /// `latency=50ms`, `seed=7` and `faults=throttle:10%+reset:5%`.
    ///
    /// # Errors
    /// What could not be read.
    pub fn from_spec(spec: &str) -> Result<Self, SpecError> {
        Self::from_spec_with(spec, WorldOptions::default())
    }

    /// The same, with options that a spec cannot say.
    ///
    /// # Errors
    /// What could not be read.
    pub fn from_spec_with(spec: &str, options: WorldOptions) -> Result<Self, SpecError> {
        let spec = read(spec)?;
        let options = WorldOptions { faults: chosen_faults::rule(&spec.faults, options.faults), ..options };
        Ok(Self::build(match spec.which {
            Which::Healthy => healthy::plan(&spec, options),
            Which::Rough => rough::plan(&spec, options),
            Which::Sized(members) => sized::plan(&spec, members, options),
        }))
    }
}

pub(super) fn read(text: &str) -> Result<Spec, SpecError> {
    let (mut which, mut latency, mut seed, mut faults) = (None, None, None, None);
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let wrong = |key, expected| SpecError::Value { key, value: value.to_owned(), expected };
        let taken = match (key, word.contains('=')) {
            ("healthy", false) => which.replace(Which::Healthy).is_some(),
            ("rough", false) => which.replace(Which::Rough).is_some(),
            ("accounts", true) => {
                let members = value.parse().ok().filter(|n| (1..=1_000_000).contains(n));
                let members = members.ok_or_else(|| wrong("accounts", "a number of accounts (1 to 1000000)"))?;
                which.replace(Which::Sized(members)).is_some()
            }
            ("latency", true) => {
                let given = duration(value).ok_or_else(|| wrong("latency", "a duration (such as `50ms` or `1.5s`)"))?;
                latency.replace(given).is_some()
            }
            ("seed", true) => {
                let given = value.parse().map_err(|_| wrong("seed", "a whole number"))?;
                seed.replace(given).is_some()
            }
            ("faults", true) => {
                let given: Option<Vec<Chosen>> = value.split('+').map(Chosen::read).collect();
                faults.replace(given.ok_or_else(|| wrong("faults", EXPECTED))?).is_some()
            }
            _ => return Err(SpecError::Unknown { word: key.to_owned() }),
        };
        if taken {
            return Err(SpecError::Twice { word: word.to_owned() });
        }
    }
    Ok(Spec {
        which: which.unwrap_or(Which::Healthy),
        latency: latency.unwrap_or_default(),
        seed: seed.unwrap_or(1),
        faults: faults.unwrap_or_default(),
    })
}

/// `50ms`, `1.5s`; up to a minute.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s')?, 1.0),
    };
    let seconds = number.parse::<f64>().ok()? * unit;
    Duration::try_from_secs_f64(seconds).ok().filter(|given| *given <= Duration::from_secs(60))
}
