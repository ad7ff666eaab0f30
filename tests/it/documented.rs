//! Every command of the pages is run, in the order of its page, against the sandbox's server.
//!
//! A line in an `sh` block that begins with `rolecall` is a command, and so is one with `$ rolecall` in a `console` block.
//! It ends with 0, or as its comment `# exit N` says; with `# needs …` it is not run, but must be understood. A block
//! whose info has a second word is a file of that name. A block `calls` is what the command before it asked AWS for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::harness::{Rolecall, Server, request_log};

/// A fenced block: its info string, its text, and where it begins.
struct Block {
    info: Vec<String>,
    text: String,
    line: usize,
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages of the project that people read.
pub(crate) fn pages() -> Vec<PathBuf> {
    let known = ["README.md", "CONTRIBUTING.md", "deploy/README.md", "inventory/README.md", "reports/README.md"];
    let mut found: Vec<PathBuf> = known.map(|page| project().join(page)).into();
    for folder in ["docs", "docs/guide"] {
        let entries = fs::read_dir(project().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        found.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    found.sort();
    found
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (n, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(info)) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                open = Some(Block { info, text: String::new(), line: n + 1 });
            }
            (Some(block), None) => block.text += &format!("{line}\n"),
            (None, None) => {
                let indented = line.strip_prefix("    ").map(str::trim_start).unwrap_or_default();
                assert!(!indented.starts_with("rolecall "), "line {}: a command outside of a fenced block", n + 1);
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// The commands of a block, each on one line.
fn commands(block: &Block) -> Vec<String> {
    let prompt = match block.info.first().map(String::as_str) {
        Some("console") => "$ ",
        Some("sh") => "",
        _ => return Vec::new(),
    };
    let text = block.text.replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.strip_prefix(prompt));
    // Who has not installed it yet runs it by cargo.
    let lines = lines.map(|line| line.replace("cargo run -- ", "rolecall "));
    lines.filter(|line| line.starts_with("rolecall ")).collect()
}

/// What follows `# exit `, or 0; nothing where the command needs what a test does not have.
fn expected(command: &str) -> Option<i32> {
    match command.split_once(" # ").map(|(_, comment)| comment.trim()) {
        Some(comment) if comment.starts_with("needs ") => None,
        Some(comment) => Some(comment.strip_prefix("exit ").map_or(0, |code| code.parse().unwrap())),
        None => Some(0),
    }
}

/// The calls of a `calls` block, each with how often it is made, and the writes among them in their order.
fn told(block: &Block) -> (BTreeMap<String, usize>, Vec<String>) {
    let mut calls = BTreeMap::new();
    let mut order = Vec::new();
    for line in block.text.lines() {
        let (call, times) = match line.split_once(" (") {
            Some((call, times)) => (call, times.strip_suffix(" times)").unwrap().parse().unwrap()),
            None => (line, 1),
        };
        *calls.entry(call.to_owned()).or_default() += times;
        order.push(call.to_owned());
    }
    (calls, order)
}

/// The same of the requests that the server has seen since there were `before`.
fn seen(home: &Rolecall, before: usize) -> (BTreeMap<String, usize>, Vec<String>) {
    let mut calls = BTreeMap::new();
    let mut writes = Vec::new();
    for entry in request_log(home).into_iter().skip(before) {
        let word = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let call = format!("{} {} {}", word("service"), word("action"), word("resource")).trim_end().to_owned();
        *calls.entry(call.clone()).or_default() += 1;
        if entry["write"] == true {
            writes.push(call);
        }
    }
    (calls, writes)
}

/// Runs the commands of a page. Returns how many were run, and how many only understood.
fn follow(page: &Path) -> (usize, usize) {
    let text = fs::read_to_string(page).unwrap();
    let blocks = blocks(&text);
    if blocks.iter().all(|block| commands(block).is_empty()) {
        return (0, 0);
    }
    let home = Rolecall::new();
    let server = Server::start(&home, "healthy");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let (mut run, mut understood, mut before) = (0, 0, 0);
    for block in &blocks {
        let place = format!("{}:{}", page.display(), block.line);
        if let [_, name] = block.info.as_slice() {
            let path = rolecall.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &block.text).unwrap();
        }
        if block.info.first().is_some_and(|info| info == "calls") {
            let ((calls, order), (found, writes)) = (told(block), seen(&home, before));
            assert_eq!(calls, found, "{place}: the calls of the command before");
            let order: Vec<String> = order.into_iter().filter(|call| writes.contains(call)).collect();
            assert_eq!(order, writes, "{place}: the order of the writes");
        }
        for command in commands(block) {
            match expected(&command) {
                Some(code) => {
                    before = request_log(&home).len();
                    let ran = rolecall.shell(&command);
                    assert_eq!(ran.code, code, "{place}: {command}: {ran:?}");
                    run += 1;
                }
                None => {
                    let words = command.split_once(" # ").map_or(command.as_str(), |(words, _)| words);
                    let ran = rolecall.shell(&format!("{words} --help"));
                    assert_eq!(ran.code, 0, "{place}: {command}: {ran:?}");
                    understood += 1;
                }
            }
        }
    }
    (run, understood)
}

#[test]
fn every_command_of_the_pages_ends_as_the_page_says() {
    let pages = pages();
    // Each page has a home and a server of its own.
    let followed: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let threads: Vec<_> = pages.iter().map(|page| scope.spawn(|| follow(page))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let run: usize = followed.iter().map(|(run, _)| run).sum();
    let understood: usize = followed.iter().map(|(_, understood)| understood).sum();
    assert!(run >= 50 && understood <= 15, "{run} commands were run and {understood} were only understood");
}

#[test]
fn every_page_is_in_the_book_and_every_link_leads_somewhere() {
    let docs = project().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    for page in pages().iter().filter(|page| page.starts_with(&docs) && !page.ends_with("SUMMARY.md")) {
        let name = page.strip_prefix(&docs).unwrap().to_str().unwrap();
        assert!(summary.contains(&format!("({name})")), "{name} is not in SUMMARY.md");
    }
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !link.contains("://") {
                assert!(page.parent().unwrap().join(file).exists(), "{}: {link}", page.display());
            }
        }
    }
}
