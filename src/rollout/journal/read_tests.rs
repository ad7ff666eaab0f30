//! A journal reads back, however it was cut off.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::{Chain, FORMAT, Journal, JournalEntry, Logbook, ReadError, SavedTerms, SealKey, Way, read};
use crate::account::change::{Change, ChangeResult, Write};
use crate::account::converge::Goal;
use crate::account::outcome::{AccountStatus, Outcome};
use crate::account::role::write::RoleWrite;
use crate::ids::AccountId;
use crate::inventory::list::{Account, Entry, Inventory, Overrides, Reason, Selection};
use crate::rollout::event::{Ended, JournalEnd, RunInfo};
use crate::rollout::order::Seed;
use crate::setup::resolve::Choices;

fn id(n: usize) -> AccountId {
    format!("{n:012}").parse().unwrap()
}

pub(in crate::rollout) fn info() -> RunInfo {
    RunInfo {
        run_id: "2026-11-24T09-30-05Z-apply-demo".parse().unwrap(),
        command: "apply".to_owned(),
        setup: "demo".to_owned(),
        setup_digest: "d".to_owned(),
        started_at: "2026-11-24T09:30:05Z".parse().unwrap(),
        caller: "arn:aws:iam::999999999999:user/admin".parse().unwrap(),
        partition: "aws".parse().unwrap(),
        organization: None,
        source: "own.csv".to_owned(),
        accounts: 3,
        selected: 2,
        listing: false,
        shard: None,
        merged: Vec::new(),
        concurrency: 5,
        session_policy: "exact".to_owned(),
        preflight: false,
        waves: Some("1,100%".parse().unwrap()),
        seed: Some(Seed(7)),
        max_failures: Some("5%".parse().unwrap()),
        version: "0".to_owned(),
        resumed: 0,
        puts_back: None,
    }
}

pub(in crate::rollout) fn terms() -> SavedTerms {
    SavedTerms {
        setup: "demo".to_owned(),
        choices: Choices { pass_role_to: vec!["user/analyst".parse().unwrap()], ..Choices::default() },
        goal: Goal::Remove { force: true },
        assume_role: "OrganizationAccountAccessRole".parse().unwrap(),
        external_id: Some("ext".parse().unwrap()),
        session_name: "rolecall".parse().unwrap(),
        source_identity: None,
        region: "us-east-1".parse().unwrap(),
        account_timeout: Duration::from_millis(1_500),
        wait_ready: Duration::ZERO,
        way: Way { profile: Some("p".to_owned()), ..Way::default() },
        asked: None,
        puts_back: None,
    }
}

fn inventory() -> Inventory {
    let entry = |n: usize, selection| {
        let overrides = Overrides {
            role_name: Some("Other".parse().unwrap()),
            params: BTreeMap::from([("k".to_owned(), "v\n".to_owned())]),
            ..Overrides::default()
        };
        let (name, parents) = ("a \u{1b}\"name".to_owned(), vec!["r-1".to_owned()]);
        Entry {
            account: Account { id: id(n), name, overrides, parents, unit: "Root / Prod".to_owned(), joined: None },
            selection,
            place: None,
        }
    };
    let out = Selection::Out(Reason::NotActive("SUSPENDED".to_owned()));
    Inventory::new(vec![entry(1, Selection::In), entry(2, out), entry(3, Selection::In)], "own.csv".to_owned())
}

fn deletion() -> Box<Change> {
    Box::new(Change {
        write: Write::Role(RoleWrite::DeleteRole { role: "Demo".parse().unwrap() }),
        before: Some("{}".to_owned()),
    })
}

fn finished(n: usize, status: AccountStatus) -> JournalEntry {
    JournalEntry::Finished { outcome: Box::new(Outcome::untouched(id(n), "", status, String::new())) }
}

/// A run that was cut off while it worked on account 3.
async fn written() -> Vec<u8> {
    let (journal, thread) = Journal::start(Vec::new(), Chain::begin(None)).unwrap();
    journal.begin(&info(), &terms(), &inventory()).await.unwrap();
    let applied = ChangeResult::Applied { request_id: Some("r-1".to_owned()) };
    for entry in [
        JournalEntry::Intended { account_id: id(1), change: deletion() },
        finished(2, AccountStatus::Skipped),
        JournalEntry::Settled { account_id: id(1), result: applied },
        finished(1, AccountStatus::Removed),
        JournalEntry::Intended { account_id: id(3), change: deletion() },
    ] {
        journal.record(&entry).await.unwrap();
    }
    drop(journal);
    thread.join().unwrap().0
}

fn logbook(text: &[u8]) -> Result<Logbook, ReadError> {
    read(text, None, None, |_, _| {})
}

#[tokio::test]
async fn what_is_needed_to_go_on_reads_back() {
    let text = written().await;
    let mut told = Vec::new();
    let book = read(&text[..], None, None, |account, past| told.push((account, past.len()))).unwrap();
    assert_eq!(told, [(id(2), 0), (id(1), 1)]);
    assert_eq!((book.run.clone(), book.terms.clone()), (info(), terms()));
    assert_eq!(book.entries, inventory().entries);
    assert_eq!(book.earlier.kept.len(), 2);
    assert_eq!((book.open(), book.earlier.begun.len(), book.resumed), (1, 1, 0));
    assert!(book.earlier.begun[&id(3)].history.past()[0].is_in_doubt());
    assert_eq!(book.whole, text.len() as u64);
    assert_eq!(book.closed, None);
    let longest = text.split(|b| *b == b'\n').map(<[u8]>::len).max().unwrap();
    assert!(longest < 2_000, "lines are bounded: {longest}");
}

