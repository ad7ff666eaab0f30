//! Every report of one run, together, and rows made of hostile text.

use std::fs::{self, File};

use proptest::prelude::*;
use serde_json::Value;

use super::sample::{self, Shared};
use super::{
    AccountRow, AccountRows, AccountsCsv, COLUMNS, ChangesCsv, EndedWord, JsonLines, Reporter, Reporters, RunFolder,
    RunJson, RunJsonError, RunRecord,
};
use crate::account::outcome::{AccountStatus, Failure, Outcome, PartStatus, Parts, Step};
use crate::ids::RunId;
use crate::inventory::list::{Reason, Selection};
use crate::rollout::event::{Ended, Event};

fn folder(dir: &tempfile::TempDir) -> RunFolder {
    let id = RunId::new("2026-11-24T09:30:05Z".parse().unwrap(), "apply", "demo");
    RunFolder::create(dir.path(), &id).unwrap()
}

fn reporters(folder: &RunFolder) -> Reporters {
    let mut reporters = Reporters::new();
    reporters.add("accounts.csv", AccountsCsv::create(&folder.accounts_csv()).unwrap());
    reporters.add("changes.csv", ChangesCsv::create(&folder.changes_csv()).unwrap());
    reporters.add("run.json", RunJson::new(folder));
    reporters
}

#[test]
fn a_run_leaves_its_files_and_they_agree() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(&dir);
    let mut reporters = reporters(&folder);
    sample::rough().iter().for_each(|event| reporters.event(event));
    assert!(reporters.finish().is_empty());

    let record = RunRecord::read(&folder.run_json()).unwrap();
    assert_eq!((record.ended, record.exit.unwrap().code), (Some(EndedWord::Complete), 1));
    let rows: Vec<AccountRow> =
        AccountRows::new(File::open(folder.accounts_csv()).unwrap()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), record.accounts);
    for status in AccountStatus::ALL {
        assert_eq!(rows.iter().filter(|row| row.status == *status).count(), record.counts.of(*status), "{status}");
    }
    let changes = csv::Reader::from_path(folder.changes_csv()).unwrap().into_records().count();
    assert_eq!((changes, record.changes.applied), (3 * 1_203, 3 * 1_203));
    for (name, digest) in &record.files {
        assert_eq!(digest.bytes, fs::metadata(folder.path().join(name)).unwrap().len());
        assert_eq!(digest.sha256.len(), 64);
    }
    assert_eq!(record.files.keys().collect::<Vec<_>>(), ["accounts.csv", "changes.csv"]);
}

#[test]
fn run_json_is_there_from_the_start_and_says_that_the_run_has_not_ended() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(&dir);
    let mut reporters = reporters(&folder);
    sample::healthy(9).iter().take(5).for_each(|event| reporters.event(event));
    // The process dies here.
    drop(reporters);
    let text: Value = serde_json::from_slice(&fs::read(folder.run_json()).unwrap()).unwrap();
    assert_eq!((&text["format"], &text["ended"], &text["ended_at"]), (&Value::from(1), &Value::Null, &Value::Null));
    assert_eq!(text["caller"], "arn:aws:sts::999999999999:assumed-role/Admin/me");
    assert_eq!(RunRecord::read(&folder.run_json()).unwrap().accounts, 9);
}

#[test]
fn an_interrupted_run_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(&dir);
    let mut reporters = reporters(&folder);
    sample::interrupted().iter().for_each(|event| reporters.event(event));
    assert!(reporters.finish().is_empty());
    let record = RunRecord::read(&folder.run_json()).unwrap();
    assert_eq!((record.ended, record.counts.not_reached), (Some(EndedWord::Interrupted), 36));
    assert_eq!(record.exit.map(|exit| exit.code), Some(130));
    assert_eq!(record.duration_ms, Some(2_440));
}

#[test]
fn a_record_of_another_form_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    fs::write(&path, r#"{"format": 2, "else": "entirely"}"#).unwrap();
    assert!(matches!(RunRecord::read(&path), Err(RunJsonError::Format { format: 2, .. })));
    fs::write(&path, "{}").unwrap();
    assert!(matches!(RunRecord::read(&path), Err(RunJsonError::Malformed { .. })));
    assert!(matches!(RunRecord::read(dir.path()), Err(RunJsonError::Open { .. })));
}

