//! Files of our own, made and opened so that nobody who may write beside them can lead us elsewhere.
//!
//! What is made is made anew, so that neither a link nor a pipe nor another name of somebody's file is written to. What is
//! opened again is no link. Folders are looked at as `ssh` looks at its own.

mod kept;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

pub use kept::KeptFile;

const NOT_PLAIN: &str = "it is not a plain file";

/// Makes a file in the place of the file or link that is there, for its owner only on Unix, to be read and written. A
/// folder, a device or a pipe stays, and is an error.
///
/// # Errors
/// What the operating system says.
pub fn make(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() || there.is_symlink() => fs::remove_file(path)?,
        Ok(_) => return Err(io::Error::other(NOT_PLAIN)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    make_new(path)
}

/// Makes a file where nothing is, as [`make`].
///
/// # Errors
/// What the operating system says.
pub fn make_new(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file to add to it; makes it where `create` says so. A link is refused, and whatever is no plain file.
///
/// # Errors
/// What the operating system says.
pub fn append(path: &Path, create: bool) -> io::Result<File> {
    let mut options = File::options();
    options.append(true).create(create);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    open(&mut options, path)
}

/// Opens a file to read it. A link is refused, and whatever is no plain file.
///
/// # Errors
/// What the operating system says.
pub fn read(path: &Path) -> io::Result<File> {
    open(File::options().read(true), path)
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        // A pipe that nobody writes to would be waited for.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, i32::try_from(flags).unwrap_or_default());
    }
    #[cfg(not(unix))]
    if fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink()) {
        return Err(io::Error::other("it is a link"));
    }
    let file = match options.open(path) {
        #[cfg(unix)]
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(io::Error::other("it is a link"));
        }
        opened => opened?,
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other(NOT_PLAIN)) }
}

/// Makes a folder, and those that it is in, for their owner only on Unix.
///
/// # Errors
/// What the operating system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Why others could put something else in the place of what is in a folder, if they could: the folder is somebody else's,
/// or everybody may write to it or to one that it is in, and no sticky bit keeps them from what is not theirs.
pub fn open_to_others(folder: &Path) -> io::Result<Option<String>> {
    let folder = fs::canonicalize(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let owner = fs::metadata(&folder)?.uid();
        if owner != 0 && owner != rustix::process::geteuid().as_raw() {
            return Ok(Some(format!("`{}` belongs to another user ({owner})", folder.display())));
        }
        for folder in folder.ancestors() {
            let mode = fs::metadata(folder)?.mode();
            if mode & 0o002 != 0 && mode & 0o1000 == 0 {
                return Ok(Some(format!("everybody may write to `{}`", folder.display())));
            }
        }
    }
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_is_behind_a_link_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (theirs, ours) = (dir.path().join("theirs"), dir.path().join("ours"));
        fs::write(&theirs, "theirs").unwrap();
        for hard in [false, true] {
            let link = || if hard { fs::hard_link(&theirs, &ours) } else { symlink(&theirs, &ours) };
            link().unwrap();
            assert!(make_new(&ours).is_err());
            if !hard {
                assert_eq!(append(&ours, true).unwrap_err().to_string(), "it is a link");
                assert_eq!(read(&ours).unwrap_err().to_string(), "it is a link");
            }
            make(&ours).unwrap().write_all(b"ours").unwrap();
            assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
            assert_eq!(fs::metadata(&ours).unwrap().permissions().mode() & 0o777, 0o600);
            fs::remove_file(&ours).unwrap();
        }
    }

    #[test]
    fn a_pipe_and_a_folder_are_no_files_and_nobody_waits_for_them() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), dir.path(), Path::new("/dev/null")] {
            assert!(read(path).is_err() && append(path, false).is_err() && make(path).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn a_folder_that_everybody_may_write_to_is_open_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let (above, folder) = (dir.path().join("above"), dir.path().join("above/folder"));
        fs::create_dir_all(&folder).unwrap();
        let mode = |mode| fs::set_permissions(&above, fs::Permissions::from_mode(mode)).unwrap();
        for (bits, open) in [(0o755, false), (0o775, false), (0o777, true), (0o1777, false)] {
            mode(bits);
            assert_eq!(open_to_others(&folder).unwrap().is_some(), open, "{bits:o}");
            assert_eq!(open_to_others(&above).unwrap().is_some(), open, "{bits:o}");
        }
    }
}
