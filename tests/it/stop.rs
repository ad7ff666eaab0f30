//! Ctrl-C, SIGTERM and SIGHUP, sent to the real binary when its events say that the moment is there.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::harness::{Rolecall, Server, request_log};

/// A run whose events are read as they come.
struct Running {
    child: Child,
    events: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Running {
    fn start(rolecall: &Rolecall, args: &[&str]) -> Self {
        let command = rolecall.command(&[args, &["--yes", "--quiet", "--format", "json"]].concat());
        let mut command = heeding_hangup(&command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, events }
    }

    fn next(&mut self) -> Option<Value> {
        self.events.next().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
    }

    /// Reads on until an event is of this kind.
    fn until(&mut self, kind: &str) -> Value {
        std::iter::from_fn(|| self.next()).find(|event| event["event"] == kind).unwrap()
    }

    fn send(&self, signal: &str) {
        send(&self.child, signal);
    }

    /// Reads to the end. Gives the last event, the exit code and what was said on stderr.
    fn end(mut self) -> (Value, i32, String) {
        let last = std::iter::from_fn(|| self.next()).last().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (last, self.child.wait().unwrap().code().unwrap(), said)
    }
}

/// The same command as a terminal would start it. Whoever runs the tests may have been started to outlive its terminal, and
/// its children, rolecall among them, then ignore SIGHUP as well.
fn heeding_hangup(command: &Command) -> Command {
    let mut heeding = Command::new("/usr/bin/env");
    // Other systems' `env` cannot do this; they start tests from terminals.
    if cfg!(target_os = "linux") {
        heeding.arg("--default-signal=HUP");
    }
    heeding.env_clear().arg(command.get_program()).args(command.get_args());
    heeding.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        heeding.current_dir(folder);
    }
    heeding
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_sandbox_that_is_stopped_says_what_it_was_asked_over_how_many_connections() {
    for signal in ["INT", "TERM"] {
        let mut server = Server::start(&Rolecall::new(), "accounts=3");
        let (_, endpoint) = server.environment.iter().find(|(name, _)| name == "AWS_ENDPOINT_URL").unwrap();
        let address = endpoint.strip_prefix("http://").unwrap();
        let ask = "POST / HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 0\r\n";
        let mut said = BufReader::new(server.process.stderr.take().unwrap()).lines().map(Result::unwrap);
        for (asked, told) in [
            (format!("{ask}\r\n{ask}Connection: close\r\n\r\n"), "2 requests, 0 writes, over 1 connections"),
            (format!("{ask}Connection: close\r\n\r\n"), "3 requests, 0 writes, over 2 connections"),
        ] {
            let mut connection = TcpStream::connect(address).unwrap();
            connection.write_all(asked.as_bytes()).unwrap();
            let mut answered = String::new();
            connection.read_to_string(&mut answered).unwrap();
            assert_eq!(answered.matches("HTTP/1.1 403").count(), asked.matches("POST").count(), "{answered}");
            send(&server.process, "USR1");
            assert!(said.any(|line| line == told));
        }
        send(&server.process, signal);
        assert_eq!(said.collect::<Vec<_>>(), ["3 requests, 0 writes, over 2 connections"]);
        assert_eq!(server.process.wait().unwrap().code(), Some(0));
    }
}

const APPLY: [&str; 4] = ["apply", "--organization", "--pass-role-to", "user/analyst"];

#[test]
fn the_first_word_finishes_what_is_in_flight_and_the_report_is_whole() {
    for signal in ["INT", "TERM", "HUP"] {
        let home = Rolecall::new();
        let server = Server::start(&home, "accounts=200,latency=20ms,seed=5");
        let rolecall = Rolecall::new().with(server.environment.clone());
        let mut running = Running::start(&rolecall, &[&APPLY[..], &["--concurrency", "3"]].concat());
        // The management account is skipped before any other is begun.
        while running.until("account_finished")["status"] != "created" {}
        running.send(signal);
        let drain = running.until("drain_started");
        assert_eq!(drain["reason"], "interrupted");
        let (last, code, said) = running.end();
        assert_eq!((code, &last["event"], &last["ended"]), (130, &"run_finished".into(), &"interrupted".into()));

        let rows = rolecall.rows();
        assert_eq!(rows.len(), 201, "one row per account");
        let statuses = rolecall.statuses();
        let known = ["created", "not_reached", "skipped"].map(|status| statuses.get(status).copied().unwrap_or(0));
        assert_eq!(known.iter().sum::<usize>(), 201, "nothing is cut off: {statuses:?}");
        assert!(known[0] > 0 && known[1] > 0, "{statuses:?}");
        // What is said to be done is done, and nothing else was touched.
        let mut writes: BTreeMap<String, usize> = BTreeMap::new();
        for entry in request_log(&home).iter().filter(|entry| entry["write"] == true && entry["service"] == "iam") {
            *writes.entry(entry["account"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        for row in &rows {
            let wanted = if row["status"] == "created" { 3 } else { 0 };
            assert_eq!(writes.get(&row["account_id"]).copied().unwrap_or(0), wanted, "{row:?}");
        }
        let run = rolecall.path("reports/latest").canonicalize().unwrap();
        let resume = format!("rolecall resume {}", run.file_name().unwrap().to_string_lossy());
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&resume), "{said}");
    }
}

#[test]
fn the_second_word_cuts_off_what_hangs() {
    let home = Rolecall::new();
    let server = Server::start(&home, "rough");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let hanging = ["--include", "100000000042", "--account-timeout", "1h"];
    let mut running = Running::start(&rolecall, &[&APPLY[..], &hanging].concat());
    running.until("account_started");
    running.send("INT");
    running.until("drain_started");
    running.send("TERM");
    let (last, code, _) = running.end();
    assert_eq!((code, &last["ended"]), (130, &"interrupted".into()));
    let failed: Vec<_> = rolecall.rows().into_iter().filter(|row| row["status"] == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0]["account_id"].as_str(), failed[0]["error_code"].as_str()), ("100000000042", "Interrupted"));
}

