//! `--new-since RUN`: which accounts a run, or one before it, brought to a good end. Every other account is new.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::account_filter::rows_of;
use super::commands::compare::find;
use super::error::CliError;
use crate::account::outcome::AccountStatus;
use crate::ids::AccountId;
use crate::report::RunRecord;

/// What the runs say, account by account.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The accounts that are done, each with the run that did it.
    pub(super) accounts: BTreeMap<AccountId, String>,
    /// How many are new although a run has a row for them: it failed there, or did not get to its end.
    pub(super) failed: usize,
    /// How many are new although runs have rows for them: each of them skipped it.
    pub(super) skipped: usize,
}

impl Done {
    /// Reads the run and, for accounts that it skipped, the runs of the same setup before it in the same folder, the newest
    /// first: the last that did more than skip an account decides.
    pub(super) fn by(report_dir: &Path, run: &str) -> Result<Self, CliError> {
        let folder = find(report_dir, run)?;
        let mut done = Self::default();
        let record = RunRecord::read(&folder.join("run.json")).ok();
        let command = record.as_ref().map_or("", |record| record.command.as_str()).to_owned();
        let mut open = BTreeSet::new();
        for (account, status) in rows_of(&folder)? {
            if status == AccountStatus::Skipped {
                open.insert(account);
            } else {
                done.count(account, status, &folder, &command, &command);
            }
        }
        let before = if open.is_empty() { Vec::new() } else { before(&folder, record.as_ref()) };
        for (folder, its) in before {
            if open.is_empty() {
                break;
            }
            // A report that cannot be read says nothing for any account, so that they are new, which does no harm.
            for (account, status) in rows_of(&folder).unwrap_or_default() {
                if status != AccountStatus::Skipped && open.remove(&account) {
                    done.count(account, status, &folder, &its.command, &command);
                }
            }
        }
        done.skipped = open.len();
        Ok(done)
    }

    /// What the row of an account comes down to. `command` is the one whose end is asked about.
    fn count(&mut self, account: AccountId, status: AccountStatus, folder: &Path, its: &str, command: &str) {
        let good = match status {
            AccountStatus::Created | AccountStatus::Updated | AccountStatus::Unchanged => its != "rollback",
            AccountStatus::Compliant => true,
            AccountStatus::Removed | AccountStatus::Absent => its == "remove" && command == "remove",
            _ => false,
        };
        if good {
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            self.accounts.insert(account, name.into_owned());
        } else {
            self.failed += 1;
        }
    }

    /// How the accounts were counted, in one line.
    pub(super) fn told(&self, run: &str) -> String {
        let accounts = |n: usize| if n == 1 { "1 account".to_owned() } else { format!("{n} accounts") };
        let mut told = format!("--new-since {run}: {} done", accounts(self.accounts.len()));
        if self.failed > 0 {
            told.push_str(&format!("; new are {} that it did not bring to a good end", accounts(self.failed)));
        }
        if self.skipped > 0 {
            told.push_str(&format!("; new are {} that every run skipped", accounts(self.skipped)));
        }
        told
    }
}

/// The runs of the same setup beside a run's folder that began before it, the newest first.
fn before(folder: &Path, record: Option<&RunRecord>) -> Vec<(PathBuf, RunRecord)> {
    let (Some(record), Some(parent)) = (record, folder.parent()) else { return Vec::new() };
    let Ok(beside) = fs::read_dir(parent) else { return Vec::new() };
    let mut runs: Vec<(PathBuf, RunRecord)> = beside
        .filter_map(|entry| {
            let entry = entry.ok()?;
            // `latest` is one of the others.
            let path = entry.file_type().ok()?.is_dir().then(|| entry.path())?;
            let its = RunRecord::read(&path.join("run.json")).ok()?;
            (its.setup == record.setup && its.started_at < record.started_at).then_some((path, its))
        })
        .collect();
    runs.sort_by_key(|(_, run)| Reverse(run.started_at));
    runs
}
