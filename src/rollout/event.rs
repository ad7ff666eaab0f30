//! What happened in a run: the one stream that every reporter folds.
//!
//! Data only, past tense. The dispatcher emits each event from one task, so the order is the order of things and the
//! counters are never wrong. Reporter settings never ride in here.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::order::Seed;
pub use super::rounds::Rounds;
use super::tolerance::Tolerance;
use super::waves::Waves;
use crate::account::change::{Change, ChangeResult};
use crate::account::model::failure_code::FailureCode;
use crate::account::outcome::{AccountStatus, Outcome, Step};
pub use crate::aws::pace::Api;
use crate::ids::{AccountId, Arn, Partition, RunId};
pub use crate::inventory::shard::Shard;

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// How long after the run started.
    pub elapsed: Duration,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What can happen. The first event of a run is `RunStarted`, the last `RunFinished`; between them, every account of
/// the inventory has exactly one `AccountFinished`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The run began.
    RunStarted(Box<RunInfo>),
    /// More accounts are known, of a run that began while they were still being listed.
    AccountsListed {
        /// How many are known by now, in or out.
        accounts: usize,
        /// How many of them are in.
        selected: usize,
        /// Whether these are all.
        whole: bool,
    },
    /// A run that goes by stages went on to its next.
    StageStarted {
        /// The stage.
        stage: Stage,
    },
    /// Work on an account began. Not sent for accounts that are skipped. Sent once in each stage and round that works on it.
    AccountStarted {
        /// The account.
        account_id: AccountId,
        /// Its name. Not trusted.
        account_name: String,
    },
    /// An account's work went on to its next step.
    StepStarted {
        /// The account.
        account_id: AccountId,
        /// The step.
        step: Step,
    },
    /// A change was taken or refused by AWS, or (plan) found to be needed.
    ChangeSettled {
        /// The account.
        account_id: AccountId,
        /// The write and what was there before it.
        change: Box<Change>,
        /// What became of it.
        result: ChangeResult,
    },
    /// An account came through a stage, is not done, and waits for a later one.
    StagePassed {
        /// The account.
        account_id: AccountId,
    },
    /// An account failed for something that passes, and is worked on again after the others. Not done.
    AccountDeferred {
        /// The account.
        account_id: AccountId,
        /// The round in which it failed; the first is 1.
        round: u32,
        /// What it failed with.
        code: FailureCode,
    },
    /// All others are done; after a pause, the accounts that were deferred are worked on again.
    RoundStarted {
        /// Which round; the first that is told is 2.
        round: u32,
        /// Of how many at most.
        of: u32,
        /// How many accounts.
        accounts: usize,
        /// The pause before it.
        pause: Duration,
    },
    /// Nothing can be reached any more, in whatever account: no further account is started until it can.
    NetworkLost {
        /// What connections fail with.
        message: String,
    },
    /// AWS answers again, and the run goes on.
    NetworkBack {
        /// How long nothing was reached.
        after: Duration,
    },
    /// An account is done, one way or another.
    AccountFinished {
        /// The account's position in the inventory, from 0.
        index: usize,
        /// What became of it.
        outcome: Box<Outcome>,
    },
    /// The run became slower than was wished, or faster again: an API throttles, or does so no more.
    PaceChanged {
        /// The API that throttles; `None` when the run is as fast as was wished again.
        slowed_by: Option<Api>,
        /// How many accounts may be in flight from now on.
        concurrency: usize,
    },
    /// No further account will be started; what is in flight is finished.
    DrainStarted {
        /// Why.
        reason: HaltReason,
    },
    /// The run ended, and every account has its outcome.
    RunFinished {
        /// The final counts.
        stats: RolloutStats,
        /// How it ended.
        ended: Ended,
    },
}

