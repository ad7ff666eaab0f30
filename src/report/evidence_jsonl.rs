//! `evidence.jsonl`: one line per account that was verified, what was wanted and what was found, by digest.
//!
//! Sorted by account id and without times, so that two runs that found the same leave the same bytes. Of a line only its
//! place in the file is kept.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Reporter, whole_file};
use crate::account::evidence::Facts;
use crate::account::outcome::AccountStatus;
use crate::ids::{AccountId, Arn};
use crate::own_file;
use crate::rollout::event::{Event, EventKind};

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    account_id: AccountId,
    status: AccountStatus,
    role_arn: Option<&'a Arn>,
    wanted: &'a Facts,
    found: &'a Facts,
}

/// Writes `evidence.jsonl`.
pub struct EvidenceJsonl {
    path: PathBuf,
    file: File,
    end: u64,
    lines: BTreeMap<AccountId, Range<u64>>,
}

impl EvidenceJsonl {
    /// Makes the file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = own_file::make(path)?;
        Ok(Self { path: path.to_owned(), file, end: 0, lines: BTreeMap::new() })
    }
}

impl Reporter for EvidenceJsonl {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::AccountFinished { outcome, .. } = &event.kind else { return Ok(()) };
        let Some(evidence) = &outcome.evidence else { return Ok(()) };
        let line = Line {
            account_id: outcome.account_id,
            status: outcome.status,
            role_arn: outcome.role_arn.as_ref(),
            wanted: &evidence.wanted,
            found: &evidence.found,
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        let start = self.end;
        self.end += text.len() as u64;
        self.lines.insert(outcome.account_id, start..self.end);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { path, mut file, lines, .. } = *self;
        whole_file::replace(&path, move |out| {
            for line in lines.into_values() {
                file.seek(SeekFrom::Start(line.start))?;
                io::copy(&mut (&mut file).take(line.end - line.start), out)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn lines_are_in_the_order_of_ids_whatever_order_they_came_in() {
        let folder = tempfile::tempdir().unwrap();
        let written = |order: [u64; 3]| {
            let path = folder.path().join("evidence.jsonl");
            let mut report = Box::new(EvidenceJsonl::create(&path).unwrap());
            for n in order {
                report.event(&sample::finished(usize::try_from(n).unwrap(), sample::drifted(n))).unwrap();
            }
            report.event(&sample::finished(9, sample::skipped(9, "closed"))).unwrap();
            report.finish().unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let text = written([3, 1, 2]);
        assert_eq!(text, written([1, 2, 3]), "equal states give equal evidence");
        let ids: Vec<_> = text.lines().map(|line| line.get(..30).unwrap()).collect();
        assert_eq!(ids, [1, 2, 3].map(|n| format!(r#"{{"account_id":"{n:012}",","#).get(..30).unwrap().to_owned()));
    }
}
