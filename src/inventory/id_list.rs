//! The inventory as account ids and nothing else: one a line, or several with commas, semicolons, tabs or blanks between
//! them. Lines that begin with `#` are comments. Pure.

use std::borrow::Cow;

use super::format::{Format, Notes};
use super::mistakes::{At, Mistakes};
use super::row::{Cell, Row, Rows};
use crate::ids::AccountId;

/// Whether the text has no header, but an account id where the header would stand, or what a spreadsheet makes of one.
pub(super) fn is_one(text: &str) -> bool {
    let first = lines(text).map(|(_, line)| line).find(|line| !is_blank(line)).unwrap_or_default();
    let of_ids = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-.,;\"'=Ee".contains(c);
    first.contains(|c: char| c.is_ascii_digit()) && first.chars().all(of_ids)
}

/// Reads the accounts of a list.
pub(super) fn read(text: &str) -> (Rows, Notes) {
    let mut rows = Rows::default();
    for (line, content) in lines(text).filter(|(_, line)| !is_blank(line)) {
        let mut column = 1;
        for piece in content.split([',', ';', '\t']) {
            add(&mut rows, At { line, column }, piece);
            column += piece.chars().count() + 1;
        }
    }
    (rows, Notes { format: Some(Format::Ids), ..Notes::default() })
}

/// Adds the ids of a piece of a line, which may have blanks between them; blanks within one id are its mistake.
fn add(rows: &mut Rows, at: At, piece: &str) {
    let is_id = |word: &str| unquoted(word).parse::<AccountId>().is_ok();
    let mut words = piece.split_whitespace().peekable();
    if words.peek().is_some() && words.all(is_id) {
        for word in piece.split_whitespace() {
            let before = piece.find(word).and_then(|begin| piece.get(..begin)).unwrap_or_default();
            add_one(rows, At { column: at.column + before.chars().count(), ..at }, unquoted(word));
        }
    } else if !piece.trim().is_empty() {
        let before = piece.chars().take_while(|c| c.is_whitespace()).count();
        add_one(rows, At { column: at.column + before, ..at }, piece.trim());
    }
}

fn add_one(rows: &mut Rows, at: At, text: &str) {
    rows.add(at, Row { id: Some(Cell { at, name: "account_id", text: Cow::Borrowed(text) }), ..Row::default() });
}

fn unquoted(word: &str) -> &str {
    word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word)
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// The lines with their numbers; a carriage return alone ends one too.
fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let mut number = 0;
    let mut after_return = false;
    text.split_inclusive(['\r', '\n']).filter_map(move |line| {
        let rest_of_break = after_return && line == "\n";
        after_return = line.ends_with('\r');
        number += u64::from(!rest_of_break);
        (!rest_of_break).then(|| (number, line.trim_end_matches(['\r', '\n'])))
    })
}

/// What is wrong with a text in which nothing is.
pub(super) fn nothing() -> Mistakes {
    Mistakes::one(At { line: 1, column: 1 }, "no column `account_id`, and no account: there is nothing in it")
}
