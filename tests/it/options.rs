//! The options: what `--help` has stands in `docs/options.md` with its commands, and no page names one that is not
//! there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::documented::pages;
use super::harness::{Rolecall, commands};

const RUNS: &[&str] = &["plan", "apply", "verify", "remove"];

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The options in a text, as they are spelled.
fn options(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    words
        .filter(|word| word.starts_with("--") && word.len() > 3 && !word.starts_with("---"))
        .map(str::to_owned)
        .collect()
}

/// The options that each command defines.
fn defined() -> BTreeMap<String, BTreeSet<String>> {
    let rolecall = Rolecall::new();
    let help = |words: &[&str]| {
        let ran = rolecall.run(&[words, &["--help"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout
    };
    let mut defined = BTreeMap::new();
    for command in commands(&help(&[])) {
        let below = commands(&help(&[&command]));
        let paths: Vec<Vec<&str>> = match below.as_slice() {
            [] => vec![vec![&command]],
            below => below.iter().map(|name| vec![command.as_str(), name]).collect(),
        };
        for path in paths {
            let text = help(&path);
            // An option is defined where a line begins with it.
            let heads = text.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
            let found = heads.filter_map(|line| options(line.split("  ").next().unwrap()).pop_first()).collect();
            defined.insert(path.join(" "), found);
        }
    }
    defined
}

#[test]
fn the_page_of_options_has_those_that_there_are_with_their_commands() {
    let page = fs::read_to_string(project().join("docs/options.md")).unwrap();
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| `--")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        for word in cells[2].split(',').map(|word| word.trim().trim_matches('`')).filter(|word| !word.is_empty()) {
            let one = [word];
            for command in if word == "a run" { RUNS } else { &one } {
                told.entry((*command).to_owned()).or_default().extend(options(cells[1]));
            }
        }
    }
    for (command, mut options) in defined() {
        options.remove("--help");
        let told = told.remove(&command).unwrap_or_default();
        let not_told: Vec<_> = options.difference(&told).collect();
        let not_there: Vec<_> = told.difference(&options).collect();
        assert!(not_told.is_empty(), "docs/options.md does not tell of {not_told:?} of `{command}`");
        assert!(not_there.is_empty(), "docs/options.md tells of {not_there:?}, which `{command}` does not take");
    }
    assert!(told.is_empty(), "docs/options.md tells of commands that are not there: {told:?}");
}

#[test]
fn no_page_names_an_option_that_there_is_not() {
    /// Options of the AWS CLI, cargo, docker, gh, jq, sha256sum and our own benchmarks that our pages name.
    const OTHERS: &[&str] = &[
        "--arg",
        "--bench",
        "--bins",
        "--check",
        "--git",
        "--ignore-missing",
        "--json",
        "--latency",
        "--lib",
        "--locked",
        "--python",
        "--query",
        "--release",
        "--repo",
        "--rm",
        "--signer-workflow",
        "--test",
    ];
    let mut known: BTreeSet<String> = defined().into_values().flatten().collect();
    known.extend(["--version", "--help"].map(str::to_owned));
    let pages = pages();
    assert!(pages.len() >= 8, "{pages:?}");
    // What is deployed is deployed with the commands of others.
    for page in pages.into_iter().filter(|page| !page.ends_with("deploy/README.md")) {
        for option in options(&fs::read_to_string(&page).unwrap()) {
            let there = known.contains(&option) || OTHERS.contains(&option.as_str());
            assert!(there, "{} names {option}, which no command takes", page.display());
        }
    }
}
