//! A run's folder, `reports/<run id>`: made, found again, and pointed at by `latest`.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::whole_file;
use crate::ids::RunId;
use crate::own_file::{self, KeptFile};

/// The file by which one process keeps others from a run.
const LOCK: &str = ".lock";

/// How many runs of one command and setup may start within one second.
const MAX_NUMBERED: u32 = 1_000;

/// What was wrong with a run's folder. The operating system's words are the source.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder could not be made.
    #[error("cannot make the report folder `{}`", path.display())]
    Create {
        /// The folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// `latest` could not be pointed at the run.
    #[error("cannot point `{}` at the new run", path.display())]
    Latest {
        /// The link.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file in the folder could not be opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Others could put something else in the place of what is there.
    #[error("the report folder cannot be trusted: {why}")]
    OpenToOthers {
        /// Whose it is, or who may write there.
        why: String,
    },
    /// A folder is where the link to the newest run belongs.
    #[error("`{}` is a folder, and rolecall points it at the newest run", path.display())]
    LatestIsAFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Another process works on the run.
    #[error("another process works on the run `{run}`")]
    InUse {
        /// The run.
        run: RunId,
    },
    /// No run was found under this name.
    #[error("no run `{run}` in `{}`", report_dir.display())]
    NoSuchRun {
        /// What was asked for.
        run: String,
        /// Where it was looked for.
        report_dir: PathBuf,
    },
}

/// Keeps other processes from a run until it is dropped, or its process ends in whatever way.
#[derive(Debug)]
pub struct RunLock {
    /// Dropping the file is what lets the lock go; `None` where the file system has no locks.
    _file: Option<File>,
}

/// The folder of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    id: RunId,
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder (on Unix for its owner only, since policies and account names are in it) and points
    /// `latest` at it. If the id is taken, it gets a number: the run's id is [`RunFolder::id`] from then on.
    pub fn create(report_dir: &Path, run_id: &RunId) -> Result<Self, FolderError> {
        let fail = |path: &Path, source| FolderError::Create { path: path.to_owned(), source };
        fs::create_dir_all(report_dir).map_err(|error| fail(report_dir, error))?;
        private(report_dir)?;
        let numbered = (2..=MAX_NUMBERED).map(|n| run_id.numbered(n));
        for id in std::iter::once(run_id.clone()).chain(numbered) {
            let path = report_dir.join(id.as_str());
            match private_folder(&path) {
                Ok(()) => {
                    let folder = Self { id, path };
                    folder.point_latest(report_dir)?;
                    return Ok(folder);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fail(&path, error)),
            }
        }
        Err(fail(&report_dir.join(run_id.as_str()), io::ErrorKind::AlreadyExists.into()))
    }

    /// Finds the folder of an earlier run: `latest`, a run id, or a path to the folder or to a file in it.
    pub fn resolve(report_dir: &Path, run: &str) -> Result<Self, FolderError> {
        let latest = report_dir.join("latest");
        // A copy of a report folder has one where a link was.
        let copied = run == "latest" && fs::symlink_metadata(&latest).is_ok_and(|there| there.is_dir());
        let missing = || match copied {
            true => FolderError::LatestIsAFolder { path: latest.clone() },
            false => FolderError::NoSuchRun { run: run.to_owned(), report_dir: report_dir.to_owned() },
        };
        let named = match run {
            "latest" => Some(report_dir.join("latest")),
            run => run.parse::<RunId>().ok().map(|id| report_dir.join(id.as_str())),
        };
        let candidates = named.into_iter().chain([PathBuf::from(run)]);
        let found = candidates.flat_map(|path| Self::at(&path)).next().ok_or_else(missing)?;
        match own_file::open_to_others(&found.path) {
            Ok(None) => Ok(found),
            Ok(Some(why)) => Err(FolderError::OpenToOthers { why }),
            Err(source) => Err(FolderError::Open { path: found.path, source }),
        }
    }

    /// The run whose folder, or a file of whose folder, or a link to whose folder is at `path`.
    fn at(path: &Path) -> Option<Self> {
        let path = fs::canonicalize(path).ok()?;
        let path = if path.is_dir() {
            path
        } else if path.file_name()? == "latest" {
            let id: RunId = fs::read_to_string(&path).ok()?.trim().parse().ok()?;
            path.with_file_name(id.as_str())
        } else {
            path.parent()?.to_owned()
        };
        let id = path.file_name()?.to_str()?.parse().ok()?;
        path.is_dir().then_some(Self { id, path })
    }

    /// The run's id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where `accounts.csv` belongs.
    pub fn accounts_csv(&self) -> PathBuf {
        self.path.join("accounts.csv")
    }

    /// Where `changes.csv` belongs.
    pub fn changes_csv(&self) -> PathBuf {
        self.path.join("changes.csv")
    }

    /// Where `evidence.jsonl` belongs.
    pub fn evidence_jsonl(&self) -> PathBuf {
        self.path.join("evidence.jsonl")
    }

    /// Where `report.html` belongs.
    pub fn report_html(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// Where `run.json` belongs.
    pub fn run_json(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// Where `journal.jsonl` belongs.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// Makes the journal of a new run, whose lock is held.
    pub fn make_journal(&self) -> Result<KeptFile, FolderError> {
        self.kept(own_file::make_new(&self.journal()))
    }

    /// Opens the journal of a run to be gone on with, with nothing behind its first `whole` bytes: what is there is half a
    /// line.
    pub fn reopen_journal(&self, whole: u64) -> Result<KeptFile, FolderError> {
        self.kept(own_file::append(&self.journal(), false).and_then(|file| file.set_len(whole).map(|()| file)))
    }

    fn kept(&self, file: io::Result<File>) -> Result<KeptFile, FolderError> {
        let path = self.journal();
        let paths = [path.clone(), self.path.join(LOCK), self.path.clone()];
        let kept = file.and_then(|file| KeptFile::new(file, paths));
        kept.map_err(|source| FolderError::Open { path, source })
    }

    /// Opens the journal to read it.
    pub fn read_journal(&self) -> io::Result<File> {
        own_file::read(&self.journal())
    }

    /// Makes sure that no other process works on the run, in a file of its own, `.lock`, which stays behind: on Windows a
    /// file that is locked cannot be read, and one that is removed could be locked twice.
    pub fn lock(&self) -> Result<RunLock, FolderError> {
        let path = self.path.join(LOCK);
        let opened = own_file::append(&path, true);
        let file = opened.map_err(|source| FolderError::Open { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse { run: self.id.clone() }),
            // Some network file systems have no locks; a run there is as good as one without.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(RunLock { _file: None })
            }
            Err(TryLockError::Error(source)) => Err(FolderError::Open { path, source }),
        }
    }

    /// Replaces `latest` in one step, so that whoever reads it finds the old run or the new one.
    fn point_latest(&self, report_dir: &Path) -> Result<(), FolderError> {
        let path = report_dir.join("latest");
        let beside = whole_file::beside(&path);
        // A crash may have left one.
        let _ = fs::remove_file(&beside);
        let linked = link(self.id.as_str(), &beside).and_then(|()| fs::rename(&beside, &path));
        let pointed = linked.or_else(|_| {
            let _ = fs::remove_file(&beside);
            whole_file::replace(&path, |out| writeln!(out, "{}", self.id))
        });
        pointed.map_err(|source| FolderError::Latest { path, source })
    }
}

/// Whether a report folder is one that only we write to, and `latest` in it can be ours.
///
/// # Errors
/// [`FolderError::OpenToOthers`] and [`FolderError::LatestIsAFolder`].
pub fn private(report_dir: &Path) -> Result<(), FolderError> {
    let path = report_dir.join("latest");
    if fs::symlink_metadata(&path).is_ok_and(|there| there.is_dir()) {
        return Err(FolderError::LatestIsAFolder { path });
    }
    match own_file::open_to_others(report_dir) {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(FolderError::OpenToOthers { why }),
        Err(source) => Err(FolderError::Open { path: report_dir.to_owned(), source }),
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The link is relative, so that the report folder can be moved.
#[cfg(unix)]
fn link(id: &str, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(id, at)
}

/// Links need a privilege elsewhere; a file that holds the id does.
#[cfg(not(unix))]
fn link(_: &str, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn id() -> RunId {
        RunId::new("2026-11-24T09:30:05Z".parse().unwrap(), "apply", "demo")
    }

    #[test]
    fn a_second_run_within_a_second_gets_a_number_and_latest() {
        let dir = tempfile::tempdir().unwrap();
        let reports = dir.path().join("some/reports");
        let first = RunFolder::create(&reports, &id()).unwrap();
        let second = RunFolder::create(&reports, &id()).unwrap();
        assert_eq!(first.id(), &id());
        assert_eq!(second.id().as_str(), "2026-11-24T09-30-05Z-apply-demo-2");
        assert_eq!(fs::canonicalize(reports.join("latest")).unwrap(), fs::canonicalize(second.path()).unwrap());
        let mut names: Vec<_> = fs::read_dir(&reports).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["2026-11-24T09-30-05Z-apply-demo", "2026-11-24T09-30-05Z-apply-demo-2", "latest"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_its_owners_and_latest_is_relative() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), &id()).unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_link(dir.path().join("latest")).unwrap(), Path::new(id().as_str()));
    }

    #[test]
    fn a_run_is_found_by_its_id_its_path_a_file_of_it_and_latest() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), &id()).unwrap();
        fs::write(folder.accounts_csv(), "").unwrap();
        let path = folder.path().to_str().unwrap();
        let file = folder.accounts_csv();
        let latest = dir.path().join("latest");
        for run in ["latest", id().as_str(), path, file.to_str().unwrap(), latest.to_str().unwrap()] {
            assert_eq!(RunFolder::resolve(dir.path(), run).unwrap().id(), &id(), "{run}");
        }
        // As a file system without links has it.
        fs::remove_file(&latest).unwrap();
        fs::write(&latest, format!("{}\n", id())).unwrap();
        assert_eq!(RunFolder::resolve(dir.path(), "latest").unwrap().id(), &id());
        for run in ["", "no-such-run", "2026-11-24T09-30-06Z-apply-demo", "/"] {
            assert!(RunFolder::resolve(dir.path(), run).is_err(), "{run}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("reports");
        fs::write(&file, "in the way").unwrap();
        let error = RunFolder::create(&file, &id()).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot make the report folder `{}`", file.display()));
        assert!(error.source().unwrap().to_string().contains("File exists"));
    }

    #[test]
    fn one_process_at_a_time_works_on_a_run() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), &id()).unwrap();
        let lock = folder.lock().unwrap();
        let error = folder.lock().unwrap_err();
        assert_eq!(error.to_string(), "another process works on the run `2026-11-24T09-30-05Z-apply-demo`");
        drop(lock);
        folder.lock().unwrap();
    }

    #[test]
    fn half_a_line_is_cut_off_before_more_is_written() {
        use std::io::Write;

        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), &id()).unwrap();
        let _lock = folder.lock().unwrap();
        assert!(folder.reopen_journal(0).is_err(), "a journal that is not there is not made");
        folder.make_journal().unwrap().write_all(b"whole\nha").unwrap();
        assert!(folder.make_journal().is_err(), "a journal that is there is not made anew");
        folder.reopen_journal(6).unwrap().write_all(b"next\n").unwrap();
        assert_eq!(fs::read_to_string(folder.journal()).unwrap(), "whole\nnext\n");
    }

    #[test]
    fn a_folder_in_the_place_of_latest_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("latest")).unwrap();
        let error = RunFolder::create(dir.path(), &id()).unwrap_err().to_string();
        assert!(error.ends_with("latest` is a folder, and rolecall points it at the newest run"), "{error}");
    }
}
