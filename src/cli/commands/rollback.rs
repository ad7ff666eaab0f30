//! `rolecall rollback`: puts back what a run changed, where it is still as the run left it. A run of its own.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::resume::{connect, inventory, same_caller, sealed};
use crate::account::converge::Goal;
use crate::account::outcome::PartStatus;
use crate::account::rollback::RunWrites;
use crate::account::rollback::power::rollback_policy;
use crate::cli::args::EarlierRunArgs;
use crate::cli::confirm;
use crate::cli::error::CliError;
use crate::cli::invocation::{Invocation, begin, read_journal, work};
use crate::cli::log;
use crate::cli::rollout::writable;
use crate::cli::signals::StopWords;
use crate::cli::ui;
use crate::ids::{AccountId, RunId};
use crate::inventory::list::{Reason, Selection};
use crate::report::RunFolder;
use crate::rollout::event::RunInfo;
use crate::rollout::history::{Earlier, Past};
use crate::rollout::journal::{Logbook, SavedTerms};
use crate::rollout::worker::Aim;
use crate::sanitize::printable::printable;

pub(crate) async fn rollback(args: EarlierRunArgs) -> Result<u8, CliError> {
    let started_at = Timestamp::now();
    log::start(&args.output.log)?;
    let run = RunFolder::resolve(&args.output.report_dir, &args.run)?;
    // Nobody may go on with the run while it is put back.
    let _lock = run.lock()?;
    let (book, deeds) = deeds(&run)?;
    if !book.terms.goal.writes() {
        return Err(CliError::NothingWritten(book.run.command));
    }
    if deeds.is_empty() {
        ui::say(&format!("nothing to put back: {} changed nothing", run.id()));
        return Ok(0);
    }
    if let Some(world) = &book.terms.way.sandbox {
        return Err(CliError::SandboxGone(world.clone()));
    }
    sealed(&run, &book, args.trust.trust_journal)?;
    let ask = !args.confirm.yes;
    if ask && !std::io::stdin().is_terminal() {
        return Err(CliError::NobodyToAsk);
    }
    writable(&args.output.report_dir)?;
    let mut stop_words = StopWords::listen();
    let clients = stop_words.unless_told(connect(&args.connection, &book.terms.way)).await?;
    same_caller(&book, &clients)?;

    let (partition, selected) = (clients.caller().partition().clone(), deeds.len());
    let exact = deeds.iter().all(|(account, deeds)| rollback_policy(&deeds.done, *account, &partition).exact);
    let Logbook { run: was, terms, mut entries, .. } = book;
    for entry in &mut entries {
        if entry.selection == Selection::In && !deeds.contains_key(&entry.account.id) {
            entry.selection = Selection::Out(Reason::NothingToPutBack);
        }
    }
    let mut info = RunInfo {
        run_id: RunId::new(started_at, "rollback", &was.setup),
        command: "rollback".to_owned(),
        started_at,
        caller: clients.caller().arn.clone(),
        partition,
        accounts: entries.len(),
        selected,
        listing: false,
        shard: None,
        merged: Vec::new(),
        concurrency: args.pace.concurrency.map_or(was.concurrency, usize::from),
        session_policy: if exact { "exact" } else { "by name pattern" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        preflight: false,
        waves: None,
        seed: None,
        max_failures: None,
        resumed: 0,
        puts_back: Some(run.id().clone()),
        ..was
    };
    if ask {
        show(&info, &deeds);
        stop_words.unless_told(confirm::asked(selected, Goal::Rollback)).await?;
    }
    let saved = SavedTerms {
        goal: Goal::Rollback,
        account_timeout: args.pace.account_timeout.unwrap_or(terms.account_timeout),
        puts_back: Some(std::path::absolute(run.path())?.display().to_string()),
        ..terms
    };
    let accounts = inventory(&info, entries).into();
    let (folder, open) = begin(&args.output.report_dir, &mut info, &saved, &accounts).await?;
    let invocation = Invocation {
        folder: &folder,
        open,
        clients: Arc::new(clients),
        terms: saved.terms(Aim::Rollback(deeds)),
        accounts,
        info,
        earlier: Earlier::default(),
        worked: Duration::ZERO,
        output: &args.output,
        stop_words,
    };
    work(invocation).await
}

/// What a run's journal tells, and what the run did in each account in which it did something.
pub(crate) fn deeds(folder: &RunFolder) -> Result<(Logbook, HashMap<AccountId, RunWrites>), CliError> {
    let mut deeds: HashMap<AccountId, RunWrites> = HashMap::new();
    let mut take = |account, past: Vec<Past>| {
        let done = past.into_iter().filter(|past| past.is_applied() || past.is_in_doubt());
        let done: Vec<_> = done.map(|past| past.change).collect();
        if !done.is_empty() {
            deeds.entry(account).or_default().done.extend(done);
        }
    };
    let mut book = read_journal(folder, &mut take)?;
    for (account, begun) in &mut book.earlier.begun {
        take(*account, std::mem::take(&mut begun.history).into_past());
    }
    for (account, deeds) in &mut deeds {
        let left = || book.earlier.begun.get(account).and_then(|begun| begun.outcome.as_ref());
        let outcome = book.earlier.kept.get(account).or_else(left);
        deeds.role_arn = outcome.and_then(|outcome| outcome.role_arn.clone());
    }
    Ok((book, deeds))
}

/// Shows what is about to happen.
fn show(info: &RunInfo, deeds: &HashMap<AccountId, RunWrites>) {
    let done = || deeds.values().flat_map(|deeds| &deeds.done);
    let made = done().filter(|change| change.of_account() == Some(PartStatus::Created)).count();
    let deleted = done().filter(|change| change.of_account() == Some(PartStatus::Removed)).count();
    ui::say(&format!("caller        {}", printable(&info.caller.to_string())));
    ui::say(&format!("put back      {}", info.puts_back.as_ref().map(RunId::as_str).unwrap_or_default()));
    ui::say(&format!("accounts      {} of {}, from {}", info.selected, info.accounts, printable(&info.source)));
    ui::say(&format!("writes        {} of that run are undone, newest first, where they still stand", done().count()));
    if made > 0 {
        ui::say(&format!("roles         {made} that it made are deleted"));
    }
    if deleted > 0 {
        ui::say(&format!("roles         {deleted} that it deleted are made again"));
    }
}
