//! Inventories as people have them, read by the binary: said how, told what is wrong, and nothing contacted.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::harness::{Ran, Rolecall, World, counts};

/// Without credentials a run ends behind the inventory, so that what it said of it stands alone.
fn read(rolecall: &Rolecall, file: &str) -> Vec<String> {
    let ran = rolecall.run(&["apply", "--accounts", file, "--yes"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let lines = ran.stderr.lines().take_while(|line| !line.starts_with("error: no usable AWS credentials"));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert!(lines.len() < ran.stderr.lines().count(), "{}", ran.stderr);
    lines
}

fn refused(rolecall: &Rolecall, file: &str, content: &[u8]) -> Vec<String> {
    fs::write(rolecall.path(file), content).unwrap();
    let ran = rolecall.run(&["apply", "--accounts", file, "--yes"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.ends_with("hint: correct these lines; nothing was contacted\n"), "{}", ran.stderr);
    let lines = ran.stderr.lines().filter(|line| !line.starts_with("hint: "));
    lines.map(|line| line.strip_prefix("error: ").unwrap_or(line).to_owned()).collect()
}

#[test]
fn each_form_is_told_by_its_content_and_said_in_one_line() {
    let rolecall = Rolecall::new();
    for (file, form, accounts) in [
        ("example.csv", "CSV", 3),
        ("all-columns.csv", "CSV", 1),
        ("organizations-console.csv", "the Organizations console's export", 4),
        ("list-accounts.json", "the output of `aws organizations list-accounts`", 2),
        ("c7n-org.yml", "c7n-org's accounts file", 2),
        ("ids.txt", "a list of account ids", 2),
    ] {
        let content = fs::read(format!("{}/inventory/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        // The name tells nothing.
        fs::write(rolecall.path("list.txt"), content).unwrap();
        let s = if accounts == 1 { "" } else { "s" };
        let said = read(&rolecall, "list.txt");
        assert_eq!(said[0], format!("list.txt: read as {form}, {accounts} account{s}"), "{file}: {said:?}");
        assert_eq!(said.len(), if file == "all-columns.csv" { 2 } else { 1 }, "{file}: {said:?}");
    }
    fs::write(rolecall.path("more.csv"), "account_id,owner,\u{1b}[31mcost\n123456789012,me,7\n").unwrap();
    assert_eq!(read(&rolecall, "more.csv")[1], "more.csv: not read: `owner`, `\\u{1b}[31mcost`");
    let ran = rolecall.run(&["apply", "--accounts", "more.csv", "--yes", "--quiet"]);
    assert!(!ran.stderr.contains("read as"), "{ran:?}");
    let excel: Vec<u8> =
        "\u{feff}Account ID\tName\r\n000123456789\tcafé\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(rolecall.path("unicode.txt"), excel).unwrap();
    assert_eq!(read(&rolecall, "unicode.txt"), ["unicode.txt: read as CSV, 1 account"]);
}

#[test]
fn a_broken_one_of_each_form_is_told_with_every_place_at_once() {
    let rolecall = Rolecall::new();
    let console = "Account ID,ARN,Email,Name,State,Joined method,Joined timestamp\n1.23457E+11,,,a,ACTIVE,,\n\
                   12345678901,,,b,ACTIVE,,\n123456789012,,,c,ACTIVE,,\n123456789012,,,d,ACTIVE,,\n";
    let json = "{\"Accounts\": [\n  {\"Id\": \"12345678901\"},\n  {\"Id\": \"123456789012\"},\n  {\"Id\": \"123456789012\"},\n  {\"Name\": \"x\"}\n]}\n";
    let yaml = "accounts:\n- account_id: '1234-5678-9012'\n  role: arn:aws:iam::210987654321:role/R\n- account_id: '123456789012'\n  \
                role: arn:aws:iam::210987654321:role/R\n  asume_role: R\n";
    for (file, content, wanted) in [
        (
            "export.csv",
            console,
            &[
                "export.csv:2:1: Account ID: `1.23457E+11` is not an account id (12 digits): a spreadsheet has turned",
                "export.csv:3:1: Account ID: `12345678901` is not an account id (12 digits): it has 11 digits",
                "export.csv:5:1: account 123456789012 is in line 4 already",
            ][..],
        ),
        (
            "list.json",
            json,
            &[
                "list.json:2:10: Id: `12345678901` is not an account id (12 digits): it has 11 digits",
                "list.json:4:10: account 123456789012 is in line 3 already",
                "list.json:5:3: there is no account id",
            ],
        ),
        ("cut.json", "{\"Accounts\": [\n", &["cut.json:2:1: not JSON from here on: EOF while parsing a list"]),
        (
            "accounts.yml",
            yaml,
            &[
                "accounts.yml:2:15: account_id: `1234-5678-9012` is not an account id (12 digits): it has more in it",
                "accounts.yml:6:3: the column `asume_role` is not read; is it `assume_role`?",
                "accounts.yml:5:9: role: the ARN is of a role in account 210987654321, not in 123456789012; write `R`",
            ],
        ),
        ("tab.yml", "accounts:\n\t- x\n", &["tab.yml:2:"]),
        (
            "ids.txt",
            "12345678901\n123456789012\n123456789012\n",
            &["ids.txt:1:1: account_id: `12345678901`", "ids.txt:3:1: account 123456789012 is in line 2 already"],
        ),
        ("book.csv", "PK\u{3}\u{4}xl/workbook", &["book.csv:1:1: this is a workbook, not text"]),
    ] {
        let said = refused(&rolecall, file, content.as_bytes());
        assert_eq!(said.len(), wanted.len(), "{file}: {said:#?}");
        for (said, wanted) in said.iter().zip(wanted) {
            assert!(said.starts_with(wanted), "{said}\n{wanted}");
        }
    }
    assert!(!rolecall.path("reports").exists(), "nothing was begun");
}

#[test]
fn what_is_too_large_for_a_list_is_a_mistake_and_not_held() {
    let rolecall = Rolecall::new();
    let mut long = b"account_id,name\n123456789012,".to_vec();
    long.extend(vec![b'x'; 100_000]);
    let said = refused(&rolecall, "long.csv", &long);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("long.csv:2:2: a cell of more than 32767 bytes"), "{said:?}");
    // A hole takes no room on the disk.
    let file = fs::File::create(rolecall.path("huge.csv")).unwrap();
    file.set_len(1 << 30).unwrap();
    let ran = rolecall.run(&["apply", "--accounts", "huge.csv", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("huge.csv:1:1: more than 64 MiB"), "{ran:?}");
}

#[test]
fn standard_input_is_a_file_as_well() {
    let rolecall = Rolecall::new();
    let piped = |content: &str, more: &[&str]| {
        let mut command = rolecall.command(&[&["plan", "--accounts", "-"], more].concat());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(content.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    };
    let ran = piped("[\"123456789012\"]", &[]);
    assert!(ran.code == 2 && ran.stderr.starts_with("stdin: read as a list of account ids, 1 account\n"), "{ran:?}");
    let ran = piped("account_id\n7\n", &[]);
    assert!(ran.code == 2 && ran.stderr.starts_with("error: stdin:2:1: account_id: `7`"), "{ran:?}");
}

#[test]
fn what_a_file_says_of_its_accounts_decides() {
    let world = World::new("healthy");
    let file = "accounts:\n- account_id: '837465091283'\n  role: arn:aws:iam::837465091283:role/OrganizationAccountAccessRole\n  \
                tags: ['stage:prod', 'path:/Workloads', 'path:/Workloads/Prod']\n- account_id: '384756102019'\n  \
                role: OrganizationAccountAccessRole\n  tags: ['stage:dev', 'path:/Workloads']\n";
    fs::write(world.rolecall.path("accounts.yml"), file).unwrap();
    let apply = ["apply", "--accounts", "accounts.yml", "--yes", "--quiet"];
    let ran = world.run(&[&apply[..], &["--tag", "path=/Workloads/Prod", "--tag", "stage=prod"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.rolecall.statuses(), counts([("created", 1), ("skipped", 1)]));
    let rows = world.rolecall.rows();
    let row = |status: &str| rows.iter().find(|row| row["status"] == status).unwrap().clone();
    assert_eq!(row("created")["assume_role"], "OrganizationAccountAccessRole");
    assert_eq!(row("skipped")["error_message"], "its tag path is /Workloads, not as --tag says");

    let export = "Account ID,ARN,Email,Name,State,Joined method,Joined timestamp\n837465091283,,,web,ACTIVE,,2020-01-01\n\
                  384756102019,,,dev,SUSPENDED,,2026-01-01\n466557291038,,,new,ACTIVE,,2026-10-01T08:00:00Z\n";
    fs::write(world.rolecall.path("export.csv"), export).unwrap();
    let ran = world.run(&["accounts", "--accounts", "export.csv", "--new-since", "2026-09-01"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows: Vec<&str> = ran.stdout.lines().skip(1).collect();
    assert!(rows[0].contains(",skipped,\"joined the organization on 2020-01-01, so not new"), "{rows:?}");
    assert!(rows[1].contains(",skipped,\"the account is SUSPENDED, not ACTIVE\""), "{rows:?}");
    assert!(rows[2].starts_with("466557291038,new,,"), "{rows:?}");
}
