//! Many accounts with the same trouble as one: a count, the first accounts, one text.
//!
//! Memory is bounded: so many groups, so many accounts named in each, the rest counted.

use super::wording::{account, count};
use crate::account::outcome::Outcome;
use crate::ids::AccountId;

/// How many groups are kept. What comes after them is counted together.
const MAX_GROUPS: usize = 50;
/// How many accounts of a group are named.
const NAMED: usize = 5;
/// What stands for the account's own id where a text is the same but for it.
const ANY_ID: &str = "<account id>";

/// Groups of accounts by something that they have in common.
#[derive(Debug)]
pub(super) struct Groups<K> {
    groups: Vec<Group<K>>,
    /// Accounts of groups for which there was no room.
    pub(super) others: usize,
}

/// Accounts with something in common.
#[derive(Debug)]
pub(super) struct Group<K> {
    pub(super) key: K,
    pub(super) count: usize,
    named: Vec<String>,
    common: String,
    first: String,
    /// What the first account's trouble said.
    pub(super) example: String,
    common_example: String,
    /// Whether another account's trouble said something else.
    pub(super) varied: bool,
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self { groups: Vec::new(), others: 0 }
    }
}

impl<K: PartialEq> Groups<K> {
    /// Puts an account into the group of its `key` and its `text`, whatever account id the text holds.
    pub(super) fn add(&mut self, outcome: &Outcome, key: K, text: &str, example: &str) {
        self.add_account(outcome.account_id, &outcome.account_name, key, text, example);
    }

    /// The same for an account that has no outcome.
    pub(super) fn add_account(&mut self, id: AccountId, name: &str, key: K, text: &str, example: &str) {
        let common = text.replace(id.as_str(), ANY_ID);
        let common_example = example.replace(id.as_str(), ANY_ID);
        let label = || account(id, name);
        if let Some(group) = self.groups.iter_mut().find(|group| group.key == key && group.common == common) {
            group.count += 1;
            group.varied |= group.common_example != common_example;
            if group.named.len() < NAMED {
                group.named.push(label());
            }
        } else if self.groups.len() < MAX_GROUPS {
            let (first, example) = (text.to_owned(), example.to_owned());
            let named = vec![label()];
            self.groups.push(Group { key, count: 1, named, common, first, example, common_example, varied: false });
        } else {
            self.others += 1;
        }
    }

    /// The groups, largest first.
    pub(super) fn largest_first(&self) -> Vec<&Group<K>> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    /// How many accounts are beyond the largest so many groups.
    pub(super) fn beyond(&self, shown: usize) -> usize {
        self.largest_first().iter().skip(shown).map(|group| group.count).sum::<usize>() + self.others
    }

    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl<K> Group<K> {
    /// The text that the accounts have in common; the only account's own text, if there is but one.
    pub(super) fn text(&self) -> &str {
        if self.count == 1 { &self.first } else { &self.common }
    }

    /// `000000000001 one, 000000000002 two and 7 more`.
    pub(super) fn accounts(&self) -> String {
        self.first_accounts(NAMED)
    }

    /// The same, with so many accounts named at the most.
    pub(super) fn first_accounts(&self, at_most: usize) -> String {
        let named: Vec<&str> = self.named.iter().take(at_most).map(String::as_str).collect();
        match self.count.saturating_sub(named.len()) {
            0 => named.join(", "),
            more => format!("{} and {} more", named.join(", "), count(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn texts_that_differ_in_the_account_id_only_are_one_group() {
        let mut groups = Groups::default();
        for n in [1, 2, 3, 4, 5, 6, 7] {
            let outcome = sample::created(n);
            groups.add(&outcome, (), &format!("look into {}", outcome.account_id), "x");
        }
        groups.add(&sample::created(8), (), "another", "x");
        let groups = groups.largest_first();
        assert_eq!((groups[0].count, groups[0].text()), (7, "look into <account id>"));
        assert!(groups[0].accounts().ends_with("000000000005 account-5 and 2 more"));
        assert!(groups[0].first_accounts(2).ends_with("000000000002 account-2 and 5 more"));
        assert_eq!((groups[1].count, groups[1].text()), (1, "another"));
    }

    #[test]
    fn memory_is_bounded() {
        let mut groups = Groups::default();
        (0..500).for_each(|n| groups.add(&sample::created(n), n, "", ""));
        assert_eq!((groups.largest_first().len(), groups.others), (MAX_GROUPS, 450));
        assert_eq!(groups.beyond(10), 490);
    }
}
