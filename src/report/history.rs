//! All runs of a report folder, series by series: how the accounts fared from run to run, which drift comes back, how
//! long it lived, and who was never looked at. Pure: runs go in one after the other, in the order of their times.
//!
//! A series is what can be compared: one command, one setup, and one shard of it. Held are the rows of each series' last
//! run, and a few words for each account that ever differed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::compare::{Comparison, Seen, Shift, Standing};
use super::run_json::RunRecord;
use crate::ids::{AccountId, RunId};

/// What a report folder tells.
#[derive(Debug, Clone, Default, Serialize)]
pub struct History {
    /// The series, in the order of their first runs.
    pub series: Vec<Series>,
    /// Runs that are not counted, with the reason.
    pub left_out: Vec<LeftOut>,
    /// Accounts of the newest run that no run has looked at.
    pub never_looked_at: Vec<NeverLookedAt>,
}

/// A run that is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The folder's name. Nothing in it acts.
    pub run: String,
    /// Why. Nothing in it acts.
    pub why: String,
    /// Whether its files are not what the run left; otherwise it was cut off, or is no run's.
    pub changed: bool,
}

/// An account that no run has looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeverLookedAt {
    /// The account.
    pub account_id: AccountId,
    /// Its name. Nothing in it acts.
    pub account_name: String,
    /// Its status in the newest run.
    pub status: &'static str,
    /// Why, as the newest run says; empty where it failed. Nothing in it acts.
    pub reason: String,
}

/// Runs that can be compared with each other.
#[derive(Debug, Clone, Serialize)]
pub struct Series {
    /// The command.
    pub command: String,
    /// The setup's name.
    pub setup: String,
    /// Which shard, as `1/4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The runs, the oldest first.
    pub runs: Vec<PastRun>,
    /// Accounts that differed in some run, those that did so most often first.
    pub drifters: Vec<Drifter>,
    #[serde(skip)]
    last: BTreeMap<AccountId, Seen>,
    #[serde(skip)]
    differed: BTreeMap<AccountId, Drifter>,
}

/// One run of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastRun {
    /// Its id.
    pub run_id: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// SHA-256 of the setup.
    pub setup_digest: String,
    /// How many accounts it had.
    pub accounts: usize,
    /// How many of them were well.
    pub well: usize,
    /// How many differed.
    pub differs: usize,
    /// In how many nothing was there.
    pub missing: usize,
    /// How many failed.
    pub failed: usize,
    /// How many it did not come to.
    pub not_reached: usize,
    /// How many were left out.
    pub skipped: usize,
    /// How many are better than in the run before; 0 in the first one.
    pub better: usize,
    /// How many are worse than in the run before; 0 in the first one.
    pub worse: usize,
}

/// An account that differed, or had nothing, in some run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drifter {
    /// The account.
    pub account_id: AccountId,
    /// Its name in the last run that looked at it. Nothing in it acts.
    pub account_name: String,
    /// Each time that it drifted, the first one first.
    pub spells: Vec<Spell>,
}

/// One drift: from the run that first saw it to the run that saw it gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spell {
    /// When the run began that saw it first.
    pub since: Timestamp,
    /// When the run began that saw it gone; `None` where no run did.
    pub until: Option<Timestamp>,
    /// When the last run began that saw it.
    pub last_seen: Timestamp,
    /// How many runs saw it.
    pub runs: usize,
}

impl Spell {
    /// How long it lived, as far as runs saw it, in seconds.
    pub fn seconds(&self) -> i64 {
        self.until.unwrap_or(self.last_seen).as_second() - self.since.as_second()
    }
}

impl Drifter {
    /// Whether it is still so.
    pub fn is_open(&self) -> bool {
        self.spells.last().is_some_and(|spell| spell.until.is_none())
    }

    /// The longest of its drifts, in seconds.
    pub fn longest(&self) -> i64 {
        self.spells.iter().map(Spell::seconds).max().unwrap_or(0)
    }
}

/// Takes runs, the oldest first, and gives what they tell.
#[derive(Debug, Default)]
pub struct Historian {
    history: History,
    /// Whether each account was looked at, and what the newest run says of it.
    looked_at: BTreeMap<AccountId, bool>,
    newest: BTreeMap<AccountId, NeverLookedAt>,
}

