//! The inventory itself: a list of accounts, each in or out.
//!
//! Pure data.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::InventoryError;
use super::format::Notes;
use super::params;
use super::shard::Whole;
use super::units::Unit;
use crate::ids::{AccountId, ExternalId, PrincipalRef, Region, RoleName, RolePath};

/// One AWS account of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name; empty where unknown. Chosen by the account's owner, so never trusted where it is shown.
    pub name: String,
    /// What its CSV row says differently from the command line.
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub overrides: Overrides,
    /// The root and the organizational units above it, outermost first (`r-ab12`, `ou-ab12-…`); empty where unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// The names of the units above it, outermost first and joined by ` / `, for people; empty where unknown. Not
    /// trusted.
    pub unit: String,
    /// When it joined the organization, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Timestamp>,
}

/// What a row of the inventory CSV overrides for its account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// The role to assume there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<RolePath>,
    /// The external id to assume it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The name of the setup's role there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_name: Option<RoleName>,
    /// Who gets the grant there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_role_to: Option<Vec<PrincipalRef>>,
    /// The value of `{{region}}` there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Setup parameters, by KEY of `param.KEY`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

impl Overrides {
    /// Whether the row says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The cells of an inventory's row that say the same, by column.
    pub fn cells(&self) -> BTreeMap<String, String> {
        let to = self.pass_role_to.as_ref().map(|to| to.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"));
        let params = (!self.params.is_empty()).then(|| params::join(&self.params));
        [
            ("assume_role", self.assume_role.as_ref().map(RolePath::written)),
            ("external_id", self.external_id.as_ref().map(ToString::to_string)),
            ("role_name", self.role_name.as_ref().map(ToString::to_string)),
            ("pass_role_to", to),
            ("region", self.region.as_ref().map(ToString::to_string)),
            ("params", params),
        ]
        .into_iter()
        .filter_map(|(column, cell)| Some((column.to_owned(), cell?)))
        .collect()
    }
}

/// An account and whether the run works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// In or out.
    pub selection: Selection,
    /// Its place in the whole list, from 0, where the inventory is only a part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
}

/// Whether the run works on an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// It does.
    In,
    /// It does not: the account's row is `skipped` with this reason.
    Out(Reason),
}

/// Why an account is out. `Display` is what people read in `error_message`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Organizations, or the inventory's own row, says that the account is closed, suspended, pending, or something that we do not know.
    NotActive(String),
    /// The organization's management account, without `--management-account`.
    ManagementAccount,
    /// The caller's own account, without `--management-account`, where the management account is not known.
    OwnAccount,
    /// Not named by `--include`.
    NotIncluded,
    /// Named by `--exclude`.
    Excluded,
    /// Not below any `--ou`.
    OutsideOu,
    /// Below this `--exclude-ou`.
    InExcludedOu(String),
    /// `--ou` or `--exclude-ou` is given, and no unit listed the account: it may have moved while the tree was read.
    UnitUnknown,
    /// `--tag`: it has this value under the key, or none.
    OtherTag {
        /// The key.
        key: String,
        /// The value. Not trusted.
        value: Option<String>,
    },
    /// `--only`: it ended the run of `--from` with another status.
    OtherStatus {
        /// The status.
        status: String,
        /// The run.
        run: String,
    },
    /// `--only`: the run of `--from` has no row for it.
    NotInRun(String),
    /// `--new-since`: this run, or one before it, brought it to a good end.
    InRun(String),
    /// `--new-since`: it joined the organization then, which is not after the date.
    JoinedBefore(Timestamp),
    /// `--new-since`: when it joined is not known.
    JoinUnknown,
    /// The run that is put back changed nothing there.
    NothingToPutBack,
    /// The inventory is an earlier report, and there the account was skipped for this reason.
    SkippedInReport(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotActive(state) => write!(f, "the account is {state}, not ACTIVE"),
            Self::ManagementAccount => f.write_str("the management account (use --management-account to work on it)"),
            Self::OwnAccount => f.write_str("the caller's own account (use --management-account to work on it)"),
            Self::NotIncluded => f.write_str("not named by --include"),
            Self::Excluded => f.write_str("named by --exclude"),
            Self::OutsideOu => f.write_str("not in or below an organizational unit named by --ou"),
            Self::InExcludedOu(ou) => write!(f, "in or below {ou}, named by --exclude-ou"),
            Self::UnitUnknown => {
                f.write_str("in no organizational unit that was read; it may have moved meanwhile, so run again")
            }
            Self::OtherTag { key, value: Some(value) } => write!(f, "its tag {key} is {value}, not as --tag says"),
            Self::OtherTag { key, value: None } => write!(f, "it has no tag {key}, which --tag asks for"),
            Self::OtherStatus { status, run } => write!(f, "was {status} in {run}, which --only does not name"),
            Self::NotInRun(run) => write!(f, "not in the report of {run}, named by --from"),
            Self::InRun(run) => write!(f, "done in {run} already, so not new (--new-since)"),
            Self::JoinedBefore(at) => {
                write!(f, "joined the organization on {}, so not new (--new-since)", at.strftime("%F"))
            }
            Self::JoinUnknown => f.write_str("when it joined the organization is not known (--new-since)"),
            Self::NothingToPutBack => f.write_str("the run that is put back changed nothing there"),
            Self::SkippedInReport(reason) => f.write_str(reason),
        }
    }
}

/// How many of the accounts are in.
pub fn selected(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| entry.selection == Selection::In).count()
}

/// The accounts of a run, in the order of their source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Every account, in or out. No id occurs twice.
    pub entries: Vec<Entry>,
    /// Where it came from, for people: a file's path, `organization o-…`.
    pub source: String,
    /// How its file was read.
    pub notes: Notes,
    /// The accounts' tags, where the file has them.
    pub tags: Option<Tags>,
    /// The root and the units of the organization, where they were read.
    pub units: Vec<Unit>,
    /// The list that this is a part of, where it is one.
    pub whole: Option<Whole>,
}

/// Tags of accounts, by key and value. The same key may be there with several values.
pub type Tags = HashMap<AccountId, Vec<(String, String)>>;

impl Inventory {
    /// These accounts.
    pub fn new(entries: Vec<Entry>, source: String) -> Self {
        Self { entries, source, notes: Notes::default(), tags: None, units: Vec::new(), whole: None }
    }

    /// The number of accounts that are in.
    pub fn selected(&self) -> usize {
        selected(&self.entries)
    }

    /// The inventory, if there is work in it.
    ///
    /// # Errors
    /// When no account is in; of a part of a list, it may be that none is.
    pub fn with_work(self) -> Result<Self, InventoryError> {
        match self.selected() {
            0 if self.whole.is_none() => Err(InventoryError::NothingSelected { accounts: self.entries.len() }),
            _ => Ok(self),
        }
    }
}
