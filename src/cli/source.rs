//! From the options to accounts and to a connection.

use aws_credential_types::Credentials;

use super::account_filter::AccountFilter;
use super::args::options::{ConnectionArgs, SourceArgs};
use super::connect::{connect, route};
use super::error::CliError;
use super::ui;
use crate::aws::clients::{Clients, Connection};
use crate::inventory::coming::Accounts;
use crate::inventory::csv_file;
use crate::inventory::list::Inventory;
use crate::inventory::organization::{apart, read_organization};
use crate::inventory::select::OneByOne;
use crate::inventory::shard::Shard;
use crate::sandbox::{SandboxHttpClient, World};

/// Where accounts come from, with what can be known before AWS is contacted.
pub(super) enum Source {
    File(Inventory),
    Organization,
    Sandbox(World),
}

impl Source {
    /// Reads what needs no AWS.
    pub(super) fn open(args: &SourceArgs, filter: &AccountFilter) -> Result<Self, CliError> {
        if let Some(path) = &args.accounts {
            let inventory = csv_file::read(path)?;
            filter.check(&inventory)?;
            for (name, known) in &inventory.doubtful_columns {
                let name = crate::sanitize::printable::printable(name);
                ui::say(&format!("warning: the column `{name}` is ignored; did you mean `{known}`?"));
            }
            for state in &inventory.doubtful_states {
                let state = crate::sanitize::printable::printable(state);
                ui::say(&format!(
                    "warning: `{state}` is no state of an account that rolecall knows; its accounts are in"
                ));
            }
            return Ok(Self::File(inventory));
        }
        match &args.sandbox {
            Some(spec) => Ok(Self::Sandbox(World::from_spec(spec)?)),
            None => Ok(Self::Organization),
        }
    }

    pub(super) fn is_sandbox(&self) -> bool {
        matches!(self, Self::Sandbox(_))
    }

    /// Connects to AWS, or to the sandbox.
    pub(super) async fn connect(&self, args: &ConnectionArgs) -> Result<Clients, CliError> {
        connect(self.connection(args)?, args, args.sts_pace()).await
    }

    /// How AWS, or the sandbox, is reached.
    pub(super) fn connection(&self, args: &ConnectionArgs) -> Result<Connection, CliError> {
        Ok(match self {
            Self::Sandbox(world) => {
                let given = world.credentials();
                Connection::Simulated {
                    http: SandboxHttpClient::shared(world.clone()),
                    credentials: Credentials::new(given.access_key_id, given.secret_access_key, None, None, "sandbox"),
                    region: world.region().parse().map_err(crate::aws::clients::ConnectError::Region)?,
                }
            }
            Self::File(_) | Self::Organization => Connection::Aws(route(args)),
        })
    }

    /// What is asked of accounts, where the work on the first can begin before the last is known.
    pub(super) fn one_by_one(&self, filter: &AccountFilter) -> Option<OneByOne> {
        match self {
            Self::Organization | Self::Sandbox(_) if filter.tags.is_empty() => filter.selector.one_by_one(),
            _ => None,
        }
    }

    /// The accounts, or the shard's of them, each in or out, and one of them in at least.
    pub(super) async fn inventory(
        self,
        clients: &Clients,
        filter: &AccountFilter,
        shard: Option<Shard>,
        quiet: bool,
    ) -> Result<Accounts, CliError> {
        Ok(self.listed(clients, filter, shard, quiet).await?.with_work()?.into())
    }

    /// The accounts, or the shard's of them, each in or out.
    pub(super) async fn listed(
        self,
        clients: &Clients,
        filter: &AccountFilter,
        shard: Option<Shard>,
        quiet: bool,
    ) -> Result<Inventory, CliError> {
        let selector = &filter.selector;
        let all = match self {
            Self::File(inventory) => inventory,
            Self::Organization | Self::Sandbox(_) => {
                let mut told = 0;
                read_organization(clients, selector.needs_parents(), |read| {
                    if !quiet && read >= told + 500 {
                        told = read;
                        ui::say(&format!("{read} accounts listed"));
                    }
                })
                .await?
            }
        };
        let (apart, unknown) = apart(clients).await?;
        if let Some(why) = unknown {
            ui::say(&format!(
                "note: which is the management account is not known, so that the caller's own is left out in its place: {}",
                crate::sanitize::printable::printable(&why.to_string())
            ));
        }
        let mut chosen = selector.apply(all, apart)?;
        if let Some(shard) = shard {
            chosen = chosen.part(shard);
        }
        if filter.tags.is_empty() {
            return Ok(chosen);
        }
        let asked = chosen.selected();
        let tell = |so_far: usize| {
            if !quiet && so_far.is_multiple_of(100) && so_far < asked {
                ui::say(&format!("the tags of {so_far} of {asked} accounts read"));
            }
        };
        Ok(filter.tags.apply(clients, chosen, tell).await?)
    }
}
