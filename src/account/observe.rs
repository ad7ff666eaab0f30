//! The reads of one account: side by side, every page, decoded.
//!
//! A read that failed is never taken for "absent": only IAM's own `NoSuchEntity` means that something is not there, and
//! whatever else goes wrong ends the observation. Nor is a read that another one contradicts: IAM's answers may be of
//! different times for a while after a change.

use std::time::Duration;

use aws_sdk_iam::Client;

use super::model::observation::Observation;
use super::resource::{Subject, look};
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::retry::Backoff;

/// How often to look while what is read contradicts itself.
const LOOKS: u32 = 5;

/// Reads everything that `subject` names, in one round trip where it is all there and nothing else is. While the reads
/// contradict each other, as they may for some seconds after a change, everything is read again.
///
/// # Errors
/// The first read that failed for another reason than `NoSuchEntity`, an answer that cannot be read, or reads that go on
/// contradicting each other.
pub(super) async fn observe(iam: &Client, subject: &Subject) -> Result<Observation, AwsFailure> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
    for _ in 1..LOOKS {
        match look(iam, subject).await? {
            Ok(observation) => return Ok(observation),
            Err(contradiction) => tracing::debug!(contradiction, "reading again"),
        }
        tokio::time::sleep(backoff.wait()).await;
    }
    let last = look(iam, subject).await?;
    last.map_err(|contradiction| {
        AwsFailure::ours("iam GetRole", "InconsistentReads", contradiction, Class::Inconsistent)
    })
}
