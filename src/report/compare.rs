//! What changed between two runs, account by account. Pure: rows and item changes in, differences out.
//!
//! How well an account is has one order, from best to worst: well, differs, missing, failed, not reached. A skipped
//! account is out of view: it is neither better nor worse than before.

use std::collections::BTreeMap;

use serde::Serialize;

use super::row::AccountRow;
use crate::account::change::Part;
use crate::account::outcome::{AccountStatus, PartStatus, Parts, Step};
use crate::ids::{AccountId, Arn};
use crate::sanitize::printable::printable;

/// What became of an account between the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// It is less well than before.
    Worse,
    /// It is as unwell as before, in the same way.
    Still,
    /// It is as well or unwell as before, in another way.
    Changed,
    /// It is better than before.
    Better,
    /// It has a row in the new run only.
    Came,
    /// It has a row in the old run only.
    Went,
    /// It was worked on before, and is skipped now.
    LeftOut,
    /// It was skipped before, and is worked on now.
    TakenIn,
}

impl Shift {
    /// Every value, in the order in which they are shown.
    pub const ALL: [Self; 8] =
        [Self::Worse, Self::Still, Self::Changed, Self::Better, Self::Came, Self::Went, Self::LeftOut, Self::TakenIn];

    /// The word as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Still => "still",
            Self::Changed => "changed",
            Self::Better => "better",
            Self::Came => "came",
            Self::Went => "went",
            Self::LeftOut => "left_out",
            Self::TakenIn => "taken_in",
        }
    }
}

/// How well an account is; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Well,
    Differs,
    Missing,
    Failed,
    NotReached,
}

impl Standing {
    /// `None` for an account that is out of view.
    fn of(status: AccountStatus) -> Option<Self> {
        Some(match status {
            AccountStatus::Created
            | AccountStatus::Updated
            | AccountStatus::Unchanged
            | AccountStatus::Compliant
            | AccountStatus::Removed
            | AccountStatus::Absent => Self::Well,
            AccountStatus::Pending | AccountStatus::Drifted => Self::Differs,
            AccountStatus::Missing => Self::Missing,
            AccountStatus::Failed => Self::Failed,
            AccountStatus::NotReached => Self::NotReached,
            AccountStatus::Skipped => return None,
        })
    }
}

/// What a comparison keeps of a row of `accounts.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    name: Box<str>,
    status: AccountStatus,
    parts: Parts,
    role: Option<Arn>,
    step: Option<Step>,
    code: Box<str>,
    reason: Box<str>,
    notes: Box<str>,
}

impl Seen {
    /// How well the account is; `None` where it is out of view.
    pub(super) fn standing(&self) -> Option<Standing> {
        Standing::of(self.status)
    }

    pub(super) fn status(&self) -> AccountStatus {
        self.status
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Why it was left out, or not reached.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }
}

impl From<&AccountRow> for Seen {
    fn from(row: &AccountRow) -> Self {
        // Somebody may have edited the file.
        let text = |text: &str| printable(text).into_owned().into_boxed_str();
        // AWS's message may differ from one try to the next; the reason of an account left out is ours.
        let left_out = matches!(row.status, AccountStatus::Skipped | AccountStatus::NotReached);
        Self {
            name: text(&row.account_name),
            status: row.status,
            parts: row.parts,
            role: row.role_arn.clone(),
            step: row.failed_step,
            code: text(&row.error_code),
            reason: text(if left_out { &row.error_message } else { "" }),
            notes: text(&row.notes),
        }
    }
}

/// What changed among the things that verify looked at in one account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ItemChanges {
    /// In what the account has.
    pub found: Vec<ItemChange>,
    /// In what the setup wants.
    pub wanted: Vec<ItemChange>,
}

/// One thing that is not as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemChange {
    /// `trust`, `inline/NAME`, …
    pub item: String,
    /// `changed`, `came` or `went`.
    pub change: &'static str,
}

