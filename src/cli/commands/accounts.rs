//! `rolecall accounts`: who is in and who is out, and why: a table for people, a CSV for `--accounts`.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use crate::cli::account_filter::AccountFilter;
use crate::cli::args::options::Color;
use crate::cli::args::{AccountsArgs, AccountsFormat};
use crate::cli::error::CliError;
use crate::cli::log;
use crate::cli::output_path::check_output_path;
use crate::cli::source::Source;
use crate::cli::ui;
use crate::inventory::changes::{Turn, Turned, changes, changes_csv};
use crate::inventory::csv_text::csv_text;
use crate::inventory::file;
use crate::inventory::list::{Entry, Inventory, Selection};
use crate::report::replace_file;
use crate::report::terminal::{RosterChange, RosterLine, roster_counts};
use crate::sanitize::printable::printable;

pub(crate) async fn accounts(args: AccountsArgs) -> Result<u8, CliError> {
    log::start(&args.log)?;
    let filter = AccountFilter::resolve(&args.filter, &args.report_dir)?;
    let old = args.diff.as_deref().map(file::read).transpose()?;
    let source = Source::open(&args.source, &filter, false)?;
    if let Some(path) = &args.out {
        may_write(path, args.force)?;
    }
    let sandboxed = source.is_sandbox();
    let clients = source.connect(&args.connection).await?;
    let inventory = source.listed(&clients, &filter, None, false).await?;
    let written = csv_text(&inventory).map_err(io::Error::from)?;
    if let Some(path) = &args.out {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        replace_file(&place, |out| out.write_all(written.as_bytes()))
            .map_err(|error| CliError::NotWritten(path.clone(), error))?;
    }
    let whence = if sandboxed { format!("the sandbox, {}", inventory.source) } else { inventory.source.clone() };
    // With a file for the CSV, what is left to show is the table.
    let for_people = args.out.is_some() || io::stdout().is_terminal();
    let format = args.format.unwrap_or(if for_people { AccountsFormat::Text } else { AccountsFormat::Csv });
    let differs = match &old {
        Some(old) => show_changes(&changes(old, &inventory), (&old.source, &whence), format, args.color)?,
        None => {
            show_roster(&inventory, &written, &whence, format, args.color)?;
            false
        }
    };
    if let Some(path) = &args.out {
        let path = path.display().to_string();
        ui::say(&format!("written to `{0}`, for --accounts {0}", printable(&path)));
    }
    Ok(if differs { 3 } else { 0 })
}

fn show_roster(
    inventory: &Inventory,
    written: &str,
    whence: &str,
    format: AccountsFormat,
    color: Color,
) -> Result<(), CliError> {
    let lines: Vec<RosterLine> = inventory.entries.iter().map(roster_line).collect();
    match format {
        AccountsFormat::Text => ui::show_roster(whence, &lines, color),
        AccountsFormat::Csv => {
            ui::out_of_others(written)?;
            roster_counts(whence, &lines).iter().for_each(|line| ui::say(line));
            Ok(())
        }
    }
}

/// Shows what changed between two inventories. Whether anything did.
fn show_changes(
    changed: &[Turned],
    (old, new): (&str, &str),
    format: AccountsFormat,
    color: Color,
) -> Result<bool, CliError> {
    match format {
        AccountsFormat::Csv => ui::out_of_others(&changes_csv(changed).map_err(io::Error::from)?)?,
        AccountsFormat::Text => {
            let turns = Turn::ALL.map(|turn| {
                let of_kind = changed.iter().filter(|turned| turned.turn == turn);
                (turn.as_str(), of_kind.map(roster_change).collect())
            });
            ui::show_roster_changes((old, new), &turns, color)?;
        }
    }
    Ok(!changed.is_empty())
}

fn roster_change(turned: &Turned) -> RosterChange {
    let Turned { id, name, before, after, .. } = turned.clone();
    RosterChange { account_id: id, account_name: name, before, after }
}

fn roster_line(entry: &Entry) -> RosterLine {
    let out = match &entry.selection {
        Selection::In => None,
        Selection::Out(reason) => Some(reason.to_string()),
    };
    RosterLine { account_id: entry.account.id, account_name: entry.account.name.clone(), out }
}

/// Whether the inventory may go to `path`, asked before AWS is: a file of before may hold what somebody added by hand.
fn may_write(path: &Path, force: bool) -> Result<(), CliError> {
    let there = check_output_path(path)?;
    if there && !force { Err(CliError::AlreadyThere(path.to_owned())) } else { Ok(()) }
}
