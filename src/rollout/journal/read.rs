//! Reading a journal back, line by line, whatever ended the process that wrote it.
//!
//! A last line that is torn is what a crash or a full disk leaves: it is borne. Anything else that cannot be read, or does
//! not follow from what stands before it, is an error with its line, since the rest could not be trusted. Of accounts that are done only the outcome is kept;
//! what was done in them is handed out as it is read.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::chain::{Break, Chain, SealKey};
use super::entry::{FORMAT, JournalEntry, Line, SavedTerms};
use crate::account::outcome::Outcome;
use crate::ids::AccountId;
use crate::inventory::list::{Entry, selected};
use crate::inventory::shard::Whole;
use crate::rollout::event::{Ended, JournalEnd, RunInfo};
use crate::rollout::history::{Begun, Earlier, Past, is_done};

/// Why a journal is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system's words.
    #[error("cannot be read")]
    Io(#[from] io::Error),
    /// It is cut off before the work began, so nothing was written to AWS.
    #[error("ends before the run began; nothing was written to AWS")]
    NeverBegan,
    /// Its first line is another file's.
    #[error("is not a run's journal")]
    NotAJournal,
    /// Another version of rolecall wrote it.
    #[error("has format {format}, this version reads format {FORMAT}")]
    Format {
        /// Its format.
        format: u32,
    },
    /// A line in its midst cannot be read.
    #[error("line {line} cannot be read: {problem}")]
    Garbage {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A line does not follow from the one before it.
    #[error("line {line} is not as rolecall wrote it: it does not follow from the lines before it")]
    Broken {
        /// The line, from 1.
        line: usize,
    },
    /// A line has the name of our key on its seal, and another's seal.
    #[error("line {line} is not as rolecall wrote it: its seal is forged")]
    Forged {
        /// The line, from 1.
        line: usize,
    },
    /// It is not what it was when `run.json` was written.
    #[error("is not what run.json says it was when the run ended, with {lines} lines")]
    OtherEnd {
        /// How many lines it had.
        lines: u64,
    },
}

impl From<&Chain> for JournalEnd {
    fn from(chain: &Chain) -> Self {
        Self { lines: chain.lines(), digest: chain.digest() }
    }
}

/// How the last invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// How it ended.
    pub ended: Ended,
    /// The reports that are not whole.
    pub not_whole: Vec<String>,
}

/// What a journal tells.
#[derive(Debug, Clone)]
pub struct Logbook {
    /// What the run is about.
    pub run: RunInfo,
    /// What it goes by.
    pub terms: SavedTerms,
    /// The accounts.
    pub entries: Vec<Entry>,
    /// Whether these are all: it may have been cut off while they were still being listed.
    pub listed: bool,
    /// The list that they are a part of, where the run is a shard.
    pub whole_list: Option<Whole>,
    /// What became of them until now.
    pub earlier: Earlier,
    /// How often the run was gone on with.
    pub resumed: u32,
    /// How long its invocations took together.
    pub worked: Duration,
    /// When its last line was written.
    pub ended_at: Timestamp,
    /// How the last invocation ended; `None` where it was cut off.
    pub closed: Option<Closed>,
    /// How many bytes of it are whole lines.
    pub whole: u64,
    /// Where they end, from where it is gone on with.
    pub chain: Chain,
}

impl Logbook {
    /// The number of accounts on which there is still work to do.
    pub fn open(&self) -> usize {
        self.entries.len().saturating_sub(self.earlier.kept.len())
    }
}

