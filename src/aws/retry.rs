//! What is tried again on top of the SDK's own retries, and for how long.
//!
//! The SDK retries throttles, HTTP 5xx and broken connections by itself, with backoff and full jitter. `Rules` adds what
//! it takes for final: a bare 429, credentials that can be renewed, a clock that the SDK has just learned to correct.
//! What is left is IAM's own and takes longer: entities that somebody else is changing, and what was written a moment
//! ago and is not visible everywhere yet; that is [`patiently`].

use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use tokio::time::Instant;

use super::answer::class_of;
use super::attempts::{Attempts, LAST};
use super::credentials::REFUSED;
use super::failure::{AwsFailure, Class};

/// How long a role that was just created may be unknown to IAM's other endpoints.
pub const PROPAGATION_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a principal in a policy may be unknown before it counts as not existing.
pub const PRINCIPAL_TIMEOUT: Duration = Duration::from_secs(20);

/// How long IAM may go on saying that an entity is being changed by somebody else.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

/// The first and the longest wait between two tries.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// How often one call that was refused for its credentials or its time is sent again, with what was renewed. Tries that
/// failed for another reason do not count.
const REFUSALS: u32 = 3;

/// What the SDK should send again besides what it does by itself.
#[derive(Debug)]
pub(super) struct Rules;

impl ClassifyRetry for Rules {
    fn name(&self) -> &'static str {
        "rolecall"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if context.response().is_some_and(|response| response.headers().get(LAST).is_some()) {
            return RetryAction::RetryForbidden;
        }
        let again = match context.response().and_then(class_of) {
            Some(Class::Throttled) => return RetryAction::throttling_error(),
            Some(Class::Credentials | Class::Clock) => refusals(context).is_some_and(|times| times <= REFUSALS),
            // Words of ours for a status or code that the SDK may not know as the service's own fault.
            Some(Class::ServiceFault) => true,
            _ => false,
        };
        if again { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }
}

/// How often the call was refused by now, where the interceptor of the credentials has said so.
fn refusals(context: &InterceptorContext) -> Option<u32> {
    context.response()?.headers().get(REFUSED)?.parse().ok()
}

/// Calls `call` until it succeeds, fails for good, or has failed with a class that `patience` gave time for, for
/// longer than that time. `patience` answers how long that class of failure may last; zero means that it is final.
/// `attempts` learns how often it was called.
pub async fn patiently<T, F>(
    attempts: &Attempts,
    patience: impl Fn(Class) -> Duration,
    mut call: impl FnMut() -> F,
) -> Result<T, AwsFailure>
where
    F: Future<Output = Result<T, AwsFailure>>,
{
    let started = Instant::now();
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    for calls in 1.. {
        let failure = match call().await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if started.elapsed() >= patience(failure.class) {
            return Err(failure);
        }
        let wait = backoff.wait();
        tracing::debug!(operation = failure.operation, code = %failure.code, ?wait, "not yet, trying again");
        tokio::time::sleep(wait).await;
        attempts.repeated(calls + 1);
    }
    call().await
}

/// Waits that double up to a longest, each drawn anew between nothing and its length (full jitter), so that accounts
/// that failed together do not come back together.
#[derive(Debug)]
pub struct Backoff {
    wait: Duration,
    longest: Duration,
}

impl Backoff {
    /// From `first` up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { wait: first, longest }
    }

    /// The next wait.
    pub fn wait(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (wait * 2).min(self.longest);
        wait.mul_f64(fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn failure(class: Class) -> AwsFailure {
        AwsFailure::ours("iam PutRolePolicy", "X", "", class)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_become_visible_is_waited_for_and_then_given_up() {
        let calls = Cell::new(0);
        let patience = |class| if class == Class::NotFound { Duration::from_secs(10) } else { Duration::ZERO };
        let call = || async {
            calls.set(calls.get() + 1);
            if calls.get() < 4 { Err(failure(Class::NotFound)) } else { Ok(calls.get()) }
        };
        assert_eq!(patiently(&Attempts::default(), patience, call).await, Ok(4));

        let started = Instant::now();
        let never = || async { Err::<(), _>(failure(Class::NotFound)) };
        assert_eq!(patiently(&Attempts::default(), patience, never).await, Err(failure(Class::NotFound)));
        assert!(started.elapsed() >= Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_succeed_is_not_tried_again() {
        let calls = Cell::new(0);
        let call = || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(failure(Class::Denied))
        };
        let patience = |class| if class == Class::NotFound { Duration::from_secs(10) } else { Duration::ZERO };
        assert_eq!(patiently(&Attempts::default(), patience, call).await, Err(failure(Class::Denied)));
        assert_eq!(calls.get(), 1);
    }
}
