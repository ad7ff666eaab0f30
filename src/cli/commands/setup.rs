//! `rolecall setup`: which setups there are, what one would put into an account, and what is wrong with one.

use std::io::IsTerminal;

use serde_json::{Value, json};

use super::bootstrap;
use crate::cli::args::options::Format;
use crate::cli::args::setup::{SetupCheckArgs, SetupCommand, SetupShowArgs};
use crate::cli::error::CliError;
use crate::cli::rollout::choices;
use crate::cli::{snippet, ui};
use crate::sanitize::printable::{printable, printable_json};
use crate::setup::desired::{Desired, DesiredRole, ExtraPolicies, Policy};
use crate::setup::file::built_in_names;
use crate::setup::finding::Finding;
use crate::setup::resolve::{Choices, Place, Setup};

pub(crate) fn setup(command: SetupCommand) -> Result<u8, CliError> {
    match command {
        SetupCommand::List => list(),
        SetupCommand::Show(args) => show(&args),
        SetupCommand::Check(args) => check(args),
        SetupCommand::Bootstrap(args) => bootstrap::bootstrap(*args),
    }
}

/// Says on stderr why a setup is not used.
pub(crate) fn refuse(mistakes: &[Finding]) {
    report(mistakes);
    ui::say(&format!("error: {} in the setup", count(mistakes.len(), "mistake")));
    ui::say("hint: `rolecall setup check` shows them again; nothing was written");
}

fn report(findings: &[Finding]) {
    let coloured = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
        && std::io::stderr().is_terminal();
    let width = terminal_size::terminal_size().map_or(120, |(width, _)| usize::from(width.0)).max(40);
    ui::say(&format!("{}\n", snippet::render(findings, coloured, width)));
}

fn list() -> Result<u8, CliError> {
    let mut rows = Vec::new();
    for name in built_in_names() {
        let setup = Setup::load(name, Choices::default())?;
        rows.push([name.to_owned(), setup.role_name().to_owned(), setup.about().to_owned()]);
    }
    let widest = |column: fn(&[String; 3]) -> &String| rows.iter().map(|row| column(row).len()).max().unwrap_or(0);
    let (names, roles) = (widest(|[name, ..]| name), widest(|[_, role, _]| role));
    for [name, role, about] in &rows {
        ui::out(&format!("{name:names$}  {role:roles$}  {about}\n"))?;
    }
    Ok(0)
}

fn show(args: &SetupShowArgs) -> Result<u8, CliError> {
    let setup = Setup::load(&args.setup, choices(&args.what, Some(&args.grant), false))?;
    let place = Place {
        account: args.account_id,
        account_name: args.account_name.clone(),
        partition: args.partition.clone(),
        region: args.region.clone(),
    };
    let desired = setup.fill(&place, &Choices::default())?;
    match args.format {
        Format::Text => ui::out(&text(&desired))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&as_json(&desired)).unwrap_or_default();
            ui::out(&format!("{}\n", printable_json(&json)))?;
        }
    }
    Ok(0)
}

fn check(args: SetupCheckArgs) -> Result<u8, CliError> {
    let params = args.param.into_iter().collect();
    let (setup, findings) =
        Setup::examine(&args.setup, Choices { params, ..Choices::default() }, Some(&args.partition))?;
    if !findings.is_empty() {
        report(&findings);
    }
    let mistakes = findings.iter().filter(|finding| finding.is_mistake()).count();
    let warnings = findings.len() - mistakes;
    let name = if setup.name().is_empty() { &args.setup } else { setup.name() };
    ui::out(&format!("{}: {}, {}\n", printable(name), count(mistakes, "mistake"), count(warnings, "warning")))?;
    Ok(if mistakes > 0 || (args.strict && warnings > 0) { 2 } else { 0 })
}