/// Reads a journal whose lines are sealed with `key` and of which `end` is known, if they are. `done` is given what was
/// done in each account that is done, in the order of their ends.
///
/// # Errors
/// [`ReadError`].
pub fn read(
    input: impl BufRead,
    key: Option<SealKey>,
    end: Option<&JournalEnd>,
    mut done: impl FnMut(AccountId, Vec<Past>),
) -> Result<Logbook, ReadError> {
    let mut lines = Lines::of(input, key);
    let mut passed = end.is_none();
    let (begun_at, run, terms) = lines.first()?;
    let mut book = Logbook {
        run,
        terms,
        entries: Vec::new(),
        listed: false,
        whole_list: None,
        earlier: Earlier::default(),
        resumed: 0,
        worked: Duration::ZERO,
        ended_at: begun_at,
        closed: None,
        whole: 0,
        chain: Chain::begin(None),
    };
    let mut invocation = Invocation { from: begun_at, to: begun_at };
    while let Some(Line { at, entry }) = lines.next()? {
        passed |= end.is_some_and(|end| *end == JournalEnd::from(&lines.chain));
        if let JournalEntry::Resumed { .. } = entry {
            book.worked += invocation.took();
            invocation = Invocation { from: at, to: at };
            book.resumed += 1;
        }
        (invocation.to, book.ended_at) = (at, at);
        match entry {
            JournalEntry::Listed { account } => book.entries.push(*account),
            JournalEntry::Began { accounts, whole } if accounts == book.entries.len() => {
                (book.listed, book.whole_list) = (true, whole);
            }
            entry => book.take(entry, at, &mut done),
        }
    }
    if let (false, Some(end)) = (passed, end) {
        return Err(ReadError::OtherEnd { lines: end.lines });
    }
    book.worked += invocation.took();
    book.earlier.begun.retain(|_, begun| !begun.history.is_empty() || begun.outcome.is_some());
    // Whoever goes on with a run whose accounts were still being listed lists again.
    if !book.listed && book.terms.asked.is_none() {
        return Err(ReadError::NeverBegan);
    }
    // The reports are of these accounts.
    let (accounts, selected) = (book.entries.len(), selected(&book.entries));
    (book.run.accounts, book.run.selected, book.run.listing) = (accounts, selected, !book.listed);
    (book.whole, book.chain) = (lines.whole, lines.chain);
    Ok(book)
}

/// The lines of a journal that say what was done in the accounts and what became of them: what they say, so many at a
/// time.
pub struct AccountLines<R> {
    lines: Lines<R>,
    at_once: usize,
}

impl<R: BufRead> AccountLines<R> {
    /// Of this journal.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn of(input: R, at_once: usize) -> Result<Self, ReadError> {
        let mut lines = Lines::of(input, None);
        lines.first()?;
        Ok(Self { lines, at_once })
    }

    /// The next of them; nothing behind the last.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn next_lines(&mut self) -> Result<Vec<Vec<u8>>, ReadError> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            entry: &'a str,
        }
        let mut bodies = Vec::new();
        while bodies.len() < self.at_once
            && let Some(line) = self.lines.believed()?
        {
            let Kind { entry } = serde_json::from_slice(&line).map_err(|error| self.lines.garbage(&error))?;
            if matches!(entry, "shown" | "intended" | "settled" | "found" | "finished") {
                bodies.push(line);
            }
        }
        Ok(bodies)
    }
}

/// From when to when a process worked on the run.
struct Invocation {
    from: Timestamp,
    to: Timestamp,
}

impl Invocation {
    fn took(&self) -> Duration {
        Duration::try_from(self.to.duration_since(self.from)).unwrap_or_default()
    }
}

impl Logbook {
    fn take(&mut self, entry: JournalEntry, at: Timestamp, done: &mut impl FnMut(AccountId, Vec<Past>)) {
        self.closed = None;
        let begun = &mut self.earlier.begun;
        match entry {
            JournalEntry::Resumed { .. } => begun.values_mut().for_each(|b| b.history.forget_what_was_shown()),
            JournalEntry::Shown { account_id, change } => of(begun, account_id).history.shown(*change, at),
            JournalEntry::Intended { account_id, change } => of(begun, account_id).history.intended(*change, at),
            JournalEntry::Settled { account_id, result } => of(begun, account_id).history.settled(result, at),
            JournalEntry::Found { account_id, change } => of(begun, account_id).history.resolved(&change, at),
            JournalEntry::Finished { outcome } => self.finish(*outcome, done),
            JournalEntry::Closed { ended, not_whole } => self.closed = Some(Closed { ended, not_whole }),
            // The first of these is read by now, and a second one says nothing new.
            JournalEntry::Started { .. } | JournalEntry::Listed { .. } | JournalEntry::Began { .. } => {}
        }
    }

