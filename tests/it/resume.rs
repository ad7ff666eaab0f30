//! A run that is cut off, in whatever way, is gone on with: to the world and the report that an unbroken run leaves.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::harness::{World, counts, made_anew, request_log, requests};

const APPLY: [&str; 6] = ["apply", "--yes", "--organization", "--pass-role-to", "user/analyst", "--concurrency=4"];

impl World {
    /// Runs a command and kills it (as `kill -9` does) when it has told so many events, if it comes to that. Gives back
    /// how many it told.
    fn killed_after(&self, args: &[&str], events: usize) -> usize {
        let mut command = self.rolecall.command(&[args, &["--format", "json", "--quiet"]].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let told = BufReader::new(process.stdout.take().unwrap()).lines().take(events).map(Result::unwrap).count();
        process.kill().unwrap();
        process.wait().unwrap();
        told
    }

    /// What the report says of the accounts, but for times and numbers of tries.
    fn rows(&self) -> Vec<BTreeMap<String, String>> {
        let told =
            ["account_id", "status", "role", "trust", "permissions", "pass_role", "role_arn", "changes", "notes"];
        let told =
            |row: BTreeMap<String, String>| row.into_iter().filter(|(c, _)| told.contains(&c.as_str())).collect();
        self.rolecall.rows().into_iter().map(told).collect()
    }

    /// The writes that the world took, by account, call and what they name, each with how often.
    fn writes(&self) -> BTreeMap<(String, String), usize> {
        let mut writes = BTreeMap::new();
        for entry in request_log(&self.home).iter().filter(|entry| entry["write"] == true && entry["code"] == "ok") {
            let word = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            *writes.entry((word("account"), word("action"))).or_default() += 1;
        }
        writes
    }

    /// The writes that changes.csv says were taken.
    fn told_writes(&self) -> BTreeMap<(String, String), usize> {
        let mut writes = BTreeMap::new();
        for change in self.rolecall.changes() {
            assert_eq!(change["result"], "applied", "{change:?}");
            *writes.entry((change["account_id"].clone(), change["action"].clone())).or_default() += 1;
        }
        writes
    }

    /// What is in the world, fact by fact.
    fn evidence(&self) -> String {
        let _ = self.run(&["verify", "--organization", "--quiet", "--pass-role-to", "user/analyst"]);
        fs::read_to_string(self.rolecall.path("reports/latest/evidence.jsonl")).unwrap()
    }

    fn journal(&self) -> std::path::PathBuf {
        self.rolecall.path("reports/latest/journal.jsonl")
    }
}

/// A number from the environment, for longer runs by hand.
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `ROLECALL_KILL_WORLD=accounts=500,seed=3,latency=5ms` and `ROLECALL_KILLS=20` make it longer.
#[test]
#[expect(clippy::print_stderr, reason = "the figures, for whoever runs it by hand")]
fn whenever_it_is_killed_a_run_that_is_gone_on_with_ends_as_if_it_had_not_been() {
    let spec = given("ROLECALL_KILL_WORLD").unwrap_or_else(|| "healthy".to_owned());
    let kills: u64 = given("ROLECALL_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let unbroken = World::new(&spec);
    let events = unbroken.killed_after(&APPLY, usize::MAX);
    let (rows, writes) = (unbroken.rows(), unbroken.writes());
    assert_eq!(unbroken.told_writes(), writes);
    let evidence = unbroken.evidence();

    let mut moments = fastrand::Rng::with_seed(7);
    let (mut resumed, mut cut_off, mut doubled) = (0, 0, 0);
    for kill in 0..kills {
        let world = World::new(&spec);
        let after = moments.usize(1..events);
        world.killed_after(&APPLY, after);
        // Every third one is cut off once more.
        if kill % 3 == 0 {
            world.killed_after(&["resume", "latest", "--yes"], moments.usize(1..events));
            cut_off += 1;
        }
        let ran = world.run(&["resume", "latest", "--yes", "--quiet"]);
        assert_eq!(ran.code, 0, "killed after {after} of {events} events: {ran:?}");
        resumed += 1;
        assert_eq!(world.rows(), rows, "killed after {after} of {events} events");
        let taken = world.writes();
        doubled += taken.iter().filter(|(write, times)| writes.get(write) != Some(times)).count();
        assert_eq!(taken, writes, "killed after {after} of {events} events");
        assert_eq!(world.told_writes(), writes, "killed after {after} of {events} events");
        if kill % 5 == 0 {
            assert_eq!(world.evidence(), evidence);
        }
    }
    eprintln!(
        "{} accounts, {events} events: killed {} times, resumed {resumed} times, {doubled} double writes",
        rows.len(),
        kills + cut_off
    );
}

#[test]
fn a_run_that_is_done_has_nothing_to_go_on_with() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&APPLY).code, 0);
    let before = fs::read(world.rolecall.path("reports/latest/accounts.csv")).unwrap();
    let seen = requests(&world.home).0;
    let ran = world.run(&["resume", "latest"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("nothing to do"), "{ran:?}");
    assert_eq!(requests(&world.home).0, seen, "AWS is not asked");
    assert_eq!(fs::read(world.rolecall.path("reports/latest/accounts.csv")).unwrap(), before);
}

