//! Setups from their text to what one account must have, and every mistake on the way.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::desired::{Desired, OWNER_TAG};
use super::error::SetupError;
use super::file::{PassRoleResource, built_in_names};
use super::finding::Finding;
use super::resolve::{Choices, PassedTo, Place, Setup};

const TRUST: &str = include_str!("../../setups/amazon-ml-redshift/trust.json");

fn place() -> Place {
    Place {
        account: "000123456789".parse().unwrap(),
        account_name: "data".to_owned(),
        partition: "aws-cn".parse().unwrap(),
        region: "cn-north-1".parse().unwrap(),
    }
}

fn fill(setup: &Setup) -> Desired {
    setup.fill(&place(), &Choices::default()).unwrap()
}

fn params<const N: usize>(params: [(&str, &str); N]) -> Choices {
    let params = params.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Choices { params, ..Choices::default() }
}

/// A setup of a `setup.toml` and the documents next to it.
fn examine(toml: &str, documents: &[(&str, &str)], choices: Choices) -> (Setup, Vec<Finding>) {
    let folder = tempfile::TempDir::new().unwrap();
    for (name, text) in documents {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().join("setup.toml");
    std::fs::write(&path, toml).unwrap();
    Setup::examine(path.to_str().unwrap(), choices, None).unwrap()
}

/// The mistakes as `file:line:column: message`, without the folder.
fn mistakes(toml: &str, documents: &[(&str, &str)], choices: Choices) -> Vec<String> {
    let (_, findings) = examine(toml, documents, choices);
    findings.iter().filter(|finding| finding.is_mistake()).map(line).collect()
}

/// The lints of a setup that has `rest` behind its three lines of `[role]`.
pub(super) fn lints(rest: &str, documents: &[(&str, &str)]) -> Vec<String> {
    let (_, findings) = examine(&format!("{}{rest}\n", minimal("")), documents, Choices::default());
    assert!(!findings.iter().any(Finding::is_mistake), "{findings:#?}");
    findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    let Some(spot) = &finding.spot else { return finding.message.clone() };
    let (file, at) = (std::path::Path::new(&spot.file.name).file_name().unwrap(), spot.position());
    format!("{}:{}:{}: {}", file.display(), at.line, at.column, finding.message)
}

fn minimal(rest: &str) -> String {
    format!("name = 'x'\n{rest}\n[role]\nname = 'X'\ntrust = 'trust.json'\n")
}

#[test]
fn every_built_in_fills_in_for_an_account_of_any_partition() {
    for name in built_in_names() {
        let desired = fill(&Setup::load(name, Choices::default()).unwrap());
        assert_eq!(desired.setup, name);
        assert_eq!(desired.only_role().tags.get(OWNER_TAG).map(String::as_str), Some(name));
        assert!(desired.only_role().arn.to_string().starts_with("arn:aws-cn:iam::000123456789:role/"));
        assert!(desired.granted().next().is_none(), "nobody gets a grant unasked");
        assert!(desired.grants[0].policy.text.contains(&desired.only_role().arn.to_string()));
        assert!(desired.grants[0].policy.text.contains("iam:PassedToService"));
        assert!(desired.only_role().managed.iter().all(|arn| arn.partition().as_str() == "aws-cn"));
    }
}

#[test]
fn a_row_goes_over_the_command_line_and_that_over_the_setup() {
    let chosen = |role: &str, to: &str| Choices {
        role_name: Some(role.parse().unwrap()),
        pass_role_to: vec![to.parse().unwrap(), to.parse().unwrap()],
        ..Choices::default()
    };
    let setup = Setup::load("amazon-ml-redshift", chosen("A", "user/a")).unwrap();
    let plain = fill(&setup);
    assert_eq!((plain.only_role().name.as_str(), plain.grants[0].name.as_str()), ("A", "RolecallPassRole-A"));
    assert_eq!(plain.grants[0].to, ["user/a".parse().unwrap()], "once is enough");
    let row = setup.fill(&place(), &chosen("B", "group/b")).unwrap();
    assert_eq!((row.only_role().name.as_str(), row.grants[0].to.as_slice()), ("B", &["group/b".parse().unwrap()][..]));
}

#[test]
fn the_seeds_literal_grant_is_there_on_request() {
    let choices = Choices { pass_role_resource: Some(PassRoleResource::Any), ..Choices::default() };
    let desired = fill(&Setup::load("amazon-ml-redshift", choices).unwrap());
    assert!(desired.grants[0].policy.text.contains(r#""Resource":"*""#));
    assert!(desired.grants[0].policy.text.contains("iam:PassedToService"));
    let choices = Choices { pass_role_service: Some(PassedTo::Any), ..Choices::default() };
    let desired = fill(&Setup::load("amazon-ml-redshift", choices).unwrap());
    assert!(!desired.grants[0].policy.text.contains("Condition"));
}

#[test]
fn a_setup_that_is_not_there_is_said_so() {
    let error = Setup::load("amazon-ml", Choices::default()).unwrap_err().to_string();
    assert!(error.contains("`amazon-ml`") && error.contains("amazon-ml-redshift-managed"), "{error}");
    assert!(matches!(Setup::load("no/such.toml", Choices::default()), Err(SetupError::Unreadable { .. })));
}

#[test]
fn a_document_that_is_the_same_for_all_accounts_is_worked_out_once() {
    let setup = Setup::load("amazon-ml-redshift", Choices::default()).unwrap();
    let elsewhere = Place { account: "000000000002".parse().unwrap(), ..place() };
    let other = setup.fill(&elsewhere, &Choices::default()).unwrap();
    let one = fill(&setup);
    assert!(std::sync::Arc::ptr_eq(&one.only_role().trust.meaning, &other.only_role().trust.meaning));
    assert!(one.grants[0].policy != other.grants[0].policy);
}

#[test]
fn everything_that_a_setup_can_have_comes_through() {
    let toml = "name = 'all'\n[role]\nname = 'X-{{region}}'\npath = '/ops/{{param.team}}/'\ntrust = 'trust.json'\n\
        description = 'of {{account_name}}'\nmax_session_duration = '90m'\nextra_policies = 'remove'\n\
        managed_policies = ['arn:{{partition}}:iam::aws:policy/A', 'arn:aws-cn:iam::{{account_id}}:policy/b/B']\n\
        permissions_boundary = 'arn:{{partition}}:iam::{{account_id}}:policy/{{param.boundary}}'\n\
        tags = { team = '{{param.team}}' }\n[role.inline_policies]\nOne = 'p.json'\nTwo = 'p.json'\n\
        [[pass_role]]\nto = ['user/a']\nservice = 'a.amazonaws.com'\n\
        [[pass_role]]\nname = 'Second'\nto = ['group/{{param.team}}', 'role/{{role_name}}']\nresource = '*'\n\
        missing_principal = 'skip'\n";
    let p = r#"{"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "{{role_arn}}/${aws:username}"}}"#;
    let choices = params([("team", "data"), ("boundary", "Edge")]);
    let (setup, findings) = examine(toml, &[("trust.json", TRUST), ("p.json", p)], choices);
    assert!(!findings.iter().any(Finding::is_mistake), "{findings:?}");
    assert_eq!(setup.params().into_iter().collect::<Vec<_>>(), ["boundary", "team"]);
    let desired = fill(&setup);
    let arn = "arn:aws-cn:iam::000123456789:role/ops/data/X-cn-north-1";
    assert_eq!(desired.only_role().arn.to_string(), arn);
    assert_eq!(desired.only_role().description.as_deref(), Some("of data"));
    assert_eq!(desired.only_role().max_session_duration, Some(5400));
    assert_eq!(desired.only_role().boundary.as_ref().unwrap().to_string(), "arn:aws-cn:iam::000123456789:policy/Edge");
    assert_eq!(desired.only_role().managed.len(), 2);
    assert_eq!(desired.only_role().tags["team"], "data");
    assert_eq!(desired.only_role().inline.len(), 2);
    assert!(
        desired.only_role().inline.values().all(|policy| policy.text.contains(&format!("\"{arn}/${{aws:username}}\"")))
    );
    let [first, second] = desired.grants.as_slice() else { panic!("two grants") };
    assert_eq!(first.name.as_str(), "RolecallPassRole-X-cn-north-1");
    assert_eq!(second.name.as_str(), "Second");
    assert_eq!(second.to, ["group/data".parse().unwrap(), "role/X-cn-north-1".parse().unwrap()]);
    assert!(second.policy.text.contains(r#""Resource":"*""#) && !second.policy.text.contains("Condition"));
}

#[test]
fn values_are_held_to_what_iam_takes() {
    let toml = "name = 'x'\n[role]\nname = 'has blank'\npath = 'x'\ntrust = 'trust.json'\ndescription = '—'\n\
        max_session_duration = '30m'\npermissions_boundary = 'arn:aws:s3:::b'\nmanaged_policies = ['Admin']\n\
        [role.tags]\nOwner = 'a'\nowner = 'b'\n'aws:x' = 'c'\n[role.inline_policies]\n'bad name' = 'trust.json'\n\
        [[pass_role]]\nto = ['analyst']\nservice = 'machinelearning'\n[[pass_role]]\n\
        [[pass_role]]\nname = 'a b'\n";
    assert_eq!(
        mistakes(toml, &[("trust.json", TRUST)], Choices::default()),
        [
            "setup.toml:3:8: `has blank` is not a role name (1 to 64 letters, digits and `_+=,.@-`)",
            "setup.toml:4:8: `x` is not a path (`/` or `/…/`, at most 512 characters without blanks)",
            "setup.toml:6:15: IAM does not take the character U+2014 ('—') here",
            "setup.toml:7:24: `30m` is not a duration from `1h` to `12h`",
            "setup.toml:8:24: `arn:aws:s3:::b` is not the ARN of a managed policy",
            "setup.toml:9:21: `Admin` is not an ARN (arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE)",
            "setup.toml:12:1: the tag `owner` is there twice: IAM does not tell upper from lower case",
            "setup.toml:13:1: `aws:x`: tags that begin with `aws:` are AWS's own",
            "setup.toml:15:1: `bad name` is not a policy name (1 to 128 letters, digits and `_+=,.@-`)",
            "setup.toml:17:7: `analyst` is not a principal (user/NAME, group/NAME or role/NAME)",
            "setup.toml:18:11: `machinelearning` is not a service principal such as `ec2.amazonaws.com`",
            "setup.toml:19:1: each [[pass_role]] after the first needs a `name` of its own",
            "setup.toml:21:8: `a b` is not a policy name (1 to 128 letters, digits and `_+=,.@-`)",
            "trust.json:4:5: `Resource` is missing (at Statement[0])",
            "trust.json:6:7: `Principal` is not an element of a statement of this kind (at Statement[0].Principal)",
        ]
    );
}

#[test]
fn what_is_too_much_is_told_with_the_figure() {
    let statement = |sid: usize| {
        format!(r#"{{"Sid": "{}", "Effect": "Allow", "Action": "a:B", "Resource": "*"}}"#, "x".repeat(sid))
    };
    let policy = |sid: usize| format!("{{\"Statement\": [{}]}}\n{}", statement(sid), " ".repeat(20_000));
    let trust = format!(
        r#"{{"Statement": {{"Sid": "{}", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}}}}"#,
        "x".repeat(8200)
    );
    let inline = "[role.inline_policies]\nA = 'p.json'\nB = 'p.json'\nC = 'p.json'\n";
    let managed: Vec<String> = (0..26).map(|n| format!("'arn:aws:iam::aws:policy/P{n}'")).collect();
    let tags: Vec<String> = (0..50).map(|n| format!("k{n:02} = 'v'")).collect();
    let toml = format!(
        "{}managed_policies = [{}]\ntags = {{ {} }}\n{inline}",
        minimal(""),
        managed.join(", "),
        tags.join(", ")
    );
    let found = mistakes(&toml, &[("trust.json", &trust), ("p.json", &policy(5000))], Choices::default());
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].contains("the trust policy has 8283 characters; IAM takes 2048, on request 8192"), "{found:#?}");
    assert!(found[1].contains("26 managed policies; IAM lets a role have 10, on request 25"), "{found:#?}");
    assert!(found[2].contains("50 tags and rolecall's own; IAM takes 50"), "{found:#?}");
    assert!(found[3].starts_with("setup.toml:11:1: the inline policies of the role have 15"), "{found:#?}");
    // White space outside of strings does not count.
    let two = "[role.inline_policies]\nA = 'p.json'\nB = 'p.json'\n";
    assert_eq!(
        mistakes(
            &format!("{}{two}", minimal("")),
            &[("trust.json", TRUST), ("p.json", &policy(5000))],
            Choices::default()
        ),
        [""; 0]
    );
}

#[test]
fn the_grants_of_one_principal_count_together() {
    let grant = |n: usize| format!("[[pass_role]]\nname = 'G{n:02}'\nto = ['user/a']\n");
    let grants: String = (0..20).map(grant).collect();
    let found = mistakes(&format!("{}{grants}", minimal("")), &[("trust.json", TRUST)], Choices::default());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("the inline policies of user/a have") && found[0].contains("IAM takes 2048"),
        "{found:?}"
    );
}

#[test]
fn two_policies_cannot_have_one_name_on_one_principal() {
    let toml = format!(
        "{}[role.inline_policies]\nGrant = 'p.json'\n[[pass_role]]\nname = 'Grant'\nto = ['role/X']\n\
         [[pass_role]]\nname = 'grant'\n",
        minimal("")
    );
    let p = r#"{"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "*"}}"#;
    assert_eq!(
        mistakes(&toml, &[("trust.json", TRUST), ("p.json", p)], Choices::default()),
        [
            "setup.toml:9:8: the role has an inline policy of the grant's name, and would get both",
            "setup.toml:12:8: two grants have the name `grant`",
        ]
    );
}

#[test]
fn documents_are_told_of_where_they_are_wrong() {
    let toml = format!(
        "{}[role.inline_policies]\nA = 'nowhere.json'\nB = 'twice.json'\nC = 'dash.json'\nD = 'key.json'\n\
         E = 'empty.json'\nF = 'open.json'\n",
        minimal("")
    );
    let body =
        |middle: &str| format!("{{\"Statement\": {{\n \"Effect\": \"Allow\", {middle}\n \"Resource\": \"*\"}}}}");
    let documents = [
        ("trust.json", "\u{feff}{\n  \"Version\": 2012\n"),
        ("twice.json", &body("\"Action\": \"a:B\", \"Action\": \"a:C\",")),
        ("dash.json", &body("\"Sid\": \"a — b\", \"Action\": \"a:B\",")),
        ("key.json", &body("\"Condition\": {\"StringEquals\": {\"{{param.k}}\": \"v\"}}, \"Action\": \"a:B\",")),
        ("empty.json", " \n"),
        ("open.json", &body("\"Action\": \"{{account_id:B\",")),
    ];
    assert_eq!(
        mistakes(&toml, &documents, Choices::default()),
        [
            "setup.toml:7:5: cannot read `nowhere.json`: No such file or directory (os error 2)",
            "dash.json:2:31: IAM does not take the character U+2014 ('—') here",
            "empty.json:1:1: `Statement` is missing",
            "key.json:2:52: a placeholder in a key: only values are filled in",
            "open.json:2:32: `{{` without `}}`",
            "trust.json:3:1: not JSON: `,` or `}` was expected, but there is the end",
            "twice.json:2:38: the key `Action` is there twice (at Statement.Action)",
        ]
    );
}

#[test]
fn placeholders_and_parameters_must_fit_each_other() {
    let toml = "name = 'x'\n[role]\nname = 'X'\ntrust = 'trust.json'\ndescription = '{{acount_id}} {{param.team}}'\n\
                tags = { a = '{{nobody}}', b = '{{account_id' }\n";
    let documents = [("trust.json", TRUST)];
    let (setup, findings) = examine(toml, &documents, params([("tema", "x"), ("other", "y")]));
    let told: Vec<(String, Option<String>)> =
        findings.iter().filter(|f| f.is_mistake()).map(|f| (f.message.clone(), f.hint.clone())).collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(m, h)| (m.as_str(), h.as_deref().unwrap_or(""))).collect();
    assert_eq!(
        told,
        [
            ("nothing fills `{{acount_id}}`", "did you mean `{{account_id}}`?"),
            (
                "nothing fills `{{nobody}}`",
                "known are account_id, account_name, partition, region, role_name, role_arn and param.KEY"
            ),
            ("`{{` without `}}`", ""),
            ("the setup has no `{{param.other}}`", "leave the parameter out, or put it into the setup"),
            ("the setup has no `{{param.tema}}`", "did you mean --param team=…?"),
        ]
    );
    assert_eq!(setup.params().into_iter().collect::<Vec<_>>(), ["team"]);
}

#[test]
fn a_parameter_may_come_with_the_row_and_must_have_come_by_then() {
    let toml = format!("{}description = 'of {{{{param.team}}}}'\n", minimal(""));
    let (setup, findings) = examine(&toml, &[("trust.json", TRUST)], Choices::default());
    assert!(!findings.iter().any(Finding::is_mistake), "{findings:?}");
    assert!(findings.iter().any(|f| f.message == "`{{param.team}}` has no value yet"), "{findings:?}");
    let error = setup.rehearse(&Choices::default()).unwrap_err().to_string();
    assert!(error.ends_with("setup.toml:6:21: nothing fills `{{param.team}}`"), "{error}");
    let row = params([("team", "data")]);
    setup.rehearse(&row).unwrap();
    assert_eq!(setup.fill(&place(), &row).unwrap().only_role().description.as_deref(), Some("of data"));
    let long = params([("team", &"x".repeat(1000))]);
    assert!(setup.rehearse(&long).unwrap_err().to_string().contains("a description of 1003 characters"));
}

#[test]
fn an_arn_of_another_partition_is_refused_where_the_partition_is_known() {
    let toml = format!(
        "{}managed_policies = ['arn:aws:iam::aws:policy/A']\n[role.inline_policies]\nA = 'p.json'\n",
        minimal("")
    );
    let p = "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"a:B\",\n \"Resource\": \"arn:aws:s3:::b\"}}";
    let (setup, findings) = examine(&toml, &[("trust.json", TRUST), ("p.json", p)], Choices::default());
    assert!(!findings.iter().any(Finding::is_mistake), "{findings:?}");
    setup.rehearse(&Choices::default()).unwrap();
    let Err(SetupError::Mistakes(found)) = setup.fill(&place(), &Choices::default()) else { panic!("refused") };
    let lines: Vec<_> = found.iter().map(|f| (f.spot.as_ref().unwrap().position().line, f.message.as_str())).collect();
    let message = "an ARN of the partition `aws`, but the role will be in `aws-cn`";
    assert_eq!(lines, [(6, message), (2, message)]);
    setup.fill(&Place { partition: "aws".parse().unwrap(), ..place() }, &Choices::default()).unwrap();
}

#[test]
fn values_of_the_account_cannot_widen_a_policy() {
    let toml = format!("{}[role.inline_policies]\nA = 'p.json'\n", minimal(""));
    let p = r#"{"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "arn:{{account_name}}"}}"#;
    let (setup, _) = examine(&toml, &[("trust.json", TRUST), ("p.json", p)], Choices::default());
    for name in ["*", "a?", "${aws:username}", "{aws:username}", "a$"] {
        let place = Place { account_name: name.to_owned(), ..place() };
        let error = setup.fill(&place, &Choices::default()).unwrap_err().to_string();
        assert!(error.contains("p.json:1:71: the value of `{{account_name}}`"), "{error}");
    }
}

#[test]
fn the_digest_tells_what_is_put_there_and_not_how_it_is_laid_out() {
    let digest =
        |toml: &str, trust: &str, choices: Choices| examine(toml, &[("trust.json", trust)], choices).0.digest();
    let plain = digest(&minimal(""), TRUST, Choices::default());
    assert_eq!(plain, digest(&minimal("# a comment\n"), TRUST, Choices::default()));
    assert_ne!(plain, digest(&minimal("about = 'x'"), TRUST, Choices::default()));
    assert_ne!(plain, digest(&minimal(""), &TRUST.replace("machinelearning", "ec2"), Choices::default()));
    assert_ne!(plain, digest(&minimal(""), TRUST, Choices { adopt: true, ..Choices::default() }));
}

/// The kinds and keys of a JSON value, without what its strings say.
fn shape(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::String(_) => "s".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().map(|(key, value)| (key, shape(value))).collect();
            format!("{members:?}")
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn no_value_can_change_a_policys_structure(value in any::<String>(), name in any::<String>()) {
        let toml = format!("{}[role.inline_policies]\nA = 'p.json'\n", minimal(""));
        let p = r#"{"Statement": [{"Sid": "{{account_name}}", "Effect": "Allow", "Action": ["{{param.v}}", "a:B"],
            "Resource": "x{{param.v}}y", "Condition": {"StringEquals": {"k": ["{{ param.v }}", true, 1.50]}}}]}"#;
        let (setup, _) = examine(&toml, &[("trust.json", TRUST), ("p.json", p)], params([("v", &value)]));
        let place = Place { account_name: name, ..place() };
        if let Ok(desired) = setup.fill(&place, &Choices::default()) {
            let policy = desired.only_role().inline.values().next().unwrap();
            let filled: serde_json::Value = serde_json::from_str(&policy.text).unwrap();
            prop_assert_eq!(shape(&filled), shape(&serde_json::from_str(p).unwrap()));
            prop_assert_eq!(&filled["Statement"][0]["Resource"], &format!("x{value}y"));
            prop_assert!(policy.text.contains("true,1.50"), "numbers stay as they are written");
        }
    }

    #[test]
    fn no_text_makes_loading_panic(
        toml in prop_oneof![any::<String>(), "(name|role|tags|pass_role|trust|=|'|\"|\\[|\\]|\\.|\\{|\\}|,|\n| |x|3){0,60}"],
        json in prop_oneof![any::<String>(), "(\\{|\\}|\\[|\\]|\"|:|,|Statement|Action|Effect|Allow|é|\\\\|u00|\n| |1){0,60}"],
    ) {
        let with_role = format!("{toml}\n[role]\ntrust = 'trust.json'\ninline_policies = {{ A = 'trust.json' }}\n");
        for toml in [toml, with_role] {
            let (_, findings) = examine(&toml, &[("trust.json", &json)], Choices::default());
            for finding in findings {
                if let Some(spot) = &finding.spot {
                    prop_assert!(spot.file.text.get(spot.span.clone()).is_some(), "{finding}");
                }
            }
        }
    }
}