impl Historian {
    /// Takes a run with its rows.
    pub fn add(&mut self, record: &RunRecord, rows: BTreeMap<AccountId, Seen>) {
        self.newest.clear();
        for (id, seen) in &rows {
            let looked_at = self.looked_at.entry(*id).or_default();
            *looked_at |= matches!(seen.standing(), Some(Standing::Well | Standing::Differs | Standing::Missing));
            if !*looked_at {
                let (account_name, reason) = (seen.name().to_owned(), seen.reason().to_owned());
                let status = seen.status().as_str();
                self.newest.insert(*id, NeverLookedAt { account_id: *id, account_name, status, reason });
            }
        }
        self.series_of(record).add(record, rows);
    }

    /// Takes note of a run that cannot be counted.
    pub fn leave_out(&mut self, run: LeftOut) {
        self.history.left_out.push(run);
    }

    /// What all of them tell.
    pub fn finish(self) -> History {
        let mut history = self.history;
        history.never_looked_at = self.newest.into_values().collect();
        for series in &mut history.series {
            series.drifters = std::mem::take(&mut series.differed).into_values().collect();
            series.drifters.sort_by_key(|drifter| {
                (std::cmp::Reverse(drifter.spells.len()), !drifter.is_open(), -drifter.longest())
            });
            series.last.clear();
        }
        history
    }

    fn series_of(&mut self, record: &RunRecord) -> &mut Series {
        let shard = record.shard.as_ref().map(|shard| shard.to_string());
        let same =
            |series: &Series| series.command == record.command && series.setup == record.setup && series.shard == shard;
        let all = &mut self.history.series;
        let at = all.iter().position(same).unwrap_or_else(|| {
            all.push(Series {
                command: record.command.clone(),
                setup: record.setup.clone(),
                shard,
                runs: Vec::new(),
                drifters: Vec::new(),
                last: BTreeMap::new(),
                differed: BTreeMap::new(),
            });
            all.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the place was found, or made, a line above")]
        &mut all[at]
    }
}

impl Series {
    fn add(&mut self, record: &RunRecord, rows: BTreeMap<AccountId, Seen>) {
        let count = |standing: Option<Standing>| rows.values().filter(|seen| seen.standing() == standing).count();
        let changed = match self.runs.is_empty() {
            true => Comparison::default(),
            false => Comparison::of(&self.last, &rows, BTreeMap::new(), false),
        };
        self.runs.push(PastRun {
            run_id: record.run_id.clone(),
            started_at: record.started_at,
            setup_digest: record.setup_digest.clone(),
            accounts: rows.len(),
            well: count(Some(Standing::Well)),
            differs: count(Some(Standing::Differs)),
            missing: count(Some(Standing::Missing)),
            failed: count(Some(Standing::Failed)),
            not_reached: count(Some(Standing::NotReached)),
            skipped: count(None),
            better: changed.count(Shift::Better),
            worse: changed.count(Shift::Worse),
        });
        for (id, seen) in &rows {
            self.account(*id, seen, record.started_at);
        }
        self.last = rows;
    }

    /// An account that was not looked at neither begins a drift nor ends one.
    fn account(&mut self, id: AccountId, seen: &Seen, at: Timestamp) {
        let drifts = match seen.standing() {
            Some(Standing::Differs | Standing::Missing) => true,
            Some(Standing::Well) => false,
            Some(Standing::Failed | Standing::NotReached) | None => return,
        };
        if !drifts {
            let last = self.differed.get_mut(&id).and_then(|drifter| drifter.spells.last_mut());
            if let Some(spell) = last.filter(|spell| spell.until.is_none()) {
                spell.until = Some(at);
            }
            return;
        }
        let drifter = self.differed.entry(id).or_insert_with(|| Drifter {
            account_id: id,
            account_name: String::new(),
            spells: Vec::new(),
        });
        seen.name().clone_into(&mut drifter.account_name);
        match drifter.spells.last_mut().filter(|spell| spell.until.is_none()) {
            Some(spell) => (spell.last_seen, spell.runs) = (at, spell.runs + 1),
            None => drifter.spells.push(Spell { since: at, until: None, last_seen: at, runs: 1 }),
        }
    }
}
