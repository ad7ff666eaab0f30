//! Which accounts: `--only … --from`, `--new-since`, `--tag`, and `accounts --diff`.

use std::collections::BTreeMap;
use std::fs;

use super::harness::{Rolecall, Server, World, request_log, requests};

/// How often each reason for being out was given in the newest run.
fn reasons(rolecall: &Rolecall) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for row in rolecall.rows().iter().filter(|row| row["status"] == "skipped") {
        *reasons.entry(row["error_message"].clone()).or_default() += 1;
    }
    reasons
}

#[test]
fn what_failed_is_done_again_and_nothing_else_is_touched() {
    let rolecall = Rolecall::new();
    let first = rolecall.run(&["apply", "--sandbox=rough", "--quiet", "--account-timeout", "5s"]);
    assert_eq!(first.code, 1, "{first:?}");
    let failed: Vec<String> =
        rolecall.rows().iter().filter(|row| row["status"] == "failed").map(|row| row["account_id"].clone()).collect();
    let run = fs::canonicalize(rolecall.path("reports/latest")).unwrap();
    let run = run.file_name().unwrap().to_str().unwrap();
    assert!(failed.len() > 5, "{failed:?}");

    let again =
        ["--sandbox=rough", "--quiet", "--account-timeout", "5s", "--only", "failed,not_reached", "--from", run];
    assert_eq!(rolecall.run(&[&["plan"], &again[..]].concat()).code, 1);
    let worked: Vec<String> =
        rolecall.rows().iter().filter(|row| row["status"] != "skipped").map(|row| row["account_id"].clone()).collect();
    assert_eq!(worked, failed);
    let said = reasons(&rolecall);
    assert!(said.contains_key(&format!("was created in {run}, which --only does not name")), "{said:?}");
}

