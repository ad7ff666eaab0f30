//! How often calls are sent, and how long each try may take: short at first, longer from try to try.
//!
//! A hang is mostly one connection's, so the first try is given up early; a service that is slow needs a longer one. The
//! lengths are such that three tries fit into the time that an account has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::time::Instant;

/// The longest first try.
const FIRST_TRY: Duration = Duration::from_secs(5);

/// What the first try gets of an account's time: a tenth, the second two, the third four.
const FIRST_SHARE: u32 = 10;

/// Counts how often calls are sent, over all calls of one account, and gives each try its time. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Attempts(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    most: AtomicU32,
    last: AtomicU32,
    waited_ms: AtomicU64,
    /// Whether the account is waited for right now.
    waiting: AtomicBool,
    began: Instant,
    /// When the last answer came, after `began`.
    answered_ms: AtomicU64,
    first_try: Duration,
    /// How long one call may take, with all its tries.
    whole: Duration,
}

/// A header of our own in an answer after which there is no time for another try.
pub(super) const LAST: &str = "x-rolecall-last";

/// The part of the whole time after which no call is sent again.
const LATE: f64 = 0.7;

/// How long a call that is no account's may take, with all its tries.
const WHOLE: Duration = Duration::from_secs(90);

impl Default for Attempts {
    fn default() -> Self {
        Self::new(FIRST_TRY, WHOLE)
    }
}

impl Attempts {
    /// Tries whose lengths go with the time that the whole may take.
    pub fn within(whole: Duration) -> Self {
        Self::new((whole / FIRST_SHARE).min(FIRST_TRY), whole)
    }

    /// A call that is tried for as long as `whole`, since everything waits for it.
    pub fn patient(whole: Duration) -> Self {
        Self::new(FIRST_TRY, whole)
    }

    fn new(first_try: Duration, whole: Duration) -> Self {
        Self(Arc::new(Counts {
            most: AtomicU32::new(0),
            last: AtomicU32::new(0),
            waited_ms: AtomicU64::new(0),
            waiting: AtomicBool::new(false),
            began: Instant::now(),
            answered_ms: AtomicU64::new(0),
            first_try,
            whole,
        }))
    }

    /// The most times that any one call was sent; 0 if none was.
    pub fn most(&self) -> u32 {
        self.0.most.load(Ordering::Relaxed)
    }

    /// How many times the call that was sent last has been sent. Of use where one call comes after the other.
    pub fn last(&self) -> u32 {
        self.0.last.load(Ordering::Relaxed)
    }

    /// Tells that a call was sent `times` times, beyond the SDK's own tries.
    pub(super) fn repeated(&self, times: u32) {
        self.0.most.fetch_max(times, Ordering::Relaxed);
    }

    /// How long the account was waited for before work on it could begin, which is no time spent on it.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(self.0.waited_ms.load(Ordering::Relaxed))
    }

    /// Waits for the account, which is no time spent on it: adds to [`Attempts::waited`].
    pub async fn wait_for(&self, time: Duration) {
        self.0.waited_ms.fetch_add(millis(time), Ordering::Relaxed);
        self.0.waiting.store(true, Ordering::Relaxed);
        tokio::time::sleep(time).await;
        self.0.waiting.store(false, Ordering::Relaxed);
        self.answered();
    }

    fn answered(&self) {
        self.0.answered_ms.store(millis(self.0.began.elapsed()), Ordering::Relaxed);
    }

    /// Whether the account is waited for, or has not answered anything for longer than `silence`.
    pub fn is_waiting(&self, silence: Duration) -> bool {
        let answered = Duration::from_millis(self.0.answered_ms.load(Ordering::Relaxed));
        self.0.waiting.load(Ordering::Relaxed) || self.0.began.elapsed().saturating_sub(answered) > silence
    }

    /// Whether so much of the time is over that another try would most likely be cut off, and what AWS says now be lost.
    fn is_late(&self) -> bool {
        self.0.began.elapsed().saturating_sub(self.waited()) >= self.0.whole.mul_f64(LATE)
    }

    /// The length of a try, the first being 1.
    fn length(&self, attempt: u32) -> Duration {
        self.0.first_try * 2_u32.saturating_pow(attempt.saturating_sub(1).min(3))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Sets how long the next try may take, and the whole call.
fn allow(bag: &mut ConfigBag, time: Duration, whole: Duration) {
    let mut timeouts = TimeoutConfig::builder().operation_attempt_timeout(time).operation_timeout(whole).build();
    if let Some(base) = bag.load::<TimeoutConfig>() {
        timeouts.take_defaults_from(base);
    }
    bag.interceptor_state().store_put(timeouts);
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        allow(bag, self.length(1), self.0.whole);
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempt = bag.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        self.0.most.fetch_max(attempt, Ordering::Relaxed);
        self.0.last.store(attempt, Ordering::Relaxed);
        if let Some(call) = bag.load::<Metadata>() {
            tracing::debug!(service = call.service(), operation = call.name(), attempt, "calling");
        }
        // This try's time is running already.
        allow(bag, self.length(attempt + 1), self.0.whole);
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(response) = context.response_mut()
            && self.is_late()
        {
            // The classifier, which decides whether to send it again, sees nothing but the response.
            response.headers_mut().insert(LAST, "true");
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().is_some() {
            self.answered();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_grow_and_three_fit_into_the_whole() {
        for whole in [Duration::from_secs(3), Duration::from_secs(30), Duration::from_secs(120)] {
            let attempts = Attempts::within(whole);
            let three = attempts.length(1) + attempts.length(2) + attempts.length(3);
            assert!(attempts.length(1) < attempts.length(2) && three < whole, "{whole:?}: {three:?}");
        }
        assert_eq!(Attempts::default().length(1), FIRST_TRY);
    }
}
