//! `rolecall history`: what a report folder tells, from run to run.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::CompareFormat;
use crate::cli::args::options::Color;
use crate::cli::error::CliError;
use crate::cli::ui;
use crate::report::history::History;
use crate::report::{replace_file, write_history_page};

pub(in crate::cli) const EXAMPLES: &str = "Examples:
  rolecall history                                            every run in `reports`
  rolecall history archive --html history.html                the same as a page, for people
  rolecall history --format csv > runs.csv                    a row for each run; json has the accounts, too

A series is the runs of one command over one setup. A run whose accounts.csv or evidence.jsonl is not what it left is named and \
not counted, and the exit code is 1.";

#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryArgs {
    /// The folder that holds the runs' folders
    #[arg(default_value = "reports", value_name = "DIR")]
    dir: PathBuf,
    /// Write a page for a browser to this file, too
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// `text` for people, `csv` with a row for each run, `json` with everything
    #[arg(long, default_value = "text")]
    format: CompareFormat,
    /// When to use colour
    #[arg(long, default_value = "auto")]
    color: Color,
}

pub(in crate::cli) fn history(args: &HistoryArgs) -> Result<u8, CliError> {
    let history = History::read(&args.dir)?;
    if let Some(path) = &args.html {
        let written = replace_file(path, |out| write_history_page(out, &history));
        written.map_err(|error| CliError::NoOutput(path.clone(), error))?;
    }
    match args.format {
        CompareFormat::Text => ui::show_history(&history, args.color)?,
        CompareFormat::Csv => ui::out(&String::from_utf8_lossy(&history.to_csv()))?,
        CompareFormat::Json => ui::out(&history.to_json().map_err(std::io::Error::from)?)?,
    }
    if args.format != CompareFormat::Text {
        for run in &history.left_out {
            ui::say(&format!("not counted: {}: {}", run.run, run.why));
        }
    }
    Ok(u8::from(history.is_broken()))
}
