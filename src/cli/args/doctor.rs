//! What was typed behind `rolecall doctor`.

use std::path::PathBuf;

use clap::Args;

use super::options::{Color, ConnectionArgs, EntranceArgs, FilterArgs, Format, WhatArgs};

pub(crate) const EXAMPLES: &str = "Examples:
  rolecall doctor --sandbox                                   try it, without AWS
  rolecall doctor                                             credentials, organization, one of its accounts
  rolecall doctor --include 123456789012 --assume-role Ops    this account, through that role

Exit codes: 0 a run can be made; 1 it would not end well; 2 the same, and AWS was not contacted.";

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(crate) setup: String,
    #[command(flatten)]
    pub(crate) source: DoctorSource,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) entrance: EntranceArgs,
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Where runs' folders are to go
    #[arg(long, value_name = "DIR", default_value = "reports", help_heading = "Output")]
    pub(crate) report_dir: PathBuf,
    /// `text` for people, or `json`
    #[arg(long, default_value = "text", help_heading = "Output")]
    pub(crate) format: Format,
    /// When to use colour
    #[arg(long, default_value = "auto", help_heading = "Output")]
    pub(crate) color: Color,
}

/// As for a run, but that none needs to be named.
#[derive(Debug, Args)]
#[group(multiple = false)]
#[command(next_help_heading = "Where accounts come from (one of)")]
pub(crate) struct DoctorSource {
    /// A list of accounts, as for a run: CSV, JSON, YAML or account ids alone; `-` for stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts: Option<PathBuf>,
    /// AWS Organizations, of the caller's organization; so it is where none is named
    #[arg(long)]
    pub(crate) organization: bool,
    /// A simulated organization inside this process: no AWS account, no network
    #[arg(long, value_name = "WORLD", num_args = 0..=1, require_equals = true, default_missing_value = "healthy")]
    pub(crate) sandbox: Option<String>,
}
