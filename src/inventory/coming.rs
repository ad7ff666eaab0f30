//! The inventory while Organizations still tells it: ListAccounts gives twenty accounts a page, one page after the other,
//! and the work on the first need not wait for the last.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::error::InventoryError;
use super::list::{Entry, Inventory, selected};
use super::organization::{Pages, organization};
use super::select::{Apart, OneByOne};
use super::shard::{Shard, Sieve, Whole};
use crate::aws::clients::Clients;
use crate::aws::organization::Organization;
use crate::ids::AccountId;

/// How many pages are read ahead of the work. The list is small beside the work, and reading it to its end early tells
/// how much there is to do.
const AHEAD: usize = 4_096;

/// The next of an inventory that is still coming.
#[derive(Debug)]
pub enum Page {
    /// Some accounts, each in or out.
    Entries(Vec<Entry>),
    /// That was all. With a shard, the list that it is a part of.
    End(Option<Whole>),
    /// Organizations refused to tell more.
    Failed(InventoryError),
}

/// The accounts of a run.
#[derive(Debug)]
pub enum Accounts {
    /// All of them are known.
    Listed(Inventory),
    /// The first are known, the others are still being listed.
    Coming(Coming),
}

impl From<Inventory> for Accounts {
    fn from(inventory: Inventory) -> Self {
        Self::Listed(inventory)
    }
}

impl Accounts {
    /// Those that are known.
    pub fn known(&self) -> &[Entry] {
        match self {
            Self::Listed(inventory) => &inventory.entries,
            Self::Coming(coming) => &coming.first,
        }
    }

    /// How many of those are in.
    pub fn selected(&self) -> usize {
        selected(self.known())
    }

    /// Whether there may be more.
    pub fn are_coming(&self) -> bool {
        matches!(self, Self::Coming(_))
    }

    /// Where they come from, for people.
    pub fn source(&self) -> String {
        match self {
            Self::Listed(inventory) => inventory.source.clone(),
            Self::Coming(coming) => format!("organization {}", coming.organization),
        }
    }
}

/// An inventory of which the first accounts are known.
#[derive(Debug)]
pub struct Coming {
    /// The organization's id.
    pub organization: String,
    /// The first accounts; one of them is in, unless there is none at all.
    pub first: Vec<Entry>,
    /// The others. The last page is `End` or `Failed`.
    pub pages: Receiver<Page>,
}

impl Coming {
    /// Begins to read the organization's accounts, or the part of them that is the shard's, behind those that are `known`
    /// from an earlier invocation of the run. Returns when one that is in is known; the others are read by a task of their
    /// own, which ends when nobody listens any more.
    ///
    /// # Errors
    /// What Organizations said; and when no account is in, unless there is a shard.
    pub async fn open(
        clients: Arc<Clients>,
        asked: OneByOne,
        shard: Option<Shard>,
        known: Vec<Entry>,
    ) -> Result<Self, InventoryError> {
        let Organization { id, management } = organization(&clients).await?.clone();
        let (told, mut pages) = channel(AHEAD);
        let apart = Apart::Management(management);
        tokio::spawn(read(clients, asked, apart, shard, known.iter().map(|entry| entry.account.id).collect(), told));
        let mut first = known;
        while selected(&first) == 0 {
            match pages.recv().await {
                Some(Page::Entries(entries)) => first.extend(entries),
                Some(Page::Failed(error)) => return Err(error),
                Some(Page::End(None)) => return Err(InventoryError::NothingSelected { accounts: first.len() }),
                Some(end @ Page::End(_)) => {
                    // A shard may be empty. Whoever listens is told again that this was all.
                    let (again, over) = channel(1);
                    let _ = again.send(end).await;
                    pages = over;
                    break;
                }
                None => break,
            }
        }
        Ok(Self { organization: id, first, pages })
    }
}

/// Reads page after page, and tells of the accounts that are not `known`.
async fn read(
    clients: Arc<Clients>,
    asked: OneByOne,
    apart: Apart,
    shard: Option<Shard>,
    known: HashSet<AccountId>,
    told: Sender<Page>,
) {
    let mut listed = Pages::default();
    let mut sieve = shard.map(Sieve::new);
    loop {
        let page = match listed.next(&clients).await {
            Ok(Some(mut entries)) => {
                asked.judge(&mut entries, apart);
                if let Some(sieve) = &mut sieve {
                    entries = sieve.take(entries);
                }
                entries.retain(|entry| !known.contains(&entry.account.id));
                Page::Entries(entries)
            }
            Ok(None) => Page::End(sieve.take().map(Sieve::whole)),
            Err(error) => Page::Failed(error),
        };
        let last = !matches!(page, Page::Entries(_));
        if told.send(page).await.is_err() || last {
            return;
        }
    }
}
