//! `reports/example` is what a run leaves behind: as it was left, and as a run of today leaves it.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::harness::{Rolecall, Server};

/// Accounts of the rough world that come out in different ways, and one that is left out.
const INVENTORY: &str = "account_id,name,status,error_message
000000000002,web-prod,,
100000000001,web-dev,,
100000000003,shared-services,,
100000000057,data-lake,,
100000000011,acquired-crm,,
100000000021,payments-prod,,
100000000051,analytics,,
100000000052,load-tests,,
100000000071,old-website,skipped,closed in March
";
/// The runs, in their order, each with its folder in the example and with what is kept of it.
const RUNS: [(&str, &str, &[&str]); 2] = [
    ("verify", "verify", &["accounts.csv", "changes.csv", "run.json", "evidence.jsonl"]),
    ("apply", "", &["accounts.csv", "changes.csv", "run.json"]),
];

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example")
}

/// With `UPDATE_EXAMPLE` set, the example is written anew first.
#[test]
fn the_example_is_what_a_run_leaves() {
    let home = Rolecall::new();
    let server = Server::start(&home, "rough");
    let rolecall = Rolecall::new().with(server.environment.clone());
    fs::write(rolecall.path("inventory.csv"), INVENTORY).unwrap();
    // One account at a time, so that the order of the changes is the same each time.
    let args = ["--accounts", "inventory.csv", "--pass-role-to", "user/analyst", "--concurrency", "1"];
    for (command, folder, files) in RUNS {
        let yes: &[&str] = if command == "apply" { &["--yes"] } else { &[] };
        let ran = rolecall.run(&[&[command], &args[..], yes].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        let (fresh, kept) = (rolecall.path("reports/latest"), example().join(folder));
        if std::env::var_os("UPDATE_EXAMPLE").is_some() {
            fs::create_dir_all(&kept).unwrap();
            files.iter().for_each(|file| assert!(fs::copy(fresh.join(file), kept.join(file)).is_ok(), "{file}"));
        }
        for file in ["accounts.csv", "changes.csv"] {
            assert_eq!(rows(&kept.join(file)), rows(&fresh.join(file)), "{command}: {file}");
        }
        assert_eq!(run(&kept.join("run.json")), run(&fresh.join("run.json")), "{command}");
        if command == "verify" {
            // There are no times and no ids of requests in it.
            let evidence = |folder: &Path| fs::read_to_string(folder.join("evidence.jsonl")).unwrap();
            assert_eq!(evidence(&kept), evidence(&fresh));
        }
    }
}

#[test]
fn the_example_is_as_its_run_left_it() {
    for (command, folder, files) in RUNS {
        let kept = example().join(folder);
        let run: serde_json::Value = serde_json::from_slice(&fs::read(kept.join("run.json")).unwrap()).unwrap();
        for file in files.iter().filter(|file| **file != "run.json") {
            let digest = Sha256::digest(fs::read(kept.join(file)).unwrap());
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let said = if *file == "evidence.jsonl" { &run["evidence"] } else { &run["files"][file] };
            assert_eq!(said["sha256"], digest, "{command}: {file}");
        }
    }
}

/// The rows with their header, without what is new in each run.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let (header, rest) = rows.split_first_mut().unwrap();
    for row in rest {
        for (cell, _) in row.iter_mut().zip(header.iter()).filter(|(cell, column)| {
            !cell.is_empty() && ["request_id", "started_at", "duration_ms"].contains(&column.as_str())
        }) {
            "NEW".clone_into(cell);
        }
    }
    rows
}

/// `run.json` without what is new in each run and in each release.
fn run(path: &Path) -> serde_json::Value {
    let mut run: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for pointer in ["/run_id", "/started_at", "/ended_at", "/duration_ms", "/version", "/journal/digest"] {
        *run.pointer_mut(pointer).unwrap() = "NEW".into();
    }
    for (file, facts) in run["files"].as_object_mut().unwrap() {
        assert!(facts["bytes"].as_u64().unwrap() > 0 && facts["sha256"].as_str().unwrap().len() == 64, "{file}");
        *facts = "NEW".into();
    }
    run
}
