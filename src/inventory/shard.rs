//! One of several parts of an inventory, for several processes that share a rollout.
//!
//! Which part an account belongs to hangs on its id alone, so that every process, on whatever machine and day, says the
//! same of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::list::{Entry, Inventory};
use crate::digest::hex;
use crate::ids::{AccountId, text_serde};

/// The most parts that there may be: as many as the largest array jobs have.
const MOST: u32 = 10_000;

/// A part of an inventory: `2/4` is the second of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    number: u32,
    of: u32,
}

text_serde!(Shard);

/// What is wrong with a shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not I/N, with I from 1 to N, such as `1/4`, and N at most {MOST}")]
pub struct ShardError {
    /// The text as it was given.
    pub input: String,
}

impl Shard {
    /// The `number`th part, from 1, of `of`; `None` where there is no such part.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (of <= MOST && (1..=of).contains(&number)).then_some(Self { number, of })
    }

    /// Which part it is, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether the account belongs to it: its id, taken as a number, leaves `number - 1` when divided by `of`.
    pub fn takes(self, account: AccountId) -> bool {
        let id = account.as_str().bytes().fold(0, |id: u64, digit| id * 10 + u64::from(digit - b'0'));
        id % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text.split_once('/').and_then(|(number, of)| Self::new(number.parse().ok()?, of.parse().ok()?));
        // As it is written, and not `+1/4` or `01/4`.
        let parts = parts.filter(|shard| shard.to_string() == text);
        parts.ok_or_else(|| ShardError { input: text.to_owned() })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// The list that shards are parts of. Two that are equal are of the same accounts in the same order, and their rows say
/// the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// How many accounts it has.
    pub accounts: usize,
    /// SHA-256 of their ids, each with what its row says of its own, in hexadecimal.
    pub digest: String,
}

/// Takes one shard's accounts out of a list, while it comes.
#[derive(Debug)]
pub struct Sieve {
    shard: Shard,
    accounts: usize,
    digest: Sha256,
}

impl Sieve {
    /// For this shard; nothing of the list has come yet.
    pub fn new(shard: Shard) -> Self {
        Self { shard, accounts: 0, digest: Sha256::new() }
    }

    /// The shard's accounts among the next ones of the list, each with its place in it.
    pub fn take(&mut self, mut entries: Vec<Entry>) -> Vec<Entry> {
        for (place, entry) in (self.accounts..).zip(&mut entries) {
            entry.place = Some(place);
            self.digest.update(entry.account.id.as_str());
            for (column, cell) in entry.account.overrides.cells() {
                self.digest.update(format!("\t{column}\t{cell}"));
            }
            self.digest.update("\n");
        }
        self.accounts += entries.len();
        entries.retain(|entry| self.shard.takes(entry.account.id));
        entries
    }

    /// The list, now that all of it has come.
    pub fn whole(self) -> Whole {
        Whole { accounts: self.accounts, digest: hex(&self.digest.finalize()) }
    }
}

impl Inventory {
    /// The part of the inventory that is the shard's.
    #[must_use]
    pub fn part(self, shard: Shard) -> Self {
        let mut sieve = Sieve::new(shard);
        let entries = sieve.take(self.entries);
        Self { entries, whole: Some(sieve.whole()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::file::parse;

    fn list(ids: impl IntoIterator<Item = u64>) -> Inventory {
        let rows: Vec<String> = ids.into_iter().map(|id| format!("{id:012}\n")).collect();
        parse(format!("account_id\n{}", rows.concat()).as_bytes(), "a.csv").unwrap()
    }

    #[test]
    fn a_shard_reads_and_writes_itself() {
        for text in ["1/1", "1/4", "4/4", "1000/1000"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for wrong in
            ["", "0/4", "5/4", "1/0", "1", "1/", "/4", "-1/4", "1/4/4", "a/b", "1 / 4", "+1/4", "01/4", "1/10001"]
        {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_account_is_in_one_shard_and_has_its_place() {
        let ids = [999_999_999_999, 5, 0, 123_456_789_012, 8, 7];
        let parts: Vec<Inventory> = (1..=3).map(|n| list(ids).part(Shard::new(n, 3).unwrap())).collect();
        assert!(parts.iter().all(|part| part.whole == parts[0].whole && part.whole.as_ref().unwrap().accounts == 6));
        let mut all: Vec<&Entry> = parts.iter().flat_map(|part| &part.entries).collect();
        all.sort_by_key(|entry| entry.place);
        let of_all: Vec<String> = all.iter().map(|entry| entry.account.id.to_string()).collect();
        assert_eq!(of_all, ids.map(|id| format!("{id:012}")));
        // Places and parts are what a person works out by hand.
        let third: Vec<_> = parts[2].entries.iter().map(|entry| (entry.place, entry.account.id.to_string())).collect();
        assert_eq!(third, [(Some(1), "000000000005".to_owned()), (Some(4), "000000000008".to_owned())]);
    }

    #[test]
    fn another_list_is_another_whole() {
        let whole = |ids: &[u64]| list(ids.iter().copied()).part(Shard::new(1, 2).unwrap()).whole.unwrap();
        assert_ne!(whole(&[1, 2, 3]), whole(&[1, 2, 4]));
        assert_ne!(whole(&[1, 2, 3]), whole(&[1, 3, 2]));
        assert_eq!(whole(&[1, 2, 3]), whole(&[1, 2, 3]));
    }

    #[test]
    fn a_list_that_comes_in_pages_is_the_same() {
        let shard = Shard::new(2, 2).unwrap();
        let all = list(1..=50);
        let mut sieve = Sieve::new(shard);
        let pages: Vec<Entry> = all.entries.chunks(20).flat_map(|page| sieve.take(page.to_vec())).collect();
        let at_once = all.part(shard);
        assert_eq!((pages, Some(sieve.whole())), (at_once.entries, at_once.whole));
    }
}