#[test]
fn a_digest_is_sha_256_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(&dir);
    fs::write(folder.accounts_csv(), "abc").unwrap();
    let mut report = Box::new(RunJson::new(&folder));
    report.event(&sample::run_started(1, 1)).unwrap();
    report.finish().unwrap();
    // The example of FIPS 180-2.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(RunRecord::read(&folder.run_json()).unwrap().files["accounts.csv"].sha256, expected);
}

fn json_lines(events: &[Event]) -> String {
    let out = Shared::default();
    let mut report = Box::new(JsonLines::new(Box::new(out.clone())));
    events.iter().for_each(|event| report.event(event).unwrap());
    report.finish().unwrap();
    out.text()
}

#[test]
fn json_lines_have_these_names() {
    let events = sample::run_of("apply", vec![sample::updated(1), sample::no_such_user(12)], Ended::Complete);
    insta::assert_snapshot!(json_lines(&events), @r##"
{"format":1,"event":"run_started","run_id":"2026-11-24T09-30-05Z-apply-demo","command":"apply","setup":"demo","setup_digest":"5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef","source":"organization o-exampleorg","caller":"arn:aws:sts::999999999999:assumed-role/Admin/me","partition":"aws","organization":"o-exampleorg","accounts":2,"selected":2,"concurrency":50,"session_policy":"exact","version":"0.1.0","at":"2026-11-24T09:30:05.250Z","elapsed_ms":0}
{"event":"account_started","account_id":"000000000001","account_name":"account-1","at":"2026-11-24T09:30:05.310Z","elapsed_ms":60}
{"event":"step_started","account_id":"000000000001","step":"assume_role","at":"2026-11-24T09:30:05.310Z","elapsed_ms":60}
{"event":"change_settled","account_id":"000000000001","part":"trust","action":"UpdateAssumeRolePolicy","resource":"role/Demo trust policy","before":"{\"a\":1}","after":"{\"a\":2}","result":"applied","request_id":"req-0","error_code":null,"at":"2026-11-24T09:30:05.310Z","elapsed_ms":60}
{"event":"account_finished","index":0,"account_id":"000000000001","account_name":"account-1","status":"updated","role":"unchanged","trust":"updated","permissions":"unchanged","pass_role":"skipped","role_arn":"arn:aws:iam::000000000001:role/Demo","changes":1,"failure":null,"reason":null,"notes":[],"attempts":1,"started_at":"2026-11-24T09:30:06.250Z","duration_ms":80,"at":"2026-11-24T09:30:05.310Z","elapsed_ms":60}
{"event":"account_started","account_id":"000000000012","account_name":"account-12","at":"2026-11-24T09:30:05.370Z","elapsed_ms":120}
{"event":"step_started","account_id":"000000000012","step":"assume_role","at":"2026-11-24T09:30:05.370Z","elapsed_ms":120}
{"event":"account_finished","index":1,"account_id":"000000000012","account_name":"account-12","status":"failed","role":"not_reached","trust":"not_reached","permissions":"not_reached","pass_role":"not_reached","role_arn":null,"changes":0,"failure":{"step":"put_grant","code":"NoSuchEntity","message":"The user with name \u001b[31manalyst cannot be found.","request_id":"req-12","fix":"create the user `analyst` there, or name another with --pass-role-to"},"reason":null,"notes":[],"attempts":1,"started_at":"2026-11-24T09:30:06.250Z","duration_ms":80,"at":"2026-11-24T09:30:05.370Z","elapsed_ms":120}
{"event":"run_finished","ended":"complete","detail":null,"exit_code":1,"counts":{"created":0,"updated":1,"unchanged":0,"pending":0,"compliant":0,"drifted":0,"missing":0,"removed":0,"absent":0,"failed":1,"skipped":0,"not_reached":0},"at":"2026-11-24T09:30:05.410Z","elapsed_ms":160}
"##);
}

#[test]
fn json_lines_hold_the_exact_text_and_nothing_that_acts() {
    let mut outcome = sample::created(1);
    outcome.account_name = "a\u{9b}b\u{202e}\u{1b}c\u{e0041}é\"\\".to_owned();
    let text = json_lines(&[sample::finished(0, outcome.clone())]);
    assert!(!text.trim_end().contains(crate::sanitize::printable::acts), "{text:?}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["account_name"], outcome.account_name);
    assert_eq!((&line["account_id"], &line["format"]), (&Value::from("000000000001"), &Value::from(1)));
}

#[test]
fn a_report_is_an_inventory() {
    let names = ["plain", "=1+1", "'=1+1", "''", "'quoted'", "a, \"b\"; c", "Zoë 計算", "-", "two\nlines"];
    // A name that would act on a terminal is shown instead; AWS does not let such a name be given.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts.csv");
    let mut report = Box::new(AccountsCsv::create(&path).unwrap());
    for (index, name) in names.into_iter().enumerate() {
        let outcome = Outcome { account_name: name.to_owned(), ..sample::denied(index as u64) };
        report.event(&sample::finished(index, outcome)).unwrap();
    }
    report.event(&sample::finished(names.len(), sample::skipped(99, "the account is SUSPENDED, not ACTIVE"))).unwrap();
    report.finish().unwrap();

    let inventory = crate::inventory::file::read(&path).unwrap();
    let read: Vec<&str> = inventory.entries.iter().map(|entry| entry.account.name.as_str()).collect();
    assert_eq!(read[..names.len()], names.map(crate::sanitize::printable::printable));
    assert_eq!(inventory.entries[0].account.id.as_str(), "000000000000");
    let reason = Reason::SkippedInReport("the account is SUSPENDED, not ACTIVE".to_owned());
    assert_eq!(inventory.entries[names.len()].selection, Selection::Out(reason));
    assert_eq!(inventory.selected(), names.len());
}

/// Text as somebody with bad intentions would choose it, or any other.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        any::<String>(),
        "['\"=+@\t\r\n\0,;-]{1,4}[a-z,;\"]{0,4}",
        Just("=cmd|'/c calc'!A1".to_owned()),
        Just("\r\n000000000000,forged,created".to_owned()),
    ]
}

