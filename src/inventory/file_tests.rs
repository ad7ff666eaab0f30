//! Inventories as people and spreadsheets write them.

use proptest::prelude::*;

use super::file::parse;
use super::list::{Reason, Selection};
use crate::account::outcome::AccountStatus;

fn says(text: &str) -> Vec<String> {
    let error = parse(text.as_bytes(), "a.csv").unwrap_err().to_string();
    error.lines().map(str::to_owned).collect()
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let said = says(
        "account_id,name,role_name,pass_role_to,region\n1.23457E+11,a,,,\n12345678901,b,,,\n'123456789012,c,,,\n\
         123456789012,d,,,\n123456789012,e,,,\n1234-5678-9013,f,,,\n123456789014,g,bad name,,\n\
         123456789015,h,,analyst,\n123456789016,i,,,mars\n,j,,,\n123456789017,k\n",
    );
    let wanted = [
        (2, "exponent"),
        (3, "it was 012345678901"),
        (4, "write 123456789012"),
        (6, "is in line 5 already"),
        (7, "write 123456789013"),
        (8, "role_name: `bad name` is not a role name"),
        (9, "pass_role_to: `analyst` is not a principal"),
        (10, "region: `mars` is not a region"),
        (11, "it is empty"),
        (12, "2 cells, but the header has 5"),
    ];
    assert_eq!(said.len(), wanted.len(), "{said:#?}");
    for (said, (line, words)) in said.iter().zip(wanted) {
        assert!(said.starts_with(&format!("a.csv:{line}:")) && said.contains(words), "{said}");
    }
}

#[test]
fn separators_marks_and_line_ends_do_not_matter() {
    for mark in ["", "\u{feff}"] {
        for separator in [",", ";", "\t"] {
            for end in ["\n", "\r\n"] {
                let lines = ["account_id,pass_role_to,owner,param.x", "000123456789,\"user/a;group/b\",me,1"];
                let text = format!("{mark}{}", lines.map(|line| line.replace(',', separator) + end).concat());
                let inventory = parse(text.as_bytes(), "a.csv").unwrap();
                let account = &inventory.entries[0].account;
                assert_eq!(account.id.as_str(), "000123456789", "{text:?}");
                assert_eq!(account.overrides.pass_role_to.as_ref().map(Vec::len), Some(2));
                assert_eq!(account.overrides.params["x"], "1");
            }
        }
    }
}

#[test]
fn a_column_that_is_nearly_a_known_one_is_a_mistake_and_others_are_named_once() {
    let said = says("account_id,asume_role,pass_role_ot,owner\n000000000001,R,user/a,me\n");
    let wanted =
        ["a.csv:1:2: the column `asume_role` is not read; is it `assume_role`?", "a.csv:1:3: the column `pass"];
    assert!(said.len() == 2 && said.iter().zip(wanted).all(|(said, wanted)| said.starts_with(wanted)), "{said:?}");
    let text = "account_id,Role-Name,owner,stage\n000000000001,R,me,prod\n";
    let inventory = parse(text.as_bytes(), "a.csv").unwrap();
    assert_eq!(inventory.notes.unread, ["owner", "stage"]);
    assert_eq!(inventory.entries[0].account.overrides.role_name.as_ref().unwrap().as_str(), "R");
}

#[test]
fn empty_rows_are_none() {
    let text = "account_id,name\r\n000000000001,a\r\n,\r\n , \r\n000000000002,b\r\n,,,\r\n\r\n,\r\n";
    assert_eq!(parse(text.as_bytes(), "a.csv").unwrap().entries.len(), 2);
    assert!(says("account_id,name\n,\n,\n")[0].contains("no account below the header"));
    assert!(says("account_id,name\n,a\n")[0].contains("it is empty"), "a row with a name is a row");
}

