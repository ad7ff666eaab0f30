//! A journal that somebody else had in their hands: what is on record there is what is done with our keys.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::harness::{World, made_anew, requests};

const APPLY: [&str; 5] = ["apply", "--yes", "--organization", "--pass-role-to", "user/analyst"];

/// A write of an apply, of an administrators' role that trusts a stranger.
fn of_a_stranger(line: &str) -> String {
    line.replace("AmazonMLRedshift", "Administrators").replace("machinelearning.amazonaws.com", "evil.example.com")
}

impl World {
    fn journal_of_latest(&self) -> std::path::PathBuf {
        self.rolecall.path("reports/latest/journal.jsonl")
    }

    /// What it says, and with which code, and that no account was entered and nothing written.
    fn refuses(&self, args: &[&str]) -> (i32, String) {
        let (_, writes) = requests(&self.home);
        let ran = self.run(args);
        assert_eq!(requests(&self.home).1, writes, "{ran:?}");
        (ran.code, ran.stderr)
    }
}

#[test]
fn a_line_that_is_put_in_is_refused_with_its_number_by_all_who_read_it() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&[&APPLY[..], &["--shard", "1/1"]].concat()).code, 0);
    let whole = fs::read_to_string(world.journal_of_latest()).unwrap();
    let at = whole.lines().position(|line| line.contains("\"action\":\"CreateRole\"")).unwrap();
    let mut lines: Vec<String> = whole.split_inclusive('\n').map(str::to_owned).collect();
    lines.insert(at + 1, of_a_stranger(&lines[at]));
    fs::write(world.journal_of_latest(), lines.concat()).unwrap();
    let words = format!("line {} is not as rolecall wrote it: it does not follow from the lines before it", at + 2);
    for args in [&["resume", "latest", "--yes"][..], &["rollback", "latest", "--yes"], &["merge", "latest"]] {
        let (code, said) = world.refuses(args);
        assert!(code == 2 && said.contains(&words) && said.contains("\nhint: "), "{args:?}: {code} {said}");
    }
}

#[test]
fn a_journal_that_somebody_made_anew_is_not_sealed() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&APPLY).code, 0);
    let whole = fs::read_to_string(world.journal_of_latest()).unwrap();
    let forged = made_anew(&whole, |lines| {
        let at = lines.iter().position(|line| line.contains("\"action\":\"CreateRole\"")).unwrap();
        lines.insert(at + 1, of_a_stranger(&lines[at]));
        lines.truncate(at + 3);
    });
    fs::write(world.journal_of_latest(), forged).unwrap();
    let (code, said) = world.refuses(&["rollback", "latest", "--yes"]);
    assert!(code == 2 && said.contains("is not what run.json says it was when the run ended"), "{said}");
    // Who can write the one can write the other.
    fs::remove_file(world.rolecall.path("reports/latest/run.json")).unwrap();
    for command in ["resume", "rollback"] {
        let (code, said) = world.refuses(&[command, "latest", "--yes"]);
        assert!(code == 2 && said.contains("is not sealed with the key of this machine"), "{said}");
        assert!(said.contains("--trust-journal") && said.contains("ROLECALL_JOURNAL_KEY"), "{said}");
    }
}

#[test]
fn the_key_is_the_users_own_or_given_and_goes_into_no_report() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&APPLY).code, 0);
    let key = world.rolecall.path(".local/state/rolecall/journal.key");
    let secret = fs::read_to_string(&key).unwrap();
    assert_eq!(secret.len(), 64);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for file in fs::read_dir(world.rolecall.path("reports/latest")).unwrap() {
        let text = fs::read(file.unwrap().path()).unwrap();
        assert!(!text.windows(64).any(|window| window == secret.as_bytes()));
    }
    // On another machine it is not known; given there, it is.
    fs::rename(&key, world.rolecall.path("elsewhere")).unwrap();
    let (code, said) = world.refuses(&["rollback", "latest", "--yes"]);
    assert!(code == 2 && said.contains("is not sealed with the key of this machine"), "{said}");
    let given = |secret: &str| {
        let mut command = world.rolecall.command(&["rollback", "latest", "--yes", "--quiet"]);
        command.env("ROLECALL_JOURNAL_KEY", secret).output().unwrap()
    };
    let short = given("too short");
    assert_eq!(short.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&short.stderr).contains("ROLECALL_JOURNAL_KEY is shorter than 16 characters"));
    assert_eq!(given(&secret).status.code(), Some(0));
    assert_eq!(world.rolecall.statuses()["removed"], 3);
}

