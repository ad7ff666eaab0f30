//! `rolecall plan`: what apply would change. Asks nothing, since it writes nothing.

use crate::account::converge::Goal;
use crate::cli::args::PlanArgs;
use crate::cli::error::CliError;
use crate::cli::rollout::{Job, rollout};

pub(crate) async fn plan(args: PlanArgs) -> Result<u8, CliError> {
    let PlanArgs { run, grant, adopt } = args;
    rollout(Job { command: "plan", goal: Goal::Plan, grant: Some(grant), adopt, stages: None, ask: false }, run).await
}
