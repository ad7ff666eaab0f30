//! From the options to accounts and to a connection.

use std::io::IsTerminal;

use aws_credential_types::Credentials;

use super::account_filter::AccountFilter;
use super::args::options::{ConnectionArgs, EntranceArgs, SourceArgs};
use super::connect::{connect, route};
use super::error::CliError;
use super::ui;
use crate::aws::clients::{Clients, Connection};
use crate::ids::{RolePath, RoleRef};
use crate::inventory::coming::Accounts;
use crate::inventory::file;
use crate::inventory::format::Notes;
use crate::inventory::list::Inventory;
use crate::inventory::organization::{apart, read_organization};
use crate::inventory::select::OneByOne;
use crate::inventory::shard::Shard;
use crate::sandbox::{SandboxHttpClient, World};
use crate::sanitize::printable::printable;

/// Where accounts come from, with what can be known before AWS is contacted.
pub(super) enum Source {
    File(Box<Inventory>),
    Organization,
    Sandbox(World),
}

impl Source {
    /// Reads what needs no AWS.
    pub(super) fn open(args: &SourceArgs, filter: &AccountFilter, quiet: bool) -> Result<Self, CliError> {
        if let Some(told) = filter.told.as_ref().filter(|_| !quiet) {
            ui::say(&printable(told));
        }
        if let Some(path) = &args.accounts {
            if path.as_os_str() == "-" && std::io::stdin().is_terminal() {
                ui::say("reading the accounts from this terminal, up to Ctrl-D");
            }
            let inventory = file::read(path)?;
            filter.check(&inventory)?;
            say_how_it_was_read(&inventory, quiet);
            return Ok(Self::File(Box::new(inventory)));
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

    /// The role to assume. The ARN of one is of one account, so that the run may be of no other.
    pub(super) fn role(&self, entrance: &EntranceArgs, filter: &AccountFilter) -> Result<RolePath, CliError> {
        let RoleRef { account, role } = entrance.assume_role.clone();
        let Some(its) = account else { return Ok(role) };
        let include = &filter.selector.include;
        let alone = match self {
            _ if !include.is_empty() => include.iter().all(|id| *id == its),
            Self::File(inventory) => inventory.entries.iter().all(|entry| entry.account.id == its),
            Self::Organization | Self::Sandbox(_) => false,
        };
        if alone { Ok(role) } else { Err(CliError::OneAccountsRole { its, role }) }
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
            Self::File(inventory) => *inventory,
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
        if chosen.tags.is_some() {
            return Ok(filter.tags.apply_to_file(chosen));
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

/// Says in which form a file was read, and what of it was not.
fn say_how_it_was_read(inventory: &Inventory, quiet: bool) {
    let Notes { format, unread, doubtful_states, several_regions } = &inventory.notes;
    let file = printable(&inventory.source);
    if let Some(format) = format.filter(|_| !quiet) {
        let count = inventory.entries.len();
        ui::say(&format!("{file}: read as {format}, {count} account{}", if count == 1 { "" } else { "s" }));
    }
    if !unread.is_empty() {
        let shown: Vec<String> = unread.iter().take(8).map(|name| format!("`{}`", printable(name))).collect();
        let more = unread.len() - shown.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        ui::say(&format!("{file}: not read: {}{more}", shown.join(", ")));
    }
    if *several_regions > 0 {
        let accounts = if *several_regions == 1 { "1 account" } else { &format!("{several_regions} accounts") };
        ui::say(&format!("{file}: {accounts} with several regions: `{{{{region}}}}` is --region's there"));
    }
    for state in doubtful_states {
        let state = printable(state);
        ui::say(&format!("warning: `{state}` is no state of an account that rolecall knows; its accounts are in"));
    }
}
