//! `evidence.jsonl` read back: what verify wanted and found in each account, as digests, and whether the file is still
//! as the run left it.
//!
//! Line by line: of a file of any length one line is held. The file's own digest stands in `run.json`.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};

use super::hashed::Hashed;
use super::run_json::EvidenceDigest;
use crate::account::evidence::Facts;
use crate::account::outcome::AccountStatus;
use crate::digest::sha256;
use crate::ids::{AccountId, Arn};
use crate::sanitize::printable::printable;

/// No account has as much as this; a file that does is none of ours.
const LONGEST_LINE: u64 = 1 << 20;

/// One line: one verified account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceLine {
    /// The account.
    pub account_id: AccountId,
    /// What verify said of it.
    pub status: AccountStatus,
    /// The setup's role there.
    pub role_arn: Option<Arn>,
    /// What the setup wants.
    pub wanted: Facts,
    /// What was there.
    pub found: Facts,
}

/// Whether the digest is that of the items.
fn is_whole(facts: &Facts) -> bool {
    facts.digest == sha256(serde_json::json!(facts.items).to_string())
}

/// What the check of a run's evidence came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EvidenceState {
    /// The run left none.
    None,
    /// It is what the run left.
    Intact {
        /// How many accounts are in it.
        accounts: usize,
        /// SHA-256 of the file.
        sha256: String,
    },
    /// The file is there, and `run.json` has no digest of it.
    Unsealed,
    /// `run.json` has a digest, and the file is gone.
    Gone,
    /// The file is not the one that the run left.
    Changed {
        /// The first thing that is wrong inside, if something is.
        problem: Option<String>,
    },
    /// The file is the one that the run left, and cannot be right.
    Malformed {
        /// What is wrong.
        problem: String,
    },
}

impl EvidenceState {
    /// Whether the file says what the run found.
    pub fn is_intact(&self) -> bool {
        matches!(self, Self::Intact { .. })
    }

    /// Whether there is something, and it cannot be believed.
    pub fn is_broken(&self) -> bool {
        !matches!(self, Self::None | Self::Intact { .. })
    }
}

impl fmt::Display for EvidenceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "none (verify writes it)"),
            Self::Intact { accounts: 1, .. } => write!(f, "intact, 1 account"),
            Self::Intact { accounts, .. } => write!(f, "intact, {accounts} accounts"),
            Self::Unsealed => write!(f, "cannot be checked: run.json has no digest of evidence.jsonl"),
            Self::Gone => write!(f, "gone: run.json has its digest, and there is no evidence.jsonl"),
            Self::Changed { problem: None } => write!(f, "does not match run.json: changed after the run"),
            Self::Changed { problem: Some(problem) } => {
                write!(f, "does not match run.json: changed after the run ({problem})")
            }
            Self::Malformed { problem } => write!(f, "cannot be right, though it matches run.json: {problem}"),
        }
    }
}

/// Reads an `evidence.jsonl`, checking each line's digests and the order of the accounts.
pub struct EvidenceReader<R> {
    input: BufReader<Hashed<R>>,
    lines: usize,
    last: Option<AccountId>,
    problem: Option<String>,
}

