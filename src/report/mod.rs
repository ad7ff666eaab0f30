//! What a run leaves behind: files in its folder, lines on a terminal, events for machines.
//!
//! Every reporter folds the one stream of [`crate::rollout::event`]. Nothing here knows AWS, the command line or the
//! engine; nothing here reads a clock: times come from the events. Memory grows with the number of accounts by a few
//! dozen bytes each at the most (where a row lies in its file).

mod accounts_csv;
mod changes_csv;
mod ci_file;
pub mod compare;
mod compare_files;
pub mod compare_run;
#[cfg(test)]
mod compare_tests;
mod csv_file;
mod evidence_check;
pub mod evidence_file;
mod evidence_jsonl;
mod fanout;
mod folder;
mod hashed;
pub mod history;
mod history_files;
#[cfg(test)]
mod history_tests;
mod html;
mod jsonl;
mod junit;
#[cfg(test)]
mod report_tests;
mod reporter;
mod row;
mod run_json;
#[cfg(test)]
mod sample;
mod sarif;
pub mod terminal;
mod verdict;
mod whole_file;
mod wire;

pub use accounts_csv::AccountsCsv;
pub use changes_csv::ChangesCsv;
pub use ci_file::{CiFile, CiForm};
pub use evidence_check::{FileState, check_files};
pub use evidence_jsonl::EvidenceJsonl;
pub use fanout::{ReportFailure, Reporters};
pub use folder::{FolderError, RunFolder, RunLock, private as private_report_dir};
pub use history_files::HistoryError;
pub use html::{HtmlPage, write_history_page};
pub use jsonl::JsonLines;
pub use reporter::Reporter;
pub use row::{AccountRow, AccountRows, COLUMNS, RowError};
pub use run_json::{EndedWord, EvidenceDigest, FileDigest, RunJson, RunJsonError, RunRecord};
pub use verdict::Verdict;
pub use whole_file::replace as replace_file;
