//! The column contract of `accounts.csv`: which columns, in which order, what each holds, and how a row reads back.
//!
//! New columns come at the end only. Knows the outcome it is made of, and no file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::str::FromStr;

use jiff::Timestamp;

use super::wire::milliseconds;
use crate::account::difference::Difference;
use crate::account::outcome::{AccountStatus, Outcome, Parts, Step};
use crate::ids::{AccountId, Arn};
use crate::sanitize::csv_guard::unguard;
use crate::sanitize::printable::printable;

/// The columns of `accounts.csv`, in their order.
pub const COLUMNS: [&str; 24] = [
    "account_id",
    "account_name",
    "status",
    "role",
    "trust",
    "permissions",
    "pass_role",
    "role_arn",
    "changes",
    "failed_step",
    "error_code",
    "error_message",
    "fix",
    "request_id",
    "attempts",
    "started_at",
    "duration_ms",
    "notes",
    "assume_role",
    "external_id",
    "role_name",
    "pass_role_to",
    "region",
    "params",
];

/// How many columns every file has; the later ones came later and may be missing.
const AT_FIRST: usize = 17;

/// How many columns come before those that say what the account's row of the inventory said.
const BEFORE_OVERRIDES: usize = 18;

/// The columns that an inventory has as well.
fn override_columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().skip(BEFORE_OVERRIDES)
}

/// One row of `accounts.csv`. What is not known is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The account.
    pub account_id: AccountId,
    /// Its name, exactly as the inventory has it. Not trusted.
    pub account_name: String,
    /// The whole in one word.
    pub status: AccountStatus,
    /// Each part in one word.
    pub parts: Parts,
    /// The setup's role in this account.
    pub role_arn: Option<Arn>,
    /// How many writes AWS took (plan: how many apply would make).
    pub changes: u32,
    /// Where it failed.
    pub failed_step: Option<Step>,
    /// AWS's error code, or a word of ours.
    pub error_code: String,
    /// AWS's message, or why the account was skipped or not reached. One line, nothing in it acts.
    pub error_message: String,
    /// What to do, in one line.
    pub fix: String,
    /// AWS's id of the request that failed.
    pub request_id: String,
    /// The most times that any one call was sent.
    pub attempts: u32,
    /// When work began, to the millisecond.
    pub started_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What differs from the setup, and what else is worth knowing though nothing failed, joined by `; `.
    pub notes: String,
    /// What the account's row of the inventory said differently from the command line, by column; exactly as it stood
    /// there, so that the report serves as an inventory.
    pub overrides: BTreeMap<String, String>,
}

impl AccountRow {
    /// The row of an outcome.
    pub fn from_outcome(outcome: &Outcome) -> Self {
        let failure = outcome.failure.as_ref();
        let of_failure = |text: fn(&crate::account::outcome::Failure) -> &str| {
            failure.map(|failure| printable(text(failure)).into_owned()).unwrap_or_default()
        };
        let error_message = match &outcome.reason {
            Some(reason) if failure.is_none() => printable(reason).into_owned(),
            _ => of_failure(|failure| &failure.message),
        };
        Self {
            account_id: outcome.account_id,
            account_name: printable(&outcome.account_name).into_owned(),
            status: outcome.status,
            parts: outcome.parts,
            role_arn: outcome.role_arn.clone(),
            changes: outcome.changes,
            failed_step: failure.map(|failure| failure.step),
            error_code: of_failure(|failure| failure.code.as_str()),
            error_message,
            fix: of_failure(|failure| &failure.fix),
            request_id: of_failure(|failure| failure.request_id.as_deref().unwrap_or_default()),
            attempts: outcome.attempts,
            started_at: outcome.started_at.and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok()),
            duration_ms: milliseconds(outcome.duration),
            notes: printable(&notes(outcome)).into_owned(),
            overrides: outcome.overrides.clone(),
        }
    }

    /// The cells, in the order of [`COLUMNS`], not yet guarded or quoted.
    pub fn cells(&self) -> [Cow<'_, str>; COLUMNS.len()] {
        let Parts { role, trust, permissions, pass_role } = self.parts;
        let said = |column: &str| self.overrides.get(column).map(String::as_str).unwrap_or_default().into();
        [
            self.account_id.as_str().into(),
            self.account_name.as_str().into(),
            self.status.as_str().into(),
            role.as_str().into(),
            trust.as_str().into(),
            permissions.as_str().into(),
            pass_role.as_str().into(),
            self.role_arn.as_ref().map(Arn::to_string).unwrap_or_default().into(),
            self.changes.to_string().into(),
            self.failed_step.map(Step::as_str).unwrap_or_default().into(),
            self.error_code.as_str().into(),
            self.error_message.as_str().into(),
            self.fix.as_str().into(),
            self.request_id.as_str().into(),
            self.attempts.to_string().into(),
            self.started_at.map(|at| format!("{at:.3}")).unwrap_or_default().into(),
            self.duration_ms.to_string().into(),
            self.notes.as_str().into(),
            said("assume_role"),
            said("external_id"),
            said("role_name"),
            said("pass_role_to"),
            said("region"),
            said("params"),
        ]
    }
}

