//! When what an account has is what is wanted: documents by what they mean. Pure.

use crate::ids::Partition;
use crate::policy::{CanonicalPolicy, PolicyKind};
use crate::setup::desired::Policy;

/// Whether what was found means what is wanted. What cannot be read as a policy does not.
pub(super) fn same(kind: PolicyKind, found: &str, wanted: &Policy, partition: &Partition) -> bool {
    found == &*wanted.text || CanonicalPolicy::read(kind, found, partition).is_ok_and(|found| found == *wanted.meaning)
}

/// Whether two documents that were there mean the same. What cannot be read as a policy is the same only letter by letter.
pub(super) fn same_meaning(kind: PolicyKind, one: &str, other: &str, partition: &Partition) -> bool {
    let read = |text| CanonicalPolicy::read(kind, text, partition).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}

/// The same of two identity policies that may not be there at all.
pub(super) fn same_policy(one: Option<&str>, other: Option<&str>, partition: &Partition) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same_meaning(PolicyKind::Identity, one, other, partition),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Whether two documents are the same JSON. IAM keeps identity policies as they are sent; where it does not, the answer is
/// no.
pub(super) fn same_json(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    read(one).is_some_and(|one| read(other) == Some(one))
}
