//! AWS's time: this machine's, corrected by what AWS's answers say. What AWS says of an expiry is in its own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::answer::clock_off;

/// What is less than this is delay, not a clock that is off.
const SMALL: u64 = 30;

/// AWS's clock, as far as it is known. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct AwsClock(Arc<AtomicI64>);

impl AwsClock {
    /// What time it is at AWS.
    pub(super) fn now(&self) -> SystemTime {
        let ahead = self.0.load(Ordering::Relaxed);
        let (now, by) = (SystemTime::now(), Duration::from_secs(ahead.unsigned_abs()));
        let at_aws = if ahead > 0 { now.checked_sub(by) } else { now.checked_add(by) };
        at_aws.unwrap_or(UNIX_EPOCH)
    }

    /// Learns from an answer of AWS's; whoever else answers, such as a proxy, does not give a request id.
    pub(super) fn learn(&self, response: &HttpResponse) {
        let headers = response.headers();
        if headers.get("x-amzn-requestid").is_none() && headers.get("x-amz-request-id").is_none() {
            return;
        }
        let Some(off) = clock_off(response, SystemTime::now()) else { return };
        let seconds = off.by.as_secs();
        let ahead = if seconds < SMALL { 0 } else { i64::try_from(seconds).unwrap_or(0) };
        self.0.store(if off.ahead { ahead } else { -ahead }, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::date_time::{DateTime, Format};

    use super::*;

    fn answer(at: SystemTime, of_aws: bool) -> HttpResponse {
        let mut answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::empty());
        answer.headers_mut().insert("date", DateTime::from(at).fmt(Format::HttpDate).unwrap());
        if of_aws {
            answer.headers_mut().insert("x-amzn-requestid", "r");
        }
        answer
    }

    #[test]
    fn aws_s_time_is_learned_from_aws_alone() {
        const HOUR: Duration = Duration::from_secs(3_600);
        let clock = AwsClock::default();
        let off = |clock: &AwsClock| {
            let (now, at_aws) = (SystemTime::now(), clock.now());
            at_aws
                .duration_since(now)
                .map_or_else(|before| -before.duration().as_secs_f64(), |after| after.as_secs_f64())
        };
        clock.learn(&answer(SystemTime::now() - HOUR, false));
        assert!(off(&clock).abs() < 5.0);
        clock.learn(&answer(SystemTime::now() - HOUR, true));
        assert!((off(&clock) + 3_600.0).abs() < 5.0, "{}", off(&clock));
        clock.learn(&answer(SystemTime::now() + HOUR, true));
        assert!((off(&clock) - 3_600.0).abs() < 5.0);
        clock.learn(&answer(SystemTime::now() - Duration::from_secs(2), true));
        assert!(off(&clock).abs() < 5.0);
    }
}
