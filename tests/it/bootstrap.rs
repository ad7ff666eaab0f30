//! `setup bootstrap`: the role that it makes suffices for every command, and whatever is taken away from it is missed.
//!
//! Every account of a world gets a role with one permission less, and two accounts the whole; then each command runs
//! once over all of them.

#![expect(clippy::print_stdout, reason = "the figures are what is to be shown")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::aws::Admin;
use super::harness::{Ran, Rolecall, Server};

const MEMBER: &str = "RolecallMember";
const EXTERNAL_ID: &str = "proof:1";
const ROLE: &str = "ProofRole";
const GRANT: &str = "RolecallPassRole-ProofRole";
const S3: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"machinelearning.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const EC2: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// With everything that a setup can have.
const WHOLE: &str = r#"
name = "proof"
[role]
name = "ProofRole"
path = "/teams/"
trust = "trust.json"
description = "What the proof is made with"
max_session_duration = "2h"
permissions_boundary = "arn:{{partition}}:iam::aws:policy/ReadOnlyAccess"
managed_policies = ["arn:{{partition}}:iam::aws:policy/AmazonS3ReadOnlyAccess"]
extra_policies = "remove"
tags = { owner = "proof" }
[role.inline_policies]
ProofAccess = "permissions.json"
[pass_role]
to = ["user/passer", "group/passers", "role/Passer"]
service = "machinelearning.amazonaws.com"
"#;

/// One without a boundary, where one that is there has to go.
fn without_boundary() -> String {
    WHOLE.lines().filter(|line| !line.starts_with("permissions_boundary")).map(|line| format!("{line}\n")).collect()
}

/// What one account is there to show.
struct Trial {
    /// What was taken away, in words; nothing in the accounts that have it all.
    without: Option<String>,
    /// The actions of which one must be refused.
    actions: Vec<String>,
    policy: Value,
    /// Whether those who get grants have a path.
    with_path: bool,
}

/// The whole policy twice, and once without each action and without each resource of each statement.
fn trials(whole: &Value) -> Vec<Trial> {
    let complete = |with_path| Trial { without: None, actions: Vec::new(), policy: whole.clone(), with_path };
    let mut trials = vec![complete(false), complete(true)];
    for (n, statement) in whole["Statement"].as_array().unwrap().iter().enumerate() {
        let sid = statement["Sid"].as_str().unwrap();
        let list = |key: &str| statement[key].as_array().unwrap().clone();
        for (key, others) in [("Action", false), ("Resource", true)] {
            for (at, taken) in list(key).iter().enumerate() {
                let mut policy = whole.clone();
                policy["Statement"][n][key].as_array_mut().unwrap().remove(at);
                if policy["Statement"][n][key].as_array().unwrap().is_empty() {
                    policy["Statement"].as_array_mut().unwrap().remove(n);
                }
                let taken = taken.as_str().unwrap().to_owned();
                let actions = if others { list("Action") } else { vec![json!(taken)] };
                trials.push(Trial {
                    without: Some(format!("{sid}: {taken}")),
                    actions: actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
                    policy,
                    with_path: taken.contains("/*/"),
                });
            }
        }
    }
    trials
}

struct Proof {
    admin: Admin,
    runner: Rolecall,
    home: Rolecall,
    _server: Server,
    /// The accounts, each with its trial.
    trials: BTreeMap<String, Trial>,
    /// Trials whose permission was missed so far.
    missed: BTreeMap<String, String>,
}

impl Proof {
    /// Accounts for everything that `setup` needs and `proven`, another setup, does not.
    async fn new(setup: &str, proven: Option<&str>) -> Self {
        let home = Rolecall::new();
        let files = [("setup.toml", setup), ("proven.toml", proven.unwrap_or(setup))];
        for (name, text) in files.into_iter().chain([("trust.json", TRUST), ("permissions.json", S3)]) {
            std::fs::write(home.path(name), text).unwrap();
        }
        let runner = "arn:aws:iam::418263905174:role/Runner";
        let written = |more: &[&str]| {
            let usual = ["setup", "bootstrap", "--format", "json", "--trust-to", runner, "--external-id", EXTERNAL_ID];
            json_of(home.run(&[&usual[..], more].concat()))
        };
        let (member, caller) = (written(&["setup.toml"]), written(&["--caller"]));
        let mut trials = trials(&member["permissions"]);
        if proven.is_some() {
            let known = self::trials(&written(&["proven.toml"])["permissions"]);
            trials.retain(|trial| trial.without.is_none() || known.iter().all(|known| known.without != trial.without));
        }

        let server = Server::start(&home, &format!("accounts={},seed=11", trials.len()));
        let admin = Admin::of(&server).await;
        assert!(runner.contains(&admin.management));
        runner_role(&admin, "Runner", &caller).await;
        let mut accounts = csv::Reader::from_reader(
            home_with(&server).run(&["accounts", "--organization", "--format", "csv"]).stdout.as_bytes(),
        )
        .deserialize::<BTreeMap<String, String>>()
        .map(|row| row.unwrap()["account_id"].clone())
        .filter(|id| *id != admin.management)
        .collect::<Vec<_>>()
        .into_iter();
        let mut by_account = BTreeMap::new();
        for trial in trials {
            let account = accounts.next().unwrap();
            furnish(&admin, &account, &member, &trial).await;
            by_account.insert(account, trial);
        }
        let mut environment = server.environment.clone();
        environment.extend(admin.environment_of(runner).await);
        let runner = Rolecall::new().with(environment);
        Self { admin, runner, home, _server: server, trials: by_account, missed: BTreeMap::new() }
    }

