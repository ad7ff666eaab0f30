//! A run as JUnit's XML, as Jenkins, GitLab and others read it: an account is a test case.
//!
//! An account that failed or was not reached is an error, one that is not as the setup says a failure, so that the
//! suite is green if, and only if, the run's exit code is 0 (or 130 before the first account).

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event as Xml};

use super::ci_file::Finished;
use super::row::AccountRow;
use crate::account::outcome::{AccountStatus, Step};
use crate::sanitize::printable::printable;

pub(super) fn write(out: &mut dyn Write, run: &Finished, mut rows: impl Iterator<Item = AccountRow>) -> io::Result<()> {
    let (info, stats) = (&run.info, &run.stats);
    let name = format!("rolecall {} {}", info.command, info.setup);
    let tests = stats.finished().to_string();
    let errors = (stats.failed + stats.not_reached).to_string();
    let failures = (stats.pending + stats.drifted + stats.missing).to_string();
    let skipped = stats.skipped.to_string();
    let time = run.ended_at.duration_since(info.started_at).as_secs_f64();
    let counts = [
        ("name", legal(&name)),
        ("tests", tests.into()),
        ("failures", failures.into()),
        ("errors", errors.into()),
        ("time", format!("{:.3}", time.max(0.0)).into()),
    ];
    let borrowed = || counts.iter().map(|(key, value)| (*key, &**value));
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites").with_attributes(borrowed()).write_inner_content(|xml| {
        let started_at = format!("{:.0}", info.started_at);
        let suite = xml.create_element("testsuite").with_attributes(borrowed());
        let suite = suite.with_attributes([("skipped", &*skipped), ("timestamp", &started_at), ("id", "0")]);
        suite.write_inner_content(|xml| {
            let class = format!("rolecall.{}.{}", info.command, info.setup.replace('.', "-"));
            rows.try_for_each(|row| case(xml, &class, &row))
        })?;
        Ok(())
    })?;
    xml.into_inner().write_all(b"\n")
}

fn case(xml: &mut Writer<&mut dyn Write>, class: &str, row: &AccountRow) -> io::Result<()> {
    let name = format!("{} {}", row.account_id, row.account_name);
    let time = format!("{}.{:03}", row.duration_ms / 1_000, row.duration_ms % 1_000);
    let case = xml.create_element("testcase").with_attributes([
        ("name", &*legal(&printable(name.trim_end()))),
        ("classname", &*legal(class)),
        ("time", &time),
    ]);
    let (element, kind, message) = match row.status {
        AccountStatus::Skipped => ("skipped", "", row.error_message.as_str()),
        AccountStatus::Failed => ("error", row.error_code.as_str(), row.error_message.as_str()),
        AccountStatus::NotReached => ("error", "not_reached", row.error_message.as_str()),
        AccountStatus::Pending | AccountStatus::Drifted | AccountStatus::Missing => {
            ("failure", row.status.as_str(), if row.notes.is_empty() { row.status.as_str() } else { &row.notes })
        }
        _ => return case.write_empty().map(|_| ()),
    };
    case.write_inner_content(|xml| {
        let element = xml.create_element(element).with_attribute(("message", &*legal(&printable(message))));
        if kind.is_empty() {
            element.write_empty()?;
        } else {
            let element = element.with_attribute(("type", &*legal(&printable(kind))));
            element.write_text_content(BytesText::new(&legal(&text(row))))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// What is worth knowing beyond the message, a line for each.
fn text(row: &AccountRow) -> String {
    let lines = [
        ("role", row.role_arn.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("step", row.failed_step.map(Step::as_str).unwrap_or_default().to_owned()),
        ("request id", row.request_id.clone()),
        ("fix", row.fix.clone()),
    ];
    let said = lines.into_iter().filter(|(_, text)| !text.is_empty());
    said.map(|(head, text)| format!("{head}: {}\n", printable(&text))).collect()
}

/// The text without the characters that XML does not know even as references.
fn legal(text: &str) -> Cow<'_, str> {
    let illegal = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(illegal) { text.replace(illegal, "\u{fffd}").into() } else { text.into() }
}
