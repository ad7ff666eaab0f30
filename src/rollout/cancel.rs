//! Stopping a run: the first word drains, the second stops, and a drain that takes too long stops by itself.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How long what is in flight may take to be finished, once somebody has said stop.
pub const GRACE: Duration = Duration::from_secs(60);

/// Two steps of stopping; clones are the same one.
#[derive(Debug, Clone)]
pub struct Cancel {
    /// No further account is started; what is in flight is finished.
    pub drain: CancellationToken,
    /// What is in flight is cut off.
    pub stop: CancellationToken,
    /// How long after the first step the second comes by itself.
    pub grace: Duration,
}

impl Default for Cancel {
    fn default() -> Self {
        Self { drain: CancellationToken::new(), stop: CancellationToken::new(), grace: GRACE }
    }
}

impl Cancel {
    /// Goes one step further: drains, or stops what is draining.
    pub fn again(&self) {
        if self.drain.is_cancelled() {
            self.stop.cancel();
        }
        self.drain.cancel();
    }
}
