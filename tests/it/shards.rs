//! One rollout shared by several processes, each of which knows only its shard: the report of all is what one process
//! would have written.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::harness::{Rolecall, World, request_log};

const WORLD: &str = "accounts=60,seed=5,latency=2ms";
const APPLY: [&str; 7] =
    ["apply", "--yes", "--organization", "--pass-role-to", "user/analyst", "--concurrency=4", "--quiet"];

/// What the newest report says, but for times and numbers of tries.
fn rows(rolecall: &Rolecall) -> Vec<BTreeMap<String, String>> {
    let of_the_moment = ["request_id", "attempts", "started_at", "duration_ms"];
    let told = |row: BTreeMap<String, String>| {
        row.into_iter().filter(|(column, _)| !of_the_moment.contains(&column.as_str())).collect()
    };
    rolecall.rows().into_iter().map(told).collect()
}

fn changes(rolecall: &Rolecall) -> Vec<[String; 5]> {
    let told = ["account_id", "action", "resource", "after", "result"];
    let mut changes: Vec<_> =
        rolecall.changes().into_iter().map(|change| told.map(|column| change[column].clone())).collect();
    changes.sort();
    changes
}

fn run_json(rolecall: &Rolecall) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(rolecall.path("reports/latest/run.json")).unwrap()).unwrap()
}

