//! `rolecall accounts`: who is in and who is out, and why: a table for people, a CSV for `--accounts`.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::args::{AccountsArgs, AccountsFormat};
use super::error::CliError;
use super::source::Source;
use super::ui;
use crate::inventory::csv_text::csv_text;
use crate::inventory::list::{Entry, Selection};
use crate::plain::plain;
use crate::report::replace_file;
use crate::report::terminal::{Seat, roster_counts};

pub(super) async fn accounts(args: AccountsArgs) -> Result<u8, CliError> {
    let source = Source::open(&args.source, &args.which)?;
    if let Some(path) = &args.out {
        may_write(path, args.force)?;
    }
    let sandboxed = source.is_sandbox();
    let clients = source.connect(&args.connection).await?;
    let inventory = source.listed(&clients, &args.which, false).await?;
    let written = csv_text(&inventory).map_err(io::Error::from)?;
    if let Some(path) = &args.out {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        replace_file(&place, |out| out.write_all(written.as_bytes()))
            .map_err(|error| CliError::NotWritten(path.clone(), error))?;
    }
    let seats: Vec<Seat> = inventory.entries.iter().map(seat).collect();
    let whence = if sandboxed { format!("the sandbox, {}", inventory.source) } else { inventory.source };
    // With a file for the CSV, what is left to show is the table.
    let for_people = args.out.is_some() || io::stdout().is_terminal();
    match args.format.unwrap_or(if for_people { AccountsFormat::Text } else { AccountsFormat::Csv }) {
        AccountsFormat::Text => ui::show_roster(&whence, &seats, args.color)?,
        AccountsFormat::Csv => {
            ui::out_of_others(&written)?;
            roster_counts(&whence, &seats).iter().for_each(|line| ui::say(line));
        }
    }
    if let Some(path) = &args.out {
        let path = path.display().to_string();
        ui::say(&format!("written to `{0}`, for --accounts {0}", plain(&path)));
    }
    Ok(0)
}

fn seat(entry: &Entry) -> Seat {
    let out = match &entry.selection {
        Selection::In => None,
        Selection::Out(reason) => Some(reason.to_string()),
    };
    Seat { account_id: entry.account.id, account_name: entry.account.name.clone(), out }
}

/// Whether the inventory may go to `path`, asked before AWS is: a file of before may hold what somebody added by hand.
fn may_write(path: &Path, force: bool) -> Result<(), CliError> {
    let unwritable = |kind: io::ErrorKind| Err(CliError::NoOutput(path.to_owned(), kind.into()));
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => unwritable(io::ErrorKind::IsADirectory),
        Ok(there) if !there.is_file() => unwritable(io::ErrorKind::InvalidInput),
        Ok(_) if !force => Err(CliError::AlreadyThere(path.to_owned())),
        Ok(_) => Ok(()),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if folder.is_dir() { Ok(()) } else { unwritable(io::ErrorKind::NotFound) }
        }
    }
}
