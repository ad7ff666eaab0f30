//! `rolecall remove`: takes away what rolecall put there, and nothing else.

use crate::account::converge::Goal;
use crate::cli::args::RemoveArgs;
use crate::cli::args::options::AdoptArgs;
use crate::cli::error::CliError;
use crate::cli::rollout::{Job, rollout};

pub(crate) async fn remove(args: RemoveArgs) -> Result<u8, CliError> {
    let RemoveArgs { run, force, stages, confirm } = args;
    let (goal, adopt) = (Goal::Remove { force }, AdoptArgs { adopt: false });
    rollout(Job { command: "remove", goal, grant: None, adopt, stages: Some(stages), ask: !confirm.yes }, run).await
}
