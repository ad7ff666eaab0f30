//! What a command is about to do, over all accounts: which roles, which grants, with what session policy.
//!
//! Rows of the inventory may name other roles and other principals, so that one account does not speak for all.

use std::collections::BTreeMap;

use super::error::CliError;
use crate::account::converge::Goal;
use crate::account::session::least_power;
use crate::inventory::list::{Entry, Selection};
use crate::rollout::worker::row_choices;
use crate::setup::desired::{Desired, Grant};
use crate::setup::resolve::{Choices, Place, Setup};

/// What is aimed at, in words, with the number of accounts for each.
pub(super) struct IntentSummary {
    /// `AmazonMLRedshift with inline policy P`
    pub(super) roles: BTreeMap<String, usize>,
    /// Whom the role trusts.
    pub(super) trusts: BTreeMap<String, usize>,
    /// `inline policy P on user/analyst`
    pub(super) grants: BTreeMap<String, usize>,
    /// How many accounts get no grant.
    pub(super) without_grant: usize,
    /// Whether every session's policy names just what is needed.
    pub(super) exact: bool,
}

impl IntentSummary {
    /// Fills the setup in for every account whose row says something different, and once for all others. `place` is
    /// where the others are.
    pub(super) fn of(setup: &Setup, place: &Place, entries: &[Entry], goal: Goal) -> Result<Self, CliError> {
        let mut intent = Self {
            roles: BTreeMap::new(),
            trusts: BTreeMap::new(),
            grants: BTreeMap::new(),
            without_grant: 0,
            exact: true,
        };
        let mut others = 0;
        for entry in entries.iter().filter(|entry| entry.selection == Selection::In) {
            let row = row_choices(&entry.account.overrides);
            if row == Choices::default() {
                others += 1;
                continue;
            }
            let (account, account_name) = (entry.account.id, entry.account.name.clone());
            let place = Place { account, account_name, ..place.clone() };
            intent.add(&setup.fill(&place, &row)?, 1, goal);
        }
        if others > 0 {
            intent.add(&setup.fill(place, &Choices::default())?, others, goal);
        }
        Ok(intent)
    }

    fn add(&mut self, desired: &Desired, accounts: usize, goal: Goal) {
        for role in &desired.roles {
            let inline = role.inline.keys().map(|name| format!("inline policy {name}"));
            let managed = role.managed.iter().map(|arn| format!("managed policy {arn}"));
            let policies: Vec<String> = inline.chain(managed).collect();
            *self.roles.entry(format!("{} with {}", role.name, policies.join(", "))).or_default() += accounts;
            *self.trusts.entry(role.trust.meaning.trusted().join(", ")).or_default() += accounts;
        }
        let mut granted = false;
        for grant in desired.grants.iter().filter(|grant| !grant.to.is_empty()) {
            granted = true;
            *self.grants.entry(line(grant)).or_default() += accounts;
        }
        self.without_grant += if granted { 0 } else { accounts };
        self.exact &= least_power(desired, goal.power()).exact;
    }
}

fn line(grant: &Grant) -> String {
    let to: Vec<String> = grant.to.iter().map(ToString::to_string).collect();
    format!("inline policy {} on {}", grant.name, to.join(", "))
}
