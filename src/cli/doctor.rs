//! `rolecall doctor`: one check after the other, each with what to do, and a verdict. Writes nothing to AWS.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::error::CliError;
use super::options::{Color, ConnectionArgs, EntranceArgs, Format, SourceArgs, WhatArgs, WhichArgs};
use super::rollout::choices;
use super::source::Source;
use super::ui;
use super::which::Which;
use crate::account::session::Entrance;
use crate::aws::clients::{Clients, ConnectError};
use crate::aws::failure::Class;
use crate::aws::survey::{clock_ahead, survey};
use crate::doctor::{Check, Checkup, Health, Visit, caller, clock, credentials, folder, network, one_account};
use crate::inventory::list::{Account, Inventory, Selection};
use crate::plain::plain_json;
use crate::report::terminal::{CheckLine, CheckMood, Seat, roster_counts};
use crate::rollout::worker::row_choices;
use crate::setup::resolve::{Place, Setup};

pub(super) const EXAMPLES: &str = "Examples:
  rolecall doctor --sandbox                                   try it, without AWS
  rolecall doctor                                             credentials, organization, one of its accounts
  rolecall doctor --include 123456789012 --assume-role Ops    this account, through that role

Exit codes: 0 a run can be made; 1 it would not end well; 2 the same, and AWS was not contacted.";

const LOGIN: &str = "log in again";
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    setup: String,
    #[command(flatten)]
    source: DoctorSource,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    entrance: EntranceArgs,
    #[command(flatten)]
    what: WhatArgs,
    /// Where runs' folders are to go
    #[arg(long, value_name = "DIR", default_value = "reports", help_heading = "Output")]
    report_dir: PathBuf,
    /// `text` for people, or `json`
    #[arg(long, default_value = "text", help_heading = "Output")]
    format: Format,
    /// When to use colour
    #[arg(long, default_value = "auto", help_heading = "Output")]
    color: Color,
}

/// As for a run, but that none needs to be named.
#[derive(Debug, Args)]
#[group(multiple = false)]
#[command(next_help_heading = "Where accounts come from (one of)")]
struct DoctorSource {
    /// A CSV file with a column `account_id`
    #[arg(long, value_name = "FILE.csv")]
    accounts: Option<PathBuf>,
    /// AWS Organizations, of the caller's organization; so it is where none is named
    #[arg(long)]
    organization: bool,
    /// A simulated organization inside this process: no AWS account, no network
    #[arg(long, value_name = "WORLD", num_args = 0..=1, require_equals = true, default_missing_value = "healthy")]
    sandbox: Option<String>,
}

pub(super) async fn doctor(args: DoctorArgs) -> Result<u8, CliError> {
    let DoctorSource { accounts, sandbox, organization: _ } = &args.source;
    let organization = accounts.is_none() && sandbox.is_none();
    let named = SourceArgs { accounts: accounts.clone(), organization, sandbox: sandbox.clone() };
    let which = Which::resolve(&args.which, &args.report_dir)?;
    let source = Source::open(&named, &which)?;
    let setup = Setup::load(&args.setup, choices(&args.what, None, false))?;
    let mut checkup = Checkup::default();
    checkup.checks.push(Check::ok("version", format!("rolecall {VERSION}")));
    checkup.checks.push(folder(&args.report_dir));
    of_aws(&args, source, &which, &setup, &mut checkup).await?;
    show(&args, &checkup)?;
    if checkup.verdict() == Health::Fail {
        ui::say(&format!("error: {}", checkup.summary()));
    }
    Ok(checkup.exit_code())
}

