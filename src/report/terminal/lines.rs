//! Plain lines where stderr is no terminal: a log that can be read and searched.
//!
//! One line for one thing, never wrapped. Small runs have a line per account; larger ones every failure, and how far
//! the run is at every tenth.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use super::flight::InFlight;
use super::style::{Styles, paint};
use super::tally::Tally;
use super::wording::{account, count, counted, duration};
use crate::account::outcome::{AccountStatus, Failure, Outcome, Step};
use crate::ids::AccountId;
use crate::report::Reporter;
use crate::rollout::event::{Api, Event, EventKind, HaltReason, RunInfo, Stage};
use crate::sanitize::printable::printable;

/// Up to so many accounts, each has a line.
const SMALL: usize = 50;

/// Writes the lines, each at once.
pub struct Lines {
    out: Box<dyn Write + Send>,
    styles: Styles,
    tally: Tally,
    flight: InFlight,
    tenths: usize,
    slowed_by: Option<Api>,
    /// The accounts in flight that are waited for.
    waiting: BTreeSet<AccountId>,
}

impl Lines {
    /// Writes to `out`, mostly stderr.
    pub fn new(out: Box<dyn Write + Send>, styles: Styles) -> Self {
        let (tally, flight) = (Tally::default(), InFlight::default());
        Self { out, styles, tally, flight, tenths: 0, slowed_by: None, waiting: BTreeSet::new() }
    }

    fn finished(&mut self, outcome: &Outcome, elapsed: Duration) -> io::Result<()> {
        self.tally.count(outcome.status);
        self.flight.finished(outcome.account_id);
        self.waiting.remove(&outcome.account_id);
        if let Some(failure) = &outcome.failure {
            let [what, fix] = failure_lines(outcome, failure);
            writeln!(self.out, "{}", paint(self.styles.bad, &what))?;
            writeln!(self.out, "  {}", paint(self.styles.advice, &fix))?;
        } else if self.tally.selected <= SMALL && outcome.started_at.is_some() {
            let status = paint(self.styles.of(outcome.status), &format!("{:<10}", outcome.status.as_str()));
            let account = account(outcome.account_id, &outcome.account_name);
            writeln!(self.out, "{status} {account} ({})", duration(outcome.duration))?;
        }
        let tenths = (self.tally.done() * 10).checked_div(self.tally.selected).unwrap_or(0);
        if self.tally.selected > SMALL && !self.tally.listing && tenths > self.tenths && tenths < 10 {
            self.progress(elapsed)?;
        }
        self.tenths = tenths;
        Ok(())
    }

    fn progress(&mut self, elapsed: Duration) -> io::Result<()> {
        let (done, selected) = (count(self.tally.done()), counted(self.tally.selected, "account"));
        let results = self.tally.results();
        let results = if results.is_empty() { results } else { format!(": {results}") };
        writeln!(self.out, "{done} of {selected} done after {}{results}", duration(elapsed))
    }
}

