//! The key that journals are sealed with: from the environment, or from a file in the user's own state directory.
//!
//! It lies outside of the report folder, so that whoever may write there, or hands out a folder, cannot make a journal that
//! `resume` and `rollback` take for their own.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;
use crate::digest::hex;
use crate::own_file;
use crate::rollout::journal::SealKey;

const VARIABLE: &str = "ROLECALL_JOURNAL_KEY";

/// The key, which is made where there is none yet; `None` where there is no place for it.
pub(super) fn journal_key() -> Result<Option<SealKey>, CliError> {
    if let Some(key) = known_key()? {
        return Ok(Some(key));
    }
    let Some(path) = file() else { return Ok(None) };
    if let Err(error) = make(&path) {
        tracing::info!(error = %error, "no key to seal the journal with could be kept");
    }
    // Another process may have been faster; then its key counts.
    known_key()
}

/// The key, where there is one.
pub(super) fn known_key() -> Result<Option<SealKey>, CliError> {
    if let Some(secret) = std::env::var_os(VARIABLE).filter(|secret| !secret.is_empty()) {
        return SealKey::new(secret.as_encoded_bytes()).map(Some).ok_or(CliError::ShortKey);
    }
    Ok(file().and_then(|path| kept(&path).ok()))
}

/// Where the key is kept: `$XDG_STATE_HOME/rolecall/journal.key`, mostly `~/.local/state/rolecall/journal.key`.
fn file() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = given.or_else(|| {
        let home = std::env::home_dir().filter(|home| home.is_absolute() && home.parent().is_some())?;
        Some(home.join(".local/state"))
    })?;
    Some(state.join("rolecall/journal.key"))
}

fn kept(path: &Path) -> io::Result<SealKey> {
    let mut secret = String::new();
    own_file::read(path)?.take(1_024).read_to_string(&mut secret)?;
    SealKey::new(secret.trim().as_bytes()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Puts a new key there, whole or not at all.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    own_file::make_folder(folder)?;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let beside = folder.join(format!(".journal.key-{}", std::process::id()));
    let mut file = own_file::make(&beside)?;
    let written = file.write_all(hex(&secret).as_bytes()).and_then(|()| file.sync_all());
    // A link is made only where nothing is: the first of two processes wins.
    let placed = written.and_then(|()| std::fs::hard_link(&beside, path));
    std::fs::remove_file(&beside)?;
    placed
}