#[test]
fn a_role_is_written_in_each_way_and_of_its_account() {
    let text = "account_id,assume_role\n000000000001,role/ops/R\n000000000002,arn:aws:iam::000000000002:role/R\n";
    let inventory = parse(text.as_bytes(), "a.csv").unwrap();
    let roles = inventory.entries.iter().map(|e| e.account.overrides.assume_role.as_ref().unwrap().as_str());
    assert_eq!(roles.collect::<Vec<_>>(), ["ops/R", "R"]);
    let said = says(
        "account_id,assume_role,role_name,pass_role_to\n000000000001,arn:aws:iam::000000000002:role/R,,\n\
         000000000002,*/Admin,R*,user/${aws:username}\n",
    );
    for (said, wanted) in said.iter().zip([
        "a.csv:2:2: assume_role: the ARN is of a role in account 000000000002, not in 000000000001; write `R`",
        "a.csv:3:2: assume_role: `*/Admin` is not one role: `*`, `?` and `${` would name others too",
        "a.csv:3:3: role_name: `R*` is not a role name",
        "a.csv:3:4: pass_role_to: `user/${aws:username}` is not a principal",
    ]) {
        assert!(said.starts_with(wanted), "{said}");
    }
    assert_eq!(said.len(), 4, "{said:?}");
}

#[test]
fn a_report_is_an_inventory() {
    let text = "account_id,account_name,status,role,error_message\n000000000001,'=x,failed,failed,no\n\
                000000000002,b,skipped,skipped,closed\n";
    let inventory = parse(text.as_bytes(), "accounts.csv").unwrap();
    assert_eq!(inventory.entries[0].account.name, "=x");
    assert_eq!(inventory.entries[0].selection, Selection::In);
    assert_eq!(inventory.entries[1].selection, Selection::Out(Reason::SkippedInReport("closed".to_owned())));
}

#[test]
fn a_file_that_is_no_inventory_is_said_so() {
    assert!(says("")[0].contains("no column `account_id`"));
    assert!(says("number,name\n1,2\n")[0].contains("no column `account_id`"));
    assert!(says("acount_id,name\n1,2\n")[0].contains("is it `account_id`?"));
    assert!(says("account_id\n")[0].contains("no account below the header"));
    assert!(says("account_id,account_id\n")[0].contains("there twice"));
    let latin = parse(b"account_id\n1\xe9", "a.csv").unwrap_err().to_string();
    assert!(latin.starts_with("a.csv:2:2: neither UTF-8"), "{latin}");
    assert!(says("account_id\n\u{1b}[31m\n")[0].contains("\\u{1b}"), "no escape reaches the terminal");
}

#[test]
fn the_line_of_a_fault_is_the_one_that_an_editor_shows() {
    for end in ["\n", "\r\n", "\r"] {
        // Line 3 is blank, and the row of line 4 goes on in line 5, in a column that nobody reads.
        let lines = [
            "account_id,region,owner",
            "000000000001,,",
            "",
            "000000000002,mars,\"of",
            "two lines\"",
            "000000000001,,",
            "3,,",
        ];
        let said = says(&(lines.join(end) + end));
        assert_eq!(said.len(), 3, "{said:#?}");
        for (said, wanted) in said.iter().zip([
            "a.csv:4:2: region: `mars`",
            "a.csv:6:1: account 000000000001 is in line 2 already",
            "a.csv:7:1: account_id: `3`",
        ]) {
            assert!(said.starts_with(wanted), "{end:?}: {said}");
        }
    }
    assert!(says("\r\n\r\naccount_id,account_id\r\n")[0].starts_with("a.csv:3:2: "));
    assert!(says("\r\naccount_id\r\n\r\n")[0].starts_with("a.csv:3:1: there is no account"));
}

