//! `-v` and `--log`: what rolecall does, account by account, for whoever looks for a fault.
//!
//! Only what rolecall itself says is let through, never the SDK's own records: those hold whole requests, and with them
//! credentials.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

use super::args::options::LogArgs;
use super::error::CliError;
use super::output_path::check_output_path;
use crate::sanitize::printable::{printable, printable_json};

/// Whose records there are.
const OURS: &str = "rolecall";

/// Starts what was asked for; nothing, mostly.
pub(super) fn start(args: &LogArgs) -> Result<(), CliError> {
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    if args.verbose > 0 {
        let level = if args.verbose == 1 { Level::INFO } else { Level::DEBUG };
        let lines =
            fmt::layer().with_writer(|| Plain(std::io::stderr(), printable)).with_target(false).with_ansi(false);
        layers.push(lines.with_filter(ours(level)).boxed());
    }
    if let Some(path) = &args.log {
        check_output_path(path)?;
        let file = File::create(path).map_err(|error| CliError::NoOutput(path.clone(), error))?;
        let file = Arc::new(file);
        layers.push(if is_json(path) {
            let lines = fmt::layer().with_writer(move || Plain(Arc::clone(&file), printable_json)).with_ansi(false);
            lines.json().flatten_event(true).with_filter(ours(Level::DEBUG)).boxed()
        } else {
            let lines = fmt::layer().with_writer(move || Plain(Arc::clone(&file), printable)).with_ansi(false);
            lines.with_filter(ours(Level::DEBUG)).boxed()
        });
    }
    if !layers.is_empty() {
        // There is one command in a process, and so one start.
        let _ = tracing_subscriber::registry().with(layers).try_init();
    }
    Ok(())
}

/// Lines in which nothing that others said acts: codes and messages are whatever an answer held. Each record comes whole, as
/// one line with its end.
struct Plain<W>(W, fn(&str) -> Cow<'_, str>);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(record);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        self.0.write_all(format!("{}\n", (self.1)(line)).as_bytes())?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether the bar would be torn by what `-v` says on the same terminal.
pub(super) fn is_in_the_way(args: &LogArgs) -> bool {
    args.verbose > 0 && std::io::stderr().is_terminal()
}

fn ours(level: Level) -> Targets {
    Targets::new().with_target(OURS, LevelFilter::from_level(level))
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json" || ending == "jsonl")
}
