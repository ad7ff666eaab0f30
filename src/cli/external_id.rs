//! The external id, from where no other process of the machine reads it: a file, or the environment.

use std::io::Read;
use std::path::Path;

use super::args::options::EntranceArgs;
use super::error::CliError;
use crate::ids::ExternalId;
use crate::own_file;

const VARIABLE: &str = "ROLECALL_EXTERNAL_ID";
/// More than the longest one has.
const LONGEST: u64 = 4_096;

/// What was typed, or else what stands in the file that was named, or else in the environment.
pub(super) fn external_id(args: &EntranceArgs) -> Result<Option<ExternalId>, CliError> {
    if let Some(typed) = &args.external_id {
        return Ok(Some(typed.clone()));
    }
    if let Some(path) = &args.external_id_file {
        return read(path).map(Some);
    }
    let given = std::env::var_os(VARIABLE).filter(|given| !given.is_empty());
    let parsed = given
        .map(|given| given.to_str().and_then(|text| text.parse().ok()).ok_or(CliError::NoExternalId(VARIABLE.into())));
    parsed.transpose()
}

fn read(path: &Path) -> Result<ExternalId, CliError> {
    let mut text = String::new();
    // Secret stores mount files as links.
    let file = std::fs::canonicalize(path).and_then(|path| own_file::read(&path));
    let unreadable = |error| CliError::ExternalIdFile(path.to_owned(), error);
    file.map_err(unreadable)?.take(LONGEST).read_to_string(&mut text).map_err(unreadable)?;
    // What it holds is not shown: it may be another file's secret.
    text.trim().parse().map_err(|_| CliError::NoExternalId(path.display().to_string()))
}
