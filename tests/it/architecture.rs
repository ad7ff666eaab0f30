//! Who may import whom: the table of `docs/architecture.md`, checked against every file of `src`.

use std::fs;
use std::path::{Path, PathBuf};

/// A module, the modules of ours that it may use, and words that must not stand in it.
const MAY_USE: &[(&str, &[&str], &[&str])] = &[
    ("ids", &[], &["aws_", "tokio", "std::fs"]),
    ("policy", &["ids", "digest"], &["aws_", "tokio", "std::fs", "Instant::now", "SystemTime::now", "Timestamp::now"]),
    ("setup", &["policy", "ids", "digest", "own_file"], &["aws_", "tokio"]),
    ("aws", &["ids"], &[]),
    ("inventory", &["aws", "ids", "sanitize", "digest"], &[]),
    ("account", &["aws", "setup", "policy", "ids", "digest"], &["std::fs"]),
    ("bootstrap", &["account", "inventory", "setup", "ids"], &["aws_sdk", "tokio", "std::fs"]),
    ("doctor", &["account", "aws", "inventory", "own_file", "setup", "ids"], &["clap", "std::io::stderr"]),
    ("digest", &[], IMPURE),
    ("sanitize", &[], IMPURE),
    ("signature", &[], IMPURE),
    ("own_file", &[], &["aws_", "tokio", "Instant::now", "SystemTime::now", "Timestamp::now"]),
    ("report", &["rollout", "account", "ids", "sanitize", "digest", "own_file"], REPORT_BANS),
    ("sandbox", &["ids"], &[]),
    ("cli", EVERYTHING, &[]),
    (
        "rollout",
        &["account", "inventory", "setup", "ids", "aws", "digest", "own_file", "sanitize"],
        &["std::path", "std::io::stderr"],
    ),
];

/// Nothing uses `cli` but `main`.
const EVERYTHING: &[&str] = &[
    "account",
    "aws",
    "bootstrap",
    "digest",
    "doctor",
    "ids",
    "inventory",
    "own_file",
    "report",
    "rollout",
    "sandbox",
    "sanitize",
    "setup",
    "signature",
];

/// A report reads no clock: times come from the events.
const REPORT_BANS: &[&str] = &["aws_", "tokio", "clap", "Instant::now", "SystemTime::now", "Timestamp::now"];

/// The pure half of `account`: no AWS, no clock, no file.
const PURE: &[&str] = &[
    "authority.rs",
    "compare.rs",
    "goal.rs",
    "grant/observed.rs",
    "grant/plan.rs",
    "grant/power.rs",
    "grant/undo.rs",
    "grant/verify.rs",
    "grant/write.rs",
    "ledger.rs",
    "model/change.rs",
    "model/difference.rs",
    "model/evidence.rs",
    "model/failure_code.rs",
    "model/observation.rs",
    "model/outcome.rs",
    "model/plan.rs",
    "model/words.rs",
    "model/write.rs",
    "plan.rs",
    "power.rs",
    "role/observed.rs",
    "role/plan.rs",
    "role/power.rs",
    "role/undo.rs",
    "role/verify.rs",
    "role/write.rs",
    "rollback/plan.rs",
    "rollback/power.rs",
    "rollback/undo.rs",
    "simulator/request.rs",
    "verify.rs",
];
const IMPURE: &[&str] =
    &["crate::aws", "aws_", "tokio", "std::fs", "Instant::now", "SystemTime::now", "Timestamp::now"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file's code without its comments, which may speak of anything.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_tests"))
}

#[test]
fn every_module_uses_only_what_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for path in files(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        let module = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if module == "main" || module == "lib" || is_test(&path) {
            continue;
        }
        let (_, may_use, banned) =
            MAY_USE.iter().find(|(name, ..)| *name == module).unwrap_or_else(|| panic!("no rule for {module}"));
        let code = code(&path);
        for used in code.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(used == module || may_use.contains(&used.as_str()), "{} uses {used}", inside.display());
        }
        for word in *banned {
            assert!(!code.contains(word), "{} has {word}", inside.display());
        }
        checked += 1;
    }
    assert!(checked > 20, "only {checked} files were found");
}

#[test]
fn the_pure_half_of_an_account_is_pure() {
    for file in PURE {
        let code = code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/account").join(file));
        for word in IMPURE {
            assert!(!code.contains(word), "account/{file} has {word}");
        }
    }
}

#[test]
fn a_report_knows_the_events_and_the_pure_half_of_an_account_only() {
    let known = [
        "account::change::",
        "account::difference::",
        "account::evidence::",
        "account::outcome::",
        // The writes of each kind of resource, as data.
        "account::role::write::",
        "account::grant::write::",
    ];
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report")) {
        for used in code(&path).split("crate::").skip(1).filter(|used| used.starts_with("account")) {
            assert!(known.iter().any(|module| used.starts_with(module)), "{} uses {used:.40}", path.display());
        }
        for used in code(&path).split("crate::rollout::").skip(1) {
            assert!(used.starts_with("event::"), "{} uses rollout::{used:.40}", path.display());
        }
    }
}

#[test]
fn every_file_has_one_subject_and_says_which() {
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
        assert!(text.lines().count() < 420, "{} is too long for one subject", path.display());
    }
}
