//! Two processes: the sandbox's server, and rolecall with nothing but the environment that it prints.

use super::harness::{Rolecall, Server, counts, requests};

#[test]
fn the_second_run_makes_no_write_and_a_report_is_an_inventory() {
    let home = Rolecall::new();
    let server = Server::start(&home, "healthy");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let apply = ["apply", "--yes", "--quiet", "--pass-role-to", "user/analyst"];

    let ran = rolecall.run(&[&apply[..], &["--organization"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("created", 30), ("updated", 3), ("unchanged", 5), ("skipped", 3)]));
    let (first, writes) = requests(&home);
    let mut changes = csv::Reader::from_path(rolecall.path("reports/latest/changes.csv")).unwrap();
    assert_eq!(changes.records().count(), writes, "each write is a row of changes.csv");

    let ran = rolecall.run(&[&apply[..], &["--organization"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("unchanged", 38), ("skipped", 3)]));
    let (second, writes_then) = requests(&home);
    assert!(second > first);
    assert_eq!(writes_then, writes, "an account that is right gets no write");

    let ran = rolecall.run(&[&apply[..], &["--accounts", "reports/latest/accounts.csv"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("unchanged", 38), ("skipped", 3)]));
    assert_eq!(requests(&home).1, writes);
}

#[test]
fn an_account_that_is_right_costs_one_session_and_its_reads() {
    let home = Rolecall::new();
    let server = Server::start(&home, "accounts=5,seed=3");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let apply = ["apply", "--yes", "--quiet", "--pass-role-to", "user/analyst", "--organization"];
    assert_eq!(rolecall.run(&apply).code, 0);
    let (before, _) = requests(&home);
    assert_eq!(rolecall.run(&apply).code, 0);
    let (after, _) = requests(&home);
    // GetCallerIdentity, DescribeOrganization and ListAccounts; in each account AssumeRole, GetRole, ListRolePolicies,
    // ListAttachedRolePolicies, GetRolePolicy and GetUserPolicy.
    assert_eq!(after - before, 3 + 5 * 6);
}
