//! Which accounts of an inventory are in. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::InventoryError;
use super::list::{Account, Entry, Inventory, Reason, Selection};
use super::units::FoundUnits;
use crate::ids::AccountId;

/// An earlier run's accounts, with the status that each ended with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EarlierRun {
    /// The run's id, for people.
    pub run: String,
    /// The accounts of its report.
    pub accounts: BTreeMap<AccountId, &'static str>,
}

/// What an account must be newer than.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewSince {
    /// No run of these brought it to a good end: the accounts that one did, each with the run's id, for people.
    Run(BTreeMap<AccountId, String>),
    /// It joined the organization after this.
    Date(Timestamp),
}

/// The account that is out without `--management-account`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// The organization's management account.
    Management(AccountId),
    /// The caller's own account, where it is not known which the management account is.
    Own(AccountId),
}

impl Apart {
    /// Why the account is out, if it is this one.
    fn reason(self, account: AccountId) -> Option<Reason> {
        match self {
            Self::Management(management) => (account == management).then_some(Reason::ManagementAccount),
            Self::Own(own) => (account == own).then_some(Reason::OwnAccount),
        }
    }
}

/// What a run asks for whose accounts are judged one by one, while they are still being listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OneByOne {
    /// Whether the management account is in.
    pub management_account: bool,
    /// Only accounts that joined the organization after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_after: Option<Timestamp>,
}

impl OneByOne {
    /// Puts accounts out that are not asked for. `apart` is the account that has to be asked for.
    pub fn judge(self, entries: &mut [Entry], apart: Apart) {
        let Self { management_account, joined_after } = self;
        let new_since = joined_after.map(NewSince::Date);
        Selector { management_account, new_since, ..Selector::default() }.judge(entries, apart);
    }
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// Only these; empty means all.
    pub include: BTreeSet<AccountId>,
    /// Not these.
    pub exclude: BTreeSet<AccountId>,
    /// Only accounts in or below these roots and organizational units, by id, name or path; empty means all.
    pub ou: BTreeSet<String>,
    /// No account in or below these.
    pub exclude_ou: BTreeSet<String>,
    /// Only those that ended an earlier run with one of these statuses.
    pub only: Option<(BTreeSet<&'static str>, EarlierRun)>,
    /// Only those that are new.
    pub new_since: Option<NewSince>,
    /// Whether the management account is in.
    pub management_account: bool,
}

impl Selector {
    /// Whether the accounts' parents are needed.
    pub fn needs_parents(&self) -> bool {
        !self.ou.is_empty() || !self.exclude_ou.is_empty()
    }

    /// Whether every account that is named is there.
    ///
    /// # Errors
    /// Accounts that are named and not there: all of them.
    pub fn check(&self, inventory: &Inventory) -> Result<(), InventoryError> {
        let unknown = self.unknown_accounts(inventory);
        if unknown.is_empty() { Ok(()) } else { Err(InventoryError::NotThere { unknown }) }
    }

    fn unknown_accounts(&self, inventory: &Inventory) -> Vec<String> {
        let there: BTreeSet<AccountId> = inventory.entries.iter().map(|entry| entry.account.id).collect();
        self.include.union(&self.exclude).filter(|id| !there.contains(id)).map(ToString::to_string).collect()
    }

    /// The same, with the ids of the units that are named; all that is named is there.
    fn found(&self, inventory: &Inventory) -> Result<Self, InventoryError> {
        let mut unknown = self.unknown_accounts(inventory);
        let mut ambiguous = Vec::new();
        let mut ids = |named: &BTreeSet<String>| {
            let mut found = FoundUnits::default();
            named.iter().for_each(|name| found.find(name, &inventory.units));
            unknown.extend(found.unknown);
            ambiguous.extend(found.ambiguous);
            found.ids
        };
        let (ou, exclude_ou) = (ids(&self.ou), ids(&self.exclude_ou));
        if !ambiguous.is_empty() {
            Err(InventoryError::Ambiguous { units: ambiguous })
        } else if !unknown.is_empty() {
            Err(InventoryError::NotThere { unknown })
        } else {
            Ok(Self { ou, exclude_ou, ..self.clone() })
        }
    }

    /// What is asked for, where that can be said of each account by itself and in few words: none is named, nor a unit,
    /// nor an earlier run.
    pub fn one_by_one(&self) -> Option<OneByOne> {
        let joined_after = match &self.new_since {
            None => None,
            Some(NewSince::Date(date)) => Some(*date),
            Some(NewSince::Run(_)) => return None,
        };
        let names = self.needs_parents() || !self.include.is_empty() || !self.exclude.is_empty();
        let management_account = self.management_account;
        (!names && self.only.is_none()).then_some(OneByOne { management_account, joined_after })
    }