/// An account that is not well as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The account.
    pub account_id: AccountId,
    /// Its name. Nothing in it acts.
    pub account_name: String,
    /// What became of it.
    pub change: Shift,
    /// Its status in the old run.
    pub before: Option<AccountStatus>,
    /// Its status in the new run.
    pub after: Option<AccountStatus>,
    /// How, in one line.
    pub detail: String,
    /// What the evidence says.
    #[serde(flatten)]
    pub items: ItemChanges,
}

/// What changed between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Every account that is not well as before, in the order of account ids.
    pub differences: Vec<Difference>,
    /// How many accounts are well as before, or skipped for the same reason.
    pub same: usize,
}

impl Comparison {
    /// Compares the rows of two runs. `items` holds what changed among the things that verify looked at, where both
    /// runs have evidence. What the new run wrote says that an account was not well between the two, unless they are
    /// `one_run`.
    pub fn of(
        old: &BTreeMap<AccountId, Seen>,
        new: &BTreeMap<AccountId, Seen>,
        mut items: BTreeMap<AccountId, ItemChanges>,
        one_run: bool,
    ) -> Self {
        let mut comparison = Self::default();
        let only_new = new.keys().filter(|id| !old.contains_key(id));
        let mut ids: Vec<AccountId> = old.keys().chain(only_new).copied().collect();
        ids.sort_unstable();
        for id in ids {
            let items = items.remove(&id).unwrap_or_default();
            let (before, after) = (old.get(&id), new.get(&id));
            let unchanged = one_run && before == after;
            match shift(before, after, &items, unchanged) {
                None => comparison.same += 1,
                Some(change) => comparison.differences.push(Difference {
                    account_id: id,
                    account_name: after.or(before).map(|seen| seen.name.to_string()).unwrap_or_default(),
                    change,
                    before: before.map(|seen| seen.status),
                    after: after.map(|seen| seen.status),
                    detail: detail(change, before, after, &items),
                    items,
                }),
            }
        }
        comparison
    }

    /// How many accounts came and are not well: nobody's worse, and yet not to be passed over.
    pub fn came_unwell(&self) -> usize {
        let came = self.differences.iter().filter(|difference| difference.change == Shift::Came);
        came.filter_map(|difference| Standing::of(difference.after?))
            .filter(|standing| *standing != Standing::Well)
            .count()
    }

    /// How many accounts this became of.
    pub fn count(&self, shift: Shift) -> usize {
        self.differences.iter().filter(|difference| difference.change == shift).count()
    }
}

fn shift(before: Option<&Seen>, after: Option<&Seen>, items: &ItemChanges, unchanged: bool) -> Option<Shift> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (None, _) => return Some(Shift::Came),
        (_, None) => return Some(Shift::Went),
    };
    let (was, is) = match (Standing::of(before.status), Standing::of(after.status)) {
        (Some(was), Some(is)) => (was, is),
        (None, None) => return (before.reason != after.reason).then_some(Shift::Changed),
        (None, _) => return Some(Shift::TakenIn),
        (_, None) => return Some(Shift::LeftOut),
    };
    let another_way = *items != ItemChanges::default() || !(unchanged || same_way(before, after));
    match is.cmp(&was) {
        std::cmp::Ordering::Greater => Some(Shift::Worse),
        std::cmp::Ordering::Less => Some(Shift::Better),
        std::cmp::Ordering::Equal if another_way => Some(Shift::Changed),
        std::cmp::Ordering::Equal if is == Standing::Well => None,
        std::cmp::Ordering::Equal => Some(Shift::Still),
    }
}

/// Whether two rows of the same standing say the same of the account.
fn same_way(before: &Seen, after: &Seen) -> bool {
    let same_role = before.role.is_none() || after.role.is_none() || before.role == after.role;
    same_role
        && match Standing::of(after.status) {
            Some(Standing::Well) => {
                // Who was well and yet had to be written to was not well in between, or the setup changed.
                wrote(after).is_none() && is_there(before) == is_there(after) && before.notes == after.notes
            }
            Some(Standing::Failed) => (before.step, &before.code) == (after.step, &after.code),
            // The notes say what differs.
            Some(Standing::Differs | Standing::Missing) => {
                wrong_parts(before).eq(wrong_parts(after)) && before.notes == after.notes
            }
            Some(Standing::NotReached) | None => true,
        }
}

