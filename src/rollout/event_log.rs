//! What the log says of a run: each event in short, inside a span for its account.
//!
//! Ids, words and AWS's codes only: names are their owners', messages may hold anything, and a log is read on terminals.

use tracing::Span;

use super::event::EventKind;
use crate::account::change::ChangeResult;
use crate::account::outcome::{AccountStatus, Failure};
use crate::ids::AccountId;

/// The span of the work on an account, in which the calls to AWS are told, too.
pub(super) fn span(account: AccountId) -> Span {
    tracing::info_span!("account", id = %account)
}

/// Logs the event.
pub(super) fn log_event(kind: &EventKind) {
    match kind {
        EventKind::RunStarted(info) => {
            let (run, accounts) = (&info.run_id, info.accounts);
            tracing::info!(%run, command = ?info.command, accounts, selected = info.selected, "run started");
        }
        EventKind::AccountsListed { accounts, selected, whole } => {
            tracing::debug!(accounts, selected, whole, "accounts listed");
        }
        EventKind::StageStarted { stage } => tracing::info!(?stage, "stage started"),
        EventKind::StagePassed { account_id } => span(*account_id).in_scope(|| tracing::debug!("stage passed")),
        EventKind::AccountStarted { account_id, .. } => span(*account_id).in_scope(|| tracing::info!("started")),
        EventKind::StepStarted { account_id, step } => {
            span(*account_id).in_scope(|| tracing::debug!(%step, "next step"));
        }
        EventKind::ChangeSettled { account_id, change, result } => {
            let action = change.write.action();
            span(*account_id).in_scope(|| match result {
                ChangeResult::Pending => tracing::info!(action, "would be written"),
                ChangeResult::Applied { request_id } => tracing::info!(action, ?request_id, "written"),
                ChangeResult::Failed { code, request_id } => {
                    tracing::warn!(action, ?code, ?request_id, "not written");
                }
            });
        }
        EventKind::AccountFinished { outcome, .. } => span(outcome.account_id).in_scope(|| {
            let (status, attempts, time) = (outcome.status, outcome.attempts, outcome.duration);
            match &outcome.failure {
                Some(Failure { step, code, request_id, .. }) => {
                    tracing::warn!(%status, %step, ?code, ?request_id, attempts, ?time, "finished");
                }
                None if status == AccountStatus::Skipped => tracing::debug!(%status, "finished"),
                None => tracing::info!(%status, changes = outcome.changes, attempts, ?time, "finished"),
            }
        }),
        EventKind::PaceChanged { slowed_by: Some(api), concurrency } => {
            tracing::info!(%api, concurrency, "slowed by throttling");
        }
        EventKind::PaceChanged { slowed_by: None, concurrency } => tracing::info!(concurrency, "at full pace again"),
        EventKind::DrainStarted { reason } => tracing::warn!(?reason, "no further account is started"),
        EventKind::RunFinished { ended, .. } => tracing::info!(?ended, "run finished"),
    }
}
