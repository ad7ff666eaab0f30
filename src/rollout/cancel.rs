//! Stopping a run: the first word drains, the second stops.

use tokio_util::sync::CancellationToken;

/// Two steps of stopping; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    /// No further account is started; what is in flight is finished.
    pub drain: CancellationToken,
    /// What is in flight is cut off.
    pub stop: CancellationToken,
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
