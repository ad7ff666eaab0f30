//! `rolecall merge`: one report from the shards of one rollout, in a folder of its own. AWS is not asked.

use std::io::BufReader;

use jiff::Timestamp;

use crate::account::outcome::Outcome;
use crate::cli::args::MergeArgs;
use crate::cli::args::options::OutputArgs;
use crate::cli::error::CliError;
use crate::cli::invocation::{OpenJournal, conclude, open_new, read_journal, reporters, retell, then, unwritten};
use crate::cli::journal_key::known_key;
use crate::cli::log;
use crate::cli::rollout::writable;
use crate::cli::ui;
use crate::inventory::list::Entry;
use crate::report::{Reporters, RunFolder, RunLock, Verdict};
use crate::rollout::event::{Ended, EventKind, RolloutStats, RunInfo};
use crate::rollout::journal::{AccountLines, JournalEntry, Logbook};
use crate::rollout::merge::Merged;
use crate::sanitize::printable::printable;

/// How many lines of a journal are held at once.
const AT_ONCE: usize = 1_000;

pub(crate) async fn merge(args: MergeArgs) -> Result<u8, CliError> {
    let MergeArgs { runs, output } = args;
    log::start(&output.log)?;
    // It takes a moment: there is no progress to show, only what it came to.
    let output = OutputArgs { quiet: true, ..output };
    let mut folders: Vec<(RunFolder, RunLock)> = Vec::with_capacity(runs.len());
    for run in &runs {
        let folder = RunFolder::resolve(&output.report_dir, run)?;
        if folders.iter().any(|(known, _)| *known == folder) {
            ui::say(&format!("warning: {} is named twice", folder.id()));
            continue;
        }
        // Nobody may go on with a shard while it is merged.
        let lock = folder.lock()?;
        folders.push((folder, lock));
    }
    let here = std::fs::canonicalize(&output.report_dir).ok();
    let named = |folder: &RunFolder| {
        let is_here = folder.path().parent() == here.as_deref();
        if is_here { folder.id().to_string() } else { printable(&folder.path().display().to_string()).into_owned() }
    };
    let books = folders.iter().map(|(folder, _)| Ok((named(folder), read_journal(folder, |_, _| {})?)));
    let books = books.collect::<Result<Vec<(String, Logbook)>, CliError>>()?;
    // What is not known to be ours does not become ours by being merged.
    let sealed = books.iter().all(|(_, book)| book.chain.is_sealed());
    let key = if sealed { known_key()? } else { None };
    let Merged { mut info, terms, entries, mut outcomes, cut_off, ended_at } = Merged::of(books)?;
    writable(&output.report_dir)?;

    let (folder, open) = open_new(&output.report_dir, &mut info, key)?;
    // Until all is copied, the journal does not say that the run began: nobody can take half of it for the whole.
    open.journal().begin_early(&info, &terms, &entries).await.map_err(unwritten(&folder))?;
    for (shard, _) in &folders {
        copy(shard, &folder, &open).await?;
    }
    let began = JournalEntry::Began { accounts: entries.len(), whole: None };
    open.journal().record(&began).await.map_err(unwritten(&folder))?;
    let mut reporters = reporters(&folder, terms.goal, &output)?;
    let mut tell = Telling { info: &info, reporters: &mut reporters };
    tell.at(info.started_at, EventKind::RunStarted(Box::new(info.clone())));
    let mut unread = None;
    for (shard, _) in &folders {
        unread = unread.or(retell(shard, &info, tell.reporters).err());
    }
    for (account_id, change, result, at) in cut_off {
        tell.at(at, EventKind::ChangeSettled { account_id, change: Box::new(change), result });
    }
    let mut stats = RolloutStats::default();
    outcomes.values().for_each(|outcome| stats.count(outcome.status));
    let told = entries
        .iter()
        .enumerate()
        .filter_map(|(index, Entry { account, .. })| outcomes.remove(&account.id).map(|outcome| (index, outcome)));
    tell.accounts(told);
    tell.at(ended_at, EventKind::RunFinished { stats, ended: Ended::Complete });
    let exit_code = Verdict::of(&stats, &Ended::Complete).exit_code();
    conclude(&folder, reporters, open, Ended::Complete, exit_code, unread, &output)
}

/// Takes over what a shard's journal says of its accounts, so that the merged run can be rolled back, and its reports
/// made again, as any other's.
async fn copy(shard: &RunFolder, folder: &RunFolder, open: &OpenJournal) -> Result<(), CliError> {
    let unreadable = |error| CliError::Journal(shard.journal(), error);
    let file = shard.read_journal().map_err(|error| unreadable(error.into()))?;
    let mut lines = AccountLines::of(BufReader::new(file), AT_ONCE).map_err(unreadable)?;
    loop {
        let bodies = lines.next_lines().map_err(unreadable)?;
        if bodies.is_empty() {
            return Ok(());
        }
        open.journal().copy(bodies).await.map_err(unwritten(folder))?;
    }
}

/// Tells reports of what happened, when it did.
struct Telling<'a> {
    info: &'a RunInfo,
    reporters: &'a mut Reporters,
}

impl Telling<'_> {
    fn at(&mut self, at: Timestamp, kind: EventKind) {
        self.reporters.event(&then(self.info, at, kind));
    }

    /// When the work on each account began and ended, all in one order.
    fn accounts(&mut self, outcomes: impl Iterator<Item = (usize, Outcome)>) {
        let mut moments = Vec::new();
        for (index, outcome) in outcomes {
            let began = outcome.started_at.unwrap_or(self.info.started_at);
            if outcome.started_at.is_some() {
                let (account_id, account_name) = (outcome.account_id, outcome.account_name.clone());
                moments.push((began, EventKind::AccountStarted { account_id, account_name }));
            }
            let ended = began.checked_add(outcome.duration).unwrap_or(began);
            moments.push((ended, EventKind::AccountFinished { index, outcome: Box::new(outcome) }));
        }
        moments.sort_by_key(|(at, _)| *at);
        moments.into_iter().for_each(|(at, kind)| self.at(at, kind));
    }
}
