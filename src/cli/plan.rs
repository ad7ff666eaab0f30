//! `rolecall plan`: what apply would change. Asks nothing, since it writes nothing.

use super::args::PlanArgs;
use super::error::CliError;
use super::rollout::{Job, rollout};
use crate::account::converge::Goal;

pub(super) async fn plan(args: PlanArgs) -> Result<u8, CliError> {
    let PlanArgs { run, grant, adopt } = args;
    rollout(Job { command: "plan", goal: Goal::Plan, grant: Some(grant), adopt, stages: None, ask: false }, run).await
}
