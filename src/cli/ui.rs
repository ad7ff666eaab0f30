//! The one owner of stdout and stderr.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, IsTerminal, Write};

use anstream::ColorChoice;
use indicatif::ProgressDrawTarget;

use super::args::options::{Color, Format, OutputArgs};
use super::error::CliError;
use super::log;
use super::pasted;
use crate::report::compare_run::ComparedRuns;
use crate::report::history::History;
use crate::report::terminal::{
    CheckLine, Lines, Progress, RosterChange, RosterLine, Styles, Summary, write_checkup, write_comparison,
    write_history, write_roster, write_roster_changes,
};
use crate::report::{JsonLines, Reporters, RunFolder};
use crate::sanitize::printable::printable;

/// How wide text is where nobody says how wide the terminal is.
const WIDTH: u16 = 80;

/// Adds what is shown while the run goes on and when it is over.
pub(super) fn add_terminal(reporters: &mut Reporters, folder: &RunFolder, output: &OutputArgs) {
    let (quiet, format) = (output.quiet, output.format);
    let styles = |choice| styles(choice, output.color);
    let width = width();
    let on_stderr = styles(anstream::AutoStream::choice(&io::stderr()));
    if !quiet && io::stderr().is_terminal() && !log::is_in_the_way(&output.log) {
        reporters.add("terminal", Progress::new(ProgressDrawTarget::stderr(), on_stderr, width));
    } else if !quiet {
        reporters.add("terminal", Lines::new(Box::new(io::stderr()), on_stderr));
    }
    match format {
        Format::Text => {
            let on_stdout = styles(anstream::AutoStream::choice(&io::stdout()));
            let summary = Summary::new(Box::new(io::stdout()), on_stdout, width, folder.path());
            let summary = summary.with_next(pasted::next_lines());
            reporters.add("summary", summary);
        }
        Format::Json => {
            reporters.add("events", JsonLines::new(Box::new(io::stdout())));
            let summary = Summary::new(Box::new(io::stderr()), on_stderr, width, folder.path());
            let summary = summary.with_next(pasted::next_lines());
            reporters.add("summary", summary);
        }
    }
}

/// Shows a comparison on stdout.
pub(super) fn show_comparison(runs: &ComparedRuns, color: Color) -> Result<(), CliError> {
    on_stdout(color, |out, styles| write_comparison(out, styles, width(), runs))
}

/// The same below the summary of the run that is compared.
pub(super) fn show_comparison_below(runs: &ComparedRuns, color: Color) -> Result<(), CliError> {
    out("\n")?;
    show_comparison(runs, color)
}

/// Shows a history on stdout.
pub(super) fn show_history(history: &History, color: Color) -> Result<(), CliError> {
    on_stdout(color, |out, styles| write_history(out, styles, width(), history))
}

/// Shows on stdout who is in and who is out.
pub(super) fn show_roster(source: &str, lines: &[RosterLine], color: Color) -> Result<(), CliError> {
    on_stdout(color, |out, styles| write_roster(out, styles, width(), source, lines))
}

/// Shows on stdout how a check-up came out.
pub(super) fn show_checkup(lines: &[CheckLine], verdict: Option<&str>, color: Color) -> Result<(), CliError> {
    on_stdout(color, |out, styles| write_checkup(out, styles, width(), lines, verdict))
}

/// Shows on stdout who came, went and changed between two inventories.
pub(super) fn show_roster_changes(
    of: (&str, &str),
    turns: &[(&str, Vec<RosterChange>)],
    color: Color,
) -> Result<(), CliError> {
    on_stdout(color, |out, styles| write_roster_changes(out, styles, width(), of, turns))
}

fn on_stdout(color: Color, show: impl FnOnce(&mut dyn Write, Styles) -> io::Result<()>) -> Result<(), CliError> {
    let styles = styles(anstream::AutoStream::choice(&io::stdout()), color);
    let mut text = Vec::new();
    show(&mut text, styles)?;
    let mut out = io::stdout().lock();
    written(out.write_all(&text).and_then(|()| out.flush()))
}

/// A reader that is gone (`| head`) is no error of ours; a disk that is full is.
fn written(result: io::Result<()>) -> Result<(), CliError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Stdout(error)),
        _ => Ok(()),
    }
}

fn width() -> usize {
    usize::from(terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0).clamp(40, 100))
}

fn styles(choice: ColorChoice, asked: Color) -> Styles {
    if colour(choice, asked) { Styles::coloured() } else { Styles::plain() }
}

fn colour(choice: ColorChoice, asked: Color) -> bool {
    match asked {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => choice != ColorChoice::Never,
    }
}

/// Writes data to stdout.
pub(super) fn out(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes data that has texts of others in it to stdout: byte for byte for a program or a file, and so that nothing in it
/// acts where somebody looks.
pub(super) fn out_of_others(text: &str) -> Result<(), CliError> {
    out(&harmless(text, io::stdout().is_terminal()))
}

/// Data for a terminal keeps its lines, and nothing else in it acts.
fn harmless(text: &str, on_terminal: bool) -> Cow<'_, str> {
    if on_terminal { Cow::Owned(format!("{}\n", lines(text))) } else { Cow::Borrowed(text) }
}

/// Says something on stderr.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says what went wrong: the error, its causes and the hint, without control characters of anybody's.
pub(super) fn report_error(error: &CliError) {
    let mut text = lines(&error.to_string());
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&lines(&words));
        }
        cause = next.source();
    }
    say(&format!("error: {text}"));
    if let Some(hint) = error.hint() {
        say(&format!("hint: {hint}"));
    }
}

fn lines(text: &str) -> String {
    text.lines().map(|line| printable(line).into_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_acts_on_no_terminal_and_is_left_alone_elsewhere() {
        let csv = "account_id,name\n000000000001,\u{1b}[2Jred\n";
        assert_eq!(harmless(csv, true), "account_id,name\n000000000001,\\u{1b}[2Jred\n");
        assert_eq!(harmless(csv, false), csv);
    }
}
