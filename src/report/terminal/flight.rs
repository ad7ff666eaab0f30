//! The accounts that are being worked on, longest first.

use super::wording::{clip, count};
use crate::account::outcome::Step;
use crate::ids::AccountId;
use crate::sanitize::printable::printable;

/// How many accounts are named; the others are counted.
const NAMED: usize = 4;

/// Grows with the concurrency, not with the inventory.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    accounts: Vec<(AccountId, String, Option<Step>)>,
}

impl InFlight {
    pub(super) fn started(&mut self, id: AccountId, name: &str) {
        let label = if name.is_empty() { id.to_string() } else { clip(&printable(name), 24) };
        self.accounts.push((id, label, None));
    }

    pub(super) fn stepped(&mut self, id: AccountId, step: Step) {
        if let Some((_, _, at)) = self.accounts.iter_mut().find(|(account, ..)| *account == id) {
            *at = Some(step);
        }
    }

    pub(super) fn finished(&mut self, id: AccountId) {
        self.accounts.retain(|(account, ..)| *account != id);
    }

    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// `account-1 (observe), account-2 and 96 more`; the first has been at it for the longest, so a hang shows.
    pub(super) fn line(&self) -> String {
        let named = self.accounts.iter().take(NAMED).map(|(_, label, step)| match step {
            Some(step) => format!("{label} ({step})"),
            None => label.clone(),
        });
        let line = named.collect::<Vec<_>>().join(", ");
        match self.accounts.len().saturating_sub(NAMED) {
            0 => line,
            more => format!("{line} and {} more", count(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_four_are_named_and_the_rest_counted() {
        let id = |n: u32| format!("{n:012}").parse().unwrap();
        let mut flight = InFlight::default();
        assert_eq!(flight.line(), "");
        (1..=100).for_each(|n| flight.started(id(n), if n == 2 { "" } else { "dev\u{1b}[2J" }));
        flight.stepped(id(1), Step::Observe);
        flight.finished(id(3));
        assert_eq!(flight.line(), "dev\\u{1b}[2J (observe), 000000000002, dev\\u{1b}[2J, dev\\u{1b}[2J and 95 more");
    }
}
