//! The inventory as a CSV file: every mistake is told at once, and nothing is guessed.

use std::borrow::Cow;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use super::error::{CsvProblem, InventoryError};
use super::list::{Account, Entry, Inventory, Overrides, Reason, Selection};
use super::params;
use crate::ids::AccountId;
use crate::sanitize::csv_guard::unguard;

/// Reads the inventory at `path`.
///
/// # Errors
/// When the file cannot be read, or has mistakes: all of them at once.
pub fn read(path: &Path) -> Result<Inventory, InventoryError> {
    let bytes = std::fs::read(path).map_err(|source| InventoryError::Unreadable { path: path.to_owned(), source })?;
    parse(&bytes, &path.display().to_string())
}

/// Reads an inventory from the bytes of a file called `file`.
///
/// # Errors
/// When there are mistakes: all of them at once.
pub fn parse(bytes: &[u8], file: &str) -> Result<Inventory, InventoryError> {
    let wrong = |problems| InventoryError::Csv { file: file.to_owned(), problems };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|b| **b == b'\n').count() as u64 + 1;
        let what = "not UTF-8 from here on; save the file as CSV UTF-8".to_owned();
        wrong(vec![CsvProblem { line, column: 1, what }])
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let separator = separator(text);
    // Where a quote is wrong, nobody knows which rows there are.
    if let Some(problem) = wrong_quote(text, separator) {
        return Err(wrong(vec![problem]));
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let mut problems = Vec::new();
    let header = reader.headers().cloned().unwrap_or_default();
    let mut lines = Lines { text, at: 0, line: 1 };
    let header_line = lines.of(&header);
    let columns = Columns::find(&header, header_line, &mut problems);
    if !problems.is_empty() {
        return Err(wrong(problems));
    }
    let mut seen: HashMap<AccountId, u64> = HashMap::new();
    let (mut entries, mut states) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let line = lines.of(&record);
        let before = problems.len();
        if record.len() != header.len() {
            let what = format!("{} cells, but the header has {}", record.len(), header.len());
            problems.push(CsvProblem { line, column: 1, what });
            continue;
        }
        let entry =
            Row { record: &record, columns: &columns, line, problems: &mut problems, states: &mut states }.read();
        if let Some(entry) = entry {
            match seen.entry(entry.account.id) {
                Slot::Occupied(first) => {
                    let what = format!("account {} is in line {} already", entry.account.id, first.get());
                    problems.push(CsvProblem { line, column: columns.account_id + 1, what });
                }
                Slot::Vacant(free) => {
                    free.insert(line);
                    if problems.len() == before {
                        entries.push(entry);
                    }
                }
            }
        }
    }
    if problems.is_empty() && entries.is_empty() {
        let what = "there is no account below the header".to_owned();
        problems.push(CsvProblem { line: header_line + 1, column: 1, what });
    }
    if problems.is_empty() {
        Ok(Inventory {
            entries,
            source: file.to_owned(),
            doubtful_columns: columns.doubtful,
            doubtful_states: states,
            whole: None,
        })
    } else {
        Err(wrong(problems))
    }
}

/// The separator that the header line holds most of.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| header.bytes().filter(|b| b == separator).count();
    // The last of equals wins, so the comma stands last.
    [b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// The first cell whose quotes do not hold it. The parser takes these, and with them the rows that follow, for text.
fn wrong_quote(text: &str, separator: u8) -> Option<CsvProblem> {
    enum At {
        Start,
        Bare,
        Quoted,
        Closed,
    }
    let (mut line, mut column, mut opened) = (1, 1, (1, 1));
    let mut at = At::Start;
    let mut before = 0;
    for byte in text.bytes() {
        let breaks = byte == b'\n' || byte == b'\r';
        line += u64::from(breaks && (byte, before) != (b'\n', b'\r'));
        before = byte;
        at = match at {
            At::Quoted if byte == b'"' => At::Closed,
            At::Quoted => At::Quoted,
            At::Closed if byte == b'"' => At::Quoted,
            _ if breaks || byte == separator => {
                column = if breaks { 1 } else { column + 1 };
                At::Start
            }
            At::Start if byte == b'"' => {
                opened = (line, column);
                At::Quoted
            }
            At::Closed => {
                let what = "there is text after the quote that closes this cell; is a quote missing, or not doubled?";
                return Some(CsvProblem { line: opened.0, column: opened.1, what: what.to_owned() });
            }
            At::Start | At::Bare => At::Bare,
        };
    }
    let what = "the quote that opens this cell is never closed".to_owned();
    matches!(at, At::Quoted).then_some(CsvProblem { line: opened.0, column: opened.1, what })
}

/// Counts lines as an editor does. The parser's own count does not serve: it takes a row to begin before the line
/// feed of the row above, and before blank lines.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line in which a row begins. Rows are asked for in their order.
    fn of(&mut self, record: &csv::StringRecord) -> u64 {
        let from = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        let rest = self.text.get(from..).unwrap_or_default();
        let begin = from + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let passed = self.text.get(self.at..begin).unwrap_or_default();
        let breaks = passed.matches(['\r', '\n']).count() - passed.matches("\r\n").count();
        self.line += breaks as u64;
        self.at = begin;
        self.line
    }
}

