//! Two runs' folders read for a comparison: their rows, and whether their files are still as the runs left them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::compare::{Comparison, ItemChange, ItemChanges, Seen};
use super::evidence_file::{EvidenceLine, EvidenceReader, EvidenceState};
use super::hashed::Hashed;
use super::row::{AccountRows, RowError};
use super::run_json::{RunJsonError, RunRecord};
use crate::ids::AccountId;

/// Why two runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The run's record cannot be read.
    #[error(transparent)]
    Record(#[from] RunJsonError),
    /// The run's rows are not what a run leaves behind.
    #[error("`{}` is not a run's report", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong.
        #[source]
        source: RowError,
    },
    /// An account has two rows.
    #[error("`{}` has two rows for account {account}", path.display())]
    TwoRows {
        /// The file.
        path: PathBuf,
        /// The account.
        account: AccountId,
    },
    /// A file of the run cannot be read.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Whether `accounts.csv` is the one that the run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowsState {
    /// It is.
    Intact,
    /// `run.json` has no digest of it: the run was cut off.
    Unsealed,
    /// It is not.
    Changed,
}

/// One of the two runs.
#[derive(Debug, Clone)]
pub struct ComparedRun {
    /// What `run.json` holds.
    pub record: RunRecord,
    /// How many rows there are.
    pub rows: usize,
    /// Whether they are as the run left them.
    pub rows_state: RowsState,
    /// Whether the evidence is as the run left it.
    pub evidence: EvidenceState,
}

/// Two runs, and what changed between them.
#[derive(Debug, Clone)]
pub struct ComparedRuns {
    /// The old run.
    pub old: ComparedRun,
    /// The new run.
    pub new: ComparedRun,
    /// What changed, account by account.
    pub comparison: Comparison,
}

impl ComparedRuns {
    /// Compares the runs of two folders.
    ///
    /// # Errors
    /// When one of them is not a run's, or cannot be read.
    pub fn read(old: &Path, new: &Path) -> Result<Self, CompareError> {
        let (old, new) = (Folder::read(old)?, Folder::read(new)?);
        let (old_evidence, new_evidence, items) = evidence(&old, &new)?;
        let one_run = old.record.run_id == new.record.run_id;
        let comparison = Comparison::of(&old.rows, &new.rows, items, one_run);
        Ok(Self { old: old.judged(old_evidence), new: new.judged(new_evidence), comparison })
    }

    /// Whether both runs have evidence, and it is the same to the byte.
    pub fn evidence_is_identical(&self) -> bool {
        self.old.evidence.is_intact() && self.old.evidence == self.new.evidence
    }

    /// Whether a file of either run is not as the run left it, so that the comparison cannot be believed.
    pub fn is_broken(&self) -> bool {
        [&self.old, &self.new].iter().any(|run| run.rows_state == RowsState::Changed || run.evidence.is_broken())
    }

    /// What makes the comparison say less than it seems to.
    pub fn warnings(&self) -> Vec<String> {
        let (old, new) = (&self.old.record, &self.new.record);
        let mut warnings = Vec::new();
        let mut differ = |what: &str, old: &str, new: &str| {
            if old != new {
                warnings.push(format!("the runs differ in their {what}: {old}, {new}"));
            }
        };
        differ("command", &old.command, &new.command);
        differ("setup", &old.setup, &new.setup);
        differ("partition", old.partition.as_str(), new.partition.as_str());
        if let (Some(old), Some(new)) = (&old.organization, &new.organization) {
            differ("organization", old, new);
        }
        if old.setup == new.setup && old.setup_digest != new.setup_digest {
            warnings.push(format!("the setup `{}` was changed between the runs", old.setup));
        }
        if old.started_at > new.started_at {
            warnings.push("OLD began after NEW: are they the wrong way round?".to_owned());
        }
        for (name, run) in [("OLD", &self.old), ("NEW", &self.new)] {
            if run.record.ended.is_none() {
                warnings.push(format!("{name} was cut off, or is still going on"));
            }
            if run.rows != run.record.accounts {
                warnings.push(format!("{name} has {} rows for {} accounts", run.rows, run.record.accounts));
            }
        }
        warnings
    }
}

struct Folder {
    record: RunRecord,
    rows: BTreeMap<AccountId, Seen>,
    rows_state: RowsState,
    evidence: PathBuf,
}

