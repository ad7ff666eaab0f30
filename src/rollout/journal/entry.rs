//! The lines of the journal, each an object with the time of the line.
//!
//! What a line holds may grow; a change that an older reader would take wrongly makes [`FORMAT`] grow.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::change::{Change, ChangeResult};
use crate::account::converge::Goal;
use crate::account::outcome::Outcome;
use crate::ids::{AccountId, ExternalId, Region, RolePath, SessionName, SourceIdentity};
use crate::inventory::list::Entry;
use crate::inventory::select::OneByOne;
use crate::inventory::shard::Whole;
use crate::rollout::event::{Ended, RunInfo};
use crate::setup::resolve::Choices;

/// The version of the journal's form; a reader refuses another.
pub const FORMAT: u32 = 5;

/// One line of the journal. `Started`, a `Listed` for each account, `Began`; then what happens; `Closed`. Where the work
/// begins while the accounts are still being listed, `Began` stands where that is over. A run that is gone on with has
/// `Resumed` behind what came before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum JournalEntry {
    /// The first line.
    Started {
        /// [`FORMAT`] of the writer.
        format: u32,
        /// What the run is about.
        run: Box<RunInfo>,
        /// What it goes by.
        terms: Box<SavedTerms>,
    },
    /// One account of the inventory, in or out.
    Listed {
        /// The account.
        account: Box<Entry>,
    },
    /// The inventory is whole.
    Began {
        /// How many accounts there are.
        accounts: usize,
        /// The list that they are a part of, where the run is a shard.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        whole: Option<Whole>,
    },
    /// Another process goes on with the run.
    Resumed {
        /// The version of rolecall that does.
        version: String,
    },
    /// A plan showed a change; nothing is sent.
    Shown {
        /// The account.
        account_id: AccountId,
        /// The write, and what is there before.
        change: Box<Change>,
    },
    /// A write is about to be sent.
    Intended {
        /// The account.
        account_id: AccountId,
        /// The write, and what was there before.
        change: Box<Change>,
    },
    /// What became of the account's write that was intended last.
    Settled {
        /// The account.
        account_id: AccountId,
        /// What became of it.
        #[serde(flatten)]
        result: ChangeResult,
    },
    /// A write that an earlier invocation left in doubt was found carried out.
    Found {
        /// The account.
        account_id: AccountId,
        /// The write.
        change: Box<Change>,
    },
    /// An account is done, or was cut off.
    Finished {
        /// What became of it.
        outcome: Box<Outcome>,
    },
    /// The invocation is over, and its reports are written.
    Closed {
        /// How it ended.
        #[serde(flatten)]
        ended: Ended,
        /// The reports that are not whole.
        not_whole: Vec<String>,
    },
}

/// A line with its time, to be written.
#[derive(Serialize)]
pub(super) struct Stamped<'a> {
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) entry: &'a JournalEntry,
}

/// A line with its time, as it is read.
#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) entry: JournalEntry,
}

/// What a run goes by: all that another process needs to go on with it, but for credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedTerms {
    /// A built-in setup's name, or the path of a setup file.
    pub setup: String,
    /// What the command line says differently from the setup.
    pub choices: Choices,
    /// What becomes of each account.
    #[serde(flatten)]
    pub goal: Goal,
    /// The role to assume.
    pub assume_role: RolePath,
    /// The external id that its trust asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The sessions' name.
    pub session_name: SessionName,
    /// Who is behind the sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<SourceIdentity>,
    /// The value of `{{region}}`.
    pub region: Region,
    /// How long the work on one account may take.
    pub account_timeout: Duration,
    /// How long an account that does not let us in is taken for one that is not ready yet.
    #[serde(default)]
    pub wait_ready: Duration,
    /// How AWS is reached.
    pub way: Way,
    /// What is asked of accounts, where they are still being listed while the work goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<OneByOne>,
    /// The folder of the run that is put back, where that is what the run does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puts_back: Option<String>,
}

/// How AWS is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Way {
    /// `--sandbox`: a simulated organization that ended with its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// `--profile`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// `--list-profile`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_profile: Option<String>,
    /// `--region`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// `--endpoint-url`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// `--sts-regions`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sts_regions: Vec<Region>,
}
