//! One account as a task: whatever happens in there, panic included, comes out as an outcome.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use super::cancel::Cancel;
use super::event::EventKind;
use super::journal::{Journal, JournalEntry};
use crate::account::change::{Change, ChangeResult};
use crate::account::converge::{Goal, Task, converge};
use crate::account::ledger::{Ledger, LedgerClosed};
use crate::account::outcome::{AccountStatus, Failure, Outcome, PartStatus, Step};
use crate::account::preflight::preflight;
use crate::account::read_back::read_back;
use crate::account::session::Entrance;
use crate::aws::clients::{Attempts, Clients};
use crate::ids::{AccountId, ExternalId, Region, RolePath, SessionName, SourceIdentity};
use crate::inventory::list::{Account, Overrides};
use crate::setup::resolve::{Choices, Place, Setup};

/// What is the same for every account of a run.
#[derive(Debug)]
pub struct Terms {
    /// What every account must have.
    pub setup: Setup,
    /// Whether the plan is carried out.
    pub goal: Goal,
    /// The role to assume, where the account's row names no other.
    pub assume_role: RolePath,
    /// The external id, where the account's row has no other.
    pub external_id: Option<ExternalId>,
    /// What CloudTrail shows as the sessions' name.
    pub session_name: SessionName,
    /// Who is behind the sessions.
    pub source_identity: Option<SourceIdentity>,
    /// The value of `{{region}}`, where the account's row has no other.
    pub region: Region,
    /// How long the work on one account may take.
    pub account_timeout: Duration,
}

/// Tells the journal, which is waited for, and the dispatcher, which is not.
pub(super) struct Record<'a> {
    account_id: AccountId,
    journal: &'a Journal,
    events: &'a UnboundedSender<EventKind>,
    /// The change that was intended and is not settled: its write may be on its way.
    open: Mutex<Option<Change>>,
}

impl<'a> Record<'a> {
    pub(super) fn new(account_id: AccountId, journal: &'a Journal, events: &'a UnboundedSender<EventKind>) -> Self {
        Self { account_id, journal, events, open: Mutex::new(None) }
    }

    fn open(&self) -> Option<MutexGuard<'_, Option<Change>>> {
        self.open.lock().ok()
    }

    /// Settles what is in doubt, since nobody waits for it any more. Gives back what it was.
    pub(super) fn cut_off(&self, code: &str) -> Option<Change> {
        let change = self.open()?.take()?;
        self.settled(&change, &ChangeResult::Failed { code: code.to_owned(), request_id: None });
        Some(change)
    }
}

impl Ledger for Record<'_> {
    async fn intend(&self, change: &Change) -> Result<(), LedgerClosed> {
        let entry = JournalEntry::Intended { account_id: self.account_id, change: Box::new(change.clone()) };
        self.journal.record(&entry).await?;
        if let Some(mut open) = self.open() {
            *open = Some(change.clone());
        }
        Ok(())
    }

    fn settled(&self, change: &Change, result: &ChangeResult) {
        if let Some(mut open) = self.open() {
            *open = None;
        }
        // If the journal is closed, the next `intend` says so, and nothing is sent.
        let _ = self.journal.note(&JournalEntry::Settled { account_id: self.account_id, result: result.clone() });
        let (account_id, change) = (self.account_id, Box::new(change.clone()));
        let _ = self.events.send(EventKind::ChangeSettled { account_id, change, result: result.clone() });
    }
}

/// What is to be done in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// It is looked at, and nothing is written.
    Preflight,
    /// It is brought to the run's goal.
    Converge,
    /// What was written is read back.
    ReadBack,
}

/// One account's work.
pub(super) struct Work {
    pub(super) clients: Arc<Clients>,
    pub(super) terms: Arc<Terms>,
    pub(super) journal: Journal,
    pub(super) events: UnboundedSender<EventKind>,
    pub(super) cancel: Cancel,
    pub(super) account: Account,
    pub(super) duty: Duty,
    /// What became of it, where that is to be read back.
    pub(super) before: Option<Box<Outcome>>,
    pub(super) started_at: Timestamp,
}

