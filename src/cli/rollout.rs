//! One command over one inventory: wires setup, accounts, engine and reports together. `plan`, `apply`, `verify` and
//! `remove` differ in what they say here.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::account_filter::AccountFilter;
use super::args::RunArgs;
use super::args::options::{AdoptArgs, ConnectionArgs, GrantArgs, Resource, SourceArgs, StageArgs, WhatArgs};
use super::confirm;
use super::error::CliError;
use super::external_id::external_id;
use super::intent_summary::IntentSummary;
use super::invocation::{Invocation, begin, work};
use super::log;
use super::output_path::check_output_path;
use super::signals::StopWords;
use super::source::Source;
use crate::account::converge::Goal;
use crate::ids::RunId;
use crate::inventory::coming::{Accounts, Coming};
use crate::own_file;
use crate::report::private_report_dir;
use crate::rollout::event::RunInfo;
use crate::rollout::history::Earlier;
use crate::rollout::journal::{SavedTerms, Way};
use crate::rollout::tolerance::Tolerance;
use crate::rollout::worker::{Aim, row_choices};
use crate::setup::file::PassRoleResource;
use crate::setup::resolve::{Choices, Place, Setup};

/// What one command does with an inventory.
pub(super) struct Job {
    /// The command's name.
    pub(super) command: &'static str,
    /// What becomes of each account.
    pub(super) goal: Goal,
    /// What the grants let be passed, and to what, where the command has a say in that.
    pub(super) grant: Option<GrantArgs>,
    /// Whether roles that are not ours are taken over.
    pub(super) adopt: AdoptArgs,
    /// By which stages it goes, where it may go by some.
    pub(super) stages: Option<StageArgs>,
    /// Whether somebody has to say yes to the writes.
    pub(super) ask: bool,
}

impl Job {
    /// Whether the work may begin before every account is known: nobody has to see the list first, and neither waves nor
    /// a share of the accounts are counted from it. What takes things away waits for the whole list all the same.
    fn needs_no_list(&self) -> bool {
        let by_stages = self.stages.as_ref().is_some_and(|stages| {
            stages.preflight || stages.waves.is_some() || stages.max_failures.is_some_and(Tolerance::is_a_part)
        });
        !by_stages && !matches!(self.goal, Goal::Remove { .. } | Goal::Rollback)
    }
}

/// How many parameters with wildcards are put on record.
const WIDE: usize = 100;

/// A run that has ended.
pub(super) struct Ran {
    /// The command's exit code, if nothing follows.
    pub(super) exit_code: u8,
    /// Where its files are.
    pub(super) folder: PathBuf,
}

pub(super) async fn rollout(job: Job, args: RunArgs) -> Result<u8, CliError> {
    Ok(rollout_into_folder(job, args).await?.exit_code)
}

