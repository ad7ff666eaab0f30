//! Whether the files of a run's folder are those that its `run.json` speaks of.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Component, Path};

use super::evidence_file::{EvidenceReader, EvidenceState};
use super::hashed::Hashed;
use super::run_json::{FileDigest, RunRecord};

/// What became of a file since the run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// It is what the run left.
    Intact,
    /// It is not what the run left.
    Changed,
    /// It is not there.
    Gone,
    /// What `run.json` speaks of is no name of a file in the folder.
    NoName,
    /// It is what the run left, and cannot be right.
    Wrong(EvidenceState),
    /// It cannot be read.
    Unreadable(String),
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intact => f.write_str("intact"),
            Self::Changed => f.write_str("changed after the run"),
            Self::Gone => f.write_str("gone"),
            Self::NoName => f.write_str("is not the name of a file in this folder"),
            Self::Wrong(state) => write!(f, "{state}"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

/// Checks each file of which `run.json` has a digest, in the order of their names. `evidence.jsonl` is also read line by
/// line.
pub fn check_files(folder: &Path, record: &RunRecord) -> Vec<(String, FileState)> {
    let state = |name: &String, digest: &FileDigest| match state(folder, name, digest, record) {
        Ok(state) => state,
        Err(error) if error.kind() == io::ErrorKind::NotFound => FileState::Gone,
        Err(error) => FileState::Unreadable(error.to_string()),
    };
    record.files.iter().map(|(name, digest)| (name.clone(), state(name, digest))).collect()
}

fn state(folder: &Path, name: &str, digest: &FileDigest, record: &RunRecord) -> io::Result<FileState> {
    // Who changed run.json must not be able to have other files read.
    let mut parts = Path::new(name).components();
    if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
        return Ok(FileState::NoName);
    }
    let path = folder.join(name);
    if !fits(&path, digest)? {
        return Ok(FileState::Changed);
    }
    if name != "evidence.jsonl" {
        return Ok(FileState::Intact);
    }
    let mut reader = EvidenceReader::new(File::open(&path)?);
    while reader.next_line()?.is_some() {}
    let state = reader.finish(record.evidence.as_ref())?;
    Ok(if state.is_intact() { FileState::Intact } else { FileState::Wrong(state) })
}

/// Whether the file is the one of which this is the digest.
pub(super) fn fits(path: &Path, digest: &FileDigest) -> io::Result<bool> {
    let found = path.symlink_metadata()?;
    let as_long = found.is_file() && found.len() == digest.bytes;
    Ok(as_long && Hashed::new(File::open(path)?).finish()? == digest.sha256)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::digest::sha256;

    #[test]
    fn each_file_is_told_by_itself_and_no_other_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/run.json");
        let mut record = RunRecord::read(&example).unwrap();
        record.files.clear();
        for name in ["a", "changed", "longer", "gone", "../outside", "/etc/passwd", ".", "folder"] {
            record.files.insert(name.into(), FileDigest { bytes: 4, sha256: sha256("text") });
        }
        for (name, text) in [("a", "text"), ("changed", "texT"), ("longer", "text\n")] {
            put(name, text);
        }
        fs::create_dir(folder.path().join("folder")).unwrap();
        let states = check_files(folder.path(), &record);
        let told: Vec<_> = states.iter().map(|(name, state)| (name.as_str(), state.to_string())).collect();
        let (no, changed) = ("is not the name of a file in this folder", "changed after the run");
        let wanted = [
            (".", no),
            ("../outside", no),
            ("/etc/passwd", no),
            ("a", "intact"),
            ("changed", changed),
            ("folder", changed),
            ("gone", "gone"),
            ("longer", changed),
        ];
        assert_eq!(told, wanted.map(|(name, state)| (name, state.to_owned())));
    }
}
