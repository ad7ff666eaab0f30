//! `compare`: two runs' folders, and their evidence, which anybody can check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::harness::{Ran, Rolecall};

const HEADER: &str = "account_id,account_name,status,role,trust,permissions,pass_role,role_arn,changes,failed_step,\
                      error_code,error_message,fix,request_id,attempts,started_at,duration_ms,notes";

/// A place with a run in it, from which others are made.
struct Runs(Rolecall);

impl Runs {
    fn new() -> Self {
        let rolecall = Rolecall::new();
        let ran = rolecall.run(&["apply", "--sandbox=accounts=1", "--quiet"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        Self(rolecall)
    }

    /// Leaves a run of verify at `name`: accounts `(n, status, part)`, and what was found in them.
    fn leave(&self, name: &str, accounts: &[(u32, &str, &str)], found: &[(u32, Value)]) -> PathBuf {
        let rows = accounts.iter().map(|(n, status, part)| {
            let failed = if *status == "failed" { "observe,AccessDenied,no,do,r" } else { ",,,," };
            let arn = format!("arn:aws:iam::{n:012}:role/Demo");
            format!("{n:012},account-{n},{status},{part},{part},{part},{part},{arn},0,{failed},1,,80,\r\n")
        });
        let csv = format!("{HEADER}\r\n{}", rows.collect::<String>());
        let lines = found.iter().map(|(n, items)| {
            let (wanted, status) = (json!({ "trust": hash("{}") }), "compliant");
            let line = json!({
                "account_id": format!("{n:012}"), "status": status, "role_arn": format!("arn:aws:iam::{n:012}:role/Demo"),
                "wanted": { "digest": hash(&wanted.to_string()), "items": wanted },
                "found": { "digest": hash(&items.to_string()), "items": items },
            });
            format!("{line}\n")
        });
        let evidence = lines.collect::<String>();
        let template = fs::read(self.0.path("reports/latest/run.json")).unwrap();
        let mut run: Value = serde_json::from_slice(&template).unwrap();
        run["command"] = json!("verify");
        run["accounts"] = json!(accounts.len());
        run["files"] = json!({ "accounts.csv": { "bytes": csv.len(), "sha256": hash(&csv) } });
        let folder = self.0.path(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("accounts.csv"), csv).unwrap();
        if !found.is_empty() {
            run["evidence"] = json!({ "sha256": hash(&evidence), "accounts": found.len() });
            fs::write(folder.join("evidence.jsonl"), evidence).unwrap();
        }
        fs::write(folder.join("run.json"), run.to_string()).unwrap();
        folder
    }

    fn compare(&self, more: &[&str]) -> Ran {
        self.0.run(&[&["compare", "old", "new"], more].concat())
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn trust(text: &str) -> Value {
    json!({ "trust": hash(text) })
}

#[test]
fn a_run_and_itself_are_the_same() {
    let runs = Runs::new();
    let ran = runs.0.run(&["compare", "latest", "latest"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // The world is a new one in each run of the sandbox, so that the same is created again.
    assert!(ran.stdout.contains("evidence of OLD: none"), "{}", ran.stdout);
    runs.leave("old", &[(1, "compliant", "unchanged")], &[(1, trust("a"))]);
    runs.leave("new", &[(1, "compliant", "unchanged")], &[(1, trust("a"))]);
    let ran = runs.compare(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("compare: nothing changed\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("the evidence of both runs is identical\n"), "{}", ran.stdout);
}

#[test]
fn what_verify_leaves_is_compared_to_the_item() {
    let rolecall = Rolecall::new();
    let runs = ["user/analyst", "user/analyst", "group/data-team"].map(|to| {
        let ran = rolecall.run(&["verify", "--sandbox", "--quiet", "--pass-role-to", to]);
        assert_eq!(ran.code, 3, "{ran:?}");
        let folder = fs::canonicalize(rolecall.path("reports/latest")).unwrap();
        folder.file_name().unwrap().to_str().unwrap().to_owned()
    });
    let ran = rolecall.run(&["compare", &runs[0], &runs[1]]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.ends_with("the evidence of both runs is identical\n"), "{}", ran.stdout);

    let ran = rolecall.run(&["compare", &runs[1], "latest", "--format", "csv"]);
    assert_eq!(ran.code, 3, "an account that was compliant has no such group: {ran:?}");
    let row = ran.stdout.lines().find(|line| line.starts_with("291847560312,")).unwrap();
    assert!(row.starts_with("291847560312,audit,worse,compliant,drifted,\"pass_role; "), "{row}");
    let items = "the setup: grant/group/data-team/RolecallPassRole-AmazonMLRedshift came, \
                 grant/user/analyst/RolecallPassRole-AmazonMLRedshift went";
    assert!(row.contains(items), "{row}");
    assert!(ran.stderr.contains("evidence of NEW: intact, 38 accounts\n"), "{}", ran.stderr);
}

#[test]
fn what_changed_is_told_in_three_forms() {
    let runs = Runs::new();
    let ok = ("compliant", "unchanged");
    let old = [
        (1, ok.0, ok.1),
        (2, ok.0, ok.1),
        (3, "drifted", "drifted"),
        (4, "failed", "failed"),
        (5, "compliant", "unchanged"),
        (6, "drifted", "drifted"),
    ];
    let new = [
        (1, ok.0, ok.1),
        (2, "failed", "failed"),
        (3, ok.0, ok.1),
        (4, "failed", "failed"),
        (6, "drifted", "drifted"),
        (7, "missing", "missing"),
    ];
    runs.leave("old", &old, &[(1, trust("a")), (2, trust("a")), (6, trust("b"))]);
    runs.leave("new", &new, &[(1, trust("a")), (6, json!({ "trust": hash("c"), "inline/X": hash("d") }))]);

    let ran = runs.compare(&["--format", "csv"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let rows = [
        "account_id,account_name,change,before,after,detail",
        "000000000002,account-2,worse,compliant,failed,observe: AccessDenied",
        "000000000003,account-3,better,drifted,compliant,\"before: role, trust, permissions, pass_role\"",
        "000000000004,account-4,still,failed,failed,observe: AccessDenied",
        "000000000005,account-5,went,compliant,,",
        "000000000006,account-6,changed,drifted,drifted,\"role, trust, permissions, pass_role; found: inline/X came, trust \
         changed\"",
        "000000000007,account-7,came,,missing,\"role, trust, permissions, pass_role\"",
    ];
    assert_eq!(ran.stdout, rows.map(|row| format!("{row}\r\n")).concat());
    assert!(ran.stderr.contains("evidence of NEW: intact, 2 accounts\n"), "{}", ran.stderr);

    let ran = runs.compare(&["--format", "json"]);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &said["counts"]["worse"], &said["counts"]["same"]), (3, &json!(1), &json!(1)));
    assert_eq!(said["old"]["evidence"]["state"], "intact");
    assert_eq!(said["changes"][4]["found"][0], json!({ "item": "inline/X", "change": "came" }));

    let ran = runs.compare(&[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let run_id = runs.0.path("reports/latest").canonicalize().unwrap();
    let text = ran.stdout.replace(run_id.file_name().unwrap().to_str().unwrap(), "RUN");
    insta::assert_snapshot!(text, @r#"
    compare: 1 account worse than before
      old  RUN, 6 accounts
      new  RUN, 6 accounts

            1  worse      less well than before
            1  still      not well, in the same way as before
            1  changed    neither better nor worse, in another way
            1  better     better than before
            1  came       in the new run only, 1 of them not well
            1  went       in the old run only
            1  the same   well as before, or skipped for the same reason

    Worse
      1 account  compliant → failed: observe: AccessDenied
        in   000000000002 account-2

    Still
      1 account  failed: observe: AccessDenied
        in   000000000004 account-4

    Changed
      1 account  drifted: role, trust, permissions, pass_role; found: inline/X came,
                 trust changed
        in   000000000006 account-6

    Better
      1 account  drifted → compliant: before: role, trust, permissions, pass_role
        in   000000000003 account-3

    Came
      1 account  missing: role, trust, permissions, pass_role
        in   000000000007 account-7

    Went
      1 account  compliant
        in   000000000005 account-5

    evidence of OLD: intact, 3 accounts
    evidence of NEW: intact, 2 accounts
    "#);
}

#[test]
fn a_file_that_was_changed_after_the_run_is_told_and_not_compared() {
    let runs = Runs::new();
    let rows = [(1, "compliant", "unchanged")];
    let old = runs.leave("old", &rows, &[(1, trust("a"))]);
    let new = runs.leave("new", &rows, &[(1, trust("b"))]);
    let says = |code: i32, words: &str| {
        let ran = runs.compare(&[]);
        assert!(ran.code == code && ran.stdout.contains(words), "{words}: {ran:?}");
        assert_eq!(ran.stdout.contains("do not rely on what follows"), code == 1);
        ran.stdout
    };
    says(0, "found: trust changed");

    let text = fs::read_to_string(new.join("evidence.jsonl")).unwrap();
    fs::write(new.join("evidence.jsonl"), text.replace("compliant", "drifted")).unwrap();
    let said = says(1, "evidence of NEW: does not match run.json: changed after the run\n");
    assert!(!said.contains("trust changed"), "what cannot be believed is not told: {said}");
    fs::remove_file(new.join("evidence.jsonl")).unwrap();
    says(1, "evidence of NEW: gone");
    fs::write(new.join("evidence.jsonl"), text).unwrap();

    let csv = fs::read_to_string(old.join("accounts.csv")).unwrap();
    fs::write(old.join("accounts.csv"), csv.replace("account-1", "account-2")).unwrap();
    says(1, "accounts.csv of OLD: does not match run.json: changed after the run\n");
    fs::write(old.join("accounts.csv"), csv).unwrap();
    says(0, "evidence of OLD: intact, 1 account\n");
}

#[test]
fn names_that_act_are_made_plain() {
    let runs = Runs::new();
    for (name, status) in [("old", "compliant"), ("new", "drifted")] {
        let folder = runs.leave(name, &[(1, status, "unchanged")], &[]);
        let csv = fs::read_to_string(folder.join("accounts.csv")).unwrap();
        fs::write(folder.join("accounts.csv"), csv.replace("account-1", "'=1\u{1b}[31m\u{202e}")).unwrap();
    }
    for format in ["text", "csv", "json"] {
        let ran = runs.compare(&["--format", format]);
        assert!(ran.stdout.contains("=1") && !ran.stdout.contains(['\u{1b}', '\u{202e}']), "{ran:?}");
        assert!(format != "csv" || ran.stdout.contains(",'=1"), "{ran:?}");
    }
}

#[test]
fn what_is_no_run_is_refused_with_a_hint() {
    let runs = Runs::new();
    runs.leave("old", &[(1, "compliant", "unchanged")], &[]);
    let twice = runs.leave("twice", &[(1, "compliant", "unchanged"), (1, "failed", "failed")], &[]);
    fs::create_dir(runs.0.path("empty")).unwrap();
    fs::create_dir(runs.0.path("half")).unwrap();
    fs::copy(twice.join("run.json"), runs.0.path("half/run.json")).unwrap();
    for (new, says) in [
        ("nowhere", "no run `nowhere` in `reports`"),
        ("2026-11-24T09-30-05Z-apply-demo", "no run `2026-11-24T09-30-05Z-apply-demo`"),
        ("empty", "cannot read `empty/run.json`"),
        ("half", "cannot read `half/accounts.csv`"),
        ("twice", "two rows for account 000000000001"),
    ] {
        let ran = runs.0.run(&["compare", "old", new]);
        assert!(ran.code == 2 && ran.stderr.contains(says) && ran.stderr.contains("\nhint: "), "{new}: {ran:?}");
    }
}

/// The commands of the documentation, run as they stand there.
#[test]
fn the_recipe_by_hand_finds_what_compare_finds() {
    let has =
        |tool: &str| Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !has("jq") || !has("sha256sum") {
        return;
    }
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence.md")).unwrap();
    let recipe = |n: usize| page.split("```sh\n").nth(n).unwrap().split("```").next().unwrap();
    let runs = Runs::new();
    let found = json!({ "trust": hash("a"), "inline/A+b=c,d.e@f-g": hash("b"), "tag/Zoë": hash("c") });
    let folder = runs.leave("old", &[(1, "compliant", "unchanged")], &[(1, found)]);
    let by_hand_of = |n: usize, folder: &Path| {
        let ran = Command::new("sh").args(["-c", recipe(n)]).current_dir(folder).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    let by_hand = |folder: &Path| by_hand_of(1, folder);
    assert_eq!(by_hand(&folder), "file: intact\n");
    let ran = runs.0.run(&["verify", "--sandbox=accounts=5", "--quiet", "--pass-role-to", "user/analyst"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let latest = runs.0.path("reports/latest");
    assert_eq!(by_hand(&latest), "file: intact\n");
    let evidence = fs::read_to_string(latest.join("evidence.jsonl")).unwrap();
    let line: Value = serde_json::from_str(evidence.lines().next().unwrap()).unwrap();
    assert_eq!(by_hand_of(2, &latest).trim_end(), line["wanted"]["items"]["trust"]);
    let text = fs::read_to_string(folder.join("evidence.jsonl")).unwrap();
    fs::write(folder.join("evidence.jsonl"), text.replacen("Zoë", "Zoe", 1)).unwrap();
    assert_eq!(by_hand(&folder), "000000000001: found is wrong\n");
    let ran = runs.0.run(&["compare", "old", "old"]);
    assert!(ran.code == 1 && ran.stdout.contains("changed after the run (line 1: "), "{ran:?}");
}

#[test]
fn verify_against_an_earlier_run_tells_what_changed_in_one_go() {
    let rolecall = Rolecall::new();
    let verify = |more: &[&str]| {
        let one = ["verify", "--sandbox", "--quiet", "--pass-role-to", "user/analyst"];
        rolecall.run(&[&one[..], more].concat())
    };
    let good = ["--include", "291847560312"];
    assert_eq!(verify(&good).code, 0);
    // `latest` is the run before, not the one that is compared.
    let ran = verify(&[&good[..], &["--against", "latest"]].concat());
    assert!(ran.code == 0 && ran.stdout.contains("\ncompare: nothing changed\n"), "{ran:?}");
    let ran = verify(&["--against", "latest"]);
    assert!(ran.code == 3 && ran.stdout.contains(" taken in "), "{ran:?}");
    let json = fs::read(rolecall.path("reports/latest/compare.json")).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&json["counts"]["same"], &json["counts"]["worse"]), (&json!(4), &json!(0)), "{json}");

    let runs = fs::read_dir(rolecall.path("reports")).unwrap().count();
    let ran = verify(&["--against", "nowhere"]);
    assert!(ran.code == 2 && ran.stderr.contains("no run `nowhere`"), "{ran:?}");
    assert_eq!(fs::read_dir(rolecall.path("reports")).unwrap().count(), runs, "nothing was begun");
    let ran = verify(&["--against", "latest", "--format", "json"]);
    assert!(ran.code == 3 && ran.stdout.lines().all(|line| line.starts_with('{')), "{ran:?}");
    assert!(ran.stderr.contains("compared with 2"), "{}", ran.stderr);
}

#[test]
fn newcomers_that_are_not_well_are_told() {
    let runs = Runs::new();
    runs.leave("old", &[(1, "compliant", "unchanged")], &[]);
    let new = [(1, "compliant", "unchanged"), (2, "failed", "failed"), (3, "compliant", "unchanged")];
    runs.leave("new", &new, &[]);
    let ran = runs.compare(&[]);
    assert!(ran.code == 0 && ran.stdout.contains("in the new run only, 1 of them not well\n"), "{ran:?}");
    let json: Value = serde_json::from_str(&runs.compare(&["--format", "json"]).stdout).unwrap();
    assert_eq!(json["came_unwell"], 1);
}

#[test]
fn a_run_compared_with_itself_is_as_it_was() {
    let rolecall = Rolecall::new();
    for (command, code, news) in [
        (&["apply", "--sandbox", "--quiet"][..], 0, "compare: nothing changed\n"),
        (&["verify", "--sandbox", "--quiet"], 3, "compare: nothing changed, 33 not well as before\n"),
    ] {
        let ran = rolecall.run(command);
        assert_eq!(ran.code, code, "{ran:?}");
        let ran = rolecall.run(&["compare", "latest", "latest"]);
        assert!(ran.code == 0 && ran.stdout.starts_with(news), "{ran:?}");
        let ran = rolecall.run(&["compare", "latest", "latest", "--format", "csv"]);
        assert!(!ran.stdout.contains(",changed,"), "{ran:?}");
    }
}
