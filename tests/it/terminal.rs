//! What people see beside the reports: help, colour, `-v`, `--log`, completions and the manual.

use std::fs;

use serde_json::Value;

use super::harness::{Rolecall, Server, commands};

/// Every command, with those below it.
fn every_command(rolecall: &Rolecall) -> Vec<Vec<String>> {
    let below = |words: &[&str]| commands(&rolecall.run(&[words, &["--help"]].concat()).stdout);
    let mut all = Vec::new();
    for command in below(&[]) {
        let lower = below(&[&command]);
        if lower.is_empty() {
            all.push(vec![command.clone()]);
        }
        all.extend(lower.into_iter().map(|lower| vec![command.clone(), lower]));
    }
    all
}

#[test]
fn every_command_has_examples_in_its_help() {
    let rolecall = Rolecall::new();
    let all = every_command(&rolecall);
    assert!(all.len() >= 12, "{all:?}");
    for command in all {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = rolecall.run(&[&words[..], &["--help"]].concat()).stdout;
        let example = format!("\n  rolecall {}", words.join(" "));
        assert!(help.contains("\nExamples:\n") && help.contains(&example), "{command:?}: {help}");
    }
}

#[test]
fn completions_and_manual_pages_speak_of_every_command() {
    let rolecall = Rolecall::new();
    let all = every_command(&rolecall);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = rolecall.run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for word in all.iter().flatten() {
            assert!(ran.stdout.contains(word), "{shell} does not know {word}");
        }
    }
    let ran = rolecall.run(&["man"]);
    assert!(ran.code == 0 && ran.stdout.contains(".TH rolecall 1"), "{}", ran.stdout);
    let ran = rolecall.run(&["man", "--out", "man1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for command in &all {
        let page = fs::read_to_string(rolecall.path("man1").join(format!("rolecall-{}.1", command.join("-")))).unwrap();
        assert!(page.contains("Examples:"), "{command:?}");
    }
    assert!(rolecall.path("man1/rolecall.1").exists());
}

#[test]
fn colour_is_taken_back_by_no_color_and_never_stands_in_a_pipe() {
    let coloured = |environment: &[(&str, &str)], more: &[&str]| {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let ran = Rolecall::new().with(owned).run(&[&["plan", "--sandbox=accounts=3"], more].concat());
        ran.stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(coloured(&[("NO_COLOR", "1")], &["--color", "always"]), "what is asked for outweighs the environment");
}

#[test]
fn verbose_tells_what_is_done_in_each_account_and_quiet_tells_nothing() {
    let rolecall = Rolecall::new();
    let one = ["apply", "--sandbox", "--include", "837465091283", "--pass-role-to", "user/analyst"];
    let ran = rolecall.run(&[&one[..], &["--quiet"]].concat());
    assert!(ran.code == 0 && ran.stderr.is_empty(), "{ran:?}");
    let ran = rolecall.run(&[&one[..], &["--quiet", "-v"]].concat());
    assert!(
        ran.stderr.contains(r#"account{id=837465091283}: written action="CreateRole" request_id"#),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("calling") && !ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    let ran = rolecall.run(&[&one[..], &["--quiet", "-vv"]].concat());
    assert!(
        ran.stderr.contains(r#"account{id=837465091283}: calling service="IAM" operation="GetRole""#),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_log_has_every_account_and_no_credential() {
    let home = Rolecall::new();
    let server = Server::start(&home, "rough");
    let secret = server.environment.iter().find(|(name, _)| name == "AWS_SECRET_ACCESS_KEY").unwrap().1.clone();
    let home = home.with(server.environment.clone());
    let apply = |log: &str| {
        let more = ["--organization", "--yes", "-vv", "--account-timeout", "5s", "--external-id", "top-secret-id"];
        let ran = home.run(&[&["apply", "--log", log], &more[..]].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        (fs::read_to_string(home.path(log)).unwrap(), ran.stderr)
    };
    let (json, _) = apply("run.jsonl");
    let (text, said) = apply("run.log");
    for text in [&json, &text, &said] {
        assert!(text.contains("AssumeRole") || text.contains("assume_role"), "{text}");
        for word in [secret.as_str(), "ASIA", "AKIA", "SecretAccessKey", "SessionToken", "top-secret-id"] {
            assert!(!text.contains(word), "{word} is in the log");
        }
        // A session's token is longer than anything else in one word.
        let long = text.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| word.len() > 64);
        assert_eq!(long, None);
        assert!(!text.replace('\n', "").contains(|c: char| c.is_control()));
    }
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for row in home.rows().iter().filter(|row| row["status"] != "skipped") {
        let finished =
            lines.iter().any(|line| line["message"] == "finished" && line["span"]["id"] == row["account_id"].as_str());
        assert!(finished, "{} is not in the log", row["account_id"]);
    }
    let ran = home.run(&["plan", "--organization", "--log", "no/such/run.log"]);
    assert!(ran.code == 2 && ran.stderr.contains("cannot write to `no/such/run.log`"), "{ran:?}");
}

#[test]
fn what_comes_next_is_a_whole_command() {
    let rolecall = Rolecall::new();
    let last = |args: &[&str]| {
        let ran = rolecall.run(args);
        ran.stdout.trim_end().lines().last().unwrap().to_owned()
    };
    let grant = ["--pass-role-to", "user/analyst"];
    // Its world is gone with the process, so that to run it again would prove nothing.
    let next = last(&[&["apply", "--sandbox", "accounts=3"], &grant[..]].concat());
    assert_eq!(next, "  rolecall plan --organization --pass-role-to user/analyst");
    let next = last(&[&["verify", "--sandbox=accounts=3", "--simulate"], &grant[..]].concat());
    assert_eq!(next, "  rolecall plan --sandbox=accounts=3 --pass-role-to user/analyst");
    let next = last(&[&["plan", "--sandbox=accounts=3"], &grant[..]].concat());
    assert_eq!(next, "  rolecall apply --sandbox=accounts=3 --pass-role-to user/analyst");
}
