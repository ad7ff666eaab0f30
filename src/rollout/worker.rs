//! One account as a task: whatever happens in there, panic included, comes out as an outcome.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::cancel::Cancel;
use super::event::EventKind;
use super::history::{Begun, History};
use super::journal::{Journal, JournalEntry, SavedTerms};
use crate::account::assume_role::AssumedRole;
use crate::account::change::{Change, ChangeResult};
use crate::account::converge::{Goal, Task, converge};
use crate::account::ledger::{Ledger, LedgerClosed};
use crate::account::outcome::{AccountStatus, Failure, Outcome, PartStatus, Step};
use crate::account::preflight::preflight;
use crate::account::read_back::read_back;
use crate::account::rollback::{Rollback, RunWrites, rollback};
use crate::aws::clients::{Attempts, Clients};
use crate::ids::{AccountId, ExternalId, Region, RolePath, SessionName, SourceIdentity};
use crate::inventory::list::{Account, Overrides};
use crate::setup::resolve::{Choices, Place, Setup};

/// What is the same for every account of a run.
#[derive(Debug)]
pub struct Terms {
    /// What every account must have, or what is undone in each.
    pub aim: Aim,
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
    /// How long an account that does not let us in is taken for one that is not ready yet. Zero: not at all.
    pub wait_ready: Duration,
}

/// What a run works towards.
#[derive(Debug)]
pub enum Aim {
    /// What every account must have, or must not have any more.
    Setup(Box<Setup>),
    /// What an earlier run did in each account, which is undone.
    Rollback(HashMap<AccountId, RunWrites>),
}

impl SavedTerms {
    /// The terms, with what they aim at.
    pub fn terms(&self, aim: Aim) -> Terms {
        let saved = self.clone();
        Terms {
            aim,
            goal: saved.goal,
            assume_role: saved.assume_role,
            external_id: saved.external_id,
            session_name: saved.session_name,
            source_identity: saved.source_identity,
            region: saved.region,
            account_timeout: saved.account_timeout,
            wait_ready: saved.wait_ready,
        }
    }
}

/// Tells the journal, which is waited for, and the dispatcher, which is not.
pub(super) struct Record<'a> {
    account_id: AccountId,
    journal: &'a Journal,
    events: &'a UnboundedSender<EventKind>,
    written: Mutex<Written>,
}

/// What is on record of the account.
#[derive(Debug, Default)]
struct Written {
    /// Of all invocations of the run.
    history: History,
    /// The change that was intended and is not settled: its write may be on its way.
    open: Option<Change>,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        account_id: AccountId,
        journal: &'a Journal,
        events: &'a UnboundedSender<EventKind>,
        history: History,
    ) -> Self {
        Self { account_id, journal, events, written: Mutex::new(Written { history, open: None }) }
    }

    fn written(&self) -> Option<MutexGuard<'_, Written>> {
        self.written.lock().ok()
    }

    fn tell(&self, change: &Change, result: &ChangeResult) {
        let (account_id, change) = (self.account_id, Box::new(change.clone()));
        let _ = self.events.send(EventKind::ChangeSettled { account_id, change, result: result.clone() });
    }

    /// Settles what is in doubt, since nobody waits for it any more. Gives back what it was.
    pub(super) fn cut_off(&self, code: &str) -> Option<Change> {
        let change = self.written()?.open.clone()?;
        self.settled(&change, &ChangeResult::Failed { code: code.into(), request_id: None });
        Some(change)
    }

    /// What became of the account over all invocations. What an earlier one left in doubt, and nobody could look at, is told
    /// as it was.
    pub(super) fn close(self, outcome: Outcome, goal: Goal) -> Outcome {
        let Some(history) = self.written().map(|mut written| std::mem::take(&mut written.history)) else {
            return outcome;
        };
        history.untold().for_each(|(change, result)| self.tell(change, &result));
        history.fold(outcome, goal)
    }
}

