//! A plan carried out: one change after the other, and what each part has become.

use super::apply::{ApplyError, apply};
use super::fix::of_aws;
use super::ledger::Ledger;
use super::model::failure_code::FailureCode;
use super::model::outcome::{Failure, Outcome};
use super::model::plan::Plan;
use super::model::words::{AccountStatus, PartStatus, Step};
use super::session::Session;

/// What every write of one account needs.
pub(super) struct Writes<'a, L, S> {
    pub(super) session: &'a Session<'a, S>,
    pub(super) ledger: &'a L,
    /// Whether IAM may not know the role everywhere yet.
    pub(super) role_is_new: bool,
}

impl<L: Ledger, S: Fn(Step) + Sync> Writes<'_, L, S> {
    /// Makes the changes in their order; `outcome` says after each how far it came.
    ///
    /// # Errors
    /// The first write that was not made.
    pub(super) async fn carry_out(&self, plan: &Plan, outcome: &mut Outcome) -> Result<(), Failure> {
        let session = self.session;
        outcome.parts = plan.parts;
        // What is to be written counts as not reached until the last write of its part is through.
        for part in plan.changes.iter().flat_map(|change| change.write.parts()) {
            *outcome.parts.get_mut(*part) = PartStatus::NotReached;
        }
        for (index, change) in plan.changes.iter().enumerate() {
            let parts = change.write.parts();
            let at = change.write.step();
            (session.step)(at);
            if let Err(error) = apply(&session.iam, self.ledger, change, self.role_is_new, session.attempts).await {
                if let Some(part) = parts.first() {
                    *outcome.parts.get_mut(*part) = PartStatus::Failed;
                }
                outcome.status = AccountStatus::Failed;
                return Err(match error {
                    ApplyError::Aws(failure) => of_aws(at, failure),
                    ApplyError::Ledger(closed) => Failure {
                        step: at,
                        code: FailureCode::JOURNAL_CLOSED.into(),
                        message: closed.to_string(),
                        request_id: None,
                        fix: "make room for the report folder; nothing more was written, so run again".to_owned(),
                    },
                });
            }
            outcome.changes += 1;
            for part in parts {
                let more = plan.changes.iter().skip(index + 1).any(|later| later.write.parts().contains(part));
                if !more {
                    *outcome.parts.get_mut(*part) = plan.parts.get(*part);
                }
            }
        }
        outcome.status = plan.status;
        Ok(())
    }
}
