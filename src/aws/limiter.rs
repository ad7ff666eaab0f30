//! A client-side limit on how often a service is called, so that AWS need not say no.

use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};

/// A token bucket: so many calls per second, a tenth of them at once.
#[derive(Debug)]
pub struct RateLimiter {
    bucket: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl RateLimiter {
    /// A limiter that lets `per_second` calls through each second.
    pub fn per_second(per_second: NonZeroU32) -> Self {
        let burst = NonZeroU32::new(per_second.get() / 10).unwrap_or(NonZeroU32::MIN);
        let clock = DefaultClock::default();
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self { bucket: DefaultDirectRateLimiter::direct_with_clock(quota, clock.clone()), clock }
    }

    /// Returns when the next call may be sent.
    pub async fn ready(&self) {
        while let Err(not_yet) = self.bucket.check() {
            tokio::time::sleep(not_yet.wait_time_from(self.clock.now())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_over_the_burst_has_to_wait() {
        let limiter = RateLimiter::per_second(NonZeroU32::new(50).unwrap());
        for _ in 0..5 {
            assert!(limiter.bucket.check().is_ok(), "the burst is a tenth of a second's calls");
        }
        assert!(limiter.bucket.check().is_err());
        limiter.ready().await;
    }
}
