//! What stands on the terminal when the run is over: how it came out, what was put where, what failed and what to do
//! about it, where the reports are.
//!
//! Folds the events in bounded memory and writes once, at the end.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::groups::Groups;
use super::next_lines::NextLines;
use super::page::Page;
use super::style::Styles;
use crate::account::change::{ChangeResult, Part};
use crate::account::difference::DifferenceKind;
use crate::account::outcome::{AccountStatus, Outcome, PartStatus, Step};
use crate::report::Reporter;
use crate::rollout::event::{Ended, Event, EventKind, RolloutStats, RunInfo};
use crate::sanitize::printable::printable;

/// How many different role names are remembered.
pub(super) const ROLES: usize = 4;

/// Writes the summary when the run is over.
pub struct Summary {
    out: Box<dyn Write + Send>,
    styles: Styles,
    width: usize,
    folder: PathBuf,
    lines: Option<NextLines>,
    fold: Fold,
}

/// What is remembered of the run.
#[derive(Default)]
pub(super) struct Fold {
    info: Option<RunInfo>,
    pub(super) stats: RolloutStats,
    /// Accounts by part and what became of it, of those that were worked on.
    pub(super) parts: [[usize; PartStatus::ALL.len()]; 4],
    /// Accounts without a grant because nobody was named who could have one.
    pub(super) nobody_named: usize,
    pub(super) roles: Vec<String>,
    pub(super) applied: usize,
    pub(super) refused: usize,
    pub(super) differences: Groups<DifferenceKind>,
    pub(super) failures: Groups<(Step, String)>,
    pub(super) notes: Groups<()>,
    pub(super) skipped: Groups<()>,
    pub(super) end: Option<(Ended, Duration)>,
}

pub(super) const PARTS: [(Part, &str); 4] =
    [(Part::Role, "role"), (Part::Trust, "trust"), (Part::Permissions, "permissions"), (Part::PassRole, "pass role")];

impl Fold {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted(info) => self.info = Some((**info).clone()),
            EventKind::AccountsListed { .. } => {
                if let Some(info) = &mut self.info {
                    info.listed(&event.kind);
                }
            }
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
        for difference in &outcome.differences {
            self.differences.add(outcome, difference.kind, &printable(&difference.summary()), "");
        }
        for note in &outcome.notes {
            self.notes.add(outcome, (), &printable(note), "");
        }
        if let Some(failure) = &outcome.failure {
            let key = (failure.step, printable(failure.code.as_str()).into_owned());
            self.failures.add(outcome, key, &printable(&failure.fix), &printable(&failure.message));
        }
        match outcome.status {
            AccountStatus::Skipped => {
                self.skipped.add(outcome, (), &printable(outcome.reason.as_deref().unwrap_or_default()), "");
            }
            AccountStatus::NotReached => {}
            _ => self.worked_on(outcome),
        }
    }

    fn worked_on(&mut self, outcome: &Outcome) {
        // Where somebody was named and is not there, a note says so.
        let told = outcome.notes.iter().any(|note| note.starts_with("no grant for"));
        self.nobody_named += usize::from(outcome.parts.pass_role == PartStatus::Skipped && !told);
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
        Self { out, styles, width, folder: folder.to_owned(), lines: None, fold: Fold::default() }
    }

    /// With the commands that may come next, where they are known.
    #[must_use]
    pub fn with_next(self, lines: Option<NextLines>) -> Self {
        Self { lines, ..self }
    }
}

impl Reporter for Summary {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.fold.event(event);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let Some(info) = &self.fold.info else { return Ok(()) };
        let text = Page::new(self.styles, self.width, &self.fold, info, self.lines.as_ref()).render(&self.folder);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}
