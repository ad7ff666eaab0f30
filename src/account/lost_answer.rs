//! A write whose answer was lost: did it take effect? Only a look at what is there can tell.

use std::time::Duration;

use aws_sdk_iam::Client;
use tokio::time::sleep;

use super::model::change::Write;
use super::resource::is_so;
use crate::aws::failure::AwsFailure;
use crate::aws::retry::Backoff;

/// How often to look: what was just written may not be visible at once.
const LOOKS: u32 = 4;

/// Whether what is there now is what `write` makes. Looks again for a few seconds before it says no.
///
/// # Errors
/// A look that failed: then nothing is known.
pub(super) async fn took_effect(iam: &Client, write: &Write) -> Result<bool, AwsFailure> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
    for _ in 1..LOOKS {
        if is_so(iam, write).await? {
            return Ok(true);
        }
        sleep(backoff.wait()).await;
    }
    is_so(iam, write).await
}