impl<R: Read> EvidenceReader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::new(Hashed::new(input)), lines: 0, last: None, problem: None }
    }

    /// The next account; none after the last one, and none after the first thing that is wrong.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<EvidenceLine>> {
        let mut line = Vec::new();
        if self.problem.is_some() || self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        self.lines += 1;
        let read = self.judge(&line);
        Ok(read.map_err(|what| self.problem = Some(format!("line {}: {what}", self.lines))).ok())
    }

    fn judge(&mut self, line: &[u8]) -> Result<EvidenceLine, String> {
        let line = line.strip_suffix(b"\n").ok_or("it does not end, or is too long")?;
        let line: EvidenceLine =
            serde_json::from_slice(line).map_err(|error| printable(&error.to_string()).into_owned())?;
        if self.last.is_some_and(|last| last >= line.account_id) {
            return Err(format!("account {} is out of order", line.account_id));
        }
        self.last = Some(line.account_id);
        for (name, side) in [("wanted", &line.wanted), ("found", &line.found)] {
            if !is_whole(side) {
                return Err(format!("the digest of `{name}` of account {} is not that of its items", line.account_id));
            }
        }
        Ok(line)
    }

    /// Reads what is left, and says whether the file is the one that was sealed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn finish(mut self, seal: Option<&EvidenceDigest>) -> io::Result<EvidenceState> {
        while self.next_line()?.is_some() {}
        // What the buffer holds was hashed when it was read.
        let found = self.input.into_inner().finish()?;
        let Some(seal) = seal else {
            // A run that could verify no account leaves an empty file.
            return Ok(if self.lines == 0 { EvidenceState::None } else { EvidenceState::Unsealed });
        };
        if !seal.sha256.eq_ignore_ascii_case(&found) {
            return Ok(EvidenceState::Changed { problem: self.problem });
        }
        let counted = seal.accounts == self.lines;
        let miscounted =
            || format!("run.json says that {} accounts are in it, {} are there", seal.accounts, self.lines);
        Ok(match self.problem.or_else(|| (!counted).then(miscounted)) {
            Some(problem) => EvidenceState::Malformed { problem },
            None => EvidenceState::Intact { accounts: self.lines, sha256: found },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, &str)]) -> Facts {
        let items: std::collections::BTreeMap<_, _> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), sha256(value))).collect();
        Facts { digest: sha256(serde_json::to_string(&items).unwrap()), items }
    }

    fn line(id: &str) -> String {
        let line = EvidenceLine {
            account_id: id.parse().unwrap(),
            status: AccountStatus::Compliant,
            role_arn: None,
            wanted: facts(&[("trust", "{}")]),
            found: facts(&[("trust", "{}"), ("inline/A", "{}")]),
        };
        serde_json::to_string(&line).unwrap() + "\n"
    }

    fn state(text: &str, accounts: Option<usize>, sealed: &str) -> EvidenceState {
        let seal = accounts.map(|accounts| EvidenceDigest { sha256: sha256(sealed), accounts });
        EvidenceReader::new(text.as_bytes()).finish(seal.as_ref()).unwrap()
    }

    #[test]
    fn what_the_run_left_is_intact_and_read_in_order() {
        let text = line("000000000001") + &line("000000000002");
        assert!(matches!(state(&text, Some(2), &text), EvidenceState::Intact { accounts: 2, .. }));
        let mut reader = EvidenceReader::new(text.as_bytes());
        assert_eq!(reader.next_line().unwrap().unwrap().found.items.len(), 2);
        assert_eq!(reader.next_line().unwrap().unwrap().account_id.as_str(), "000000000002");
        assert!(reader.next_line().unwrap().is_none());
        assert!(matches!(state("", Some(0), ""), EvidenceState::Intact { accounts: 0, .. }));
    }

    #[test]
    fn one_changed_byte_is_told_and_its_line_where_it_shows() {
        let sealed = line("000000000001") + &line("000000000002");
        let other = sealed.replacen("compliant", "drifted", 1);
        assert_eq!(state(&other, Some(2), &sealed), EvidenceState::Changed { problem: None });
        let (before, after) = sealed.rsplit_once("inline/A").unwrap();
        let other = format!("{before}inline/B{after}");
        let said = state(&other, Some(2), &sealed).to_string();
        assert!(said.starts_with("does not match run.json: changed after the run (line 2: the digest of `found`"));
        assert_eq!(state(&sealed, None, ""), EvidenceState::Unsealed);
        assert_eq!(state("", None, ""), EvidenceState::None);
    }

    #[test]
    fn a_sealed_file_that_cannot_be_right_is_not_intact() {
        let (one, two) = (line("000000000001"), line("000000000002"));
        for (text, accounts, says) in [
            (format!("{two}{one}"), 2, "line 2: account 000000000001 is out of order"),
            (format!("{one}{one}"), 2, "line 2: account 000000000001 is out of order"),
            (format!("{one}\n{two}"), 3, "line 2: EOF"),
            (one.trim_end().to_owned(), 1, "line 1: it does not end"),
            (format!("{one}{two}"), 3, "run.json says that 3 accounts are in it, 2 are there"),
            ("[".repeat(2_000_000), 1, "line 1: it does not end, or is too long"),
            ("\u{1b}[31m\n".to_owned(), 1, "line 1: expected value"),
        ] {
            let state = state(&text, Some(accounts), &text);
            assert!(matches!(&state, EvidenceState::Malformed { problem } if problem.starts_with(says)), "{state}");
        }
    }
}
