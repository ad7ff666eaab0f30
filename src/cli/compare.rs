//! `rolecall compare`: what changed between two runs' reports.

use std::path::{Path, PathBuf};

use super::args::{CompareArgs, CompareFormat};
use super::error::CliError;
use super::ui;
use crate::plain::plain;
use crate::report::RunFolder;
use crate::report::compare::Shift;
use crate::report::compare_run::ComparedRuns;
use crate::report::terminal::file_lines;

pub(super) fn compare(args: &CompareArgs) -> Result<u8, CliError> {
    let folder = |run: &str| find(&args.report_dir, run);
    let runs = ComparedRuns::read(&folder(&args.old)?, &folder(&args.new)?)?;
    match args.format {
        CompareFormat::Text => ui::show_comparison(&runs, args.color)?,
        CompareFormat::Csv => {
            ui::out(&String::from_utf8_lossy(&runs.to_csv()))?;
            say_what_data_cannot(&runs);
        }
        CompareFormat::Json => {
            ui::out(&runs.to_json().map_err(std::io::Error::from)?)?;
            say_what_data_cannot(&runs);
        }
    }
    Ok(match () {
        () if runs.is_broken() => 1,
        () if runs.comparison.count(Shift::Worse) > 0 => 3,
        () => 0,
    })
}

/// A run's folder. One that was archived under another name is a run's folder too.
fn find(report_dir: &Path, run: &str) -> Result<PathBuf, CliError> {
    match RunFolder::resolve(report_dir, run) {
        Ok(folder) => Ok(folder.path().to_owned()),
        Err(_) if Path::new(run).is_dir() => Ok(PathBuf::from(run)),
        Err(error) => Err(error.into()),
    }
}

fn say_what_data_cannot(runs: &ComparedRuns) {
    for warning in runs.warnings() {
        ui::say(&format!("warning: {}", plain(&warning)));
    }
    for line in file_lines(runs) {
        ui::say(&line);
    }
}
