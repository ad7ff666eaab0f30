//! `rolecall resume`: goes on with a run that was cut off, to one complete report.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use super::rollback::deeds;
use crate::account::outcome::AccountStatus;
use crate::aws::clients::{Clients, Connection};
use crate::cli::args::EarlierRunArgs;
use crate::cli::args::options::ConnectionArgs;
use crate::cli::confirm;
use crate::cli::connect;
use crate::cli::error::CliError;
use crate::cli::invocation::{Invocation, OpenJournal, conclude, read_journal, reporters, retell, unwritten, work};
use crate::cli::log;
use crate::cli::signals::StopWords;
use crate::cli::ui;
use crate::inventory::coming::{Accounts, Coming};
use crate::inventory::list::Inventory;
use crate::report::{Reporters, RunFolder, RunLock, Verdict};
use crate::rollout::event::{Ended, Event, EventKind, RolloutStats, RunInfo};
use crate::rollout::journal::{JournalEntry, Logbook, Way};
use crate::rollout::worker::Aim;
use crate::setup::resolve::Setup;

pub(crate) async fn resume(args: EarlierRunArgs) -> Result<u8, CliError> {
    log::start(&args.output.log)?;
    let folder = RunFolder::resolve(&args.output.report_dir, &args.run)?;
    let lock = folder.lock()?;
    let book = read_journal(&folder, |_, _| {})?;
    if !args.output.quiet {
        ui::say(&standing(&folder, &book));
    }
    if book.listed && book.open() == 0 {
        return report_again(&folder, lock, book, &args);
    }
    if let Some(world) = &book.terms.way.sandbox {
        return Err(CliError::SandboxGone(world.clone()));
    }
    // Nobody may go on with a run while it is put back.
    let (aim, _other) = match &book.terms.puts_back {
        Some(folder) => put_back_of(folder)?,
        None => (Aim::Setup(Box::new(same_setup(&book)?)), None),
    };
    if book.terms.goal.writes() {
        sealed(&folder, &book, args.trust.trust_journal)?;
    }
    let ask = !args.confirm.yes && book.terms.goal.writes();
    if ask && !std::io::stdin().is_terminal() {
        return Err(CliError::NobodyToAsk);
    }

    let mut stop_words = StopWords::listen();
    let clients = Arc::new(stop_words.unless_told(connect(&args.connection, &book.terms.way)).await?);
    same_caller(&book, &clients)?;
    if ask {
        if !book.listed {
            ui::say("those that were not listed yet come on top of these");
        }
        stop_words.unless_told(confirm::asked(book.open(), book.terms.goal)).await?;
    }
    let Logbook { run, mut terms, entries, earlier, resumed, worked, whole, listed, chain, .. } = book;
    let on_record = entries.len();
    let accounts: Accounts = match (listed, terms.asked) {
        (false, Some(asked)) => {
            let listing = Coming::open(clients.clone(), asked, run.shard, entries);
            Accounts::Coming(stop_words.unless_told(async { Ok(listing.await?) }).await?)
        }
        _ => inventory(&run, entries).into(),
    };
    terms.account_timeout = args.pace.account_timeout.unwrap_or(terms.account_timeout);
    let open = OpenJournal::start(folder.reopen_journal(whole)?, chain, lock)?;
    // Before any report is begun anew: where there is no room, what is there stays.
    let entry = JournalEntry::Resumed { version: env!("CARGO_PKG_VERSION").to_owned() };
    open.journal().record(&entry).await.map_err(unwritten(&folder))?;
    let told_since = accounts.known().get(on_record..).unwrap_or_default();
    open.journal().list(told_since).map_err(unwritten(&folder))?;
    let failed = earlier.kept.values().filter(|outcome| outcome.status == AccountStatus::Failed).count();
    let info = RunInfo {
        resumed: resumed + 1,
        concurrency: args.pace.concurrency.map_or(run.concurrency, usize::from),
        ..run
    };
    let invocation = Invocation {
        folder: &folder,
        open,
        terms: terms.terms(aim),
        accounts,
        clients,
        info,
        earlier,
        worked,
        output: &args.output,
        stop_words,
    };
    let exit_code = work(invocation).await?;
    if failed > 0 {
        ui::say(&format!(
            "hint: {failed} of the failed accounts had failed before and were left as they are; once they are mended, run \
             the command again with `--only failed --from {}`",
            folder.id()
        ));
    }
    Ok(exit_code)
}

