//! Setups as people write them: every mistake in one go, and what is right goes through to the accounts.

use super::harness::{Rolecall, Server, counts};

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    "Principal": {"Service": "machinelearning.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;

/// A place to run in with these files in a folder `my`.
fn with_files(files: &[(&str, &str)]) -> Rolecall {
    let rolecall = Rolecall::new();
    std::fs::create_dir(rolecall.path("my")).unwrap();
    for (name, text) in files {
        std::fs::write(rolecall.path("my").join(name), text).unwrap();
    }
    rolecall
}

/// The heads of the findings: what is said, and where.
fn heads(stderr: &str) -> Vec<(&str, &str)> {
    let said = stderr.split("\n\n").filter(|finding| finding.contains(" --> "));
    said.map(|finding| {
        let mut lines = finding.trim_start().lines();
        (lines.next().unwrap(), lines.next().unwrap().trim().trim_start_matches("--> "))
    })
    .collect()
}

#[test]
fn eight_mistakes_are_eight_findings_with_their_places_and_aws_is_not_contacted() {
    let setup = r#"name = "mine"
colour = "red"

[role]
name = "has blank"
trust = "trust.json"
max_session_duration = "30m"
description = "of {{acount_id}}"
tags = { "aws:owner" = "data" }

[role.inline_policies]
Access = "nowhere.json"
More = "more.json"
"#;
    let trust = "{\n  \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\",}\n}\n";
    let more = "{\n  \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:B\", \"Resource\": \"*\",\n    \"Effect\": \"Deny\"}\n}\n";
    let rolecall = with_files(&[("setup.toml", setup), ("trust.json", trust), ("more.json", more)]);
    let expected = [
        ("error: `colour` is not a key of a setup", "my/setup.toml:2:1"),
        ("error: `has blank` is not a role name (1 to 64 letters, digits and `_+=,.@-`)", "my/setup.toml:5:8"),
        ("error: `30m` is not a duration from `1h` to `12h`", "my/setup.toml:7:24"),
        ("error: nothing fills `{{acount_id}}`", "my/setup.toml:8:21"),
        ("error: `aws:owner`: tags that begin with `aws:` are AWS's own", "my/setup.toml:9:10"),
        ("error: cannot read `nowhere.json`: No such file or directory (os error 2)", "my/setup.toml:12:10"),
        ("error: the key `Effect` is there twice (at Statement.Effect)", "my/more.json:3:5"),
        ("error: not JSON: a key in double quotes was expected, but there is `}` (at Statement)", "my/trust.json:2:63"),
    ];
    let ran = rolecall.run(&["setup", "check", "my/setup.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.stdout, "mine: 8 mistakes, no warnings\n");
    assert_eq!(heads(&ran.stderr), expected);
    let snippet = "7 | max_session_duration = \"30m\"\n  |                        ^^^^^\n";
    assert!(
        ran.stderr.contains(snippet) && ran.stderr.contains("= hint: did you mean `{{account_id}}`?"),
        "{}",
        ran.stderr
    );

    // No credentials and no network: whoever asked AWS would say so.
    for command in ["plan", "apply", "verify", "remove"] {
        let ran = rolecall.run(&[command, "my/setup.toml", "--organization"]);
        assert_eq!((ran.code, heads(&ran.stderr).len()), (2, 8), "{command}: {ran:?}");
        assert!(
            ran.stderr.ends_with(
                "error: 8 mistakes in the setup\nhint: `rolecall setup check` shows them again; nothing was written\n"
            ),
            "{}",
            ran.stderr
        );
    }
    assert!(!rolecall.path("reports").exists(), "nothing was begun");
}

#[test]
fn a_parameter_that_nothing_uses_is_refused_wherever_it_is_given() {
    let rolecall = Rolecall::new();
    for command in [&["setup", "check"][..], &["setup", "show"], &["apply", "--sandbox"]] {
        let ran = rolecall.run(&[command, &["amazon-ml-redshift", "--param", "team=data"]].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("error: the setup has no `{{param.team}}`"), "{}", ran.stderr);
    }
}

#[test]
fn every_built_in_is_listed_shown_and_without_mistakes() {
    let rolecall = Rolecall::new();
    let listed = rolecall.run(&["setup", "list"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let names: Vec<&str> = listed.stdout.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["amazon-ml-redshift", "amazon-ml-redshift-managed", "redshift-ml"]);
    for name in names {
        let line = listed.stdout.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        let role = line.split_whitespace().nth(1).unwrap();
        assert!(line.split_whitespace().count() > 4, "what it is for: {line}");

        let ran = rolecall.run(&["setup", "check", name, "--partition", "aws-us-gov"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.stdout, format!("{name}: no mistakes, 1 warning\n"));
        assert!(heads(&ran.stderr)[0].0.contains("on behalf of any account's resources"), "{}", ran.stderr);
        assert_eq!(rolecall.run(&["setup", "check", name, "--strict"]).code, 2);

        let args = ["setup", "show", name, "--account-id", "000123456789", "--partition", "aws-cn"];
        let text = rolecall.run(&args);
        assert_eq!(text.code, 0, "{text:?}");
        let arn = format!("arn:aws-cn:iam::000123456789:role/{role}");
        assert!(text.stdout.contains(&format!("role         {arn}\n")), "{}", text.stdout);
        let json = rolecall.run(&[&args[..], &["--format", "json", "--pass-role-to", "group/data"]].concat());
        let shown: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((&shown["setup"], &shown["role"]["arn"]), (&name.into(), &arn.as_str().into()));
        assert_eq!(shown["grants"][0]["to"], serde_json::json!(["group/data"]));
        assert_eq!(shown["grants"][0]["policy"]["Statement"][0]["Resource"], arn);
        assert!(shown["role"]["trust"]["Statement"].is_array(), "{shown}");
    }
}

#[test]
fn the_successor_goes_through_to_every_account() {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["apply", "redshift-ml", "--sandbox", "--pass-role-to", "user/analyst", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("created", 38), ("skipped", 3)]));
}

#[test]
fn a_setup_written_by_hand_from_the_guides_documents_goes_through() {
    let setup = r#"
name = "by-hand"
[role]
name = "MLByHand"
trust = "trust.json"
[role.inline_policies]
Access = "permissions.json"
[[pass_role]]
to = ["user/analyst"]
resource = "*"
[[pass_role]]
name = "PassToRedshift"
to = ["user/analyst"]
service = "redshift.amazonaws.com"
"#;
    let permissions = r#"{ "Version": "2012-10-17", "Statement": [{ "Action": [ "ec2:DescribeSecurityGroups",
        "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateSecurityGroup", "ec2:DescribeInternetGateways",
        "ec2:RevokeSecurityGroupIngress", "s3:GetObject", "s3:GetBucketLocation", "s3:GetBucketPolicy",
        "s3:PutBucketPolicy", "s3:PutObject", "redshift:CreateClusterSecurityGroup",
        "redshift:AuthorizeClusterSecurityGroupIngress", "redshift:RevokeClusterSecurityGroupIngress",
        "redshift:DescribeClusterSecurityGroups", "redshift:DescribeClusters", "redshift:ModifyCluster" ],
        "Effect": "Allow", "Resource": [ "*" ] }] }"#;
    let trust = r#"{ "Version": "2008-10-17", "Statement": [{ "Sid": "", "Effect": "Allow",
        "Principal": { "Service": "machinelearning.amazonaws.com" }, "Action": "sts:AssumeRole" }] }"#;
    let rolecall = with_files(&[("setup.toml", setup), ("permissions.json", permissions), ("trust.json", trust)]);
    assert_eq!(rolecall.run(&["setup", "check", "my/setup.toml"]).code, 0);
    let ran = rolecall.run(&["apply", "my/setup.toml", "--sandbox", "--quiet"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("created", 38), ("skipped", 3)]));
    // A role, an inline policy of it, and two grants.
    assert!(rolecall.rows().iter().all(|row| row["status"] == "skipped" || row["changes"] == "4"));
    let changes = std::fs::read_to_string(rolecall.path("reports/latest/changes.csv")).unwrap();
    assert_eq!(changes.matches("PassToRedshift").count(), 38, "each grant under its own name");
}