impl Reporter for Lines {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::RunStarted(info) => {
                self.tally = Tally::of(info);
                writeln!(self.out, "{}", paint(self.styles.heading, &start_line(info)))?;
            }
            EventKind::AccountsListed { accounts, selected, whole } => {
                self.tally.listed(*selected, *whole);
                if *whole {
                    let (listed, selected) = (counted(*accounts, "account"), count(*selected));
                    let line = format!("{listed} listed, {selected} of them in");
                    writeln!(self.out, "{}", paint(self.styles.dim, &line))?;
                }
            }
            EventKind::StageStarted { stage } => {
                writeln!(self.out, "{}", paint(self.styles.heading, &stage_line(*stage)))?;
            }
            EventKind::StagePassed { account_id } => self.flight.finished(*account_id),
            EventKind::AccountStarted { account_id, account_name } => self.flight.started(*account_id, account_name),
            EventKind::AccountFinished { outcome, .. } => self.finished(outcome, event.elapsed)?,
            EventKind::DrainStarted { reason } => {
                writeln!(
                    self.out,
                    "{}",
                    paint(self.styles.warn, &halt_line(reason, self.flight.len(), self.tally.listing))
                )?;
            }
            EventKind::RunFinished { .. } => self.progress(event.elapsed)?,
            EventKind::PaceChanged { slowed_by, .. } => {
                // Once for each time that it slows down, however many steps it takes.
                if let (None, Some(api)) = (self.slowed_by, slowed_by) {
                    let line = format!("slowed by {api} throttling: fewer accounts at a time until it stops");
                    writeln!(self.out, "{}", paint(self.styles.warn, &line))?;
                }
                self.slowed_by = *slowed_by;
            }
            EventKind::StepStarted { account_id, step: Step::WaitReady } => {
                // Once for each account, however often it is tried.
                if self.waiting.insert(*account_id) {
                    let line = format!("{account_id} does not let us in yet: waiting for it (--wait-ready)");
                    writeln!(self.out, "{}", paint(self.styles.dim, &line))?;
                }
            }
            EventKind::StepStarted { .. } | EventKind::ChangeSettled { .. } => return Ok(()),
        }
        self.out.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

fn start_line(info: &RunInfo) -> String {
    let RunInfo { command, setup, selected, source, concurrency, .. } = info;
    let (setup, source) = (printable(setup), printable(source));
    let accounts = if info.listing { "accounts".to_owned() } else { counted(*selected, "account") };
    let part = info.shard.map(|shard| format!(", shard {shard}")).unwrap_or_default();
    format!("{command} {setup}: {accounts} of {source}{part}, {concurrency} at a time")
}

/// A failure in two lines: what happened, and what to do.
pub(super) fn failure_lines(outcome: &Outcome, failure: &Failure) -> [String; 2] {
    let account = account(outcome.account_id, &outcome.account_name);
    let (code, message) = (printable(failure.code.as_str()), printable(&failure.message));
    let fix = printable(&failure.fix);
    [format!("{:<10} {account}: {} {code}: {message}", AccountStatus::Failed, failure.step), format!("fix: {fix}")]
}

/// Why no further account is started, and what is still going on.
pub(super) fn halt_line(reason: &HaltReason, in_flight: usize, listing: bool) -> String {
    let why = match reason {
        HaltReason::Interrupted => "interrupted".to_owned(),
        HaltReason::CredentialsExpired { message } => {
            format!("the credentials are no longer good ({})", printable(message))
        }
        HaltReason::JournalFailed { message } => format!("the journal cannot be written ({})", printable(message)),
        HaltReason::TooManyFailures { failed, allowed } => too_many(*failed, *allowed),
        HaltReason::ListingFailed { message } => {
            format!("Organizations does not tell the rest of the accounts ({})", printable(message))
        }
        HaltReason::PreflightFailed { failed } => {
            return format!("the preflight failed in {}: nothing is written anywhere", counted(*failed, "account"));
        }
    };
    let listing = listing && !matches!(reason, HaltReason::ListingFailed { .. });
    let list = if listing { " and the list of accounts" } else { "" };
    format!("{why}: starting no further account, finishing {}{list}", counted(in_flight, "account"))
}

/// `3 accounts failed, at most 2 may`.
pub(super) fn too_many(failed: usize, allowed: usize) -> String {
    let most = if allowed == 0 { "none".to_owned() } else { format!("at most {}", count(allowed)) };
    format!("{} failed, {most} may", counted(failed, "account"))
}