#[tokio::test]
async fn going_on_and_the_end_are_told() {
    let mut text = written().await;
    let (journal, thread) = Journal::start(Vec::new(), logbook(&text).unwrap().chain).unwrap();
    journal.note(&JournalEntry::Resumed { version: "0".to_owned() }).unwrap();
    journal.note(&JournalEntry::Found { account_id: id(3), change: deletion() }).unwrap();
    journal.note(&finished(3, AccountStatus::Removed)).unwrap();
    journal.note(&JournalEntry::Closed { ended: Ended::Complete, not_whole: vec!["accounts.csv".to_owned()] }).unwrap();
    drop(journal);
    text.extend(thread.join().unwrap().0);
    let mut applied = 0;
    let book =
        read(&text[..], None, None, |_, past| applied += past.iter().filter(|past| past.is_applied()).count()).unwrap();
    assert_eq!((applied, book.open(), book.resumed), (2, 0, 1));
    assert_eq!(book.closed.unwrap().not_whole, ["accounts.csv"]);
}

#[tokio::test]
async fn an_unknown_format_and_garbage_are_named() {
    let text = String::from_utf8(written().await).unwrap();
    let other = text.replacen(&format!("\"format\":{FORMAT}"), "\"format\":99", 1);
    let said = |text: &str| logbook(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(said(&other), format!("has format 99, this version reads format {FORMAT}"));
    assert_eq!(said("PK\u{3}\u{4}\n"), "is not a run's journal");
    let garbage = text.replacen("\"entry\":\"settled\"", "\"entry\":\"seltted\"", 1);
    let broken = "line 8 is not as rolecall wrote it: it does not follow from the lines before it";
    assert_eq!(said(&garbage), broken);
    let mut chain = Chain::begin(None);
    let unknown = chain.link(&Chain::begin(None).follow(text.lines().next().unwrap().as_bytes()).unwrap());
    let unknown = [unknown, chain.link(b"{\"at\":\"2026-11-24T09:30:05Z\",\"entry\":\"sealed\"")].concat();
    let unknown = String::from_utf8(unknown).unwrap();
    assert!(said(&unknown).starts_with("line 2 cannot be read: unknown variant"), "{}", said(&unknown));
    // After a power cut a file may end in zeros.
    let zeros = format!("{text}\0\0\0\0\n");
    assert_eq!(logbook(zeros.as_bytes()).unwrap().whole, text.len() as u64);
}

#[tokio::test]
async fn what_was_there_when_it_ended_cannot_be_cut_off_or_changed() {
    let text = written().await;
    let end = JournalEnd::from(&logbook(&text).unwrap().chain);
    assert_eq!(end.lines, 10);
    assert!(read(&text[..], None, Some(&end), |_, _| {}).is_ok());
    let shorter = &text[..text[..text.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1];
    let said = read(shorter, None, Some(&end), |_, _| {}).unwrap_err().to_string();
    assert_eq!(said, "is not what run.json says it was when the run ended, with 10 lines");
    let other = JournalEnd { digest: "0".repeat(64), ..end };
    assert!(matches!(read(&text[..], None, Some(&other), |_, _| {}), Err(ReadError::OtherEnd { lines: 10 })));
}

#[tokio::test]
async fn a_line_that_is_put_in_is_found_by_its_number() {
    let text = String::from_utf8(written().await).unwrap();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let stranger = lines[5].replace("\"Demo\"", "\"Administrators\"");
    lines.insert(6, &stranger);
    assert!(matches!(logbook(lines.concat().as_bytes()), Err(ReadError::Broken { line: 7 })));
    let key = SealKey::new(b"a secret of enough letters");
    assert!(!read(text.as_bytes(), key, None, |_, _| {}).unwrap().chain.is_sealed());
}

proptest! {
    #[test]
    fn a_flipped_bit_anywhere_is_seen(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let text = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(written());
        let end = JournalEnd::from(&logbook(&text).unwrap().chain);
        let mut flipped = text.clone();
        let at = place.index(text.len());
        flipped[at] ^= 1 << bit;
        prop_assert!(read(&flipped[..], None, Some(&end), |_, _| {}).is_err(), "byte {at}");
        // Of a run that was cut off nobody knows the end: only what would be taken for half a line is lost.
        match logbook(&flipped) {
            Err(_) => {}
            Ok(_) => prop_assert_eq!(at, text.len() - 1),
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(text in prop::collection::vec(any::<u8>(), 0..2_000), at in any::<prop::sample::Index>()) {
        let _ = logbook(&text);
        let whole = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(written());
        let at = at.index(whole.len());
        let _ = logbook(&[&whole[..at], &text[..], &whole[at..]].concat());
    }

    #[test]
    fn wherever_it_is_cut_off_what_is_whole_reads_back(share in 0.0_f64..1.0) {
        let text = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(written());
        let cut = &text[..(text.len() as f64 * share) as usize];
        let lines = cut.iter().filter(|b| **b == b'\n').count();
        match logbook(cut) {
            Err(ReadError::NeverBegan) => prop_assert!(lines < 5),
            Ok(book) => {
                prop_assert!(lines >= 5);
                prop_assert!(cut[..usize::try_from(book.whole).unwrap()].ends_with(b"\n"));
                prop_assert_eq!(book.entries.len(), 3);
            }
            Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
    }
}
