//! What every kind of resource says of its writes. Pure.

use super::difference::Difference;
use super::words::{Part, PartStatus, Step};
use crate::ids::Partition;

/// One write of one kind of resource: what it is about, in words and in the order's and the reports' terms.
pub trait WriteOf {
    /// The parts of the setup that the write is about, the one that it fails for first.
    fn parts(&self) -> &'static [Part];

    /// The name of the IAM call that carries the write out.
    fn action(&self) -> &'static str;

    /// The resource of the setup that is written to: `role/Name`, `user/analyst inline policy P`.
    fn entity(&self) -> String;

    /// What of it is written, for people: `role/Name`, `role/Name inline policy P`.
    fn resource(&self) -> String;

    /// The step that fails if the write fails.
    fn step(&self) -> Step;

    /// What will be there afterwards: a policy's JSON text, an ARN, or a JSON object of the attributes that are set.
    /// `None` where the write takes something away.
    fn after(&self) -> Option<String>;

    /// Whether the write is done when what it is about is not there: it takes something away.
    fn is_done_when_absent(&self) -> bool;

    /// What the write by itself makes of its part: created, updated or removed. `was_there` is whether something was
    /// there before.
    fn effect(&self, was_there: bool) -> PartStatus;

    /// Whether the write makes a resource that was not there at all.
    fn creates(&self, was_there: bool) -> bool;

    /// What the write would mend where `before` is there: one difference for each attribute that it sets. `partition` is
    /// the account's.
    fn differences(&self, before: Option<&str>, partition: &Partition) -> Vec<Difference>;
}
