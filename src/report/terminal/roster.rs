//! Who is in and who is out, and why, as a table for people.
//!
//! One row for an account, in the inventory's order, then the counts. Names and reasons are not trusted.

use std::borrow::Cow;
use std::io::{self, Write};

use super::style::{Styles, paint};
use super::wording::{clip, columns, count, counted, wrap};
use crate::ids::AccountId;
use crate::sanitize::printable::printable;

/// An account's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterLine {
    /// The account.
    pub account_id: AccountId,
    /// Its name, empty where unknown. Not trusted.
    pub account_name: String,
    /// Why it is out; nothing where it is in. Not trusted.
    pub out: Option<String>,
}

/// What stands between columns.
const GAP: &str = "  ";
/// As wide as `in` and `out`.
const WORD: usize = 3;
const ID: usize = 12;
/// Below so many columns there is no table.
const NARROW: usize = 60;

/// Writes the table and the counts, at most `width` columns wide.
///
/// # Errors
/// When `out` fails.
pub fn write_roster(
    out: &mut dyn Write,
    styles: Styles,
    width: usize,
    source: &str,
    lines: &[RosterLine],
) -> io::Result<()> {
    let width = width.clamp(30, 120);
    let longest = lines.iter().map(|roster_line| columns(&printable(&roster_line.account_name))).max().unwrap_or(0);
    let name_width = longest.clamp(4, width * 3 / 8);
    let before_reason = ID + name_width + WORD + 3 * GAP.len();
    if width < NARROW {
        write_narrow(out, styles, width, lines)?;
        return write_counts(out, width, source, lines);
    }
    let head = format!("{:<ID$}{GAP}{}{GAP}{:<WORD$}{GAP}why", "account id", pad("name", name_width), "");
    writeln!(out, "{}", paint(styles.heading, &head))?;
    for RosterLine { account_id, account_name, out: reason } in lines {
        let name = pad(&clip(&printable(account_name), name_width), name_width);
        let Some(reason) = reason else {
            writeln!(out, "{account_id}{GAP}{name}{GAP}{}", paint(styles.good, "in"))?;
            continue;
        };
        let mut lines = wrap(&shown(reason), width.saturating_sub(before_reason)).into_iter();
        let first = format!("{account_id}{GAP}{name}{GAP}out{GAP}{}", lines.next().unwrap_or_default());
        writeln!(out, "{}", paint(styles.dim, first.trim_end()))?;
        for line in lines {
            writeln!(out, "{}{}", " ".repeat(before_reason), paint(styles.dim, &line))?;
        }
    }
    write_counts(out, width, source, lines)
}

/// Where there is no room for columns, an account has a line, and what keeps it out the next.
fn write_narrow(out: &mut dyn Write, styles: Styles, width: usize, lines: &[RosterLine]) -> io::Result<()> {
    for RosterLine { account_id, account_name, out: reason } in lines {
        let room = width.saturating_sub(ID + WORD + 2 * GAP.len());
        let (word, style) = if reason.is_some() { ("out", styles.dim) } else { ("in ", styles.good) };
        let line = format!("{account_id}{GAP}{word}{GAP}{}", clip(&printable(account_name), room));
        writeln!(out, "{}", paint(style, line.trim_end()))?;
        for line in reason.iter().flat_map(|reason| wrap(&shown(reason), width.saturating_sub(4))) {
            writeln!(out, "    {}", paint(styles.dim, &line))?;
        }
    }
    Ok(())
}

fn write_counts(out: &mut dyn Write, width: usize, source: &str, lines: &[RosterLine]) -> io::Result<()> {
    writeln!(out)?;
    for line in roster_counts(source, lines) {
        let indent = line.len() - line.trim_start().len();
        for (n, piece) in wrap(&line, width.saturating_sub(indent + 4)).iter().enumerate() {
            writeln!(out, "{}{piece}", " ".repeat(if n == 0 { indent } else { indent + 4 }))?;
        }
    }
    out.flush()
}

