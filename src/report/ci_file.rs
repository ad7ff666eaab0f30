//! `--junit` and `--sarif`: the run in a form that CI systems show, made from `accounts.csv` when the run is over.
//!
//! Added after the reporter of `accounts.csv`, which is finished by then. Row by row: of a run of any size one row is
//! held.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::row::{AccountRow, AccountRows};
use super::{Reporter, Verdict, junit, sarif, whole_file};
use crate::rollout::event::{Ended, Event, EventKind, RolloutStats, RunInfo};

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CiForm {
    /// JUnit's XML: an account is a test case.
    Junit,
    /// SARIF 2.1.0: an account that is not as it should be is a result.
    Sarif,
}

/// A run that is over, but for its rows.
pub(super) struct Finished {
    pub(super) info: RunInfo,
    pub(super) stats: RolloutStats,
    pub(super) ended: Ended,
    pub(super) ended_at: Timestamp,
}

impl Finished {
    pub(super) fn exit_code(&self) -> u8 {
        Verdict::of(&self.stats, &self.ended).exit_code()
    }
}

/// Writes the file.
pub struct CiFile {
    form: CiForm,
    path: PathBuf,
    accounts_csv: PathBuf,
    info: Option<RunInfo>,
    finished: Option<Finished>,
}

impl CiFile {
    /// For the file at `path`, to be made from the run's `accounts.csv`.
    pub fn new(form: CiForm, path: &Path, accounts_csv: PathBuf) -> Self {
        Self { form, path: path.to_owned(), accounts_csv, info: None, finished: None }
    }
}

impl Reporter for CiFile {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::RunStarted(info) => self.info = Some((**info).clone()),
            EventKind::RunFinished { stats, ended } => {
                let finished = |info| Finished { info, stats: *stats, ended: ended.clone(), ended_at: event.at };
                self.finished = self.info.take().map(finished);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        // A run that was cut off has nothing to say to a CI system.
        let Some(run) = self.finished else { return Ok(()) };
        let rows = AccountRows::new(File::open(&self.accounts_csv)?).map_err(io::Error::other)?;
        let mut wrong = None;
        let whole = rows.map_while(|row| row.map_err(|error| wrong = Some(error)).ok());
        whole_file::replace(&self.path, |out| write(self.form, out, &run, whole))?;
        wrong.map_or(Ok(()), |error| Err(io::Error::other(error)))
    }
}

fn write(form: CiForm, out: &mut dyn Write, run: &Finished, rows: impl Iterator<Item = AccountRow>) -> io::Result<()> {
    match form {
        CiForm::Junit => junit::write(out, run, rows),
        CiForm::Sarif => sarif::write(out, run, rows),
    }
}
