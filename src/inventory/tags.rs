//! `--tag`: the accounts' tags in AWS Organizations, read one account after the other.
//!
//! Organizations tells tags for one account at a time and refuses callers that ask twice at once, so the other options
//! are looked at first, and only what is still in is asked about.

use std::collections::BTreeMap;

use super::error::InventoryError;
use super::list::{Entry, Inventory, Reason, Selection};
use super::organization::{next, read};
use crate::aws::clients::Clients;
use crate::ids::AccountId;

/// What accounts must be tagged with: for each key one of the values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagFilter(BTreeMap<String, Vec<String>>);

impl TagFilter {
    /// The filter that these pairs are. The same key twice means that either value will do.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in pairs {
            wanted.entry(key).or_default().push(value);
        }
        Self(wanted)
    }

    /// Whether every account passes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts accounts out whose tags are others. `asked_so_far` is told the number of accounts after each.
    ///
    /// # Errors
    /// What Organizations said: an account whose tags could not be read is neither in nor out.
    pub async fn apply(
        &self,
        clients: &Clients,
        mut inventory: Inventory,
        mut asked_so_far: impl FnMut(usize),
    ) -> Result<Inventory, InventoryError> {
        let still_in = inventory.entries.iter_mut().filter(|entry| entry.selection == Selection::In);
        for (asked, entry) in still_in.enumerate() {
            self.judge(entry, &tags(clients, entry.account.id).await?);
            asked_so_far(asked + 1);
        }
        Ok(inventory)
    }

    /// The same for an inventory whose file has the tags.
    #[must_use]
    pub fn apply_to_file(&self, mut inventory: Inventory) -> Inventory {
        let known = inventory.tags.take().unwrap_or_default();
        for entry in inventory.entries.iter_mut().filter(|entry| entry.selection == Selection::In) {
            self.judge(entry, known.get(&entry.account.id).map_or(&[], Vec::as_slice));
        }
        Inventory { tags: Some(known), ..inventory }
    }

    fn judge(&self, entry: &mut Entry, tags: &[(String, String)]) {
        let wrong = self.0.iter().find(|(key, values)| !values_of(tags, key).any(|value| values.contains(value)));
        if let Some((key, _)) = wrong {
            let its: Vec<&str> = values_of(tags, key).map(String::as_str).collect();
            let value = (!its.is_empty()).then(|| its.join(", "));
            entry.selection = Selection::Out(Reason::OtherTag { key: key.clone(), value });
        }
    }
}

fn values_of<'a>(tags: &'a [(String, String)], key: &'a str) -> impl Iterator<Item = &'a String> {
    tags.iter().filter(move |(its, _)| its == key).map(|(_, value)| value)
}

/// All tags of an account.
async fn tags(clients: &Clients, account: AccountId) -> Result<Vec<(String, String)>, InventoryError> {
    const OPERATION: &str = "organizations ListTagsForResource";
    let mut tags = Vec::new();
    let mut token = None;
    loop {
        clients.organizations_limit().ready().await;
        let call = clients.organizations().list_tags_for_resource().resource_id(account.to_string());
        let page = read(OPERATION, call.set_next_token(token.clone()).send().await)?;
        tags.extend(page.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())));
        match next(OPERATION, &token, page.next_token())? {
            Some(more) => token = Some(more),
            None => return Ok(tags),
        }
    }
}
