//! What the containers of `deploy/` run: a shard is begun once, and gone on with from then on.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs `deploy/shard.sh` with a `rolecall` that prints what it is given, one word a line, and ends with 7.
fn shard(home: &Path, environment: &[(&str, &str)]) -> Output {
    let stand_in = home.join("rolecall");
    fs::write(&stand_in, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n").unwrap();
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/shard.sh");
    let mut command = Command::new("/bin/sh");
    command.arg(script).args(["apply", "--accounts", "the list.csv", "--yes"]).env_clear();
    command.env("PATH", format!("{}:/usr/bin:/bin", home.display())).env("ROLLOUTS", home);
    command.envs(environment.iter().copied()).output().unwrap()
}

fn words(output: &Output) -> Vec<&str> {
    std::str::from_utf8(&output.stdout).unwrap().lines().collect()
}

#[test]
fn a_shard_is_begun_and_from_then_on_gone_on_with() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("2026-q4/3");
    let environment = [("ROLLOUT", "2026-q4"), ("SHARDS", "10"), ("JOB_COMPLETION_INDEX", "3"), ("STS_RATE", "40")];
    let pace = ["--report-dir", folder.to_str().unwrap(), "--sts-rate", "40"];
    let given = ["apply", "--accounts", "the list.csv", "--yes", "--shard", "auto/10"];
    let begun = [&given[..], &pace, &["--quiet"]].concat();

    let ran = shard(home.path(), &environment);
    assert_eq!((words(&ran), ran.status.code()), (begun.clone(), Some(7)), "{ran:?}");
    // A run that ended before its accounts were on record is begun anew.
    fs::create_dir_all(folder.join("latest")).unwrap();
    for cut_off in ["", "{\"entry\":\"started\"}\n{\"entry\":\"listed\"}\n"] {
        fs::write(folder.join("latest/journal.jsonl"), cut_off).unwrap();
        assert_eq!(words(&shard(home.path(), &environment)), begun);
    }
    fs::write(folder.join("latest/journal.jsonl"), "{\"at\":\"\",\"entry\":\"began\",\"accounts\":1}\n").unwrap();
    let ran = shard(home.path(), &environment);
    let resumed = [&["resume", "latest"][..], &pace, &["--yes", "--quiet"]].concat();
    assert_eq!((words(&ran), ran.status.code()), (resumed, Some(7)), "{ran:?}");
}

#[test]
fn which_shard_it_is_is_said_by_number_or_by_the_schedulers_index() {
    let home = TempDir::new().unwrap();
    for (name, value, shard_option) in
        [("SHARD", "2", "2/4"), ("JOB_COMPLETION_INDEX", "0", "auto/4"), ("AWS_BATCH_JOB_ARRAY_INDEX", "1", "auto/4")]
    {
        let ran = shard(home.path(), &[("ROLLOUT", "r"), ("SHARDS", "4"), (name, value)]);
        let folder = home.path().join("r").join(value);
        let words = words(&ran);
        let after = |option: &str| words.iter().skip_while(|word| **word != option).nth(1).copied();
        assert_eq!(after("--shard"), Some(shard_option), "{ran:?}");
        assert_eq!(after("--report-dir"), folder.to_str(), "{ran:?}");
    }
    for missing in ["ROLLOUT", "SHARDS", "SHARD"] {
        let all = [("ROLLOUT", "r"), ("SHARDS", "4"), ("SHARD", "2")];
        let environment: Vec<(&str, &str)> = all.into_iter().filter(|(name, _)| *name != missing).collect();
        let ran = shard(home.path(), &environment);
        assert!(!ran.status.success() && ran.stdout.is_empty(), "nothing is begun without {missing}: {ran:?}");
    }
}
