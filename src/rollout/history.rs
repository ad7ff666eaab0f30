//! What a run did in one account, over all its sittings: which writes AWS took, and which are in doubt. Pure.
//!
//! A sitting is one process that works on a run. Where one was cut off, a write may be on its way: whether it was carried
//! out shows when the account is looked at again and what it still needs is known.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::account::change::{Change, ChangeResult, Part, Write};
use crate::account::converge::Goal;
use crate::account::model::failure_code::FailureCode;
use crate::account::outcome::{AccountStatus, Failure, Outcome, PartStatus, Step};
use crate::account::rollback::plan as undone;
use crate::ids::AccountId;
use crate::inventory::list::Account;

/// Whether the run has nothing more to do in an account of which this became.
pub fn is_done(outcome: &Outcome) -> bool {
    match outcome.status {
        AccountStatus::NotReached => false,
        AccountStatus::Failed => !outcome.failure.as_ref().is_some_and(|failure| failure.code.retry_on_resume()),
        _ => true,
    }
}

/// One write that was announced, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// When it was announced, or answered.
    pub at: Timestamp,
    /// The write, and what was there before.
    pub change: Change,
    /// The answer; `None` where none is on record.
    pub result: Option<ChangeResult>,
    /// Whether it repeats a write that was in doubt.
    repeats: bool,
    /// Whether reports were told of it as it is.
    told: bool,
}

impl Past {
    /// Whether AWS took it.
    pub fn is_applied(&self) -> bool {
        matches!(self.result, Some(ChangeResult::Applied { .. }))
    }

    /// Whether AWS may have taken it.
    pub fn is_in_doubt(&self) -> bool {
        match &self.result {
            None => true,
            // Then it was there, and the one before it put it there.
            Some(ChangeResult::Failed { code, .. }) if self.repeats && *code == "EntityAlreadyExists" => true,
            Some(ChangeResult::Failed { code, .. }) => code.in_doubt(),
            Some(_) => false,
        }
    }

    fn is_about(&self, other: &Change) -> bool {
        same_place(&self.change.write, &other.write)
    }
}

fn same_place(one: &Write, other: &Write) -> bool {
    one.action() == other.action() && one.resource() == other.resource()
}

/// The writes of one account, in their order; one that is repeated takes the place of the one that was in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    past: Vec<Past>,
}

impl History {
    /// The writes.
    pub fn past(&self) -> &[Past] {
        &self.past
    }

    /// The writes, to be kept.
    pub fn into_past(self) -> Vec<Past> {
        self.past
    }

    /// Whether nothing was announced.
    pub fn is_empty(&self) -> bool {
        self.past.is_empty()
    }

    /// A write was announced.
    pub fn intended(&mut self, change: Change, at: Timestamp) {
        let before = self.past.len();
        self.past.retain(|past| !(past.is_in_doubt() && past.is_about(&change)));
        let repeats = self.past.len() < before;
        self.past.push(Past { at, change, result: None, repeats, told: true });
    }

    /// The write that was announced last was answered.
    pub fn settled(&mut self, result: ChangeResult, at: Timestamp) {
        if let Some(last) = self.past.last_mut().filter(|last| last.result.is_none()) {
            (last.result, last.at) = (Some(result), at);
        }
    }

    /// A plan showed a change.
    pub fn shown(&mut self, change: Change, at: Timestamp) {
        self.past.push(Past { at, change, result: Some(ChangeResult::Pending), repeats: false, told: true });
    }

    /// A sitting was cut off: what it showed will be shown again.
    pub fn forget_what_was_shown(&mut self) {
        self.past.retain(|past| past.result != Some(ChangeResult::Pending));
    }

    /// The account was looked at, and still needs `changes`: what was in doubt and is not among them was carried out.
    /// Gives back those writes.
    pub fn looked_at(&mut self, changes: &[Change], at: Timestamp) -> Vec<Change> {
        let mut found = Vec::new();
        for past in self.past.iter_mut().filter(|past| past.is_in_doubt()) {
            if !changes.iter().any(|change| past.is_about(change)) {
                (past.result, past.at) = (Some(ChangeResult::Applied { request_id: None }), at);
                found.push(past.change.clone());
            }
        }
        found
    }

    /// Goes on from an earlier sitting: gives back what can be told of it by now. What is in doubt waits until the account
    /// is looked at again.
    pub fn tell(&mut self) -> Vec<(Change, ChangeResult, Timestamp)> {
        self.forget_what_was_shown();
        let mut known = Vec::new();
        for past in &mut self.past {
            past.told = !past.is_in_doubt();
            if let (true, Some(result)) = (past.told, &past.result) {
                known.push((past.change.clone(), result.clone(), past.at));
            }
        }
        known
    }