fn outcomes() -> impl Strategy<Value = Vec<(usize, Outcome)>> {
    let status = prop::sample::select(AccountStatus::ALL);
    let step = prop::sample::select(Step::ALL);
    let failure = (step, hostile(), hostile(), hostile(), prop::option::of(hostile())).prop_map(
        |(step, code, message, fix, request_id)| Failure { step, code: code.as_str().into(), message, request_id, fix },
    );
    let one = (0_u64..1_000_000, hostile(), status, prop::option::of(failure), prop::option::of(hostile()), hostile());
    let said =
        prop::collection::btree_map(prop::sample::select(&COLUMNS[18..]).prop_map(str::to_owned), ".{1,9}", 0..3);
    let outcome = (one, said).prop_map(|((n, name, status, failure, reason, note), overrides)| Outcome {
        overrides,
        account_name: name,
        status,
        parts: Parts::all(PartStatus::Skipped),
        failure,
        reason,
        notes: vec![note],
        ..sample::created(n)
    });
    prop::collection::vec((0_usize..8, outcome), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn accounts_csv_reads_back_whatever_the_text(outcomes in outcomes()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("accounts.csv");
        let mut report = Box::new(AccountsCsv::create(&path).unwrap());
        let mut expected = std::collections::BTreeMap::new();
        for (index, outcome) in outcomes {
            report.event(&sample::finished(index, outcome.clone())).unwrap();
            expected.entry(index).or_insert_with(|| AccountRow::from_outcome(&outcome));
        }
        report.finish().unwrap();

        let rows: Vec<AccountRow> =
            AccountRows::new(File::open(&path).unwrap()).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(&rows, &expected.into_values().collect::<Vec<_>>());

        // What a spreadsheet sees: as many cells as columns, none a formula, ids with their zeros.
        let mut reader = csv::Reader::from_path(&path).unwrap();
        for record in reader.records() {
            let record = record.unwrap();
            prop_assert_eq!(record.len(), COLUMNS.len());
            prop_assert!(!record.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0'])));
            prop_assert!(record[0].len() == 12 && record[0].bytes().all(|b| b.is_ascii_digit()));
            for column in 10..14 {
                prop_assert!(!record[column].contains(crate::sanitize::printable::acts));
            }
        }
    }
}
