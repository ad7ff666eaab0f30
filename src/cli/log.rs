//! `-v` and `--log`: what rolecall does, account by account, for whoever looks for a fault.
//!
//! Only what rolecall itself says is let through, never the SDK's own records: those hold whole requests, and with them
//! credentials.

use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Mutex;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

use super::args::options::LogArgs;
use super::error::CliError;
use super::output_path::check_output_path;

/// Whose records there are.
const OURS: &str = "rolecall";

/// Starts what was asked for; nothing, mostly.
pub(super) fn start(args: &LogArgs) -> Result<(), CliError> {
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    if args.verbose > 0 {
        let level = if args.verbose == 1 { Level::INFO } else { Level::DEBUG };
        let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(false);
        layers.push(lines.with_filter(ours(level)).boxed());
    }
    if let Some(path) = &args.log {
        check_output_path(path)?;
        let file = File::create(path).map_err(|error| CliError::NoOutput(path.clone(), error))?;
        let lines = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false);
        layers.push(if is_json(path) {
            lines.json().flatten_event(true).with_filter(ours(Level::DEBUG)).boxed()
        } else {
            lines.with_filter(ours(Level::DEBUG)).boxed()
        });
    }
    if !layers.is_empty() {
        // There is one command in a process, and so one start.
        let _ = tracing_subscriber::registry().with(layers).try_init();
    }
    Ok(())
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