/// How many differences are told in a row; `changes.csv` has them all.
const DIFFERENCES: usize = 8;

fn notes(outcome: &Outcome) -> String {
    let differences = outcome.differences.iter().take(DIFFERENCES).map(Difference::summary);
    let more = outcome.differences.len().saturating_sub(DIFFERENCES);
    let more = (more > 0).then(|| format!("and {more} more, see changes.csv"));
    differences.chain(more).chain(outcome.notes.iter().cloned()).collect::<Vec<_>>().join("; ")
}

/// Why rows could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// It is no CSV in UTF-8, or it could not be read.
    #[error("cannot read the report's rows")]
    Csv(#[source] csv::Error),
    /// It is another CSV than `accounts.csv`.
    #[error("column `{column}` is missing")]
    MissingColumn {
        /// The column.
        column: &'static str,
    },
    /// A cell holds what its column cannot hold.
    #[error("line {line}, column `{column}`: {problem}")]
    Cell {
        /// The line in the file, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// Reads the rows of an `accounts.csv` one by one. Columns are found by their names; unknown ones are passed over.
pub struct AccountRows<R> {
    reader: csv::Reader<R>,
    positions: [Option<usize>; COLUMNS.len()],
}

impl<R: io::Read> AccountRows<R> {
    /// Reads the header.
    pub fn new(input: R) -> Result<Self, RowError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let header = reader.headers().map_err(RowError::Csv)?;
        let positions = COLUMNS.map(|column| header.iter().position(|cell| cell == column));
        for (column, position) in COLUMNS.into_iter().zip(positions).take(AT_FIRST) {
            if position.is_none() {
                return Err(RowError::MissingColumn { column });
            }
        }
        Ok(Self { reader, positions })
    }

    fn row(&self, record: &csv::StringRecord) -> Result<AccountRow, RowError> {
        // A row is one line. The parser's own count of lines is one behind where they end with CRLF.
        let line = record.position().map_or(0, |position| position.record() + 1);
        let cells = Cells { line, cells: self.positions.map(|p| p.and_then(|p| record.get(p)).unwrap_or_default()) };
        Ok(AccountRow {
            account_id: cells.parse("account_id")?,
            account_name: cells.text("account_name"),
            status: cells.parse("status")?,
            parts: Parts {
                role: cells.parse("role")?,
                trust: cells.parse("trust")?,
                permissions: cells.parse("permissions")?,
                pass_role: cells.parse("pass_role")?,
            },
            role_arn: cells.optional("role_arn")?,
            changes: cells.parse("changes")?,
            failed_step: cells.optional("failed_step")?,
            error_code: cells.text("error_code"),
            error_message: cells.text("error_message"),
            fix: cells.text("fix"),
            request_id: cells.text("request_id"),
            attempts: cells.parse("attempts")?,
            started_at: cells.optional("started_at")?,
            duration_ms: cells.parse("duration_ms")?,
            notes: cells.text("notes"),
            overrides: override_columns()
                .map(|column| (column.to_owned(), cells.text(column)))
                .filter(|(_, said)| !said.is_empty())
                .collect(),
        })
    }
}

impl<R: io::Read> Iterator for AccountRows<R> {
    type Item = Result<AccountRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = csv::StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(true) => Some(self.row(&record)),
            Ok(false) => None,
            Err(error) => Some(Err(RowError::Csv(error))),
        }
    }
}

