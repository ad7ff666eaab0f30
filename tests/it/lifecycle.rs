//! plan, apply, verify and remove against one world that remembers, over the wire.

use std::collections::BTreeMap;

use super::harness::{World, counts, request_log, requests};

const WHOM: [&str; 4] = ["--organization", "--quiet", "--pass-role-to", "user/analyst"];

impl World {
    /// Runs a command over the whole organization; gives its exit code and what it wrote to AWS.
    fn code_and_writes(&self, args: &[&str]) -> (i32, usize) {
        let before = requests(&self.home).1;
        let ran = self.rolecall.run(&[args, &WHOM[..]].concat());
        (ran.code, requests(&self.home).1 - before)
    }
}

/// The writes of an account in their order, by call and what it names.
fn by_account(writes: impl Iterator<Item = (String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (account, write) in writes {
        accounts.entry(account).or_default().push(write);
    }
    accounts
}

#[test]
fn a_plan_is_what_apply_then_does_and_nothing_more() {
    let world = World::new("healthy");
    assert_eq!(world.code_and_writes(&["plan"]), (3, 0), "a plan writes nothing");
    assert_eq!(world.rolecall.statuses(), counts([("pending", 33), ("unchanged", 5), ("skipped", 3)]));
    let planned = world.rolecall.changes();
    assert!(planned.iter().all(|change| change["result"] == "pending" && change["request_id"].is_empty()));

    let seen = requests(&world.home).0;
    let (code, writes) = world.code_and_writes(&["apply", "--yes"]);
    assert_eq!((code, writes), (0, planned.len()));
    let sent = request_log(&world.home).into_iter().skip(seen).filter(|entry| entry["write"] == true);
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let sent = by_account(sent.map(|entry| (word(&entry["account"]), word(&entry["action"]))));
    let planned = by_account(planned.into_iter().map(|c| (c["account_id"].clone(), c["action"].clone())));
    assert_eq!(sent, planned, "account by account, in the plan's order");

    assert_eq!(world.code_and_writes(&["plan"]), (0, 0), "after apply there is nothing left to plan");
    assert_eq!(world.rolecall.statuses(), counts([("unchanged", 38), ("skipped", 3)]));
}

#[test]
fn verify_names_each_difference_and_gives_the_same_evidence_for_the_same_state() {
    let world = World::new("healthy");
    assert_eq!(world.code_and_writes(&["verify"]), (3, 0));
    assert_eq!(world.rolecall.statuses(), counts([("compliant", 4), ("drifted", 4), ("missing", 30), ("skipped", 3)]));
    let rows = world.rolecall.rows();
    let row = |name: &str| rows.iter().find(|row| row["account_name"] == name).unwrap().clone();
    let trust = row("payments-fraud-prod");
    assert_eq!((trust["trust"].as_str(), trust["permissions"].as_str()), ("drifted", "unchanged"));
    let added = row("analytics-prod");
    assert!(added["notes"].contains("AmazonS3ReadOnlyAccess is not in the setup"), "{}", added["notes"]);
    assert_eq!(row("recommendations-dev")["pass_role"], "missing");

    assert_eq!(world.code_and_writes(&["apply", "--yes"]).0, 0);
    assert_eq!(world.code_and_writes(&["verify"]), (3, 0), "apply leaves a foreign policy where it is");
    assert_eq!(world.rolecall.statuses(), counts([("compliant", 37), ("drifted", 1), ("skipped", 3)]));
    let evidence = || std::fs::read_to_string(world.rolecall.path("reports/latest/evidence.jsonl")).unwrap();
    let first = evidence();
    assert_eq!(first.lines().count(), 38, "one line for each account that was looked at");
    assert_eq!(world.code_and_writes(&["verify"]).0, 3);
    assert_eq!(first, evidence());
    for line in first.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["status"] == "compliant", line["wanted"]["digest"] == line["found"]["digest"], "{line}");
    }
    let record = std::fs::read_to_string(world.rolecall.path("reports/latest/run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["evidence"]["accounts"], 38);
    assert_eq!(record["evidence"]["sha256"], record["files"]["evidence.jsonl"]["sha256"]);
}

#[test]
fn remove_takes_away_what_apply_put_there_and_leaves_what_others_did() {
    let world = World::new("healthy");
    assert_eq!(world.code_and_writes(&["apply", "--yes"]).0, 0);
    let (code, writes) = world.code_and_writes(&["remove", "--yes"]);
    assert_eq!(code, 1, "a foreign policy on the role stops it");
    assert_eq!(world.rolecall.statuses(), counts([("removed", 37), ("failed", 1), ("skipped", 3)]));
    // The grant, the role's one policy, the role.
    assert_eq!(writes, 37 * 3);
    let stopped = world.rolecall.rows().into_iter().find(|row| row["status"] == "failed").unwrap();
    assert_eq!((stopped["account_name"].as_str(), stopped["error_code"].as_str()), ("analytics-prod", "InUse"));
    assert!(stopped["error_message"].contains("AmazonS3ReadOnlyAccess") && stopped["fix"].contains("--force"));

    assert_eq!(world.code_and_writes(&["remove", "--yes", "--force"]), (0, 4));
    assert_eq!(world.rolecall.statuses(), counts([("removed", 1), ("absent", 37), ("skipped", 3)]));
    let changes = world.rolecall.changes();
    assert!(changes.iter().all(|change| !change["before"].is_empty()), "what went can be put back: {changes:?}");
    assert_eq!(world.code_and_writes(&["remove", "--yes"]), (0, 0), "where there is nothing, nothing is done");
    assert_eq!(world.code_and_writes(&["verify"]).0, 3);
    assert_eq!(world.rolecall.statuses(), counts([("missing", 38), ("skipped", 3)]));
}

#[test]
fn a_role_of_somebody_elses_is_not_removed() {
    let world = World::new("healthy");
    assert_eq!(world.code_and_writes(&["apply", "--yes"]).0, 0);
    let (code, writes) =
        world.code_and_writes(&["remove", "amazon-ml-redshift-managed", "--yes", "--role-name", "AmazonMLRedshift"]);
    assert_eq!((code, writes), (1, 0), "it belongs to another setup");
    assert_eq!(world.rolecall.statuses(), counts([("failed", 38), ("skipped", 3)]));
    assert!(
        world.rolecall.rows().iter().filter(|row| row["status"] == "failed").all(|row| row["error_code"] == "NotOurs")
    );
}

#[test]
fn the_simulator_is_asked_on_request() {
    let world = World::new("accounts=3,seed=5");
    assert_eq!(world.code_and_writes(&["apply", "--yes"]).0, 0);
    assert_eq!(world.code_and_writes(&["verify", "--simulate"]), (0, 0));
    let asked =
        request_log(&world.home).into_iter().filter(|entry| entry["action"] == "SimulatePrincipalPolicy").count();
    assert!(asked >= 3 * 2, "the role and the grantee, in each account: {asked}");
    assert_eq!(world.code_and_writes(&["apply", "amazon-ml-redshift-managed", "--yes"]).0, 0);
    assert_eq!(world.code_and_writes(&["verify", "amazon-ml-redshift-managed", "--simulate"]), (0, 0));
}
