//! The names of an inventory's columns, as people and other programs write them. Pure.
//!
//! Case, blanks and marks do not matter: `Account ID`, `AccountId` and `account_id` are one name. A name that is nearly
//! one of those that say what is done in an account is a mistake, since without it something else would be done there.

use super::mistakes::shown;

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Column {
    AccountId,
    Name,
    AssumeRole,
    ExternalId,
    RoleName,
    PassRoleTo,
    Region,
    /// Parameters in one cell.
    Params,
    Joined,
    Status,
    State,
    ErrorMessage,
}

/// Every name, in the form of [`plain_name`], with how it is written here.
const NAMES: &[(&str, Column, &str)] = &[
    ("accountid", Column::AccountId, "account_id"),
    ("name", Column::Name, "name"),
    ("accountname", Column::Name, "account_name"),
    ("assumerole", Column::AssumeRole, "assume_role"),
    ("externalid", Column::ExternalId, "external_id"),
    ("rolename", Column::RoleName, "role_name"),
    ("passroleto", Column::PassRoleTo, "pass_role_to"),
    ("region", Column::Region, "region"),
    ("params", Column::Params, "params"),
    ("joined", Column::Joined, "joined"),
    ("joinedtimestamp", Column::Joined, "Joined timestamp"),
    ("status", Column::Status, "status"),
    ("state", Column::State, "state"),
    ("errormessage", Column::ErrorMessage, "error_message"),
];

/// Names that mean the account's id where no column is called `account_id`.
pub(super) const SHORT_IDS: [&str; 2] = ["id", "account"];

/// The columns whose misspelt names would change what is done in an account.
const DECIDING: [Column; 7] = [
    Column::AccountId,
    Column::AssumeRole,
    Column::ExternalId,
    Column::RoleName,
    Column::PassRoleTo,
    Column::Region,
    Column::Params,
];

/// A name without case, blanks and marks.
pub(super) fn plain_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a column of that name says.
pub(super) fn column(name: &str) -> Option<Column> {
    let plain = plain_name(name);
    NAMES.iter().find(|(known, ..)| *known == plain).map(|(_, column, _)| *column)
}

/// KEY, where a column is called `param.KEY`.
pub(super) fn param(name: &str) -> Option<&str> {
    name.strip_prefix("param.").filter(|key| !key.is_empty())
}

/// What is wrong with a column that is not read: its name is nearly another's.
pub(super) fn misspelt(name: &str) -> Option<String> {
    let meant = match name.split_once('.') {
        Some((begin, key)) if near(&plain_name(begin), "param") || plain_name(begin) == "param" => {
            format!("param.{key}")
        }
        _ => {
            let plain = plain_name(name);
            let known = NAMES.iter().find(|(known, column, _)| DECIDING.contains(column) && near(&plain, known));
            known.map(|(.., written)| (*written).to_owned())?
        }
    };
    let (name, meant) = (shown(name), shown(&meant));
    Some(format!("the column `{name}` is not read; is it `{meant}`? if not, give it a name that is less like that"))
}

/// Whether one is a slip of the hand away from the other: a letter too many, too few or another, or letters that have
/// changed places.
fn near(name: &str, known: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    name != known && (sorted(name) == sorted(known) || strsim::osa_distance(name, known) == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter_and_a_slip_does() {
        for name in ["account_id", "Account ID", "AccountId", "ACCOUNT-ID", " account id "] {
            assert_eq!(column(name), Some(Column::AccountId), "{name}");
        }
        assert_eq!(column("Joined timestamp"), Some(Column::Joined));
        for (name, meant) in [
            ("asume_role", "`assume_role`"),
            ("pass_role_too", "`pass_role_to`"),
            ("pass_role_ot", "`pass_role_to`"),
            ("regions", "`region`"),
            ("parm.team", "`param.team`"),
            ("Param.team", "`param.team`"),
            ("acount_id", "`account_id`"),
        ] {
            assert!(column(name).is_none() && misspelt(name).unwrap().contains(meant), "{name}");
        }
        for name in ["owner", "stage", "stats", "e-mail", "role", "internal_id", "cost.centre", "unit", "role_arn", ""]
        {
            assert!(column(name).is_none() && misspelt(name).is_none(), "{name}");
        }
        assert_eq!(param("param.team"), Some("team"));
        assert_eq!(param("param."), None);
    }
}