/// A part of a run that must be over before the next may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Every account is entered and read, and what would be written is tried on IAM's simulator. Nothing is written.
    Preflight {
        /// How many accounts.
        accounts: usize,
    },
    /// A wave's accounts are worked on.
    Wave {
        /// Which one, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// How many accounts.
        accounts: usize,
    },
    /// What was written in the wave is read back.
    ReadBack {
        /// Which wave, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// How many accounts.
        accounts: usize,
    },
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The run's id, and its folder's name.
    pub run_id: RunId,
    /// `apply`, `plan`, …
    pub command: String,
    /// The setup's name.
    pub setup: String,
    /// SHA-256 of the setup as it was resolved, in hexadecimal.
    pub setup_digest: String,
    /// When the run started.
    pub started_at: Timestamp,
    /// Who ran it: the ARN that sts GetCallerIdentity gave.
    pub caller: Arn,
    /// The partition, from the caller's ARN.
    pub partition: Partition,
    /// The organization's id, where accounts came from AWS Organizations.
    pub organization: Option<String>,
    /// Where the accounts came from, for people: a file's path, `organization o-…`, `sandbox`.
    pub source: String,
    /// The number of accounts in the inventory, in or out.
    pub accounts: usize,
    /// How many of them are in.
    pub selected: usize,
    /// Whether accounts are still being listed, so that there may be more: `AccountsListed` tells how many.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listing: bool,
    /// Which part of the inventory the run is about, where it is not about all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The runs of shards that this one's reports were made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<RunId>,
    /// How many accounts are worked on at once.
    pub concurrency: usize,
    /// The form of the session policy: `exact` or `by name pattern` (design: least power), for people.
    pub session_policy: String,
    /// Whether every account is looked at before the first write anywhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preflight: bool,
    /// The waves, where it goes by waves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<Waves>,
    /// What the order of the accounts comes from, where it goes by waves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// How many accounts may fail before the run halts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Tolerance>,
    /// How often an account is worked on at most, where it fails for something that passes.
    #[serde(default)]
    pub rounds: Rounds,
    /// rolecall's version.
    pub version: String,
    /// How often the run was cut off and gone on with.
    #[serde(default)]
    pub resumed: u32,
    /// The run that this one puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puts_back: Option<RunId>,
    /// Parameters whose values mean more than one of what they name, as `param.KEY = VALUE`, where the setup lets them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wildcards: Vec<String>,
}

/// Why a run stopped starting accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "halt", rename_all = "snake_case")]
pub enum HaltReason {
    /// Ctrl-C or SIGTERM.
    Interrupted,
    /// The caller's own credentials are no longer good, and could not be renewed.
    CredentialsExpired {
        /// What AWS, or the provider of the credentials, said.
        message: String,
    },
    /// The journal could not be written, so no further write may be sent.
    JournalFailed {
        /// What the operating system said.
        message: String,
    },
    /// More accounts failed than may.
    TooManyFailures {
        /// How many did.
        failed: usize,
        /// How many may.
        allowed: usize,
    },
    /// The network was lost for so long that the run gave up.
    NetworkLost {
        /// What connections fail with.
        message: String,
    },
    /// Organizations refused to tell the rest of the accounts.
    ListingFailed {
        /// What it said.
        message: String,
    },
    /// The preflight failed in some accounts, so nothing was written in any.
    PreflightFailed {
        /// In how many.
        failed: usize,
    },
}

/// Where a journal was when a run ended, as `run.json` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEnd {
    /// How many lines it had.
    pub lines: u64,
    /// SHA-256 of them, by way of the chain.
    pub digest: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub enum Ended {
    /// Every selected account was worked on.
    Complete,
    /// Some accounts were not reached.
    Halted {
        /// Why.
        reason: HaltReason,
    },
}

/// The counts of a run. Owned by the dispatcher; reporters keep their own by folding events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RolloutStats {
    /// `created`
    pub created: usize,
    /// `updated`
    pub updated: usize,
    /// `unchanged`
    pub unchanged: usize,
    /// `pending`
    pub pending: usize,
    /// `compliant`
    pub compliant: usize,
    /// `drifted`
    pub drifted: usize,
    /// `missing`
    pub missing: usize,
    /// `removed`
    pub removed: usize,
    /// `absent`
    pub absent: usize,
    /// `failed`
    pub failed: usize,
    /// `skipped`
    pub skipped: usize,
    /// `not_reached`
    pub not_reached: usize,
}

impl RunInfo {
    /// Takes up what an event tells of the number of accounts.
    pub fn listed(&mut self, kind: &EventKind) {
        if let EventKind::AccountsListed { accounts, selected, whole } = kind {
            (self.accounts, self.selected, self.listing) = (*accounts, *selected, !whole);
        }
    }
}

impl RolloutStats {
    /// Counts one more account.
    pub fn count(&mut self, status: AccountStatus) {
        *self.slot(status) += 1;
    }

    /// How many accounts have this status.
    pub fn of(mut self, status: AccountStatus) -> usize {
        *self.slot(status)
    }

    /// How many accounts have any status at all.
    pub fn finished(self) -> usize {
        AccountStatus::ALL.iter().map(|status| self.of(*status)).sum()
    }

    fn slot(&mut self, status: AccountStatus) -> &mut usize {
        match status {
            AccountStatus::Created => &mut self.created,
            AccountStatus::Updated => &mut self.updated,
            AccountStatus::Unchanged => &mut self.unchanged,
            AccountStatus::Pending => &mut self.pending,
            AccountStatus::Compliant => &mut self.compliant,
            AccountStatus::Drifted => &mut self.drifted,
            AccountStatus::Missing => &mut self.missing,
            AccountStatus::Removed => &mut self.removed,
            AccountStatus::Absent => &mut self.absent,
            AccountStatus::Failed => &mut self.failed,
            AccountStatus::Skipped => &mut self.skipped,
            AccountStatus::NotReached => &mut self.not_reached,
        }
    }
}