#[test]
fn a_word_while_accounts_are_listed_ends_at_once_and_leaves_nothing() {
    let home = Rolecall::new();
    let server = Server::start(&home, "accounts=20000,seed=5");
    let rolecall = Rolecall::new().with(server.environment.clone());
    // What takes things away waits for the whole list.
    let mut command = rolecall.command(&["remove", "--organization", "--yes"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.ends_with("accounts listed")), "the listing tells how far it is");
    send(&child, "INT");
    let rest: Vec<String> = said.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(rest.last().map(String::as_str), Some("error: interrupted; nothing was written"), "{rest:?}");
    assert_eq!(std::fs::read_dir(rolecall.path("reports")).unwrap().count(), 0);
    assert!(request_log(&home).iter().all(|entry| entry["write"] == false));
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_started_to_outlive_its_terminal_does() {
    let home = Rolecall::new();
    let server = Server::start(&home, "accounts=20,latency=10ms");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let words = [&APPLY[..], &["--yes", "--quiet", "--format", "json", "--concurrency", "1"]].concat();
    let mut command = Command::new("/bin/sh");
    let script = format!("trap '' HUP; exec {} {}", env!("CARGO_BIN_EXE_rolecall"), words.join(" "));
    command.args(["-c", &script]).current_dir(rolecall.path("")).env_clear().stdin(Stdio::null());
    command.env("HOME", rolecall.path("")).env("PATH", "/usr/bin:/bin").envs(server.environment.iter().cloned());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let events = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut running = Running { child, events };
    running.until("account_finished");
    running.send("HUP");
    running.child.stderr = None;
    let last = std::iter::from_fn(|| running.next()).last().unwrap();
    assert_eq!((running.child.wait().unwrap().code(), &last["ended"]), (Some(0), &"complete".into()));
}
