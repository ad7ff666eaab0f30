//! What machines read: the JSON by its schemas, JUnit and SARIF, and the example workflow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::harness::Rolecall;

fn docs(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(path)).unwrap()
}

/// A schema, and the same in which a member that it does not name is a mistake: what we write, it tells of.
fn schemas(name: &str) -> [jsonschema::Validator; 2] {
    let schema: Value = serde_json::from_str(&docs(&format!("schemas/{name}.schema.json"))).unwrap();
    let mut strict = schema.clone();
    close(&mut strict);
    [schema, strict].map(|schema| jsonschema::draft202012::new(&schema).unwrap())
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") && members.get("type") == Some(&json!("object")) {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Holds values against the schema of that name.
#[track_caller]
pub(crate) fn hold(name: &str, values: &[Value]) {
    assert!(!values.is_empty(), "{name}");
    for schema in schemas(name) {
        for value in values {
            let wrong: Vec<String> = schema.iter_errors(value).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "docs/schemas/{name}.schema.json: {wrong:?}\n{value}");
        }
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_runs_write_is_as_the_schemas_say() {
    let rolecall = Rolecall::new();
    let mut kinds = BTreeSet::new();
    let read = |file: &str| fs::read_to_string(rolecall.path("reports/latest").join(file)).unwrap();
    for (run, code) in [
        (&["apply", "--sandbox=rough", "--account-timeout", "5s"][..], 1),
        (&["plan", "--sandbox"], 3),
        (&["verify", "--sandbox", "--simulate"], 3),
        (&["verify", "--sandbox", "--against", "latest"], 3),
        (&["remove", "--sandbox", "--force"], 0),
        (&["apply", "--sandbox", "--preflight", "--waves", "1,10%", "--max-failures", "5%"], 0),
    ] {
        let more = ["--format", "json", "--quiet", "--pass-role-to", "user/analyst"];
        let ran = rolecall.run(&[run, &more].concat());
        assert_eq!(ran.code, code, "{run:?}: {}", ran.stderr);
        let events = lines(&ran.stdout);
        hold("events", &events);
        kinds.extend(events.iter().map(|event| event["event"].as_str().unwrap().to_owned()));
        hold("run", &[serde_json::from_str(&read("run.json")).unwrap()]);
        if run[0] == "verify" {
            hold("evidence", &lines(&read("evidence.jsonl")));
        }
        if run.contains(&"--against") {
            hold("compare", &[serde_json::from_str(&read("compare.json")).unwrap()]);
        }
    }
    // The other way round: the schema speaks of no event that there is not.
    let schema: Value = serde_json::from_str(&docs("schemas/events.schema.json")).unwrap();
    let told: BTreeSet<String> = (schema["oneOf"].as_array().unwrap().iter())
        .map(|event| event["properties"]["event"]["const"].as_str().unwrap().to_owned())
        .collect();
    assert!(told.is_superset(&kinds), "{kinds:?}");
    let rare = ["drain_started", "network_back", "network_lost"];
    assert_eq!(
        told.difference(&kinds).collect::<Vec<_>>(),
        rare,
        "these need a run that stops, or a network that goes away"
    );
}

#[test]
fn a_schema_refuses_what_is_not_so() {
    let event = json!({ "event": "account_started", "account_id": "12", "account_name": "", "at": "2026-11-24T09:30:05Z",
        "elapsed_ms": 0 });
    let [schema, strict] = schemas("events");
    assert!(!schema.is_valid(&event), "an id has twelve digits");
    let mut event = event;
    event["account_id"] = json!("000000000012");
    event["news"] = json!(1);
    assert!(schema.is_valid(&event) && !strict.is_valid(&event), "members may come, and then stand in the schema");
}

#[derive(Debug, Default, PartialEq)]
struct Suite {
    attributes: BTreeMap<String, String>,
    elements: BTreeMap<String, usize>,
    cases: Vec<String>,
}

fn suite(xml: &str) -> Suite {
    let mut suite = Suite::default();
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return suite,
            Event::Start(element) | Event::Empty(element) => {
                let name = element.name().as_ref().to_owned();
                let attributes: BTreeMap<String, String> = element
                    .attributes()
                    .map(Result::unwrap)
                    .map(|attribute| {
                        let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
                        (attribute.key.as_ref().to_owned(), value)
                    })
                    .collect();
                if name == "testcase" {
                    suite.cases.push(attributes["name"].clone());
                }
                if name == "testsuite" {
                    suite.attributes = attributes;
                }
                *suite.elements.entry(name).or_default() += 1;
            }
            _ => {}
        }
    }
}

