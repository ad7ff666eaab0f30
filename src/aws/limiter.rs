//! A client-side limit on how often a service is called, so that AWS need not say no.

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};

/// A token bucket: so many calls per second, a tenth of them at once.
#[derive(Debug)]
pub struct RateLimiter {
    full: NonZeroU32,
    now: RwLock<(NonZeroU32, Arc<DefaultDirectRateLimiter>)>,
    clock: DefaultClock,
}

impl RateLimiter {
    /// A limiter that lets `per_second` calls through each second.
    pub fn per_second(per_second: NonZeroU32) -> Self {
        let clock = DefaultClock::default();
        let bucket = Arc::new(bucket(per_second, &clock));
        Self { full: per_second, now: RwLock::new((per_second, bucket)), clock }
    }

    /// Returns when the next call may be sent.
    pub async fn ready(&self) {
        loop {
            // The rate may have changed while this one waited.
            let bucket = self.now.read().unwrap_or_else(PoisonError::into_inner).1.clone();
            match bucket.check() {
                Ok(()) => return,
                Err(not_yet) => tokio::time::sleep(not_yet.wait_time_from(self.clock.now())).await,
            }
        }
    }

    /// How many calls a second are let through at present.
    pub fn rate(&self) -> u32 {
        self.now.read().unwrap_or_else(PoisonError::into_inner).0.get()
    }

    /// Lets only this share of the full rate through from now on, at least one call a second.
    pub(super) fn set_share(&self, share: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a u32")]
        let rate = (f64::from(self.full.get()) * share.clamp(0.0, 1.0)).round() as u32;
        let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if now.0 != rate {
            *now = (rate, Arc::new(bucket(rate, &self.clock)));
        }
    }
}

fn bucket(per_second: NonZeroU32, clock: &DefaultClock) -> DefaultDirectRateLimiter {
    let burst = NonZeroU32::new(per_second.get() / 10).unwrap_or(NonZeroU32::MIN);
    DefaultDirectRateLimiter::direct_with_clock(Quota::per_second(per_second).allow_burst(burst), clock.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_over_the_burst_has_to_wait() {
        let limiter = RateLimiter::per_second(NonZeroU32::new(50).unwrap());
        let bucket = limiter.now.read().unwrap().1.clone();
        for _ in 0..5 {
            assert!(bucket.check().is_ok(), "the burst is a tenth of a second's calls");
        }
        assert!(bucket.check().is_err());
        limiter.ready().await;
    }

    #[test]
    fn a_share_is_never_nothing() {
        let limiter = RateLimiter::per_second(NonZeroU32::new(10).unwrap());
        limiter.set_share(0.5);
        assert_eq!(limiter.rate(), 5);
        limiter.set_share(0.0);
        assert_eq!(limiter.rate(), 1);
        limiter.set_share(1.0);
        assert_eq!(limiter.rate(), 10);
    }
}
