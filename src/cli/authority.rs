//! Whether what a journal says was done is what its run's command can have done, for the setup and the accounts that it had.

use std::collections::HashMap;

use super::error::CliError;
use crate::account::authority::not_of_the_setup;
use crate::account::rollback::RunWrites;
use crate::ids::AccountId;
use crate::inventory::list::Selection;
use crate::rollout::journal::Logbook;
use crate::rollout::worker::row_choices;
use crate::setup::resolve::{Place, Setup};

/// Holds the writes against the setup, account by account, before anything is undone. A setup that has changed since says
/// nothing: then the journal has to be sealed.
///
/// # Errors
/// The first write that the run cannot have made, or that there is nothing to hold them against.
pub(super) fn of_the_setup(book: &Logbook, deeds: &HashMap<AccountId, RunWrites>) -> Result<(), CliError> {
    let terms = &book.terms;
    let setup = match Setup::load(&terms.setup, terms.choices.clone()) {
        Ok(setup) if setup.digest() == book.run.setup_digest => setup,
        _ if book.chain.is_sealed() => return Ok(()),
        Ok(_) => return Err(CliError::SetupChanged { setup: terms.setup.clone() }),
        Err(error) => return Err(error.into()),
    };
    let stranger = |account, why| Err(CliError::NotOfTheSetup { account, why });
    let mut known = 0;
    for entry in book.entries.iter().filter(|entry| entry.selection == Selection::In) {
        let Some(deeds) = deeds.get(&entry.account.id) else { continue };
        known += 1;
        let place = Place {
            account: entry.account.id,
            account_name: entry.account.name.clone(),
            partition: book.run.partition.clone(),
            region: entry.account.overrides.region.clone().unwrap_or_else(|| terms.region.clone()),
        };
        let desired = setup.fill(&place, &row_choices(&entry.account.overrides))?;
        let mut done = deeds.done.iter();
        if let Some(why) = done.find_map(|change| not_of_the_setup(&desired, terms.goal, change, &book.run.partition)) {
            return stranger(entry.account.id, why);
        }
    }
    let is_in = |account: &AccountId| {
        book.entries.iter().any(|entry| entry.account.id == *account && entry.selection == Selection::In)
    };
    match deeds.keys().find(|account| known < deeds.len() && !is_in(account)) {
        Some(account) => stranger(*account, "writes in an account that the run did not work on".to_owned()),
        None => Ok(()),
    }
}
