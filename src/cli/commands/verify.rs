//! `rolecall verify`: proves that every account is as the setup says. Asks nothing, since it writes nothing. With an earlier
//! run, proves in one go what changed since.

use super::compare;
use crate::account::converge::Goal;
use crate::cli::args::VerifyArgs;
use crate::cli::args::options::AdoptArgs;
use crate::cli::error::CliError;
use crate::cli::rollout::{Job, rollout, rollout_into_folder};

pub(crate) async fn verify(args: VerifyArgs) -> Result<u8, CliError> {
    let VerifyArgs { run, grant, simulate, against } = args;
    let (goal, adopt) = (Goal::Verify { simulate }, AdoptArgs { adopt: false });
    let job = Job { command: "verify", goal, grant: Some(grant), adopt, stages: None, ask: false };
    let Some(earlier) = against else { return rollout(job, run).await };
    let old = compare::earlier(&run.output.report_dir, &earlier)?;
    let output = run.output.clone();
    let ran = rollout_into_folder(job, run).await?;
    compare::against(&old, &ran.folder, ran.exit_code, &output)
}
