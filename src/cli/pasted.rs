//! What was typed, made into the commands that may come next, whole and quoted for a shell.

use std::ffi::OsString;

use clap::{Arg, Command, CommandFactory};

use super::args::Cli;
use super::typed;
use crate::report::terminal::NextLines;

/// The commands that may follow the one of this process; `None` where it is no run of its own, or was typed in a way that
/// cannot be shown.
pub(super) fn next_lines() -> Option<NextLines> {
    let words: Option<Vec<String>> =
        typed::words(std::env::args_os()).into_iter().map(|word| OsString::into_string(word).ok()).collect();
    lines(&words?)
}

fn lines(words: &[String]) -> Option<NextLines> {
    let (_, [command, rest @ ..]) = words.split_first()? else { return None };
    let runs = ["plan", "apply", "verify", "remove"];
    if !runs.contains(&command.as_str()) || words.iter().any(|word| word.contains(char::is_control)) {
        return None;
    }
    let cli = Cli::command();
    let to = |target: &str, rest: &[String]| line(&cli, command, target, rest);
    // In the sandbox nobody is asked; in an organization somebody is.
    let real: Vec<String> = rest
        .iter()
        .filter(|word| *word != "--yes")
        .map(|word| if word.starts_with("--sandbox") { "--organization".to_owned() } else { word.clone() })
        .collect();
    Some(NextLines {
        again: to(command, rest)?,
        plan: to("plan", rest)?,
        apply: to("apply", rest)?,
        verify: to("verify", rest)?,
        for_real: to("plan", &real)?,
    })
}

/// The words behind `from` as a command line of `target`, without the options that it does not have.
fn line(cli: &Command, from: &str, target: &str, words: &[String]) -> Option<String> {
    let (from, into) = (cli.find_subcommand(from)?, cli.find_subcommand(target)?);
    let mut line = format!("rolecall {target}");
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let mut value = value.map(str::to_owned);
        let mut own_word = false;
        if name.starts_with('-') {
            let option = option(from, name)?;
            if value.is_none() && option.get_action().takes_values() && !option.is_require_equals_set() {
                value = Some(words.next()?.clone());
                own_word = true;
            }
            if self::option(into, name).is_none() {
                continue;
            }
        }
        line.push(' ');
        match (value, own_word) {
            // It is shared with those who trust it, and not with whoever reads a log.
            (Some(_), _) if name == "--external-id" => line.push_str("--external-id \"$EXTERNAL_ID\""),
            (Some(value), true) => line.push_str(&format!("{name} {}", quoted(&value))),
            (Some(_), false) | (None, _) => line.push_str(&quoted(word)),
        }
    }
    Some(line)
}

fn option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| match name.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => name.strip_prefix('-').is_some_and(|short| arg.get_short().is_some_and(|its| short == its.to_string())),
    })
}

/// A word as a shell of Unix reads it back.
fn quoted(word: &str) -> String {
    let bare = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_./:=,@%+-".contains(c));
    if bare { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<NextLines> {
        lines(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_was_typed_is_carried_over_as_far_as_the_next_command_has_it() {
        let lines = of(&[
            "/usr/bin/rolecall",
            "verify",
            "my setup.toml",
            "--organization",
            "--simulate",
            "--against",
            "latest",
            "--param",
            "who=it's",
            "--external-id=secret-1",
            "--quiet",
        ])
        .unwrap();
        let rest = "'my setup.toml' --organization";
        let more = "--param 'who=it'\\''s' --external-id \"$EXTERNAL_ID\" --quiet";
        assert_eq!(lines.again, format!("rolecall verify {rest} --simulate --against latest {more}"));
        assert_eq!(lines.plan, format!("rolecall plan {rest} {more}"));
        assert_eq!(lines.apply, format!("rolecall apply {rest} {more}"));
    }

    #[test]
    fn the_sandbox_becomes_the_organization_and_nothing_is_confirmed_beforehand() {
        let lines = of(&["rolecall", "apply", "--sandbox=rough", "--yes", "--pass-role-to", "user/analyst"]).unwrap();
        assert_eq!(lines.for_real, "rolecall plan --organization --pass-role-to user/analyst");
        assert_eq!(lines.verify, "rolecall verify --sandbox=rough --pass-role-to user/analyst");
        for other in [&["rolecall", "resume", "latest"][..], &["rolecall", "apply", "--sandbox", "--log=\u{1b}x"]] {
            assert_eq!(of(other), None);
        }
    }
}