    /// Puts accounts out that are not asked for; it may be that none is left. `apart` is the account that has to be asked for.
    ///
    /// # Errors
    /// Accounts or units that are named and not there, and names that several units have: all of them.
    pub fn apply(&self, mut inventory: Inventory, apart: Apart) -> Result<Inventory, InventoryError> {
        self.found(&inventory)?.judge(&mut inventory.entries, apart);
        Ok(inventory)
    }

    fn judge(&self, entries: &mut [Entry], apart: Apart) {
        for entry in entries {
            if entry.selection == Selection::In
                && let Some(reason) = self.reason(entry, apart)
            {
                entry.selection = Selection::Out(reason);
            }
        }
    }

    /// Why an account that could be in is out.
    fn reason(&self, entry: &Entry, apart: Apart) -> Option<Reason> {
        let account = &entry.account;
        let among = |units: &BTreeSet<String>| account.parents.iter().find(|parent| units.contains(*parent)).cloned();
        let is_apart = apart.reason(account.id).filter(|_| !self.management_account);
        if is_apart.is_some() {
            is_apart
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
            self.not_again(account.id).or_else(|| self.not_new(account))
        }
    }

    /// Why an account is not one of those that `--only` asks for.
    fn not_again(&self, id: AccountId) -> Option<Reason> {
        let (statuses, earlier) = self.only.as_ref()?;
        match earlier.accounts.get(&id) {
            None => Some(Reason::NotInRun(earlier.run.clone())),
            Some(status) if statuses.contains(status) => None,
            Some(status) => Some(Reason::OtherStatus { status: (*status).to_owned(), run: earlier.run.clone() }),
        }
    }

    /// Why an account is not one of those that `--new-since` asks for.
    fn not_new(&self, account: &Account) -> Option<Reason> {
        match (self.new_since.as_ref()?, account.joined) {
            (NewSince::Run(done), _) => done.get(&account.id).map(|run| Reason::InRun(run.clone())),
            (NewSince::Date(_), None) => Some(Reason::JoinUnknown),
            (NewSince::Date(date), Some(joined)) => (joined <= *date).then_some(Reason::JoinedBefore(joined)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::file::parse;

    fn reasons(selector: &Selector, csv: &str) -> Vec<String> {
        let all = parse(csv.as_bytes(), "a.csv").unwrap();
        let chosen = selector.apply(all, Apart::Own("999999999999".parse().unwrap())).unwrap();
        let reason = |entry: Entry| match entry.selection {
            Selection::In => "in".to_owned(),
            Selection::Out(reason) => reason.to_string(),
        };
        chosen.entries.into_iter().map(reason).collect()
    }

    fn earlier() -> EarlierRun {
        let status = |n: u64, status| (format!("{n:012}").parse().unwrap(), status);
        EarlierRun { run: "R".to_owned(), accounts: [status(1, "failed"), status(2, "created")].into() }
    }

    const THREE: &str = "account_id,joined\n000000000001,2026-01-01T00:00:00Z\n000000000002,soon\n\
                         000000000003,2026-03-01T12:00:00Z\n";

    #[test]
    fn only_takes_those_of_the_earlier_run_with_such_a_status() {
        let selector = Selector { only: Some((["failed"].into(), earlier())), ..Selector::default() };
        let wanted = ["in", "was created in R, which --only does not name", "not in the report of R, named by --from"];
        assert_eq!(reasons(&selector, THREE), wanted);
    }

    #[test]
    fn new_is_who_was_not_done_or_joined_after_the_date() {
        let selector = |since| Selector { new_since: Some(since), ..Selector::default() };
        let done = [("000000000002".parse().unwrap(), "R".to_owned())].into();
        let in_run = "done in R already, so not new (--new-since)";
        assert_eq!(reasons(&selector(NewSince::Run(done)), THREE), ["in", in_run, "in"]);
        let since = NewSince::Date("2026-01-01T00:00:00Z".parse().unwrap());
        let wanted = [
            "joined the organization on 2026-01-01, so not new (--new-since)",
            "when it joined the organization is not known (--new-since)",
            "in",
        ];
        assert_eq!(reasons(&selector(since), THREE), wanted);
    }
}
