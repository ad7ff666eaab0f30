//! `rolecall doctor`: one check after the other, each with what to do, and a verdict. Writes nothing to AWS.

use jiff::Timestamp;
use serde_json::json;

use crate::account::assume_role::AssumedRole;
use crate::aws::clients::{Clients, ConnectError};
use crate::aws::failure::Class;
use crate::aws::local_config::{clock_ahead, read_local_config};
use crate::cli::account_filter::AccountFilter;
use crate::cli::args::doctor::{DoctorArgs, DoctorSource};
use crate::cli::args::options::{Format, SourceArgs};
use crate::cli::error::CliError;
use crate::cli::rollout::choices;
use crate::cli::source::Source;
use crate::cli::ui;
use crate::doctor::{Check, Checkup, Health, Visit, caller, clock, credentials, folder, network, one_account};
use crate::ids::RolePath;
use crate::inventory::list::{Account, Inventory, Selection};
use crate::report::terminal::{CheckLine, CheckMood, RosterLine, roster_counts};
use crate::rollout::worker::row_choices;
use crate::sanitize::printable::printable_json;
use crate::setup::resolve::{Place, Setup};

const LOGIN: &str = "log in again";
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) async fn doctor(args: DoctorArgs) -> Result<u8, CliError> {
    let DoctorSource { accounts, sandbox, organization: _ } = &args.source;
    let organization = accounts.is_none() && sandbox.is_none();
    let named = SourceArgs { accounts: accounts.clone(), organization, sandbox: sandbox.clone() };
    let filter = AccountFilter::resolve(&args.filter, &args.report_dir)?;
    let source = Source::open(&named, &filter, false)?;
    let assume_role = source.role(&args.entrance, &filter)?;
    let setup = Setup::load(&args.setup, choices(&args.what, None, false))?;
    let mut checkup = Checkup::default();
    checkup.checks.push(Check::ok("version", format!("rolecall {VERSION}")));
    checkup.checks.push(folder(&args.report_dir));
    of_aws(&args, &assume_role, source, &filter, &setup, &mut checkup).await?;
    show(&args, &checkup)?;
    if checkup.verdict() == Health::Fail {
        ui::say(&format!("error: {}", checkup.summary()));
    }
    Ok(checkup.exit_code())
}

/// The checks that need a connection, each as far as the one before lets it.
async fn of_aws(
    args: &DoctorArgs,
    assume_role: &RolePath,
    source: Source,
    filter: &AccountFilter,
    setup: &Setup,
    checkup: &mut Checkup,
) -> Result<(), CliError> {
    let found = read_local_config(source.connection(&args.connection)?).await.map_err(ConnectError::from)?;
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
    let inventory = match source.listed(&clients, filter, None, false).await {
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
        Some(entry) => {
            checkup.checks.push(one_account(&clients, visit(args, assume_role, setup, &clients, entry.account)?).await)
        }
        None => skip(checkup, &["one account"], "no account is in"),
    }
    Ok(())
}

fn skip(checkup: &mut Checkup, checks: &[&'static str], why: &str) {
    checkup.checks.extend(checks.iter().map(|check| Check::skipped(check, format!("not looked at: {why}"))));
}

/// How many are in, and why the others are out.
fn accounts_in(inventory: &Inventory) -> Check {
    let lines: Vec<RosterLine> = inventory
        .entries
        .iter()
        .map(|entry| RosterLine {
            account_id: entry.account.id,
            account_name: String::new(),
            out: match &entry.selection {
                Selection::In => None,
                Selection::Out(reason) => Some(reason.to_string()),
            },
        })
        .collect();
    let told = roster_counts(&inventory.source, &lines).iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let told = told.join("; ");
    if inventory.selected() > 0 {
        return Check::ok("accounts", told);
    }
    Check::fail("accounts", told, "`rolecall accounts` with the same options says why each account is out")
}

/// The account as a run would go into it.
fn visit(
    args: &DoctorArgs,
    assume_role: &RolePath,
    setup: &Setup,
    clients: &Clients,
    account: Account,
) -> Result<Visit, CliError> {
    let row = &account.overrides;
    let place = Place {
        account: account.id,
        account_name: account.name.clone(),
        partition: clients.caller().partition().clone(),
        region: row.region.clone().unwrap_or_else(|| clients.region().clone()),
    };
    let desired = setup.fill(&place, &row_choices(row))?;
    let assume = (account.id != clients.caller().account).then(|| AssumedRole {
        role: row.assume_role.clone().unwrap_or_else(|| assume_role.clone()),
        external_id: row.external_id.clone().or_else(|| args.entrance.external_id.clone()),
        session_name: args.entrance.session_name.clone(),
        source_identity: args.entrance.source_identity.clone(),
        duration_seconds: 3600,
    });
    Ok(Visit { account, assume, desired })
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
        ui::out(&format!("{}\n", printable_json(&text)))?;
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
