//! The thread that writes the journal: every line is safe on disk before the write that it announces is sent.
//!
//! One thread owns the file. It gathers what many accounts hand in, writes it in one go and syncs once, so that a
//! thousand accounts do not pay for a thousand syncs, and then lets their writes go.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread::JoinHandle;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::chain::Chain;
use super::entry::{FORMAT, JournalEntry, SavedTerms, Stamped};
use crate::account::ledger::LedgerClosed;
use crate::inventory::list::{Entry, Inventory};
use crate::own_file::KeptFile;
use crate::rollout::event::RunInfo;
use crate::sanitize::printable::printable_json;

/// Something to keep a journal in.
pub trait Store: Write + Send {
    /// Returns when everything written is safe from a power cut, where it will be looked for.
    ///
    /// # Errors
    /// What the operating system says, or that it is not in its place any more.
    fn sync(&mut self) -> io::Result<()>;
}

impl Store for KeptFile {
    fn sync(&mut self) -> io::Result<()> {
        Self::sync(self)
    }
}

impl Store for Vec<u8> {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the writing thread is handed: lines, not linked yet and without their ends, and whom to tell when they are safe.
struct Lines {
    bodies: Vec<Vec<u8>>,
    safe: Option<oneshot::Sender<Result<(), LedgerClosed>>>,
}

/// A handle to the journal; clones write to the same one.
#[derive(Clone)]
pub struct Journal {
    lines: mpsc::Sender<Lines>,
}

/// The journal's thread, to be joined when every [`Journal`] is gone.
pub struct JournalThread<S>(JoinHandle<(S, io::Result<Chain>)>);

impl<S> JournalThread<S> {
    /// Waits until everything handed in is written. Returns the store, and where its chain ends or the first error.
    pub fn join(self) -> io::Result<(S, io::Result<Chain>)> {
        self.0.join().map_err(|_| io::Error::other("the journal's thread panicked"))
    }
}

impl Journal {
    /// Starts the journal's thread. What is written follows from the end of `chain`.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start<S: Store + 'static>(store: S, chain: Chain) -> io::Result<(Self, JournalThread<S>)> {
        let (lines, inbox) = mpsc::channel();
        let thread =
            std::thread::Builder::new().name("journal".to_owned()).spawn(move || keep(store, chain, &inbox))?;
        Ok((Self { lines }, JournalThread(thread)))
    }

    /// Writes down what a run is about and which accounts it has, and returns when that is safe.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn begin(&self, run: &RunInfo, terms: &SavedTerms, inventory: &Inventory) -> Result<(), LedgerClosed> {
        let (run, terms) = (Box::new(run.clone()), Box::new(terms.clone()));
        self.note(&JournalEntry::Started { format: FORMAT, run, terms })?;
        self.list(&inventory.entries)?;
        let (accounts, whole) = (inventory.entries.len(), inventory.whole.clone());
        self.record(&JournalEntry::Began { accounts, whole }).await
    }

    /// Writes down what a run is about whose accounts are still being listed, and which of them are known.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn begin_early(&self, run: &RunInfo, terms: &SavedTerms, first: &[Entry]) -> Result<(), LedgerClosed> {
        let (run, terms) = (Box::new(run.clone()), Box::new(terms.clone()));
        self.record(&JournalEntry::Started { format: FORMAT, run, terms }).await?;
        self.list(first)
    }

    /// Hands in a line for each account.
    ///
    /// # Errors
    /// As [`Journal::note`].
    pub fn list(&self, entries: &[Entry]) -> Result<(), LedgerClosed> {
        entries.iter().try_for_each(|entry| self.note(&JournalEntry::Listed { account: Box::new(entry.clone()) }))
    }

    /// Writes an entry and returns when it is safe.
    ///
    /// # Errors
    /// When it could not be written, or an earlier entry could not.
    pub async fn record(&self, entry: &JournalEntry) -> Result<(), LedgerClosed> {
        self.copy(vec![line(entry)?]).await
    }

    /// Hands an entry in without waiting. It is safe when any later [`Journal::record`] is.
    ///
    /// # Errors
    /// When it cannot be handed in; that it could not be written shows in the next `record`.
    pub fn note(&self, entry: &JournalEntry) -> Result<(), LedgerClosed> {
        self.hand_in(Lines { bodies: vec![line(entry)?], safe: None })
    }

    /// Writes what other journals' lines say, each a JSON object, and returns when it is safe.
    ///
    /// # Errors
    /// As [`Journal::record`].
    pub async fn copy(&self, bodies: Vec<Vec<u8>>) -> Result<(), LedgerClosed> {
        let (safe, when_safe) = oneshot::channel();
        self.hand_in(Lines { bodies, safe: Some(safe) })?;
        #[cfg(test)]
        tests::AWAITED.set(true);
        when_safe.await.map_err(|_| closed("its thread ended"))?
    }

    /// Returns when whoever waits for the journal on this thread has been told. Blocks, for tests whose time stands still
    /// while the journal's thread works.
    #[cfg(test)]
    pub(crate) fn catch_up(&self) {
        if !tests::AWAITED.take() {
            return;
        }
        let (safe, when_safe) = oneshot::channel();
        self.lines.send(Lines { bodies: Vec::new(), safe: Some(safe) }).unwrap();
        futures::executor::block_on(when_safe).unwrap().unwrap();
    }

    fn hand_in(&self, lines: Lines) -> Result<(), LedgerClosed> {
        self.lines.send(lines).map_err(|_| closed("its thread ended"))
    }
}

