//! One invocation of a run: engine, journal and reports wired together, from the first event to the exit code. A run that is
//! cut off is gone on with in another invocation, which ends with one report of all.

use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::args::options::{Format, OutputArgs};
use super::error::CliError;
use super::journal_key::{journal_key, known_key};
use super::signals::StopWords;
use super::ui;
use crate::account::change::ChangeResult;
use crate::account::converge::Goal;
use crate::account::ledger::LedgerClosed;
use crate::aws::clients::Clients;
use crate::ids::AccountId;
use crate::inventory::coming::Accounts;
use crate::own_file::KeptFile;
use crate::report::{
    AccountsCsv, ChangesCsv, CiFile, CiForm, EvidenceJsonl, HtmlPage, ReportFailure, Reporters, RunFolder, RunJson,
    RunLock, RunRecord, Verdict,
};
use crate::rollout::cancel::Cancel;
use crate::rollout::dispatcher::Rollout;
use crate::rollout::event::{Ended, Event, EventKind, JournalEnd, RunInfo};
use crate::rollout::history::{Earlier, Past};
use crate::rollout::journal::{self, Chain, Journal, JournalEntry, JournalThread, Logbook, SavedTerms, SealKey};
use crate::rollout::worker::Terms;
use crate::sanitize::printable::printable;

/// The reports that going on with a run writes anew.
const KEPT: [&str; 5] = ["accounts.csv", "changes.csv", "evidence.jsonl", "report.html", "run.json"];

/// The journal, open, of a run that no other process works on.
pub(super) struct OpenJournal {
    journal: Journal,
    thread: JournalThread<KeptFile>,
    _lock: RunLock,
}

impl OpenJournal {
    /// Starts to write to `file`, behind what `chain` ends with.
    pub(super) fn start(file: KeptFile, chain: Chain, lock: RunLock) -> Result<Self, CliError> {
        let (journal, thread) = Journal::start(file, chain)?;
        Ok(Self { journal, thread, _lock: lock })
    }

    /// What writes.
    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Says that the invocation is over, and waits until everything is on the disk. Gives back where the journal ends, or what
    /// went wrong with it.
    fn close(self, ended: Ended, failures: &[ReportFailure]) -> Result<std::io::Result<JournalEnd>, CliError> {
        let Self { journal, thread, _lock } = self;
        // A terminal that is gone is gone.
        let files = failures.iter().map(|failure| failure.what.clone()).filter(|what| KEPT.contains(&what.as_str()));
        let _ = journal.note(&JournalEntry::Closed { ended, not_whole: files.collect() });
        drop(journal);
        let (_, end) = thread.join()?;
        Ok(end.map(|chain| JournalEnd::from(&chain)))
    }
}

/// What one invocation works with.
pub(super) struct Invocation<'a> {
    pub(super) folder: &'a RunFolder,
    pub(super) open: OpenJournal,
    pub(super) clients: Arc<Clients>,
    pub(super) terms: Terms,
    pub(super) accounts: Accounts,
    pub(super) info: RunInfo,
    /// What earlier invocations left.
    pub(super) earlier: Earlier,
    /// How long they took.
    pub(super) worked: Duration,
    pub(super) output: &'a OutputArgs,
    pub(super) stop_words: StopWords,
}

/// Begins a new run: its folder, which says what id it has, and in it a journal that knows what the run is about.
pub(super) async fn begin(
    report_dir: &Path,
    info: &mut RunInfo,
    saved: &SavedTerms,
    accounts: &Accounts,
) -> Result<(RunFolder, OpenJournal), CliError> {
    let key = if saved.goal.writes() && saved.way.sandbox.is_none() { journal_key()? } else { None };
    let (folder, open) = open_new(report_dir, info, key)?;
    let begun = match accounts {
        Accounts::Listed(inventory) => open.journal().begin(info, saved, inventory).await,
        Accounts::Coming(coming) => open.journal().begin_early(info, saved, &coming.first).await,
    };
    begun.map_err(unwritten(&folder))?;
    Ok((folder, open))
}

/// Makes the folder of a new run, which says what id it has, and in it a journal with nothing in it, to be sealed with
/// `key`.
pub(super) fn open_new(
    report_dir: &Path,
    info: &mut RunInfo,
    key: Option<SealKey>,
) -> Result<(RunFolder, OpenJournal), CliError> {
    let folder = RunFolder::create(report_dir, &info.run_id)?;
    info.run_id = folder.id().clone();
    let lock = folder.lock()?;
    let open = OpenJournal::start(folder.make_journal()?, Chain::begin(key), lock)?;
    Ok((folder, open))
}

/// Works on the run until it is done or stopped. Gives back the exit code.
pub(super) async fn work(invocation: Invocation<'_>) -> Result<u8, CliError> {
    let Invocation { folder, open, clients, terms, accounts, info, mut earlier, worked, output, mut stop_words } =
        invocation;
    let mut reporters = reporters(folder, terms.goal, output)?;
    let known: Vec<Event> = known(&info, &mut earlier);
    let resumed = info.resumed > 0;
    let cancel = Cancel::default();
    let rollout = Rollout {
        terms: Arc::new(terms),
        clients,
        accounts,
        info: info.clone(),
        earlier,
        journal: open.journal().clone(),
        cancel: cancel.clone(),
    };
    let signals = tokio::spawn(async move {
        loop {
            stop_words.next().await;
            cancel.again();
        }
    });
    let mut unread = None;
    let (stats, ended) = rollout
        .run(|event| {
            let event = Event { elapsed: event.elapsed + worked, ..event };
            reporters.event(&event);
            if resumed && matches!(event.kind, EventKind::RunStarted(_)) {
                unread = retell(folder, &info, &mut reporters).err();
                known.iter().for_each(|event| reporters.event(event));
            }
        })
        .await;
    signals.abort();
    let exit_code = Verdict::of(&stats, &ended).exit_code();
    conclude(folder, reporters, open, ended, exit_code, unread, output)
}

