//! Every form that people have, read, and a broken one of each with all its mistakes.

use super::file::parse;
use super::format::Format;
use super::list::{Inventory, Reason, Selection};

fn read(text: &str) -> Inventory {
    parse(text.as_bytes(), "f").unwrap()
}

/// The mistakes, each line without the file's name.
fn says(text: &str) -> Vec<String> {
    let said = parse(text.as_bytes(), "f").unwrap_err().to_string();
    said.lines().map(|line| line.strip_prefix("f:").unwrap().to_owned()).collect()
}

fn begin_with(said: &[String], wanted: &[&str]) {
    assert_eq!(said.len(), wanted.len(), "{said:#?}");
    for (said, wanted) in said.iter().zip(wanted) {
        assert!(said.starts_with(wanted), "{said}\n{wanted}");
    }
}

fn out(inventory: &Inventory) -> Vec<Option<&str>> {
    let state = |selection: &Selection| match selection {
        Selection::Out(Reason::NotActive(state)) => Some(state.clone().leak() as &str),
        _ => None,
    };
    inventory.entries.iter().map(|entry| state(&entry.selection)).collect()
}

const EXPORT: &str = "\"Account ID\",\"ARN\",\"Email\",\"Name\",\"State\",\"Joined method\",\"Joined timestamp\"\n\
    \"000000000001\",\"arn:aws:organizations::000000000001:account/o-a/000000000001\",\"a@x\",\"main\",\"ACTIVE\",\"INVITED\",\"2019-06-27T19:41:26.126Z\"\n\
    \"000000000002\",\"arn:aws:organizations::000000000001:account/o-a/000000000002\",\"b@x\",\"old, shop\",\"SUSPENDED\",\"CREATED\",\"2024-02-01T08:00:00Z\"\n\
    \"000000000003\",\"arn:aws:organizations::000000000001:account/o-a/000000000003\",\"c@x\",\"new\",\"PENDING_ACTIVATION\",\"CREATED\",\"\"\n";

#[test]
fn the_consoles_export_is_read_with_states_and_join_dates() {
    for text in [EXPORT.to_owned(), EXPORT.replace("\"State\"", "\"Status\""), EXPORT.replace(',', "\t")] {
        let inventory = read(&text);
        assert_eq!(inventory.notes.format, Some(Format::ConsoleExport));
        assert_eq!(out(&inventory), [None, Some("SUSPENDED"), Some("PENDING_ACTIVATION")]);
        let joined: Vec<_> = inventory.entries.iter().map(|entry| entry.account.joined.is_some()).collect();
        assert_eq!(joined, [true, true, false]);
        assert_eq!(inventory.entries[0].account.name, "main");
        assert!(inventory.notes.unread.is_empty(), "{:?}", inventory.notes);
    }
    // A word of an older export that a run's report has too.
    assert_eq!(out(&read(&EXPORT.replace("SUSPENDED", "PENDING")))[1], Some("PENDING"));
    let broken = EXPORT.replace("\"000000000002\"", "1.23457E+11").replace("\"000000000003\"", "\"000000000001\"");
    begin_with(
        &says(&broken.replace("Joined method", "Extrenal ID")),
        &["1:6: the column `Extrenal ID` is not read; is it `external_id`?"],
    );
    begin_with(
        &says(&broken),
        &["3:1: Account ID: `1.23457E+11` is not", "4:1: account 000000000001 is in line 2 already"],
    );
}