    /// Runs a command over all accounts; those that have it all must come out as `expected`.
    fn run(&mut self, command: &str, more: &[&str], expected: &str) {
        let setup = self.home.path("setup.toml");
        let usual = ["--organization", "--quiet", "--assume-role", MEMBER, "--external-id", EXTERNAL_ID];
        let ran = self.runner.run(&[&[command, setup.to_str().unwrap()], &usual[..], more].concat());
        for row in self.runner.rows() {
            let Some(trial) = self.trials.get(&row["account_id"]).filter(|_| row["status"] != "skipped") else {
                continue;
            };
            let Some(without) = &trial.without else {
                assert_eq!(row["status"], expected, "{command} with everything: {row:?}\n{ran:?}");
                continue;
            };
            let message = &row["error_message"];
            let refused = trial.actions.iter().any(|action| message.contains(&format!("to perform: {action} on")));
            if row["status"] == "failed" && row["error_code"] == "AccessDenied" && refused {
                self.missed.entry(without.clone()).or_insert_with(|| format!("{command} at {}", row["failed_step"]));
            }
        }
    }

    /// Applies with a look before, where all but the question to the simulator is allowed: without that there is a note.
    fn preflight(&mut self, expected: &str) {
        let asks = |trial: &Trial| trial.without.as_ref().is_none_or(|without| without.starts_with("TheMemberRole: "));
        let chosen: Vec<&str> =
            self.trials.iter().filter(|(_, trial)| asks(trial)).map(|(id, _)| id.as_str()).collect();
        let chosen = chosen.join(",");
        self.run("apply", &["--yes", "--preflight", "--include", &chosen], expected);
        for row in self.runner.rows().iter().filter(|row| row["status"] != "skipped") {
            let told = row["notes"].contains("iam SimulatePrincipalPolicy was refused");
            match &self.trials[&row["account_id"]].without {
                Some(without) if told => {
                    self.missed.insert(without.clone(), "apply --preflight, as a note".to_owned());
                }
                Some(_) => {}
                None => assert!(row["notes"].is_empty(), "{row:?}"),
            }
        }
    }

    /// What happens to a role in the course of a quarter.
    async fn meddle(&self) {
        for account in self.trials.keys() {
            let iam = self.admin.iam_in(account).await;
            // Where an earlier command failed, some of this is not there to be changed.
            let _ = iam.update_assume_role_policy().role_name(ROLE).policy_document(EC2).send().await;
            let _ = iam.update_role().role_name(ROLE).description("another").send().await;
            let tag = aws_sdk_iam::types::Tag::builder().key("owner").value("another").build().unwrap();
            let _ = iam.tag_role().role_name(ROLE).tags(tag).send().await;
            let boundary = "arn:aws:iam::aws:policy/SecurityAudit";
            let _ = iam.put_role_permissions_boundary().role_name(ROLE).permissions_boundary(boundary).send().await;
            for policy in ["ProofAccess", "Another"] {
                let call = iam.put_role_policy().role_name(ROLE).policy_name(policy);
                let _ = call.policy_document(S3.replace("s3:Get", "s3:Put")).send().await;
            }
            let managed = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
            let call = iam.detach_role_policy().role_name(ROLE);
            let _ = call.policy_arn(managed("AmazonS3ReadOnlyAccess")).send().await;
            let call = iam.attach_role_policy().role_name(ROLE);
            let _ = call.policy_arn(managed("AmazonEC2ReadOnlyAccess")).send().await;
            let _ = iam.delete_user_policy().user_name("passer").policy_name(GRANT).send().await;
            let _ = iam.delete_group_policy().group_name("passers").policy_name(GRANT).send().await;
            let _ = iam.delete_role_policy().role_name("Passer").policy_name(GRANT).send().await;
        }
    }

    async fn put_into_instance_profiles(&self) {
        for account in self.trials.keys() {
            let iam = self.admin.iam_in(account).await;
            let _ = iam.create_instance_profile().instance_profile_name("Proof").send().await;
            let call = iam.add_role_to_instance_profile().instance_profile_name("Proof");
            let _ = call.role_name(ROLE).send().await;
        }
    }
}

