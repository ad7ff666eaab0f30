//! A report folder read for its history, and the history as data: CSV with a row for each run, JSON with everything.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::compare_run::rows;
use super::csv_file::encode;
use super::evidence_check::fits;
use super::history::{Historian, History, LeftOut};
use super::run_json::RunRecord;
use super::wire::FORMAT;
use crate::sanitize::printable::printable;

/// Why a folder has no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is no run in it.
    #[error("`{}` holds no run's folder", .0.display())]
    NoRuns(PathBuf),
}

/// The columns of the CSV, in their order.
const COLUMNS: [&str; 15] = [
    "command",
    "setup",
    "shard",
    "run_id",
    "started_at",
    "accounts",
    "well",
    "differs",
    "missing",
    "failed",
    "not_reached",
    "skipped",
    "better",
    "worse",
    "left_out",
];

impl History {
    /// Reads every run's folder in `folder`, whatever its name. Of all runs at most two are held at once.
    ///
    /// # Errors
    /// When the folder cannot be read, or holds no run.
    pub fn read(folder: &Path) -> Result<Self, HistoryError> {
        let fail = |source| HistoryError::Io { path: folder.to_owned(), source };
        let mut historian = Historian::default();
        let mut runs = Vec::new();
        let mut any = false;
        for entry in fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            // `latest` is a link to another one.
            if !entry.file_type().map_err(fail)?.is_dir() || !entry.path().join("run.json").exists() {
                continue;
            }
            any = true;
            match RunRecord::read(&entry.path().join("run.json")) {
                Ok(record) => runs.push((record, entry.path())),
                Err(error) => historian.leave_out(left_out(&entry.path(), &chain(&error), false)),
            }
        }
        if !any {
            return Err(HistoryError::NoRuns(folder.to_owned()));
        }
        runs.sort_by(|(a, at), (b, bt)| (a.started_at, &a.run_id, at).cmp(&(b.started_at, &b.run_id, bt)));
        let mut seen = BTreeSet::new();
        for (record, path) in runs {
            if !seen.insert(record.run_id.clone()) {
                historian.leave_out(left_out(&path, "is another copy of a run that is counted", false));
                continue;
            }
            match counted(&record, &path) {
                Ok(rows) => historian.add(&record, rows),
                Err((why, changed)) => historian.leave_out(left_out(&path, &why, changed)),
            }
        }
        Ok(historian.finish())
    }

    /// Whether files of a run are not what the run left.
    pub fn is_broken(&self) -> bool {
        self.left_out.iter().any(|run| run.changed)
    }

    /// A row for each run.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut text = Vec::new();
        encode(&COLUMNS, &mut text);
        for series in &self.series {
            for run in &series.runs {
                let numbers = [
                    run.accounts,
                    run.well,
                    run.differs,
                    run.missing,
                    run.failed,
                    run.not_reached,
                    run.skipped,
                    run.better,
                    run.worse,
                ]
                .map(|number| number.to_string());
                let started_at = run.started_at.to_string();
                let head = [&series.command, &series.setup, series.shard.as_deref().unwrap_or_default()];
                let cells: Vec<&str> = head
                    .into_iter()
                    .chain([run.run_id.as_str(), &started_at])
                    .chain(numbers.iter().map(String::as_str))
                    .chain([""])
                    .collect();
                encode(&cells, &mut text);
            }
        }
        for run in &self.left_out {
            let cells = COLUMNS.map(|column| match column {
                "run_id" => run.run.as_str(),
                "left_out" => run.why.as_str(),
                _ => "",
            });
            encode(&cells, &mut text);
        }
        text
    }

    /// One object with everything.
    ///
    /// # Errors
    /// Never, as far as serde's rules go.
    pub fn to_json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Wire<'a> {
            format: u32,
            #[serde(flatten)]
            history: &'a History,
        }
        Ok(serde_json::to_string_pretty(&Wire { format: FORMAT, history: self })? + "\n")
    }
}

type Rows = std::collections::BTreeMap<crate::ids::AccountId, super::compare::Seen>;

/// The rows of a run that has ended and whose files are as it left them; otherwise why not, and whether somebody changed
/// them.
fn counted(record: &RunRecord, folder: &Path) -> Result<Rows, (String, bool)> {
    let (Some(digest), Some(_)) = (record.files.get("accounts.csv"), record.ended) else {
        return Err(("was cut off, or is still going on".to_owned(), false));
    };
    let (rows, sha256) = rows(&folder.join("accounts.csv")).map_err(|error| (chain(&error), true))?;
    if sha256 != digest.sha256 {
        return Err(("accounts.csv was changed after the run".to_owned(), true));
    }
    if let Some(digest) = record.files.get("evidence.jsonl") {
        match fits(&folder.join("evidence.jsonl"), digest) {
            Ok(true) => {}
            Ok(false) => return Err(("evidence.jsonl was changed after the run".to_owned(), true)),
            Err(error) => return Err((format!("evidence.jsonl cannot be read: {error}"), true)),
        }
    }
    Ok(rows)
}

fn left_out(folder: &Path, why: &str, changed: bool) -> LeftOut {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    LeftOut { run: printable(&name).into_owned(), why: printable(why).into_owned(), changed }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