#[test]
fn what_list_accounts_prints_is_read_whole_paged_and_bare() {
    let page = |id: &str, state: &str, more: &str| {
        format!(
            "{{\n  \"Accounts\": [\n    {{\"Id\": \"{id}\", \"Arn\": \"x\", \"Email\": \"a@x\", \"Name\": \"n\", \"State\": \"{state}\", \
             \"Status\": \"ACTIVE\", \"JoinedMethod\": \"CREATED\", \"JoinedTimestamp\": \"2024-02-01T08:00:00+00:00\"}}\n  ]{more}\n}}\n"
        )
    };
    let (one, two) = (page("000000000001", "ACTIVE", ", \"NextToken\": \"t\""), page("000000000002", "CLOSED", ""));
    let bare =
        "[{\"Id\": \"000000000001\", \"Status\": \"ACTIVE\"}, {\"Id\": \"000000000002\", \"Status\": \"CLOSED\"}]";
    let yaml = "Accounts:\n- Id: '000000000001'\n  State: ACTIVE\n- Id: '000000000002'\n  State: CLOSED\n";
    for text in [format!("{one}{two}"), format!("[{one},{two}]"), bare.to_owned(), yaml.to_owned()] {
        let inventory = read(&text);
        assert_eq!(inventory.notes.format, Some(Format::ListAccounts), "{text}");
        assert_eq!(out(&inventory), [None, Some("CLOSED")], "{text}");
        assert!(inventory.notes.unread.is_empty(), "{:?}", inventory.notes);
    }
    assert!(read(&format!("{one}{two}")).entries[1].account.joined.is_some());
    assert_eq!(read("[\"000000000001\", \"000000000002\"]").notes.format, Some(Format::Ids));

    begin_with(&says(&one), &["4:6: the list goes on behind this token"]);
    begin_with(&says("{\"Accounts\": [{\"Id\": 1}, {\"Id\": \"000000000001\"}\n}"), &["2:1: not JSON from here on"]);
    begin_with(
        &says(
            "[{\"Id\": 12345678901},\n {\"Id\": \"000000000001\", \"Name\": []}, {\"Name\": \"x\"},\n {\"Id\": \"000000000001\"}, 7, null]",
        ),
        &[
            "1:9: Id: `12345678901` is not an account id (12 digits): it has 11 digits",
            "2:33: Name: it must be a text, and is a list",
            "2:38: there is no account id",
            "3:9: account 000000000001 is in line 2 already",
            "3:26: account_id: `7` is not an account id",
            "3:29: an account must be a map or an id, and is nothing",
        ],
    );
    begin_with(&says("{\"Roots\": []}"), &["1:1: no key `accounts` or `Accounts`"]);
    begin_with(&says("{\"Accounts\": []}"), &["1:1: there is no account in it"]);
    begin_with(&says("\u{feff}{\"Accounts\": {}}"), &["1:1: `Accounts` must be a list, and is a map"]);
}

const C7N: &str = "# ours\nvars: &all\n  charge_code: xyz\naccounts:\n- account_id: '000000000001'\n  name: web-prod\n  regions:\n  - eu-west-1\n  \
    role: arn:aws:iam::000000000001:role/ops/CloudCustodian\n  external_id: abc-1\n  vars: *all\n  tags:\n  - type:prod\n  \
    - path:/Workloads\n  - path:/Workloads/Prod\n  - label:env:dev\n- account_id: 000000000002\n  role: CloudCustodian\n  \
    regions: [eu-west-1, us-east-1]\n  email: a@x\n  owner: me\n";