/// The checks that need a connection, each as far as the one before lets it.
async fn of_aws(
    args: &DoctorArgs,
    source: Source,
    which: &Which,
    setup: &Setup,
    checkup: &mut Checkup,
) -> Result<(), CliError> {
    let found = survey(source.connection(&args.connection)?).await.map_err(ConnectError::from)?;
    let now = Timestamp::now();
    let held = match found.credentials {
        Ok(held) => credentials(Ok(&held), now, LOGIN),
        Err(error) => {
            checkup.aws_was_asked |= error.aws_was_asked;
            credentials(Err(error.to_string()), now, &error.fix)
        }
    };
    let usable = held.status != Health::Fail;
    checkup.checks.push(held);
    checkup.checks.push(Check::ok("region", found.region));
    checkup.checks.push(network(found.proxy, found.bundle));
    if !usable {
        skip(checkup, &["caller", "clock", "organization", "accounts", "one account"], "there are no credentials");
        return Ok(());
    }
    checkup.aws_was_asked = true;
    let clients = match source.connect(&args.connection).await {
        Ok(clients) => clients,
        Err(error) => {
            let off =
                matches!(&error, CliError::Connect(ConnectError::Caller(failure)) if failure.class == Class::Clock);
            let (failed, skipped) = if off { ("clock", "caller") } else { ("caller", "clock") };
            checkup.checks.push(Check::fail(failed, error.to_string(), error.hint().unwrap_or_default()));
            skip(checkup, &[skipped, "organization", "accounts", "one account"], "AWS did not answer");
            return Ok(());
        }
    };
    checkup.checks.push(caller(clients.caller()));
    checkup.checks.push(clock(&clock_ahead(&clients).await));
    let from_file = matches!(source, Source::File(_));
    let inventory = match source.listed(&clients, which, None, false).await {
        Ok(inventory) => inventory,
        Err(error) => {
            let (failed, skipped) = if from_file { ("accounts", "organization") } else { ("organization", "accounts") };
            checkup.checks.push(Check::fail(failed, error.to_string(), error.hint().unwrap_or_default()));
            skip(checkup, &[skipped, "one account"], "the accounts are not known");
            return Ok(());
        }
    };
    checkup.checks.push(if from_file {
        Check::skipped("organization", "not needed: the accounts come from a file")
    } else {
        Check::ok("organization", format!("{}: its accounts can be listed", inventory.source))
    });
    checkup.checks.push(accounts_in(&inventory));
    let first = inventory.entries.into_iter().find(|entry| entry.selection == Selection::In);
    match first {
        Some(entry) => checkup.checks.push(one_account(&clients, visit(args, setup, &clients, entry.account)?).await),
        None => skip(checkup, &["one account"], "no account is in"),
    }
    Ok(())
}

fn skip(checkup: &mut Checkup, checks: &[&'static str], why: &str) {
    checkup.checks.extend(checks.iter().map(|check| Check::skipped(check, format!("not looked at: {why}"))));
}

/// How many are in, and why the others are out.
fn accounts_in(inventory: &Inventory) -> Check {
    let seats: Vec<Seat> = inventory
        .entries
        .iter()
        .map(|entry| Seat {
            account_id: entry.account.id,
            account_name: String::new(),
            out: match &entry.selection {
                Selection::In => None,
                Selection::Out(reason) => Some(reason.to_string()),
            },
        })
        .collect();
    let told = roster_counts(&inventory.source, &seats).iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let told = told.join("; ");
    if inventory.selected() > 0 {
        return Check::ok("accounts", told);
    }
    Check::fail("accounts", told, "`rolecall accounts` with the same options says why each account is out")
}

/// The account as a run would go into it.
fn visit(args: &DoctorArgs, setup: &Setup, clients: &Clients, account: Account) -> Result<Visit, CliError> {
    let row = &account.overrides;
    let place = Place {
        account: account.id,
        account_name: account.name.clone(),
        partition: clients.caller().partition().clone(),
        region: row.region.clone().unwrap_or_else(|| clients.region().clone()),
    };
    let desired = setup.fill(&place, &row_choices(row))?;
    let entrance = (account.id != clients.caller().account).then(|| Entrance {
        role: row.assume_role.clone().unwrap_or_else(|| args.entrance.assume_role.clone()),
        external_id: row.external_id.clone().or_else(|| args.entrance.external_id.clone()),
        session_name: args.entrance.session_name.clone(),
        source_identity: args.entrance.source_identity.clone(),
        duration_seconds: 3600,
    });
    Ok(Visit { account, entrance, desired })
}

fn show(args: &DoctorArgs, checkup: &Checkup) -> Result<(), CliError> {
    let summary = checkup.summary();
    if args.format == Format::Json {
        let value = json!({
            "version": VERSION,
            "verdict": checkup.verdict(),
            "summary": summary,
            "checks": checkup.checks,
        });
        let text = serde_json::to_string_pretty(&value).map_err(std::io::Error::from)?;
        ui::out(&format!("{}\n", plain_json(&text)))?;
        return Ok(());
    }
    let lines: Vec<CheckLine> = checkup
        .checks
        .iter()
        .map(|check| CheckLine {
            mood: match check.status {
                Health::Ok => CheckMood::Good,
                Health::Warn => CheckMood::Doubtful,
                Health::Fail => CheckMood::Bad,
                Health::Skipped => CheckMood::Skipped,
            },
            word: check.status.as_str(),
            name: check.check,
            told: check.told.clone(),
            fix: check.fix.clone(),
        })
        .collect();
    let well = (checkup.verdict() != Health::Fail).then_some(summary.as_str());
    ui::show_checkup(&lines, well, args.color)
}
