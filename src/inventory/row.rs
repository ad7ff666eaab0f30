//! One account of an inventory's file, whatever the file's form: from the cells of its row to an entry. Pure.

use std::borrow::Cow;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;

use super::list::{Account, Entry, Overrides, Reason, Selection, Tags};
use super::mistakes::{At, Mistakes, shown};
use super::{joined, params};
use crate::ids::{AccountId, IdError, PrincipalRef, RolePath, RoleRef};

/// The most accounts that a file may have: far more than an organization has, and few enough to be held.
pub(super) const MOST_ACCOUNTS: usize = 200_000;

/// A value, with its place and the name that it has in the file.
#[derive(Debug, Clone)]
pub(super) struct Cell<'a> {
    pub(super) at: At,
    pub(super) name: &'a str,
    pub(super) text: Cow<'a, str>,
}

/// What a row says; no cell of it is empty.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) id: Option<Cell<'a>>,
    pub(super) label: Option<Cell<'a>>,
    pub(super) assume_role: Option<Cell<'a>>,
    pub(super) external_id: Option<Cell<'a>>,
    pub(super) role_name: Option<Cell<'a>>,
    pub(super) pass_role_to: Option<Cell<'a>>,
    pub(super) region: Option<Cell<'a>>,
    /// Parameters that have a column each, by KEY.
    pub(super) params: Vec<(&'a str, Cell<'a>)>,
    /// Parameters in one cell.
    pub(super) packed_params: Option<Cell<'a>>,
    pub(super) joined: Option<Cell<'a>>,
    /// `status` and `state`.
    pub(super) states: Vec<Cell<'a>>,
    pub(super) reason: Option<Cell<'a>>,
    /// Tags, where the form has them.
    pub(super) tags: Option<Vec<(String, String)>>,
}

/// The states in which AWS lets nobody into an account.
const UNUSABLE: &[&str] = &["SUSPENDED", "CLOSED", "PENDING_CLOSURE", "PENDING_ACTIVATION"];

/// What else a `status` may be: AWS's word for a usable account, and what reports say of accounts.
const USABLE: &str = "ACTIVE created updated unchanged pending compliant waived drifted missing removed absent failed \
                      not_reached";

/// The accounts that were read so far, and what was wrong with them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) entries: Vec<Entry>,
    pub(super) mistakes: Mistakes,
    pub(super) doubtful_states: Vec<String>,
    pub(super) tags: Option<Tags>,
    /// Whether the states are AWS's own, so that only `ACTIVE` is one to work in.
    states_are_aws: bool,
    seen: HashMap<AccountId, u64>,
}

impl Rows {
    /// For a form in which states are the words of AWS Organizations.
    pub(super) fn with_states_of_aws() -> Self {
        Self { states_are_aws: true, ..Self::default() }
    }

    /// Reads a row that begins at `at`.
    pub(super) fn add(&mut self, at: At, row: Row<'_>) {
        let before = self.mistakes.count();
        let (id, id_at) = match &row.id {
            Some(cell) => (cell.text.parse::<AccountId>().ok(), cell.at),
            None => (None, at),
        };
        if id.is_none() {
            let what = match &row.id {
                Some(cell) => spoiled_id(cell.name, &cell.text),
                None => "there is no account id".to_owned(),
            };
            self.mistakes.add(id_at, what);
        }
        let tags = row.tags.clone();
        let entry = self.entry(id, row);
        let Some(id) = id else { return };
        match self.seen.entry(id) {
            Slot::Occupied(first) => {
                self.mistakes.add(id_at, format!("account {id} is in line {} already", first.get()));
            }
            Slot::Vacant(_) if self.entries.len() == MOST_ACCOUNTS => {
                // Once is enough: `seen` does not grow any more.
                if before == 0 {
                    self.mistakes.add(id_at, format!("more than {MOST_ACCOUNTS} accounts: this is no list of one run"));
                }
            }
            Slot::Vacant(free) => {
                free.insert(at.line);
                if self.mistakes.count() == before {
                    self.entries.push(entry);
                }
                if let Some(tags) = tags {
                    self.tags.get_or_insert_default().insert(id, tags);
                }
            }
        }
    }

    fn entry(&mut self, id: Option<AccountId>, row: Row<'_>) -> Entry {
        let overrides = Overrides {
            assume_role: self.role(id, row.assume_role.as_ref()),
            external_id: self.value(row.external_id.as_ref()),
            role_name: self.value(row.role_name.as_ref()),
            pass_role_to: self.principals(row.pass_role_to.as_ref()),
            region: self.value(row.region.as_ref()),
            params: self.params(&row),
        };
        let selection = self.selection(&row);
        let joined: Option<Timestamp> = row.joined.as_ref().and_then(|cell| joined::read(&cell.text));
        let name = row.label.map(|cell| cell.text.into_owned()).unwrap_or_default();
        let id = id.unwrap_or(AccountId::EXAMPLE);
        let account = Account { id, name, overrides, parents: Vec::new(), unit: String::new(), joined };
        Entry { account, selection, place: None }
    }