/// Whether the account, being well, has the role.
fn is_there(seen: &Seen) -> bool {
    !matches!(seen.status, AccountStatus::Removed | AccountStatus::Absent)
}

/// What the run did to an account that is well now.
fn wrote(seen: &Seen) -> Option<String> {
    let word = match seen.status {
        AccountStatus::Created => return Some("the run created it".to_owned()),
        AccountStatus::Removed => return Some("the run took it away".to_owned()),
        AccountStatus::Updated => "the run wrote",
        _ => return None,
    };
    let idle = [PartStatus::Unchanged, PartStatus::Skipped, PartStatus::Absent];
    let parts = PARTS.iter().filter(|(part, _)| !idle.contains(&seen.parts.get(*part))).map(|(_, name)| *name);
    Some(format!("{word} {}", parts.collect::<Vec<_>>().join(", ")))
}

const PARTS: [(Part, &str); 4] =
    [(Part::Role, "role"), (Part::Trust, "trust"), (Part::Permissions, "permissions"), (Part::PassRole, "pass_role")];

/// The parts that are not as they should be.
fn wrong_parts(seen: &Seen) -> impl Iterator<Item = &'static str> {
    let wrong = [PartStatus::Pending, PartStatus::Drifted, PartStatus::Missing, PartStatus::Failed];
    PARTS.iter().filter(move |(part, _)| wrong.contains(&seen.parts.get(*part))).map(|(_, name)| *name)
}

/// How the account is, beyond its status.
fn way(seen: &Seen) -> String {
    match Standing::of(seen.status) {
        Some(Standing::Failed) => format!("{}: {}", seen.step.map_or("failed", Step::as_str), seen.code),
        Some(Standing::Differs | Standing::Missing) => wrong_parts(seen).collect::<Vec<_>>().join(", "),
        Some(Standing::NotReached) | None => seen.reason.to_string(),
        Some(Standing::Well) => String::new(),
    }
}

fn detail(change: Shift, before: Option<&Seen>, after: Option<&Seen>, items: &ItemChanges) -> String {
    let was = before.map(way).unwrap_or_default();
    let is = after.map(way).unwrap_or_default();
    let mut told = Vec::new();
    if change == Shift::Went {
        told.push(was);
    } else {
        let tell_was = !was.is_empty() && was != is && change != Shift::Worse;
        told.push(is);
        told.extend(tell_was.then(|| format!("before: {was}")));
    }
    if let (Some(before), Some(after)) = (before, after) {
        if Standing::of(before.status) == Some(Standing::Well) {
            told.extend(wrote(after));
        }
        if let (Some(was), Some(is)) = (&before.role, &after.role)
            && was != is
        {
            told.push(format!("another role: {}, before: {}", printable(is.resource()), printable(was.resource())));
        }
        let (was, is): (Vec<_>, Vec<_>) = (before.notes.split("; ").collect(), after.notes.split("; ").collect());
        let only = |these: &[&str], those: &[&str]| -> Vec<String> {
            these.iter().filter(|note| !note.is_empty() && !those.contains(note)).map(|n| (*n).to_owned()).collect()
        };
        told.extend(only(&is, &was).into_iter().map(|note| format!("noted: {note}")));
        told.extend(only(&was, &is).into_iter().map(|note| format!("no longer noted: {note}")));
    }
    told.extend(of_items("found", &items.found));
    told.extend(of_items("the setup", &items.wanted));
    told.retain(|text| !text.is_empty());
    told.join("; ")
}

fn of_items(head: &str, items: &[ItemChange]) -> Option<String> {
    let told: Vec<String> = items.iter().map(|item| format!("{} {}", printable(&item.item), item.change)).collect();
    (!told.is_empty()).then(|| format!("{head}: {}", told.join(", ")))
}
