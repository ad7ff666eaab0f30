//! What was typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::ids::{
    AccountId, ExternalId, Partition, PrincipalRef, Region, RoleName, RolePath, SessionName, SourceIdentity,
};
use crate::setup::resolve::PassedTo;

/// One IAM role, its trust and its PassRole grant, in every account of an AWS organization.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all well; 1 an account failed or was not reached; 2 the command or its input is \
wrong, and AWS was not contacted; 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Who is in and who is out, and why
    Accounts(AccountsArgs),
    /// Put the role, its trust and its grants into every account
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(Box<ApplyArgs>),
    /// A simulated organization on a loopback port, for any AWS client
    Sandbox(SandboxArgs),
    /// The setups: which there are, what one would put into an account, what is wrong with one
    #[command(subcommand)]
    Setup(SetupCommand),
}

const APPLY_EXAMPLES: &str = "Examples:
  rolecall apply --sandbox --pass-role-to user/analyst        try it, without AWS
  rolecall apply --organization --include 123456789012 …      one account first
  rolecall apply --accounts inventory.csv --yes …             from a file, without a terminal";

#[derive(Debug, Args)]
pub(super) struct AccountsArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) which: WhichArgs,
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(super) setup: String,
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) which: WhichArgs,
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    #[command(flatten)]
    pub(super) entrance: EntranceArgs,
    #[command(flatten)]
    pub(super) what: WhatArgs,
    #[command(flatten)]
    pub(super) pace: PaceArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "Where accounts come from (one of)")]
