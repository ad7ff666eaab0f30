//! The report folder: can it be written, does it keep what is written, is there room.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::check::Check;
use crate::own_file;

const CHECK: &str = "report folder";

/// What a run over 10,000 accounts leaves is some 50 MB.
const LITTLE: u64 = 500_000_000;
const TOO_LITTLE: u64 = 20_000_000;

/// Writes to the folder, which is made if it is not there, and takes the trial file away again.
pub fn folder(report_dir: &Path) -> Check {
    const FIX: &str = "make it writable, or choose another place with --report-dir";
    let shown = report_dir.display();
    if let Err(error) = fs::create_dir_all(report_dir).and_then(|()| probe(report_dir)) {
        return Check::fail(CHECK, format!("`{shown}` cannot be written: {error}"), FIX);
    }
    let roomy = "make room, or choose another place with --report-dir";
    match room(report_dir) {
        Some(room) if room < TOO_LITTLE => Check::fail(CHECK, format!("`{shown}`: {} left", size(room)), roomy),
        Some(room) if room < LITTLE => Check::warn(CHECK, format!("`{shown}`: {} left", size(room)), roomy),
        Some(room) => Check::ok(CHECK, format!("`{shown}`, {} left", size(room))),
        None => Check::ok(CHECK, format!("`{shown}`")),
    }
}

/// What a journal and a report do: write, sync, put a whole file in another's place, read.
fn probe(report_dir: &Path) -> io::Result<()> {
    let name = format!(".rolecall-doctor-{}", std::process::id());
    let (trial, placed) = (report_dir.join(format!("{name}.new")), report_dir.join(name));
    let tried = (|| {
        let mut file = own_file::make_new(&trial)?;
        file.write_all(b"rolecall")?;
        file.sync_all()?;
        fs::rename(&trial, &placed)?;
        if fs::read(&placed)? == b"rolecall" {
            Ok(())
        } else {
            Err(io::Error::other("it does not keep what is written"))
        }
    })();
    // The first that is there is in the way of nobody, and its removal is what is tried last.
    let _ = fs::remove_file(&trial);
    tried.and_then(|()| fs::remove_file(&placed))
}

/// The bytes that are left for us, where the system tells.
fn room(report_dir: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(report_dir).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = report_dir;
        None
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1_000_000_000 => format!("{} GB", bytes / 1_000_000_000),
        bytes => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn a_folder_is_made_and_left_empty_and_a_file_is_none() {
        let home = tempfile::tempdir().unwrap();
        let reports = home.path().join("a/reports");
        assert_ne!(folder(&reports).status, Health::Fail);
        assert_eq!(fs::read_dir(&reports).unwrap().count(), 0);
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(folder(&file).status, Health::Fail);
    }
}
