//! `rolecall remove`: takes away what rolecall put there, and nothing else.

use super::args::RemoveArgs;
use super::error::CliError;
use super::options::AdoptArgs;
use super::rollout::{Job, rollout};
use crate::account::converge::Goal;

pub(super) async fn remove(args: RemoveArgs) -> Result<u8, CliError> {
    let RemoveArgs { run, force, stages, confirm } = args;
    let (goal, adopt) = (Goal::Remove { force }, AdoptArgs { adopt: false });
    rollout(Job { command: "remove", goal, grant: None, adopt, stages: Some(stages), ask: !confirm.yes }, run).await
}