/// Whether the journal is one that was written here, by whoever has the key. Otherwise it says what somebody wants done with
/// our credentials, and somebody has to say that it is to be believed.
pub(super) fn sealed(folder: &RunFolder, book: &Logbook, trusted: bool) -> Result<(), CliError> {
    if book.chain.is_sealed() || trusted { Ok(()) } else { Err(CliError::NotSealed(folder.journal())) }
}

/// The setup, if it is still what it was when the run began.
fn same_setup(book: &Logbook) -> Result<Setup, CliError> {
    let setup = Setup::load(&book.terms.setup, book.terms.choices.clone())?;
    if setup.digest() == book.run.setup_digest {
        Ok(setup)
    } else {
        Err(CliError::SetupChanged { setup: book.terms.setup.clone() })
    }
}

/// What the run in `folder` did, to be put back, with what keeps others from it.
fn put_back_of(folder: &str) -> Result<(Aim, Option<RunLock>), CliError> {
    let folder = RunFolder::resolve(Path::new(""), folder)?;
    let lock = folder.lock()?;
    Ok((Aim::Rollback(deeds(&folder)?.1), Some(lock)))
}

/// How far the run came, in one line.
fn standing(folder: &RunFolder, book: &Logbook) -> String {
    let (id, accounts) = (folder.id(), book.entries.len());
    let begun = book.earlier.begun.len();
    match book.open() {
        open if !book.listed => {
            format!("{id}: {} done, {begun} cut off, and not every account was listed yet", accounts - open)
        }
        0 => format!("{id}: all {accounts} accounts are done"),
        open => format!(
            "{id}: {} of {accounts} accounts are done, {begun} were cut off, {} not begun",
            accounts - open,
            open - begun
        ),
    }
}

/// Every account is done: there is nothing to do, unless the reports are not whole. AWS is not needed for them.
fn report_again(folder: &RunFolder, lock: RunLock, book: Logbook, args: &EarlierRunArgs) -> Result<u8, CliError> {
    let mut stats = RolloutStats::default();
    book.earlier.kept.values().for_each(|outcome| stats.count(outcome.status));
    let exit_code = Verdict::of(&stats, &Ended::Complete).exit_code();
    if book.closed.as_ref().is_some_and(|closed| closed.not_whole.is_empty()) {
        ui::say("nothing to do");
        return Ok(exit_code);
    }
    let Logbook { run, terms, entries, mut earlier, resumed, worked, whole, chain, .. } = book;
    let open = OpenJournal::start(folder.reopen_journal(whole)?, chain, lock)?;
    let mut reporters = reporters(folder, terms.goal, &args.output)?;
    let info = RunInfo { resumed: resumed + 1, ..run };
    let tell = |reporters: &mut Reporters, kind| {
        reporters.event(&Event { at: jiff::Timestamp::now(), elapsed: worked, kind });
    };
    tell(&mut reporters, EventKind::RunStarted(Box::new(info.clone())));
    let unread = retell(folder, &info, &mut reporters).err();
    for (index, entry) in entries.iter().enumerate() {
        if let Some(outcome) = earlier.kept.remove(&entry.account.id) {
            tell(&mut reporters, EventKind::AccountFinished { index, outcome: Box::new(outcome) });
        }
    }
    tell(&mut reporters, EventKind::RunFinished { stats, ended: Ended::Complete });
    conclude(folder, reporters, open, Ended::Complete, exit_code, unread, &args.output)
}

/// Connects as the run did, but for what is given differently.
pub(crate) async fn connect(given: &ConnectionArgs, way: &Way) -> Result<Clients, CliError> {
    let mut given = given.clone();
    given.profile = given.profile.or_else(|| way.profile.clone());
    given.list_profile = given.list_profile.or_else(|| way.list_profile.clone());
    given.region = given.region.or_else(|| way.region.clone());
    given.endpoint_url = given.endpoint_url.or_else(|| way.endpoint_url.clone());
    let mut sts_pace = given.sts_pace();
    if sts_pace.regions.is_empty() {
        sts_pace.regions.clone_from(&way.sts_regions);
    }
    connect::connect(Connection::Aws(connect::route(&given)), &given, sts_pace).await
}

/// Whether the credentials are of the account that the run was begun from.
pub(crate) fn same_caller(book: &Logbook, clients: &Clients) -> Result<(), CliError> {
    if clients.caller().account.as_str() == book.run.caller.account() {
        return Ok(());
    }
    let (run, now) = (Box::new(book.run.caller.clone()), Box::new(clients.caller().arn.clone()));
    Err(CliError::AnotherCaller { run, now })
}

pub(crate) fn inventory(info: &RunInfo, entries: Vec<crate::inventory::list::Entry>) -> Inventory {
    let source = info.source.clone();
    Inventory::new(entries, source)
}