/// How many are in, and how many are out for each reason, the most frequent first.
pub fn roster_counts(source: &str, lines: &[RosterLine]) -> Vec<String> {
    let mut reasons: Vec<(Cow<'_, str>, usize)> = Vec::new();
    for reason in lines.iter().filter_map(|roster_line| roster_line.out.as_deref()) {
        let reason = shown(reason);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, n)) => *n += 1,
            None => reasons.push((reason, 1)),
        }
    }
    reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let out: usize = reasons.iter().map(|(_, n)| n).sum();
    let (all, inside) = (counted(lines.len(), "account"), count(lines.len() - out));
    let total = format!("{all} of {}: {inside} in, {} out", printable(source), count(out));
    let grouped = reasons.iter().map(|(reason, n)| format!("  {} out: {reason}", count(*n)));
    std::iter::once(total).chain(grouped).collect()
}

fn shown(reason: &str) -> Cow<'_, str> {
    if reason.is_empty() { Cow::Borrowed("no reason is given") } else { printable(reason) }
}

/// The text with blanks behind it, as many as are missing on the screen.
fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn table(width: usize, lines: &[RosterLine]) -> Vec<String> {
        let mut text = Vec::new();
        write_roster(&mut text, Styles::plain(), width, "a.csv", lines).unwrap();
        String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
    }

    fn roster_line(n: u64, name: &str, out: Option<&str>) -> RosterLine {
        RosterLine { account_id: sample::account(n), account_name: name.to_owned(), out: out.map(str::to_owned) }
    }

    #[test]
    fn a_narrow_terminal_gets_lines_that_fit() {
        let own = "the caller's own account (use --management-account to work on it)";
        let lines = [roster_line(1, "a-name-that-is-rather-long", None), roster_line(3, "three", Some(own))];
        let lines = table(40, &lines);
        let wanted = [
            "000000000001  in   a-name-that-is-rathe…",
            "000000000003  out  three",
            "    the caller's own account (use",
            "    --management-account to work on it)",
        ];
        assert_eq!(lines.iter().take(4).collect::<Vec<_>>(), wanted.iter().collect::<Vec<_>>());
        assert!(lines.iter().all(|line| columns(line) <= 40), "{lines:?}");
    }

    #[test]
    fn a_table_has_a_row_for_each_account_and_the_counts() {
        let own = "the caller's own account (use --management-account to work on it)";
        let lines = [
            roster_line(1, "one", None),
            roster_line(2, "計算", Some("closed")),
            roster_line(3, "three", Some(own)),
            roster_line(4, "", None),
        ];
        let wanted = [
            "account id    name        why",
            "000000000001  one    in",
            "000000000002  計算   out  closed",
            "000000000003  three  out  the caller's own account (use",
            "                          --management-account to work on",
            "                          it)",
            "000000000004         in",
            "",
            "4 accounts of a.csv: 2 in, 2 out",
            "  1 out: closed",
            "  1 out: the caller's own account (use",
            "      --management-account to work on it)",
        ];
        assert_eq!(table(60, &lines), wanted);
    }

    #[test]
    fn reasons_are_counted_the_most_frequent_first() {
        let lines = [(1, "a"), (2, "b"), (3, "b"), (4, "")].map(|(n, reason)| roster_line(n, "x", Some(reason)));
        let counts = roster_counts("a.csv", &lines);
        let wanted = ["4 accounts of a.csv: 0 in, 4 out", "  2 out: b", "  1 out: a", "  1 out: no reason is given"];
        assert_eq!(counts, wanted);
    }

    #[test]
    fn nothing_acts_and_no_row_is_too_wide() {
        let long = "計".repeat(90);
        let lines = [
            roster_line(1, "\u{1b}[2J\u{202e}gnp.exe", Some("closed\r\n\u{7}by\u{9b}2J somebody")),
            roster_line(2, &long, Some(&long)),
            roster_line(3, &"wide name ".repeat(9), Some(&"in-one-word".repeat(20))),
        ];
        for width in [60, 80, 100] {
            for line in table(width, &lines) {
                assert!(
                    columns(&line) <= width && !line.contains(crate::sanitize::printable::acts),
                    "{width}: {line:?}"
                );
            }
        }
    }
}