    /// In, or out for the state that the row says.
    fn selection(&mut self, row: &Row<'_>) -> Selection {
        let said: Vec<&str> = row.states.iter().map(|cell| cell.text.trim()).filter(|word| !word.is_empty()).collect();
        if self.states_are_aws {
            let other = said.iter().find(|word| !word.eq_ignore_ascii_case("ACTIVE"));
            return other.map_or(Selection::In, |state| {
                let state = shown(state).to_uppercase();
                Selection::Out(Reason::NotActive(state))
            });
        }
        let skipped = row.states.iter().any(|cell| cell.name == "status" && cell.text == "skipped");
        if skipped {
            let reason = row.reason.as_ref().map(|cell| cell.text.clone().into_owned());
            return Selection::Out(Reason::SkippedInReport(reason.unwrap_or("skipped in the report".to_owned())));
        }
        let among = |word: &str| UNUSABLE.iter().find(|known| known.eq_ignore_ascii_case(word)).copied();
        // In capitals it is the word of an older export, not a report's.
        let unusable = |word: &&str| among(word).or_else(|| (*word == "PENDING").then_some("PENDING"));
        for word in &said {
            let usable = USABLE.split_whitespace().any(|known| known.eq_ignore_ascii_case(word));
            if !usable && unusable(word).is_none() && !self.doubtful_states.iter().any(|told| told == word) {
                self.doubtful_states.push((*word).to_owned());
            }
        }
        let state = said.iter().find_map(unusable);
        state.map_or(Selection::In, |state| Selection::Out(Reason::NotActive(state.to_owned())))
    }

    fn value<T: FromStr<Err: Display>>(&mut self, cell: Option<&Cell<'_>>) -> Option<T> {
        let cell = cell?;
        cell.text.parse().map_err(|error: T::Err| self.wrong(cell, &error)).ok()
    }

    /// The role to assume. Where the account's own id is spoiled, whose ARN it is cannot be told.
    fn role(&mut self, id: Option<AccountId>, cell: Option<&Cell<'_>>) -> Option<RolePath> {
        let role: RoleRef = self.value(cell)?;
        match id {
            Some(id) => role.in_account(id).map_err(|error| cell.map(|cell| self.wrong(cell, &error))).ok(),
            None => Some(role.role),
        }
    }

    fn principals(&mut self, cell: Option<&Cell<'_>>) -> Option<Vec<PrincipalRef>> {
        let cell = cell?;
        let all: Result<_, IdError> = cell.text.split(';').map(|to| to.trim().parse()).collect();
        all.map_err(|error| self.wrong(cell, &error)).ok()
    }

    /// The parameters of their own columns and those in one cell, which is how a report has them.
    fn params(&mut self, row: &Row<'_>) -> BTreeMap<String, String> {
        let own = row.params.iter().map(|(key, cell)| ((*key).to_owned(), cell.text.clone().into_owned()));
        let mut params: BTreeMap<String, String> = own.collect();
        let Some(cell) = &row.packed_params else { return params };
        match params::split(&cell.text) {
            Ok(more) => {
                for (key, value) in more {
                    if params.insert(key.clone(), value).is_some() {
                        self.wrong(cell, &format!("`{key}` has a value already"));
                    }
                }
            }
            Err(what) => self.wrong(cell, &what),
        }
        params
    }

    fn wrong(&mut self, cell: &Cell<'_>, what: &impl ToString) {
        self.mistakes.add(cell.at, format!("{}: {}", shown(cell.name), shown(&what.to_string())));
    }
}

/// What a spreadsheet, mostly, has made of an account id.
pub(super) fn spoiled_id(name: &str, cell: &str) -> String {
    let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
    let only = |more: &[char]| cell.chars().all(|c| c.is_ascii_digit() || more.contains(&c));
    let cause = if cell.is_empty() {
        "it is empty".to_owned()
    } else if cell.contains(['E', 'e']) && only(&['E', 'e', '+', '.', ',']) {
        "a spreadsheet has turned it into a number with an exponent, and its digits are lost; export it as text"
            .to_owned()
    } else if digits.len() == cell.len() && digits.len() < 12 {
        format!("it has {} digits; if a spreadsheet cut the zeros off, it was {digits:0>12}", digits.len())
    } else if digits.len() == cell.len() {
        format!("it has {} digits", digits.len())
    } else if digits.len() == 12 {
        format!("it has more in it than its twelve digits; write {digits}")
    } else {
        "it is not made of digits".to_owned()
    };
    format!("{}: `{}` is not an account id (12 digits): {cause}", shown(name), shown(cell))
}
