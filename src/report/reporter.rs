//! The trait of everything that folds a run's events.

use std::io;

use crate::rollout::event::Event;

/// Folds the events of one run into a file, a terminal or a stream. `Send`, because the dispatcher's task calls it.
///
/// Calls are synchronous on purpose: a slow disk or terminal slows the run down instead of filling memory.
pub trait Reporter: Send {
    /// Takes one event in. After an error it is not called again: see [`super::Reporters`].
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Completes what has been written. Called once, after the last event, even if the run broke off without
    /// `RunFinished`.
    fn finish(self: Box<Self>) -> io::Result<()>;
}