#[test]
fn no_row_is_lost_in_a_quote() {
    let of = |text: &str| says(text).join("\n");
    let open = "account_id,name\r\n111111111111,\"Bob\r\n222222222222,Al\r\n333333333333,Cy\r\n";
    assert_eq!(of(open), "a.csv:2:2: the quote that opens this cell is never closed");
    // The quote that closes it is another cell's.
    let crossed = "account_id,owner\n111111111111,\"Bob\n222222222222,\"Al\"\n333333333333,Cy\n";
    assert!(of(crossed).starts_with("a.csv:2:2: there is text after the quote that closes this cell"));
    assert!(of("account_id,owner\n\"111111111111").starts_with("a.csv:2:1: the quote"));
    assert!(of("account_id,\"owner\n111111111111,\n").starts_with("a.csv:1:2: the quote"));

    let broken =
        "account_id,name,role_name,param.x,owner\n\"1\n\",,,,\n111111111111,\"a\nb\",\"R\nS\",\"\r\",\"me\nyou\"\n";
    let said = says(broken);
    let places =
        ["a.csv:2:1: account_id: a line break", "a.csv:4:2: name: a", "a.csv:4:3: role_name: a", "a.csv:4:4: "];
    assert_eq!(said.len(), places.len(), "{said:#?}");
    for (said, place) in said.iter().zip(places) {
        assert!(said.starts_with(place), "{said}");
    }

    let fine = "account_id,name,owner\n\"111111111111\",\"a \"\"b\"\", c\",\"me\nyou\"\n222222222222,5\" disk,\"\"";
    let names: Vec<_> = parse(fine.as_bytes(), "a.csv").unwrap().entries.into_iter().map(|e| e.account.name).collect();
    assert_eq!(names, ["a \"b\", c", "5\" disk"]);
}

#[test]
fn parameters_stand_in_columns_of_their_own_or_in_one() {
    let text = "account_id,param.a,params\n000000000001,1,b=2;c=x\\;y\n000000000002,,\n";
    let entries = parse(text.as_bytes(), "a.csv").unwrap().entries;
    let wanted = [("a", "1"), ("b", "2"), ("c", "x;y")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(entries[0].account.overrides.params, wanted.into());
    assert!(entries[1].account.overrides.params.is_empty());

    let said = says("account_id,param.a,params\n000000000001,1,a=2\n000000000002,,b\n");
    assert_eq!(
        said,
        ["a.csv:2:3: params: `a` has a value already", "a.csv:3:3: params: `b` is not of the form KEY=VALUE"]
    );
}

#[test]
fn an_account_that_its_row_calls_unusable_is_out() {
    let text = "account_id,status,state\n000000000001,SUSPENDED,\n000000000002,,PENDING_CLOSURE\n\
                000000000003,ACTIVE,CLOSED\n000000000004, pending_activation ,\n000000000005,ACTIVE,active\n\
                000000000006,Bavaria,\n000000000007,,Bavaria\n000000000008,new,\n000000000009,skipped,CLOSED\n";
    let inventory = parse(text.as_bytes(), "a.csv").unwrap();
    let not_active = |state: &str| Selection::Out(Reason::NotActive(state.to_owned()));
    let selections: Vec<_> = inventory.entries.into_iter().map(|entry| entry.selection).collect();
    let out = ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"].map(not_active);
    assert_eq!(selections[..4], out);
    assert_eq!(selections[4..8], [Selection::In, Selection::In, Selection::In, Selection::In]);
    assert!(matches!(selections[8], Selection::Out(Reason::SkippedInReport(_))));
    assert_eq!(inventory.notes.doubtful_states, ["Bavaria", "new"]);
}

#[test]
fn every_status_of_a_report_is_known() {
    for status in AccountStatus::ALL {
        let text = format!("account_id,status\n000000000001,{status}\n");
        let inventory = parse(text.as_bytes(), "a.csv").unwrap();
        assert!(inventory.notes.doubtful_states.is_empty(), "{status}");
        assert_eq!(inventory.entries[0].selection == Selection::In, *status != AccountStatus::Skipped, "{status}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, "f");
    }

    #[test]
    fn no_text_is_too_much(text in "[\\[\\]{}:,;\"'#&*<0-9aI \t\r\n-]{0,80}", head in prop::sample::select(HEADS.to_vec())) {
        if let Ok(inventory) = parse(format!("{head}{text}").as_bytes(), "f") {
            let ids: std::collections::BTreeSet<_> = inventory.entries.iter().map(|entry| entry.account.id).collect();
            prop_assert!(!ids.is_empty() && ids.len() == inventory.entries.len());
        }
    }
}

const HEADS: [&str; 7] = ["", "account_id,name\n", "accounts:\n- ", "{\"Accounts\": [", "[", "000000000001\n", "---\n"];
