//! A file that has to stay in its place: what is written to one that nobody will find again is on no record.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::PathBuf;

/// A file or folder that has to stay where it is.
#[derive(Debug)]
struct InPlace {
    path: PathBuf,
    identity: Identity,
}

/// What tells a file from every other one, where the system has it.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = ();

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

impl InPlace {
    fn of(path: PathBuf) -> io::Result<Self> {
        let identity = identity(&fs::symlink_metadata(&path)?);
        Ok(Self { path, identity })
    }

    fn check(&self) -> io::Result<()> {
        let gone = |how: &str| io::Error::other(format!("`{}` {how}", self.path.display()));
        let there = fs::symlink_metadata(&self.path).map_err(|error| gone(&format!("is gone: {error}")))?;
        if identity(&there) == self.identity { Ok(()) } else { Err(gone("is not the one that was there before")) }
    }
}

/// A file, open to be added to, and what has to stay where it is for it to count.
#[derive(Debug)]
pub struct KeptFile {
    file: File,
    places: Vec<InPlace>,
}

impl KeptFile {
    /// `file` is open at the first of `paths`; all of them have to stay.
    ///
    /// # Errors
    /// Where one of them is not there, or `file` is another one.
    pub fn new(file: File, paths: impl IntoIterator<Item = PathBuf>) -> io::Result<Self> {
        let places = paths.into_iter().map(InPlace::of).collect::<io::Result<Vec<_>>>()?;
        if places.first().is_some_and(|place| place.identity != identity_of(&file)) {
            return Err(io::Error::other("it was replaced while it was opened"));
        }
        Ok(Self { file, places })
    }

    /// Returns when everything written is safe from a power cut, and is where it will be looked for.
    ///
    /// # Errors
    /// What the operating system says, or what is gone.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.places.iter().try_for_each(InPlace::check)
    }
}

#[cfg(unix)]
fn identity_of(file: &File) -> Identity {
    file.metadata().map(|metadata| identity(&metadata)).unwrap_or_default()
}

#[cfg(not(unix))]
fn identity_of(_: &File) -> Identity {}

impl Write for KeptFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_of_it_goes_away_the_next_sync_fails() {
        type Spoil = fn(&std::path::Path) -> io::Result<()>;
        let spoilt: [(&str, Spoil); 5] = [
            ("nothing", |_| Ok(())),
            ("journal", |folder| fs::remove_file(folder.join("journal.jsonl"))),
            ("another journal", |folder| {
                fs::rename(folder.join("journal.jsonl"), folder.join("old"))?;
                fs::write(folder.join("journal.jsonl"), "")
            }),
            ("lock", |folder| fs::remove_file(folder.join(".lock"))),
            ("folder", |folder| fs::rename(folder, folder.with_extension("moved"))),
        ];
        for (what, spoil) in spoilt {
            let dir = tempfile::tempdir().unwrap();
            let folder = dir.path().join("run");
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(".lock"), "").unwrap();
            let path = folder.join("journal.jsonl");
            let file = File::create(&path).unwrap();
            let mut journal = KeptFile::new(file, [path, folder.join(".lock"), folder.clone()]).unwrap();
            journal.write_all(b"{}\n").unwrap();
            journal.sync().unwrap();
            spoil(&folder).unwrap();
            assert_eq!(journal.sync().is_err(), what != "nothing", "{what}");
        }
    }
}
