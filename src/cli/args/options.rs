//! The options that several commands share, as they are typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::one_name;
use crate::account::outcome::AccountStatus;
use crate::aws::clients::StsPace;
use crate::aws::settings::is_endpoint;
use crate::ids::{AccountId, ExternalId, PrincipalRef, Region, RoleName, RoleRef, SessionName, SourceIdentity};
use crate::inventory::shard::Shard;
use crate::rollout::order::{DEFAULT_SEED, Seed};
use crate::rollout::rounds::Rounds;
use crate::rollout::tolerance::Tolerance;
use crate::rollout::waves::Waves;
use crate::setup::resolve::PassedTo;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "Where accounts come from (one of)")]
pub(crate) struct SourceArgs {
    /// A list of accounts, `-` for stdin: CSV with a column `account_id`, the Organizations console's export, the JSON of
    /// `aws organizations list-accounts`, c7n-org's accounts.yml, or account ids alone; the content tells which
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: Option<PathBuf>,
    /// AWS Organizations, of the caller's organization
    #[arg(long)]
    pub(crate) organization: bool,
    /// A simulated organization inside this process: no AWS account, no network. WORLD is `healthy`, `rough` or
    /// `accounts=N`, with `latency=50ms`, `seed=N` and `faults=throttle:10%` (see `rolecall sandbox --help`) behind commas
    #[arg(long, value_name = "WORLD", num_args = 0..=1, require_equals = true, default_missing_value = "healthy")]
    pub(crate) sandbox: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Which of them")]
pub(crate) struct FilterArgs {
    /// Only these accounts
    #[arg(long, value_name = "ID,…", value_delimiter = ',', value_parser = one_name::account)]
    pub(crate) include: Vec<AccountId>,
    /// Not these accounts
    #[arg(long, value_name = "ID,…", value_delimiter = ',', value_parser = one_name::account)]
    pub(crate) exclude: Vec<AccountId>,
    /// Only accounts in or below these roots and organizational units, by id, name or path: `Workloads/Prod`
    #[arg(long, value_name = "UNIT,…", value_delimiter = ',', value_parser = one_name::unit)]
    pub(crate) ou: Vec<String>,
    /// No account in or below these
    #[arg(long, value_name = "UNIT,…", value_delimiter = ',', value_parser = one_name::unit)]
    pub(crate) exclude_ou: Vec<String>,
    /// Only accounts with this tag in AWS Organizations, or in c7n-org's file; repeatable: each key must match, with any of its values
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) tag: Vec<(String, String)>,
    /// Only accounts that ended the run of --from with one of these, such as `failed,not_reached`
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',', requires = "from")]
    pub(crate) only: Vec<AccountStatus>,
    /// The earlier run that --only speaks of: its id, its folder, or `latest`
    #[arg(long, value_name = "RUN", requires = "only")]
    pub(crate) from: Option<String>,
    /// Only accounts that neither this run nor one before it brought to a good end (where one failed, or all of them
    /// skipped it, it is new), or that joined the organization after this day or time
    #[arg(long, value_name = "RUN-or-DATE", value_parser = since)]
    pub(crate) new_since: Option<Since>,
    /// The organization's management account too
    #[arg(long)]
    pub(crate) management_account: bool,
}

