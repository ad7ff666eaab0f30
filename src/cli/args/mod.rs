//! What was typed: the commands, each with its options.

pub(super) mod bootstrap;
pub(super) mod doctor;
pub(super) mod one_name;
pub(super) mod options;
pub(super) mod setup;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use doctor::DoctorArgs;
use options::{
    AdoptArgs, Color, ConfirmArgs, ConnectionArgs, EntranceArgs, FilterArgs, GrantArgs, LogArgs, NewPaceArgs,
    OutputArgs, PaceArgs, SourceArgs, StageArgs, TrustArgs, WhatArgs,
};
use setup::SetupCommand;

use super::commands::evidence::EvidenceCommand;
use super::commands::history::HistoryArgs;

/// One IAM role, its trust and its PassRole grant, in every account of an AWS organization.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all well; 1 an account failed or was not reached; 2 the command or its input is \
wrong, and AWS was not contacted; 3 plan found changes, verify found drift, or compare found an account worse; 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Who is in and who is out, and why
    #[command(after_help = ACCOUNTS_EXAMPLES)]
    Accounts(Box<AccountsArgs>),
    /// What apply would change, account by account; writes nothing to AWS
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Box<PlanArgs>),
    /// Put the role, its trust and its grants into every account
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(Box<ApplyArgs>),
    /// Prove that every account has just what the setup says; writes nothing to AWS
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Box<VerifyArgs>),
    /// Take away what rolecall put there, and nothing else
    #[command(after_help = REMOVE_EXAMPLES)]
    Remove(Box<RemoveArgs>),
    /// Go on with a run that was cut off, to one complete report
    #[command(after_help = RESUME_EXAMPLES)]
    Resume(Box<EarlierRunArgs>),
    /// Put back what a run changed, where it is still as the run left it
    #[command(after_help = ROLLBACK_EXAMPLES)]
    Rollback(Box<EarlierRunArgs>),
    /// What changed between two runs' reports
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// All runs of a report folder: what got better or worse, what keeps drifting, who was never looked at
    #[command(after_help = super::commands::history::EXAMPLES)]
    History(HistoryArgs),
    /// One report from the shards of one rollout, checked to be complete
    #[command(after_help = MERGE_EXAMPLES)]
    Merge(MergeArgs),
    /// Sign a run's evidence with an SSH key, and check signature and digests
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Can this machine, these credentials and this organization do a run; if not, what to do
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Box<DoctorArgs>),
    /// A simulated organization on a loopback port, for any AWS client
    #[command(after_help = SANDBOX_EXAMPLES)]
    Sandbox(SandboxArgs),
    /// The setups: which there are, what one would put into an account, what is wrong with one
    #[command(subcommand)]
    Setup(SetupCommand),
    /// Completions for a shell, on stdout
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// The manual page, on stdout; or one for each command, into a folder
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
}

const COMPLETIONS_EXAMPLES: &str = "Examples:
  rolecall completions bash > ~/.local/share/bash-completion/completions/rolecall
  rolecall completions zsh > \"${fpath[1]}/_rolecall\"
  rolecall completions fish > ~/.config/fish/completions/rolecall.fish";

const MAN_EXAMPLES: &str = "Examples:
  rolecall man | man -l -
  rolecall man --out ~/.local/share/man/man1                  rolecall.1, rolecall-apply.1, …";

const ACCOUNTS_EXAMPLES: &str = "Examples:
  rolecall accounts --sandbox                                 try it, without AWS
  rolecall accounts --organization --out inventory.csv        the list to look through and to add to
  rolecall apply --accounts inventory.csv …                   and to work on
  rolecall accounts --organization --new-since latest         who is new since the last run
  rolecall accounts --organization --tag stage=prod           who has this tag in AWS Organizations
  rolecall accounts --organization --diff inventory.csv       who came, went or changed since it was written

Exit code 3 says that --diff found a difference.";

const SANDBOX_EXAMPLES: &str = "Examples:
  rolecall sandbox --port 4599                                then, in another terminal, the lines that it prints and
  rolecall apply --organization --pass-role-to user/analyst
  rolecall sandbox accounts=500,latency=50ms                  500 new accounts
  rolecall sandbox accounts=500,faults=throttle:10%+reset:5%  and much that goes wrong

Faults are KIND:RATE, joined by +. KIND is throttle, 429, error (500), html (500 with a page), reset (before or after the \
request took effect), hang, slow, expired (token), busy (409), stale (reads) or mixed (each of them). Of one operation in \
one account at most two requests in a row are hit; KIND:RATE:final hits every IAM request of that share of accounts; login:RATE \
is a login that is over, found out in that share of accounts.

Ctrl-C ends it. It is no AWS: its credentials open nothing else.";

const PLAN_EXAMPLES: &str = "Examples:
  rolecall plan --sandbox --pass-role-to user/analyst         try it, without AWS
  rolecall plan setups/mine.toml --organization               what would change, before anything does
  rolecall plan --organization --new-since 2026-10-01 …       only in the accounts that joined since

Exit code 3 says that apply would change something; changes.csv has each change, before and after.";

const VERIFY_EXAMPLES: &str = "Examples:
  rolecall verify --organization --pass-role-to user/analyst  is every account as the setup says?
  rolecall verify --accounts inventory.csv --simulate …       and may the role really do its work?
  rolecall verify --organization --against latest …           and what changed since last time?

Exit code 3 says that an account differs, or with --against that one is worse. evidence.jsonl has what was wanted and what was found in each.";

