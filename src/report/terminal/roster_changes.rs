//! What changed between two inventories, for people: who came, who went, who is in or out otherwise. Names and reasons
//! are not trusted.

use std::io::{self, Write};

use anstyle::Style;

use super::sheet::Sheet;
use super::style::Styles;
use super::wording::{account, count, counted};
use crate::ids::AccountId;
use crate::sanitize::printable::printable;

/// An account that is not as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterChange {
    /// The account.
    pub account_id: AccountId,
    /// Its name. Not trusted.
    pub account_name: String,
    /// How it was; empty where it was not there. Not trusted.
    pub before: String,
    /// How it is; empty where it is not there. Not trusted.
    pub after: String,
}

/// Writes the changes from `of.0` to `of.1`, kind by kind, at most `width` columns wide.
///
/// # Errors
/// When `out` fails.
pub fn write_roster_changes(
    out: &mut dyn Write,
    styles: Styles,
    width: usize,
    of: (&str, &str),
    turns: &[(&str, Vec<RosterChange>)],
) -> io::Result<()> {
    let mut sheet = Sheet::new(styles, width);
    let all: usize = turns.iter().map(|(_, turns)| turns.len()).sum();
    let (news, style) = match all {
        0 => ("no account changed".to_owned(), styles.good),
        n => (format!("{} not as before", counted(n, "account")), styles.heading),
    };
    sheet.hanging("accounts: ", Style::new(), &news, style);
    sheet.hanging("  old  ", Style::new(), &printable(of.0), styles.dim);
    sheet.hanging("  new  ", Style::new(), &printable(of.1), styles.dim);
    for (kind, turns) in turns.iter().filter(|(_, turns)| !turns.is_empty()) {
        sheet.heading(&format!("{} {kind}", count(turns.len())), styles.heading);
        for RosterChange { account_id, account_name, before, after } in turns {
            sheet.hanging("  ", Style::new(), &account(*account_id, account_name), Style::new());
            let how = [before, after].map(|text| printable(text)).into_iter().filter(|text| !text.is_empty());
            let how = how.collect::<Vec<_>>().join(" → ");
            sheet.hanging("      ", Style::new(), &how, styles.dim);
        }
    }
    out.write_all(sheet.into_text().as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(width: usize, turns: &[(&str, Vec<RosterChange>)]) -> String {
        let mut text = Vec::new();
        write_roster_changes(&mut text, Styles::plain(), width, ("old.csv", "organization o-1"), turns).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn turn(n: u64, name: &str, before: &str, after: &str) -> RosterChange {
        let (before, after) = (before.to_owned(), after.to_owned());
        RosterChange { account_id: sample::account(n), account_name: name.to_owned(), before, after }
    }

    #[test]
    fn kinds_have_their_counts_and_nothing_acts() {
        let shown = text(
            60,
            &[
                ("came", vec![turn(1, "new\u{1b}[2J", "", "in")]),
                ("went", Vec::new()),
                ("changed", vec![turn(2, "two", "in", "out: the account is CLOSED, not ACTIVE")]),
            ],
        );
        let wanted = [
            "accounts: 2 accounts not as before",
            "  old  old.csv",
            "  new  organization o-1",
            "",
            "1 came",
            "  000000000001 new\\u{1b}[2J",
            "      in",
            "",
            "1 changed",
            "  000000000002 two",
            "      in → out: the account is CLOSED, not ACTIVE",
        ];
        assert_eq!(shown.lines().collect::<Vec<_>>(), wanted);
        assert!(text(60, &[("came", Vec::new())]).starts_with("accounts: no account changed\n"));
    }
}
