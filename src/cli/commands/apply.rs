//! `rolecall apply`: makes every account as the setup says.

use crate::account::converge::Goal;
use crate::cli::args::ApplyArgs;
use crate::cli::error::CliError;
use crate::cli::rollout::{Job, rollout};

pub(crate) async fn apply(args: ApplyArgs) -> Result<u8, CliError> {
    let ApplyArgs { run, grant, adopt, stages, confirm } = args;
    let (goal, stages) = (Goal::Apply, Some(stages));
    rollout(Job { command: "apply", goal, grant: Some(grant), adopt, stages, ask: !confirm.yes }, run).await
}
