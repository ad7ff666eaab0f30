//! Runs one after the other, and what they tell.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{Span, Timestamp};

use super::compare::Seen;
use super::history::{Historian, History};
use super::row::AccountRow;
use super::run_json::RunRecord;
use super::sample;
use crate::account::outcome::AccountStatus::{self, *};
use crate::ids::AccountId;

fn record(command: &str, day: i64) -> RunRecord {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/run.json");
    let mut record = RunRecord::read(&example).unwrap();
    record.command = command.to_owned();
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    record.started_at = start + Span::new().hours(24 * day);
    record
}

fn rows(statuses: &[AccountStatus]) -> BTreeMap<AccountId, Seen> {
    let row = |(n, status): (usize, &AccountStatus)| {
        let mut row = AccountRow::from_outcome(&sample::created(n as u64 + 1));
        row.status = *status;
        row.error_message = if *status == Skipped { "closed".into() } else { String::new() };
        (row.account_id, Seen::from(&row))
    };
    statuses.iter().enumerate().map(row).collect()
}

fn history(runs: &[(&str, i64, &[AccountStatus])]) -> History {
    let mut historian = Historian::default();
    for (command, day, statuses) in runs {
        historian.add(&record(command, *day), rows(statuses));
    }
    historian.finish()
}

#[test]
fn a_drift_lives_from_the_run_that_saw_it_to_the_one_that_saw_it_gone() {
    let told = history(&[
        ("verify", 0, &[Compliant, Drifted, Missing, Compliant]),
        ("verify", 10, &[Drifted, Drifted, Compliant, Failed]),
        ("verify", 20, &[Compliant, Failed, Drifted, NotReached]),
        ("verify", 30, &[Compliant, Drifted, Compliant, Compliant]),
    ]);
    let [series] = told.series.as_slice() else { panic!("{told:?}") };
    let numbers: Vec<_> =
        series.runs.iter().map(|run| (run.well, run.differs, run.missing, run.better, run.worse)).collect();
    assert_eq!(numbers, [(2, 1, 1, 0, 0), (1, 2, 0, 1, 2), (1, 1, 0, 1, 3), (3, 1, 0, 3, 0)]);
    let lives: Vec<_> = series
        .drifters
        .iter()
        .map(|drifter| {
            let days = drifter.spells.iter().map(|spell| (spell.seconds() / 86_400, spell.runs, spell.until.is_some()));
            (drifter.account_id, days.collect::<Vec<_>>(), drifter.is_open())
        })
        .collect();
    // A run that could not look neither ends a drift nor begins one.
    assert_eq!(
        lives,
        [
            (sample::account(3), vec![(10, 1, true), (10, 1, true)], false),
            (sample::account(2), vec![(30, 3, false)], true),
            (sample::account(1), vec![(10, 1, true)], false),
        ]
    );
    assert_eq!(told.never_looked_at, []);
}

#[test]
fn commands_are_series_of_their_own_and_count_together_for_who_was_looked_at() {
    let told = history(&[
        ("apply", 0, &[Created, Skipped, Skipped, Failed]),
        ("verify", 1, &[Compliant, Skipped, Compliant, NotReached]),
        ("apply", 2, &[Unchanged, Skipped, Skipped, Failed]),
    ]);
    let series: Vec<_> = told.series.iter().map(|series| (series.command.as_str(), series.runs.len())).collect();
    assert_eq!(series, [("apply", 2), ("verify", 1)]);
    let never: Vec<_> =
        told.never_looked_at.iter().map(|one| (one.account_id, one.status, one.reason.as_str())).collect();
    assert_eq!(never, [(sample::account(2), "skipped", "closed"), (sample::account(4), "failed", "")]);
}