pub(super) struct SourceArgs {
    /// A CSV file with a column `account_id`
    #[arg(long, value_name = "FILE.csv")]
    pub(super) accounts: Option<PathBuf>,
    /// AWS Organizations, of the caller's organization
    #[arg(long)]
    pub(super) organization: bool,
    /// A simulated organization inside this process: no AWS account, no network. WORLD is `healthy`, `rough` or
    /// `accounts=N`, with `latency=50ms` and `seed=N` behind a comma
    #[arg(long, value_name = "WORLD", num_args = 0..=1, require_equals = true, default_missing_value = "healthy")]
    pub(super) sandbox: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Which of them")]
pub(super) struct WhichArgs {
    /// Only these accounts
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(super) include: Vec<AccountId>,
    /// Not these accounts
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(super) exclude: Vec<AccountId>,
    /// Only accounts in or below these roots and organizational units
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(super) ou: Vec<String>,
    /// No account in or below these
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(super) exclude_ou: Vec<String>,
    /// The caller's own account too, with the caller's own credentials
    #[arg(long)]
    pub(super) management_account: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How to reach AWS")]
pub(super) struct ConnectionArgs {
    /// The profile of the AWS configuration
    #[arg(long)]
    pub(super) profile: Option<String>,
    /// The region, for STS
    #[arg(long)]
    pub(super) region: Option<Region>,
    /// One endpoint for every service, such as that of `rolecall sandbox`
    #[arg(long, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,
    /// Calls to STS per second, at most
    #[arg(long, value_name = "N", default_value = "200")]
    pub(super) sts_rate: std::num::NonZeroU32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How to get in")]
pub(super) struct EntranceArgs {
    /// The role to assume in each account
    #[arg(long, value_name = "NAME", default_value = "OrganizationAccountAccessRole")]
    pub(super) assume_role: RolePath,
    /// The external id that its trust policy asks for
    #[arg(long, value_name = "ID")]
    pub(super) external_id: Option<ExternalId>,
    /// The sessions' name, which CloudTrail shows
    #[arg(long, value_name = "NAME", default_value = "rolecall")]
    pub(super) session_name: SessionName,
    /// Who is behind the sessions; trust policies must allow it
    #[arg(long, value_name = "NAME")]
    pub(super) source_identity: Option<SourceIdentity>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What to put there")]
pub(super) struct WhatArgs {
    /// Another name for the setup's role
    #[arg(long, value_name = "NAME")]
    pub(super) role_name: Option<RoleName>,
    /// Who may pass the role: user/NAME, group/NAME or role/NAME; repeatable
    #[arg(long, value_name = "KIND/NAME")]
    pub(super) pass_role_to: Vec<PrincipalRef>,
    /// What may be passed: the setup's role alone, or every role of the account
    #[arg(long, value_name = "WHAT")]
    pub(super) pass_role_resource: Option<Resource>,
    /// The service that the role may be passed to (`iam:PassedToService`); `none` for no such condition
    #[arg(long, value_name = "PRINCIPAL", value_parser = passed_to)]
    pub(super) pass_role_service: Option<PassedTo>,
    /// A parameter of the setup; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) param: Vec<(String, String)>,
    /// Take over a role of that name that is not rolecall's
    #[arg(long)]
    pub(super) adopt: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Resource {
    /// The setup's role
    Role,
    /// Every role
    #[value(name = "*")]
    Any,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub(super) struct PaceArgs {
    /// Accounts at once
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) concurrency: u16,
    /// How long the work on one account may take [default: 2m, in the sandbox 30s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) account_timeout: Option<Duration>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Where the run's folder goes
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) report_dir: PathBuf,
    /// `text` for people, `json` for events as JSON lines on stdout
    #[arg(long, default_value = "text")]
    pub(super) format: Format,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// No progress, only the summary
    #[arg(long)]
    pub(super) quiet: bool,
    /// When to use colour
    #[arg(long, default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    /// `healthy`, `rough` or `accounts=N`, with `latency=50ms` and `seed=N` behind a comma
    #[arg(default_value = "healthy")]
    pub(super) world: String,
    /// The port on 127.0.0.1; 0 for any free one
    #[arg(long, default_value = "0")]
    pub(super) port: u16,
    /// Write each request as a JSON line to this file
    #[arg(long, value_name = "FILE")]
    pub(super) request_log: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum SetupCommand {
    /// The built-in setups
    List,
    /// What a setup would put into one account, filled in
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Box<SetupShowArgs>),
    /// Every mistake in a setup, and what should be looked at
    #[command(after_help = CHECK_EXAMPLES)]
    Check(SetupCheckArgs),
}

const SHOW_EXAMPLES: &str = "Examples:
  rolecall setup show                                          the default setup
  rolecall setup show redshift-ml --pass-role-to user/analyst
  rolecall setup show my/setup.toml --param team=data --account-id 111122223333 --format json";

const CHECK_EXAMPLES: &str = "Examples:
  rolecall setup check my/setup.toml
  rolecall setup check my/setup.toml --partition aws-us-gov --strict      in a pipeline

Exit codes: 0 no mistake; 2 a mistake, or with --strict a warning.";

#[derive(Debug, Args)]
pub(super) struct SetupShowArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(super) setup: String,
    /// The account
    #[arg(long, value_name = "ID", default_value_t = AccountId::EXAMPLE)]
    pub(super) account_id: AccountId,
    /// The account's name
    #[arg(long, value_name = "NAME", default_value = "account")]
    pub(super) account_name: String,
    /// The partition that the account is in
    #[arg(long, default_value_t = Partition::aws())]
    pub(super) partition: Partition,
    /// The region
    #[arg(long, default_value = "us-east-1")]
    pub(super) region: Region,
    /// `text` for people, or `json`
    #[arg(long, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) what: WhatArgs,
}

#[derive(Debug, Args)]
pub(super) struct SetupCheckArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(super) setup: String,
    /// A parameter of the setup; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) param: Vec<(String, String)>,
    /// The partition that the accounts are in
    #[arg(long, default_value_t = Partition::aws())]
    pub(super) partition: Partition,
    /// Exit code 2 for warnings too
    #[arg(long)]
    pub(super) strict: bool,
}

fn passed_to(text: &str) -> Result<PassedTo, String> {
    match text {
        "none" => Ok(PassedTo::Any),
        text if PassedTo::is_service(text) => Ok(PassedTo::Service(text.to_owned())),
        _ => Err("not a service principal such as `machinelearning.amazonaws.com`, nor `none`".to_owned()),
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("not KEY=VALUE".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "not a time such as `90s` or `2m`".to_owned())?;
    Duration::try_from(span).ok().filter(|time| !time.is_zero()).ok_or_else(|| "not more than nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("0s").is_err() && duration("-1s").is_err() && duration("soon").is_err());
    }
}
