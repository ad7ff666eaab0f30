//! `rolecall doctor`: what it says of machines, credentials and organizations of every kind.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use super::harness::{Rolecall, Server, requests};

/// The exit code, and each check's status and all that it says.
fn checks(rolecall: &Rolecall, more: &[&str]) -> (i32, BTreeMap<String, (String, String)>) {
    let ran = rolecall.run(&[&["doctor", "--format", "json"], more].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    let checks = checks.map(|check| {
        let said = format!("{} / {}", text(&check["told"]), text(&check["fix"]));
        assert_eq!(check["fix"].is_string(), ["warn", "fail"].contains(&text(&check["status"]).as_str()), "{check}");
        (text(&check["check"]), (text(&check["status"]), said))
    });
    (ran.code, checks.collect())
}

#[test]
fn all_is_well_in_the_sandbox_and_over_the_wire() {
    let rolecall = Rolecall::new();
    let (code, found) = checks(&rolecall, &["--sandbox"]);
    assert_eq!(code, 0, "{found:?}");
    assert!(found.values().all(|(status, _)| status == "ok"), "{found:?}");
    let home = Rolecall::new();
    let server = Server::start(&home, "healthy");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let (code, found) = checks(&rolecall, &[]);
    assert_eq!(code, 0, "{found:?}");
    assert!(found["credentials"].1.starts_with("from Environment"), "{found:?}");
    assert!(found["clock"].1.contains("AWS's"), "{found:?}");
    assert!(found["accounts"].1.contains("38 in"), "{found:?}");
    assert_eq!(requests(&home).1, 0, "a check-up writes nothing");
    assert!(!rolecall.path("reports/latest").exists(), "and leaves no run behind");
}

#[test]
fn for_people_each_check_has_a_line_and_the_verdict_comes_last() {
    let ran = Rolecall::new().run(&["doctor", "--sandbox=rough", "--include", "100000000011"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.lines().last().unwrap().starts_with("error: a run would not end well: 1 of"), "{ran:?}");
    assert!(ran.stdout.lines().any(|line| line.trim_start().starts_with("fix: ")), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    let ran = Rolecall::new().run(&["doctor", "--sandbox"]);
    assert!(ran.code == 0 && ran.stdout.ends_with("\na run can be made\n") && ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn a_suspended_account_is_told_as_such_and_not_as_one_that_refuses() {
    let (code, found) = checks(&Rolecall::new(), &["--sandbox", "--include", "466557291038"]);
    assert_eq!(code, 1);
    assert!(found["accounts"].1.contains("SUSPENDED") && found["accounts"].0 == "fail", "{found:?}");

    let home = Rolecall::new();
    let server = Server::start(&home, "healthy");
    let rolecall = Rolecall::new().with(server.environment.clone());
    std::fs::write(rolecall.path("own.csv"), "account_id\n466557291038\n").unwrap();
    let (code, found) = checks(&rolecall, &["--accounts", "own.csv"]);
    assert_eq!(code, 1);
    assert!(
        found["one account"].1.contains("AccessDenied") && found["one account"].1.contains("SUSPENDED"),
        "{found:?}"
    );
    assert_eq!(found["organization"].0, "skipped");
}

#[test]
fn a_role_that_is_not_there_is_named_with_what_to_do() {
    let (code, found) = checks(&Rolecall::new(), &["--sandbox", "--assume-role", "Nobody"]);
    assert_eq!(code, 1);
    assert!(found["one account"].1.contains("--assume-role"), "{found:?}");
}

#[test]
fn without_credentials_aws_is_not_asked() {
    let (code, found) = checks(&Rolecall::new(), &[]);
    assert_eq!(code, 2, "{found:?}");
    assert_eq!(found["credentials"].0, "fail");
    assert!(["caller", "clock", "organization", "one account"].iter().all(|check| found[*check].0 == "skipped"));
    assert_eq!(found["report folder"].0, "ok");
}

#[test]
fn an_endpoint_that_is_not_aws_is_told_and_the_rest_is_not_looked_at() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the process.
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x")];
    let rolecall = Rolecall::new().with(keys.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let (code, found) = checks(&rolecall, &["--endpoint-url", &endpoint]);
    assert_eq!(code, 1, "{found:?}");
    assert_eq!(found["caller"].0, "fail");
    assert!(found["caller"].1.contains("HTTP 404"), "{found:?}");
    assert!(["clock", "organization", "one account"].iter().all(|check| found[*check].0 == "skipped"), "{found:?}");
}

#[test]
fn a_report_folder_that_is_a_file_fails() {
    let rolecall = Rolecall::new();
    std::fs::write(rolecall.path("reports"), "").unwrap();
    let (code, found) = checks(&rolecall, &["--sandbox"]);
    assert_eq!(code, 1);
    assert!(found["report folder"].0 == "fail" && found["report folder"].1.contains("--report-dir"), "{found:?}");
}
