//! `rolecall evidence`: signs what a run left, and checks what somebody was given.
//!
//! Signed is `run.json`, which holds the digests of the other files.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::commands::compare::find;
use crate::cli::error::CliError;
use crate::cli::journal_key::known_key;
use crate::cli::ui;
use crate::report::compare_run::CompareError;
use crate::report::{FileState, RunRecord, check_files, replace_file};
use crate::rollout::journal::{self, ReadError};
use crate::sanitize::printable::printable;
use crate::signature::{self, Signer, Standing};

/// What is signed, and where the signature goes, as `ssh-keygen -Y sign` names it.
const SIGNED: &str = "run.json";
const SIGNATURE: &str = "run.json.sig";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EvidenceCommand {
    /// Sign a run's `run.json`, which holds the digests of its other files, with an SSH key
    #[command(after_help = SIGN_EXAMPLES)]
    Sign(SignArgs),
    /// Check file by file that a run's folder is what the run left, and who signed it
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
}

const SIGN_EXAMPLES: &str = "Examples:
  rolecall evidence sign latest --key ~/.ssh/id_ed25519
  ssh-keygen -Y sign -n rolecall-evidence -f KEY reports/latest/run.json    the same, with any key, a passphrase or a token

It leaves run.json.sig beside run.json. What is not as the run left it is not signed.";

const CHECK_EXAMPLES: &str = "Examples:
  rolecall evidence check latest
  rolecall evidence check archive/q3 --allowed-signers auditors    a line each: NAME ssh-ed25519 AAAA…

Without rolecall, in the run's folder:
  ssh-keygen -Y verify -f auditors -I NAME -n rolecall-evidence -s run.json.sig < run.json
  sha256sum accounts.csv changes.csv evidence.jsonl report.html    as run.json has them under `files`

Exit codes: 0 all fits; 1 something does not, or with --allowed-signers nobody of them signed; 2 that is not a run's folder.";

#[derive(Debug, Args)]
pub(in crate::cli) struct SignArgs {
    /// The run: its id, its folder, or `latest`
    run: String,
    /// The file of an ed25519 private key without a passphrase, in OpenSSH's format
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Replace the signature, if there is one already
    #[arg(long)]
    force: bool,
    /// Where runs are looked for by their ids
    #[arg(long, value_name = "DIR", default_value = "reports")]
    report_dir: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// The run: its id, its folder, or `latest`
    run: String,
    /// Who may have signed it, in OpenSSH's format of allowed signers
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// Where runs are looked for by their ids
    #[arg(long, value_name = "DIR", default_value = "reports")]
    report_dir: PathBuf,
}

pub(in crate::cli) fn evidence(command: EvidenceCommand) -> Result<u8, CliError> {
    match command {
        EvidenceCommand::Sign(args) => sign(&args),
        EvidenceCommand::Check(args) => check(&args),
    }
}

fn sign(args: &SignArgs) -> Result<u8, CliError> {
    let folder = find(&args.report_dir, &args.run)?;
    let (record, text) = record(&folder)?;
    let key = fs::read(&args.key).map_err(|error| CliError::NoFile(args.key.clone(), error))?;
    let unfit = |error| CliError::Key { path: args.key.clone(), error };
    let (signature, signer) = signature::sign(&String::from_utf8_lossy(&key), &text).map_err(unfit)?;
    if record.ended.is_none() {
        return Err(CliError::NotEnded(record.run_id.to_string()));
    }
    let path = folder.join(SIGNATURE);
    if path.symlink_metadata().is_ok() && !args.force {
        return Err(CliError::SignedAlready(path));
    }
    let lines = files(&folder, &record)?;
    if lines.iter().any(|line| !line.fits) {
        show(&lines)?;
        ui::say("not signed: a file is not what the run left");
        return Ok(1);
    }
    let written = replace_file(&path, |out| out.write_all(signature.as_bytes()));
    written.map_err(|error| CliError::Unwritable(path.clone(), error))?;
    ui::out(&format!("signed with {}: {}\n", signer.fingerprint(), path.display()))?;
    Ok(0)
}

