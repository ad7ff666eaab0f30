//! Waves, tolerance and preflight, as they are typed and as the reports tell of them.

use std::fs;

use serde_json::{Value, json};

use super::harness::{Rolecall, counts};

fn run_json(rolecall: &Rolecall) -> Value {
    serde_json::from_slice(&fs::read(rolecall.path("reports/latest/run.json")).unwrap()).unwrap()
}

#[test]
fn waves_are_told_in_run_json_on_the_terminal_and_as_events() {
    let rolecall = Rolecall::new();
    let waves = ["--waves", "1,10%", "--max-failures", "5%", "--seed", "7", "--preflight"];
    let apply = ["apply", "--sandbox", "--pass-role-to", "user/analyst"];
    let ran = rolecall.run(&[&apply[..], &waves, &["--format", "json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let run = run_json(&rolecall);
    assert_eq!([&run["waves"], &run["max_failures"]], ["1,10%", "5%"]);
    assert_eq!((&run["seed"], &run["preflight"]), (&json!(7), &json!(true)));
    let stages: Vec<String> =
        run["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].to_string()).collect();
    assert_eq!(stages.first().map(String::as_str), Some("\"preflight\""));
    assert_eq!(stages.iter().filter(|stage| *stage == "\"wave\"").count(), 3, "{stages:?}");
    let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<&Value> = events.iter().filter(|event| event["event"] == "stage_started").collect();
    for (told, kept) in told.iter().zip(run["stages"].as_array().unwrap()) {
        for key in ["stage", "number", "of", "accounts"] {
            assert_eq!(told[key], kept[key], "{told} {kept}");
        }
    }
    assert_eq!(told.len(), stages.len());
    assert!(ran.stderr.contains("wave 2 of 3: 3 accounts"), "{}", ran.stderr);
    assert_eq!(rolecall.statuses(), counts([("created", 30), ("updated", 3), ("unchanged", 5), ("skipped", 3)]));
}

#[test]
fn without_waves_nothing_is_said_of_them() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["apply", "--sandbox", "--quiet", "--include", "291847560312"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let run = run_json(&rolecall);
    for key in ["waves", "seed", "max_failures", "preflight", "stages"] {
        assert!(run.get(key).is_none(), "{key}");
    }
}

#[test]
fn a_preflight_sees_what_policies_would_refuse_and_nothing_is_written() {
    let rolecall = Rolecall::new();
    let some = "100000000001,100000000021,100000000023,100000000024,100000000051";
    let ran = rolecall.run(&[
        "apply",
        "--sandbox=rough",
        "--pass-role-to",
        "user/analyst",
        "--quiet",
        "--preflight",
        "--include",
        some,
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let rows = rolecall.rows();
    let row = |id: &str| rows.iter().find(|row| row["account_id"] == id).unwrap();
    for (id, fix) in [
        ("100000000021", "exempt the assumed role in the service control policy that denies iam:"),
        ("100000000023", "the assumed role's permissions boundary leaves out iam:PutRolePolicy; widen it"),
        ("100000000024", "a policy of the assumed role denies iam:PutUserPolicy; take that Deny away"),
    ] {
        let row = row(id);
        let told = [&row["status"], &row["failed_step"], &row["error_code"], &row["changes"]];
        assert_eq!(told, ["failed", "verify", "WouldBeDenied", "0"], "{row:?}");
        assert!(row["fix"].starts_with(fix), "{row:?}");
    }
    assert_eq!(
        (row("100000000051")["error_code"].as_str(), row("100000000001")["status"].as_str()),
        ("NotOurs", "not_reached")
    );
    assert!(rolecall.changes().is_empty());
    assert_eq!(run_json(&rolecall)["ended"], "preflight_failed");
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("nothing was written: the preflight failed in 4 of 5 accounts"), "{said}");
}

#[test]
fn what_is_no_wave_and_no_tolerance_is_told_before_anything_is_contacted() {
    let rolecall = Rolecall::new();
    for (option, value, words) in [
        ("--waves", "5%,1%", "`1%` is not more than `5%`"),
        ("--waves", "some", "neither a number of accounts nor a percentage"),
        ("--waves", "0", "a wave of nothing"),
        ("--max-failures", "101%", "neither a number of accounts nor a percentage"),
    ] {
        let ran = rolecall.run(&["apply", "--sandbox", option, value]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}
