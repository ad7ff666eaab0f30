//! Ctrl-C and SIGTERM, from the first moment at which they must do something else than end the process.

use std::future::Future;

use super::error::CliError;

/// Hears every word to stop from the moment it is made. Once there is one, the system's own way to end the process is
/// out of force, so whoever makes it must heed it until the end.
#[derive(Debug)]
pub(super) struct StopWords {
    #[cfg(unix)]
    signals: Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>,
}

impl StopWords {
    /// Begins to listen. Where that is not possible, the system's own way to stop stays in force.
    pub(super) fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let both = signal(SignalKind::interrupt()).and_then(|c| Ok((c, signal(SignalKind::terminate())?)));
            Self { signals: both.ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Returns at the next Ctrl-C, and at the next SIGTERM where there is one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some((interrupt, terminate)) = &mut self.signals {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_ok() {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// Does something that a word to stop ends at once.
    ///
    /// # Errors
    /// What went wrong there, or [`CliError::Interrupted`].
    pub(super) async fn unless_told<T>(
        &mut self,
        work: impl Future<Output = Result<T, CliError>>,
    ) -> Result<T, CliError> {
        tokio::select! {
            biased;
            () = self.next() => Err(CliError::Interrupted),
            done = work => done,
        }
    }
}
