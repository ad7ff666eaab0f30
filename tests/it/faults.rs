//! Faults end to end: a run that is throttled ends well and says so, and a login that is over ends it cleanly.

use std::io::{BufRead, BufReader};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::harness::{Rolecall, Server, counts};

/// A way to the server that can be cut and mended.
struct Way {
    port: u16,
    cut: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, open) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<TcpStream>>>::default());
        let (is_cut, streams) = (cut.clone(), open.clone());
        std::thread::spawn(move || {
            for from in listener.incoming() {
                let Ok(from) = from else { return };
                // Closed before anything is answered, as by a firewall.
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let to = TcpStream::connect(&address).unwrap();
                streams.lock().unwrap().extend([from.try_clone().unwrap(), to.try_clone().unwrap()]);
                for (mut source, mut sink) in
                    [(from.try_clone().unwrap(), to.try_clone().unwrap()), (to.try_clone().unwrap(), from)]
                {
                    std::thread::spawn(move || std::io::copy(&mut source, &mut sink));
                }
            }
        });
        Self { port, cut, open }
    }

    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

#[test]
fn a_network_that_goes_away_is_waited_for_and_blames_no_account() {
    let home = Rolecall::new();
    let server = Server::start(&home, "accounts=60,latency=20ms,seed=4");
    let mut environment = server.environment.clone();
    let (_, endpoint) = environment.iter_mut().find(|(name, _)| name == "AWS_ENDPOINT_URL").unwrap();
    let way = Way::to(endpoint.strip_prefix("http://").unwrap().to_owned());
    *endpoint = format!("http://127.0.0.1:{}", way.port);
    let rolecall = Rolecall::new().with(environment);
    let args = ["apply", "--organization", "--yes", "--quiet", "--format", "json", "--concurrency", "6"];
    let mut run = rolecall.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut events = BufReader::new(run.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
    let mut until = |kind: &str| events.find(|event| event["event"] == kind).unwrap();
    while until("account_finished")["status"] != "created" {}
    way.cut();
    let lost = until("network_lost");
    way.mend();
    let back = until("network_back");
    super::machine::hold("events", &[lost, back]);
    assert_eq!(until("run_finished")["ended"], "complete");
    assert!(run.wait().unwrap().success());
    assert_eq!(rolecall.statuses(), counts([("created", 60), ("skipped", 1)]));
}

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
