//! The inventory as a CSV file: every mistake is told at once, and nothing is guessed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use super::error::{CsvProblem, InventoryError};
use super::list::{Account, Entry, Inventory, Overrides, Reason, Selection};
use crate::cell::unguard;
use crate::ids::AccountId;

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
    let mut reader = csv::ReaderBuilder::new().delimiter(separator(text)).flexible(true).from_reader(text.as_bytes());
    let mut problems = Vec::new();
    let header = reader.headers().cloned().unwrap_or_default();
    let columns = Columns::find(&header, &mut problems);
    if !problems.is_empty() {
        return Err(wrong(problems));
    }
    let mut seen: HashMap<AccountId, u64> = HashMap::new();
    let mut entries = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let line = record.position().map_or(0, csv::Position::line);
        let before = problems.len();
        if record.len() != header.len() {
            let what = format!("{} cells, but the header has {}", record.len(), header.len());
            problems.push(CsvProblem { line, column: 1, what });
            continue;
        }
        let entry = Row { record: &record, columns: &columns, line, problems: &mut problems }.read();
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
        problems.push(CsvProblem { line: 2, column: 1, what: "there is no account below the header".to_owned() });
    }
    if problems.is_empty() {
        Ok(Inventory { entries, source: file.to_owned(), doubtful_columns: columns.doubtful })
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

/// Where the known columns are.
#[derive(Debug, Default)]
struct Columns {
    account_id: usize,
    by_name: HashMap<&'static str, usize>,
    params: Vec<(String, usize)>,
    doubtful: Vec<(String, &'static str)>,
}

const KNOWN: &[&str] = &[
    "name",
    "account_name",
    "assume_role",
    "external_id",
    "role_name",
    "pass_role_to",
    "region",
    "status",
    "error_message",
];

impl Columns {
    fn find(header: &csv::StringRecord, problems: &mut Vec<CsvProblem>) -> Self {
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
                false
            };
            if double {
                let what = format!("the column `{}` is there twice", shown(name));
                problems.push(CsvProblem { line: 1, column: index + 1, what });
            }
        }
        match account_id {
            Some(index) => columns.account_id = index,
            None => {
                let what = "no column `account_id`; the first line must name the columns".to_owned();
                problems.push(CsvProblem { line: 1, column: 1, what });
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
}

impl Row<'_> {
    fn read(mut self) -> Option<Entry> {
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
            params: (self.columns.params.iter())
                .filter_map(|(key, index)| Some((key.clone(), unguard(self.record.get(*index)?).into_owned())))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        };
        let name = self.cell("name").or_else(|| self.cell("account_name")).map(|(_, name)| name.into_owned());
        let skipped = self.cell("status").is_some_and(|(_, status)| status == "skipped");
        let selection = if skipped {
            let reason = self.cell("error_message").map(|(_, reason)| reason.into_owned());
            Selection::Out(Reason::SkippedInReport(reason.unwrap_or_else(|| "skipped in the report".to_owned())))
        } else {
            Selection::In
        };
        let (name, parents, joined) = (name.unwrap_or_default(), Vec::new(), None);
        Some(Entry { account: Account { id: id?, name, overrides, parents, joined }, selection })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Vec<String> {
        let error = parse(text.as_bytes(), "a.csv").unwrap_err().to_string();
        error.lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_place() {
        let said = says(
            "account_id,name,role_name,pass_role_to,region\n1.23457E+11,a,,,\n12345678901,b,,,\n'123456789012,c,,,\n\
             123456789012,d,,,\n123456789012,e,,,\n1234-5678-9013,f,,,\n123456789014,g,bad name,,\n\
             123456789015,h,,analyst,\n123456789016,i,,,mars\n,j,,,\n123456789017,k\n",
        );
        let wanted = [
            (2, "exponent"),
            (3, "it was 012345678901"),
            (4, "write 123456789012"),
            (6, "is in line 5 already"),
            (7, "write 123456789013"),
            (8, "role_name: `bad name` is not a role name"),
            (9, "pass_role_to: `analyst` is not a principal"),
            (10, "region: `mars` is not a region"),
            (11, "it is empty"),
            (12, "2 cells, but the header has 5"),
        ];
        assert_eq!(said.len(), wanted.len(), "{said:#?}");
        for (said, (line, words)) in said.iter().zip(wanted) {
            assert!(said.starts_with(&format!("a.csv:{line}:")) && said.contains(words), "{said}");
        }
    }

    #[test]
    fn separators_marks_and_line_ends_do_not_matter() {
        for mark in ["", "\u{feff}"] {
            for separator in [",", ";", "\t"] {
                for end in ["\n", "\r\n"] {
                    let lines = ["account_id,pass_role_to,owner,param.x", "000123456789,\"user/a;group/b\",me,1"];
                    let text = format!("{mark}{}", lines.map(|line| line.replace(',', separator) + end).concat());
                    let inventory = parse(text.as_bytes(), "a.csv").unwrap();
                    let account = &inventory.entries[0].account;
                    assert_eq!(account.id.as_str(), "000123456789", "{text:?}");
                    assert_eq!(account.overrides.pass_role_to.as_ref().map(Vec::len), Some(2));
                    assert_eq!(account.overrides.params["x"], "1");
                }
            }
        }
    }

    #[test]
    fn a_column_that_is_nearly_a_known_one_is_doubtful() {
        let text = "account_id,Role-Name,pass_role_ot,owner\n000000000001,R,user/a,me\n";
        let doubtful = parse(text.as_bytes(), "a.csv").unwrap().doubtful_columns;
        assert_eq!(doubtful, [("Role-Name".to_owned(), "role_name"), ("pass_role_ot".to_owned(), "pass_role_to")]);
    }

    #[test]
    fn a_report_is_an_inventory() {
        let text = "account_id,account_name,status,role,error_message\n000000000001,'=x,failed,failed,no\n\
                    000000000002,b,skipped,skipped,closed\n";
        let inventory = parse(text.as_bytes(), "accounts.csv").unwrap();
        assert_eq!(inventory.entries[0].account.name, "=x");
        assert_eq!(inventory.entries[0].selection, Selection::In);
        assert_eq!(inventory.entries[1].selection, Selection::Out(Reason::SkippedInReport("closed".to_owned())));
    }

    #[test]
    fn a_file_that_is_no_inventory_is_said_so() {
        assert!(says("")[0].contains("no column `account_id`"));
        assert!(says("id,name\n1,2\n")[0].contains("no column `account_id`"));
        assert!(says("account_id\n")[0].contains("no account below the header"));
        assert!(says("account_id,account_id\n")[0].contains("there twice"));
        let utf16 = parse(b"\xff\xfea\0c\0", "a.csv").unwrap_err().to_string();
        assert!(utf16.contains("not UTF-8"), "{utf16}");
        assert!(says("account_id\n\u{1b}[31m\n")[0].contains("\\u{1b}"), "no escape reaches the terminal");
    }
}
