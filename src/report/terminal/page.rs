//! The summary's text: sections in their order, wrapped to the terminal's width.
//!
//! Shows what [`super::summary`] has folded; every text of others passes [`plain`] there or here.

use std::path::Path;

use super::groups::Group;
use super::style::{Styles, paint};
use super::summary::{Fold, PARTS, ROLES};
use super::wording::{columns, count, counted, duration, rate, wrap};
use crate::account::outcome::{AccountStatus, PartStatus};
use crate::plain::plain;
use crate::report::Verdict;
use crate::rollout::event::RunInfo;

/// How many groups of a section are shown; the others are counted.
const SHOWN: usize = 10;
/// How many lines of one difference are shown; the whole is in `changes.csv`.
const DIFFERENCE_LINES: usize = 3;
/// How many lines of AWS's message are shown; the whole is in `accounts.csv`.
const MESSAGE_LINES: usize = 4;

/// The text in the making.
pub(super) struct Page<'a> {
    styles: &'a Styles,
    width: usize,
    fold: &'a Fold,
    info: &'a RunInfo,
    text: String,
}

impl<'a> Page<'a> {
    pub(super) fn new(styles: &'a Styles, width: usize, fold: &'a Fold, info: &'a RunInfo) -> Self {
        Self { styles, width, fold, info, text: String::new() }
    }

    pub(super) fn render(mut self, folder: &Path) -> String {
        let verdict = self.fold.end.as_ref().map(|(ended, _)| Verdict::of(&self.fold.stats, ended));
        self.headline(verdict);
        self.outcomes();
        self.parts();
        self.differences();
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
            Some(Verdict::AllWell) if stats.compliant == self.info.selected => match self.info.selected {
                1 => "the account is exactly as the setup says".to_owned(),
                _ => format!("all {selected} are exactly as the setup says"),
            },
            Some(Verdict::AllWell) if stats.absent == self.info.selected => {
                format!("nothing to do, there was nothing in {selected}")
            }
            Some(Verdict::AllWell) if stats.unchanged == self.info.selected => match self.info.selected {
                1 => "nothing to do, the account was right already".to_owned(),
                _ => format!("nothing to do, all {selected} were right already"),
            },
            Some(Verdict::AllWell) => format!("all well, {selected} done"),
            Some(Verdict::Differences) => {
                let differing = stats.pending + stats.drifted + stats.missing;
                let differ = if differing == 1 { "differs" } else { "differ" };
                format!("{} of {selected} {differ} from the setup", count(differing))
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

    /// What plan would have changed, or verify found, each with the accounts that have it in common.
    fn differences(&mut self) {
        let fold = self.fold;
        if fold.differences.is_empty() {
            return;
        }
        self.heading("Differences from the setup");
        let groups = fold.differences.largest_first();
        for group in groups.iter().take(SHOWN) {
            let head = format!("  {}  ", counted(group.count, "account"));
            let indent = columns(&head);
            let lines = wrap(group.text(), self.width.saturating_sub(indent + 2));
            for (n, line) in lines.iter().take(DIFFERENCE_LINES).enumerate() {
                let head = if n == 0 { paint(self.styles.warn, &head) } else { " ".repeat(indent) };
                let cut = lines.len() > DIFFERENCE_LINES && n + 1 == DIFFERENCE_LINES;
                self.line(&format!("{head}{line}{}", if cut { " …" } else { "" }));
            }
            self.hanging("    in   ", self.styles.dim, &group.first_accounts(2), self.styles.dim);
        }
        let unseen = groups.iter().skip(SHOWN).map(|group| group.count).sum::<usize>() + fold.differences.others;
        if unseen > 0 {
            self.plain_hanging("  ", &format!("and {} more: see changes.csv", counted(unseen, "difference")));
        }
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
            let example = if group.varied { format!("for example: {}", group.example) } else { group.example.clone() };
            self.message(&example);
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
        let no_grant = fold.nobody_named;
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
        for (there, what) in [
            (true, "accounts.csv has a row for every account"),
            (!self.fold.differences.is_empty(), "changes.csv has every difference, with both sides"),
            (self.info.command == "verify", "evidence.jsonl has what was wanted and what was found, by digest"),
        ] {
            if there {
                self.hanging("         ", self.styles.dim, what, self.styles.dim);
            }
        }
        let again = "run the same command again: what is right already is left as it is";
        let next = match verdict {
            Some(Verdict::AllWell) if self.fold.applied > 0 => {
                "run the same command again to prove it: it will find nothing to do".to_owned()
            }
            Some(Verdict::AllWell) => return,
            Some(Verdict::Differences) if self.info.command == "verify" => {
                "rolecall plan, with the same options, shows what apply would change".to_owned()
            }
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