#[test]
fn the_accounts_of_c7n_org_are_read_with_role_external_id_region_and_tags() {
    let inventory = read(C7N);
    assert_eq!(inventory.notes.format, Some(Format::C7nOrg));
    assert_eq!((inventory.notes.unread.as_slice(), inventory.notes.several_regions), (&["owner".to_owned()][..], 1));
    let [one, two] = inventory.entries.as_slice() else { panic!() };
    let row = &one.account.overrides;
    assert_eq!(row.assume_role.as_ref().unwrap().as_str(), "ops/CloudCustodian");
    assert_eq!(row.external_id.as_ref().unwrap().as_str(), "abc-1");
    assert_eq!(row.region.as_ref().unwrap().as_str(), "eu-west-1");
    assert_eq!((one.account.name.as_str(), two.account.id.as_str()), ("web-prod", "000000000002"));
    let tags = &inventory.tags.as_ref().unwrap()[&one.account.id];
    let wanted = [("type", "prod"), ("path", "/Workloads"), ("path", "/Workloads/Prod"), ("label", "env:dev")];
    assert_eq!(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect::<Vec<_>>(), wanted);

    let broken = C7N
        .replace("'000000000001'\n", "'1.2E+11'\n")
        .replace("external_id: abc-1", "external_id: a b")
        .replace("role: CloudCustodian", "role: arn:aws:iam::000000000001:role/CloudCustodian")
        .replace("owner: me", "asume_role: x\n- name: none\n- account_id: 000000000002\n  role: [a, b]");
    begin_with(
        &says(&broken),
        &[
            "5:15: account_id: `1.2E+11` is not an account id",
            "10:16: external_id: `a b` is not an external id",
            "21:3: the column `asume_role` is not read; is it `assume_role`?",
            "18:9: role: the ARN is of a role in account 000000000001, not in 000000000002; write `CloudCustodian`",
            "22:3: there is no account id",
            "24:9: role: roles are assumed in one step",
            "23:15: account 000000000002 is in line 17 already",
        ],
    );
    begin_with(&says("accounts:\n- account_id: '000000000001'\n   name: x\n"), &["3:"]);
    begin_with(&says("accounts:\n"), &["1:1: `accounts` must be a list, and is nothing"]);
    begin_with(
        &says("accounts:\n- account_id: '1'\n  account_id: '2'\n"),
        &["3:15: the key `account_id` is there twice"],
    );
}

#[test]
fn ids_alone_are_an_inventory() {
    for text in [
        "000000000001\n000000000002\n",
        "# prod\r\n000000000001\r\n\r\n000000000002",
        "000000000001,000000000002",
        "000000000001 000000000002\t\n",
        "\"000000000001\";\"000000000002\"",
    ] {
        let inventory = read(text);
        assert_eq!((inventory.notes.format, inventory.entries.len()), (Some(Format::Ids), 2), "{text:?}");
    }
    begin_with(
        &says("000000000001\n1.23457E+11\n12345678901, 000000000001\n 1234 5678 9012\n'000000000009\nweb-prod\n"),
        &[
            "2:1: account_id: `1.23457E+11` is not an account id (12 digits): a spreadsheet",
            "3:1: account_id: `12345678901` is not an account id (12 digits): it has 11 digits",
            "3:14: account 000000000001 is in line 1 already",
            "4:2: account_id: `1234 5678 9012` is not an account id (12 digits): it has more in it than its twelve",
            "5:1: account_id: `'000000000009` is not an account id",
            "6:1: account_id: `web-prod` is not an account id (12 digits): it is not made of digits",
        ],
    );
    begin_with(&says(" \n"), &["1:1: no column `account_id`, and no account"]);
}

#[test]
fn the_column_of_ids_has_several_names_and_one_that_counts() {
    for header in ["account_id", "AccountId", "Account", "Id", "Account ID", "ACCOUNT-ID"] {
        let inventory = read(&format!("name,{header}\nn,000000000001\n"));
        assert_eq!(inventory.entries[0].account.id.as_str(), "000000000001", "{header}");
    }
    // A short name is somebody else's where there is a long one.
    let inventory = read("Id,Account,account_id\n7,web,000000000001\n");
    assert_eq!((inventory.entries.len(), inventory.notes.unread), (1, vec!["Id".to_owned(), "Account".to_owned()]));
    begin_with(&says("AccountId,account_id\n1,2\n"), &["1:2: the column `account_id` is there twice"]);
}

#[test]
fn excels_unicode_text_is_read() {
    let text = EXPORT.replace(',', "\t").replace("old\t shop", "old, shop 日本");
    let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
    for bytes in [
        units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>(),
        units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
    ] {
        let inventory = parse(&bytes, "f").unwrap();
        assert_eq!(inventory.entries[1].account.name, "old, shop 日本");
        assert_eq!(inventory.notes.format, Some(Format::ConsoleExport));
    }
}
