//! AWS STS, in one region or in several. Each region has a quota of its own, of all calls of the caller's account there; a
//! session that any of them gives is good everywhere in the partition.

use std::time::Duration;

use std::num::NonZeroU32;
use std::sync::Arc;

use super::limiter::RateLimiter;
use crate::ids::{AccountId, Region};

/// How STS is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsPace {
    /// Calls per second at the most, in each region.
    pub per_second: NonZeroU32,
    /// The regions; none for that of the configuration.
    pub regions: Vec<Region>,
}

impl From<NonZeroU32> for StsPace {
    fn from(per_second: NonZeroU32) -> Self {
        Self { per_second, regions: Vec::new() }
    }
}

/// STS in one region.
#[derive(Debug)]
pub struct StsRegion {
    client: aws_sdk_sts::Client,
    limit: Arc<RateLimiter>,
}

impl StsRegion {
    /// With the base credentials, to be called when [`StsRegion::limit`] lets it.
    pub fn client(&self) -> &aws_sdk_sts::Client {
        &self.client
    }

    /// The limit on calls there: AWS charges AssumeRole to the caller's account, for all accounts together.
    pub fn limit(&self) -> &Arc<RateLimiter> {
        &self.limit
    }
}

/// Every region in which STS is asked.
#[derive(Debug)]
pub(super) struct Sts {
    first: StsRegion,
    more: Vec<StsRegion>,
}

impl Sts {
    /// `configured` is asked as it is, or in each of these regions instead. The limits are in the regions' order.
    pub(super) fn of(
        configured: aws_sdk_sts::config::Builder,
        regions: &[Region],
        limits: impl IntoIterator<Item = Arc<RateLimiter>>,
    ) -> Option<Self> {
        let elsewhere =
            |region: &Region| configured.clone().region(aws_sdk_sts::config::Region::new(region.to_string()));
        let configs: Vec<_> =
            if regions.is_empty() { vec![configured.clone()] } else { regions.iter().map(elsewhere).collect() };
        let mut all = configs
            .into_iter()
            .zip(limits)
            .map(|(config, limit)| StsRegion { client: aws_sdk_sts::Client::from_conf(config.build()), limit });
        Some(Self { first: all.next()?, more: all.collect() })
    }

    /// The first.
    pub(super) fn first(&self) -> &StsRegion {
        &self.first
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &StsRegion> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// Where the account's role is assumed: by its id, so that the accounts are dealt out evenly, and mixed, so that those of
    /// one shard are too.
    pub(super) fn of_account(&self, account: AccountId) -> &StsRegion {
        // FNV-1a, and its upper half, in which every digit has its say.
        let mixed = account
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, digit| (hash ^ u64::from(digit)).wrapping_mul(0x0100_0000_01b3));
        let place = usize::try_from(mixed >> 32).unwrap_or_default() % (self.more.len() + 1);
        self.all().nth(place).unwrap_or(&self.first)
    }
}

/// How long a session is asked for that is used for so long at the most: no longer than it takes, since whoever gets hold of
/// one has it for that long. STS gives 900 seconds at the least, and a chained session 3,600 at the most.
pub fn session_seconds(longest: Duration) -> i32 {
    let wanted = longest.as_secs().saturating_add(60).clamp(900, 3_600);
    i32::try_from(wanted).unwrap_or(3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_no_longer_than_it_takes() {
        let seconds = |longest| session_seconds(Duration::from_secs(longest));
        assert_eq!([0, 120, 900, 1_800, 7_200, u64::MAX].map(seconds), [900, 900, 960, 1_860, 3_600, 3_600]);
    }
}
