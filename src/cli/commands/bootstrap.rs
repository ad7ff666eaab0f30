//! `rolecall setup bootstrap`: the role that has to be in the accounts before the first run, with no more than a setup
//! needs, and the policy of whoever runs rolecall.

use std::collections::BTreeSet;

use clap::ValueEnum;

use crate::account::rollback::power::rollback_allowances;
use crate::account::session::{Allowance, Power, allowances, preflight_allowances};
use crate::aws::clients::ConnectError;
use crate::bootstrap::{Blueprint, Need, Trusted, Whose, caller, member};
use crate::cli::args::bootstrap::{BootstrapArgs, BootstrapFormat, Purpose};
use crate::cli::error::CliError;
use crate::cli::rollout::choices;
use crate::cli::ui;
use crate::ids::{AccountId, Partition, RolePath};
use crate::setup::desired::Desired;
use crate::setup::resolve::{Choices, Place, Setup};

impl Purpose {
    /// What its sessions are made of, where the role is for all these commands.
    fn allowances(self, among: &[Self], desired: &Desired, assume_role: &RolePath) -> Vec<Allowance> {
        let powers: &[Power] = match self {
            Self::Plan => &[Power::Read],
            Self::Apply => &[Power::Write],
            Self::Verify => &[Power::Read, Power::Simulate],
            Self::Remove => &[Power::Remove],
            Self::Rollback => {
                let undone: &[Power] = match (among.contains(&Self::Apply), among.contains(&Self::Remove)) {
                    (true, false) => &[Power::Write],
                    (false, true) => &[Power::Remove],
                    (true, true) | (false, false) => &[Power::Write, Power::Remove],
                };
                return rollback_allowances(desired, undone);
            }
            // What it reads for a removal, a removal reads too.
            Self::Preflight => return preflight_allowances(desired, false, assume_role),
        };
        powers.iter().flat_map(|power| allowances(desired, *power)).collect()
    }
}

pub(crate) fn bootstrap(args: BootstrapArgs) -> Result<u8, CliError> {
    let setup = Setup::load(&args.setup, choices(&args.what, None, false))?;
    let whose = if args.caller { Whose::Caller } else { Whose::Member };
    if args.caller && args.trust_to.as_ref().is_some_and(Trusted::is_account) {
        return Err(CliError::NoOneCaller);
    }
    let partition = args.trust_to.as_ref().map_or_else(Partition::aws, |trusted| trusted.partition().clone());
    let commands: BTreeSet<Purpose> = args.commands.iter().copied().collect();
    let needs =
        if args.caller { caller(&args.assume_role, args.trust_to.as_ref()) } else { needs(&args, &setup, &partition)? };
    let words: Vec<String> =
        commands.iter().filter_map(|purpose| Some(purpose.to_possible_value()?.get_name().to_owned())).collect();
    let version = env!("CARGO_PKG_VERSION");
    let about = if args.caller {
        format!("Made by rolecall {version} for whoever runs it")
    } else {
        format!("Made by rolecall {version} for the setup {} and the commands {}", setup.name(), words.join(", "))
    };
    let BootstrapArgs { assume_role, external_id, trust_to: trusted, .. } = args;
    let blueprint = Blueprint { whose, assume_role, needs, trusted, external_id, about };
    let text = match args.format {
        BootstrapFormat::Cloudformation => blueprint.cloudformation(),
        BootstrapFormat::Terraform => blueprint.terraform(),
        BootstrapFormat::Json => {
            let json = blueprint.json(&partition).ok_or(CliError::NobodyTrusted)?;
            format!("{}\n", serde_json::to_string_pretty(&json).map_err(std::io::Error::from)?)
        }
    };
    ui::out(&text)?;
    if !args.caller && args.what.pass_role_to.is_empty() && !grants(&setup, &partition)? {
        ui::say("note: nobody gets a grant; with --pass-role-to, as in the runs, it has what grants need too");
    }
    Ok(0)
}

/// The setup in an account that there is not.
fn filled(setup: &Setup, partition: &Partition, account: AccountId, name: &str) -> Result<Desired, CliError> {
    // What is needed goes by names of IAM, which has no regions.
    let region = "us-east-1".parse().map_err(ConnectError::Region)?;
    let place = Place { account, account_name: name.to_owned(), partition: partition.clone(), region };
    Ok(setup.fill(&place, &Choices::default())?)
}

/// What the role has to be allowed, if that is the same in every account.
fn needs(args: &BootstrapArgs, setup: &Setup, partition: &Partition) -> Result<Vec<Need>, CliError> {
    let needs = |account, name| -> Result<Vec<Need>, CliError> {
        let desired = filled(setup, partition, account, name)?;
        let among = args.commands.as_slice();
        let all = among.iter().flat_map(|purpose| purpose.allowances(among, &desired, &args.assume_role));
        Ok(member(&desired, &all.collect::<Vec<_>>()))
    };
    let in_one = needs(AccountId::EXAMPLE, "one")?;
    if in_one == needs(AccountId::OTHER_EXAMPLE, "other")? { Ok(in_one) } else { Err(CliError::NamesDiffer) }
}

fn grants(setup: &Setup, partition: &Partition) -> Result<bool, CliError> {
    Ok(filled(setup, partition, AccountId::EXAMPLE, "one")?.granted().next().is_some())
}