#[test]
fn four_shards_of_which_one_is_killed_come_to_what_one_run_does() {
    let single = World::new(WORLD);
    assert_eq!(single.run(&APPLY).code, 0);

    let world = World::new(WORLD);
    let command = |shard: &str| {
        let mut command = world.rolecall.command(&[&APPLY[..], &["--format", "json", "--shard", shard]].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let mut shards: Vec<_> = ["1/4", "2/4", "3/4", "4/4"].map(command).into_iter().collect();
    // The third is killed when some of its accounts are done, and others are not.
    let told = BufReader::new(shards[2].stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(told.filter(|line| line.contains("\"account_finished\"")).take(3).count(), 3);
    shards[2].kill().unwrap();
    for (index, mut shard) in shards.into_iter().enumerate() {
        let mut out = String::new();
        if let Some(mut stdout) = shard.stdout.take() {
            std::io::Read::read_to_string(&mut stdout, &mut out).unwrap();
        }
        assert_eq!(shard.wait().unwrap().success(), index != 2, "{out}");
    }
    let mut runs: Vec<String> = std::fs::read_dir(world.rolecall.path("reports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("-shard-"))
        .collect();
    runs.sort_by_key(|run| run.split("-shard-").nth(1).map(str::to_owned));
    assert_eq!(runs.len(), 4, "{runs:?}");
    let merge: Vec<&str> = [&["merge", "--quiet"][..], &runs.iter().map(String::as_str).collect::<Vec<_>>()].concat();

    let refused = world.run(&merge);
    assert_eq!(refused.code, 2, "{refused:?}");
    let fix = format!("`rolecall resume {}`", runs[2]);
    assert!(refused.stderr.contains(&fix), "{refused:?}");
    let refused = world.run(&merge[..5]);
    assert!(refused.code == 2 && refused.stderr.contains("there is no run of shard 4/4"), "{refused:?}");

    let resumed = world.run(&["resume", &runs[2], "--yes", "--quiet"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let merged = world.run(&merge);
    assert_eq!(merged.code, 0, "{merged:?}");

    assert_eq!(rows(&world.rolecall), rows(&single.rolecall));
    assert_eq!(changes(&world.rolecall), changes(&single.rolecall));
    let (of_shards, of_one) = (run_json(&world.rolecall), run_json(&single.rolecall));
    for same in
        ["command", "setup_digest", "accounts", "selected", "counts", "changes", "ended", "exit", "organization"]
    {
        assert_eq!(of_shards[same], of_one[same], "{same}");
    }
    assert_eq!(of_shards["merged"].as_array().map(Vec::len), Some(4));
    let taken = |world: &World| {
        let log = request_log(&world.home);
        log.iter().filter(|entry| entry["write"] == true && entry["code"] == "ok").count()
    };
    assert_eq!(taken(&world), taken(&single), "no write is made twice");

    // Half of a merge is no run, since half of what was done would be taken for all of it.
    let journal = world.rolecall.path("reports/latest/journal.jsonl");
    let whole = std::fs::read_to_string(&journal).unwrap();
    let copied: Vec<&str> =
        whole.split_inclusive('\n').take_while(|line| !line.contains("\"entry\":\"began\"")).collect();
    std::fs::write(&journal, copied[..copied.len() / 2].concat()).unwrap();
    let record = world.rolecall.path("reports/latest/run.json");
    let ended = std::fs::read(&record).unwrap();
    for command in ["resume", "rollback"] {
        let ran = world.run(&[command, "latest", "--yes"]);
        assert!(ran.code == 2 && ran.stderr.contains("is not what run.json says it was"), "{ran:?}");
    }
    std::fs::remove_file(&record).unwrap();
    for command in ["resume", "rollback"] {
        let ran = world.run(&[command, "latest", "--yes"]);
        assert!(ran.code == 2 && ran.stderr.contains("ends before the run began"), "{ran:?}");
    }
    std::fs::write(&journal, whole).unwrap();
    std::fs::write(&record, ended).unwrap();

    // The merged run is a run as any other: it can be compared, reported again and put back.
    assert!(world.run(&["resume", "latest"]).stderr.contains("nothing to do"));
    let back = world.run(&["rollback", "latest", "--yes", "--quiet"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(world.rolecall.statuses()["removed"], 60);
}

#[test]
fn a_run_that_was_killed_before_the_list_was_whole_lists_the_rest() {
    let spec = "accounts=600,seed=5";
    let single = World::new(spec);
    assert_eq!(single.run(&APPLY).code, 0);
    let world = World::new(spec);
    let mut process = world.rolecall.command(&[&APPLY[..], &["--format", "json"]].concat());
    let mut process = process.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.by_ref().any(|line| line.contains("\"account_finished\"")));
    process.kill().unwrap();
    process.wait().unwrap();
    let journal = std::fs::read_to_string(world.rolecall.path("reports/latest/journal.jsonl")).unwrap();
    assert!(!journal.contains("\"entry\":\"began\""), "it was killed while accounts were being listed");
    let resumed = world.run(&["resume", "latest", "--yes"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert!(resumed.stderr.contains("not every account was listed yet"), "{resumed:?}");
    assert_eq!(rows(&world.rolecall), rows(&single.rolecall));
    assert_eq!(changes(&world.rolecall), changes(&single.rolecall));

    // Killed before any account was on record, too: whatever is listed then is on record in the end.
    let path = world.rolecall.path("reports/latest/journal.jsonl");
    std::fs::write(&path, journal.split_inclusive('\n').next().unwrap()).unwrap();
    std::fs::remove_file(world.rolecall.path("reports/latest/run.json")).unwrap();
    let resumed = world.run(&["resume", "latest", "--yes", "--quiet"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(world.rolecall.rows().len(), 601);
    let again = world.run(&["resume", "latest", "--yes"]);
    assert!(again.code == 0 && again.stderr.contains("nothing to do"), "{again:?}");
}

#[test]
fn the_first_accounts_are_entered_before_the_last_page_is_read() {
    let world = World::new("accounts=600,seed=5");
    for command in [&["plan", "--organization", "--quiet"][..], &APPLY] {
        let before = request_log(&world.home).len();
        let ran = world.run(command);
        assert!([0, 3].contains(&ran.code), "{ran:?}");
        let log = request_log(&world.home).split_off(before);
        let is = |action: &'static str| move |entry: &serde_json::Value| entry["action"] == action;
        let first = log.iter().position(is("AssumeRole")).unwrap();
        let last = log.iter().rposition(is("ListAccounts")).unwrap();
        assert!(first < last, "{command:?}");
    }
    // Whoever takes things away, or goes by waves, sees the whole list first.
    for more in [&["--waves", "1,100%"][..], &["--max-failures", "10%"]] {
        let before = request_log(&world.home).len();
        let ran = world.run(&[&APPLY[..], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let log = request_log(&world.home).split_off(before);
        let first = log.iter().position(|entry| entry["action"] == "AssumeRole").unwrap();
        let last = log.iter().rposition(|entry| entry["action"] == "ListAccounts").unwrap();
        assert!(first > last, "{more:?}");
    }
}

#[test]
fn an_array_job_says_which_shard_a_process_is() {
    let world = World::new("accounts=9,seed=5");
    let accounts = |variable: &str, index: &str| {
        let mut command = world.rolecall.command(&["verify", "--organization", "--quiet", "--shard", "auto/3"]);
        let output = command.env(variable, index).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let mut all = 0;
    for (variable, index) in
        [("JOB_COMPLETION_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("JOB_COMPLETION_INDEX", "2")]
    {
        let (code, said) = accounts(variable, index);
        assert!(code == Some(0) || code == Some(3), "{said}");
        all += world.rolecall.rows().len();
        let shard: u32 = index.parse::<u32>().unwrap() + 1;
        assert_eq!(run_json(&world.rolecall)["shard"], format!("{shard}/3"));
    }
    assert_eq!(all, 10);
    for (variable, index, words) in [
        ("OTHER", "0", "neither JOB_COMPLETION_INDEX nor AWS_BATCH_JOB_ARRAY_INDEX is set"),
        ("JOB_COMPLETION_INDEX", "3", "JOB_COMPLETION_INDEX is `3`, not from 0 below 3"),
    ] {
        let (code, said) = accounts(variable, index);
        assert!(code == Some(2) && said.contains(words), "{said}");
    }
}

#[test]
fn sts_is_asked_in_each_of_the_regions_that_are_named() {
    let world = World::new("accounts=30,seed=5");
    let regions = ["us-east-1", "eu-west-1", "ap-southeast-2"];
    let ran = world.run(&[&APPLY[..], &["--sts-regions", &regions.join(",")]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for entry in request_log(&world.home).iter().filter(|entry| entry["action"] == "AssumeRole") {
        *asked.entry(entry["region"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(asked.keys().map(String::as_str).collect::<Vec<_>>(), ["ap-southeast-2", "eu-west-1", "us-east-1"]);
    assert!(asked.values().all(|n| *n >= 5) && asked.values().sum::<usize>() == 30, "{asked:?}");
    // The accounts of one shard are dealt out as well.
    let before = request_log(&world.home).len();
    let half = ["verify", "--organization", "--quiet", "--shard", "1/2", "--sts-regions", "us-east-1,eu-west-1"];
    assert_eq!(world.run(&half).code, 0);
    let log = request_log(&world.home).split_off(before);
    let in_region =
        |region: &str| log.iter().filter(|entry| entry["action"] == "AssumeRole" && entry["region"] == region).count();
    assert!(in_region("us-east-1") >= 3 && in_region("eu-west-1") >= 3, "{log:?}");
    let ran = world.run(&["verify", "--organization", "--sts-regions", "nowhere"]);
    assert!(ran.code == 2 && ran.stderr.contains("--sts-regions"), "{ran:?}");
}
