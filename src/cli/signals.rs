//! Ctrl-C, SIGTERM and SIGHUP, from the first moment at which they must do something else than end the process.

use std::future::Future;

use super::error::CliError;

/// Hears every word to stop from the moment it is made. Once there is one, the system's own way to end the process is
/// out of force, so whoever makes it must heed it until the end.
#[derive(Debug)]
pub(super) struct StopWords {
    #[cfg(unix)]
    signals: Option<Vec<tokio::signal::unix::Signal>>,
}

impl StopWords {
    /// Begins to listen. Where that is not possible, the system's own way to stop stays in force.
    pub(super) fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            // A connection that is lost ends a shell, and with SIGHUP what runs in it.
            let hangup = if hangup_is_ignored() { None } else { Some(SignalKind::hangup()) };
            let all = [Some(SignalKind::interrupt()), Some(SignalKind::terminate()), hangup];
            Self { signals: all.into_iter().flatten().map(signal).collect::<Result<_, _>>().ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Returns at the next Ctrl-C, and at the next SIGTERM or SIGHUP where there are any.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals {
            futures::future::select_all(signals.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
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

/// Whether whoever started us wants us to outlive the terminal, as `nohup` does: it ignores SIGHUP for us, and a handler of
/// ours would undo that. The standard library does not tell; Linux does in a file.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The first bit is the first signal's, which SIGHUP is.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
