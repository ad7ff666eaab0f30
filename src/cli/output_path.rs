//! Whether a file can go where it is asked for, before AWS is contacted.

use std::path::Path;
use std::{fs, io};

use super::error::CliError;

/// Whether a file is at `path` already.
///
/// # Errors
/// Where none could be written.
pub(super) fn check_output_path(path: &Path) -> Result<bool, CliError> {
    let unwritable = |kind: io::ErrorKind| Err(CliError::NoOutput(path.to_owned(), kind.into()));
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => unwritable(io::ErrorKind::IsADirectory),
        Ok(there) if !there.is_file() => unwritable(io::ErrorKind::InvalidInput),
        Ok(_) => Ok(true),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if folder.is_dir() { Ok(false) } else { unwritable(io::ErrorKind::NotFound) }
        }
    }
}
