//! `docs/exit-codes.md`: each command in its tables ends as the table says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::harness::{Rolecall, commands};

#[test]
fn every_command_ends_as_its_table_says() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md");
    let guide = fs::read_to_string(guide).unwrap();
    let rolecall = Rolecall::new();
    let mut told = BTreeSet::new();
    for line in guide.lines().filter(|line| line.starts_with("| `rolecall ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let args: Vec<&str> = cells[1].trim_matches('`').split(' ').skip(1).collect();
        let code: i32 = cells[2].parse().unwrap();
        let ran = rolecall.run(&args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        if code == 2 {
            // clap says `tip:` or the usage, rolecall says what to do.
            assert!(ran.stderr.starts_with("error: "), "{args:?}: {}", ran.stderr);
        }
        told.insert(args[0].to_owned());
    }
    let help = rolecall.run(&["--help"]);
    assert_eq!(help.code, 0, "{help:?}");
    let all: BTreeSet<String> = commands(&help.stdout).into_iter().collect();
    assert_eq!(told, all, "each command has its table");
}