#[test]
fn only_accounts_that_came_since_a_run_are_worked_on() {
    let rolecall = Rolecall::new();
    assert_eq!(rolecall.run(&["apply", "--sandbox=accounts=20", "--quiet"]).code, 0);
    // The same organization, grown by five.
    let grown = ["--sandbox=accounts=25", "--new-since", "latest"];
    let listed = rolecall.run(&[&["accounts"], &grown[..]].concat());
    assert!(listed.code == 0 && listed.stderr.contains(": 5 in, "), "{listed:?}");
    let ran = rolecall.run(&[&["apply", "--quiet"], &grown[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses()["created"], 5);
}

/// Week after week with `--new-since latest`: what an earlier run did is not done again, what failed is.
#[test]
fn what_no_run_brought_to_a_good_end_is_new() {
    let world = World::new("rough");
    let apply = ["apply", "--organization", "--yes", "--account-timeout", "5s"];
    assert_eq!(world.run(&apply).code, 1);
    let with = |has: fn(&str) -> bool| {
        let rows = world.rolecall.rows().into_iter().filter(|row| has(&row["status"]));
        rows.map(|row| row["account_id"].clone()).collect::<Vec<_>>()
    };
    let (first, mut failed) = (world.rolecall.latest(), with(|status| status == "failed"));
    assert!(failed.len() > 5, "{failed:?}");
    for _ in 0..2 {
        let ran = world.run(&[&apply[..], &["--new-since", "latest"]].concat());
        assert_eq!(with(|status| status != "skipped"), failed, "{ran:?}");
        let told = format!("; new are {} accounts that it did not bring to a good end", failed.len());
        assert!(ran.stderr.starts_with("--new-since latest: ") && ran.stderr.contains(&told), "{}", ran.stderr);
        let said = reasons(&world.rolecall);
        assert!(said.contains_key(&format!("done in {first} already, so not new (--new-since)")), "{said:?}");
        failed = with(|status| status == "failed");
    }
}

#[test]
fn a_unit_goes_by_its_path_or_by_a_name_that_is_its_own() {
    let rolecall = Rolecall::new();
    let count = |ou: &str| {
        let ran = rolecall.run(&["accounts", "--sandbox", "--ou", ou]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.lines().skip(1).filter(|line| !line.contains(",skipped,")).count()
    };
    let prod = count("Workloads/Prod");
    assert!(prod > 3, "{prod}");
    assert_eq!((count("Prod"), count("/Workloads/Prod")), (prod, prod));
    assert!(count("Workloads") > prod);
    let ran = rolecall.run(&["accounts", "--sandbox", "--ou", "workloads/prod,ou-none"]);
    let said = "error: not in the inventory: ou-none, workloads/prod (is it `Workloads/Prod`?)\nhint: check the ids";
    assert!(ran.code == 1 && ran.stderr.contains(said), "{ran:?}");
}

#[test]
fn what_is_nearly_an_option_is_understood_or_answered() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["accounts", "--sandbox", "accounts=3"]);
    assert!(ran.code == 0 && ran.stdout.lines().count() == 5, "{ran:?}");
    let live = ["apply", "--organization", "--yes"];
    for (more, says) in [
        (&["--dry-run"][..], "hint: `rolecall plan` with the same options says what apply would change"),
        (&["--role-name", "arn:aws:iam::123456789012:role/x/Demo"], "; write `Demo`"),
        (&["--assume-role", "a,b"], "one name is meant"),
        (&["--assume-role", "*/Admin"], "would name others too"),
        (&["--pass-role-to", "user/a,user/b"], "one name is meant"),
        (&["--pass-role-to", "arn:aws:iam::123456789012:user/ann"], "; write `user/ann`"),
        (&["--include", "1234-5678-9012"], "; write `123456789012`"),
        (
            &["--assume-role", "arn:aws:iam::123456789012:role/ops/R"],
            "hint: write --assume-role ops/R, or name the account alone: --include 123456789012",
        ),
    ] {
        let ran = rolecall.run(&[&live[..], more].concat());
        assert!(ran.code == 2 && ran.stderr.contains(says), "{more:?}: {ran:?}");
    }
    let arn = ["--assume-role", "arn:aws:iam::123456789012:role/ops/R", "--include", "123456789012"];
    let ran = rolecall.run(&[&live[..], &arn].concat());
    assert!(ran.code == 2 && ran.stderr.contains("no usable AWS credentials"), "{ran:?}");
}

#[test]
fn a_date_tells_who_joined_after_it_and_tags_who_is_meant() {
    let rolecall = Rolecall::new();
    let list = |more: &[&str]| rolecall.run(&[&["accounts", "--sandbox"], more].concat());
    let listed = list(&["--new-since", "2024-01-01"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let mut rows = csv::Reader::from_reader(listed.stdout.as_bytes());
    for row in rows.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let new = row["joined"].as_str() > "2024-01-01T00:00:00Z";
        let active = !row["error_message"].contains("ACTIVE");
        assert_eq!(row["status"].is_empty(), new && active, "{row:?}");
    }
    let tagged = |more: &[&str]| {
        let ran = list(more);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.lines().skip(1).filter(|line| !line.contains(",skipped,")).count()
    };
    let prod = tagged(&["--tag", "stage=prod"]);
    let web = tagged(&["--tag", "stage=prod", "--tag", "team=web"]);
    let two = tagged(&["--tag", "stage=prod", "--tag", "team=web", "--tag", "team=search"]);
    assert_eq!((web, two), (1, 2), "the same key is either value, another key is both");
    assert!(prod > two, "{prod}");
    let none = list(&["--tag", "stage=prod", "--tag", "owner=\u{1b}x", "--format", "text"]);
    assert!(none.stdout.contains("it has no tag owner, which --tag"), "{}", none.stdout);
}

#[test]
fn only_accounts_that_are_still_in_are_asked_for_their_tags() {
    let home = Rolecall::new();
    let server = Server::start(&home, "healthy");
    let home = home.with(server.environment.clone());
    let two = "847561020193,837465091283";
    let ran = home.run(&["accounts", "--organization", "--include", two, "--tag", "team=web"]);
    assert!(ran.code == 0 && ran.stderr.contains(": 1 in, "), "{ran:?}");
    let asked = request_log(&home).iter().filter(|entry| entry.to_string().contains("ListTagsForResource")).count();
    assert_eq!((asked, requests(&home).1), (2, 0));
}

#[test]
fn what_cannot_be_is_said_before_aws_is_asked() {
    let rolecall = Rolecall::new();
    fs::write(rolecall.path("ok.csv"), "account_id\n123456789012\n").unwrap();
    let ran = rolecall.run(&["apply", "--sandbox=accounts=3", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let latest = fs::canonicalize(rolecall.path("reports/latest")).unwrap();
    fs::create_dir(rolecall.path("reports/2026-01-01T00-00-00Z-apply-empty")).unwrap();
    let file = ["--yes", "--accounts=ok.csv"];
    let live = ["--yes", "--organization"];
    for (source, more, says) in [
        (live, &["--only", "failed"][..], "--from"),
        (live, &["--from", "latest"], "--only"),
        (live, &["--only", "faild", "--from", "latest"], "`faild` is none of created"),
        (live, &["--only", "failed", "--from", "nowhere"], "no run `nowhere` in `reports`"),
        (live, &["--only", "failed", "--from", "latest"], "was failed: there is nothing to do"),
        (live, &["--new-since", "nowhere"], "no run `nowhere` in `reports`"),
        (live, &["--new-since", "2026-02-30"], "there is no such day"),
        (live, &["--new-since", "2026-01-01T00-00-00Z-apply-empty"], "cannot read `"),
        (live, &["--tag", "stage"], "not KEY=VALUE"),
        (file, &["--tag", "stage=prod"], "--tag needs tags, which this file does not have"),
        (file, &["--new-since", "2026-01-01"], "needs the column `joined`"),
    ] {
        let ran = rolecall.run(&[&["apply"], &source[..], more].concat());
        assert!(ran.code == 2 && ran.stderr.contains(says), "{more:?}: {ran:?}");
        assert_eq!(fs::canonicalize(rolecall.path("reports/latest")).unwrap(), latest, "nothing was begun");
    }
}

#[test]
fn what_changed_in_the_organization_is_told_with_an_exit_code() {
    let rolecall = Rolecall::new();
    let accounts = |more: &[&str]| rolecall.run(&[&["accounts", "--sandbox"], more].concat());
    assert_eq!(accounts(&["--out", "old.csv"]).code, 0);
    let ran = accounts(&["--diff", "old.csv", "--format", "text"]);
    assert!(ran.code == 0 && ran.stdout.starts_with("accounts: no account changed\n"), "{ran:?}");

    let old = fs::read_to_string(rolecall.path("old.csv")).unwrap();
    let old = old.lines().filter(|line| !line.starts_with("837465091283,")).collect::<Vec<_>>().join("\n");
    let old = old.replace("web-dev", "web-test") + "\n123456789012,left-long-ago,,,,,,,,\n";
    fs::write(rolecall.path("old.csv"), old).unwrap();
    let ran = accounts(&["--diff", "old.csv"]);
    let wanted = [
        "account_id,account_name,change,before,after",
        "837465091283,web-prod,came,,in",
        "384756102019,web-dev,changed,\"web-test, in\",\"web-dev, in\"",
        "123456789012,left-long-ago,went,in,",
    ];
    assert_eq!((ran.code, ran.stdout.lines().collect::<Vec<_>>()), (3, wanted.to_vec()), "{ran:?}");
    let ran = accounts(&["--diff", "old.csv", "--out", "new.csv"]);
    assert!(ran.code == 3 && ran.stdout.contains("\n1 came\n  837465091283 web-prod\n"), "{ran:?}");
    assert_eq!(accounts(&["--diff", "new.csv"]).code, 0);
    assert_eq!(accounts(&["--diff", "nowhere.csv"]).code, 2);
}
