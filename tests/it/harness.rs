//! The real binary in a sealed environment: a home of its own, no AWS configuration, no network.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A place to run rolecall in.
pub(crate) struct Rolecall {
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run printed and how it ended.
#[must_use = "look at the exit code or at what was printed"]
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Rolecall {
    pub(crate) fn new() -> Self {
        Self { home: TempDir::new().unwrap(), environment: Vec::new() }
    }

    /// Adds to the environment of every run from here on.
    pub(crate) fn with(mut self, environment: Vec<(String, String)>) -> Self {
        self.environment.extend(environment);
        self
    }

    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(args).current_dir(self.home.path()).env_clear().stdin(Stdio::null());
        // Without this, the SDK would ask the instance's metadata address for credentials.
        command.env("HOME", self.home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(self.environment.iter().cloned());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args))
    }

    /// Runs a line of shell, in which `rolecall` is this one.
    pub(crate) fn shell(&self, line: &str) -> Ran {
        let binary = Path::new(env!("CARGO_BIN_EXE_rolecall"));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).current_dir(self.home.path()).env_clear().stdin(Stdio::null());
        command.env("HOME", self.home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("PATH", format!("{}:/usr/bin:/bin", binary.parent().unwrap().display()));
        command.envs(self.environment.iter().cloned());
        Ran::of(command)
    }

    /// The id of the newest run.
    pub(crate) fn latest(&self) -> String {
        let folder = std::fs::canonicalize(self.path("reports/latest")).unwrap();
        folder.file_name().unwrap().to_str().unwrap().to_owned()
    }

    /// The rows of the newest run's `accounts.csv`, by column name.
    pub(crate) fn rows(&self) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path("reports/latest/accounts.csv")).unwrap();
        reader.deserialize().collect::<Result<_, _>>().unwrap()
    }

    /// The rows of the newest run's `changes.csv`, by column name.
    pub(crate) fn changes(&self) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path("reports/latest/changes.csv")).unwrap();
        reader.deserialize().collect::<Result<_, _>>().unwrap()
    }

    /// How many rows of the newest run have each status.
    pub(crate) fn statuses(&self) -> BTreeMap<String, usize> {
        let mut statuses = BTreeMap::new();
        for row in self.rows() {
            *statuses.entry(row["status"].clone()).or_default() += 1;
        }
        statuses
    }
}

impl Ran {
    fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `[("created", 1)]` as the map that [`Rolecall::statuses`] gives.
pub(crate) fn counts<const N: usize>(pairs: [(&str, usize); N]) -> BTreeMap<String, usize> {
    pairs.map(|(status, count)| (status.to_owned(), count)).into()
}

/// The names of the commands that a help text lists.
pub(crate) fn commands(help: &str) -> Vec<String> {
    let section = help.split("Commands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap();
    let names = section.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.trim().split(' ').next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

/// `rolecall sandbox`, ended when it is dropped.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) environment: Vec<(String, String)>,
}

impl Server {
    /// Starts it; the log of requests goes into `home`.
    pub(crate) fn start(home: &Rolecall, world: &str) -> Self {
        let mut command = home.command(&["sandbox", world, "--request-log", "requests.jsonl"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut environment = Vec::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            environment.push((name.to_owned(), value.to_owned()));
            if name == "AWS_ENDPOINT_URL" {
                break;
            }
        }
        Self { process, environment }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A world that remembers, served, and rolecall with nothing but the environment that the server prints.
pub(crate) struct World {
    /// Where the server runs; its log of requests is there.
    pub(crate) home: Rolecall,
    pub(crate) rolecall: Rolecall,
    _server: Server,
}

impl World {
    pub(crate) fn new(world: &str) -> Self {
        let home = Rolecall::new();
        let server = Server::start(&home, world);
        let rolecall = Rolecall::new().with(server.environment.clone());
        Self { home, rolecall, _server: server }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.rolecall.run(args)
    }
}

/// How many requests the server has seen, and how many of them were writes.
pub(crate) fn requests(home: &Rolecall) -> (usize, usize) {
    let entries = request_log(home);
    (entries.len(), entries.iter().filter(|entry| entry["write"] == true).count())
}

/// Every request that the server has seen.
pub(crate) fn request_log(home: &Rolecall) -> Vec<serde_json::Value> {
    let log = std::fs::read_to_string(home.path("requests.jsonl")).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A journal whose lines are changed and then made to follow from each other again, by somebody without a key.
pub(crate) fn made_anew(journal: &str, edit: impl FnOnce(&mut Vec<String>)) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut bodies: Vec<String> =
        journal.lines().map(|line| line.rsplit_once(",\"chain\":\"").unwrap().0.to_owned()).collect();
    edit(&mut bodies);
    let (mut text, mut tail) = (String::new(), String::new());
    for body in bodies {
        let digest = sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), format!("{tail}{body}"));
        tail = format!(",\"chain\":\"{}\"}}", hex(&sha2::Digest::finalize(digest)));
        text += &format!("{body}{tail}\n");
    }
    text
}