#[test]
fn a_run_is_a_junit_suite_and_a_sarif_log_that_agree_with_its_rows() {
    for (run, code) in [
        (&["verify", "--sandbox", "--pass-role-to", "user/analyst"][..], 3),
        (&["apply", "--sandbox=rough", "--account-timeout", "5s"], 1),
        (&["plan", "--sandbox", "--include", "291847560312", "--pass-role-to", "user/analyst"], 0),
    ] {
        let rolecall = Rolecall::new();
        let ran = rolecall.run(&[run, &["--quiet", "--junit", "run.junit.xml", "--sarif", "run.sarif"]].concat());
        assert_eq!(ran.code, code, "{ran:?}");
        let statuses = rolecall.statuses();
        let of = |names: &[&str]| names.iter().filter_map(|name| statuses.get(*name)).sum::<usize>();
        let xml = fs::read_to_string(rolecall.path("run.junit.xml")).unwrap();
        let suite = suite(&xml);
        let rows = rolecall.rows();
        // A cell that a spreadsheet would run has a mark before it, which is the CSV's alone.
        let name = |row: &BTreeMap<String, String>| row["account_name"].trim_start_matches('\'').to_owned();
        let names: Vec<String> = rows.iter().map(|row| format!("{} {}", row["account_id"], name(row))).collect();
        assert_eq!(suite.cases, names.iter().map(|name| name.trim_end()).collect::<Vec<_>>());
        let (errors, failures) = (of(&["failed", "not_reached"]), of(&["drifted", "missing", "pending"]));
        for (element, attribute, count) in
            [("error", "errors", errors), ("failure", "failures", failures), ("skipped", "skipped", of(&["skipped"]))]
        {
            assert_eq!(suite.elements.get(element).copied().unwrap_or(0), count, "{element}: {xml}");
            assert_eq!(suite.attributes[attribute], count.to_string());
        }
        assert_eq!((suite.attributes["tests"].clone(), errors + failures == 0), (rows.len().to_string(), code == 0));

        let sarif: Value = serde_json::from_slice(&fs::read(rolecall.path("run.sarif")).unwrap()).unwrap();
        assert_eq!((sarif["version"].as_str(), sarif["runs"].as_array().map(Vec::len)), (Some("2.1.0"), Some(1)));
        let log = &sarif["runs"][0];
        assert_eq!(log["tool"]["driver"]["name"], "rolecall");
        assert_eq!(log["invocations"][0]["exitCode"], code);
        let results = log["results"].as_array().unwrap();
        assert_eq!(results.len(), errors + failures, "{results:?}");
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(log["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()), "{result}");
            let line = result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
            let row = &rows[usize::try_from(line).unwrap() - 2];
            assert!(result["message"]["text"].as_str().unwrap().starts_with(&row["account_id"]), "{result}");
            let status = result["ruleId"].as_str().unwrap().strip_prefix("rolecall/").unwrap();
            assert_eq!(status, row["status"]);
        }
    }
}

#[test]
fn a_place_that_takes_no_file_is_said_before_the_run() {
    let rolecall = Rolecall::new();
    for option in ["--junit", "--sarif"] {
        let ran = rolecall.run(&["verify", "--sandbox", option, "no/such/file"]);
        assert!(ran.code == 2 && ran.stderr.contains("cannot write to `no/such/file`"), "{ran:?}");
    }
    assert!(!rolecall.path("reports/latest").exists());
}

#[test]
fn the_example_workflow_is_yaml_and_its_command_is_one_of_ours() {
    let workflow: Value = serde_saphyr::from_str(&docs("ci/quarterly-verify.yml")).unwrap();
    assert_eq!(workflow["permissions"]["id-token"], "write");
    // A report lists the organization; an artifact is read by everybody who may read the repository.
    assert!(!docs("ci/quarterly-verify.yml").contains("upload-artifact"));
    let steps = workflow["jobs"]["verify"]["steps"].as_array().unwrap();
    let commands: Vec<&str> = (steps.iter().filter_map(|step| step["run"].as_str()))
        .flat_map(str::lines)
        .map(str::trim)
        .filter(|line| line.starts_with("rolecall "))
        .collect();
    assert_eq!(commands.len(), 1, "{commands:?}");
    let rolecall = Rolecall::new();
    let command = commands[0].replace("\"$SETUP\"", "amazon-ml-redshift");
    let command = command.replace("--organization", "--sandbox").replace("\"${against[@]}\"", "");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let first = rolecall.run(&words);
    assert_eq!(first.code, 3, "{first:?}");
    assert!(rolecall.path("verify.junit.xml").exists() && rolecall.path("verify.sarif").exists());
    // As the artifact of the last run has it: a folder with the report's files and another name.
    fs::create_dir(rolecall.path("last")).unwrap();
    for file in ["run.json", "accounts.csv", "evidence.jsonl"] {
        fs::copy(rolecall.path("reports/latest").join(file), rolecall.path("last").join(file)).unwrap();
    }
    let again = rolecall.run(&[&words[..], &["--against", "last"]].concat());
    assert!(again.code == 3 && again.stdout.contains("the evidence of both runs is identical"), "{again:?}");
}

/// Whether a CI system that reads this as a log finds a command in it.
fn commands(log: &str) -> Vec<&str> {
    let is_word = |line: &str| {
        line.split("##").skip(1).any(|rest| {
            let rest = rest.trim_start_matches('#');
            rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
        })
    };
    let begins = |line: &str| {
        line.trim_start().strip_prefix("::").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    log.lines().filter(|line| is_word(line) || begins(line)).collect()
}

#[test]
fn no_name_is_a_command_to_a_ci_system() {
    let home = Rolecall::new();
    let server = super::harness::Server::start(&home, "accounts=3,seed=3");
    let rolecall = Rolecall::new().with(server.environment.clone());
    let listed = rolecall.run(&["accounts", "--organization"]);
    let names = ["##vso[task.setvariable variable=x]y", "##[group]a", "::set-output name=x::y", "##teamcity[x 'y']"];
    let mut ids: Vec<&str> = listed.stdout.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    // One that is not there, so that there is something to say of it.
    ids.push("999999999999");
    let rows = ids.iter().zip(names.iter().cycle()).map(|(id, name)| format!("{id},\"{name}\"\n"));
    fs::write(rolecall.path("hostile.csv"), format!("account_id,name\n{}", rows.collect::<String>())).unwrap();
    let hostile = ["--accounts", "hostile.csv", "--pass-role-to", "user/nobody", "--yes"];
    for more in [
        &["--format", "text", "-vv", "--log", "run.log", "--junit", "junit.xml", "--sarif", "run.sarif"][..],
        &["--format", "json", "--log", "run.jsonl"],
    ] {
        let ran = rolecall.run(&[&["apply"], &hostile[..], more].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        for said in [&ran.stdout, &ran.stderr] {
            assert_eq!(commands(said), [""; 0]);
        }
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains("task.setvariable"), "the names are shown: {ran:?}");
    }
    for file in ["run.log", "run.jsonl", "junit.xml", "run.sarif", "reports/latest/journal.jsonl"] {
        assert_eq!(commands(&fs::read_to_string(rolecall.path(file)).unwrap()), [""; 0], "{file}");
    }
    assert_eq!(commands("a ##vso[x]\n  ::y::\narn:aws:s3:::b\n### 3 [x]").len(), 2, "the judge finds them");
}