fn count(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// What an account would get, for people.
fn text(desired: &Desired) -> String {
    let mut lines = vec![format!("setup        {}", printable(&desired.setup))];
    let mut documents = String::new();
    let mut document = |title: String, policy: &Policy| {
        documents += &format!("\n{title}\n{}\n", printable_json(&spread(&policy.text)));
    };
    for role in &desired.roles {
        lines.push(format!("role         {}", role.arn));
        lines.extend(attributes(role).into_iter().map(|(what, value)| format!("{what:12} {}", printable(&value))));
        document("trust policy".to_owned(), &role.trust);
        for (name, policy) in &role.inline {
            document(format!("inline policy {name}"), policy);
        }
    }
    for grant in &desired.grants {
        let to: Vec<String> = grant.to.iter().map(ToString::to_string).collect();
        let on = if to.is_empty() { "nobody: name somebody with --pass-role-to".to_owned() } else { to.join(", ") };
        document(format!("grant {} on {on}", grant.name), &grant.policy);
    }
    lines.join("\n") + "\n" + &documents
}

/// What a role has but for its documents.
fn attributes(role: &DesiredRole) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(role.description.clone().map(|description| ("description", description)));
    all.extend(role.max_session_duration.map(|seconds| ("sessions", format!("up to {seconds} seconds"))));
    all.extend(role.boundary.as_ref().map(|boundary| ("boundary", boundary.to_string())));
    all.extend(role.tags.iter().map(|(key, value)| ("tag", format!("{key} = {value}"))));
    all.extend(role.managed.iter().map(|arn| ("managed", arn.to_string())));
    let what = match role.extra_policies {
        ExtraPolicies::Report => "stay and are told of",
        ExtraPolicies::Remove => "are removed",
        ExtraPolicies::Ignore => "stay and are not told of",
    };
    all.push(("others", format!("policies on the role that are not in the setup {what}")));
    all
}

/// What an account would get, for programs.
fn as_json(desired: &Desired) -> Value {
    let grants = desired.grants.iter().map(|grant| {
        json!({
            "name": grant.name,
            "to": grant.to,
            "policy": parsed(&grant.policy),
            "missing_principal": grant.missing_principal,
        })
    });
    json!({
        "setup": desired.setup,
        "role": desired.roles.first().map(role_json),
        "grants": grants.collect::<Vec<_>>(),
    })
}

fn role_json(role: &DesiredRole) -> Value {
    let inline = role.inline.iter().map(|(name, policy)| (name.to_string(), parsed(policy)));
    json!({
        "name": role.name,
        "path": role.path,
        "arn": role.arn,
        "description": role.description,
        "max_session_duration": role.max_session_duration,
        "permissions_boundary": role.boundary,
        "tags": role.tags,
        "trust": parsed(&role.trust),
        "inline_policies": inline.collect::<serde_json::Map<_, _>>(),
        "managed_policies": role.managed,
        "extra_policies": role.extra_policies,
    })
}

fn parsed(policy: &Policy) -> Value {
    serde_json::from_str(&policy.text).unwrap_or_else(|_| Value::from(&*policy.text))
}

/// JSON text without blanks, spread over lines, its members in their order.
fn spread(text: &str) -> String {
    let (mut spread, mut depth, mut in_string, mut escaped) = (String::new(), 0_usize, false, false);
    let mut before = ' ';
    for c in text.chars() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            spread.push(c);
            before = c;
            continue;
        }
        let closes = matches!(c, '}' | ']');
        depth = if closes { depth.saturating_sub(1) } else { depth };
        let opened = matches!(before, '{' | '[');
        if (opened && !closes) || before == ',' || (closes && !opened) {
            spread.push('\n');
            spread.extend(std::iter::repeat_n("  ", depth));
        }
        spread.push(c);
        if c == ':' {
            spread.push(' ');
        }
        depth += usize::from(matches!(c, '{' | '['));
        in_string = c == '"';
        before = c;
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spread_over_lines_says_the_same() {
        let text = r#"{"b":"{\"[,: ]\\","a":[1,{},[],{"c":null}],"":true}"#;
        assert_eq!(
            spread(text),
            "{\n  \"b\": \"{\\\"[,: ]\\\\\",\n  \"a\": [\n    1,\n    {},\n    [],\n    {\n      \"c\": null\n    }\n  ],\n  \
             \"\": true\n}"
        );
    }
}
