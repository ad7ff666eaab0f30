//! `apply` in the sandbox, as people run it first.

use std::collections::BTreeSet;

use super::harness::{Rolecall, counts};

#[test]
fn the_readmes_command_ends_well_with_a_row_for_each_account() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["apply", "--sandbox", "--pass-role-to", "user/analyst"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("created", 30), ("updated", 3), ("unchanged", 5), ("skipped", 3)]));
    let ids: BTreeSet<String> = rolecall.rows().iter().map(|row| row["account_id"].clone()).collect();
    assert_eq!(ids.len(), 41, "one row per account");
    assert!(ids.contains("000123456789"), "zeros are kept");
    assert!(ran.stdout.contains("38 accounts done"), "{}", ran.stdout);
    for file in ["changes.csv", "run.json", "journal.jsonl"] {
        assert!(rolecall.path("reports/latest").join(file).metadata().unwrap().len() > 0, "{file}");
    }
    let run: serde_json::Value =
        serde_json::from_slice(&std::fs::read(rolecall.path("reports/latest/run.json")).unwrap()).unwrap();
    assert_eq!(run["command"], "apply");
}

#[test]
fn without_a_principal_the_grant_is_skipped_and_a_line_says_how_to_name_one() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["apply", "--sandbox"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(rolecall.rows().iter().all(|row| row["pass_role"] == "skipped"));
    assert!(ran.stdout.contains("--pass-role-to"), "{}", ran.stdout);
}

#[test]
fn the_rough_world_gets_a_row_for_each_account_and_a_fix_for_each_failure() {
    let rolecall = Rolecall::new();
    // A second is enough for every account but the one that hangs and those that AWS keeps refusing for a while.
    let args = ["apply", "--sandbox=rough", "--pass-role-to", "user/analyst", "--account-timeout", "4s"];
    let ran = rolecall.run(&args);
    assert_eq!(ran.code, 1, "{ran:?}");
    let rows = rolecall.rows();
    assert_eq!(rows.len(), 41);
    let fix = |id: &str| rows.iter().find(|row| row["account_id"] == id).map(|row| row["fix"].clone()).unwrap();
    assert!(fix("100000000011").contains("OrganizationAccountAccessRole"), "an invited account");
    assert!(fix("100000000021").contains("service control policy"), "an SCP");
    assert!(fix("100000000023").contains("permissions boundary"), "a boundary");
    assert!(fix("100000000051").contains("--adopt"), "a foreign role");
    assert!(fix("100000000052").contains("--pass-role-to"), "a missing user");
    for row in &rows {
        assert_eq!(row["status"] == "failed", !row["fix"].is_empty(), "{row:?}");
        for cell in row.values() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            assert!(!cell.contains('\u{1b}'), "{cell:?}");
        }
    }
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "no escape of anybody's, and no colour");
}

#[test]
fn events_as_json_are_one_object_a_line_and_nothing_else() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["apply", "--sandbox=accounts=3", "--format", "json", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let events: Vec<serde_json::Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let finished = events.iter().filter(|event| event["event"] == "account_finished").count();
    assert_eq!(finished, rolecall.rows().len());
}
