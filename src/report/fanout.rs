//! One event to every reporter; a reporter that fails falls silent alone.

use std::fmt;
use std::io;

use super::Reporter;
use crate::rollout::event::Event;

/// The reporters of a run, in the order in which they were added.
#[derive(Default)]
pub struct Reporters {
    entries: Vec<Entry>,
}

struct Entry {
    what: String,
    state: Result<Box<dyn Reporter>, io::Error>,
}

/// A report that is not whole, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{what}`")]
pub struct ReportFailure {
    /// The report, by the name it was added with: `accounts.csv`, `terminal`.
    pub what: String,
    /// What the operating system said first.
    #[source]
    pub error: io::Error,
}

impl Reporters {
    /// No reporter yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a reporter. `what` names it in a [`ReportFailure`]: its file's name, or `terminal`.
    pub fn add(&mut self, what: impl Into<String>, reporter: impl Reporter + 'static) {
        self.entries.push(Entry { what: what.into(), state: Ok(Box::new(reporter)) });
    }

    /// Gives the event to every reporter that has not failed.
    pub fn event(&mut self, event: &Event) {
        for entry in &mut self.entries {
            if let Ok(reporter) = &mut entry.state
                && let Err(error) = reporter.event(event)
            {
                // The reporter is dropped here, and its file closed: what it wrote until now stays.
                entry.state = Err(error);
            }
        }
    }

    /// Finishes every reporter that has not failed, in order, and tells which of all are not whole.
    pub fn finish(self) -> Vec<ReportFailure> {
        let finished = self.entries.into_iter().map(|entry| (entry.what, entry.state.and_then(Reporter::finish)));
        finished.filter_map(|(what, result)| result.err().map(|error| ReportFailure { what, error })).collect()
    }
}

impl fmt::Debug for Reporters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|entry| (&entry.what, entry.state.as_ref().err()))).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::report::sample;

    /// Counts what it is given, and fails at the call that it is told to fail at.
    struct Counting {
        calls: Arc<Mutex<Vec<&'static str>>>,
        fails_at: Option<usize>,
    }

    impl Counting {
        fn note(&self, call: &'static str) -> io::Result<()> {
            let mut calls = self.calls.lock().unwrap();
            calls.push(call);
            if self.fails_at == Some(calls.len()) { Err(io::Error::other("disk full")) } else { Ok(()) }
        }
    }

    impl Reporter for Counting {
        fn event(&mut self, _: &Event) -> io::Result<()> {
            self.note("event")
        }

        fn finish(self: Box<Self>) -> io::Result<()> {
            self.note("finish")
        }
    }

    #[test]
    fn a_failing_reporter_falls_silent_alone() {
        let mut reporters = Reporters::new();
        let mut counts = Vec::new();
        for (what, fails_at) in [("first", None), ("second", Some(2)), ("third", None), ("last", Some(4))] {
            let calls = Arc::new(Mutex::new(Vec::new()));
            counts.push(Arc::clone(&calls));
            reporters.add(what, Counting { calls, fails_at });
        }
        for event in sample::healthy(3).iter().take(3) {
            reporters.event(event);
        }
        let failures = reporters.finish();

        let failed: Vec<(&str, String)> = failures.iter().map(|f| (f.what.as_str(), f.error.to_string())).collect();
        assert_eq!(failed, [("second", "disk full".to_owned()), ("last", "disk full".to_owned())]);
        let calls: Vec<Vec<&str>> = counts.iter().map(|calls| calls.lock().unwrap().clone()).collect();
        let whole = vec!["event", "event", "event", "finish"];
        assert_eq!(calls, [whole.clone(), vec!["event", "event"], whole.clone(), whole]);
    }
}
