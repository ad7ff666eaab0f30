//! An inventory's file, in whichever form people have one: told by what is in it, read within bounds, every mistake at once.

use std::io::Read;
use std::path::Path;

use super::encoding::decode;
use super::error::InventoryError;
use super::list::Inventory;
use super::mistakes::{At, Mistakes};
use super::{csv_file, id_list, tree, tree_file};

/// The most bytes that are read: twice the report of fifty thousand accounts.
pub const LARGEST: u64 = 64 << 20;

/// Reads the inventory at `path`; `-` is standard input.
///
/// # Errors
/// When the file cannot be read, or has mistakes: all of them at once.
pub fn read(path: &Path) -> Result<Inventory, InventoryError> {
    let unreadable = |source| InventoryError::Unreadable { path: path.to_owned(), source };
    if path == Path::new("-") {
        return read_from(std::io::stdin().lock(), "stdin").map_err(unreadable)?;
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    read_from(file, &path.display().to_string()).map_err(unreadable)?
}

/// Reads an inventory called `file`, and no more of it than [`LARGEST`].
fn read_from(source: impl Read, file: &str) -> std::io::Result<Result<Inventory, InventoryError>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let what = format!("more than {} MiB: that is no list of accounts; the rest was not read", LARGEST >> 20);
        let mistakes = Mistakes::one(At { line: 1, column: 1 }, what);
        return Ok(Err(InventoryError::Mistakes { file: file.to_owned(), mistakes }));
    }
    Ok(parse(&bytes, file))
}

/// Reads an inventory from the bytes of a file called `file`.
///
/// # Errors
/// When there are mistakes: all of them at once.
pub fn parse(bytes: &[u8], file: &str) -> Result<Inventory, InventoryError> {
    let wrong = |mistakes| InventoryError::Mistakes { file: file.to_owned(), mistakes };
    let text = decode(bytes).map_err(wrong)?;
    let read = match form(&text) {
        Form::Nothing => Err(id_list::nothing()),
        Form::Json => tree::json(&text).and_then(|documents| tree_file::read(&documents)),
        Form::Yaml => tree::yaml(&text).and_then(|documents| tree_file::read(&documents)),
        Form::Ids => Ok(id_list::read(&text)),
        Form::Table => csv_file::read(&text),
    };
    let (rows, mut notes) = read.map_err(wrong)?;
    if !rows.mistakes.is_empty() {
        return Err(wrong(rows.mistakes));
    }
    notes.doubtful_states = rows.doubtful_states;
    Ok(Inventory { notes, tags: rows.tags, ..Inventory::new(rows.entries, file.to_owned()) })
}

/// What kind of text it is.
enum Form {
    Nothing,
    Json,
    Yaml,
    Ids,
    Table,
}

fn form(text: &str) -> Form {
    let mut lines = text.lines().map(str::trim_end).filter(|line| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    let Some(first) = lines.next() else { return Form::Nothing };
    // `accounts:` or `vars: {}`, which no header is.
    let is_key = |line: &str| {
        let (key, rest) = line.split_once(':').unwrap_or_default();
        let is_word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-\"'".contains(c));
        is_word && (rest.is_empty() || rest.starts_with(' '))
    };
    if first.trim_start().starts_with(['{', '[']) {
        Form::Json
    } else if first.starts_with("---") || first.starts_with("%YAML") || first.starts_with("- ") || is_key(first) {
        Form::Yaml
    } else if id_list::is_one(text) {
        Form::Ids
    } else {
        Form::Table
    }
}
