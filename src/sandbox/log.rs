//! What was asked: counters of every operation, always, and the requests themselves where somebody wants them.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::actions::{ALL, Action};
use crate::ids::AccountId;

/// One request, as the log tells it. Holds no credentials.
#[derive(Debug, Clone, Serialize)]
pub struct LogEntry {
    /// 1 for the world's first request.
    pub seq: u64,
    /// By the world's clock.
    pub at: jiff::Timestamp,
    /// The account that it is about; absent where the credentials name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// `iam`, `sts`, `organizations`; empty where the request named none of them.
    pub service: &'static str,
    /// The region that the request was signed for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The operation, as it was named.
    pub action: String,
    /// Whether the operation is one that writes.
    pub write: bool,
    /// The role, user, group or ARN that was named, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `ok`, the error's code, or what happened to the connection.
    pub code: String,
    /// The HTTP status; 0 where no answer was sent.
    pub status: u16,
    /// As it stands in `x-amzn-RequestId`.
    pub request_id: String,
}

/// The log of one world.
pub struct RequestLog {
    seq: AtomicU64,
    /// One for each known operation, in the table's order, and one for everything else.
    counts: Vec<AtomicU64>,
    unknown: AtomicU64,
    connections: AtomicU64,
    sink: Mutex<Sink>,
    wanted: std::sync::atomic::AtomicBool,
}

#[derive(Default)]
struct Sink {
    kept: Option<Vec<LogEntry>>,
    stream: Option<Box<dyn Write + Send>>,
    /// The first failure of the stream. The world goes on answering without it.
    failure: Option<std::io::Error>,
}

impl std::fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestLog").field("requests", &self.requests()).finish_non_exhaustive()
    }
}

impl Default for RequestLog {
    fn default() -> Self {
        Self {
            seq: AtomicU64::new(0),
            counts: ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            unknown: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            sink: Mutex::default(),
            wanted: false.into(),
        }
    }
}

impl RequestLog {
    /// How many requests came in.
    pub fn requests(&self) -> u64 {
        self.seq.load(Ordering::Relaxed)
    }

    /// How many requests of writing operations came in, refused ones included.
    pub fn writes(&self) -> u64 {
        self.known().filter(|(action, _)| action.writes()).map(|(_, count)| count).sum()
    }

    /// How many connections they came over; none where the world stands behind a client of the same process.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// How many requests of the operation came in.
    pub fn count(&self, action: &str) -> u64 {
        self.known().filter(|(known, _)| known.name == action).map(|(_, count)| count).sum()
    }

    /// Every operation that was asked for, with how often: `iam:GetRole`. What the sandbox does not know is under `?`.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let known = self.known().map(|(action, n)| (format!("{}:{}", action.service.as_str(), action.name), n));
        let unknown = ("?".to_owned(), self.unknown.load(Ordering::Relaxed));
        known.chain([unknown]).filter(|(_, count)| *count > 0).collect()
    }

    /// Keeps every request from now on in memory, for `entries`.
    pub fn keep(&self) {
        self.sink().kept.get_or_insert_default();
        self.wanted.store(true, Ordering::Release);
    }

    /// The requests kept so far, in the order in which they were answered.
    pub fn entries(&self) -> Vec<LogEntry> {
        self.sink().kept.clone().unwrap_or_default()
    }

    /// Writes every request from now on to `stream`, one JSON object a line, flushed line by line.
    pub fn stream_to(&self, stream: impl Write + Send + 'static) {
        self.sink().stream = Some(Box::new(stream));
        self.wanted.store(true, Ordering::Release);
    }

    /// The first failure to write to the stream, after which nothing more is written to it.
    pub fn take_failure(&self) -> Option<std::io::Error> {
        self.sink().failure.take()
    }

    pub(super) fn next(&self) -> u64 {
        self.seq.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_in(&self, action: Option<Action>) {
        let counter = action.and_then(|action| self.counts.get(action.index)).unwrap_or(&self.unknown);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells of a request, if anybody listens.
    pub(super) fn tell(&self, entry: impl FnOnce() -> LogEntry) {
        if !self.wanted.load(Ordering::Acquire) {
            return;
        }
        let entry = entry();
        let mut sink = self.sink();
        if let Some(stream) = &mut sink.stream {
            let written = serde_json::to_string(&entry)
                .map_err(std::io::Error::other)
                .and_then(|line| writeln!(stream, "{line}"))
                .and_then(|()| stream.flush());
            if let Err(failure) = written {
                sink.stream = None;
                sink.failure.get_or_insert(failure);
            }
        }
        if let Some(kept) = &mut sink.kept {
            kept.push(entry);
        }
    }

    fn known(&self) -> impl Iterator<Item = (Action, u64)> {
        let counted = ALL.iter().enumerate().zip(&self.counts);
        counted.map(|((index, (service, name)), count)| {
            (Action { service: *service, name, index }, count.load(Ordering::Relaxed))
        })
    }

    fn sink(&self) -> std::sync::MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