    fn finish(&mut self, outcome: Outcome, done: &mut impl FnMut(AccountId, Vec<Past>)) {
        let id = outcome.account_id;
        if is_done(&outcome) {
            let begun = self.earlier.begun.remove(&id).unwrap_or_default();
            done(id, begun.history.into_past());
            self.earlier.kept.insert(id, outcome);
        } else if outcome.failure.is_some() {
            of(&mut self.earlier.begun, id).outcome = Some(outcome);
        }
    }
}

fn of(begun: &mut HashMap<AccountId, Begun>, account: AccountId) -> &mut Begun {
    begun.entry(account).or_default()
}

/// The whole lines of a journal.
struct Lines<R> {
    input: R,
    chain: Chain,
    number: usize,
    whole: u64,
}

impl<R: BufRead> Lines<R> {
    fn of(input: R, key: Option<SealKey>) -> Self {
        Self { input, chain: Chain::begin(key), number: 0, whole: 0 }
    }

    /// The line that says what the file is.
    fn first(&mut self) -> Result<(Timestamp, RunInfo, SavedTerms), ReadError> {
        #[derive(Deserialize)]
        struct Head {
            entry: String,
            format: u32,
        }
        let text = self.whole_line()?.ok_or(ReadError::NeverBegan)?;
        let Head { entry, format } = serde_json::from_slice(&text).map_err(|_| ReadError::NotAJournal)?;
        if entry != "started" {
            return Err(ReadError::NotAJournal);
        }
        if format != FORMAT {
            return Err(ReadError::Format { format });
        }
        let body = self.chain.follow(&text).map_err(|why| self.broken(why))?;
        let line: Line = serde_json::from_slice(&body).map_err(|error| self.garbage(&error))?;
        match line.entry {
            JournalEntry::Started { run, terms, .. } => Ok((line.at, *run, *terms)),
            _ => Err(ReadError::NotAJournal),
        }
    }

    fn next(&mut self) -> Result<Option<Line>, ReadError> {
        let Some(body) = self.believed()? else { return Ok(None) };
        serde_json::from_slice(&body).map(Some).map_err(|error| self.garbage(&error))
    }

    /// What the next line says that follows from the one before.
    fn believed(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let before = self.whole;
        let Some(text) = self.whole_line()? else { return Ok(None) };
        match self.chain.follow(&text) {
            Ok(body) => Ok(Some(body)),
            // After a power cut a file may end in zeros.
            Err(_) if text.windows(ZEROS.len()).any(|w| w == ZEROS) && self.input.fill_buf()?.is_empty() => {
                self.whole = before;
                Ok(None)
            }
            Err(why) => Err(self.broken(why)),
        }
    }

    /// A line, without its end; `None` where there is none, or half of one.
    fn whole_line(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let mut text = Vec::new();
        let read = self.input.read_until(b'\n', &mut text)?;
        if text.pop_if(|last| *last == b'\n').is_none() {
            text.truncate(text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
            // Half a line is the beginning of one, not a whole one and something else.
            let mut values = serde_json::Deserializer::from_slice(&text).into_iter::<serde::de::IgnoredAny>();
            let whole_and_more = matches!(values.next(), Some(Ok(_))) && values.byte_offset() < text.len();
            return if whole_and_more { Err(ReadError::Broken { line: self.number + 1 }) } else { Ok(None) };
        }
        self.number += 1;
        self.whole += u64::try_from(read).unwrap_or_default();
        Ok(Some(text))
    }

    fn broken(&self, why: Break) -> ReadError {
        match why {
            Break::Chain => ReadError::Broken { line: self.number },
            Break::Seal => ReadError::Forged { line: self.number },
        }
    }

    fn garbage(&self, error: &serde_json::Error) -> ReadError {
        ReadError::Garbage { line: self.number, problem: error.to_string() }
    }
}

/// What a power cut leaves of what was not on the disk yet.
const ZEROS: &[u8] = &[0; 4];