#[test]
fn half_a_last_line_and_lost_reports_are_borne() {
    let world = World::new("healthy");
    assert_eq!(world.run(&APPLY).code, 0);
    let (rows, changes) = (world.rows(), world.told_writes());
    let journal = fs::read_to_string(world.journal()).unwrap();
    let lines: Vec<&str> = journal.lines().collect();
    // Without its last line, and half of the one before.
    let torn = lines[..lines.len() - 2].join("\n") + "\n" + lines[lines.len() - 2].get(..20).unwrap();
    fs::write(world.journal(), torn).unwrap();
    for file in ["accounts.csv", "changes.csv", "run.json"] {
        fs::remove_file(world.rolecall.path("reports/latest").join(file)).unwrap();
    }
    let ran = world.run(&["resume", "latest", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!((world.rows(), world.told_writes()), (rows, changes));
    assert_eq!(world.writes(), world.told_writes(), "no write is made twice");
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(world.rolecall.path("reports/latest/run.json")).unwrap()).unwrap();
    assert_eq!((record["ended"].as_str(), record["resumed"].as_u64()), (Some("complete"), Some(1)));
    assert!(world.run(&["resume", "latest"]).stderr.contains("nothing to do"));
}

#[test]
fn what_cannot_be_gone_on_with_is_refused_with_a_clear_line() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&APPLY).code, 0);
    let journal = fs::read_to_string(world.journal()).unwrap();
    let refused = |text: &str, words: &str, code: i32| {
        fs::write(world.journal(), text).unwrap();
        let ran = world.run(&["resume", "latest", "--yes", "--trust-journal"]);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains(words) && ran.stderr.contains("\nhint: "), "{ran:?}");
    };
    let seen = requests(&world.home).0;
    // As a run that was cut off leaves it.
    fs::remove_file(world.rolecall.path("reports/latest/run.json")).unwrap();
    refused(&journal.replacen("\"format\":5", "\"format\":1", 1), "has format 1, this version reads format 5", 2);
    refused("{}\n", "is not a run's journal", 2);
    refused("", "ends before the run began", 2);
    let lines: Vec<&str> = journal.lines().collect();
    // Whose accounts were all listed first, and not all of them are on record.
    let listed_first = made_anew(&journal, |lines| {
        lines.truncate(3);
        lines[0] = lines[0].replacen("\"asked\":{\"management_account\":false}", "\"asked\":null", 1);
    });
    refused(&listed_first, "ends before the run began", 2);
    let mut garbage = lines.clone();
    garbage[6] = "{\"at\":";
    refused(&garbage.join("\n"), "line 7 is not as rolecall wrote it", 2);
    let unfinished = |from: &str, to: &str| {
        made_anew(&journal, |lines| {
            lines.retain(|line| !line.contains("\"entry\":\"finished\"") && !line.contains("\"entry\":\"closed\""));
            assert!(lines[0].contains(from));
            lines[0] = lines[0].replacen(from, to, 1);
        })
    };
    refused(&unfinished("\"role_name\":null", "\"role_name\":\"Other\""), "has changed since", 2);
    assert_eq!(requests(&world.home).0, seen, "AWS was not asked");
    let caller: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    let caller = caller["run"]["caller"].as_str().unwrap();
    let account = caller.split(':').nth(4).unwrap();
    refused(
        &unfinished(caller, &caller.replace(account, "999999999999")),
        "these credentials are of another account",
        1,
    );
    refused(&unfinished("\"way\":{}", "\"way\":{\"sandbox\":\"healthy\"}"), "ended with its process", 2);
    let ran = world.run(&["resume", "nowhere"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn two_processes_do_not_work_on_one_run() {
    let world = World::new("accounts=3,seed=3,latency=20ms");
    let mut first = world.rolecall.command(&[&APPLY[..], &["--format", "json", "--quiet"]].concat());
    let mut first = first.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = BufReader::new(first.stdout.take().unwrap()).lines();
    assert!(told.next().unwrap().unwrap().contains("run_started"));
    let ran = world.run(&["resume", "latest", "--yes"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("another process works on the run"), "{ran:?}");
    assert_eq!(told.map(Result::unwrap).filter(|line| line.contains("run_finished")).count(), 1);
    assert!(first.wait().unwrap().success());
}

#[test]
fn plan_and_verify_are_gone_on_with_too() {
    let world = World::new("healthy");
    for (command, files) in [("plan", &["changes.csv"][..]), ("verify", &["changes.csv", "evidence.jsonl"])] {
        let args = [command, "--organization", "--pass-role-to", "user/analyst", "--concurrency=2"];
        let read = |file: &&str| {
            let text = fs::read_to_string(world.rolecall.path("reports/latest").join(file)).unwrap();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(world.run(&args).code, 3);
        let (rows, whole): (_, Vec<_>) = (world.rows(), files.iter().map(read).collect());
        world.killed_after(&args, 120);
        let ran = world.run(&["resume", "latest"]);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert_eq!(world.rows(), rows);
        assert_eq!(files.iter().map(read).collect::<Vec<_>>(), whole, "{command}");
    }
}

#[cfg(unix)]
#[test]
fn what_was_not_reached_after_ctrl_c_is_reached() {
    let world = World::new("healthy");
    let mut process = world.rolecall.command(&[&APPLY[..], &["--format", "json", "--quiet"]].concat());
    let mut process = process.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.by_ref().any(|line| line.contains("account_finished")));
    let signalled = Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    assert!(told.count() > 0);
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert!(world.rolecall.statuses()["not_reached"] > 0);
    let ran = world.run(&["resume", "latest", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let whole = counts([("created", 30), ("updated", 3), ("unchanged", 5), ("skipped", 3)]);
    assert_eq!(world.rolecall.statuses(), whole);
    assert_eq!(world.writes(), world.told_writes());
}

/// A file may not grow beyond a size: what a full disk is to the journal.
#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_writes_and_nothing_is_lost() {
    let world = World::new("healthy");
    let limited = |kilobytes: &str| {
        let binary = env!("CARGO_BIN_EXE_rolecall");
        // Without the trap the system's signal would end the process before it can say anything.
        let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec {binary} {} --quiet", APPLY.join(" "));
        let mut command = Command::new("bash");
        command.args(["-c", &script]).current_dir(world.rolecall.path("")).env_clear().stdin(Stdio::null());
        command.env("HOME", world.rolecall.path("")).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(world.rolecall.environment().iter().cloned()).env("PATH", "/usr/bin:/bin");
        command.output().unwrap()
    };
    let ended = limited("40");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write `journal.jsonl`") && said.contains("rolecall resume "), "{said}");
    let taken = world.writes().values().sum::<usize>();
    assert!((1..90).contains(&taken), "some writes were made, and then no more: {taken}");
    let ran = world.run(&["resume", "latest", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let whole = counts([("created", 30), ("updated", 3), ("unchanged", 5), ("skipped", 3)]);
    assert_eq!(world.rolecall.statuses(), whole);
    assert_eq!(world.writes(), world.told_writes());
}
