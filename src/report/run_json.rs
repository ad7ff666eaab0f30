//! `run.json`: what was run, by whom, on what, and how it ended. Written when the run starts and again when it ends.
//!
//! A run that was cut off leaves one with `"ended": null`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hashed::Hashed;
pub use super::wire::EndedWord;
use super::wire::{FORMAT, milliseconds};
use super::{Reporter, RunFolder, Verdict, whole_file};
use crate::account::change::ChangeResult;
use crate::ids::{Arn, Partition, RunId};
use crate::rollout::event::{Ended, Event, EventKind, JournalEnd, RolloutStats, RunInfo, Shard, Stage};

/// What `run.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of this form: 1.
    pub format: u32,
    /// The run's id.
    pub run_id: RunId,
    /// `apply`, `plan`, …
    pub command: String,
    /// The setup's name.
    pub setup: String,
    /// SHA-256 of the setup as it was resolved, in hexadecimal.
    pub setup_digest: String,
    /// Where the accounts came from, for people.
    pub source: String,
    /// Who ran it.
    pub caller: Arn,
    /// The partition.
    pub partition: Partition,
    /// The organization's id, where accounts came from AWS Organizations.
    pub organization: Option<String>,
    /// The number of accounts in the inventory.
    pub accounts: usize,
    /// How many of them the run worked on.
    pub selected: usize,
    /// Whether accounts were still being listed when this was written, so that there may be more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listing: bool,
    /// Which part of the inventory the run was about, where it was not about all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The runs of shards that this one's reports were made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<RunId>,
    /// How many at once.
    pub concurrency: usize,
    /// The form of the session policy.
    pub session_policy: String,
    /// Whether every account was looked at before the first write anywhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preflight: bool,
    /// The waves, where it went by waves: `1,5%,100%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<String>,
    /// What the order of the accounts came from, where it went by waves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How many accounts might fail before it halted: a number, a percentage, or `any`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<String>,
    /// The stages that it came to, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// rolecall's version.
    pub version: String,
    /// How often the run was cut off and gone on with.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resumed: u32,
    /// The run that this one puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puts_back: Option<RunId>,
    /// Parameters whose values hold wildcards, as `param.KEY = VALUE`; the setup lets them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wildcards: Vec<String>,
    /// When the run started.
    pub started_at: Timestamp,
    /// When it ended; null while it runs, and for ever if it was cut off.
    pub ended_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// How it ended; null while it runs, and for ever if it was cut off.
    pub ended: Option<EndedWord>,
    /// What there is to say with that: the operating system's words, or how many accounts failed.
    pub ended_detail: Option<String>,
    /// What the counts and the end come down to.
    pub exit: Option<Exit>,
    /// Accounts by status.
    pub counts: RolloutStats,
    /// Changes by result.
    pub changes: ChangeCounts,
    /// verify: what `evidence.jsonl` comes down to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceDigest>,
    /// The run's files as they were when it ended, by name.
    pub files: BTreeMap<String, FileDigest>,
    /// Where `journal.jsonl` was when the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalEnd>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives the field by reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// An exit code and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The code.
    pub code: u8,
    /// The code in words.
    pub meaning: String,
}

/// How many changes came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangeCounts {
    /// AWS took them.
    pub applied: usize,
    /// A plan shows them.
    pub pending: usize,
    /// AWS refused them, or it is not known.
    pub failed: usize,
}

/// The whole evidence of a run in one digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceDigest {
    /// SHA-256 of `evidence.jsonl`, in hexadecimal.
    pub sha256: String,
    /// How many accounts it has a line for.
    pub accounts: usize,
}

/// What a file was when the run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// Why a `run.json` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RunJsonError {
    /// The file could not be opened.
    #[error("cannot read `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is not what a run leaves behind.
    #[error("`{}` is not a run's record", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A newer rolecall wrote it.
    #[error("`{}` has format {format}, this version reads format {FORMAT}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
}

