//! What is tried again on top of the SDK's own retries, and for how long.
//!
//! The SDK retries throttles, HTTP 5xx and broken connections by itself, with backoff and full jitter. What is left is
//! IAM's own: entities that somebody else is changing (the SDK takes those 409s for final), and what was written a
//! moment ago and is not visible everywhere yet.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

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

/// Calls `call` until it succeeds, fails for good, or has failed with a class that `patience` gave time for, for
/// longer than that time. `patience` answers how long that class of failure may last; zero means that it is final.
pub async fn patiently<T, F>(patience: impl Fn(Class) -> Duration, mut call: impl FnMut() -> F) -> Result<T, AwsFailure>
where
    F: Future<Output = Result<T, AwsFailure>>,
{
    let started = Instant::now();
    let mut wait = FIRST_WAIT;
    loop {
        let failure = match call().await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if started.elapsed() >= patience(failure.class) {
            return Err(failure);
        }
        tracing::debug!(operation = failure.operation, code = %failure.code, ?wait, "not yet, trying again");
        tokio::time::sleep(jittered(wait)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Between half of `wait` and all of it, so that accounts that failed together do not come back together.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn failure(class: Class) -> AwsFailure {
        AwsFailure {
            operation: "iam PutRolePolicy",
            code: "X".into(),
            message: String::new(),
            request_id: None,
            status: None,
            class,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_become_visible_is_waited_for_and_then_given_up() {
        let calls = Cell::new(0);
        let patience = |class| if class == Class::NotFound { Duration::from_secs(10) } else { Duration::ZERO };
        let call = || async {
            calls.set(calls.get() + 1);
            if calls.get() < 4 { Err(failure(Class::NotFound)) } else { Ok(calls.get()) }
        };
        assert_eq!(patiently(patience, call).await, Ok(4));

        let started = Instant::now();
        let never = || async { Err::<(), _>(failure(Class::NotFound)) };
        assert_eq!(patiently(patience, never).await, Err(failure(Class::NotFound)));
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
        assert_eq!(patiently(patience, call).await, Err(failure(Class::Denied)));
        assert_eq!(calls.get(), 1);
    }
}