/// Where the known columns are.
#[derive(Debug, Default)]
struct Columns {
    account_id: usize,
    by_name: HashMap<&'static str, usize>,
    params: Vec<(String, usize)>,
    doubtful: Vec<(String, &'static str)>,
    /// The names of all that are read, but for `error_message` and `joined`, which may be any text.
    read: BTreeMap<usize, String>,
}

const KNOWN: &[&str] = &[
    "name",
    "account_name",
    "assume_role",
    "external_id",
    "role_name",
    "pass_role_to",
    "region",
    "params",
    "joined",
    "status",
    "state",
    "error_message",
];

/// The states in which AWS lets nobody into an account.
const UNUSABLE: &[&str] = &["SUSPENDED", "CLOSED", "PENDING_CLOSURE", "PENDING_ACTIVATION"];

/// What else a `status` may be: AWS's word for a usable account, and what reports say of accounts.
const USABLE: &str = "ACTIVE created updated unchanged pending compliant drifted missing removed absent failed \
                      not_reached";

impl Columns {
    fn find(header: &csv::StringRecord, line: u64, problems: &mut Vec<CsvProblem>) -> Self {
        let mut columns = Self::default();
        let mut account_id = None;
        for (index, name) in header.iter().enumerate() {
            let name = name.trim();
            let double = if name == "account_id" {
                account_id.replace(index).is_some()
            } else if let Some(known) = KNOWN.iter().find(|known| **known == name) {
                columns.by_name.insert(known, index).is_some()
            } else if let Some(key) = name.strip_prefix("param.") {
                let there = columns.params.iter().any(|(known, _)| known == key);
                columns.params.push((key.to_owned(), index));
                there
            } else {
                let nearly = KNOWN.iter().find(|known| letters(known) == letters(name));
                columns.doubtful.extend(nearly.map(|known| (name.to_owned(), *known)));
                continue;
            };
            if name != "error_message" && name != "joined" {
                columns.read.insert(index, name.to_owned());
            }
            if double {
                let what = format!("the column `{}` is there twice", shown(name));
                problems.push(CsvProblem { line, column: index + 1, what });
            }
        }
        match account_id {
            Some(index) => columns.account_id = index,
            None => {
                let what = "no column `account_id`; the first line must name the columns".to_owned();
                problems.push(CsvProblem { line, column: 1, what });
            }
        }
        columns
    }
}

/// A name's letters, without case, blanks and marks, in order of the alphabet: the same for most slips of the hand.
fn letters(name: &str) -> Vec<char> {
    let mut letters: Vec<char> = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters
}

struct Row<'a> {
    record: &'a csv::StringRecord,
    columns: &'a Columns,
    line: u64,
    problems: &'a mut Vec<CsvProblem>,
    /// Words of `status` and `state` that are not known, each once.
    states: &'a mut Vec<String>,
}

