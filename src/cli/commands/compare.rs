//! `rolecall compare`: what changed between two runs' reports.

use std::path::{Path, PathBuf};

use crate::cli::args::options::{Format, OutputArgs};
use crate::cli::args::{CompareArgs, CompareFormat};
use crate::cli::error::CliError;
use crate::cli::ui;
use crate::report::compare::Shift;
use crate::report::compare_run::ComparedRuns;
use crate::report::terminal::file_lines;
use crate::report::{RunFolder, replace_file};
use crate::sanitize::printable::printable;

pub(crate) fn compare(args: &CompareArgs) -> Result<u8, CliError> {
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
    Ok(exit_code(&runs))
}

/// 1 where the comparison cannot be relied on, 3 where an account is worse.
fn exit_code(runs: &ComparedRuns) -> u8 {
    match () {
        () if runs.is_broken() => 1,
        () if runs.comparison.count(Shift::Worse) > 0 => 3,
        () => 0,
    }
}

/// The run that a later one is to be compared with, by its folder.
pub(crate) fn earlier(report_dir: &Path, run: &str) -> Result<PathBuf, CliError> {
    let folder = find(report_dir, run)?;
    // What cannot be compared is said before the run that takes the time. `latest` is another one afterwards.
    ComparedRuns::read(&folder, &folder)?;
    Ok(folder)
}

/// Compares a run that has ended with an earlier one: for people on the screen, and as `compare.json` in its folder.
/// Gives what both come down to, `ended` being the run's own exit code.
pub(crate) fn against(old: &Path, new: &Path, ended: u8, output: &OutputArgs) -> Result<u8, CliError> {
    let runs = ComparedRuns::read(old, new)?;
    let json = runs.to_json().map_err(std::io::Error::from)?;
    let path = new.join("compare.json");
    replace_file(&path, |out| out.write_all(json.as_bytes())).map_err(|error| CliError::Unwritable(path, error))?;
    match output.format {
        Format::Text => ui::show_comparison_below(&runs, output.color)?,
        // Events are on stdout, and a summary on stderr already.
        Format::Json => ui::say(&format!("compared with {}: compare.json", runs.old.record.run_id)),
    }
    Ok(match (ended, exit_code(&runs)) {
        (130, _) => 130,
        (1, _) | (_, 1) => 1,
        (0, compared) => compared,
        (ended, _) => ended,
    })
}

/// A run's folder. One that was archived under another name is a run's folder too.
pub(crate) fn find(report_dir: &Path, run: &str) -> Result<PathBuf, CliError> {
    match RunFolder::resolve(report_dir, run) {
        Ok(folder) => Ok(folder.path().to_owned()),
        Err(_) if Path::new(run).is_dir() => Ok(PathBuf::from(run)),
        Err(error) => Err(error.into()),
    }
}

fn say_what_data_cannot(runs: &ComparedRuns) {
    for warning in runs.warnings() {
        ui::say(&format!("warning: {}", printable(&warning)));
    }
    for line in file_lines(runs) {
        ui::say(&line);
    }
}