/// Finishes the reports and the journal, and says what is not whole.
pub(super) fn conclude(
    folder: &RunFolder,
    reporters: Reporters,
    open: OpenJournal,
    ended: Ended,
    exit_code: u8,
    unread: Option<CliError>,
    output: &OutputArgs,
) -> Result<u8, CliError> {
    let failures = reporters.finish();
    let mut not_whole: Vec<String> = failures.iter().map(|f| format!("{f}: {}", f.error)).collect();
    let halted = ended != Ended::Complete;
    let go_on = go_on(folder, output);
    match open.close(ended, &failures)? {
        Ok(end) if failures.iter().all(|failure| failure.what != "run.json") => {
            let put = RunRecord::put_journal_end(&folder.run_json(), end);
            not_whole.extend(put.err().map(|error| format!("cannot write `run.json`: {error}")));
        }
        Ok(_) => {}
        Err(error) => not_whole.push(format!("cannot write `journal.jsonl`: {error}")),
    }
    not_whole.extend(unread.map(|error| error.to_string()));
    for failure in &not_whole {
        ui::say(&format!("error: {failure}"));
    }
    if !not_whole.is_empty() {
        ui::say(&format!("hint: the journal has what the reports lack: make room, then {go_on}"));
    } else if halted && output.format == Format::Json {
        ui::say(&format!("hint: {go_on}"));
    }
    Ok(if exit_code == 0 && !not_whole.is_empty() { 1 } else { exit_code })
}

/// How to go on with a run.
fn go_on(folder: &RunFolder, output: &OutputArgs) -> String {
    let elsewhere = output.report_dir.display().to_string();
    let elsewhere =
        if elsewhere == "reports" { String::new() } else { format!(" --report-dir {}", printable(&elsewhere)) };
    format!("go on with `rolecall resume {}{elsewhere}`", folder.id())
}

/// Every report of a run, and what is shown of it.
pub(super) fn reporters(folder: &RunFolder, goal: Goal, output: &OutputArgs) -> Result<Reporters, CliError> {
    let mut reporters = Reporters::new();
    reporters.add("accounts.csv", AccountsCsv::create(&folder.accounts_csv())?);
    reporters.add("changes.csv", ChangesCsv::create(&folder.changes_csv())?);
    if matches!(goal, Goal::Verify { .. }) {
        reporters.add("evidence.jsonl", EvidenceJsonl::create(&folder.evidence_jsonl())?);
    }
    reporters.add("report.html", HtmlPage::create(&folder.report_html())?);
    ui::add_terminal(&mut reporters, folder, output);
    for (form, path) in [(CiForm::Junit, &output.junit), (CiForm::Sarif, &output.sarif)] {
        if let Some(path) = path {
            reporters.add(path.display().to_string(), CiFile::new(form, path, folder.accounts_csv()));
        }
    }
    reporters.add("run.json", RunJson::new(folder));
    Ok(reporters)
}

/// What a run's journal tells; `done` is told what the run did in each account that is done, and need not keep it.
pub(super) fn read_journal(folder: &RunFolder, done: impl FnMut(AccountId, Vec<Past>)) -> Result<Logbook, CliError> {
    let unreadable = |error| CliError::Journal(folder.journal(), error);
    let file = folder.read_journal().map_err(|error| unreadable(error.into()))?;
    // A run that was cut off, and one whose reports are lost, have no end on record.
    let end = RunRecord::read(&folder.run_json()).ok().and_then(|record| record.journal);
    journal::read(BufReader::new(file), known_key()?, end.as_ref(), done).map_err(unreadable)
}

/// Tells reports of the changes in accounts that are done, from the journal.
pub(super) fn retell(folder: &RunFolder, info: &RunInfo, reporters: &mut Reporters) -> Result<(), CliError> {
    let read = read_journal(folder, |account_id, past| {
        for Past { at, change, result, .. } in past {
            let lost = || ChangeResult::Failed { code: "Interrupted".into(), request_id: None };
            let (change, result) = (Box::new(change), result.unwrap_or_else(lost));
            reporters.event(&then(info, at, EventKind::ChangeSettled { account_id, change, result }));
        }
    });
    read.map(drop)
}

/// What is known of the changes in accounts that were begun and are not done.
fn known(info: &RunInfo, earlier: &mut Earlier) -> Vec<Event> {
    let mut known = Vec::new();
    for (account_id, begun) in &mut earlier.begun {
        for (change, result, at) in begun.history.tell() {
            let (account_id, change) = (*account_id, Box::new(change));
            known.push(then(info, at, EventKind::ChangeSettled { account_id, change, result }));
        }
    }
    known.sort_by_key(|event| event.at);
    known
}

/// What happened at some time of the run.
pub(super) fn then(info: &RunInfo, at: jiff::Timestamp, kind: EventKind) -> Event {
    Event { at, elapsed: Duration::try_from(at.duration_since(info.started_at)).unwrap_or_default(), kind }
}

/// The journal could not be written: where, and what the operating system said.
pub(super) fn unwritten(folder: &RunFolder) -> impl Fn(LedgerClosed) -> CliError {
    let path = folder.journal();
    move |closed| CliError::JournalUnwritten(path.clone(), closed)
}
