//! In which form an inventory's file was written, and what of it was not read.

use std::fmt;

/// The forms that are read. `Display` completes "read as …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table whose header line names our columns.
    Csv,
    /// A run's `accounts.csv`.
    Report,
    /// What the Organizations console exports as `Organization_accounts_information.csv`.
    ConsoleExport,
    /// What `aws organizations list-accounts` prints, page by page or as a bare list.
    ListAccounts,
    /// The accounts file of Cloud Custodian's c7n-org.
    C7nOrg,
    /// Account ids and nothing else.
    Ids,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Report => "a run's accounts.csv",
            Self::ConsoleExport => "the Organizations console's export",
            Self::ListAccounts => "the output of `aws organizations list-accounts`",
            Self::C7nOrg => "c7n-org's accounts file",
            Self::Ids => "a list of account ids",
        })
    }
}

/// How a file was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// Its form; `None` where the inventory is from no file.
    pub format: Option<Format>,
    /// Columns or keys that are not read, each once, in the order of the file. Not trusted.
    pub unread: Vec<String>,
    /// Words in the columns `status` and `state` that say nothing to us, each once; their accounts are in. Not trusted.
    pub doubtful_states: Vec<String>,
    /// Accounts for which several regions are named, so that `{{region}}` is not one of them there.
    pub several_regions: usize,
}