/// A setup's life, in every account. Returns what was taken away.
async fn prove(setup: &str, proven: Option<&str>) -> Vec<String> {
    let mut proof = Proof::new(setup, proven).await;
    proof.run("plan", &[], "pending");
    proof.run("apply", &["--yes"], "created");
    proof.run("verify", &["--simulate"], "compliant");
    proof.meddle().await;
    proof.preflight("updated");
    proof.run("apply", &["--yes"], "unchanged");
    proof.run("verify", &[], "compliant");
    proof.put_into_instance_profiles().await;
    proof.run("remove", &["--yes", "--force"], "removed");
    let taken: Vec<&String> = proof.trials.values().filter_map(|trial| trial.without.as_ref()).collect();
    for without in &taken {
        let by = proof.missed.get(*without).map_or("NOBODY", String::as_str);
        println!("{without}: missed by {by}");
    }
    let (resources, actions): (Vec<&&String>, Vec<&&String>) = taken.iter().partition(|what| what.contains("arn:"));
    println!("{} actions on {} resources, each of them needed", actions.len(), resources.len());
    let unused: Vec<_> = taken.iter().filter(|without| !proof.missed.contains_key(**without)).collect();
    assert!(unused.is_empty(), "nothing needs {unused:?}");
    taken.into_iter().cloned().collect()
}

#[test]
fn the_role_suffices_and_nothing_in_it_is_needless() {
    let taken = block_on(prove(WHOLE, None));
    assert_eq!(taken.iter().filter(|what| what.contains("arn:")).count(), 11, "{taken:?}");
    assert_eq!(taken.iter().filter(|what| !what.contains("arn:")).count(), 35, "{taken:?}");
}

#[test]
fn a_setup_without_a_boundary_needs_one_other_permission_and_no_more() {
    let taken = block_on(prove(&without_boundary(), Some(WHOLE)));
    assert_eq!(taken, ["TheRole: iam:DeleteRolePermissionsBoundary"]);
}

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
        let mut needed = 0;
        for (n, trial) in trials.iter().enumerate() {
            let name = if n == 0 { "Runner".to_owned() } else { format!("Runner{n}") };
            runner_role(&admin, &name, &trial.policy).await;
            let mut environment = server.environment.clone();
            let arn = format!("arn:aws:iam::{}:role/{name}", admin.management);
            environment.extend(admin.environment_of(&arn).await);
            let rolecall = Rolecall::new().with(environment);
            std::fs::write(rolecall.path("closed.csv"), "account_id\n466557291038\n").unwrap();
            std::fs::write(rolecall.path("open.csv"), "account_id\n730418225961\n").unwrap();
            let plan = rolecall.run(&["plan", "--organization", "--ou", &root, "--tag", "team=payments", "--quiet"]);
            let doctor = rolecall.run(&["doctor", "--accounts", "closed.csv"]);
            // Why another role cannot be assumed, the caller has to ask about itself.
            let why =
                rolecall.run(&["doctor", "--accounts", "open.csv", "--assume-role", "Nobody", "--format", "json"]);
            let told = doctor.stdout.contains("SUSPENDED") && why.stdout.contains("IAM's simulator says so");
            match &trial.without {
                None => assert!(plan.code == 3 && told, "{plan:?}\n{doctor:?}\n{why:?}"),
                Some(without) => {
                    assert!(plan.code == 1 || !told, "nothing needs {without}");
                    needed += 1;
                }
            }
        }
        println!("{needed} permissions of the caller, each of them needed");
        assert_eq!(needed, 10);
    });
}

impl Trial {
    /// The resource that was taken away, if it was one.
    fn resource(&self) -> Option<&str> {
        let taken = self.without.as_deref()?.split_once(": ")?.1;
        (taken.starts_with("arn:") || taken == "*").then_some(taken)
    }
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

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn json_of(ran: Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

fn home_with(server: &Server) -> Rolecall {
    Rolecall::new().with(server.environment.clone())
}

/// A role of the management account with the caller's policy.
async fn runner_role(admin: &Admin, name: &str, policy: &Value) {
    let iam = admin.iam();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": admin.management }, "Action": "sts:AssumeRole",
    }]});
    iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let call = iam.put_role_policy().role_name(name).policy_name("Rolecall");
    call.policy_document(policy.to_string()).send().await.unwrap();
}

/// The member role as the trial wants it, and those who get grants.
async fn furnish(admin: &Admin, account: &str, member: &Value, trial: &Trial) {
    let iam = admin.iam_in(account).await;
    let call =
        iam.create_role().role_name(member["role_name"].as_str().unwrap()).path(member["path"].as_str().unwrap());
    call.assume_role_policy_document(member["trust"].to_string()).send().await.unwrap();
    let call = iam.put_role_policy().role_name(MEMBER).policy_name(member["policy_name"].as_str().unwrap());
    call.policy_document(trial.policy.to_string()).send().await.unwrap();
    let path = if trial.with_path { "/people/" } else { "/" };
    iam.create_user().user_name("passer").path(path).send().await.unwrap();
    iam.create_group().group_name("passers").path(path).send().await.unwrap();
    let call = iam.create_role().role_name("Passer").path(path);
    call.assume_role_policy_document(EC2).send().await.unwrap();
}
