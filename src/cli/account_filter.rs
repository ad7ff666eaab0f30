//! Which accounts are meant: the options resolved once, with what they name in earlier reports.

use std::fs::File;
use std::path::Path;

use super::args::options::{FilterArgs, Since};
use super::commands::compare::find;
use super::error::CliError;
use super::since::Done;
use crate::account::outcome::AccountStatus;
use crate::ids::AccountId;
use crate::inventory::list::Inventory;
use crate::inventory::select::{EarlierRun, NewSince, Selector};
use crate::inventory::tags::TagFilter;
use crate::report::AccountRows;

/// The filters on an inventory.
#[derive(Debug, Default)]
pub(super) struct AccountFilter {
    pub(super) selector: Selector,
    pub(super) tags: TagFilter,
    /// How the accounts of earlier runs were counted, where that is asked for.
    pub(super) told: Option<String>,
}

impl AccountFilter {
    /// Reads what the options name. AWS is not asked.
    pub(super) fn resolve(args: &FilterArgs, report_dir: &Path) -> Result<Self, CliError> {
        let only = match &args.from {
            Some(run) => {
                let statuses = args.only.iter().map(|status| status.as_str()).collect();
                Some((statuses, earlier(report_dir, run)?))
            }
            None => None,
        };
        let mut told = None;
        let new_since = match &args.new_since {
            Some(Since::Date(date)) => Some(NewSince::Date(*date)),
            Some(Since::Run(run)) => {
                let done = Done::by(report_dir, run)?;
                told = Some(done.told(run));
                Some(NewSince::Run(done.accounts))
            }
            None => None,
        };
        let selector = Selector {
            include: args.include.iter().copied().collect(),
            exclude: args.exclude.iter().copied().collect(),
            ou: args.ou.iter().cloned().collect(),
            exclude_ou: args.exclude_ou.iter().cloned().collect(),
            only,
            new_since,
            management_account: args.management_account,
        };
        Ok(Self { selector, tags: TagFilter::new(args.tag.iter().cloned()), told })
    }

    /// Whether a CSV file has what the filters need.
    pub(super) fn check(&self, file: &Inventory) -> Result<(), CliError> {
        if self.selector.needs_parents() {
            return Err(CliError::NoTree);
        }
        if !self.tags.is_empty() && file.tags.is_none() {
            return Err(CliError::NoTags);
        }
        let by_date = matches!(self.selector.new_since, Some(NewSince::Date(_)));
        if by_date && file.entries.iter().all(|entry| entry.account.joined.is_none()) {
            return Err(CliError::NoJoinDates);
        }
        self.selector.check(file).map_err(CliError::Filter)
    }

    /// Whether the earlier run has any account that `--only` asks for: if not, there is nothing to do anywhere.
    pub(super) fn has_any(&self) -> Result<(), CliError> {
        match &self.selector.only {
            Some((statuses, earlier)) if !earlier.accounts.values().any(|status| statuses.contains(status)) => {
                let statuses = statuses.iter().copied().collect::<Vec<_>>().join(" or ");
                Err(CliError::NoneWas { statuses, run: earlier.run.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// The accounts of an earlier run's report.
fn earlier(report_dir: &Path, run: &str) -> Result<EarlierRun, CliError> {
    let folder = find(report_dir, run)?;
    let accounts = rows_of(&folder)?.into_iter().map(|(id, status)| (id, AccountStatus::as_str(status))).collect();
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
    Ok(EarlierRun { run: name.into_owned(), accounts })
}

/// The accounts of the report in a run's folder, with the status of each.
pub(super) fn rows_of(folder: &Path) -> Result<Vec<(AccountId, AccountStatus)>, CliError> {
    let path = folder.join("accounts.csv");
    let file = File::open(&path).map_err(|error| CliError::NoReport(path.clone(), error))?;
    let wrong = |error| CliError::SpoiledReport(path.clone(), error);
    let rows = AccountRows::new(file).map_err(wrong)?;
    rows.map(|row| row.map(|row| (row.account_id, row.status))).collect::<Result<_, _>>().map_err(wrong)
}
