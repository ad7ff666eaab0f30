//! `setup bootstrap`: what it writes, and that the caller's policy suffices and has nothing needless. That of the role
//! is in `proof`.

#![expect(clippy::print_stdout, reason = "the figures are what is to be shown")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::aws::Admin;
use super::harness::{Ran, Rolecall, Server};
use super::proof::{MEMBER, TRUST, Trial, trials};

#[test]
fn the_callers_policy_suffices_and_nothing_in_it_is_needless() {
    block_on(async {
        let home = Rolecall::new();
        let server = Server::start(&home, "healthy");
        let admin = Admin::of(&server).await;
        let runner = format!("arn:aws:iam::{}:role/Runner", admin.management);
        let bootstrap = ["setup", "bootstrap", "--caller", "--format", "json", "--trust-to", &runner];
        // Into the role that is in every account already.
        let role = ["--assume-role", "OrganizationAccountAccessRole"];
        let whole = json_of(home.run(&[&bootstrap[..], &role].concat()));
        let trials: Vec<Trial> =
            trials(&whole).into_iter().skip(1).filter(|trial| trial.resource().is_none()).collect();
        let root = admin.root().await;
        let mut runners = Vec::new();
        for (n, trial) in trials.iter().enumerate() {
            let name = if n == 0 { "Runner".to_owned() } else { format!("Runner{n}") };
            runner_role(&admin, &name, &trial.policy).await;
            let mut environment = server.environment.clone();
            let arn = format!("arn:aws:iam::{}:role/{name}", admin.management);
            environment.extend(admin.environment_of(&arn).await);
            runners.push(Rolecall::new().with(environment));
        }
        // A refused call is waited for, so they all run side by side.
        let suffices: Vec<bool> = std::thread::scope(|scope| {
            let work = runners.iter().map(|runner| scope.spawn(|| suffices_for_the_caller(runner, &root)));
            work.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(suffices[0], "the whole policy does not suffice");
        let needed = suffices.iter().filter(|suffices| !**suffices).count();
        for (trial, suffices) in trials.iter().zip(&suffices).skip(1) {
            assert!(!suffices, "nothing needs {:?}", trial.without);
        }
        println!("{needed} permissions of the caller, each of them needed");
        assert_eq!(needed, 10);
    });
}

/// Whether the caller can find the accounts, and learn why it cannot get into one.
fn suffices_for_the_caller(rolecall: &Rolecall, root: &str) -> bool {
    std::fs::write(rolecall.path("closed.csv"), "account_id\n466557291038\n").unwrap();
    std::fs::write(rolecall.path("open.csv"), "account_id\n730418225961\n").unwrap();
    let plan = rolecall.run(&["plan", "--organization", "--ou", root, "--tag", "team=payments", "--quiet"]);
    let doctor = rolecall.run(&["doctor", "--accounts", "closed.csv"]);
    // Why another role cannot be assumed, the caller has to ask about itself.
    let why = rolecall.run(&["doctor", "--accounts", "open.csv", "--assume-role", "Nobody", "--format", "json"]);
    let told = doctor.stdout.contains("SUSPENDED") && why.stdout.contains("IAM's simulator says so");
    assert!([1, 3].contains(&plan.code), "{plan:?}");
    plan.code == 3 && told
}

#[test]
fn every_way_of_writing_says_the_same() {
    let rolecall = Rolecall::new();
    let trust = "arn:aws:iam::418263905174:role/Runner";
    let usual = ["setup", "bootstrap", "--pass-role-to", "user/analyst", "--trust-to", trust, "--external-id", "x-1"];
    let written = |format: &str| {
        let ran = rolecall.run(&[&usual[..], &["--format", format]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout
    };
    let member: Value = serde_json::from_str(&written("json")).unwrap();
    let (yaml, hcl) = (written("cloudformation"), written("terraform"));
    let texts = |key: &str| {
        let statements = member["permissions"]["Statement"].as_array().unwrap().iter();
        statements.flat_map(|s| s[key].as_array().unwrap()).map(|t| t.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for action in texts("Action") {
        assert!(yaml.contains(&format!("\"{action}\"")) && hcl.contains(&format!("\"{action}\"")), "{action}");
    }
    for resource in texts("Resource") {
        let behind = resource.strip_prefix("arn:aws:iam::*:").unwrap();
        // The role's own name is a parameter.
        let named = |parameter: &str| behind.replace(MEMBER, parameter);
        let in_yaml = format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{}\"", named("${RoleName}"));
        let in_hcl = format!(
            "arn:${{data.aws_partition.current.partition}}:iam::${{data.aws_caller_identity.current.account_id}}:{}\"",
            named("${var.role_name}")
        );
        assert!(yaml.contains(&in_yaml) && hcl.contains(&in_hcl), "{resource}");
    }
    for text in [&yaml, &hcl] {
        let passing = text.split("\"iam:PassRole\"").nth(1).unwrap();
        assert!(passing.contains("iam:PassedToService") && passing.contains("\"ec2.amazonaws.com\""), "{text}");
    }
    assert!(!yaml.contains("arn:aws:iam::*") && !hcl.contains("arn:aws:iam::*"), "no partition is written out");
    for (open, close) in [('{', '}'), ('[', ']'), ('(', ')')] {
        assert_eq!(hcl.matches(open).count(), hcl.matches(close).count(), "{hcl}");
    }
    for block in [
        "variable \"trusted_principal_arn\" {",
        "variable \"external_id\" {",
        "data \"aws_partition\" \"current\" {}",
        "resource \"aws_iam_role\" \"rolecall\" {",
        "resource \"aws_iam_role_policy\" \"rolecall\" {",
        "output \"role_arn\" {",
    ] {
        assert!(hcl.contains(block), "{block}: {hcl}");
    }
    for line in ["Resources:", "  Role:", "    Type: \"AWS::IAM::Role\"", "    Default: \"x-1\""] {
        assert!(yaml.lines().any(|known| known == line), "{line}: {yaml}");
    }
    let reading = json_of(rolecall.run(&[&usual[..], &["--format", "json", "--for", "plan"]].concat()));
    assert!(!reading.to_string().contains("iam:Put") && reading.to_string().contains("iam:GetRole"), "{reading}");
}

/// The actions in what is written for these commands, by statement.
fn actions_for(commands: &str) -> BTreeMap<String, Vec<String>> {
    let trust = "arn:aws:iam::418263905174:role/Runner";
    let usual = ["setup", "bootstrap", "--pass-role-to", "user/analyst", "--trust-to", trust, "--format", "json"];
    let member = json_of(Rolecall::new().run(&[&usual[..], &["--for", commands]].concat()));
    let word = |value: &Value| value.as_str().unwrap().trim_start_matches("iam:").to_owned();
    let statements = member["permissions"]["Statement"].as_array().unwrap().iter();
    let actions = |statement: &Value| statement["Action"].as_array().unwrap().iter().map(word).collect();
    statements.map(|statement| (word(&statement["Sid"]), actions(statement))).collect()
}

/// What the role may do for `commands` and not for `others`.
fn more_for(commands: &str, others: &str) -> Vec<String> {
    let known = actions_for(others);
    let more = actions_for(commands).into_iter().flat_map(|(sid, actions)| {
        let known = known.get(&sid).cloned().unwrap_or_default();
        actions.into_iter().filter(move |action| !known.contains(action)).map(move |action| format!("{sid}: {action}"))
    });
    more.collect()
}

#[test]
fn rollback_needs_no_more_than_undoes_the_commands_that_are_named_with_it() {
    assert_eq!(
        more_for("apply,rollback", "apply"),
        [
            "GrantsOfUsers: DeleteUserPolicy",
            "TheRole: DeleteRole",
            "TheRole: DeleteRolePolicy",
            "TheRole: ListInstanceProfilesForRole",
            "TheRole: UntagRole",
        ]
    );
    let put_back = [
        "GrantsOfUsers: PutUserPolicy",
        "InstanceProfilesOfTheRole: AddRoleToInstanceProfile",
        "TheRole: AttachRolePolicy",
        "TheRole: CreateRole",
        "TheRole: PutRolePermissionsBoundary",
        "TheRole: PutRolePolicy",
        "TheRole: TagRole",
        "TheRoleIntoInstanceProfiles: PassRole",
    ];
    assert_eq!(more_for("remove,rollback", "remove"), put_back);
    // Alone, it undoes both.
    let of_either = |commands: &str| more_for(commands, "plan").into_iter().collect::<BTreeSet<_>>();
    assert_eq!(
        more_for("apply,remove,rollback", "apply,remove"),
        [
            "InstanceProfilesOfTheRole: AddRoleToInstanceProfile",
            "TheRole: AttachRolePolicy",
            "TheRole: PutRolePermissionsBoundary",
            "TheRole: UntagRole",
            "TheRoleIntoInstanceProfiles: PassRole",
        ]
    );
    let undone = |command: &str| more_for(&format!("{command},rollback"), command);
    assert!(of_either("rollback").is_superset(&undone("apply").into_iter().chain(undone("remove")).collect()));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let rolecall = Rolecall::new();
    let code = |more: &[&str]| rolecall.run(&[&["setup", "bootstrap"], more].concat()).code;
    assert_eq!(code(&["--format", "json"]), 2);
    assert_eq!(code(&["--trust-to", "arn:aws:sts::123456789012:assumed-role/Admin/me"]), 2);
    assert_eq!(code(&["--caller", "--trust-to", "arn:aws:iam::123456789012:root"]), 2);
    std::fs::write(rolecall.path("trust.json"), TRUST).unwrap();
    let setup = "name = \"own\"\n[role]\nname = \"Own-{{account_id}}\"\ntrust = \"trust.json\"\n";
    std::fs::write(rolecall.path("own.toml"), setup).unwrap();
    let ran = rolecall.run(&["setup", "bootstrap", "own.toml"]);
    assert!(ran.code == 2 && ran.stderr.contains("--role-name"), "{ran:?}");
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub(crate) fn json_of(ran: Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

pub(crate) fn home_with(server: &Server) -> Rolecall {
    Rolecall::new().with(server.environment.clone())
}

/// A role of the management account with the caller's policy.
pub(crate) async fn runner_role(admin: &Admin, name: &str, policy: &Value) {
    let iam = admin.iam();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": admin.management }, "Action": "sts:AssumeRole",
    }]});
    iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let call = iam.put_role_policy().role_name(name).policy_name("Rolecall");
    call.policy_document(policy.to_string()).send().await.unwrap();
}
