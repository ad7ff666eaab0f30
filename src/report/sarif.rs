//! A run as SARIF 2.1.0, as code scanning reads it: an account that is not as it should be is a result, by the rule of
//! its status, with a fingerprint that stays the same from run to run.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::ci_file::Finished;
use super::row::AccountRow;
use crate::account::outcome::{AccountStatus, Step};
use crate::rollout::event::Ended;
use crate::sanitize::printable::printable;

/// The schema's own name, which readers look at.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The statuses that are results, with what each says and how grave it is.
const RULES: [(AccountStatus, &str, &str); 5] = [
    (AccountStatus::Failed, "The account could not be worked on", "error"),
    (AccountStatus::NotReached, "The run ended before this account", "warning"),
    (AccountStatus::Missing, "The account does not have the role", "error"),
    (AccountStatus::Drifted, "The account differs from the setup", "error"),
    (AccountStatus::Pending, "Apply would change the account", "warning"),
];

#[derive(Serialize)]
#[serde(bound = "I: Iterator<Item = Value>")]
struct Log<I: Iterator<Item = Value>> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<I>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", bound = "I: Iterator<Item = Value>")]
struct Run<I: Iterator<Item = Value>> {
    tool: Value,
    automation_details: Value,
    invocations: [Value; 1],
    #[serde(serialize_with = "one_by_one")]
    results: RefCell<I>,
}

pub(super) fn write(out: &mut dyn Write, run: &Finished, rows: impl Iterator<Item = AccountRow>) -> io::Result<()> {
    let info = &run.info;
    // The header is line 1.
    let results = (2_u64..).zip(rows).filter_map(|(line, row)| result(line, &row));
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": "rolecall",
                "version": info.version,
                "semanticVersion": info.version,
                "rules": RULES.map(|(status, text, level)| json!({
                    "id": rule(status),
                    "shortDescription": { "text": text },
                    "defaultConfiguration": { "level": level },
                })),
            }}),
            automation_details: json!({ "id": format!("rolecall/{}/{}/{}", info.command, info.setup, info.run_id) }),
            invocations: [json!({
                "executionSuccessful": run.ended == Ended::Complete,
                "exitCode": run.exit_code(),
                "startTimeUtc": format!("{:.3}", info.started_at),
                "endTimeUtc": format!("{:.3}", run.ended_at),
            })],
            results: RefCell::new(results),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn one_by_one<I: Iterator<Item = Value>, S: Serializer>(results: &RefCell<I>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(&mut *results.borrow_mut())
}

fn rule(status: AccountStatus) -> String {
    format!("rolecall/{status}")
}

fn result(line: u64, row: &AccountRow) -> Option<Value> {
    let index = RULES.iter().position(|(status, ..)| *status == row.status)?;
    let (status, text, level) = RULES.get(index)?;
    let account = format!("{} {}", row.account_id, row.account_name);
    let why = match status {
        AccountStatus::Failed => {
            let step = row.failed_step.map(Step::as_str).unwrap_or_default();
            format!("{step}: {}: {}. {}", row.error_code, row.error_message, row.fix)
        }
        AccountStatus::NotReached => row.error_message.clone(),
        _ => row.notes.clone(),
    };
    let message = if why.is_empty() {
        format!("{}: {text}", account.trim_end())
    } else {
        format!("{}: {why}", account.trim_end())
    };
    let resource = row.role_arn.as_ref().map_or_else(|| row.account_id.to_string(), ToString::to_string);
    Some(json!({
        "ruleId": rule(*status),
        "ruleIndex": index,
        "level": level,
        "message": { "text": printable(&message) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": "accounts.csv" }, "region": { "startLine": line } },
            "logicalLocations": [{ "name": row.account_id, "fullyQualifiedName": resource, "kind": "resource" }],
        }],
        "partialFingerprints": { "accountAndStatus/v1": format!("{}/{status}", row.account_id) },
    }))
}
