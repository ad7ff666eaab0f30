//! Which accounts of an inventory are in. Pure.

use std::collections::BTreeSet;

use super::error::InventoryError;
use super::list::{Entry, Inventory, Reason, Selection};
use crate::ids::AccountId;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// Only these; empty means all.
    pub include: BTreeSet<AccountId>,
    /// Not these.
    pub exclude: BTreeSet<AccountId>,
    /// Only accounts in or below these roots and organizational units; empty means all.
    pub ou: BTreeSet<String>,
    /// No account in or below these.
    pub exclude_ou: BTreeSet<String>,
    /// Whether the caller's own account is in.
    pub management_account: bool,
}

impl Selector {
    /// Whether the accounts' parents are needed.
    pub fn needs_parents(&self) -> bool {
        !self.ou.is_empty() || !self.exclude_ou.is_empty()
    }

    /// Whether everything that is named is there.
    ///
    /// # Errors
    /// Accounts or units that are named and not there: all of them.
    pub fn check(&self, inventory: &Inventory) -> Result<(), InventoryError> {
        let there: BTreeSet<AccountId> = inventory.entries.iter().map(|entry| entry.account.id).collect();
        let units: BTreeSet<&String> = inventory.entries.iter().flat_map(|entry| &entry.account.parents).collect();
        let mut unknown: Vec<String> =
            self.include.union(&self.exclude).filter(|id| !there.contains(id)).map(ToString::to_string).collect();
        unknown.extend(self.ou.union(&self.exclude_ou).filter(|ou| !units.contains(ou)).cloned());
        if unknown.is_empty() { Ok(()) } else { Err(InventoryError::NotThere { unknown }) }
    }

    /// Puts accounts out that are not asked for; it may be that none is left. `own` is the caller's account.
    ///
    /// # Errors
    /// As [`Selector::check`].
    pub fn apply(&self, mut inventory: Inventory, own: AccountId) -> Result<Inventory, InventoryError> {
        self.check(&inventory)?;
        for entry in &mut inventory.entries {
            if entry.selection == Selection::In
                && let Some(reason) = self.reason(entry, own)
            {
                entry.selection = Selection::Out(reason);
            }
        }
        Ok(inventory)
    }

    /// Why an account that could be in is out.
    fn reason(&self, entry: &Entry, own: AccountId) -> Option<Reason> {
        let account = &entry.account;
        let among = |units: &BTreeSet<String>| account.parents.iter().find(|parent| units.contains(*parent)).cloned();
        if account.id == own && !self.management_account {
            Some(Reason::OwnAccount)
        } else if self.exclude.contains(&account.id) {
            Some(Reason::Excluded)
        } else if self.needs_parents() && account.parents.is_empty() {
            // What is not known to be outside of an excluded unit may be inside.
            Some(Reason::UnitUnknown)
        } else if let Some(unit) = among(&self.exclude_ou) {
            Some(Reason::InExcludedOu(unit))
        } else if !self.include.is_empty() && !self.include.contains(&account.id) {
            Some(Reason::NotIncluded)
        } else if !self.ou.is_empty() && among(&self.ou).is_none() {
            Some(Reason::OutsideOu)
        } else {
            None
        }
    }
}
