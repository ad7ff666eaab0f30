//! What stands on the terminal after `history`: each series as a table of its runs, then what keeps drifting, then who was
//! never looked at.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::Style;

use super::sheet::Sheet;
use super::style::{Styles, paint};
use super::wording::{account, count, counted};
use crate::report::history::{Drifter, History, PastRun, Series, Spell};

/// How many runs of a series are shown, the newest; the others are counted.
const RUNS: usize = 20;
/// How many accounts are shown.
const ACCOUNTS: usize = 10;

/// Writes a history for people, at most `width` columns wide.
///
/// # Errors
/// When `out` fails.
pub fn write_history(out: &mut dyn Write, styles: Styles, width: usize, history: &History) -> io::Result<()> {
    let mut sheet = Sheet::new(styles, width);
    headline(&mut sheet, history);
    for series in &history.series {
        table(&mut sheet, series);
        drifters(&mut sheet, series);
    }
    never_looked_at(&mut sheet, history);
    if !history.left_out.is_empty() {
        sheet.heading("not counted", styles.heading);
        for run in &history.left_out {
            let style = if run.changed { styles.bad } else { Style::new() };
            sheet.hanging(&format!("  {}: ", run.run), Style::new(), &run.why, style);
        }
    }
    out.write_all(sheet.into_text().as_bytes())?;
    out.flush()
}

fn headline(sheet: &mut Sheet, history: &History) {
    let runs = history.series.iter().map(|series| series.runs.len()).sum();
    let not_counted = match history.left_out.len() {
        0 => String::new(),
        n => format!("; {} not counted", counted(n, "run")),
    };
    let text = format!("{} of {}{not_counted}", counted(runs, "run"), series_counted(history.series.len()));
    let style = if history.is_broken() { sheet.styles.bad } else { sheet.styles.heading };
    sheet.hanging("history: ", Style::new(), &text, style);
}

fn series_counted(n: usize) -> String {
    format!("{} series", count(n))
}

fn table(sheet: &mut Sheet, series: &Series) {
    let shard = series.shard.as_ref().map(|shard| format!(", shard {shard}")).unwrap_or_default();
    sheet.heading(&format!("{} {}{shard}", series.command, series.setup), sheet.styles.heading);
    let hidden = series.runs.len().saturating_sub(RUNS);
    if hidden > 0 {
        let text = format!("  {} before these", counted(hidden, "run"));
        sheet.line(&paint(sheet.styles.dim, &text));
    }
    let head = ["well", "differ", "missing", "failed", "not reached", "better", "worse"];
    let cells = |run: &PastRun| {
        [run.well, run.differs, run.missing, run.failed, run.not_reached, run.better, run.worse].map(count)
    };
    let shown = || series.runs.iter().skip(hidden);
    let widths: Vec<usize> = (0..head.len())
        .map(|n| {
            let cells = shown().filter_map(|run| cells(run).get(n).map(String::len)).max().unwrap_or(0);
            cells.max(head.get(n).map_or(0, |word| word.len()))
        })
        .collect();
    let row = |first: &str, cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}"));
        format!("  {first:16}{}", cells.collect::<String>())
    };
    let styles = sheet.styles;
    sheet.line(&paint(styles.dim, &row("began (UTC)", &head.map(str::to_owned))));
    for run in shown() {
        let began = run.started_at.strftime("%Y-%m-%d %H:%M").to_string();
        let style = if run.worse > 0 { styles.warn } else { Style::new() };
        sheet.line(&paint(style, &row(&began, &cells(run))));
    }
}

fn drifters(sheet: &mut Sheet, series: &Series) {
    let (again, once): (Vec<_>, Vec<_>) = series.drifters.iter().partition(|drifter| drifter.spells.len() > 1);
    let open = series.drifters.iter().filter(|drifter| drifter.is_open()).count();
    if series.drifters.is_empty() {
        return;
    }
    let text = format!(
        "{} differed at some time, {} of them again and again, {} still",
        counted(series.drifters.len(), "account"),
        count(again.len()),
        count(open)
    );
    sheet.hanging("  ", Style::new(), &text, Style::new());
    let shown: Vec<_> = again.iter().chain(once.iter().filter(|drifter| drifter.is_open())).take(ACCOUNTS).collect();
    for drifter in &shown {
        let head = format!("    {}: ", account(drifter.account_id, &drifter.account_name));
        sheet.hanging(&head, Style::new(), &life(drifter), sheet.styles.warn);
    }
    let rest = again.len() + once.iter().filter(|drifter| drifter.is_open()).count() - shown.len();
    if rest > 0 {
        sheet.line(&format!(
            "    and {}: --format json has each",
            counted(rest, "more account").replace("more accounts", "more")
        ));
    }
}

/// `3 times, the longest for 12 days; since 2026-10-01 still`.
fn life(drifter: &Drifter) -> String {
    let times = match drifter.spells.len() {
        1 => "once".to_owned(),
        n => format!("{} times", count(n)),
    };
    let longest = match drifter.longest() {
        0 => "seen by one run each".to_owned(),
        seconds => format!("the longest for {}", days(seconds)),
    };
    let since = |spell: &Spell| spell.since.strftime("%Y-%m-%d").to_string();
    match drifter.spells.last().filter(|spell| spell.until.is_none()) {
        Some(spell) => format!("{times}, {longest}; since {} still", since(spell)),
        None => format!("{times}, {longest}"),
    }
}

fn days(seconds: i64) -> String {
    let words = |n: i64, word| counted(usize::try_from(n).unwrap_or(0), word);
    match seconds {
        ..3600 => words(seconds.max(60) / 60, "minute"),
        3600..172_800 => words(seconds / 3600, "hour"),
        _ => words(seconds / 86_400, "day"),
    }
}

fn never_looked_at(sheet: &mut Sheet, history: &History) {
    if history.never_looked_at.is_empty() {
        return;
    }
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for account in &history.never_looked_at {
        *reasons.entry((account.status, &account.reason)).or_default() += 1;
    }
    let text = format!("never looked at: {} of the newest run", counted(history.never_looked_at.len(), "account"));
    sheet.heading(&text, sheet.styles.heading);
    for ((status, reason), accounts) in reasons.iter().take(ACCOUNTS) {
        let why = if reason.is_empty() { (*status).to_owned() } else { format!("{status}: {reason}") };
        sheet.plain_hanging(&format!("  {} ", count(*accounts)), &why);
    }
    let more = reasons.len().saturating_sub(ACCOUNTS);
    if more > 0 {
        sheet.line(&format!("  and for {}", counted(more, "more reason")));
    }
}