impl Folder {
    fn read(folder: &Path) -> Result<Self, CompareError> {
        let record = RunRecord::read(&folder.join("run.json"))?;
        let (rows, sha256) = rows(&folder.join("accounts.csv"))?;
        let rows_state = match record.files.get("accounts.csv") {
            None => RowsState::Unsealed,
            Some(file) if file.sha256 == sha256 => RowsState::Intact,
            Some(_) => RowsState::Changed,
        };
        Ok(Self { record, rows, rows_state, evidence: folder.join("evidence.jsonl") })
    }

    fn judged(self, evidence: EvidenceState) -> ComparedRun {
        ComparedRun { record: self.record, rows: self.rows.len(), rows_state: self.rows_state, evidence }
    }

    fn open_evidence(&self) -> Result<Option<EvidenceReader<File>>, CompareError> {
        match File::open(&self.evidence) {
            Ok(file) => Ok(Some(EvidenceReader::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.unread_evidence(source)),
        }
    }

    fn next_evidence(&self, reader: &mut EvidenceReader<File>) -> Result<Option<EvidenceLine>, CompareError> {
        reader.next_line().map_err(|source| self.unread_evidence(source))
    }

    fn judge_evidence(&self, reader: Option<EvidenceReader<File>>) -> Result<EvidenceState, CompareError> {
        match (reader, &self.record.evidence) {
            (Some(reader), seal) => reader.finish(seal.as_ref()).map_err(|source| self.unread_evidence(source)),
            (None, Some(_)) => Ok(EvidenceState::Gone),
            (None, None) => Ok(EvidenceState::None),
        }
    }

    fn unread_evidence(&self, source: io::Error) -> CompareError {
        CompareError::Io { path: self.evidence.clone(), source }
    }
}

/// The rows of an `accounts.csv`, and SHA-256 of the file.
pub(super) fn rows(path: &Path) -> Result<(BTreeMap<AccountId, Seen>, String), CompareError> {
    let unread = |source| CompareError::Io { path: path.to_owned(), source };
    let wrong = |source| CompareError::Rows { path: path.to_owned(), source };
    let mut file = Hashed::new(File::open(path).map_err(unread)?);
    let mut rows = BTreeMap::new();
    for row in AccountRows::new(&mut file).map_err(wrong)? {
        let row = row.map_err(wrong)?;
        if rows.insert(row.account_id, Seen::from(&row)).is_some() {
            return Err(CompareError::TwoRows { path: path.to_owned(), account: row.account_id });
        }
    }
    Ok((rows, file.finish().map_err(unread)?))
}

type Evidence = (EvidenceState, EvidenceState, BTreeMap<AccountId, ItemChanges>);

/// Reads both evidences side by side, which their order allows. What is not intact is not compared.
fn evidence(old: &Folder, new: &Folder) -> Result<Evidence, CompareError> {
    let (mut old_reader, mut new_reader) = (old.open_evidence()?, new.open_evidence()?);
    let mut items = BTreeMap::new();
    if let (Some(old_reader), Some(new_reader)) = (&mut old_reader, &mut new_reader) {
        let (mut before, mut after) = (old.next_evidence(old_reader)?, new.next_evidence(new_reader)?);
        while let (Some(was), Some(is)) = (&before, &after) {
            let order = was.account_id.cmp(&is.account_id);
            if order.is_eq() {
                let changes = ItemChanges {
                    found: changes(&was.found.items, &is.found.items),
                    wanted: changes(&was.wanted.items, &is.wanted.items),
                };
                if changes != ItemChanges::default() {
                    items.insert(is.account_id, changes);
                }
            }
            if order.is_le() {
                before = old.next_evidence(old_reader)?;
            }
            if order.is_ge() {
                after = new.next_evidence(new_reader)?;
            }
        }
    }
    let (old, new) = (old.judge_evidence(old_reader)?, new.judge_evidence(new_reader)?);
    if !old.is_intact() || !new.is_intact() {
        items.clear();
    }
    Ok((old, new, items))
}

fn changes(was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) -> Vec<ItemChange> {
    let change = |item: &String, change| ItemChange { item: item.clone(), change };
    let here = is.iter().filter_map(|(item, digest)| match was.get(item) {
        Some(before) => (before != digest).then(|| change(item, "changed")),
        None => Some(change(item, "came")),
    });
    let gone = was.keys().filter(|item| !is.contains_key(*item)).map(|item| change(item, "went"));
    let mut changes: Vec<ItemChange> = here.chain(gone).collect();
    changes.sort_by(|one, other| one.item.cmp(&other.item));
    changes
}