impl RunRecord {
    /// Reads a `run.json`. Members that are not known are passed over.
    pub fn read(path: &Path) -> Result<Self, RunJsonError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let path = || path.to_owned();
        let text = std::fs::read(path()).map_err(|source| RunJsonError::Open { path: path(), source })?;
        let malformed = |source| RunJsonError::Malformed { path: path(), source };
        let Head { format } = serde_json::from_slice(&text).map_err(malformed)?;
        if format != FORMAT {
            return Err(RunJsonError::Format { path: path(), format });
        }
        serde_json::from_slice(&text).map_err(malformed)
    }

    /// Puts it on record in the `run.json` at `path` where the journal is, once nothing more is written to that.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn put_journal_end(path: &Path, end: JournalEnd) -> io::Result<()> {
        let mut record = Self::read(path).map_err(io::Error::other)?;
        record.journal = Some(end);
        write(path, &record)
    }

    fn starting(info: &RunInfo) -> Self {
        let info = info.clone();
        Self {
            format: FORMAT,
            run_id: info.run_id,
            command: info.command,
            setup: info.setup,
            setup_digest: info.setup_digest,
            source: info.source,
            caller: info.caller,
            partition: info.partition,
            organization: info.organization,
            accounts: info.accounts,
            selected: info.selected,
            listing: info.listing,
            shard: info.shard,
            merged: info.merged,
            concurrency: info.concurrency,
            session_policy: info.session_policy,
            preflight: info.preflight,
            waves: info.waves.map(|waves| waves.to_string()),
            seed: info.seed.map(|seed| seed.0),
            max_failures: info.max_failures.map(|most| most.to_string()),
            stages: Vec::new(),
            version: info.version,
            resumed: info.resumed,
            puts_back: info.puts_back,
            wildcards: info.wildcards,
            started_at: info.started_at,
            ended_at: None,
            duration_ms: None,
            ended: None,
            ended_detail: None,
            exit: None,
            counts: RolloutStats::default(),
            changes: ChangeCounts::default(),
            evidence: None,
            files: BTreeMap::new(),
            journal: None,
        }
    }

    fn end(&mut self, at: Timestamp, elapsed: Duration, ended: &Ended) {
        let (word, detail) = EndedWord::of(ended);
        let verdict = Verdict::of(&self.counts, ended);
        self.ended_at = Some(at);
        self.duration_ms = Some(milliseconds(elapsed));
        self.ended = Some(word);
        self.ended_detail = detail;
        self.exit = Some(Exit { code: verdict.exit_code(), meaning: verdict.meaning().to_owned() });
    }
}

/// Writes `run.json`. Added after the reporters of the files whose digests it takes.
pub struct RunJson {
    path: PathBuf,
    digested: Vec<PathBuf>,
    record: Option<RunRecord>,
}

impl RunJson {
    /// For the run of this folder.
    pub fn new(folder: &RunFolder) -> Self {
        let digested = vec![folder.accounts_csv(), folder.changes_csv(), folder.evidence_jsonl(), folder.report_html()];
        Self { path: folder.run_json(), digested, record: None }
    }
}

impl Reporter for RunJson {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let EventKind::RunStarted(info) = &event.kind {
            let record = RunRecord::starting(info);
            write(&self.path, &record)?;
            self.record = Some(record);
        }
        let Some(record) = &mut self.record else { return Ok(()) };
        match &event.kind {
            EventKind::AccountsListed { accounts, selected, whole } => {
                (record.accounts, record.selected, record.listing) = (*accounts, *selected, !whole);
            }
            EventKind::StageStarted { stage } => record.stages.push(*stage),
            EventKind::ChangeSettled { result, .. } => match result {
                ChangeResult::Pending => record.changes.pending += 1,
                ChangeResult::Applied { .. } => record.changes.applied += 1,
                ChangeResult::Failed { .. } => record.changes.failed += 1,
            },
            EventKind::AccountFinished { outcome, .. } => {
                record.counts.count(outcome.status);
                if outcome.evidence.is_some() {
                    let evidence = record.evidence.get_or_insert(EvidenceDigest { sha256: String::new(), accounts: 0 });
                    evidence.accounts += 1;
                }
            }
            EventKind::RunFinished { ended, .. } => record.end(event.at, event.elapsed, ended),
            _ => {}
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Some(mut record) = self.record else { return Ok(()) };
        for path in &self.digested {
            // A file that is not there is another reporter's failure.
            if let (Some(name), Ok(file)) = (path.file_name(), File::open(path)) {
                record.files.insert(name.to_string_lossy().into_owned(), digest(file)?);
            }
        }
        if let (Some(evidence), Some(file)) = (&mut record.evidence, record.files.get("evidence.jsonl")) {
            evidence.sha256.clone_from(&file.sha256);
        }
        write(&self.path, &record)
    }
}

fn write(path: &Path, record: &RunRecord) -> io::Result<()> {
    whole_file::replace(path, |out| {
        serde_json::to_writer_pretty(&mut *out, record)?;
        out.write_all(b"\n")
    })
}

fn digest(file: File) -> io::Result<FileDigest> {
    let mut file = Hashed::new(file);
    let bytes = io::copy(&mut file, &mut io::sink())?;
    Ok(FileDigest { bytes, sha256: file.finish()? })
}
