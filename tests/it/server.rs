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
fn a_report_says_what_the_rows_of_its_inventory_said() {
    let home = Rolecall::new();
    let server = Server::start(&home, "accounts=3,seed=3");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let all = rolecall.run(&["accounts", "--organization"]).stdout;
    let mut reader = csv::Reader::from_reader(all.as_bytes());
    let ids: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    let mut csv = "account_id,role_name,pass_role_to,param.x,param.y,region\n".to_owned();
    for id in &ids {
        csv += &format!("{id},=Other+Role,user/analyst,1;2,\\,eu-west-1\n");
    }
    std::fs::write(rolecall.path("own.csv"), csv).unwrap();

    let apply = ["apply", "--yes", "--quiet", "--accounts"];
    let ran = rolecall.run(&[&apply[..], &["own.csv"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let (_, writes) = requests(&home);
    let rows = rolecall.rows();
    assert!(writes > 0 && rows.iter().any(|row| row["status"] == "created"), "{rows:?}");
    for _ in 0..2 {
        let ran = rolecall.run(&[&apply[..], &["reports/latest/accounts.csv"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        for (row, first) in rolecall.rows().iter().zip(&rows) {
            assert!(["unchanged", "skipped"].contains(&row["status"].as_str()), "{row:?}");
            let said = [&row["role_name"], &row["pass_role_to"], &row["params"], &row["region"], &row["assume_role"]];
            assert_eq!(said, ["'=Other+Role", "user/analyst", r"x=1\;2;y=\\", "eu-west-1", ""]);
            assert_eq!(row["role_arn"], first["role_arn"]);
        }
        assert_eq!(requests(&home).1, writes, "an account that is right gets no write");
    }
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
