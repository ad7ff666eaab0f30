//! Values are data: none means more than itself, unless the setup says so. And a stranger's setup reads nothing of ours.

use proptest::prelude::*;

use super::finding::Finding;
use super::resolve::{Choices, Setup};
use super::setup_tests::{examine, line, mistakes, params};

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "ec2.amazonaws.com"}}}"#;
const WIDE: [&str; 4] = ["lake-*", "lake-?", "${aws:username}", "lake-$"];

/// Where a value may stand: what is behind `[role]`, the trust policy and an inline policy.
fn places() -> Vec<(&'static str, String, String, String)> {
    let policy = |action: &str, resource: &str, more: &str| {
        let rest = format!(r#""Action": "{action}", "Resource": "{resource}"{more}}}}}"#);
        format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {rest}"#)
    };
    let plain = policy("s3:GetObject", "arn:aws:s3:::b/x", "");
    let principal = TRUST.replace(r#""Service": "ec2.amazonaws.com""#, r#""AWS": "{{param.v}}""#);
    let action = policy("s3:{{param.v}}", "arn:aws:s3:::b/x", "");
    let resource = policy("s3:GetObject", "arn:aws:s3:::{{param.v}}/x", "");
    let condition = r#", "Condition": {"StringLike": {"s3:prefix": "{{param.v}}"}}"#;
    let condition = policy("s3:GetObject", "arn:aws:s3:::b/x", condition);
    let trust = TRUST.to_owned();
    let managed = "managed_policies = ['arn:aws:iam::aws:policy/{{param.v}}']";
    let boundary = "permissions_boundary = 'arn:aws:iam::aws:policy/{{param.v}}'";
    vec![
        ("path", "path = '/{{param.v}}/'".to_owned(), trust.clone(), plain.clone()),
        ("managed", managed.to_owned(), trust.clone(), plain.clone()),
        ("boundary", boundary.to_owned(), trust.clone(), plain.clone()),
        ("principal", String::new(), principal, plain.clone()),
        ("action", String::new(), trust.clone(), action),
        ("resource", String::new(), trust.clone(), resource),
        ("condition", String::new(), trust, condition),
    ]
}

fn toml(head: &str, role: &str) -> String {
    let inline = "[role.inline_policies]\nP = 'p.json'\n";
    format!("name = 'x'\n{head}\n[role]\nname = 'X'\ntrust = 'trust.json'\n{role}\n{inline}")
}

#[test]
fn no_value_is_taken_for_more_than_itself_wherever_it_lands() {
    for (place, role, trust, policy) in places() {
        let documents = [("trust.json", trust.as_str()), ("p.json", policy.as_str())];
        for value in WIDE {
            let said = mistakes(&toml("", &role), &documents, params([("v", value)]));
            let words = "holds `*`, `?` or `${`, and would be taken for more than itself";
            assert!(said.iter().any(|said| said.contains(words)), "{place} {value}: {said:?}");
            // A row of the inventory says it.
            let (setup, _) = examine(&toml("", &role), &documents, Choices::default());
            assert!(
                setup.rehearse(&params([("v", value)])).unwrap_err().to_string().contains(words),
                "{place} {value}"
            );
        }
        let value = if place == "principal" { "arn:aws:iam::111122223333:role/x" } else { "lake" };
        assert_eq!(mistakes(&toml("", &role), &documents, params([("v", value)])), [""; 0], "{place}");
    }
}

#[test]
fn written_out_in_a_path_or_the_arn_of_a_managed_policy_it_is_refused_too() {
    for (role, words) in [
        ("path = '/*/'", "is a path for more than one"),
        ("path = '/a${b}/'", "is a path for more than one"),
        ("managed_policies = ['arn:aws:iam::aws:policy/*']", "names more than one managed policy"),
        ("permissions_boundary = 'arn:aws:iam::aws:policy/A?'", "names more than one managed policy"),
    ] {
        let said = mistakes(
            &format!("name = 'x'\n[role]\nname = 'X'\ntrust = 'trust.json'\n{role}"),
            &[("trust.json", TRUST)],
            Choices::default(),
        );
        assert!(matches!(&said[..], [one] if one.contains(words)), "{role}: {said:?}");
    }
}

#[test]
fn where_the_setup_says_so_a_value_may_and_is_told() {
    let head = "[params.v]\nwildcards = true\n";
    for (place, role, trust, policy) in places() {
        let documents = [("trust.json", trust.as_str()), ("p.json", policy.as_str())];
        let value = if place == "principal" { "*" } else { "lake-*" };
        let (setup, findings) = examine(&toml(head, &role), &documents, params([("v", value)]));
        let said: Vec<String> = findings.iter().map(line).collect();
        assert!(
            said.iter().any(|said| said.contains("setup.toml:3:13: a value of `{{param.v}}` may hold")),
            "{said:?}"
        );
        // A path and the ARN of a managed policy are never those of more than one.
        let refused = ["path", "managed", "boundary"].contains(&place);
        assert_eq!(findings.iter().any(Finding::is_mistake), refused, "{place}: {said:?}");
        if place == "principal" {
            assert!(said.iter().any(|said| said.contains("everybody in AWS may assume the role")), "{said:?}");
        }
        assert_eq!(setup.widened(&Choices::default()), [format!("param.v = {value}")]);
        assert_eq!(setup.widened(&params([("v", "lake")])), [""; 0]);
    }
    let prose = "description = 'of {{param.v}}?'\ntags = { for = '{{param.t}}' }";
    let all = params([("v", "you & me?"), ("t", "a")]);
    assert_eq!(
        mistakes(
            &format!("name = 'x'\n[role]\nname = 'X'\ntrust = 'trust.json'\n{prose}"),
            &[("trust.json", TRUST)],
            all
        ),
        [""; 0]
    );
}

#[test]
fn a_default_stands_where_no_value_is_given_and_a_pattern_is_kept() {
    let head = "[params.v]\nabout = 'the bucket'\ndefault = 'lake'\npattern = 'l[a-z]+'\n";
    let policy = &places().into_iter().find(|(place, ..)| *place == "resource").unwrap().3;
    let documents = [("trust.json", TRUST), ("p.json", policy.as_str())];
    let (setup, findings) = examine(&toml(head, ""), &documents, Choices::default());
    assert_eq!(findings.iter().filter(|finding| finding.is_mistake()).map(line).collect::<Vec<_>>(), [""; 0]);
    assert!(setup.rehearse(&Choices::default()).is_ok());
    let wrong = "the value `pond` of `{{param.v}}` does not match `l[a-z]+`";
    assert!(setup.rehearse(&params([("v", "pond")])).unwrap_err().to_string().contains(wrong));
    let said = mistakes(&toml(head, ""), &documents, params([("v", "a lake")]));
    assert_eq!(said, ["setup.toml:5:11: the value `a lake` of `{{param.v}}` does not match `l[a-z]+`"]);
    for (head, words) in [
        ("[params.v]\npattern = '('", "setup.toml:3:11: not a regular expression"),
        ("[params.v]\nwildcards = 'yes'", "setup.toml:3:13: `wildcards` is a boolean, but there is a text"),
        ("[params.v]\nwildcard = true", "setup.toml:3:1: `wildcard` is not a key of [params.KEY]"),
        ("[params.v]\ndefault = '{{account_id}}'", "setup.toml:3:11: a placeholder in a default"),
        ("[params]\nv = 'x'", "setup.toml:3:5: `v` is a table, but there is a text"),
    ] {
        let said = mistakes(&toml(head, ""), &documents, params([("v", "lake")]));
        assert!(said.iter().any(|said| said.starts_with(words)), "{head}: {said:?}");
    }
}

/// A setup in a folder of its own, with a document of this name, and something secret beside the folder.
#[cfg(unix)]
fn strange(document: &str, prepare: impl FnOnce(&std::path::Path)) -> Vec<Finding> {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("theirs");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(home.path().join("secret"), "{ KEY=hunter2 }").unwrap();
    prepare(&folder);
    let path = folder.join("setup.toml");
    std::fs::write(&path, format!("name = 'x'\n[role]\nname = 'X'\ntrust = '{document}'\n")).unwrap();
    let (_, findings) = Setup::examine(path.to_str().unwrap(), Choices::default(), None).unwrap();
    for finding in &findings {
        let shown = finding.spot.as_ref().map(|spot| spot.file.text.clone()).unwrap_or_default();
        assert!(!format!("{finding} {shown}").contains("hunter2"), "{finding:?}");
    }
    findings
}

#[cfg(unix)]
#[test]
fn a_setup_reads_plain_files_below_its_own_folder_and_shows_nothing_of_others() {
    use std::os::unix::fs::symlink;

    let below = "it is not below the setup's folder";
    let nothing = |_: &std::path::Path| {};
    let said = |findings: Vec<Finding>| findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>();
    for document in ["/proc/self/environ", "../secret", "a/../../secret", "/etc/passwd"] {
        assert_eq!(said(strange(document, nothing)), [format!("cannot read `{document}`: {below}")]);
    }
    let link = |to: &'static str| move |folder: &std::path::Path| symlink(to, folder.join("t.json")).unwrap();
    assert_eq!(said(strange("t.json", link("../secret"))), [format!("cannot read `t.json`: {below}")]);
    assert_eq!(said(strange("t.json", link("/proc/self/environ"))), [format!("cannot read `t.json`: {below}")]);
    let pipe = |folder: &std::path::Path| {
        assert!(std::process::Command::new("mkfifo").arg(folder.join("t.json")).status().unwrap().success());
    };
    assert_eq!(said(strange("t.json", pipe)), ["cannot read `t.json`: it is not a plain file"]);
    let long = |folder: &std::path::Path| std::fs::write(folder.join("t.json"), " ".repeat((64 << 10) + 1)).unwrap();
    assert_eq!(said(strange("t.json", long)), ["cannot read `t.json`: it is longer than 64 KiB"]);
    let other = |folder: &std::path::Path| std::fs::write(folder.join("t.env"), "KEY=hunter2\n").unwrap();
    assert_eq!(said(strange("./t.env", other)), ["`./t.env` is not JSON: a policy begins with `{`"]);
    // A link that stays inside, and a folder below, are as good as any.
    let inside = |folder: &std::path::Path| {
        std::fs::create_dir(folder.join("d")).unwrap();
        std::fs::write(folder.join("d/real.json"), TRUST).unwrap();
        symlink("real.json", folder.join("d/t.json")).unwrap();
    };
    assert!(strange("d/t.json", inside).iter().all(|finding| !finding.is_mistake()));
}

#[test]
fn what_is_no_setup_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.toml");
    std::fs::write(&path, "root:hunter2:19000:0\n").unwrap();
    let (_, findings) = Setup::examine(path.to_str().unwrap(), Choices::default(), None).unwrap();
    assert!(
        findings.iter().all(|f| f.spot.as_ref().is_none_or(|spot| !spot.file.text.contains("hunter2"))),
        "{findings:?}"
    );
    assert!(findings[0].message.ends_with("is not a setup: it is not TOML"), "{findings:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_as_a_setup_or_a_policy_without_a_panic(
        noise in "(\\PC|[\\[\\]{}\"'=.,:\n]|name|role|params|trust|\\{\\{param.v\\}\\}){0,60}",
        at in any::<prop::sample::Index>(),
    ) {
        let whole = toml("[params.v]\npattern = 'x+'\n", "path = '/a/'");
        for (text, other) in [(whole.as_str(), TRUST), (TRUST, "")] {
            let (before, behind): (Vec<_>, Vec<_>) =
                text.chars().enumerate().partition(|(place, _)| *place < at.index(text.len()));
            let of = |part: &[(usize, char)]| part.iter().map(|(_, c)| *c).collect::<String>();
            let spoilt = format!("{}{noise}{}", of(&before), of(&behind));
            let _ = if other.is_empty() {
                examine(&whole, &[("trust.json", &spoilt), ("p.json", &noise)], params([("v", "x")]))
            } else {
                examine(&spoilt, &[("trust.json", other), ("p.json", TRUST)], params([("v", &noise)]))
            };
        }
    }
}
