//! What stands on the terminal when the run is over: how it came out, what was put where, what failed and what to do
//! about it, where the reports are.
//!
//! Folds the events in bounded memory and writes once, at the end.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::groups::{Group, Groups};
use super::style::{Styles, paint};
use super::wording::{columns, count, counted, duration, rate, wrap};
use crate::account::change::{ChangeResult, Part};
use crate::account::outcome::{AccountStatus, Outcome, PartStatus, Step};
use crate::plain::plain;
use crate::report::{Reporter, Verdict};
use crate::rollout::event::{Ended, Event, EventKind, RolloutStats, RunInfo};

/// How many causes of failure are shown; the others are counted.
const SHOWN: usize = 10;
/// How many lines of AWS's message are shown; the whole is in `accounts.csv`.
const MESSAGE_LINES: usize = 4;
/// How many different role names are remembered.
const ROLES: usize = 4;

/// Writes the summary when the run is over.
pub struct Summary {
    out: Box<dyn Write + Send>,
    styles: Styles,
    width: usize,
    folder: PathBuf,
    fold: Fold,
}

/// What is remembered of the run.
#[derive(Default)]
struct Fold {
    info: Option<RunInfo>,
    stats: RolloutStats,
    /// Accounts by part and what became of it, of those that were worked on.
    parts: [[usize; PartStatus::ALL.len()]; 4],
    roles: Vec<String>,
    applied: usize,
    refused: usize,
    failures: Groups<(Step, String)>,
    notes: Groups<()>,
    skipped: Groups<()>,
    end: Option<(Ended, Duration)>,
}

const PARTS: [(Part, &str); 4] =
    [(Part::Role, "role"), (Part::Trust, "trust"), (Part::Permissions, "permissions"), (Part::PassRole, "pass role")];

impl Fold {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted(info) => self.info = Some((**info).clone()),
            EventKind::ChangeSettled { result, .. } => match result {
                ChangeResult::Applied { .. } => self.applied += 1,
                ChangeResult::Failed { .. } => self.refused += 1,
                ChangeResult::Pending => {}
            },
            EventKind::AccountFinished { outcome, .. } => self.finished(outcome),
            EventKind::RunFinished { ended, .. } => self.end = Some((ended.clone(), event.elapsed)),
            _ => {}
        }
    }

    fn finished(&mut self, outcome: &Outcome) {
        self.stats.count(outcome.status);
        for note in &outcome.notes {
            self.notes.add(outcome, (), &plain(note), "");
        }
        if let Some(failure) = &outcome.failure {
            let key = (failure.step, plain(&failure.code).into_owned());
            self.failures.add(outcome, key, &plain(&failure.fix), &plain(&failure.message));
        }
        match outcome.status {
            AccountStatus::Skipped => {
                self.skipped.add(outcome, (), &plain(outcome.reason.as_deref().unwrap_or_default()), "");
            }
            AccountStatus::NotReached => {}
            _ => self.worked_on(outcome),
        }
    }

    fn worked_on(&mut self, outcome: &Outcome) {
        for ((part, _), counts) in PARTS.iter().zip(&mut self.parts) {
            let status = outcome.parts.get(*part);
            let slot = PartStatus::ALL.iter().zip(counts).find(|(known, _)| **known == status);
            slot.into_iter().for_each(|(_, n)| *n += 1);
        }
        if let Some(arn) = &outcome.role_arn
            && self.roles.len() < ROLES
            && !self.roles.iter().any(|known| known == arn.resource())
        {
            self.roles.push(arn.resource().to_owned());
        }
    }
}

impl Summary {
    /// Writes to `out`, mostly stderr, at most `width` columns wide; `folder` is where the reports are.
    pub fn new(out: Box<dyn Write + Send>, styles: Styles, width: usize, folder: &Path) -> Self {
        let width = width.clamp(60, 120);
        Self { out, styles, width, folder: folder.to_owned(), fold: Fold::default() }
    }
}

impl Reporter for Summary {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.fold.event(event);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let Some(info) = &self.fold.info else { return Ok(()) };
        let page = Page { styles: &self.styles, width: self.width, fold: &self.fold, info, text: String::new() };
        let text = page.render(&self.folder);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// The text in the making.
struct Page<'a> {
    styles: &'a Styles,
    width: usize,
    fold: &'a Fold,
    info: &'a RunInfo,
    text: String,
}