pub(super) async fn rollout_into_folder(job: Job, args: RunArgs) -> Result<Ran, CliError> {
    let started_at = Timestamp::now();
    log::start(&args.output.log)?;
    let external_id = external_id(&args.entrance)?;
    let filter = AccountFilter::resolve(&args.filter, &args.output.report_dir)?;
    filter.has_any()?;
    let source = Source::open(&args.source, &filter, args.output.quiet)?;
    let assume_role = source.role(&args.entrance, &filter)?;
    let choices = choices(&args.what, job.grant.as_ref(), job.adopt.adopt);
    let setup = Setup::load(&args.setup, choices.clone())?;
    check(&setup, &source)?;
    let sandboxed = source.is_sandbox();
    let ask = job.ask && !sandboxed;
    if ask && !std::io::stdin().is_terminal() {
        return Err(CliError::NobodyToAsk);
    }
    writable(&args.output.report_dir)?;
    for path in args.output.junit.iter().chain(&args.output.sarif) {
        check_output_path(path)?;
    }

    let mut stop_words = StopWords::listen();
    let shard = args.pace.shard;
    let asked = if !ask && job.needs_no_list() { source.one_by_one(&filter) } else { None };
    let listing = async {
        let clients = Arc::new(source.connect(&args.connection).await?);
        let accounts = match asked {
            Some(asked) => Accounts::Coming(Coming::open(clients.clone(), asked, shard, Vec::new()).await?),
            None => source.inventory(&clients, &filter, shard, args.output.quiet).await?,
        };
        Ok((clients, accounts))
    };
    let (clients, accounts) = stop_words.unless_told(listing).await?;
    let caller = clients.caller().clone();
    let place = Place {
        account: caller.account,
        account_name: String::new(),
        partition: caller.partition().clone(),
        region: clients.region().clone(),
    };
    let intent = IntentSummary::of(&setup, &place, accounts.known(), job.goal)?;
    let came_from = accounts.source();
    let mut run_id = RunId::new(started_at, job.command, setup.name());
    if let Some(shard) = shard {
        run_id = run_id.marked(&format!("shard-{}-of-{}", shard.number(), shard.of()));
    }
    let mut info = RunInfo {
        run_id,
        command: job.command.to_owned(),
        setup: setup.name().to_owned(),
        setup_digest: setup.digest(),
        started_at,
        caller: caller.arn.clone(),
        partition: caller.partition().clone(),
        organization: came_from.strip_prefix("organization ").map(str::to_owned),
        source: if sandboxed { format!("sandbox, {came_from}") } else { came_from },
        accounts: accounts.known().len(),
        selected: accounts.selected(),
        listing: accounts.are_coming(),
        shard,
        merged: Vec::new(),
        concurrency: usize::from(args.pace.concurrency),
        preflight: job.stages.as_ref().is_some_and(|stages| stages.preflight),
        waves: job.stages.as_ref().and_then(|stages| stages.waves.clone()),
        seed: job.stages.as_ref().and_then(StageArgs::order),
        max_failures: job.stages.as_ref().and_then(StageArgs::tolerance),
        rounds: args.pace.rounds,
        session_policy: if intent.exact { "exact" } else { "by name pattern" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        resumed: 0,
        puts_back: None,
        wildcards: intent.wide.keys().take(WIDE).cloned().collect(),
    };
    if ask {
        confirm::show(&info, &intent, job.goal, &saved_name(&args.setup)?);
        stop_words.unless_told(confirm::asked(info.selected, job.goal)).await?;
    }

    let timeout = if sandboxed { Duration::from_secs(15) } else { Duration::from_secs(120) };
    let saved = SavedTerms {
        setup: saved_name(&args.setup)?,
        choices,
        goal: job.goal,
        assume_role,
        external_id,
        session_name: args.entrance.session_name,
        source_identity: args.entrance.source_identity,
        region: clients.region().clone(),
        account_timeout: args.pace.account_timeout.unwrap_or(timeout),
        wait_ready: args.pace.wait_ready.unwrap_or_default(),
        way: way(&args.source, &args.connection),
        asked,
        puts_back: None,
    };
    let (folder, open) = begin(&args.output.report_dir, &mut info, &saved, &accounts).await?;
    let invocation = Invocation {
        folder: &folder,
        open,
        clients,
        terms: saved.terms(Aim::Setup(Box::new(setup))),
        accounts,
        info,
        earlier: Earlier::default(),
        worked: Duration::ZERO,
        output: &args.output,
        stop_words,
    };
    Ok(Ran { exit_code: work(invocation).await?, folder: folder.path().to_owned() })
}

/// The setup's name, as another process finds it: a file's path from anywhere.
fn saved_name(setup: &str) -> Result<String, CliError> {
    if Setup::is_path(setup) { Ok(std::path::absolute(setup)?.display().to_string()) } else { Ok(setup.to_owned()) }
}

/// How AWS is reached.
fn way(source: &SourceArgs, connection: &ConnectionArgs) -> Way {
    Way {
        sandbox: source.sandbox.clone(),
        profile: connection.profile.clone(),
        list_profile: connection.list_profile.clone(),
        region: connection.region.clone(),
        endpoint_url: connection.endpoint_url.clone(),
        sts_regions: connection.sts_regions.clone(),
    }
}

/// What the command line says differently from the setup.
pub(super) fn choices(what: &WhatArgs, grant: Option<&GrantArgs>, adopt: bool) -> Choices {
    Choices {
        role_name: what.role_name.clone(),
        pass_role_to: what.pass_role_to.clone(),
        pass_role_resource: grant.and_then(|grant| grant.pass_role_resource).map(|resource| match resource {
            Resource::Role => PassRoleResource::Role,
            Resource::Any => PassRoleResource::Any,
        }),
        pass_role_service: grant.and_then(|grant| grant.pass_role_service.clone()),
        params: what.param.iter().cloned().collect(),
        adopt,
    }
}

/// Fills the setup in for every account that is known by now, so that a mistake shows before AWS is contacted.
fn check(setup: &Setup, source: &Source) -> Result<(), CliError> {
    let entries = if let Source::File(inventory) = source { inventory.entries.as_slice() } else { &[] };
    if entries.is_empty() {
        return Ok(setup.rehearse(&Choices::default())?);
    }
    let mut last = None;
    for row in entries.iter().map(|entry| row_choices(&entry.account.overrides)) {
        // Most rows say what the one before said, which is nothing.
        if last.as_ref() != Some(&row) {
            setup.rehearse(&row)?;
            last = Some(row);
        }
    }
    Ok(())
}

/// Whether reports can be written, asked before AWS is.
pub(super) fn writable(report_dir: &Path) -> Result<(), CliError> {
    let unwritable = |error| CliError::Unwritable(report_dir.to_owned(), error);
    std::fs::create_dir_all(report_dir).map_err(unwritable)?;
    private_report_dir(report_dir)?;
    let probe = report_dir.join(format!(".writable-{}", std::process::id()));
    own_file::make_new(&probe).map_err(unwritable)?;
    std::fs::remove_file(&probe).map_err(unwritable)
}