#[test]
fn nothing_more_is_written_once_the_journal_its_lock_or_its_folder_is_gone() {
    for what in ["journal.jsonl", ".lock", ""] {
        let world = World::new("accounts=60,seed=3,latency=10ms");
        let mut command = world.rolecall.command(&[&APPLY[..], &["--format=json", "--concurrency=1"]].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(told.any(|line| line.contains("\"account_finished\"")));
        let folder = fs::canonicalize(world.rolecall.path("reports/latest")).unwrap();
        fs::rename(folder.join(what), world.rolecall.path("gone")).unwrap();
        assert!(told.count() > 0);
        let ran = process.wait_with_output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{said}");
        assert!(said.contains("is gone"), "{what}: {said}");
        // Each account takes three.
        assert!(requests(&world.home).1 < 60, "{what}: {:?}", requests(&world.home));
    }
}

/// A journal that is trusted without a seal still says only what its run can have done.
#[test]
fn what_the_runs_command_cannot_have_done_for_its_setup_is_not_put_back() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&APPLY).code, 0);
    let whole = fs::read_to_string(world.journal_of_latest()).unwrap();
    fs::remove_file(world.rolecall.path("reports/latest/run.json")).unwrap();
    let with = |edit: &dyn Fn(&str) -> String| {
        made_anew(&whole, |lines| {
            let at = lines.iter().position(|line| line.contains("\"action\":\"CreateRole\"")).unwrap();
            lines.insert(at + 1, edit(&lines[at]));
            let rest = lines[at + 2].clone();
            assert!(rest.contains("settled") || rest.contains("intended") || rest.contains("listed"));
        })
    };
    let deleted = |role: &str| {
        let role = role.to_owned();
        move |line: &str| {
            let before = line.split("\"trust\":").nth(1).map(|_| "{}").unwrap();
            let head = line.split("\"action\":").next().unwrap();
            format!("{head}\"action\":\"DeleteRole\",\"role\":\"{role}\",\"before\":\"{before}\"}}")
        }
    };
    type Edit<'a> = &'a dyn Fn(&str) -> String;
    let own = deleted("AmazonMLRedshift");
    let other = deleted("Administrators");
    let trust = |line: &str| line.replace("machinelearning.amazonaws.com", "evil.example.com");
    let cases: [(Edit<'_>, &str); 4] = [
        (&other, "DeleteRole on `role/Administrators`, which the setup does not name"),
        (&own, "DeleteRole on `role/AmazonMLRedshift`, which the run's command does not do"),
        (&trust, "CreateRole on `role/AmazonMLRedshift` with something else than the setup has there"),
        (&of_a_stranger, "CreateRole on `role/Administrators`, which the setup does not name"),
    ];
    for (edit, words) in cases {
        fs::write(world.journal_of_latest(), with(edit)).unwrap();
        let (code, said) = world.refuses(&["rollback", "latest", "--yes", "--trust-journal"]);
        assert!(code == 2 && said.contains(words) && said.contains("\nhint: "), "{words}: {said}");
    }
    // As it was written, it is put back.
    fs::write(world.journal_of_latest(), made_anew(&whole, |_| {})).unwrap();
    assert_eq!(world.run(&["rollback", "latest", "--yes", "--quiet", "--trust-journal"]).code, 0);
    assert_eq!(world.rolecall.statuses()["removed"], 3);
}