fn check(args: &CheckArgs) -> Result<u8, CliError> {
    let folder = find(&args.report_dir, &args.run)?;
    let (record, text) = record(&folder)?;
    let allowed = match &args.allowed_signers {
        Some(path) => {
            let file = fs::read(path).map_err(|error| CliError::NoFile(path.clone(), error))?;
            Some(String::from_utf8_lossy(&file).into_owned())
        }
        None => None,
    };
    let mut lines = vec![signed(&folder, &text, allowed.as_deref())?];
    lines.extend(files(&folder, &record)?);
    show(&lines)?;
    if record.ended.is_none() {
        ui::say("warning: the run was cut off, or is still going on: run.json has no digests yet");
    }
    Ok(u8::from(lines.iter().any(|line| !line.fits)))
}

/// A run's record, with the text that it was read from and that is signed.
fn record(folder: &Path) -> Result<(RunRecord, Vec<u8>), CliError> {
    let path = folder.join(SIGNED);
    let record = RunRecord::read(&path).map_err(CompareError::from)?;
    let text = fs::read(&path).map_err(|error| CliError::NoFile(path, error))?;
    Ok((record, text))
}

/// What is said of one file.
struct FileLine {
    name: String,
    said: String,
    fits: bool,
}

impl FileLine {
    fn new(name: &str, said: impl Into<String>, fits: bool) -> Self {
        Self { name: printable(name).into_owned(), said: printable(&said.into()).into_owned(), fits }
    }
}

/// Who signed `run.json`.
fn signed(folder: &Path, text: &[u8], allowed: Option<&str>) -> Result<FileLine, CliError> {
    let path = folder.join(SIGNATURE);
    let signature = match fs::read(&path) {
        Ok(signature) => signature,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(FileLine::new(SIGNED, "not signed", allowed.is_none()));
        }
        Err(error) => return Err(CliError::NoFile(path, error)),
    };
    Ok(match signature::check(&signature, text) {
        Err(error) => FileLine::new(SIGNED, format!("its signature {error}"), false),
        Ok(signer) => vouched(&signer, allowed),
    })
}

fn vouched(signer: &Signer, allowed: Option<&str>) -> FileLine {
    let by = format!("signed by {}", signer.fingerprint());
    match allowed.map(|allowed| signer.standing(allowed)) {
        None => FileLine::new(SIGNED, format!("{by}; whose key that is, --allowed-signers says"), true),
        Some(Standing::Allowed(who)) => FileLine::new(SIGNED, format!("{by}, {who}"), true),
        Some(Standing::Unknown) => FileLine::new(SIGNED, format!("{by}, who is none of the allowed signers"), false),
        Some(Standing::Conditional) => {
            let said = format!("{by}, who is allowed under conditions that `ssh-keygen -Y verify` can check");
            FileLine::new(SIGNED, said, false)
        }
    }
}

/// What `run.json` says of the other files, and what is so.
fn files(folder: &Path, record: &RunRecord) -> Result<Vec<FileLine>, CliError> {
    let mut lines: Vec<_> = check_files(folder, record)
        .into_iter()
        .map(|(name, state)| FileLine::new(&name, state.to_string(), state == FileState::Intact))
        .collect();
    let Some(end) = &record.journal else { return Ok(lines) };
    let name = "journal.jsonl";
    let key = known_key()?;
    let read = File::open(folder.join(name)).map_err(ReadError::from);
    let read = read.and_then(|file| journal::read(BufReader::new(file), key, Some(end), |_, _| {}));
    lines.push(match read {
        Ok(_) => FileLine::new(name, format!("intact, as far as the run wrote it: {} lines", end.lines), true),
        Err(ReadError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => FileLine::new(name, "gone", false),
        Err(error) => FileLine::new(name, error.to_string(), false),
    });
    Ok(lines)
}

fn show(lines: &[FileLine]) -> Result<(), CliError> {
    let width = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    let text: String = lines.iter().map(|line| format!("{:width$}  {}\n", line.name, line.said)).collect();
    ui::out(&text)
}