impl Ledger for Record<'_> {
    fn planned(&self, changes: &[Change]) {
        let found = self.written().map(|mut written| written.history.looked_at(changes, Timestamp::now()));
        for change in found.unwrap_or_default() {
            let (account_id, entry) = (self.account_id, Box::new(change.clone()));
            let _ = self.journal.note(&JournalEntry::Found { account_id, change: entry });
            self.tell(&change, &ChangeResult::Applied { request_id: None });
        }
    }

    async fn intend(&self, change: &Change) -> Result<(), LedgerClosed> {
        let entry = JournalEntry::Intended { account_id: self.account_id, change: Box::new(change.clone()) };
        self.journal.record(&entry).await?;
        if let Some(mut written) = self.written() {
            written.open = Some(change.clone());
            written.history.intended(change.clone(), Timestamp::now());
        }
        Ok(())
    }

    fn settled(&self, change: &Change, result: &ChangeResult) {
        let account_id = self.account_id;
        let entry = match result {
            ChangeResult::Pending => JournalEntry::Shown { account_id, change: Box::new(change.clone()) },
            result => JournalEntry::Settled { account_id, result: result.clone() },
        };
        if let Some(mut written) = self.written().filter(|_| *result != ChangeResult::Pending) {
            written.open = None;
            written.history.settled(result.clone(), Timestamp::now());
        }
        // If the journal is closed, the next `intend` says so, and nothing is sent.
        let _ = self.journal.note(&entry);
        self.tell(change, result);
    }
}

/// What is to be done in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
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
    pub(super) pass: Pass,
    /// What an earlier invocation did there, if one began with it.
    pub(super) begun: Option<Begun>,
    /// What became of it, where that is to be read back.
    pub(super) before: Option<Box<Outcome>>,
    pub(super) started_at: Timestamp,
}

impl Work {
    /// Does it. The outcome's duration is for the caller to fill in.
    pub(super) async fn run(self) -> Outcome {
        let Self { clients, terms, journal, events, cancel, account, pass, begun, before, started_at } = self;
        let task = match account_task(&clients, &terms, account, started_at) {
            Ok(task) => task,
            Err(outcome) => return *outcome,
        };
        let (account_id, enters) = task.account();
        let mut outcome = before.map_or_else(|| task.begin(), |before| *before);
        let at = Mutex::new(Step::AssumeRole);
        let step = |now: Step| {
            if let Ok(mut at) = at.lock() {
                *at = now;
            }
            let _ = events.send(EventKind::StepStarted { account_id, step: now });
        };
        let record = Record::new(account_id, &journal, &events, begun.unwrap_or_default().history);
        let attempts = Attempts::within(terms.account_timeout);
        let status_before = outcome.status;
        let cut_off = {
            let goal = terms.goal;
            let work = async {
                // Boxed, since each is a large future of which an account needs one.
                match (&task, pass) {
                    (AccountTask::Restore(task), _) => {
                        Box::pin(rollback(&clients, &record, task, &step, &mut outcome, &attempts)).await;
                    }
                    (AccountTask::Converge(task), Pass::Preflight) => {
                        Box::pin(preflight(&clients, task, goal, &step, &mut outcome, &attempts)).await;
                    }
                    (AccountTask::Converge(task), Pass::Converge) => {
                        Box::pin(converge(&clients, &record, task, goal, &step, &mut outcome, &attempts)).await;
                    }
                    (AccountTask::Converge(task), Pass::ReadBack) => {
                        Box::pin(read_back(&clients, task, goal, &step, &mut outcome, &attempts)).await;
                    }
                }
            };
            let work = AssertUnwindSafe(work);
            let work = async {
                // Waiting for one's turn at STS is no time spent on the account.
                if enters {
                    clients.sts_of(account_id).limit().ready().await;
                }
                in_time(terms.account_timeout, &attempts, work.catch_unwind()).await
            };
            tokio::select! {
                ended = work => match ended {
                    Ok(Ok(())) => None,
                    Ok(Err(_)) => Some(("Panic", "rolecall broke off here; this is a mistake in rolecall".to_owned(),
                        "report it with the journal; the other accounts are not affected")),
                    Err(OutOfTime) => Some(("Timeout", format!("not done within {:?}", terms.account_timeout),
                        "rerun the account, which reads again what is in doubt; or give it longer with --account-timeout")),
                },
                () = cancel.stop.cancelled() => Some(("Interrupted", "stopped while it was worked on".to_owned(),
                    "rerun the account, which reads again what is in doubt")),
            }
        };
        outcome.attempts = outcome.attempts.max(attempts.most());
        if clients.login_over().is_some_and(|why| refused_as(&outcome, why)) {
            return record.close(without_login(outcome, pass, status_before), terms.goal);
        }
        let Some((code, message, fix)) = cut_off else { return record.close(outcome, terms.goal) };
        if let Some(part) = record.cut_off(code).and_then(|change| change.write.parts().first().copied()) {
            *outcome.parts.get_mut(part) = PartStatus::Failed;
        }
        let step = at.lock().map_or(Step::Observe, |at| *at);
        record.close(failed(outcome, step, code, message, fix.to_owned()), terms.goal)
    }
}

/// What is to be done in one account.
enum AccountTask {
    Converge(Box<Task>),
    Restore(Box<Rollback>),
}

