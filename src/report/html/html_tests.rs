//! The page as text: what it holds, that nothing in it can act, and that it stays within its room.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::page::{HtmlPage, Room};
use super::shell::{RUN, SCRIPT, STYLE, policy};
use super::{escape, shell};
use crate::account::change::ChangeResult;
use crate::account::outcome::Step;
use crate::digest::sha256_base64;
use crate::report::{Reporter, sample};
use crate::rollout::event::{Ended, Event, EventKind, Stage};

const PLENTY: Room = Room { rows: 1 << 30, details: 1 << 30 };

/// The page of a run.
fn page(events: &[Event], room: Room) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let mut report = Box::new(HtmlPage::with_room(&path, room).unwrap());
    events.iter().for_each(|event| report.event(event).unwrap());
    report.finish().unwrap();
    let left: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["report.html"], "the spool is gone");
    std::fs::read_to_string(path).unwrap()
}

fn told(page: &str, id: &str) -> Value {
    let start = format!("<script type=\"application/json\" id=\"{id}-data\">");
    let data = page.split(&start).nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(data).unwrap()
}

/// A row by its columns' names, with its texts put back.
fn row(page: &str, index: usize) -> Value {
    let (run, rows, texts) = (told(page, "run"), told(page, "accounts"), told(page, "texts"));
    let id = rows[index][0].as_str().unwrap().to_owned();
    let mut row = serde_json::Map::new();
    for (place, column) in run["columns"].as_array().unwrap().iter().enumerate() {
        let column = column.as_str().unwrap();
        let shared = ["unit", "role_arn", "code", "message", "fix", "notes"].contains(&column);
        let cell = match &rows[index][place] {
            Value::Number(place) if shared => {
                let text = texts[usize::try_from(place.as_u64().unwrap()).unwrap()].as_str().unwrap();
                Value::from(text.replace('\0', &id))
            }
            cell => cell.clone(),
        };
        row.insert(column.to_owned(), cell);
    }
    Value::Object(row)
}

