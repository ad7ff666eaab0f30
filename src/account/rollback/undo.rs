//! One write after the other undone in a copy of what was observed, newest first. Pure.

use crate::account::model::change::{Change, Write};
use crate::account::model::observation::Observation;
use crate::ids::Partition;

/// The account as it is while writes are undone, one after the other.
pub(in crate::account) struct Undo<'a> {
    pub(in crate::account) now: Observation,
    pub(in crate::account) partition: &'a Partition,
    /// The writes that put back what can be.
    pub(in crate::account) changes: Vec<Change>,
    /// What somebody changed since.
    pub(in crate::account) conflicts: Vec<String>,
    /// Of what it is not known how it was.
    pub(in crate::account) unknown: Vec<String>,
}

/// How something stands between what the run left and what was before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::account) enum Stands {
    AsLeft,
    AsBefore,
    Otherwise,
}

impl Stands {
    /// What is as before needs nothing, whether or not the run left it so.
    pub(in crate::account) fn between(as_left: bool, as_before: bool) -> Self {
        match (as_before, as_left) {
            (true, _) => Self::AsBefore,
            (false, true) => Self::AsLeft,
            (false, false) => Self::Otherwise,
        }
    }
}

impl<'a> Undo<'a> {
    pub(in crate::account) fn new(observed: &Observation, partition: &'a Partition) -> Self {
        let now = observed.clone();
        Self { now, partition, changes: Vec::new(), conflicts: Vec::new(), unknown: Vec::new() }
    }

    /// Adds a write that puts something back.
    pub(in crate::account) fn add(&mut self, write: Write, before: Option<String>) {
        self.changes.push(Change { write, before });
    }

    /// What was there before is not on record, or cannot be read.
    pub(in crate::account) fn unknown(&mut self, change: &Change) {
        self.unknown.push(change.write.resource());
    }

    /// Tells of a conflict: what differs from what the run left.
    pub(in crate::account) fn conflict(&mut self, change: &Change, found: Option<String>) {
        if change.write.after().is_none() {
            self.conflicts.push(format!("{} is there again", change.write.resource()));
            return;
        }
        let differs = Change { write: change.write.clone(), before: found }.differences(self.partition);
        let differs = differs.iter().map(|difference| difference.summary()).collect::<Vec<_>>().join("; ");
        self.conflicts.push(if differs.is_empty() { change.write.resource() } else { differs });
    }
}