impl AccountTask {
    /// Which account, and whether a role is assumed to get in.
    fn account(&self) -> (AccountId, bool) {
        match self {
            Self::Converge(task) => (task.account_id, task.assume.is_some()),
            Self::Restore(task) => (task.account_id, task.assume.is_some()),
        }
    }

    /// The outcome while nothing has happened yet.
    fn begin(&self) -> Outcome {
        match self {
            Self::Converge(task) => task.begin(),
            Self::Restore(task) => task.begin(),
        }
    }
}

/// What is to be done, filled in for one account; or why the setup cannot be filled in there.
fn account_task(
    clients: &Clients,
    terms: &Terms,
    account: Account,
    started_at: Timestamp,
) -> Result<AccountTask, Box<Outcome>> {
    let assume = (account.id != clients.caller().account).then(|| AssumedRole {
        role: account.overrides.assume_role.clone().unwrap_or_else(|| terms.assume_role.clone()),
        external_id: account.overrides.external_id.clone().or_else(|| terms.external_id.clone()),
        session_name: terms.session_name.clone(),
        source_identity: terms.source_identity.clone(),
        duration_seconds: 3600,
    });
    let setup = match &terms.aim {
        Aim::Setup(setup) => setup,
        Aim::Rollback(deeds) => {
            let run = deeds.get(&account.id).cloned().unwrap_or_default();
            let (account_id, account_name) = (account.id, account.name);
            let task = Rollback { account_id, account_name, assume, run, started_at };
            return Ok(AccountTask::Restore(Box::new(task)));
        }
    };
    let place = Place {
        account: account.id,
        account_name: account.name.clone(),
        partition: clients.caller().partition().clone(),
        region: account.overrides.region.clone().unwrap_or_else(|| terms.region.clone()),
    };
    let desired = setup.fill(&place, &row_choices(&account.overrides)).map_err(|error| {
        let reached = Outcome::untouched(account.id, &account.name, AccountStatus::Failed, String::new());
        let fix = "correct the setup, or the account's row in the inventory".to_owned();
        let outcome = Outcome { reason: None, started_at: Some(started_at), ..reached };
        Box::new(failed(outcome, Step::Plan, "SetupInvalid", error.to_string(), fix))
    })?;
    let wait_ready = if is_old(account.joined, started_at) { Duration::ZERO } else { terms.wait_ready };
    let (account_id, account_name) = (account.id, account.name);
    Ok(AccountTask::Converge(Box::new(Task { account_id, account_name, assume, desired, started_at, wait_ready })))
}

/// Whether the account came to nothing because the caller's credentials were over, for the reason `why`: at the door,
/// or when it was to be read back.
fn refused_as(outcome: &Outcome, why: &str) -> bool {
    let failure = outcome.failure.as_ref();
    failure.is_some_and(|failure| {
        matches!(failure.step, Step::AssumeRole | Step::Verify) && why.starts_with(&format!("{}:", failure.code))
    })
}

/// The account is not to blame: it is as it was before.
fn without_login(outcome: Outcome, pass: Pass, status: AccountStatus) -> Outcome {
    if pass == Pass::ReadBack {
        let note = "not read back: the caller's credentials were no longer good".to_owned();
        let notes = outcome.notes.iter().cloned().chain([note]).collect();
        return Outcome { status, failure: None, notes, ..outcome };
    }
    let reason = "the caller's credentials were no longer good when its turn came".to_owned();
    Outcome::untouched(outcome.account_id, &outcome.account_name, AccountStatus::NotReached, reason)
}

/// The time of an account is up.
struct OutOfTime;

/// Runs `work` for at most `time`, to which is added what was waited for the account to become ready.
async fn in_time<T>(time: Duration, attempts: &Attempts, work: impl Future<Output = T>) -> Result<T, OutOfTime> {
    let began = Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        let end = began + time + attempts.waited();
        tokio::select! {
            biased;
            done = &mut work => return Ok(done),
            () = tokio::time::sleep_until(end) => if began + time + attempts.waited() <= end { return Err(OutOfTime) },
        }
    }
}

/// Whether an account has been there for so long that it cannot be waiting for its IAM any more.
fn is_old(joined: Option<Timestamp>, now: Timestamp) -> bool {
    joined.is_some_and(|joined| now.duration_since(joined) > SignedDuration::from_hours(24))
}

fn failed(outcome: Outcome, step: Step, code: &str, message: String, fix: String) -> Outcome {
    let failure = Failure { step, code: code.into(), message, request_id: None, fix };
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