#[test]
fn a_literal_arn_is_held_to_the_partition() {
    let setup = "name = 'x'\n[role]\nname = 'X'\ntrust = 'trust.json'\n\
                 managed_policies = ['arn:aws-cn:iam::aws:policy/ReadOnlyAccess']\n";
    let rolecall = with_files(&[("setup.toml", setup), ("trust.json", TRUST)]);
    let says = "an ARN of the partition `aws-cn`, but the role will be in `aws`";
    for (args, code) in [
        (&["setup", "check", "my/setup.toml", "--partition", "aws-cn"][..], 0),
        (&["setup", "check", "my/setup.toml"], 2),
        (&["setup", "show", "my/setup.toml"], 2),
        (&["apply", "my/setup.toml", "--sandbox"], 2),
    ] {
        let ran = rolecall.run(args);
        assert_eq!((ran.code, ran.stderr.contains(says)), (code, code == 2), "{args:?}: {ran:?}");
        assert!(code == 0 || ran.stderr.contains("write `arn:{{partition}}:…`"), "{}", ran.stderr);
    }
    assert!(!rolecall.path("reports/latest").exists(), "no run was begun");
}

#[test]
fn a_parameter_may_come_with_each_account_and_a_row_without_it_is_told_before_aws_is_asked() {
    let setup = "name = 'x'\n[role]\nname = 'X'\ntrust = 'trust.json'\ndescription = 'of {{param.team}}'\n";
    let server = Server::start(&Rolecall::new(), "accounts=2,seed=3");
    let rolecall = with_files(&[("setup.toml", setup), ("trust.json", TRUST)]).with(server.environment.clone());
    let listed = rolecall.run(&["accounts", "--organization"]);
    let mut reader = csv::Reader::from_reader(listed.stdout.as_bytes());
    let rows: Vec<std::collections::BTreeMap<String, String>> = reader.deserialize().collect::<Result<_, _>>().unwrap();
    let ids: Vec<&str> =
        rows.iter().filter(|row| row["status"].is_empty()).map(|row| row["account_id"].as_str()).collect();
    let [first, second] = ids[..] else { panic!("two accounts: {}", listed.stdout) };

    std::fs::write(rolecall.path("a.csv"), format!("account_id,param.team\n{first},data\n{second},web\n")).unwrap();
    let apply = ["apply", "my/setup.toml", "--accounts", "a.csv", "--yes", "--quiet"];
    let ran = rolecall.run(&apply);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(rolecall.statuses(), counts([("created", 2)]));

    std::fs::write(rolecall.path("a.csv"), format!("account_id,param.team\n{first},data\n{second},\n")).unwrap();
    let unreachable = ("AWS_ENDPOINT_URL".to_owned(), "http://127.0.0.1:9".to_owned());
    let ran = rolecall.with(vec![unreachable]).run(&apply);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("nothing fills `{{param.team}}`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("give it with --param team=VALUE, or in a column `param.team`"), "{}", ran.stderr);
}

#[test]
fn every_key_and_placeholder_is_explained() {
    let docs = std::fs::read_to_string(format!("{}/docs/setups.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let setup = "x1 = 1\n[role]\nx2 = 1\ndescription = '{{x3}}'\n[[pass_role]]\nx4 = 1\n[params.k]\nx5 = 1\n";
    let ran = with_files(&[("setup.toml", setup)]).run(&["setup", "check", "my/setup.toml"]);
    let listed = |begin: &str| -> Vec<String> {
        let (_, list) = ran.stderr.split_once(begin).unwrap_or_else(|| panic!("{begin}: {}", ran.stderr));
        let list = list.lines().next().unwrap().replace(" and ", ", ");
        list.split(", ").map(str::to_owned).collect()
    };
    let mut explained = Vec::new();
    explained.extend(listed("a setup has ").iter().filter(|key| *key != "role").map(|key| format!("`{key}`")));
    explained.extend(listed("[role] has ").iter().map(|key| format!("`role.{key}`")));
    explained.extend(listed("[pass_role] has ").iter().map(|key| format!("`{key}`")));
    explained.extend(listed("[params.KEY] has ").iter().map(|key| format!("`{key}`")));
    explained.extend(listed("hint: known are ").iter().map(|name| format!("`{{{{{name}}}}}`")));
    assert_eq!(explained.len(), 4 + 10 + 5 + 4 + 7, "{explained:?}");
    for word in explained {
        assert!(docs.lines().any(|line| line.starts_with('|') && line.contains(&word)), "{word} is not explained");
    }
}