/// The cells of one row, in the order of [`COLUMNS`].
struct Cells<'a> {
    line: u64,
    cells: [&'a str; COLUMNS.len()],
}

impl Cells<'_> {
    fn text(&self, column: &'static str) -> String {
        let cell = COLUMNS.iter().zip(self.cells).find(|(name, _)| **name == column).map(|(_, cell)| cell);
        unguard(cell.unwrap_or_default()).into_owned()
    }

    fn parse<T: FromStr<Err: std::fmt::Display>>(&self, column: &'static str) -> Result<T, RowError> {
        let text = self.text(column);
        text.parse().map_err(|error: T::Err| {
            let problem = if text.is_empty() { "empty".to_owned() } else { printable(&error.to_string()).into_owned() };
            RowError::Cell { line: self.line, column, problem }
        })
    }

    fn optional<T: FromStr<Err: std::fmt::Display>>(&self, column: &'static str) -> Result<Option<T>, RowError> {
        if self.text(column).is_empty() { Ok(None) } else { self.parse(column).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_contract_has_this_order() {
        assert_eq!(
            COLUMNS.join(","),
            "account_id,account_name,status,role,trust,permissions,pass_role,role_arn,changes,failed_step,error_code,\
             error_message,fix,request_id,attempts,started_at,duration_ms,notes,assume_role,external_id,role_name,pass_role_to,\
             region,params"
        );
    }

    #[test]
    fn a_failed_account_has_its_cells() {
        let mut outcome = sample::denied(12);
        outcome.notes = vec!["one".to_owned(), "two\nlines".to_owned()];
        assert_eq!(
            AccountRow::from_outcome(&outcome).cells().join("|"),
            "000000000012|account-12|failed|not_reached|not_reached|not_reached|not_reached||0|assume_role|\
             AccessDenied|User: arn:aws:sts::999999999999:assumed-role/Admin/me is not authorized to perform: \
             sts:AssumeRole on resource: arn:aws:iam::000000000012:role/OrganizationAccountAccessRole|let account \
             000000000012 trust the caller in role/OrganizationAccountAccessRole|req-12|1|2026-11-24T09:30:06.250Z|\
             80|one; two lines||||||"
        );
    }

    #[test]
    fn a_skipped_account_says_why_in_error_message() {
        let row = AccountRow::from_outcome(&sample::skipped(3, "the account is SUSPENDED, not ACTIVE"));
        assert_eq!(row.error_message, "the account is SUSPENDED, not ACTIVE");
        assert_eq!((row.failed_step, row.started_at, row.attempts), (None, None, 0));
    }

    #[test]
    fn reading_names_line_and_column_of_what_is_wrong() {
        let header = COLUMNS.join(",");
        let read = |text: String| AccountRows::new(text.as_bytes()).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let row = "000000000012,x,created,created,created,created,skipped,,3,,,,,,1,,80";
        assert_eq!(read(format!("{header}\r\n{row},note\r\n")).unwrap()[0].notes, "note");

        let without_notes = format!("{}\n{row}\n", header.split(",notes").next().unwrap());
        assert_eq!(read(without_notes).unwrap()[0].account_id.as_str(), "000000000012");
        let error = |text: String| read(text).unwrap_err().to_string();
        assert_eq!(error("account_id,name\n".to_owned()), "column `account_name` is missing");
        assert_eq!(
            error(format!("{header}\n{row},\n{},\n", row.replacen("000000000012", "12", 1))),
            "line 3, column `account_id`: `12` is not an account id (12 digits)"
        );
        assert_eq!(error(format!("{header}\n000000000012,x\n")), "line 2, column `status`: empty");
        assert_eq!(error(format!("{header}\r\n{row},\r\n000000000012,x\r\n")), "line 3, column `status`: empty");
    }
}
