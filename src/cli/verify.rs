//! `rolecall verify`: proves that every account is as the setup says. Asks nothing, since it writes nothing.

use super::args::VerifyArgs;
use super::error::CliError;
use super::options::AdoptArgs;
use super::rollout::{Job, rollout};
use crate::account::converge::Goal;

pub(super) async fn verify(args: VerifyArgs) -> Result<u8, CliError> {
    let VerifyArgs { run, grant, simulate } = args;
    let (goal, adopt) = (Goal::Verify { simulate }, AdoptArgs { adopt: false });
    rollout(Job { command: "verify", goal, grant: Some(grant), adopt, stages: None, ask: false }, run).await
}
