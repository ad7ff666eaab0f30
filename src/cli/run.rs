//! From the arguments to an exit code.

use std::process::ExitCode;

use clap::Parser;

use super::args::{Cli, Command};
use super::commands::{
    accounts, apply, compare, doctor, evidence, history, manual, merge, plan, remove, resume, rollback, sandbox, setup,
    verify,
};
use super::error::CliError;
use super::{typed, ui};
use crate::setup::error::SetupError;

/// Takes as many open files as the system lets this process have: an account in flight has several connections, and a merge
/// keeps every shard locked. Where that is not possible, what is there must do.
fn take_all_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

/// How many threads work: one for each core, and one more where there is only one, so that a terminal or a disk that is
/// waited for does not hold up the calls that are on their way.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}

/// Runs the command that was typed.
pub fn run() -> ExitCode {
    let command = match Cli::try_parse_from(typed::words(std::env::args_os())) {
        Ok(cli) => cli.command,
        Err(error) => {
            // Help and version are no errors; a terminal that is gone is nobody's.
            let _ = error.print();
            if let Some(instead) = typed::instead(&error) {
                ui::say(&format!("hint: {instead}"));
            }
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(workers()).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            ui::report_error(&error.into());
            return ExitCode::from(2);
        }
    };
    take_all_files();
    // On a worker, so that news of an account wakes no further thread.
    let working = runtime.spawn(async {
        match command {
            Command::Accounts(args) => accounts::accounts(*args).await,
            Command::Plan(args) => plan::plan(*args).await,
            Command::Apply(args) => apply::apply(*args).await,
            Command::Verify(args) => verify::verify(*args).await,
            Command::Remove(args) => remove::remove(*args).await,
            Command::Resume(args) => resume::resume(*args).await,
            Command::Rollback(args) => rollback::rollback(*args).await,
            Command::Merge(args) => merge::merge(args).await,
            Command::Compare(args) => compare::compare(&args),
            Command::Evidence(args) => evidence::evidence(args),
            Command::History(args) => history::history(&args),
            Command::Doctor(args) => doctor::doctor(*args).await,
            Command::Sandbox(args) => sandbox::sandbox(args).await,
            Command::Setup(args) => setup::setup(args),
            Command::Completions(args) => manual::completions(&args),
            Command::Man(args) => manual::man(&args),
        }
    });
    let ended = runtime.block_on(working).unwrap_or_else(|broken| match broken.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(cancelled) => Err(std::io::Error::other(cancelled).into()),
    });
    // What was cut off, such as a request that is never answered, must not hold the end up.
    runtime.shutdown_background();
    ExitCode::from(ended.unwrap_or_else(|error| {
        match &error {
            CliError::Setup(SetupError::Mistakes(mistakes)) => setup::refuse(mistakes),
            error => ui::report_error(error),
        }
        error.exit_code()
    }))
}