#[test]
fn the_page_says_what_was_run_and_how_each_account_came_out() {
    let page = page(&sample::rough(), PLENTY);
    let run = told(&page, "run");
    assert_eq!(run["run"]["command"], "apply");
    assert_eq!(run["counts"]["failed"], 9);
    assert_eq!(run["ended"]["exit"], 1);
    assert_eq!(run["left_out"], serde_json::json!({ "accounts": 0, "details": 0 }));
    let accounts = told(&page, "accounts").as_array().unwrap().len();
    assert_eq!((accounts, told(&page, "details").as_array().unwrap().len()), (1_214, 1_214));
    let denied = row(&page, 1_203);
    assert_eq!(denied["id"], "000000002001");
    assert_eq!(denied["fix"], "let account 000000002001 trust the caller in role/OrganizationAccountAccessRole");
    let details = told(&page, "details");
    assert_eq!(details[0][0]["steps"], serde_json::json!([["assume_role", 60]]));
    assert_eq!(details[0][0]["changes"][0]["action"], "UpdateAssumeRolePolicy");
    let before = usize::try_from(details[0][0]["changes"][0]["before"].as_u64().unwrap()).unwrap();
    assert_eq!(told(&page, "texts")[before], r#"{"a":1}"#);
}

#[test]
fn texts_that_accounts_share_are_there_once() {
    let page = page(&sample::rough(), PLENTY);
    assert_eq!(page.matches("trust the caller in role/OrganizationAccountAccessRole").count(), 1);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn a_verify_shows_both_sides_of_what_differs() {
    let page = page(&sample::run_of("verify", vec![sample::drifted(1)], Ended::Complete), PLENTY);
    let item = &told(&page, "details")[0][0]["changes"][0];
    assert_eq!((&item["action"], &item["result"]), (&"".into(), &"changed".into()));
    assert!(item["before"].is_u64() && item["after"].is_u64(), "{item}");
}

#[test]
fn an_account_keeps_what_it_did_in_earlier_stages() {
    let (one, wave) = (sample::account(1), Stage::Wave { number: 1, of: 1, accounts: 1 });
    let step = |step| EventKind::StepStarted { account_id: one, step };
    let applied = ChangeResult::Applied { request_id: None };
    let events = [
        sample::run_started(1, 1),
        sample::at(1, EventKind::StageStarted { stage: wave }),
        sample::at(2, sample::started(1)),
        sample::at(3, step(Step::PutTrust)),
        sample::settled(1, sample::trust_change(), applied),
        sample::at(901, EventKind::StagePassed { account_id: one }),
        sample::at(910, sample::started(1)),
        sample::at(911, step(Step::Observe)),
        sample::finished(0, sample::created(1)),
    ];
    let page = page(&events, PLENTY);
    let stages = &told(&page, "details")[0];
    assert_eq!(stages[0]["steps"], serde_json::json!([["put_trust", 3]]));
    assert_eq!(stages[0]["changes"].as_array().unwrap().len(), 1);
    assert_eq!(stages[1], serde_json::json!({ "steps": [["observe", 911]], "changes": [] }));
    let timeline = told(&page, "timeline");
    assert_eq!(
        timeline["stages"][0],
        serde_json::json!({ "stage": "wave", "number": 1, "of": 1, "accounts": 1, "at": 1 })
    );
    assert_eq!(timeline["steps"].as_array().unwrap().iter().filter(|step| step["done"] == 1).count(), 1);
}

#[test]
fn what_was_changed_in_an_earlier_invocation_is_told() {
    let applied = ChangeResult::Applied { request_id: Some("req-earlier".to_owned()) };
    let events = [
        sample::settled(1, sample::trust_change(), applied),
        sample::run_started(1, 1),
        sample::finished(0, sample::created(1)),
    ];
    let page = page(&events, PLENTY);
    assert_eq!(told(&page, "details")[0][0]["changes"][0]["request_id"], "req-earlier");
    assert_eq!(told(&page, "timeline")["steps"], serde_json::json!([]), "nothing was done in this invocation");
}

#[test]
fn a_run_that_broke_off_says_so() {
    let events = sample::healthy(9);
    let page = page(&events[..events.len() - 1], PLENTY);
    assert_eq!(told(&page, "run")["ended"], Value::Null);
}

#[test]
fn nothing_that_somebody_typed_can_leave_its_element() {
    let hostile = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>&lt;\u{2028}\u{2029}\"'\\";
    let mut outcome = sample::denied(7);
    outcome.account_name = hostile.to_owned();
    outcome.unit = hostile.to_owned();
    outcome.notes = vec![hostile.to_owned()];
    if let Some(failure) = &mut outcome.failure {
        failure.code = hostile.into();
        failure.message = format!("{hostile}\0 000000000007");
        failure.fix = hostile.to_owned();
    }
    let page = page(&sample::run_of("apply", vec![outcome], Ended::Complete), PLENTY);
    let before_the_script = page.split("<script>").next().unwrap();
    let data = before_the_script.split("application/json").skip(1).collect::<Vec<_>>();
    for data in &data {
        assert_eq!(data.matches('<').count(), data.matches("</script>").count() + data.matches("<script type").count());
        assert!(!data.contains(['&', '\u{2028}', '\u{2029}']), "{data}");
    }
    assert_eq!(page.matches("<script").count(), data.len() + 1);
    let row = row(&page, 0);
    // What acts is made visible, as in every report; the rest is what was typed.
    assert!(row["name"].as_str().unwrap().starts_with("</script><script>alert(1)</script><!--<img"), "{row}");
    assert!(row["message"].as_str().unwrap().ends_with("000000000007"), "{row}");
}

#[test]
fn escaped_json_is_the_same_json() {
    for text in ["", "<", "a<b>c&d\u{2028}e\u{2029}", "\u{1}\"\\/\n", "Zoë 計算 🙂"] {
        let mut json = Vec::new();
        escape::json(text, &mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}

#[test]
fn the_policy_lets_this_style_and_this_script_act_and_nothing_else() {
    let mut page = Vec::new();
    shell::write(&mut page, &RUN, |_| Ok(())).unwrap();
    let page = String::from_utf8(page).unwrap();
    let between = |from: &str, to: &str| page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
    let policy = policy(SCRIPT);
    assert!(page.contains(&format!("content=\"{policy}\"")));
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains(&format!("script-src 'sha256-{}'", sha256_base64(between("<script>", "</script>")))));
    assert!(policy.contains(&format!("style-src 'sha256-{}'", sha256_base64(between("<style>", "</style>")))));
    assert!(!page.contains("@@"));
}

#[test]
fn the_script_puts_text_on_the_page_as_text_only_and_asks_nobody() {
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
        "http:",
        "fetch(",
        "XMLHttp",
        "import",
    ] {
        let script = SCRIPT.replace("http://www.w3.org/2000/svg", "");
        assert!(!script.contains(word), "{word}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    assert!(!SCRIPT.contains("</") && !STYLE.contains("</") && !SCRIPT.contains("<!--"));
}

#[test]
fn what_there_is_no_room_for_is_counted_and_trouble_comes_first() {
    let mut outcomes: Vec<_> = (1..=300).map(sample::created).collect();
    outcomes.extend((301..=320).map(sample::denied));
    let events = sample::run_of("apply", outcomes, Ended::Complete);
    let whole = page(&events, PLENTY);
    let no_details = page(&events, Room { rows: 1 << 30, details: 2_000 });
    let left_out = told(&no_details, "run")["left_out"]["details"].as_u64().unwrap();
    let details = told(&no_details, "details");
    let told_of = details.as_array().unwrap().iter().filter(|detail| detail.is_array()).count() as u64;
    assert_eq!(left_out + told_of, 320);
    assert!(left_out > 250 && details[310].is_array(), "{left_out}");
    assert_eq!(told(&no_details, "accounts"), told(&whole, "accounts"));

    let few = page(&events, Room { rows: 6_000, details: 1 << 30 });
    let accounts = told(&few, "accounts");
    let accounts = accounts.as_array().unwrap();
    assert_eq!(told(&few, "run")["left_out"]["accounts"].as_u64().unwrap() + accounts.len() as u64, 320);
    assert_eq!(accounts.iter().filter(|row| row[3] == "failed").count(), 20);
    assert_eq!(told(&few, "details").as_array().unwrap().len(), accounts.len());
    assert!(few.len() < whole.len());
}

/// Writes pages of invented runs for `tests/page/measure.mjs`, where `ROLECALL_PAGES` names a folder.
#[test]
#[ignore = "writes pages to be looked at"]
fn pages_of_many_accounts() -> io::Result<()> {
    let Some(folder) = std::env::var_os("ROLECALL_PAGES") else { return Ok(()) };
    for accounts in [1_000, 10_000, 50_000] {
        let path = Path::new(&folder).join(format!("{accounts}.html"));
        let mut report = Box::new(HtmlPage::create(&path)?);
        for event in sample::organization(accounts) {
            report.event(&event)?;
        }
        report.finish()?;
    }
    Ok(())
}
