//! The inventory as YAML or JSON: what `aws organizations list-accounts` prints, in pages, in one or as a bare list, and
//! the accounts file of c7n-org. Which of them it is, is told by its keys. Pure.

use std::borrow::Cow;

use super::columns::{Column, SHORT_IDS, column, misspelt, plain_name};
use super::format::{Format, Notes};
use super::mistakes::{At, Mistakes, shown};
use super::row::{Cell, Row, Rows};
use super::tree::{Key, Node, Value};

/// Keys of AWS Organizations and of c7n-org that say nothing that is needed here.
const NOT_NEEDED: &[&str] = &["arn", "email", "joinedmethod", "paths", "displayname", "vars"];

/// Reads the accounts of the documents of a file.
///
/// # Errors
/// Where there is no list of accounts in them.
pub(super) fn read(documents: &[Node]) -> Result<(Rows, Notes), Mistakes> {
    let mut found = Found { format: None, lists: Vec::new(), goes_on: None };
    for document in documents {
        found.look(document)?;
    }
    let begin = At { line: 1, column: 1 };
    let Some(format) = found.format else {
        return Err(Mistakes::one(begin, "there is no account in it"));
    };
    let mut reader = Reader {
        rows: if format == Format::ListAccounts { Rows::with_states_of_aws() } else { Rows::default() },
        notes: Notes { format: Some(format), ..Notes::default() },
    };
    let mut none = true;
    for node in found.lists.iter().copied().flatten() {
        none = false;
        reader.account(node);
    }
    if none {
        reader.rows.mistakes.add(begin, "there is no account in it");
    }
    if let Some(at) = found.goes_on {
        let what = "the list goes on behind this token: ask for all accounts, without --max-items";
        reader.rows.mistakes.add(at, what);
    }
    Ok((reader.rows, reader.notes))
}

/// The lists of accounts of a file.
struct Found<'a> {
    format: Option<Format>,
    lists: Vec<&'a [Node]>,
    /// Where the last page says that there is one more.
    goes_on: Option<At>,
}

impl<'a> Found<'a> {
    fn look(&mut self, node: &'a Node) -> Result<(), Mistakes> {
        match &node.value {
            Value::Map(members) => {
                let list = members.iter().find(|(key, _)| plain_name(&key.name) == "accounts");
                let Some((Key { name, .. }, accounts)) = list else {
                    let what = "no key `accounts` or `Accounts`, so no list of accounts";
                    return Err(Mistakes::one(node.at, what));
                };
                let Value::List(accounts) = &accounts.value else {
                    let what = format!("`{}` must be a list, and is {}", shown(name), accounts.kind());
                    return Err(Mistakes::one(node.at, what));
                };
                self.add(accounts, if name == "accounts" { Format::C7nOrg } else { Format::ListAccounts });
                let token = members.iter().find(|(key, _)| key.name == "NextToken");
                self.goes_on = token.filter(|(_, token)| token.value != Value::Null).map(|(key, _)| key.at);
                Ok(())
            }
            // Pages that somebody has put into one list.
            Value::List(pages) if pages.iter().any(|page| page.get("Accounts").is_some()) => {
                pages.iter().try_for_each(|page| self.look(page))
            }
            Value::List(accounts) => {
                let format = match accounts.first() {
                    Some(first) if matches!(first.value, Value::Text(_)) => Format::Ids,
                    Some(first) if first.get("account_id").is_some() => Format::C7nOrg,
                    _ => Format::ListAccounts,
                };
                self.add(accounts, format);
                Ok(())
            }
            Value::Text(_) | Value::Null => {
                Err(Mistakes::one(node.at, format!("a list of accounts is needed, and this is {}", node.kind())))
            }
        }
    }

    fn add(&mut self, accounts: &'a [Node], format: Format) {
        self.format.get_or_insert(format);
        self.lists.push(accounts);
    }
}

struct Reader {
    rows: Rows,
    notes: Notes,
}

impl Reader {
    fn account(&mut self, node: &Node) {
        match &node.value {
            Value::Text(id) => {
                let id = Cell { at: node.at, name: "account_id", text: Cow::Borrowed(id) };
                self.rows.add(node.at, Row { id: Some(id), ..Row::default() });
            }
            Value::Map(members) => {
                let row = self.row(members);
                self.rows.add(node.at, row);
            }
            Value::List(_) | Value::Null => {
                self.rows.mistakes.add(node.at, format!("an account must be a map or an id, and is {}", node.kind()));
            }
        }
    }

