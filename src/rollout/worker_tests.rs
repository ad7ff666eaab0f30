//! A write that nobody waits for any more is told of.

use tokio::sync::mpsc::unbounded_channel;

use super::event::EventKind;
use super::history::History;
use super::journal::{Chain, Journal, JournalEntry};
use super::worker::Record;
use crate::account::change::{Change, ChangeResult, Write};
use crate::account::ledger::Ledger;
use crate::account::role::write::RoleWrite;

fn deletion() -> Change {
    Change { write: Write::Role(RoleWrite::DeleteRole { role: "Demo".parse().unwrap() }), before: None }
}

#[tokio::test]
async fn what_was_intended_when_the_account_was_cut_off_is_settled_as_in_doubt() {
    let (journal, thread) = Journal::start(Vec::new(), Chain::begin(None)).unwrap();
    let (events, mut inbox) = unbounded_channel();
    let record = Record::new("123456789012".parse().unwrap(), &journal, &events, History::default());
    assert_eq!(record.cut_off("Timeout"), None, "nothing was on its way");

    record.intend(&deletion()).await.unwrap();
    record.settled(&deletion(), &ChangeResult::Applied { request_id: None });
    assert_eq!(record.cut_off("Timeout"), None, "it was answered");

    record.intend(&deletion()).await.unwrap();
    assert_eq!(record.cut_off("Timeout"), Some(deletion()));
    assert_eq!(record.cut_off("Timeout"), None, "it is told once");
    drop(record);
    let in_doubt = ChangeResult::Failed { code: "Timeout".into(), request_id: None };
    let results: Vec<_> = std::iter::from_fn(|| inbox.try_recv().ok())
        .map(|event| match event {
            EventKind::ChangeSettled { result, .. } => result,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(results, [ChangeResult::Applied { request_id: None }, in_doubt.clone()]);
    drop(journal);
    let (text, end) = thread.join().unwrap();
    end.unwrap();
    let last = text.split(|b| *b == b'\n').rfind(|line| !line.is_empty()).unwrap();
    let JournalEntry::Settled { result, .. } = serde_json::from_slice(last).unwrap() else { panic!("not settled") };
    assert_eq!(result, in_doubt);
}
