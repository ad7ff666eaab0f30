//! `accounts`: a table for people, a CSV for `--accounts`.

use super::harness::Rolecall;

#[test]
fn the_table_has_a_row_for_each_account_and_the_reasons_counted() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["accounts", "--sandbox", "--format", "text"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("account id    name"), "{}", ran.stdout);
    let is_row = |line: &&&str| line.split(' ').next().is_some_and(|id| id.len() == 12 && id.parse::<u64>().is_ok());
    let rows: Vec<&&str> = lines.iter().filter(is_row).collect();
    assert_eq!(rows.len(), 41, "{}", ran.stdout);
    assert!(rows.iter().any(|row| row.starts_with("000123456789  shared-services") && row.ends_with("  in")));
    assert!(
        rows.iter()
            .any(|row| row.contains("old-website") && row.ends_with("out  the account is SUSPENDED, not ACTIVE"))
    );
    assert!(ran.stdout.contains("41 accounts of the sandbox, organization o-"), "{}", ran.stdout);
    assert!(ran.stdout.contains(": 38 in, 3 out\n  1 out: the management account"), "{}", ran.stdout);
    assert!(lines.iter().all(|line| line.chars().count() <= 80 && !line.contains('\u{1b}')), "{}", ran.stdout);
}

#[test]
fn where_stdout_is_no_terminal_it_is_the_csv_and_the_counts_are_beside_it() {
    let ran = Rolecall::new().run(&["accounts", "--sandbox"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("account_id,name,status,"), "{}", ran.stdout);
    assert_eq!(ran.stdout.lines().count(), 42);
    assert!(ran.stderr.contains("38 in, 3 out\n  1 out: "), "{}", ran.stderr);
}

#[test]
fn a_file_is_written_read_back_and_not_replaced_by_mistake() {
    let rolecall = Rolecall::new();
    let accounts = ["accounts", "--sandbox", "--out", "inventory.csv"];
    let ran = rolecall.run(&accounts);
    assert!(ran.code == 0 && ran.stdout.starts_with("account id  "), "{ran:?}");
    assert!(ran.stderr.contains("for --accounts inventory.csv"), "{}", ran.stderr);
    let written = std::fs::read_to_string(rolecall.path("inventory.csv")).unwrap();
    assert_eq!(written, rolecall.run(&["accounts", "--sandbox"]).stdout);

    std::fs::write(rolecall.path("inventory.csv"), format!("{written}# added by hand\n")).unwrap();
    let ran = rolecall.run(&accounts);
    assert!(ran.code == 2 && ran.stdout.is_empty() && ran.stderr.contains("\nhint: choose another name"), "{ran:?}");
    assert!(std::fs::read_to_string(rolecall.path("inventory.csv")).unwrap().ends_with("by hand\n"));

    assert_eq!(rolecall.run(&[&accounts[..], &["--force"]].concat()).code, 0);
    assert_eq!(std::fs::read_to_string(rolecall.path("inventory.csv")).unwrap(), written);
    // Without credentials the run ends before AWS is asked, and after the inventory was read.
    let ran = rolecall.run(&["apply", "--accounts", "inventory.csv", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("no usable AWS credentials"), "{ran:?}");
}

#[test]
fn a_place_that_takes_no_file_is_said_before_aws_is_asked() {
    let rolecall = Rolecall::new();
    std::fs::create_dir(rolecall.path("folder")).unwrap();
    for out in ["folder", "no/such/inventory.csv", "/dev/null"] {
        let ran = rolecall.run(&["accounts", "--organization", "--out", out, "--force"]);
        assert!(ran.code == 2 && ran.stderr.contains(&format!("cannot write to `{out}`")), "{out}: {ran:?}");
    }
    let ran = rolecall.run(&["accounts", "--sandbox", "--force"]);
    assert!(ran.code == 2 && ran.stderr.contains("--out"), "--force alone means nothing: {ran:?}");
}

#[test]
fn where_no_account_is_left_it_still_says_why() {
    let id = "000123456789";
    let which = ["--sandbox", "--include", id, "--exclude", id];
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&[&["accounts"], &which[..]].concat());
    assert!(ran.code == 0 && ran.stdout.contains("000123456789,shared-services,skipped,named by --exclude"), "{ran:?}");
    assert!(ran.stderr.contains("0 in, 41 out"), "{}", ran.stderr);
    let ran = rolecall.run(&[&["apply"], &which[..]].concat());
    assert!(ran.code == 1 && ran.stderr.contains("hint: `rolecall accounts` with the same options"), "{ran:?}");
}

#[test]
fn hostile_names_reach_neither_the_terminal_nor_a_spreadsheet_as_they_are() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["accounts", "--sandbox=rough", "--out", "rough.csv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.replace('\n', "").contains(|c: char| c.is_control()), "{:?}", ran.stdout);
    let mut rows = csv::Reader::from_path(rolecall.path("rough.csv")).unwrap();
    for row in rows.records() {
        let row = row.unwrap();
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
    }
    // What rolecall writes, rolecall reads: without credentials the run ends after that.
    let ran = rolecall.run(&["apply", "--accounts", "rough.csv", "--yes"]);
    assert!(ran.stderr.contains("\nerror: no usable AWS credentials"), "{}", ran.stderr);
}

/// A listing that is cut short would be taken for a small organization. `/dev/full` refuses every write.
#[cfg(target_os = "linux")]
#[test]
fn a_stdout_that_is_full_is_an_error() {
    let rolecall = Rolecall::new();
    for format in ["csv", "text"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = rolecall.command(&["accounts", "--sandbox", "--format", format]).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains("cannot write to stdout"), "{format}: {said}");
    }
}