/// The entry with the time, as a JSON object. Whoever shows the file sees no character act.
fn line(entry: &JournalEntry) -> Result<Vec<u8>, LedgerClosed> {
    let stamped = Stamped { at: Timestamp::now(), entry };
    let text = serde_json::to_string(&stamped).map_err(|error| closed(&error.to_string()))?;
    Ok(printable_json(&text).into_owned().into_bytes())
}

fn closed(message: &str) -> LedgerClosed {
    LedgerClosed { message: message.to_owned() }
}

/// The thread: gathers what is there, writes, syncs if anybody waits, and tells them. After the first error nothing
/// more is written, so that the file ends with what is known to be whole.
fn keep<S: Store>(mut store: S, mut chain: Chain, inbox: &mpsc::Receiver<Lines>) -> (S, io::Result<Chain>) {
    let mut broken: Option<io::Error> = None;
    while let Ok(first) = inbox.recv() {
        let (mut text, mut waiting) = (Vec::new(), Vec::new());
        for Lines { bodies, safe } in std::iter::once(first).chain(inbox.try_iter()) {
            bodies.iter().for_each(|body| text.extend(chain.link(body)));
            waiting.extend(safe);
        }
        if broken.is_none() {
            let written = store.write_all(&text).and_then(|()| store.flush());
            let safe = written.and_then(|()| if waiting.is_empty() { Ok(()) } else { store.sync() });
            broken = safe.err();
        }
        for safe in waiting {
            // Whoever does not wait any more needs no answer.
            let _ = safe.send(broken.as_ref().map_or(Ok(()), |error| Err(closed(&error.to_string()))));
        }
    }
    let end = match broken {
        Some(error) => Err(error),
        None => store.sync().map(|()| chain),
    };
    (store, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::change::{Change, Write as IamWrite};
    use crate::account::role::write::RoleWrite;

    thread_local! {
        /// Whether anything was recorded on this thread since the journal caught up last.
        pub(super) static AWAITED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    fn intended(account: u64) -> JournalEntry {
        JournalEntry::Intended {
            account_id: format!("{account:012}").parse().unwrap(),
            change: Box::new(Change {
                write: IamWrite::Role(RoleWrite::DeleteRole { role: "AmazonMLRedshift".parse().unwrap() }),
                before: Some("{}".to_owned()),
            }),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_many_hand_in_at_once_is_all_there_and_reads_back() {
        let (journal, thread) = Journal::start(Vec::new(), Chain::begin(None)).unwrap();
        let entries: Vec<_> = (0..200).map(intended).collect();
        futures::future::try_join_all(entries.iter().map(|entry| journal.record(entry))).await.unwrap();
        drop(journal);
        let (text, end) = thread.join().unwrap();
        end.unwrap();
        let mut read: Vec<JournalEntry> =
            text.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
        let key = |entry: &JournalEntry| match entry {
            JournalEntry::Intended { account_id, .. } => *account_id,
            other => panic!("{other:?}"),
        };
        read.sort_by_key(key);
        assert_eq!(read, entries);
    }

    /// A disk that takes so many bytes and no more.
    struct Full(Vec<u8>, usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > self.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Store for Full {
        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_full_disk_stops_every_later_write_and_leaves_whole_lines() {
        let (journal, thread) = Journal::start(Full(Vec::new(), 800), Chain::begin(None)).unwrap();
        let mut taken = 0;
        for account in 0..10 {
            match journal.record(&intended(account)).await {
                Ok(()) => taken += 1,
                Err(_) => break,
            }
        }
        assert!((1..10).contains(&taken), "{taken}");
        assert!(journal.record(&intended(99)).await.is_err(), "a journal that failed once stays closed");
        drop(journal);
        let (Full(text, _), end) = thread.join().unwrap();
        assert!(end.is_err());
        assert_eq!(text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).count(), taken);
    }
}
