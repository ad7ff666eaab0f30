//! What was typed behind `rolecall setup bootstrap`.

use clap::{Args, ValueEnum};

use super::options::WhatArgs;
use crate::bootstrap::Trusted;
use crate::ids::{ExternalId, RolePath};

pub(crate) const EXAMPLES: &str = "Examples:
  rolecall setup bootstrap --pass-role-to user/analyst > member.yaml
  rolecall setup bootstrap my/setup.toml --for plan,verify --format terraform
  rolecall setup bootstrap --caller --trust-to arn:aws:iam::111122223333:role/Runner --format json

Roll member.yaml out as a service-managed StackSet; then run with --assume-role RolecallMember.";

#[derive(Debug, Args)]
pub(crate) struct BootstrapArgs {
    /// A built-in setup's name, or the path of a setup file (`….toml`)
    #[arg(default_value = "amazon-ml-redshift")]
    pub(crate) setup: String,
    /// What it is written as
    #[arg(long, default_value = "cloudformation")]
    pub(crate) format: BootstrapFormat,
    /// The policy of whoever runs rolecall, instead of the role of the accounts
    #[arg(long)]
    pub(crate) caller: bool,
    /// The commands that it has to suffice for
    #[arg(
        long = "for",
        value_name = "COMMAND,…",
        value_delimiter = ',',
        default_value = "plan,apply,verify,remove,rollback,preflight"
    )]
    pub(crate) commands: Vec<Purpose>,
    /// The name of the role, for `--assume-role`
    #[arg(long, value_name = "NAME", default_value = "RolecallMember", value_parser = super::one_name::role_path)]
    pub(crate) assume_role: RolePath,
    /// The external id that its trust asks for
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<ExternalId>,
    /// Who runs rolecall: the ARN of a role or a user [default: a parameter of the template]
    #[arg(long, value_name = "ARN")]
    pub(crate) trust_to: Option<Trusted>,
    #[command(flatten)]
    pub(crate) what: WhatArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BootstrapFormat {
    /// A template with parameters
    Cloudformation,
    /// A file with variables
    Terraform,
    /// Plain policies
    Json,
}

/// What the role is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Purpose {
    Plan,
    Apply,
    /// With the policy simulator and without
    Verify,
    Remove,
    /// Of what of apply and remove is named with it; of both where neither is
    Rollback,
    /// apply and remove with a look at every account first
    Preflight,
}
