//! What was typed behind `rolecall setup`.

use clap::{Args, Subcommand};

use super::bootstrap::BootstrapArgs;
use super::options::{Format, GrantArgs, WhatArgs, key_value};
use crate::ids::{AccountId, Partition, Region};

#[derive(Debug, Subcommand)]
pub(crate) enum SetupCommand {
    /// The built-in setups
    #[command(after_help = LIST_EXAMPLES)]
    List,
    /// What a setup would put into one account, filled in
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Box<SetupShowArgs>),
    /// Every mistake in a setup, and what should be looked at
    #[command(after_help = CHECK_EXAMPLES)]
    Check(SetupCheckArgs),
    /// The least role that a setup needs in each account, to be rolled out before the first run
    #[command(after_help = super::bootstrap::EXAMPLES)]
    Bootstrap(Box<BootstrapArgs>),
}

const LIST_EXAMPLES: &str = "Examples:
  rolecall setup list
  rolecall apply redshift-ml --sandbox                         one of them, by its name";

const SHOW_EXAMPLES: &str = "Examples:
  rolecall setup show                                          the default setup
  rolecall setup show redshift-ml --pass-role-to user/analyst
  rolecall setup show my/setup.toml --param team=data --account-id 111122223333 --format json";

const CHECK_EXAMPLES: &str = "Examples:
  rolecall setup check my/setup.toml
  rolecall setup check my/setup.toml --partition aws-us-gov --strict      in a pipeline

Exit codes: 0 no mistake; 2 a mistake, or with --strict a warning.";

#[derive(Debug, Args)]
pub(crate) struct SetupShowArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(crate) setup: String,
    /// The account
    #[arg(long, value_name = "ID", default_value_t = AccountId::EXAMPLE)]
    pub(crate) account_id: AccountId,
    /// The account's name
    #[arg(long, value_name = "NAME", default_value = "account")]
    pub(crate) account_name: String,
    /// The partition that the account is in
    #[arg(long, default_value_t = Partition::aws())]
    pub(crate) partition: Partition,
    /// The region
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: Region,
    /// `text` for people, or `json`
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    #[command(flatten)]
    pub(crate) grant: GrantArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SetupCheckArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(crate) setup: String,
    /// A parameter of the setup; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) param: Vec<(String, String)>,
    /// The partition that the accounts are in
    #[arg(long, default_value_t = Partition::aws())]
    pub(crate) partition: Partition,
    /// Exit code 2 for warnings too
    #[arg(long)]
    pub(crate) strict: bool,
}
