//! What a run changed is put back, where it is still as the run left it.

use std::collections::BTreeSet;
use std::fs;

use super::harness::{World, counts, request_log};

const APPLY: [&str; 5] = ["apply", "--yes", "--quiet", "--organization", "--pass-role-to=user/analyst"];

impl World {
    /// What is in the world, fact by fact.
    fn facts(&self) -> String {
        let _ = self.run(&["verify", "--organization", "--quiet", "--pass-role-to=user/analyst"]);
        fs::read_to_string(self.rolecall.path("reports/latest/evidence.jsonl")).unwrap()
    }

    fn count_writes(&self) -> usize {
        request_log(&self.home).iter().filter(|entry| entry["write"] == true).count()
    }
}

#[test]
fn a_run_is_put_back_to_the_world_before_it_and_that_too() {
    let world = World::new("healthy");
    let before = world.facts();
    assert_eq!(world.run(&APPLY).code, 0);
    let (applied, after) = (world.rolecall.latest(), world.facts());
    let ran = world.run(&["rollback", &applied, "--yes", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rolled_back = world.rolecall.latest();
    assert!(rolled_back.contains("-rollback-"));
    assert_eq!(world.rolecall.statuses(), counts([("removed", 30), ("updated", 3), ("skipped", 8)]));
    let record = fs::read_to_string(world.rolecall.path("reports/latest/run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!((record["command"].as_str(), record["puts_back"].as_str()), (Some("rollback"), Some(applied.as_str())));
    assert_eq!(world.facts(), before);

    let writes = world.count_writes();
    let ran = world.run(&["rollback", &applied, "--yes", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.rolecall.statuses(), counts([("unchanged", 33), ("skipped", 8)]));
    assert_eq!(world.count_writes(), writes, "what is as it was needs nothing");

    let ran = world.run(&["rollback", &rolled_back, "--yes", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.facts(), after, "a rollback is a run that can be put back");

    assert_eq!(
        world.run(&["remove", "--yes", "--quiet", "--force", "--organization", "--pass-role-to=user/analyst"]).code,
        0
    );
    let ran = world.run(&["rollback", "latest", "--yes", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.rolecall.statuses(), counts([("created", 38), ("skipped", 3)]));
    assert_eq!(world.facts(), after, "what was taken away is there again");
}

/// `ROLECALL_ROLLBACK=200/10` puts back 200 accounts, ten of which somebody changed.
#[test]
#[expect(clippy::print_stderr, reason = "the figures, for whoever runs it by hand")]
fn where_somebody_changed_something_nothing_is_written() {
    let given = std::env::var("ROLECALL_ROLLBACK").unwrap_or_else(|_| "40/4".to_owned());
    let (accounts, changed) = given.split_once('/').unwrap();
    let (accounts, changed): (usize, usize) = (accounts.parse().unwrap(), changed.parse().unwrap());
    let world = World::new(&format!("accounts={accounts},seed=5"));
    assert_eq!(world.run(&APPLY).code, 0);
    let applied = world.rolecall.latest();
    let done: Vec<String> = world
        .rolecall
        .rows()
        .into_iter()
        .filter(|row| row["status"] == "created")
        .map(|row| row["account_id"].clone())
        .collect();
    assert_eq!(done.len(), accounts);
    let hands: BTreeSet<&String> = done.iter().step_by(accounts / changed).take(changed).collect();
    // Somebody gives the grants and the policies of these another meaning.
    let ids = hands.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(",");
    let other = ["--pass-role-resource=*", "--include", &ids];
    assert_eq!(world.run(&[&APPLY[..], &other].concat()).code, 0);

    let writes = world.count_writes();
    let ran = world.run(&["rollback", &applied, "--yes", "--quiet"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let (put_back, conflicts) = (accounts - changed, changed);
    let statuses = world.rolecall.statuses();
    assert_eq!((statuses["removed"], statuses["failed"]), (put_back, conflicts), "{statuses:?}");
    for row in world.rolecall.rows().iter().filter(|row| row["status"] == "failed") {
        assert!(
            hands.contains(&row["account_id"]) && row["error_code"] == "Conflict" && !row["fix"].is_empty(),
            "{row:?}"
        );
        assert!(row["error_message"].contains("user/analyst inline policy"), "{row:?}");
    }
    assert_eq!(
        world.count_writes() - writes,
        put_back * 3,
        "the grant, the role's policy, the role; and nothing in the others"
    );
    eprintln!("{accounts} accounts, {changed} changed by hand: {put_back} put back, {conflicts} conflicts");
}

#[test]
fn what_a_run_that_was_cut_off_did_is_put_back() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let world = World::new("healthy");
    let before = world.facts();
    let killed = |args: &[&str], word: &str, times: usize| {
        let mut command = world.rolecall.command(&[args, &["--concurrency=4", "--format=json"]].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let told = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(told.filter(|line| line.contains(word)).take(times).count(), times);
        process.kill().unwrap();
        process.wait().unwrap();
    };
    killed(&APPLY, "change_settled", 31);
    let applied = world.rolecall.latest();
    killed(&["rollback", &applied, "--yes", "--quiet"], "change_settled", 8);
    assert!(world.rolecall.latest().contains("-rollback-"));
    let ran = world.run(&["resume", "latest", "--yes", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // It was killed while accounts were still being listed, and of the others nothing is to be put back.
    let journal = std::fs::read_to_string(world.rolecall.path("reports").join(&applied).join("journal.jsonl")).unwrap();
    let listed = journal.lines().filter(|line| line.contains("\"entry\":\"listed\"")).count();
    assert!(listed >= 20 && world.rolecall.rows().len() == listed, "{listed} accounts were known");
    assert_eq!(world.facts(), before);
}

#[test]
fn there_must_be_something_to_put_back() {
    let world = World::new("accounts=3,seed=3");
    assert_eq!(world.run(&["plan", "--organization", "--quiet"]).code, 3);
    let ran = world.run(&["rollback", "latest", "--yes"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("`plan` writes nothing"), "{ran:?}");
    assert_eq!(world.run(&APPLY).code, 0);
    let ran = world.run(&["rollback", "latest"]);
    assert_eq!(ran.code, 2, "without a terminal nobody can say yes: {ran:?}");
    assert_eq!(world.run(&APPLY).code, 0);
    let ran = world.run(&["rollback", "latest", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("nothing to put back"), "{ran:?}");
}
