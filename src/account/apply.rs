//! The writes of one account: one change is one IAM call, and each is on record before it is sent.

use std::time::Duration;

use aws_sdk_iam::Client;

use super::ledger::{Ledger, LedgerClosed};
use super::lost_answer::took_effect;
use super::model::change::{Change, ChangeResult};
use super::model::failure_code::FailureCode;
use super::resource::send;
use crate::aws::clients::Attempts;
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::retry::{BUSY_TIMEOUT, PRINCIPAL_TIMEOUT, PROPAGATION_TIMEOUT, patiently};

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ApplyError {
    /// AWS refused it, or it is not known whether AWS took it.
    Aws(AwsFailure),
    /// It could not be put on record, so it was not sent.
    Ledger(LedgerClosed),
}

/// Puts `change` on record, sends it, and records what became of it. `role_is_new` says that this run created the role,
/// so that IAM not knowing it yet is worth waiting for. `attempts` is the one that `iam` counts in.
///
/// # Errors
/// [`ApplyError`]. A deletion of what is already gone is no error, nor is a write whose answer was lost and which has
/// taken effect.
pub(super) async fn apply(
    iam: &Client,
    ledger: &impl Ledger,
    change: &Change,
    role_is_new: bool,
    attempts: &Attempts,
) -> Result<(), ApplyError> {
    ledger.intend(change).await.map_err(ApplyError::Ledger)?;
    let patience = |class| match class {
        Class::Busy => BUSY_TIMEOUT,
        Class::UnknownPrincipal => PRINCIPAL_TIMEOUT,
        Class::NotFound if role_is_new => PROPAGATION_TIMEOUT,
        Class::DeleteConflict => PROPAGATION_TIMEOUT,
        _ => Duration::ZERO,
    };
    let sent = patiently(attempts, patience, || send(iam, &change.write)).await;
    let (result, answer) = match sent {
        Ok(request_id) => (ChangeResult::Applied { request_id }, Ok(())),
        Err(failure) if failure.class == Class::NotFound && change.write.is_done_when_absent() => {
            (ChangeResult::Applied { request_id: failure.request_id }, Ok(()))
        }
        // An earlier try of this very call may have made it: its answer was lost, not its effect.
        Err(failure)
            if (failure.in_doubt() || failure.class == Class::Exists && attempts.last() > 1)
                && took_effect(iam, &change.write).await.unwrap_or(false) =>
        {
            (ChangeResult::Applied { request_id: None }, Ok(()))
        }
        Err(failure) => {
            let code = FailureCode::of_aws(failure.code.clone(), failure.in_doubt());
            let result = ChangeResult::Failed { code, request_id: failure.request_id.clone() };
            (result, Err(ApplyError::Aws(failure)))
        }
    };
    ledger.settled(change, &result);
    answer
}
