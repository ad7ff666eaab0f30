//! The inventory as a table: every mistake is told at once, and nothing is guessed. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::columns::{Column, SHORT_IDS, column, misspelt, param, plain_name};
use super::csv_cells::{Lines, check, separator};
use super::format::{Format, Notes};
use super::mistakes::{At, Mistakes, shown};
use super::row::{Cell, Row, Rows};
use crate::sanitize::csv_guard::unguard;

/// Reads the accounts of a table.
///
/// # Errors
/// Where its columns or its quotes are wrong, so that no row can be read.
pub(super) fn read(text: &str) -> Result<(Rows, Notes), Mistakes> {
    let separator = separator(text);
    let wrong = check(text, separator);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let mut lines = Lines::new(text);
    let header_line = lines.of(&header);
    let columns = Columns::find(&header, header_line)?;
    let mut rows = match columns.format {
        Format::ConsoleExport => Rows::with_states_of_aws(),
        _ => Rows::default(),
    };
    let mut none = true;
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let line = lines.of(&record);
        // What a spreadsheet leaves where rows were deleted.
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        none = false;
        let at = At { line, column: 1 };
        if record.len() != header.len() {
            let what = format!("{} cells, but the header has {}", record.len(), header.len());
            rows.mistakes.add(at, what);
        } else if columns.have_no_line_breaks(&record, line, &mut rows.mistakes) {
            let row = columns.row(&record, line);
            rows.add(at, row);
        }
    }
    if none {
        rows.mistakes.add(At { line: header_line + 1, column: 1 }, "there is no account below the header");
    }
    let notes = Notes { format: Some(columns.format), unread: columns.unread, ..Notes::default() };
    Ok((rows, notes))
}

/// Where the known columns are.
#[derive(Debug)]
struct Columns {
    format: Format,
    /// The first of each kind, and with two names of the account the second as well, in the order in which they count.
    known: BTreeMap<Column, Vec<usize>>,
    /// By KEY.
    params: Vec<(String, usize)>,
    /// The names as they stand.
    names: Vec<String>,
    unread: Vec<String>,
}

impl Columns {
    fn find(header: &csv::StringRecord, line: u64) -> Result<Self, Mistakes> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let mut columns = Self {
            format: format(&names),
            known: BTreeMap::new(),
            params: Vec::new(),
            unread: Vec::new(),
            names: Vec::new(),
        };
        let mut mistakes = Mistakes::default();
        let short_id = short_id(&names);
        for (index, name) in names.iter().enumerate() {
            let at = At { line, column: index + 1 };
            let double = if let Some(key) = param(name) {
                let there = columns.params.iter().any(|(known, _)| known == key);
                columns.params.push((key.to_owned(), index));
                there
            } else if short_id == Some(index) {
                columns.known.insert(Column::AccountId, vec![index]).is_some()
            } else if let Some(known) = column(name) {
                let so_far = columns.known.entry(known).or_default();
                let plain = plain_name(name);
                let there =
                    so_far.iter().any(|other| names.get(*other).is_some_and(|other| plain_name(other) == plain));
                so_far.push(index);
                there
            } else {
                columns.not_read(name, at, &mut mistakes);
                continue;
            };
            if double {
                mistakes.add(at, format!("the column `{}` is there twice", shown(name)));
            }
        }
        if !columns.known.contains_key(&Column::AccountId) && mistakes.is_empty() {
            let what = "no column `account_id`; the first line must name the columns, or the file hold nothing but ids";
            mistakes.add(At { line, column: 1 }, what);
        }
        // `name` goes before `account_name`.
        if let Some(both) = columns.known.get_mut(&Column::Name) {
            both.sort_by_key(|index| names.get(*index).is_none_or(|name| plain_name(name) != "name"));
        }
        columns.names = names;
        if mistakes.is_empty() { Ok(columns) } else { Err(mistakes) }
    }

    fn not_read(&mut self, name: &str, at: At, mistakes: &mut Mistakes) {
        let of_the_form: &[&str] = match self.format {
            Format::ConsoleExport => &["arn", "email", "joinedmethod"],
            _ => &[],
        };
        if self.format == Format::Report || name.is_empty() || of_the_form.contains(&plain_name(name).as_str()) {
            return;
        }
        match misspelt(name) {
            Some(what) => mistakes.add(at, what),
            None => self.unread.push(name.to_owned()),
        }
    }

    /// Whether no cell that is read has a line break. No value has one; mostly, a quote went astray.
    fn have_no_line_breaks(&self, record: &csv::StringRecord, line: u64, mistakes: &mut Mistakes) -> bool {
        let before = mistakes.count();
        let of_known = self.known.iter().filter(|(column, _)| !matches!(column, Column::ErrorMessage | Column::Joined));
        let mut read: Vec<usize> = of_known.flat_map(|(_, indexes)| indexes.iter().copied()).collect();
        read.extend(self.params.iter().map(|(_, index)| *index));
        read.sort_unstable();
        for index in read {
            if record.get(index).is_some_and(|cell| cell.contains(['\r', '\n'])) {
                let name = self.names.get(index).map_or("", String::as_str);
                let what = format!("{}: a line break in the cell; is a quote missing?", shown(name));
                mistakes.add(At { line, column: index + 1 }, what);
            }
        }
        mistakes.count() == before
    }

    fn row<'a>(&'a self, record: &'a csv::StringRecord, line: u64) -> Row<'a> {
        let cell = |index: usize, text: Cow<'a, str>| Cell {
            at: At { line, column: index + 1 },
            name: self.names.get(index).map_or("", String::as_str),
            text,
        };
        let filled = |index: &usize| {
            // As it was before it was kept from being run as a formula.
            record.get(*index).filter(|text| !text.is_empty()).map(|text| cell(*index, unguard(text)))
        };
        let all = |column: Column| self.known.get(&column).into_iter().flatten().filter_map(filled);
        let one = |column: Column| all(column).next();
        let params = self.params.iter().filter_map(|(key, index)| Some((key.as_str(), filled(index)?)));
        Row {
            // An apostrophe before it is what a spreadsheet has left, and is told.
            id: (self.known.get(&Column::AccountId).and_then(|indexes| indexes.first()))
                .map(|index| cell(*index, Cow::Borrowed(record.get(*index).unwrap_or_default()))),
            label: one(Column::Name),
            assume_role: one(Column::AssumeRole),
            external_id: one(Column::ExternalId),
            role_name: one(Column::RoleName),
            pass_role_to: one(Column::PassRoleTo),
            region: one(Column::Region),
            params: params.collect(),
            packed_params: one(Column::Params),
            joined: one(Column::Joined),
            states: all(Column::State).chain(all(Column::Status)).collect(),
            reason: one(Column::ErrorMessage),
            tags: None,
        }
    }
}

/// The column `Id` or `Account`, where none is called `account_id`.
fn short_id(names: &[String]) -> Option<usize> {
    if names.iter().any(|name| column(name) == Some(Column::AccountId)) {
        return None;
    }
    SHORT_IDS.iter().find_map(|short| names.iter().position(|name| plain_name(name) == *short))
}

/// Whose table it is, by its columns.
fn format(names: &[String]) -> Format {
    let has = |wanted: &[&str]| wanted.iter().all(|wanted| names.iter().any(|name| plain_name(name) == *wanted));
    if has(&["status", "failedstep", "requestid"]) {
        Format::Report
    } else if has(&["accountid", "email", "name", "joinedmethod"]) || has(&["accountid", "arn", "joinedtimestamp"]) {
        Format::ConsoleExport
    } else {
        Format::Csv
    }
}
