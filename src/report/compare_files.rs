//! A comparison as data: CSV for a spreadsheet, JSON for a program.

use serde::Serialize;

use super::compare::{Difference, Shift};
use super::compare_run::{ComparedRun, ComparedRuns, RowsState};
use super::csv_file::encode;
use super::evidence_file::EvidenceState;
use super::wire::FORMAT;
use crate::account::outcome::AccountStatus;
use crate::ids::RunId;

/// The columns of the CSV, in their order.
const COLUMNS: [&str; 6] = ["account_id", "account_name", "change", "before", "after", "detail"];

#[derive(Serialize)]
struct Wire<'a> {
    format: u32,
    old: WireRun<'a>,
    new: WireRun<'a>,
    evidence_identical: bool,
    warnings: Vec<String>,
    counts: std::collections::BTreeMap<&'static str, usize>,
    came_unwell: usize,
    changes: &'a [Difference],
}

#[derive(Serialize)]
struct WireRun<'a> {
    run_id: &'a RunId,
    command: &'a str,
    setup: &'a str,
    setup_digest: &'a str,
    started_at: jiff::Timestamp,
    accounts: usize,
    rows: RowsState,
    evidence: &'a EvidenceState,
}

impl<'a> WireRun<'a> {
    fn of(run: &'a ComparedRun) -> Self {
        let record = &run.record;
        Self {
            run_id: &record.run_id,
            command: &record.command,
            setup: &record.setup,
            setup_digest: &record.setup_digest,
            started_at: record.started_at,
            accounts: record.accounts,
            rows: run.rows_state,
            evidence: &run.evidence,
        }
    }
}

impl ComparedRuns {
    /// One row for each account that is not well as before.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut text = Vec::new();
        encode(&COLUMNS, &mut text);
        let word = |status: Option<AccountStatus>| status.map(AccountStatus::as_str).unwrap_or_default();
        for difference in &self.comparison.differences {
            let cells = [
                difference.account_id.as_str(),
                &difference.account_name,
                difference.change.as_str(),
                word(difference.before),
                word(difference.after),
                &difference.detail,
            ];
            encode(&cells, &mut text);
        }
        text
    }

    /// One object with everything.
    ///
    /// # Errors
    /// Never, as far as serde's rules go.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let comparison = &self.comparison;
        let counted = Shift::ALL.iter().map(|shift| (shift.as_str(), comparison.count(*shift)));
        let wire = Wire {
            format: FORMAT,
            old: WireRun::of(&self.old),
            new: WireRun::of(&self.new),
            evidence_identical: self.evidence_is_identical(),
            warnings: self.warnings(),
            counts: counted.chain([("same", comparison.same)]).collect(),
            came_unwell: comparison.came_unwell(),
            changes: &comparison.differences,
        };
        Ok(serde_json::to_string_pretty(&wire)? + "\n")
    }
}
