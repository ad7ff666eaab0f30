//! The summary's text: sections in their order, wrapped to the terminal's width.
//!
//! Shows what [`super::summary`] has folded; every text of others passes [`plain`] there or here.

use std::path::Path;

use anstyle::Style;

use super::groups::Groups;
use super::lines::too_many;
use super::next_lines::NextLines;
use super::sheet::Sheet;
use super::style::Styles;
use super::summary::{Fold, PARTS, ROLES};
use super::wording::{count, counted, duration, rate};
use crate::account::outcome::{AccountStatus, PartStatus};
use crate::report::Verdict;
use crate::rollout::event::{Ended, HaltReason, RunInfo};
use crate::sanitize::printable::printable;

/// How many groups of a section are shown; the others are counted.
const SHOWN: usize = 10;
/// How many lines of one difference are shown; the whole is in `changes.csv`.
const DIFFERENCE_LINES: usize = 3;
/// How many lines of AWS's message are shown; the whole is in `accounts.csv`.
const MESSAGE_LINES: usize = 4;

/// The text in the making.
pub(super) struct Page<'a> {
    sheet: Sheet,
    fold: &'a Fold,
    info: &'a RunInfo,
    lines: Option<&'a NextLines>,
}

impl<'a> Page<'a> {
    pub(super) fn new(
        styles: Styles,
        width: usize,
        fold: &'a Fold,
        info: &'a RunInfo,
        lines: Option<&'a NextLines>,
    ) -> Self {
        Self { sheet: Sheet::new(styles, width), fold, info, lines }
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
        self.sheet.into_text()
    }

    fn headline(&mut self, verdict: Option<Verdict>) {
        let stats = &self.fold.stats;
        let selected = counted(self.info.selected, "account");
        let verdict_style = match verdict {
            Some(Verdict::AllWell) => self.sheet.styles.good,
            Some(Verdict::Differences) => self.sheet.styles.warn,
            _ => self.sheet.styles.bad,
        };
        let halted = self.halted();
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
                let more = if self.info.listing { ", and not all were listed" } else { "" };
                format!("interrupted, {} of {selected} not reached{more}", count(stats.not_reached))
            }
            _ if halted.is_some() => halted.unwrap_or_default(),
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
        let head = format!("{} {}: ", self.info.command, printable(&self.info.setup));
        self.sheet.line("");
        self.sheet.hanging(&head, self.sheet.styles.heading, &news, verdict_style);