impl Row<'_> {
    fn read(mut self) -> Option<Entry> {
        if self.has_line_breaks() {
            return None;
        }
        let cell = self.record.get(self.columns.account_id).unwrap_or_default();
        let id = match cell.parse::<AccountId>() {
            Ok(id) => Some(id),
            Err(_) => {
                self.problem(self.columns.account_id, spoiled_id(cell));
                None
            }
        };
        let overrides = Overrides {
            assume_role: self.value("assume_role"),
            external_id: self.value("external_id"),
            role_name: self.value("role_name"),
            pass_role_to: self.principals(),
            region: self.value("region"),
            params: self.params(),
        };
        let name = self.cell("name").or_else(|| self.cell("account_name")).map(|(_, name)| name.into_owned());
        let skipped = self.cell("status").is_some_and(|(_, status)| status == "skipped");
        let selection = if skipped {
            let reason = self.cell("error_message").map(|(_, reason)| reason.into_owned());
            Selection::Out(Reason::SkippedInReport(reason.unwrap_or_else(|| "skipped in the report".to_owned())))
        } else {
            self.state().map_or(Selection::In, |state| Selection::Out(Reason::NotActive(state.to_owned())))
        };
        // Somebody else's column may have that name; what is no time says nothing.
        let joined = self.cell("joined").and_then(|(_, joined)| joined.parse().ok());
        let (name, parents, unit) = (name.unwrap_or_default(), Vec::new(), String::new());
        Some(Entry { account: Account { id: id?, name, overrides, parents, unit, joined }, selection, place: None })
    }

    /// The state that keeps the account out, if its row says one.
    fn state(&mut self) -> Option<&'static str> {
        let said: Vec<String> =
            ["status", "state"].iter().filter_map(|column| Some(self.cell(column)?.1.trim().to_owned())).collect();
        let among = |word: &str, mut words: std::slice::Iter<'_, &'static str>| {
            words.find(|known| known.eq_ignore_ascii_case(word)).copied()
        };
        let unusable = said.iter().find_map(|word| among(word, UNUSABLE.iter()));
        for word in said {
            let known = among(&word, UNUSABLE.iter()).is_some()
                || USABLE.split_whitespace().any(|known| known.eq_ignore_ascii_case(&word));
            if !known && !word.is_empty() && !self.states.contains(&word) {
                self.states.push(word);
            }
        }
        unusable
    }

    /// Whether a cell that is read has a line break. No value has one; mostly, a quote went astray.
    fn has_line_breaks(&mut self) -> bool {
        let before = self.problems.len();
        for (index, name) in &self.columns.read {
            if self.record.get(*index).is_some_and(|cell| cell.contains(['\r', '\n'])) {
                self.problem(*index, format!("{}: a line break in the cell; is a quote missing?", shown(name)));
            }
        }
        self.problems.len() > before
    }

    /// A cell that is there and not empty, with its index, as it was before it was kept from being run as a formula.
    fn cell(&self, column: &str) -> Option<(usize, Cow<'_, str>)> {
        let index = *self.columns.by_name.get(column)?;
        self.record.get(index).filter(|text| !text.is_empty()).map(|text| (index, unguard(text)))
    }

    fn value<T: FromStr<Err: Display>>(&mut self, column: &str) -> Option<T> {
        let (index, text) = self.cell(column)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let what = format!("{column}: {}", shown(&format!("{error}")));
                self.problem(index, what);
                None
            }
        }
    }

    fn principals(&mut self) -> Option<Vec<crate::ids::PrincipalRef>> {
        let (index, text) = self.cell("pass_role_to")?;
        match text.split(';').map(|to| to.trim().parse()).collect::<Result<_, _>>() {
            Ok(principals) => Some(principals),
            Err(error) => {
                let what = format!("pass_role_to: {}", shown(&format!("{error}")));
                self.problem(index, what);
                None
            }
        }
    }

    /// The parameters of their own columns and those of `params`, which is how a report has them.
    fn params(&mut self) -> BTreeMap<String, String> {
        let mut params: BTreeMap<String, String> = (self.columns.params.iter())
            .filter_map(|(key, index)| Some((key.clone(), unguard(self.record.get(*index)?).into_owned())))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let Some((index, cell)) = self.cell("params") else { return params };
        match params::split(&cell) {
            Ok(more) => {
                for (key, value) in more {
                    if params.insert(key.clone(), value).is_some() {
                        self.problem(index, format!("params: `{}` has a value already", shown(&key)));
                    }
                }
            }
            Err(what) => self.problem(index, format!("params: {}", shown(&what))),
        }
        params
    }

    fn problem(&mut self, index: usize, what: String) {
        self.problems.push(CsvProblem { line: self.line, column: index + 1, what });
    }
}

/// What a spreadsheet, mostly, has made of an account id.
fn spoiled_id(cell: &str) -> String {
    let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
    let only = |more: &[char]| cell.chars().all(|c| c.is_ascii_digit() || more.contains(&c));
    let cause = if cell.is_empty() {
        "it is empty".to_owned()
    } else if cell.contains(['E', 'e']) && only(&['E', 'e', '+', '.', ',']) {
        "a spreadsheet has turned it into a number with an exponent, and its digits are lost; export it as text"
            .to_owned()
    } else if digits.len() == cell.len() && digits.len() < 12 {
        format!("it has {} digits; if a spreadsheet cut the zeros off, it was {digits:0>12}", digits.len())
    } else if digits.len() == cell.len() {
        format!("it has {} digits", digits.len())
    } else if digits.len() == 12 {
        format!("it has more in it than its twelve digits; write {digits}")
    } else {
        "it is not made of digits".to_owned()
    };
    format!("account_id: `{}` is not an account id (12 digits): {cause}", shown(cell))
}

/// Text of a file that is not trusted: control characters spelled out, and not too long.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(120) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}