/// What a stage is about to do.
pub(super) fn stage_line(stage: Stage) -> String {
    match stage {
        Stage::Preflight { accounts } => {
            format!("preflight: looking at {}, nothing is written yet", counted(accounts, "account"))
        }
        Stage::Wave { number, of, accounts } => format!("wave {number} of {of}: {}", counted(accounts, "account")),
        Stage::ReadBack { number, of, accounts } => {
            format!("wave {number} of {of}: reading {} back", counted(accounts, "account"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, Shared};

    fn written(events: &[Event], styles: Styles) -> String {
        let out = Shared::default();
        let mut lines = Lines::new(Box::new(out.clone()), styles);
        events.iter().for_each(|event| lines.event(event).unwrap());
        Box::new(lines).finish().unwrap();
        out.text()
    }

    #[test]
    fn a_small_run_has_a_line_per_account() {
        assert_eq!(
            written(&sample::healthy(7), Styles::plain()),
            "\
apply demo: 5 accounts of organization o-exampleorg, 50 at a time
created    000000000001 account-1 (80ms)
created    000000000004 account-4 (80ms)
updated    000000000005 account-5 (80ms)
unchanged  000000000006 account-6 (80ms)
created    000000000007 account-7 (80ms)
5 of 5 accounts done after 460ms: 4 changed
"
        );
    }

    #[test]
    fn a_large_run_has_its_failures_and_its_tenths() {
        let text = written(&sample::rough(), Styles::plain());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "122 of 1,213 accounts done after 7.3s: 122 changed");
        assert_eq!(lines.len(), 1 + 9 + 2 * 9 + 1);
        assert_eq!(
            lines[10..12],
            [
                "failed     000000002001 account-2001: assume_role AccessDenied: User: \
                 arn:aws:sts::999999999999:assumed-role/Admin/me is not authorized to perform: sts:AssumeRole on \
                 resource: arn:aws:iam::000000002001:role/OrganizationAccountAccessRole",
                "  fix: let account 000000002001 trust the caller in role/OrganizationAccountAccessRole",
            ]
        );
        assert_eq!(*lines.last().unwrap(), "1,213 of 1,213 accounts done after 1m 12s: 9 failed · 1,203 changed");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn an_interruption_says_what_goes_on() {
        let mut events = vec![sample::run_started(90, 90)];
        events.extend((1..=12).map(|n| sample::at(100, sample::started(n))));
        events.push(sample::at(200, EventKind::DrainStarted { reason: HaltReason::Interrupted }));
        let text = written(&events, Styles::plain());
        assert_eq!(text.lines().last().unwrap(), "interrupted: starting no further account, finishing 12 accounts");
    }

    #[test]
    fn a_list_that_is_still_coming_is_told_of_and_waited_for() {
        let mut info = sample::info("plan", 20, 20);
        info.listing = true;
        let mut events = vec![sample::at(0, EventKind::RunStarted(Box::new(info)))];
        events.push(sample::at(100, sample::started(1)));
        events.push(sample::at(200, EventKind::DrainStarted { reason: HaltReason::Interrupted }));
        events.push(sample::at(300, EventKind::AccountsListed { accounts: 30, selected: 29, whole: true }));
        assert_eq!(
            written(&events, Styles::plain()).lines().collect::<Vec<_>>(),
            [
                "plan demo: accounts of organization o-exampleorg, 50 at a time",
                "interrupted: starting no further account, finishing 1 account and the list of accounts",
                "30 accounts listed, 29 of them in",
            ]
        );
    }

    #[test]
    fn stages_are_told_as_they_begin() {
        let text = written(&sample::by_waves(), Styles::plain());
        let stages: Vec<&str> =
            text.lines().filter(|line| line.starts_with("wave") || line.starts_with("preflight")).collect();
        assert_eq!(
            stages,
            [
                "preflight: looking at 40 accounts, nothing is written yet",
                "wave 1 of 3: 1 account",
                "wave 1 of 3: reading 1 account back",
                "wave 2 of 3: 3 accounts",
                "wave 2 of 3: reading 1 account back",
            ]
        );
        let halt = "2 accounts failed, at most 1 may: starting no further account, finishing 1 account";
        assert!(text.lines().any(|line| line == halt), "{text}");
    }

    #[test]
    fn colour_adds_escapes_and_nothing_else() {
        let coloured = written(&sample::rough(), Styles::coloured());
        assert!(coloured.contains("\u{1b}[31m"));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), written(&sample::rough(), Styles::plain()));
    }
}