const REMOVE_EXAMPLES: &str = "Examples:
  rolecall remove --organization --include 123456789012 …     one account first
  rolecall remove --accounts inventory.csv --pass-role-to user/analyst

Only a role with the tag rolecall:setup of this setup is deleted. Name with --pass-role-to whose grants go.";

const APPLY_EXAMPLES: &str = "Examples:
  rolecall apply --sandbox --pass-role-to user/analyst        try it, without AWS
  rolecall apply --organization --include 123456789012 …      one account first
  rolecall apply --organization --preflight --waves 1,5%,100% --max-failures 2 …
                                                              a look at all, then one, then a few, then all
  rolecall apply --accounts inventory.csv --yes …             from a file, without a terminal
  rolecall apply --organization --new-since latest …          the accounts that came since, and only those
  rolecall apply --organization --only failed,not_reached --from latest …   what did not go well, again";

const RESUME_EXAMPLES: &str = "Examples:
  rolecall resume latest                                      after a crash, a full disk or Ctrl-C
  rolecall resume 2026-11-24T09-30-05Z-apply-demo --yes --concurrency 10

Accounts that are done stay as they are, failed ones too. Accounts that were cut off are looked at again first, so that no
write is made twice. The setup, the accounts and the options are those of the run.";

const ROLLBACK_EXAMPLES: &str = "Examples:
  rolecall rollback latest                                    what the newest run changed
  rolecall rollback 2026-11-24T09-30-05Z-apply-demo --yes     without a terminal

Each account is looked at first. Where anything that the run wrote is neither as the run left it nor as it was before,
nothing is written and the account is failed with the code Conflict. A rollback is a run with a folder of its own. It goes
in by the role that the run went in by; that of `setup bootstrap` suffices, unless `--for` left out `rollback`.";

const COMPARE_EXAMPLES: &str = "Examples:
  rolecall compare 2026-08-24T09-30-05Z-verify-demo latest
  rolecall compare archive/q3 archive/q4 --format csv > changed.csv

Exit codes: 0 no account is worse; 1 a file is not as its run left it; 2 that is not a run's folder; 3 an account is \
worse.";

const MERGE_EXAMPLES: &str = "Examples:
  rolecall apply --organization --shard 1/4 …                 here, 2/4 to 4/4 elsewhere
  rolecall merge reports/*-shard-*-of-4                       where their folders are
  rolecall merge a/reports/latest b/reports/latest            each by its folder

Every account of the list must be in one of the runs, and in one only, and every run must have come to its end: one that was \
cut off is gone on with first (`rolecall resume`). The merged run has a folder of its own, as if one process had done it all.";

#[derive(Debug, Args)]
pub(crate) struct AccountsArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Write the inventory CSV to this file, for `--accounts`
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file, if it is there already
    #[arg(long, requires = "out", help_heading = "Output")]
    pub(crate) force: bool,
    /// Show what changed since this inventory was written: who came, went, or is in or out otherwise
    #[arg(long, value_name = "OLD.csv", help_heading = "Output")]
    pub(crate) diff: Option<PathBuf>,
    /// Where runs are looked for by their ids
    #[arg(long, value_name = "DIR", default_value = "reports", help_heading = "Output")]
    pub(crate) report_dir: PathBuf,
    /// `text` for people, `csv` for `--accounts` [default: text on a terminal or with --out, else csv]
    #[arg(long, help_heading = "Output")]
    pub(crate) format: Option<AccountsFormat>,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    /// When to use colour
    #[arg(long, default_value = "auto", help_heading = "Output")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccountsFormat {
    Text,
    Csv,
}

/// What every command takes that goes into the accounts.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(crate) setup: String,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) entrance: EntranceArgs,
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) adopt: AdoptArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    #[command(flatten)]
    pub(crate) adopt: AdoptArgs,
    #[command(flatten)]
    pub(crate) stages: StageArgs,
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
    /// Ask IAM's policy simulator, too, whether the role may do its work and the grantees may pass it
    #[arg(long)]
    pub(crate) simulate: bool,
    /// Then compare with this earlier run: its id, its folder, or `latest`; leaves compare.json beside the report
    #[arg(long, value_name = "RUN")]
    pub(crate) against: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Take the role away even if it has policies that are not the setup's or is in instance profiles
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) stages: StageArgs,
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,
}

/// What `resume` and `rollback` take: a run of before, and what may be otherwise than it was then.
#[derive(Debug, Args)]
pub(crate) struct EarlierRunArgs {
    /// The run: its id, its folder, or `latest`
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) pace: NewPaceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The runs of the shards, each by its id, its folder, or `latest`
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The earlier run: its id, its folder, or `latest`
    pub(crate) old: String,
    /// The later run
    pub(crate) new: String,
    /// Where runs are looked for by their ids
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) report_dir: PathBuf,
    /// `text` for people, `csv` with a row for each account that changed, `json` with everything
    #[arg(long, default_value = "text")]
    pub(crate) format: CompareFormat,
    /// When to use colour
    #[arg(long, default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    Text,
    Csv,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// `healthy`, `rough` or `accounts=N`, with `latency=50ms`, `seed=N` and `faults=KIND:RATE` behind commas
    #[arg(default_value = "healthy")]
    pub(crate) world: String,
    /// The port on 127.0.0.1; 0 for any free one
    #[arg(long, default_value = "0")]
    pub(crate) port: u16,
    /// Write each request as a JSON line to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) request_log: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