    fn row<'a>(&mut self, members: &'a [(Key, Node)]) -> Row<'a> {
        let mut row = Row::default();
        let has_long_id = members.iter().any(|(key, _)| column(&key.name) == Some(Column::AccountId));
        for (key, node) in members {
            let plain = plain_name(&key.name);
            let known = match column(&key.name) {
                None if !has_long_id && SHORT_IDS.contains(&plain.as_str()) => Some(Column::AccountId),
                None if plain == "role" => Some(Column::AssumeRole),
                known => known,
            };
            match (known, plain.as_str()) {
                (Some(column), _) => {
                    if let Some(cell) = self.cell(key, node) {
                        put(&mut row, column, cell);
                    }
                }
                (None, "tags") => row.tags = Some(self.tags(node)),
                (None, "regions") => row.region = self.region(key, node),
                (None, plain) if NOT_NEEDED.contains(&plain) => {}
                (None, _) => self.not_read(key),
            }
        }
        row
    }

    fn not_read(&mut self, key: &Key) {
        if self.notes.unread.contains(&key.name) {
            return;
        }
        match misspelt(&key.name) {
            Some(what) => self.rows.mistakes.add(key.at, what),
            None => self.notes.unread.push(key.name.clone()),
        }
    }

    /// A value that is one text.
    fn cell<'a>(&mut self, key: &'a Key, node: &'a Node) -> Option<Cell<'a>> {
        let wrong = match &node.value {
            Value::Null => return None,
            Value::Text(text) if text.contains(['\r', '\n']) => "it has a line break".to_owned(),
            Value::Text(text) => {
                let text = Cow::Borrowed(text.as_str());
                return Some(Cell { at: node.at, name: &key.name, text }).filter(|cell| !cell.text.is_empty());
            }
            Value::List(_) if plain_name(&key.name) == "role" => {
                "roles are assumed in one step; name the one in the account itself".to_owned()
            }
            Value::List(_) | Value::Map(_) => format!("it must be a text, and is {}", node.kind()),
        };
        self.rows.mistakes.add(node.at, format!("{}: {wrong}", shown(&key.name)));
        None
    }

    /// The region, where one is named. Several are where c7n-org works; `{{region}}` is one.
    fn region<'a>(&mut self, key: &'a Key, node: &'a Node) -> Option<Cell<'a>> {
        match &node.value {
            Value::List(regions) => match regions.as_slice() {
                [one] => self.cell(key, one).filter(|cell| cell.text != "all"),
                [] => None,
                _ => {
                    self.notes.several_regions += 1;
                    None
                }
            },
            _ => self.cell(key, node),
        }
    }

    /// Tags as `KEY:VALUE`, or a map of them.
    fn tags(&mut self, node: &Node) -> Vec<(String, String)> {
        let mut tags = Vec::new();
        match &node.value {
            Value::List(items) => {
                for item in items {
                    match &item.value {
                        Value::Text(tag) => {
                            let (key, value) = tag.split_once(':').unwrap_or((tag, ""));
                            tags.push((key.to_owned(), value.to_owned()));
                        }
                        _ => self.rows.mistakes.add(item.at, "tags: each must be a text such as `stage:prod`"),
                    }
                }
            }
            Value::Map(members) => {
                for (key, node) in members {
                    match &node.value {
                        Value::Text(value) => tags.push((key.name.clone(), value.clone())),
                        Value::Null => tags.push((key.name.clone(), String::new())),
                        _ => self.rows.mistakes.add(node.at, "tags: each value must be a text"),
                    }
                }
            }
            Value::Null => {}
            Value::Text(_) => self.rows.mistakes.add(node.at, "tags: a list is needed, such as `- stage:prod`"),
        }
        tags
    }
}

fn put<'a>(row: &mut Row<'a>, column: Column, cell: Cell<'a>) {
    let place = match column {
        Column::AccountId => &mut row.id,
        Column::Name => &mut row.label,
        Column::AssumeRole => &mut row.assume_role,
        Column::ExternalId => &mut row.external_id,
        Column::RoleName => &mut row.role_name,
        Column::PassRoleTo => &mut row.pass_role_to,
        Column::Region => &mut row.region,
        Column::Params => &mut row.packed_params,
        Column::Joined => &mut row.joined,
        Column::ErrorMessage => &mut row.reason,
        Column::State => return row.states.insert(0, cell),
        Column::Status => return row.states.push(cell),
    };
    *place = Some(cell);
}
