//! `rolecall apply`: makes every account as the setup says.

use super::args::ApplyArgs;
use super::error::CliError;
use super::rollout::{Job, rollout};
use crate::account::converge::Goal;

pub(super) async fn apply(args: ApplyArgs) -> Result<u8, CliError> {
    let ApplyArgs { run, grant, adopt, stages, confirm } = args;
    let (goal, stages) = (Goal::Apply, Some(stages));
    rollout(Job { command: "apply", goal, grant: Some(grant), adopt, stages, ask: !confirm.yes }, run).await
}
