//! `rolecall history`: a folder of runs, one of them spoiled.

use std::fs;

use super::harness::Rolecall;

#[test]
fn a_folder_of_runs_tells_its_history_and_a_spoiled_run_is_not_counted() {
    let rolecall = Rolecall::new();
    let verify = ["verify", "--sandbox", "--pass-role-to", "user/analyst", "--quiet"];
    let mut ids = Vec::new();
    for _ in 0..3 {
        let ran = rolecall.run(&verify);
        assert_eq!(ran.code, 3, "{ran:?}");
        ids.push(rolecall.latest());
    }
    assert_eq!(rolecall.run(&["plan", "--sandbox", "--quiet"]).code, 3);
    let statuses = rolecall.statuses();
    let told = rolecall.run(&["history", "--html", "history.html"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stdout.starts_with("history: 4 runs of 2 series\n"), "{told:?}");
    assert!(
        told.stdout.contains("\nverify amazon-ml-redshift\n") && told.stdout.contains("\nplan amazon-ml-redshift\n")
    );
    let skipped = format!("never looked at: {} accounts of the newest run\n", statuses["skipped"]);
    assert!(told.stdout.contains(&skipped), "{skipped}: {told:?}");
    let page = fs::read_to_string(rolecall.path("history.html")).unwrap();
    assert!(page.contains("default-src 'none'") && ids.iter().all(|id| page.contains(id.as_str())));

    let csv = rolecall.run(&["history", "--format", "csv"]);
    let rows: Vec<Vec<String>> =
        csv::Reader::from_reader(csv.stdout.as_bytes()).deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    // Commands in the order of their first runs; nothing changed between them.
    assert!(
        rows[..3].iter().zip(&ids).all(|(row, id)| row[0] == "verify" && row[3] == *id && row[12] == "0"),
        "{rows:?}"
    );

    let spoiled = rolecall.path("reports").join(&ids[1]).join("evidence.jsonl");
    fs::write(&spoiled, fs::read_to_string(&spoiled).unwrap().replacen("drifted", "driftex", 1)).unwrap();
    let cut_off = rolecall.path("reports").join(&ids[2]).join("run.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&cut_off).unwrap()).unwrap();
    record["ended"] = serde_json::Value::Null;
    fs::write(&cut_off, record.to_string()).unwrap();
    let json = rolecall.run(&["history", "reports", "--format", "json"]);
    assert_eq!(json.code, 1, "{json:?}");
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(told["series"][0]["runs"].as_array().unwrap().len(), 1);
    let left_out: Vec<_> = told["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["run"].as_str().unwrap(), run["changed"].as_bool().unwrap()))
        .collect();
    assert_eq!(left_out, [(ids[1].as_str(), true), (ids[2].as_str(), false)]);
    assert!(json.stderr.contains("evidence.jsonl was changed after the run"), "{json:?}");
}

#[test]
fn a_folder_without_runs_is_said_to_be_one() {
    let rolecall = Rolecall::new();
    fs::create_dir(rolecall.path("empty")).unwrap();
    for (folder, why) in [("empty", "holds no run's folder"), ("nowhere", "cannot read")] {
        let ran = rolecall.run(&["history", folder]);
        assert!(ran.code == 2 && ran.stderr.contains(why) && ran.stderr.contains("\nhint: "), "{ran:?}");
    }
}
