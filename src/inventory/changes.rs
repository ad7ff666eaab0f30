//! What changed between two inventories, account by account. Pure.

use std::collections::BTreeMap;

use super::list::{Entry, Inventory, Selection};
use crate::ids::AccountId;
use crate::sanitize::csv_guard::guard;

/// What became of an account between two inventories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// It is in the new inventory only.
    Came,
    /// It is in the old inventory only.
    Went,
    /// It is in both, and in or out otherwise than before, or under another name.
    Changed,
}

impl Turn {
    /// Every value, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Came, Self::Went, Self::Changed];

    /// The word as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Came => "came",
            Self::Went => "went",
            Self::Changed => "changed",
        }
    }
}

/// An account that is not as before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// The account.
    pub id: AccountId,
    /// Its name in the new inventory, or in the old one where it went. Not trusted.
    pub name: String,
    /// What became of it.
    pub turn: Turn,
    /// `in`, or `out: ` and the reason; empty where it was not there. With the name, where that changed. Not trusted.
    pub before: String,
    /// The same for now.
    pub after: String,
}

/// The accounts that are not as before: first those of the new inventory in its order, then those that went.
pub fn changes(old: &Inventory, new: &Inventory) -> Vec<Turned> {
    let mut before: BTreeMap<AccountId, &Entry> = old.entries.iter().map(|entry| (entry.account.id, entry)).collect();
    let mut turned = Vec::new();
    for entry in &new.entries {
        let (id, name) = (entry.account.id, name(entry));
        match before.remove(&id) {
            None => turned.push(Turned { id, name, turn: Turn::Came, before: String::new(), after: selection(entry) }),
            Some(was) => {
                let renamed = self::name(was) != name;
                let tell = |entry: &Entry| match (renamed, selection(entry)) {
                    (true, selection) => format!("{}, {selection}", self::name(entry)),
                    (false, selection) => selection,
                };
                let (before, after) = (tell(was), tell(entry));
                if before != after {
                    turned.push(Turned { id, name, turn: Turn::Changed, before, after });
                }
            }
        }
    }
    let went = old.entries.iter().filter(|entry| before.contains_key(&entry.account.id));
    turned.extend(went.map(|entry| Turned {
        id: entry.account.id,
        name: name(entry),
        turn: Turn::Went,
        before: selection(entry),
        after: String::new(),
    }));
    turned
}

/// The name as a file has it, where a line break is a blank.
fn name(entry: &Entry) -> String {
    entry.account.name.replace("\r\n", " ").replace(['\r', '\n'], " ")
}

fn selection(entry: &Entry) -> String {
    match &entry.selection {
        Selection::In => "in".to_owned(),
        Selection::Out(reason) => format!("out: {reason}"),
    }
}

/// The changes as CSV, with a header line.
///
/// # Errors
/// None that can happen to a text in memory; they are the CSV writer's.
pub fn changes_csv(turned: &[Turned]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["account_id", "account_name", "change", "before", "after"])?;
    for Turned { id, name, turn, before, after } in turned {
        let cells = [id.as_str(), name, turn.as_str(), before, after];
        writer.write_record(cells.map(|cell| guard(cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::file::parse;

    #[test]
    fn who_came_went_and_changed_is_told_and_nobody_else() {
        let old = "account_id,name,status,error_message\n000000000001,same,,\n000000000002,gone,,\n\
                   000000000003,shut,,\n000000000004,old name,,\n";
        let new = "account_id,name,status,error_message\n000000000005,=new,,\n000000000001,same,,\n\
                   000000000003,shut,skipped,closed\n000000000004,new name,,\n";
        let of = |text: &str| parse(text.as_bytes(), "a.csv").unwrap();
        assert_eq!(changes(&of(old), &of(old)), []);
        let csv = changes_csv(&changes(&of(old), &of(new))).unwrap();
        let wanted = [
            "account_id,account_name,change,before,after",
            "000000000005,'=new,came,,in",
            "000000000003,shut,changed,in,out: closed",
            "000000000004,new name,changed,\"old name, in\",\"new name, in\"",
            "000000000002,gone,went,in,",
        ];
        assert_eq!(csv.lines().collect::<Vec<_>>(), wanted);
    }
}
