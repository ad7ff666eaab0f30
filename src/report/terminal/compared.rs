//! What stands on the terminal after `compare`: counts first, then the accounts in groups that have the same to say.

use std::io::{self, Write};

use anstyle::Style;

use super::groups::Groups;
use super::sheet::Sheet;
use super::style::Styles;
use super::wording::{count, counted};
use crate::account::outcome::AccountStatus;
use crate::report::compare::Shift;
use crate::report::compare_run::{ComparedRuns, RowsState};
use crate::sanitize::printable::printable;

/// How many groups of one kind are shown; the others are counted.
const SHOWN: usize = 10;
/// How many lines of one detail are shown.
const DETAIL_LINES: usize = 4;

/// Writes a comparison for people, at most `width` columns wide.
///
/// # Errors
/// When `out` fails.
pub fn write_comparison(out: &mut dyn Write, styles: Styles, width: usize, runs: &ComparedRuns) -> io::Result<()> {
    let mut page = Page { sheet: Sheet::new(styles, width) };
    page.headline(runs);
    page.counts(runs);
    for shift in Shift::ALL {
        page.accounts(runs, shift);
    }
    page.proof(runs);
    out.write_all(page.sheet.into_text().as_bytes())?;
    out.flush()
}

/// What is said of the files of both runs, one line each.
pub fn file_lines(runs: &ComparedRuns) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, run) in [("OLD", &runs.old), ("NEW", &runs.new)] {
        match run.rows_state {
            RowsState::Intact => {}
            RowsState::Unsealed => lines.push(format!("accounts.csv of {name}: run.json has no digest of it")),
            RowsState::Changed => {
                lines.push(format!("accounts.csv of {name}: does not match run.json: changed after the run"));
            }
        }
    }
    for (name, run) in [("OLD", &runs.old), ("NEW", &runs.new)] {
        lines.push(format!("evidence of {name}: {}", run.evidence));
    }
    if runs.evidence_is_identical() {
        lines.push("the evidence of both runs is identical".to_owned());
    }
    lines
}

struct Page {
    sheet: Sheet,
}

impl Page {
    fn hanging(&mut self, head: &str, text: &str, style: Style) {
        self.sheet.hanging_at_most(DETAIL_LINES, head, Style::new(), text, style);
    }

    fn headline(&mut self, runs: &ComparedRuns) {
        let comparison = &runs.comparison;
        let (worse, better) = (comparison.count(Shift::Worse), comparison.count(Shift::Better));
        let still = comparison.count(Shift::Still);
        let (news, style) = match (worse, better, comparison.differences.len() - still) {
            (0, 0, 0) if still > 0 => {
                (format!("nothing changed, {} not well as before", count(still)), self.sheet.styles.heading)
            }
            (0, 0, 0) => ("nothing changed".to_owned(), self.sheet.styles.good),
            (0, 0, n) => (format!("no account is worse, {} changed otherwise", count(n)), self.sheet.styles.heading),
            (0, n, _) => (format!("no account is worse, {} better", count(n)), self.sheet.styles.good),
            (n, _, _) => (format!("{} worse than before", counted(n, "account")), self.sheet.styles.bad),
        };
        if runs.is_broken() {
            let news = "a file is not what its run left: do not rely on what follows";
            self.hanging("compare: ", news, self.sheet.styles.bad);
        }
        self.hanging("compare: ", &news, style);
        for (name, run) in [("old", &runs.old), ("new", &runs.new)] {
            let about = format!("{}, {}", run.record.run_id, counted(run.record.accounts, "account"));
            self.hanging(&format!("  {name}  "), &about, self.sheet.styles.dim);
        }
        for warning in runs.warnings() {
            self.hanging("warning: ", &printable(&warning), self.sheet.styles.warn);
        }
    }

    fn counts(&mut self, runs: &ComparedRuns) {
        self.sheet.line("");
        let unwell = runs.comparison.came_unwell();
        let means = |shift| match shift {
            Shift::Came if unwell > 0 => format!("{}, {} of them not well", meaning(shift), count(unwell)),
            shift => meaning(shift).to_owned(),
        };
        let shifts = Shift::ALL.iter().map(|shift| (runs.comparison.count(*shift), name(*shift), means(*shift)));
        let same = (runs.comparison.same, "the same", "well as before, or skipped for the same reason".to_owned());
        for (n, name, meaning) in shifts.chain([same]).filter(|(n, ..)| *n > 0) {
            self.sheet.hanging(&format!("{:>9}  {name:<10} ", count(n)), Style::new(), &meaning, self.sheet.styles.dim);
        }
    }

    fn accounts(&mut self, runs: &ComparedRuns, shift: Shift) {
        let mut groups = Groups::default();
        for difference in runs.comparison.differences.iter().filter(|difference| difference.change == shift) {
            let key = (difference.before, difference.after);
            groups.add_account(difference.account_id, &difference.account_name, key, &difference.detail, "");
        }
        if groups.is_empty() {
            return;
        }
        let style = match shift {
            Shift::Worse => self.sheet.styles.bad,
            Shift::Still | Shift::Changed => self.sheet.styles.warn,
            Shift::Better => self.sheet.styles.good,
            _ => self.sheet.styles.heading,
        };
        self.sheet.heading(&capital(name(shift)), style);
        for group in groups.largest_first().iter().take(SHOWN) {
            let (before, after) = group.key;
            let statuses = match (before.map(AccountStatus::as_str), after.map(AccountStatus::as_str)) {
                (Some(before), Some(after)) if before == after => after.to_owned(),
                (Some(before), Some(after)) => format!("{before} → {after}"),
                (before, after) => before.or(after).unwrap_or_default().to_owned(),
            };
            let detail = if group.text().is_empty() { statuses } else { format!("{statuses}: {}", group.text()) };
            let head = format!("  {}  ", counted(group.count, "account"));
            self.hanging(&head, &detail, Style::new());
            self.hanging("    in   ", &group.accounts(), self.sheet.styles.dim);
        }
        let unseen = groups.beyond(SHOWN);
        if unseen > 0 {
            let more = format!("and {} in other ways: see --format csv", counted(unseen, "account"));
            self.hanging("  ", &more, Style::new());
        }
    }

    fn proof(&mut self, runs: &ComparedRuns) {
        self.sheet.line("");
        let style = if runs.is_broken() { self.sheet.styles.bad } else { Style::new() };
        for line in file_lines(runs) {
            self.hanging("", &line, style);
        }
    }
}

fn name(shift: Shift) -> &'static str {
    match shift {
        Shift::LeftOut => "left out",
        Shift::TakenIn => "taken in",
        other => other.as_str(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn meaning(shift: Shift) -> &'static str {
    match shift {
        Shift::Worse => "less well than before",
        Shift::Still => "not well, in the same way as before",
        Shift::Changed => "neither better nor worse, in another way",
        Shift::Better => "better than before",
        Shift::Came => "in the new run only",
        Shift::Went => "in the old run only",
        Shift::LeftOut => "worked on before, skipped now",
        Shift::TakenIn => "skipped before, worked on now",
    }
}