/// What `--new-since` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since {
    Date(Timestamp),
    Run(String),
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How to reach AWS")]
pub(crate) struct ConnectionArgs {
    /// The profile of the AWS configuration; nothing else is used, not even keys in the environment
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Another profile for AWS Organizations, where who may list accounts is not who may assume roles in them
    #[arg(long, value_name = "NAME")]
    pub(crate) list_profile: Option<String>,
    /// The region, for STS
    #[arg(long)]
    pub(crate) region: Option<Region>,
    /// Go on only in this organization, `o-…`
    #[arg(long, value_name = "ID", value_parser = organization)]
    pub(crate) expect_organization: Option<String>,
    /// Go on only as a caller of this account
    #[arg(long, value_name = "ID")]
    pub(crate) expect_account: Option<AccountId>,
    /// One endpoint for every service, also for the calls that get credentials, such as that of `rolecall sandbox`
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    pub(crate) endpoint_url: Option<String>,
    /// Regions to ask STS in, instead of the one of --region; the accounts are dealt out among them. Each has a quota of its
    /// own, so that --sts-rate counts in each
    #[arg(long, value_name = "REGION,…", value_delimiter = ',')]
    pub(crate) sts_regions: Vec<Region>,
    /// Calls to STS per second, at most
    #[arg(long, value_name = "N", default_value = "200")]
    pub(crate) sts_rate: std::num::NonZeroU32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How to get in")]
pub(crate) struct EntranceArgs {
    /// The role to assume in each account: NAME, PATH/NAME or role/NAME; of one account alone, its ARN
    #[arg(long, value_name = "NAME", default_value = "OrganizationAccountAccessRole", value_parser = one_name::role)]
    pub(crate) assume_role: RoleRef,
    /// The external id that its trust policy asks for
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<ExternalId>,
    /// A file with the external id in it, so that the list of processes does not show it; or set ROLECALL_EXTERNAL_ID
    #[arg(long, value_name = "FILE", conflicts_with = "external_id")]
    pub(crate) external_id_file: Option<PathBuf>,
    /// The sessions' name, which CloudTrail shows
    #[arg(long, value_name = "NAME", default_value = "rolecall")]
    pub(crate) session_name: SessionName,
    /// Who is behind the sessions; trust policies must allow it
    #[arg(long, value_name = "NAME")]
    pub(crate) source_identity: Option<SourceIdentity>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What to put there")]
pub(crate) struct WhatArgs {
    /// Another name for the setup's role
    #[arg(long, value_name = "NAME", value_parser = one_name::role_name)]
    pub(crate) role_name: Option<RoleName>,
    /// Who may pass the role: user/NAME, group/NAME or role/NAME; repeatable
    #[arg(long, value_name = "KIND/NAME", value_parser = one_name::principal)]
    pub(crate) pass_role_to: Vec<PrincipalRef>,
    /// A parameter of the setup; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) param: Vec<(String, String)>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What to put there")]
pub(crate) struct GrantArgs {
    /// What may be passed: the setup's role alone, or every role of the account
    #[arg(long, value_name = "WHAT")]
    pub(crate) pass_role_resource: Option<Resource>,
    /// The service that the role may be passed to (`iam:PassedToService`); `none` for no such condition
    #[arg(long, value_name = "PRINCIPAL", value_parser = passed_to)]
    pub(crate) pass_role_service: Option<PassedTo>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What to put there")]
pub(crate) struct AdoptArgs {
    /// Take over a role of that name that is not rolecall's
    #[arg(long)]
    pub(crate) adopt: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ConfirmArgs {
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct TrustArgs {
    /// Go on although the journal is not sealed with this machine's key: nobody else could write to the run's folder
    #[arg(long)]
    pub(crate) trust_journal: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Resource {
    /// The setup's role
    Role,
    /// Every role
    #[value(name = "*")]
    Any,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub(crate) struct PaceArgs {
    /// Accounts at once
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: u16,
    /// How long the work on one account may take, in each round [default: 2m, in the sandbox 15s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) account_timeout: Option<Duration>,
    /// How often an account is worked on at most, where it fails for something that passes (throttling, a broken connection,
    /// a timeout): again after all others and a pause. 1 for no second round
    #[arg(long, value_name = "N", default_value_t)]
    pub(crate) rounds: Rounds,
    /// How long to wait for an account whose role cannot be assumed yet, because the account is new [default: not]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) wait_ready: Option<Duration>,
    /// Only the Ith of N parts of the accounts, by their ids, for N processes that share a rollout; `rolecall merge` makes
    /// one report of theirs. `auto/N` takes I from JOB_COMPLETION_INDEX (Kubernetes) or AWS_BATCH_JOB_ARRAY_INDEX
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(crate) shard: Option<Shard>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub(crate) struct StageArgs {
    /// How many accounts are done when each wave is over; a wave is read back before the next begins. The last wave is
    /// all of them
    #[arg(long, value_name = "N,P%,…")]
    pub(crate) waves: Option<Waves>,
    /// How many accounts may fail, `2` or `5%`; then the run halts [default: any number, with --waves none]
    #[arg(long, value_name = "LIMIT")]
    pub(crate) max_failures: Option<Tolerance>,
    /// What the order of the accounts comes from [default: 1, so that the same go first each time]
    #[arg(long, value_name = "N", requires = "waves")]
    pub(crate) seed: Option<u64>,
    /// Look at every account before the first write anywhere; if one fails, nothing is written
    #[arg(long)]
    pub(crate) preflight: bool,
}

impl ConnectionArgs {
    /// How STS is asked.
    pub(crate) fn sts_pace(&self) -> StsPace {
        // One that is named twice has one quota all the same.
        let mut regions: Vec<Region> = Vec::new();
        for region in &self.sts_regions {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
        StsPace { per_second: self.sts_rate, regions }
    }
}

impl StageArgs {
    /// How many accounts may fail: with waves none, unless something else is said.
    pub(crate) fn tolerance(&self) -> Option<Tolerance> {
        self.max_failures.or_else(|| self.waves.is_some().then_some(Tolerance::NONE))
    }

    /// What the order comes from, where there is one.
    pub(crate) fn order(&self) -> Option<Seed> {
        self.waves.is_some().then(|| Seed(self.seed.unwrap_or(DEFAULT_SEED)))
    }
}

/// The pace of a run that is gone on with; what is left out is as it was.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub(crate) struct NewPaceArgs {
    /// Accounts at once [default: as before]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: Option<u16>,
    /// How long the work on one account may take [default: as before]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) account_timeout: Option<Duration>,
    /// How often an account is worked on at most, where it fails for something that passes [default: as before]
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<Rounds>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Where the run's folder goes
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) report_dir: PathBuf,
    /// `text` for people, `json` for events as JSON lines on stdout
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
    /// Write the run as JUnit's XML to this file: an account is a test case
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the run as SARIF 2.1.0 to this file: an account that is not as it should be is a result
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
    /// No progress, only the summary
    #[arg(long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    /// When to use colour
    #[arg(long, default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct LogArgs {
    /// Say on stderr what is done in each account; twice: each step and each call to IAM
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Write that, with each call, to this file: as JSON lines where its name ends in .json or .jsonl
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// A day begins at midnight, UTC.
fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Since::Date(at));
    }
    let looks_like_a_day = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if !looks_like_a_day {
        return Ok(Since::Run(text.to_owned()));
    }
    let midnight = format!("{text}T00:00:00Z").parse();
    midnight.map(Since::Date).map_err(|_| "there is no such day".to_owned())
}

fn passed_to(text: &str) -> Result<PassedTo, String> {
    match text {
        "none" => Ok(PassedTo::Any),
        text if PassedTo::is_service(text) => Ok(PassedTo::Service(text.to_owned())),
        _ => Err("not a service principal such as `machinelearning.amazonaws.com`, nor `none`".to_owned()),
    }
}

pub(crate) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("not KEY=VALUE".to_owned()),
    }
}

/// The form that AWS gives: `o-` and 10 to 32 small letters and digits.
fn organization(text: &str) -> Result<String, String> {
    let is_id = text.strip_prefix("o-").is_some_and(|rest| {
        (10..=32).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    if is_id { Ok(text.to_owned()) } else { Err("not the id of an organization such as `o-exampleorgid`".to_owned()) }
}

fn endpoint(text: &str) -> Result<String, String> {
    if is_endpoint(text) { Ok(text.to_owned()) } else { Err("not a URL such as `http://127.0.0.1:4599`".to_owned()) }
}

/// Where array jobs say which of them a process is, from 0.
const ARRAY_INDEX: [&str; 2] = ["JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"];

fn shard(text: &str) -> Result<Shard, String> {
    let Some(of) = text.strip_prefix("auto/") else {
        return text.parse().map_err(|_| "not I/N, with I from 1 to N and N at most 10000, nor auto/N".to_owned());
    };
    let of: u32 =
        of.parse().ok().filter(|of| Shard::new(1, *of).is_some()).ok_or("not auto/N, with N at most 10000")?;
    let set = ARRAY_INDEX.iter().find_map(|name| Some((name, std::env::var(name).ok()?)));
    let (name, index) = set.ok_or_else(|| format!("neither {} is set", ARRAY_INDEX.join(" nor ")))?;
    let number = index.parse::<u32>().ok().and_then(|index| index.checked_add(1));
    number
        .and_then(|number| Shard::new(number, of))
        .ok_or_else(|| format!("{name} is `{index}`, not from 0 below {of}"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "not a time such as `90s` or `2m`".to_owned())?;
    Duration::try_from(span).ok().filter(|time| !time.is_zero()).ok_or_else(|| "not more than nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("0s").is_err() && duration("-1s").is_err() && duration("soon").is_err());
    }

    #[test]
    fn a_day_a_time_and_a_run_are_told_apart() {
        let date = |text: &str| Ok(Since::Date(text.parse().unwrap()));
        assert_eq!(since("2026-11-01"), date("2026-11-01T00:00:00Z"));
        assert_eq!(since("2026-11-01T08:30:00+02:00"), date("2026-11-01T06:30:00Z"));
        assert_eq!(since("2026-13-01"), Err("there is no such day".to_owned()));
        for run in ["latest", "2026-11-24T09-30-05Z-apply-demo", "archive/q3"] {
            assert_eq!(since(run), Ok(Since::Run(run.to_owned())));
        }
    }
}
