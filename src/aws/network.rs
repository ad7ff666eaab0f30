//! Whether the network is there at all. One account's broken connection is that account's; when every connection fails
//! (name resolution, TCP, TLS, the proxy) and nothing answers, it is the network, and no account is to blame.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::Instant;

/// How many connections in a row must fail, without any answer in between, before the network counts as lost.
const FAILURES: u32 = 5;

/// How long that must go on.
const LEAST: Duration = Duration::from_secs(5);

/// What the last tries of all clients say of the network. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Network(Arc<Mutex<Silence>>);

/// Tries that failed to connect since something answered last.
#[derive(Debug, Default)]
struct Silence {
    failures: u32,
    since: Option<Instant>,
    why: String,
}

/// A network that is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Since when nothing has answered.
    pub since: Instant,
    /// What the last connection failed with.
    pub why: String,
}

impl Network {
    fn silence(&self) -> MutexGuard<'_, Silence> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer came, whatever it says.
    pub fn answered(&self) {
        let mut silence = self.silence();
        if silence.since.is_some() {
            *silence = Silence::default();
        }
    }

    /// A connection failed before there was any answer.
    pub fn unreachable(&self, why: impl Into<String>) {
        let mut silence = self.silence();
        silence.failures = silence.failures.saturating_add(1);
        silence.since.get_or_insert_with(Instant::now);
        silence.why = why.into();
    }

    /// The network, if it is lost.
    pub fn lost(&self) -> Option<Lost> {
        let silence = self.silence();
        let since = silence.since.filter(|since| silence.failures >= FAILURES && since.elapsed() >= LEAST)?;
        Some(Lost { since, why: silence.why.clone() })
    }
}

#[dyn_dispatch_hint]
impl Intercept for Network {
    fn name(&self) -> &'static str {
        "Network"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().is_some() {
            self.answered();
        } else if let Some(Err(error)) = context.output_or_error()
            && let Some(error) = error.as_connector_error()
        {
            self.unreachable(super::failure::chain(error));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_lost_when_nothing_answers_for_a_while_and_back_with_any_answer() {
        let network = Network::default();
        for _ in 0..FAILURES - 1 {
            network.unreachable("dns error");
        }
        tokio::time::advance(LEAST).await;
        assert_eq!(network.lost(), None, "one connection fewer");
        network.unreachable("connection refused");
        let lost = network.lost().unwrap();
        assert_eq!((lost.why.as_str(), lost.since.elapsed()), ("connection refused", LEAST));
        network.answered();
        assert_eq!(network.lost(), None);

        for _ in 0..100 {
            network.unreachable("reset");
        }
        assert_eq!(network.lost(), None, "a moment is no outage");
        tokio::time::advance(LEAST).await;
        network.answered();
        network.unreachable("reset");
        assert_eq!(network.lost(), None, "something answered in between");
    }
}
