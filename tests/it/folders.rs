//! A report folder in bad hands and bad weather: links, other people's folders, a pipe that closes, a stop and a go.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use super::harness::{Rolecall, World, requests};

const APPLY: [&str; 5] = ["apply", "--yes", "--organization", "--pass-role-to", "user/analyst"];
const PLAN: [&str; 3] = ["plan", "--sandbox=accounts=3", "--quiet"];

#[test]
fn what_a_link_in_a_runs_folder_leads_to_stays_as_it_is() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&APPLY).code, 0);
    let folder = fs::canonicalize(world.rolecall.path("reports/latest")).unwrap();
    let theirs = world.rolecall.path("theirs");
    let victim = |text: &str| fs::write(&theirs, text).unwrap();
    victim("theirs");
    // Its reports are to be written anew.
    let journal = fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    let cut_off = journal.trim_end().rsplit_once('\n').unwrap().0;
    for file in ["accounts.csv", "changes.csv", "report.html", "run.json", ".run.json.tmp"] {
        fs::write(folder.join("journal.jsonl"), format!("{cut_off}\n")).unwrap();
        let _ = fs::remove_file(folder.join("run.json"));
        let _ = fs::remove_file(folder.join(file));
        symlink(&theirs, folder.join(file)).unwrap();
        let ran = world.run(&["resume", "latest", "--yes", "--quiet"]);
        assert_eq!(ran.code, 0, "{file}: {ran:?}");
        assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs", "{file}");
        assert!(!fs::symlink_metadata(folder.join(file)).is_ok_and(|there| there.is_symlink()), "{file}");
    }
    // What is added to is no link, and is not replaced.
    for file in [".lock", "journal.jsonl"] {
        fs::rename(folder.join(file), world.rolecall.path("kept")).unwrap();
        symlink(&theirs, folder.join(file)).unwrap();
        let ran = world.run(&["resume", "latest", "--yes"]);
        assert!(ran.code > 0 && ran.stderr.contains("it is a link"), "{file}: {ran:?}");
        fs::rename(world.rolecall.path("kept"), folder.join(file)).unwrap();
    }
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs");
}

#[test]
fn a_folder_that_cannot_be_trusted_is_refused_before_aws_is_asked() {
    let rolecall = Rolecall::new();
    fs::create_dir_all(rolecall.path("reports/latest")).unwrap();
    let ran = rolecall.run(&PLAN);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("`reports/latest` is a folder, and rolecall points it at the newest run\nhint: "));
    // Whoever asks for the newest run is told the same.
    let ran = rolecall.run(&["verify", "--sandbox", "--against", "latest"]);
    assert!(ran.code == 2 && ran.stderr.contains("`reports/latest` is a folder"), "{ran:?}");
    fs::remove_dir(rolecall.path("reports/latest")).unwrap();
    for (mode, code) in [(0o777, 2), (0o1777, 3), (0o775, 3), (0o755, 3)] {
        fs::set_permissions(rolecall.path("reports"), fs::Permissions::from_mode(mode)).unwrap();
        let ran = rolecall.run(&PLAN);
        assert_eq!(ran.code, code, "{mode:o}: {ran:?}");
        assert_eq!(ran.stderr.contains("cannot be trusted: everybody may write to"), code == 2, "{ran:?}");
    }
    // The folder of a run that is gone on with, too.
    let run = fs::canonicalize(rolecall.path("reports/latest")).unwrap();
    fs::set_permissions(&run, fs::Permissions::from_mode(0o777)).unwrap();
    let ran = rolecall.run(&["resume", "latest"]);
    assert!(ran.code == 2 && ran.stderr.contains("cannot be trusted"), "{ran:?}");
    // Where `latest` is a file, as where there are no links, it is replaced.
    fs::remove_file(rolecall.path("reports/latest")).unwrap();
    fs::write(rolecall.path("reports/latest"), "").unwrap();
    assert_eq!(rolecall.run(&PLAN).code, 3);
    assert!(rolecall.latest().contains("-plan-"));
}

#[test]
fn a_pipe_that_closes_ends_no_run() {
    let world = World::new("accounts=40,seed=3");
    let mut command = world.rolecall.command(&[&APPLY[..], &["--format=json", "--concurrency=2"]].concat());
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(process.stdout.take().unwrap());
    told.read_line(&mut String::new()).unwrap();
    drop(told);
    drop(process.stderr.take());
    assert_eq!(process.wait().unwrap().code(), Some(1), "what was to be told is not whole");
    assert_eq!(world.rolecall.statuses()["created"], 40);
    assert_eq!(requests(&world.home).1, 120);
}

#[test]
fn a_run_that_is_stopped_and_continued_goes_on() {
    let world = World::new("accounts=40,seed=3,latency=5ms");
    let mut command = world.rolecall.command(&[&APPLY[..], &["--format=json", "--concurrency=2"]].concat());
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line.contains("account_finished")));
    for signal in ["-TSTP", "-CONT"] {
        assert!(Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap().success());
    }
    assert!(told.count() > 0);
    assert_eq!(process.wait().unwrap().code(), Some(0));
    assert_eq!(world.rolecall.statuses()["created"], 40);
}