impl Page<'_> {
    fn render(mut self, folder: &Path) -> String {
        let verdict = self.fold.end.as_ref().map(|(ended, _)| Verdict::of(&self.fold.stats, ended));
        self.headline(verdict);
        self.outcomes();
        self.parts();
        self.failures();
        self.notes();
        self.skipped();
        self.reports(folder, verdict);
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A text behind `head`, wrapped, its further lines below its first; `head` is painted.
    fn hanging(&mut self, head: &str, head_style: anstyle::Style, text: &str, style: anstyle::Style) {
        let indent = columns(head);
        for (n, line) in wrap(text, self.width.saturating_sub(indent)).iter().enumerate() {
            let head = if n == 0 { paint(head_style, head) } else { " ".repeat(indent) };
            self.line(&format!("{head}{}", paint(style, line)));
        }
    }

    fn plain_hanging(&mut self, head: &str, text: &str) {
        self.hanging(head, anstyle::Style::new(), text, anstyle::Style::new());
    }

    fn headline(&mut self, verdict: Option<Verdict>) {
        let stats = &self.fold.stats;
        let selected = counted(self.info.selected, "account");
        let verdict_style = match verdict {
            Some(Verdict::AllWell) => self.styles.good,
            Some(Verdict::Differences) => self.styles.warn,
            _ => self.styles.bad,
        };
        let news = match verdict {
            Some(Verdict::AllWell) if self.info.selected == 0 => "no account to work on".to_owned(),
            Some(Verdict::AllWell) if stats.unchanged + stats.absent == self.info.selected => {
                format!("nothing to do, all {selected} were right already")
            }
            Some(Verdict::AllWell) => format!("all well, {selected} done"),
            Some(Verdict::Differences) => {
                format!("{} of {selected} differ from the setup", count(stats.pending + stats.drifted + stats.missing))
            }
            Some(Verdict::Interrupted) => {
                format!("interrupted, {} of {selected} not reached", count(stats.not_reached))
            }
            _ if stats.not_reached > 0 => {
                format!(
                    "halted, {} of {selected} not reached, {} failed",
                    count(stats.not_reached),
                    count(stats.failed)
                )
            }
            Some(Verdict::Failures) => format!("{} of {selected} failed", count(stats.failed)),
            None => format!("broke off, {} of {selected} done", count(stats.finished() - stats.skipped)),
        };
        let head = format!("{} {}: ", self.info.command, plain(&self.info.setup));
        self.text.push('\n');
        self.hanging(&head, self.styles.heading, &news, verdict_style);

        let time = self.fold.end.as_ref().map(|(_, elapsed)| {
            let worked_on = self.info.selected.saturating_sub(stats.not_reached);
            let rate = rate(worked_on, *elapsed).map(|rate| format!(" ({rate})")).unwrap_or_default();
            format!("in {}{rate}, ", duration(*elapsed))
        });
        let below = format!(
            "{} of {}, {}as {}",
            counted(self.info.accounts, "account"),
            plain(&self.info.source),
            time.unwrap_or_default(),
            self.info.caller
        );
        self.hanging("", self.styles.dim, &below, self.styles.dim);
    }

    fn outcomes(&mut self) {
        self.text.push('\n');
        for status in AccountStatus::ALL {
            let n = self.fold.stats.of(*status);
            if n > 0 {
                let head = format!("{:>9}  {}", count(n), paint(self.styles.of(*status), &format!("{status:<12}")));
                let meaning = paint(self.styles.dim, meaning(*status));
                self.line(&format!("{head} {meaning}"));
            }
        }
    }

    fn parts(&mut self) {
        let fold = self.fold;
        let worked_on: usize = fold.parts.iter().flatten().sum();
        if worked_on == 0 {
            return;
        }
        self.text.push('\n');
        for ((_, name), counts) in PARTS.iter().zip(&fold.parts) {
            let words = PartStatus::ALL.iter().zip(counts).filter(|(_, n)| **n > 0);
            let words: Vec<String> =
                words.map(|(status, n)| format!("{} {}", count(*n), status.as_str().replace('_', " "))).collect();
            self.plain_hanging(&format!("  {name:<12} "), &words.join(" · "));
        }
        if fold.applied + fold.refused > 0 {
            let refused = if fold.refused > 0 { format!(" · {} failed", count(fold.refused)) } else { String::new() };
            self.plain_hanging("  writes       ", &format!("{} taken by AWS{refused}", count(fold.applied)));
        }
        if !fold.roles.is_empty() {
            let more = if fold.roles.len() == ROLES { " and others" } else { "" };
            let shown = fold.roles.iter().take(ROLES - 1).map(|role| plain(role).into_owned()).collect::<Vec<_>>();
            self.plain_hanging("  where        ", &format!("{}{more}", shown.join(", ")));
        }
    }

    fn heading(&mut self, heading: &str) {
        self.text.push('\n');
        self.line(&paint(self.styles.heading, heading));
    }

    fn failures(&mut self) {
        let fold = self.fold;
        if fold.failures.is_empty() {
            return;
        }
        self.heading("Failures, by cause");
        let groups = fold.failures.largest_first();
        for group in groups.iter().take(SHOWN) {
            let (step, code) = &group.key;
            self.text.push('\n');
            self.hanging(
                &format!("  {}  ", counted(group.count, "account")),
                self.styles.bad,
                &format!("{step}: {code}"),
                self.styles.bad,
            );
            self.message(&group.example);
            self.plain_hanging("    in   ", &group.accounts());
            self.hanging("    fix: ", self.styles.advice, group.text(), self.styles.advice);
        }
        let unseen = groups.iter().skip(SHOWN).map(|group| group.count).sum::<usize>() + fold.failures.others;
        if unseen > 0 {
            self.text.push('\n');
            self.plain_hanging("  ", &format!("and {} for other causes: see accounts.csv", counted(unseen, "account")));
        }
    }

    fn message(&mut self, message: &str) {
        let lines = wrap(message, self.width.saturating_sub(4));
        let cut = lines.len() > MESSAGE_LINES;
        for (n, line) in lines.iter().take(MESSAGE_LINES).enumerate() {
            let more = if cut && n + 1 == MESSAGE_LINES { " …" } else { "" };
            self.line(&format!("    {}{more}", paint(self.styles.dim, line)));
        }
    }

    fn notes(&mut self) {
        let fold = self.fold;
        let skipped = PartStatus::ALL.iter().zip(&fold.parts[3]).find(|(status, _)| **status == PartStatus::Skipped);
        let no_grant = skipped.map_or(0, |(_, n)| *n);
        if fold.notes.is_empty() && no_grant == 0 {
            return;
        }
        self.heading("Worth knowing");
        if no_grant > 0 {
            let advice = "no grant was put there: --pass-role-to user/NAME names who may pass the role";
            self.plain_hanging(&format!("  {}  ", counted(no_grant, "account")), advice);
        }
        self.grouped(&fold.notes.largest_first(), fold.notes.others);
    }

    fn skipped(&mut self) {
        let fold = self.fold;
        if fold.skipped.is_empty() {
            return;
        }
        self.heading("Skipped");
        self.grouped(&fold.skipped.largest_first(), fold.skipped.others);
    }

    fn grouped(&mut self, groups: &[&Group<()>], others: usize) {
        for group in groups.iter().take(SHOWN) {
            self.plain_hanging(&format!("  {}  ", counted(group.count, "account")), group.text());
            self.hanging("    in   ", self.styles.dim, &group.accounts(), self.styles.dim);
        }
        let unseen = groups.iter().skip(SHOWN).map(|group| group.count).sum::<usize>() + others;
        if unseen > 0 {
            self.plain_hanging("  ", &format!("and {} for other reasons: see accounts.csv", count(unseen)));
        }
    }

    fn reports(&mut self, folder: &Path, verdict: Option<Verdict>) {
        self.text.push('\n');
        let folder = folder.display().to_string();
        self.hanging("Reports  ", self.styles.heading, &plain(&folder), anstyle::Style::new());
        self.hanging("         ", self.styles.dim, "accounts.csv has a row for every account", self.styles.dim);
        let again = "run the same command again: what is right already is left as it is";
        let next = match verdict {
            Some(Verdict::AllWell) if self.fold.applied > 0 => {
                "run the same command again to prove it: it will find nothing to do".to_owned()
            }
            Some(Verdict::AllWell) => return,
            Some(Verdict::Differences) => "rolecall apply, with the same options, makes it so".to_owned(),
            Some(Verdict::Failures) if self.fold.stats.failed > 0 => {
                format!("do what the fix lines say, then {again}")
            }
            _ => again.to_owned(),
        };
        self.hanging("Next     ", self.styles.heading, &next, anstyle::Style::new());
    }
}

/// A status in words, behind its count.
fn meaning(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Created => "the role was not there, and is now",
        AccountStatus::Updated => "something was changed",
        AccountStatus::Unchanged => "right already",
        AccountStatus::Pending => "apply would change something",
        AccountStatus::Compliant => "exactly as the setup says",
        AccountStatus::Drifted => "there, but different",
        AccountStatus::Missing => "the role is not there",
        AccountStatus::Removed => "taken away",
        AccountStatus::Absent => "there was nothing",
        AccountStatus::Failed => "see below",
        AccountStatus::Skipped => "left out, see below",
        AccountStatus::NotReached => "the run halted before them",
    }
}