    /// What an earlier sitting left in doubt and nobody was told of.
    pub fn untold(&self) -> impl Iterator<Item = (&Change, ChangeResult)> {
        let cut_off = || ChangeResult::Failed { code: FailureCode::INTERRUPTED.into(), request_id: None };
        let untold = self.past.iter().filter(|past| !past.told && past.is_in_doubt());
        untold.map(move |past| (&past.change, past.result.clone().unwrap_or_else(cut_off)))
    }

    /// It is on record that a write that was in doubt was carried out.
    pub fn resolved(&mut self, change: &Change, at: Timestamp) {
        for past in self.past.iter_mut().filter(|past| past.is_in_doubt() && past.is_about(change)) {
            (past.result, past.at) = (Some(ChangeResult::Applied { request_id: None }), at);
        }
    }

    /// What became of the account over all sittings, where `outcome` is what became of it in the last one.
    pub fn fold(&self, outcome: Outcome, goal: Goal) -> Outcome {
        let applied: Vec<&Change> =
            self.past.iter().filter(|past| past.is_applied()).map(|past| &past.change).collect();
        let mut outcome = outcome;
        if applied.is_empty() {
            return outcome;
        }
        outcome.changes = u32::try_from(applied.len()).unwrap_or(u32::MAX);
        let role_is_new = applied.iter().any(|change| change.of_account() == Some(PartStatus::Created));
        let back = undone::parts(applied.iter().copied());
        for part in [Part::Role, Part::Trust, Part::Permissions, Part::PassRole] {
            let words = applied.iter().filter(|change| change.write.parts().contains(&part));
            let word = words.map(|change| word(change, goal, &applied)).reduce(both);
            let Some(word) = word.map(|word| if goal == Goal::Rollback { back.get(part) } else { word }) else {
                continue;
            };
            let now = outcome.parts.get_mut(part);
            let whole = part == Part::Role || part == Part::Trust;
            match *now {
                PartStatus::Failed => {}
                // The role comes and goes in one write; of the other parts nobody knows what is still missing.
                PartStatus::NotReached if !(whole && word != PartStatus::Updated) => {}
                _ => *now = word,
            }
        }
        if !matches!(outcome.status, AccountStatus::Failed | AccountStatus::NotReached) {
            outcome.status = status(&applied, goal, role_is_new);
        }
        outcome
    }
}

/// What a write made of its part.
fn word(change: &Change, goal: Goal, applied: &[&Change]) -> PartStatus {
    match goal {
        Goal::Remove { .. } => PartStatus::Removed,
        _ if change.is_of_new(applied.iter().copied()) => PartStatus::Created,
        _ => PartStatus::Updated,
    }
}

fn both(one: PartStatus, other: PartStatus) -> PartStatus {
    if one == other { one } else { PartStatus::Updated }
}

fn status(applied: &[&Change], goal: Goal, role_is_new: bool) -> AccountStatus {
    match goal {
        Goal::Remove { .. } => AccountStatus::Removed,
        Goal::Rollback => undone::status(applied.iter().copied()),
        _ if role_is_new => AccountStatus::Created,
        _ => AccountStatus::Updated,
    }
}

/// An account that an earlier sitting began to work on and did not finish.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Begun {
    /// What was done there.
    pub history: History,
    /// What the earlier sitting said of it, if it came to that.
    pub outcome: Option<Outcome>,
}

impl Begun {
    /// The outcome, where this sitting does not get to the account either.
    pub fn left(&self, account: &Account, goal: Goal) -> Outcome {
        let cut_off = || Outcome {
            failure: Some(Failure {
                step: Step::Observe,
                code: FailureCode::INTERRUPTED.into(),
                message: "cut off in an earlier sitting of the run, and not gone on with".to_owned(),
                request_id: None,
                fix: "go on with the run, which reads again what is in doubt".to_owned(),
            }),
            reason: None,
            ..Outcome::untouched(account.id, &account.name, AccountStatus::Failed, String::new())
        };
        self.history.fold(self.outcome.clone().unwrap_or_else(cut_off), goal)
    }
}

/// What the earlier sittings of a run left: accounts that are done, and accounts that were begun.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Earlier {
    /// Accounts that are done, with what became of them. They are told at once and not worked on again.
    pub kept: HashMap<AccountId, Outcome>,
    /// Accounts that were begun. They are worked on again.
    pub begun: HashMap<AccountId, Begun>,
}
