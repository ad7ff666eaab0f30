//! A table's text, looked through before its rows are read: are the quotes right, the cells and rows of a size that a table
//! has, and in which line of the file does each row begin? Pure.

use super::mistakes::{At, Mistakes};

/// The bytes of a cell: as many characters as the cell of a spreadsheet holds.
pub(super) const LONGEST_CELL: usize = 32_767;

/// The cells of a row.
pub(super) const MOST_CELLS: usize = 1_000;

/// The separator that the header line holds most of.
pub(super) fn separator(text: &str) -> u8 {
    let header = text.trim_start_matches(['\r', '\n']).split(['\r', '\n']).next().unwrap_or_default();
    let count = |separator: &u8| header.bytes().filter(|b| b == separator).count();
    // The last of equals wins, so the comma stands last.
    [b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// What keeps the rows from being read: cells that are too long, rows that are too long, and the first cell whose quotes do
/// not hold it. The parser takes that cell, and with it the rows that follow, for text, so that nobody knows which rows
/// there are.
pub(super) fn check(text: &str, separator: u8) -> Mistakes {
    enum In {
        Start,
        Bare,
        Quoted,
        Closed,
    }
    let mut mistakes = Mistakes::default();
    let (mut at, mut began) = (At { line: 1, column: 1 }, At { line: 1, column: 1 });
    let (mut state, mut before, mut length) = (In::Start, 0, 0);
    for byte in text.bytes() {
        let breaks = byte == b'\n' || byte == b'\r';
        at.line += u64::from(breaks && (byte, before) != (b'\n', b'\r'));
        before = byte;
        length += 1;
        state = match state {
            In::Quoted if byte == b'"' => In::Closed,
            In::Quoted => In::Quoted,
            In::Closed if byte == b'"' => In::Quoted,
            _ if breaks || byte == separator => {
                if length > LONGEST_CELL {
                    mistakes.add(began, too_long(length));
                }
                at.column = if breaks { 1 } else { at.column + 1 };
                if at.column == MOST_CELLS + 1 {
                    mistakes.add(at, format!("a row of more than {MOST_CELLS} cells; no table of accounts has them"));
                }
                (began, length) = (at, 0);
                In::Start
            }
            In::Start if byte == b'"' => In::Quoted,
            In::Closed => {
                let what = "there is text after the quote that closes this cell; is a quote missing, or not doubled?";
                mistakes.add(began, what);
                return mistakes;
            }
            In::Start | In::Bare => In::Bare,
        };
    }
    if matches!(state, In::Quoted) {
        mistakes.add(began, "the quote that opens this cell is never closed");
    } else if length > LONGEST_CELL {
        mistakes.add(began, too_long(length));
    }
    mistakes
}

fn too_long(length: usize) -> String {
    format!("a cell of more than {LONGEST_CELL} bytes ({length}); no value is as long, and no spreadsheet holds it")
}

/// Counts lines as an editor does. The parser's own count does not serve: it takes a row to begin before the line
/// feed of the row above, and before blank lines.
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line in which a row begins. Rows are asked for in their order.
    pub(super) fn of(&mut self, record: &csv::StringRecord) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_table_has_is_told_where_it_begins() {
        let long = "x".repeat(LONGEST_CELL + 1);
        let says = |text: &str| check(text, b',').lines("f");
        assert_eq!(says(&format!("a,b\n1,{}\n", "x".repeat(LONGEST_CELL - 1))), "");
        let said = says(&format!("a,b\n1,{long}\n\"{long}\",{long}"));
        let places: Vec<&str> = said.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(places, ["f:2:2", "f:3:1", "f:3:2"]);
        assert!(says(&",".repeat(5_000)).starts_with("f:1:1001: a row of more than 1000 cells"));
        assert_eq!(says(&",".repeat(MOST_CELLS - 1)), "");
    }
}
