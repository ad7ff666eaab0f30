//! `changes.csv`: one row per change, as it is settled, in the order of things; for verify, one row per difference.

use std::io;
use std::path::Path;

use super::Reporter;
use super::csv_file::CsvFile;
use super::wire::ChangeWords;
use crate::account::difference::Difference;
use crate::ids::AccountId;
use crate::rollout::event::{Event, EventKind};

/// The columns of `changes.csv`, in their order; new ones come at the end only.
const COLUMNS: [&str; 8] =
    ["account_id", "resource", "action", "before", "after", "result", "request_id", "error_code"];

/// Writes `changes.csv`.
pub struct ChangesCsv {
    csv: CsvFile,
}

impl ChangesCsv {
    /// Makes the file, with its header.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { csv: CsvFile::create(path, &COLUMNS)? })
    }
}

impl ChangesCsv {
    /// What was found stands under `before`, what the setup says under `after`: apply would lead from one to the other.
    fn difference(&mut self, account_id: AccountId, difference: &Difference) -> io::Result<()> {
        let cells: [&str; COLUMNS.len()] = [
            account_id.as_str(),
            &difference.item,
            "",
            difference.found.as_deref().unwrap_or_default(),
            difference.expected.as_deref().unwrap_or_default(),
            difference.kind.as_str(),
            "",
            "",
        ];
        self.csv.append(&cells).map(drop)
    }
}

impl Reporter for ChangesCsv {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let (account_id, change, result) = match &event.kind {
            EventKind::ChangeSettled { account_id, change, result } => (account_id, change, result),
            // Only verify has evidence; what a plan found is told change by change.
            EventKind::AccountFinished { outcome, .. } if outcome.evidence.is_some() => {
                let mut differences = outcome.differences.iter();
                return differences.try_for_each(|difference| self.difference(outcome.account_id, difference));
            }
            _ => return Ok(()),
        };
        let ChangeWords { result, request_id, error_code } = ChangeWords::of(result);
        let after = change.write.after();
        let cells: [&str; COLUMNS.len()] = [
            account_id.as_str(),
            &change.write.resource(),
            change.write.action(),
            change.before.as_deref().unwrap_or_default(),
            after.as_deref().unwrap_or_default(),
            result,
            request_id.unwrap_or_default(),
            error_code.unwrap_or_default(),
        ];
        self.csv.append(&cells).map(drop)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.csv.close().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::change::ChangeResult;
    use crate::report::sample;

    #[test]
    fn every_change_has_a_row_with_before_and_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("changes.csv");
        let mut report = Box::new(ChangesCsv::create(&path).unwrap());
        let applied = ChangeResult::Applied { request_id: Some("req-1".to_owned()) };
        let failed = ChangeResult::Failed { code: "LimitExceeded".into(), request_id: None };
        for result in [ChangeResult::Pending, applied, failed] {
            report.event(&sample::settled(7, sample::trust_change(), result)).unwrap();
        }
        report.finish().unwrap();
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            [
                "account_id,resource,action,before,after,result,request_id,error_code",
                r#"000000000007,role/Demo trust policy,UpdateAssumeRolePolicy,"{""a"":1}","{""a"":2}",pending,,"#,
                r#"000000000007,role/Demo trust policy,UpdateAssumeRolePolicy,"{""a"":1}","{""a"":2}",applied,req-1,"#,
                r#"000000000007,role/Demo trust policy,UpdateAssumeRolePolicy,"{""a"":1}","{""a"":2}",failed,,LimitExceeded"#,
                "",
            ]
            .join("\r\n")
        );
    }
}
