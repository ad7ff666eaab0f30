//! Faults end to end: a run that is throttled ends well and says so, and a login that is over ends it cleanly.

use super::harness::{Rolecall, Server, counts};

#[test]
fn a_run_that_is_throttled_slows_down_says_so_once_and_ends_well() {
    let rolecall = Rolecall::new();
    let world = "--sandbox=accounts=40,seed=3,faults=throttle:30%";
    let ran = rolecall.run(&["apply", world, "--pass-role-to", "user/analyst"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("created", 40), ("skipped", 1)]));
    let told = ran.stderr.lines().filter(|line| line.starts_with("slowed by STS throttling")).count();
    assert!((1..=3).contains(&told), "once for each slow-down: {}", ran.stderr);
    let tried_again = rolecall.rows().iter().filter(|row| row["attempts"].parse::<u32>().unwrap() > 1).count();
    assert!(tried_again > 10, "{tried_again}");
}

#[test]
fn a_login_that_is_over_ends_the_run_and_blames_no_account() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["apply", "--sandbox=accounts=90,faults=login:100%", "--pass-role-to", "user/analyst"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let statuses = rolecall.statuses();
    assert_eq!(statuses.keys().map(String::as_str).collect::<Vec<_>>(), ["not_reached", "skipped"], "{ran:?}");
    assert!(ran.stderr.contains("credentials are no longer good (ExpiredToken"), "{}", ran.stderr);
    assert!(ran.stdout.contains("Next     log in again, then run the same command again"), "{}", ran.stdout);
}

#[test]
fn an_account_that_is_not_ready_is_waited_for_as_long_as_was_said() {
    let rolecall = Rolecall::new();
    let server = Server::start(&rolecall, "rough");
    let rolecall = rolecall.with(server.environment.clone());
    // A file does not say how old the account is; of one that is known to be old nothing is waited for.
    std::fs::write(rolecall.path("new.csv"), "account_id\n100000000011\n").unwrap();
    let args = ["plan", "--accounts", "new.csv", "--wait-ready", "1s", "--account-timeout", "9s"];
    let ran = rolecall.run(&args);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("100000000011 does not let us in yet: waiting for it"), "{}", ran.stderr);
    let row = rolecall.rows().into_iter().find(|row| row["account_id"] == "100000000011").unwrap();
    assert_eq!((row["failed_step"].as_str(), row["error_code"].as_str()), ("assume_role", "AccessDenied"));
}