        let time = self.fold.end.as_ref().map(|(_, elapsed)| {
            let worked_on = self.info.selected.saturating_sub(stats.not_reached);
            let rate = rate(worked_on, *elapsed).map(|rate| format!(" ({rate})")).unwrap_or_default();
            format!("in {}{rate}, ", duration(*elapsed))
        });
        let below = format!(
            "{} of {}{}, {}as {}",
            counted(self.info.accounts, "account"),
            printable(&self.info.source),
            self.part(),
            time.unwrap_or_default(),
            self.info.caller
        );
        self.sheet.hanging("", self.sheet.styles.dim, &below, self.sheet.styles.dim);
    }

    /// Which part of the inventory it is about, or of which runs.
    fn part(&self) -> String {
        match (self.info.shard, self.info.merged.len()) {
            (Some(shard), _) => format!(", shard {shard}"),
            (None, 0) => String::new(),
            (None, shards) => format!(", {} merged", counted(shards, "shard")),
        }
    }

    /// How a run came out that halted for its failures.
    fn halted(&self) -> Option<String> {
        let stats = &self.fold.stats;
        let selected = counted(self.info.selected, "account");
        match &self.fold.end {
            Some((Ended::Halted { reason: HaltReason::TooManyFailures { failed, allowed } }, _)) => {
                let rest = count(stats.not_reached);
                Some(format!("halted: {}; {rest} of {selected} not reached", too_many(*failed, *allowed)))
            }
            Some((Ended::Halted { reason: HaltReason::PreflightFailed { failed } }, _)) => {
                Some(format!("nothing was written: the preflight failed in {} of {selected}", count(*failed)))
            }
            Some((Ended::Halted { reason: HaltReason::ListingFailed { .. } }, _)) => Some(format!(
                "halted: not every account could be listed; {} of {selected} known not reached",
                count(stats.not_reached)
            )),
            _ => None,
        }
    }

    fn outcomes(&mut self) {
        self.sheet.line("");
        for status in AccountStatus::ALL {
            let n = self.fold.stats.of(*status);
            if n > 0 {
                let head = format!("{:>9}  {status:<12} ", count(n));
                let styles = self.sheet.styles;
                self.sheet.hanging(&head, styles.of(*status), meaning(*status), styles.dim);
            }
        }
    }

    fn parts(&mut self) {
        let fold = self.fold;
        let worked_on: usize = fold.parts.iter().flatten().sum();
        if worked_on == 0 {
            return;
        }
        self.sheet.line("");
        for ((_, name), counts) in PARTS.iter().zip(&fold.parts) {
            let words = PartStatus::ALL.iter().zip(counts).filter(|(_, n)| **n > 0);
            let words: Vec<String> =
                words.map(|(status, n)| format!("{} {}", count(*n), status.as_str().replace('_', " "))).collect();
            self.sheet.plain_hanging(&format!("  {name:<12} "), &words.join(" · "));
        }
        if fold.applied + fold.refused > 0 {
            let refused = if fold.refused > 0 { format!(" · {} failed", count(fold.refused)) } else { String::new() };
            self.sheet.plain_hanging("  writes       ", &format!("{} taken by AWS{refused}", count(fold.applied)));
        }
        if !fold.roles.is_empty() {
            let more = if fold.roles.len() == ROLES { " and others" } else { "" };
            let shown = fold.roles.iter().take(ROLES - 1).map(|role| printable(role).into_owned()).collect::<Vec<_>>();
            self.sheet.plain_hanging("  where        ", &format!("{}{more}", shown.join(", ")));
        }
    }

    fn heading(&mut self, heading: &str) {
        self.sheet.heading(heading, self.sheet.styles.heading);
    }

    /// What plan would have changed, or verify found, each with the accounts that have it in common.
    fn differences(&mut self) {
        let fold = self.fold;
        if fold.differences.is_empty() {
            return;
        }
        self.heading("Differences from the setup");
        let Styles { warn, dim, .. } = self.sheet.styles;
        for group in fold.differences.largest_first().iter().take(SHOWN) {
            let head = format!("  {}  ", counted(group.count, "account"));
            self.sheet.hanging_at_most(DIFFERENCE_LINES, &head, warn, group.text(), Style::new());
            self.sheet.hanging("    in   ", dim, &group.first_accounts(2), dim);
        }
        let unseen = fold.differences.beyond(SHOWN);
        if unseen > 0 {
            self.sheet.plain_hanging("  ", &format!("and {} more: see changes.csv", counted(unseen, "difference")));
        }
    }

    fn failures(&mut self) {
        let fold = self.fold;
        if fold.failures.is_empty() {
            return;
        }
        self.heading("Failures, by cause");
        let Styles { bad, dim, advice, .. } = self.sheet.styles;
        for group in fold.failures.largest_first().iter().take(SHOWN) {
            let (step, code) = &group.key;
            self.sheet.line("");
            let head = format!("  {}  ", counted(group.count, "account"));
            self.sheet.hanging(&head, bad, &format!("{step}: {code}"), bad);
            let example = if group.varied { format!("for example: {}", group.example) } else { group.example.clone() };
            self.sheet.hanging_at_most(MESSAGE_LINES, "    ", Style::new(), &example, dim);
            self.sheet.plain_hanging("    in   ", &group.accounts());
            self.sheet.hanging("    fix: ", advice, group.text(), advice);
        }
        let unseen = fold.failures.beyond(SHOWN);
        if unseen > 0 {
            self.sheet.line("");
            let more = format!("and {} for other causes: see accounts.csv", counted(unseen, "account"));
            self.sheet.plain_hanging("  ", &more);
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
            self.sheet.plain_hanging(&format!("  {}  ", counted(no_grant, "account")), advice);
        }
        self.grouped(&fold.notes);
    }

    fn skipped(&mut self) {
        let fold = self.fold;
        if fold.skipped.is_empty() {
            return;
        }
        self.heading("Skipped");
        self.grouped(&fold.skipped);
    }

    fn grouped(&mut self, groups: &Groups<()>) {
        let dim = self.sheet.styles.dim;
        for group in groups.largest_first().iter().take(SHOWN) {
            self.sheet.plain_hanging(&format!("  {}  ", counted(group.count, "account")), group.text());
            self.sheet.hanging("    in   ", dim, &group.accounts(), dim);
        }
        let unseen = groups.beyond(SHOWN);
        if unseen > 0 {
            self.sheet.plain_hanging("  ", &format!("and {} for other reasons: see accounts.csv", count(unseen)));
        }
    }

    fn reports(&mut self, folder: &Path, verdict: Option<Verdict>) {
        self.sheet.line("");
        let path = printable(&folder.display().to_string()).into_owned();
        self.sheet.hanging("Reports  ", self.sheet.styles.heading, &path, Style::new());
        for (there, what) in [
            (!self.info.listing, "accounts.csv has a row for every account"),
            (self.info.listing, "accounts.csv has a row for every account that was listed; there are more"),
            (!self.fold.differences.is_empty(), "changes.csv has every difference, with both sides"),
            (self.info.command == "verify", "evidence.jsonl has what was wanted and what was found, by digest"),
        ] {
            if there {
                self.sheet.hanging("         ", self.sheet.styles.dim, what, self.sheet.styles.dim);
            }
        }
        let again = "run the same command again: what is right already is left as it is";
        // A run's id is looked for in `reports`; anywhere else its folder says where it is.
        let run = if folder.parent() == Some(Path::new("reports")) { self.info.run_id.to_string() } else { path };
        let resume = format!("rolecall resume {run} goes on with the rest");
        // The world of a sandbox inside the process is gone with it.
        let halted = match &self.fold.end {
            // Nothing was written, so there is nothing to go on with.
            Some((Ended::Halted { reason: HaltReason::PreflightFailed { .. } }, _)) => false,
            Some((Ended::Halted { .. }, _)) => !self.info.source.starts_with("sandbox"),
            _ => false,
        };
        let login_over =
            matches!(self.fold.end, Some((Ended::Halted { reason: HaltReason::CredentialsExpired { .. } }, _)));
        let lines = self.lines;
        let simulated = self.info.source.starts_with("sandbox");
        let (next, command) = match verdict {
            _ if login_over && halted => (format!("log in again, then {resume}"), None),
            _ if login_over => (format!("log in again, then {again}"), lines.map(|lines| &lines.again)),
            Some(Verdict::AllWell) if self.fold.applied == 0 => return,
            Some(Verdict::AllWell) if simulated => {
                let next = "this organization was a simulation and is gone; what would change in your own:";
                (next.to_owned(), lines.map(|lines| &lines.for_real))
            }
            Some(Verdict::AllWell) if self.info.command == "apply" && lines.is_some() => {
                ("prove that it is so:".to_owned(), lines.map(|lines| &lines.verify))
            }
            Some(Verdict::AllWell) => {
                let next = "run the same command again to prove it: it will find nothing to do";
                (next.to_owned(), lines.map(|lines| &lines.again))
            }
            Some(Verdict::Differences) if self.info.command == "verify" => {
                let next = "rolecall plan, with the same options, shows what apply would change";
                (next.to_owned(), lines.map(|lines| &lines.plan))
            }
            Some(Verdict::Differences) => {
                let next = "rolecall apply, with the same options, makes it so";
                (next.to_owned(), lines.map(|lines| &lines.apply))
            }
            Some(Verdict::Failures) if halted && self.fold.stats.failed > 0 => {
                (format!("do what the fix lines say, then {resume}"), None)
            }
            _ if halted => (resume, None),
            Some(Verdict::Failures) if self.fold.stats.failed > 0 => {
                (format!("do what the fix lines say, then {again}"), lines.map(|lines| &lines.again))
            }
            _ => (again.to_owned(), lines.map(|lines| &lines.again)),
        };
        self.sheet.hanging("Next     ", self.sheet.styles.heading, &next, Style::new());
        // Not wrapped, so that it can be pasted.
        if let Some(command) = command {
            self.sheet.line(&format!("  {}", printable(command)));
        }
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