impl Work {
    /// Does it. The outcome's duration is for the caller to fill in.
    pub(super) async fn run(self) -> Outcome {
        let Self { clients, terms, journal, events, cancel, account, duty, before, started_at } = self;
        let task = match task(&clients, &terms, account, started_at) {
            Ok(task) => task,
            Err(outcome) => return *outcome,
        };
        let mut outcome = before.map_or_else(|| task.begin(), |before| *before);
        let at = Mutex::new(Step::AssumeRole);
        let step = |now: Step| {
            if let Ok(mut at) = at.lock() {
                *at = now;
            }
            let _ = events.send(EventKind::StepStarted { account_id: task.account_id, step: now });
        };
        let record = Record::new(task.account_id, &journal, &events);
        let attempts = Attempts::default();
        let cut_off = {
            let goal = terms.goal;
            let work = async {
                match duty {
                    Duty::Preflight => preflight(&clients, &task, goal, &step, &mut outcome, &attempts).await,
                    Duty::Converge => converge(&clients, &record, &task, goal, &step, &mut outcome, &attempts).await,
                    Duty::ReadBack => read_back(&clients, &task, goal, &step, &mut outcome, &attempts).await,
                }
            };
            let work = AssertUnwindSafe(work);
            let work = async {
                // Waiting for one's turn at STS is no time spent on the account.
                if task.entrance.is_some() {
                    clients.sts_limit().ready().await;
                }
                tokio::time::timeout(terms.account_timeout, work.catch_unwind()).await
            };
            tokio::select! {
                ended = work => match ended {
                    Ok(Ok(())) => None,
                    Ok(Err(_)) => Some(("Panic", "rolecall broke off here; this is a mistake in rolecall".to_owned(),
                        "report it with the journal; the other accounts are not affected")),
                    Err(_) => Some(("Timeout", format!("not done within {:?}", terms.account_timeout),
                        "rerun the account, which reads again what is in doubt; or give it longer with --account-timeout")),
                },
                () = cancel.stop.cancelled() => Some(("Interrupted", "stopped while it was worked on".to_owned(),
                    "rerun the account, which reads again what is in doubt")),
            }
        };
        outcome.attempts = outcome.attempts.max(attempts.most());
        let Some((code, message, fix)) = cut_off else { return outcome };
        if let Some(part) = record.cut_off(code).and_then(|change| change.write.parts().first().copied()) {
            *outcome.parts.get_mut(part) = PartStatus::Failed;
        }
        let step = at.lock().map_or(Step::Observe, |at| *at);
        failed(outcome, step, code, message, fix.to_owned())
    }
}

/// What is to be done, filled in for one account; or why the setup cannot be filled in there.
fn task(clients: &Clients, terms: &Terms, account: Account, started_at: Timestamp) -> Result<Task, Box<Outcome>> {
    let place = Place {
        account: account.id,
        account_name: account.name.clone(),
        partition: clients.caller().partition().clone(),
        region: account.overrides.region.clone().unwrap_or_else(|| terms.region.clone()),
    };
    let desired = terms.setup.fill(&place, &row_choices(&account.overrides)).map_err(|error| {
        let reached = Outcome::untouched(account.id, &account.name, AccountStatus::Failed, String::new());
        let fix = "correct the setup, or the account's row in the inventory".to_owned();
        let outcome = Outcome { reason: None, started_at: Some(started_at), ..reached };
        Box::new(failed(outcome, Step::Plan, "SetupInvalid", error.to_string(), fix))
    })?;
    let entrance = (account.id != clients.caller().account).then(|| Entrance {
        role: account.overrides.assume_role.clone().unwrap_or_else(|| terms.assume_role.clone()),
        external_id: account.overrides.external_id.clone().or_else(|| terms.external_id.clone()),
        session_name: terms.session_name.clone(),
        source_identity: terms.source_identity.clone(),
        duration_seconds: 3600,
    });
    Ok(Task { account_id: account.id, account_name: account.name, entrance, desired, started_at })
}

fn failed(outcome: Outcome, step: Step, code: &str, message: String, fix: String) -> Outcome {
    let failure = Failure { step, code: code.to_owned(), message, request_id: None, fix };
    Outcome { status: AccountStatus::Failed, failure: Some(failure), ..outcome }
}

/// What an account's row says differently.
pub fn row_choices(row: &Overrides) -> Choices {
    Choices {
        role_name: row.role_name.clone(),
        pass_role_to: row.pass_role_to.clone().unwrap_or_default(),
        params: row.params.clone(),
        ..Choices::default()
    }
}
