//! The role of `setup bootstrap` suffices for every command, and whatever is taken away from it is missed.
//!
//! Every account of a world gets a role with one permission less, and two accounts the whole; then each command runs
//! over those two and all in which nothing was missed yet.

#![expect(clippy::print_stdout, reason = "the figures are what is to be shown")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::aws::Admin;
use super::bootstrap::{block_on, home_with, json_of, runner_role};
use super::harness::{Ran, Rolecall, Server};

pub(crate) const MEMBER: &str = "RolecallMember";
const EXTERNAL_ID: &str = "proof:1";
const ROLE: &str = "ProofRole";
const GRANT: &str = "RolecallPassRole-ProofRole";
const S3: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"machinelearning.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
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
tags = { owner = "proof", team = "proof" }
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
#[derive(Default, Clone)]
pub(crate) struct Trial {
    /// What was taken away, in words; nothing in the accounts that have it all.
    pub(crate) without: Option<String>,
    /// The actions of which one must be refused.
    actions: Vec<String>,
    pub(crate) policy: Value,
    /// Whether those who get grants have a path.
    with_path: bool,
    /// Whether somebody takes the role's boundary away, instead of putting another in its place.
    loses_its_boundary: bool,
}

/// The whole policy twice, and once without each action and without each resource of each statement.
pub(crate) fn trials(whole: &Value) -> Vec<Trial> {
    let mut trials =
        [false, true].map(|with_path| Trial { with_path, policy: whole.clone(), ..Trial::default() }).to_vec();
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
                    ..Trial::default()
                });
            }
        }
    }
    trials
}

impl Trial {
    /// The resource that was taken away, if it was one.
    pub(crate) fn resource(&self) -> Option<&str> {
        let taken = self.without.as_deref()?.split_once(": ")?.1;
        (taken.starts_with("arn:") || taken == "*").then_some(taken)
    }
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

/// Who runs rolecall.
const RUNNER: &str = "arn:aws:iam::418263905174:role/Runner";

/// A home with the setup in it.
fn home_of(setup: &str) -> Rolecall {
    let home = Rolecall::new();
    for (name, text) in [("setup.toml", setup), ("trust.json", TRUST), ("permissions.json", S3)] {
        std::fs::write(home.path(name), text).unwrap();
    }
    home
}

fn written(home: &Rolecall, more: &[&str]) -> Value {
    let usual = ["setup", "bootstrap", "--format", "json", "--trust-to", RUNNER, "--external-id", EXTERNAL_ID];
    json_of(home.run(&[&usual[..], more].concat()))
}

impl Proof {
    /// Accounts for everything that `setup` needs and in whose words `about` is.
    async fn new(setup: &str, about: &str) -> Self {
        let home = home_of(setup);
        let (member, caller) = (written(&home, &["setup.toml"]), written(&home, &["--caller"]));
        let mut trials = trials(&member["permissions"]);
        trials.retain(|trial| trial.without.as_ref().is_none_or(|without| without.contains(about)));
        for trial in trials.iter_mut().filter(|_| setup.contains("permissions_boundary")) {
            let without = trial.without.as_deref();
            trial.loses_its_boundary =
                without.map_or(trial.with_path, |without| without.ends_with(":DeleteRolePermissionsBoundary"));
        }

        let server = Server::start(&home, &format!("accounts={},seed=11", trials.len()));
        let admin = Admin::of(&server).await;
        assert!(RUNNER.contains(&admin.management));
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
        environment.extend(admin.environment_of(RUNNER).await);
        let runner = Rolecall::new().with(environment);
        Self { admin, runner, home, _server: server, trials: by_account, missed: BTreeMap::new() }
    }

    /// Runs a command over the accounts that are still to show something.
    fn run(&mut self, command: &str, more: &[&str], expected: &str) -> String {
        self.run_in(&self.open(), command, more, expected)
    }

    /// Runs a command over these accounts; those that have it all must come out as `expected`. Returns the run's id.
    fn run_in(&mut self, accounts: &[String], command: &str, more: &[&str], expected: &str) -> String {
        let (setup, accounts) = (self.home.path("setup.toml"), accounts.join(","));
        let usual = ["--organization", "--quiet", "--assume-role", MEMBER, "--external-id", EXTERNAL_ID];
        let words = [&[command, setup.to_str().unwrap(), "--include", &accounts], &usual[..], more];
        let ran = self.runner.run(&words.concat());
        self.judge(command, &ran, expected);
        self.runner.latest()
    }

    /// Puts back what a run did.
    fn rollback(&mut self, run: &str, expected: &str) {
        let ran = self.runner.run(&["rollback", run, "--yes", "--quiet"]);
        assert!(self.runner.latest().contains("-rollback-"), "{ran:?}");
        self.judge("rollback", &ran, expected);
    }

    fn judge(&mut self, command: &str, ran: &Ran, expected: &str) {
        let mut sufficed = 0;
        for row in self.runner.rows() {
            let Some(trial) = self.trials.get(&row["account_id"]).filter(|_| row["status"] != "skipped") else {
                continue;
            };
            let Some(without) = &trial.without else {
                assert_eq!(row["status"], expected, "{command} with everything: {row:?}\n{ran:?}");
                sufficed += 1;
                continue;
            };
            let message = &row["error_message"];
            let refused = trial.actions.iter().any(|action| message.contains(&format!("to perform: {action} on")));
            if row["status"] == "failed" && row["error_code"] == "AccessDenied" && refused {
                self.missed.entry(without.clone()).or_insert_with(|| format!("{command} at {}", row["failed_step"]));
            }
        }
        assert!(sufficed > 0, "{command} did nothing where everything is allowed: {ran:?}");
    }

    /// The accounts that have it all, and those in which nothing was missed yet.
    fn open(&self) -> Vec<String> {
        self.which(|trial| trial.without.as_ref().is_none_or(|without| !self.missed.contains_key(without)))
    }

    /// The accounts whose trial is so.
    fn which(&self, so: impl Fn(&Trial) -> bool) -> Vec<String> {
        self.trials.iter().filter(|(_, trial)| so(trial)).map(|(id, _)| id.clone()).collect()
    }

    /// Applies with a look before, where all but the question to the simulator is allowed: without that there is a note.
    fn preflight(&mut self, expected: &str) -> String {
        let asks = |trial: &Trial| trial.without.as_ref().is_none_or(|without| without.starts_with("TheMemberRole: "));
        let run = self.run_in(&self.which(asks), "apply", &["--yes", "--preflight"], expected);
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
        run
    }

    /// What happens to a role in the course of a quarter.
    async fn meddle(&self) {
        for account in &self.open() {
            let (iam, trial) = (self.admin.iam_in(account).await, &self.trials[account]);
            // Where an earlier command failed, some of this is not there to be changed.
            let _ = iam.update_assume_role_policy().role_name(ROLE).policy_document(EC2).send().await;
            let _ = iam.update_role().role_name(ROLE).description("another").send().await;
            let tag = aws_sdk_iam::types::Tag::builder().key("owner").value("another").build().unwrap();
            let _ = iam.tag_role().role_name(ROLE).tags(tag).send().await;
            let _ = iam.untag_role().role_name(ROLE).tag_keys("team").send().await;
            if trial.loses_its_boundary {
                let _ = iam.delete_role_permissions_boundary().role_name(ROLE).send().await;
            } else {
                let another = "arn:aws:iam::aws:policy/SecurityAudit";
                let _ = iam.put_role_permissions_boundary().role_name(ROLE).permissions_boundary(another).send().await;
            }
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
        for account in self.open() {
            put_into_instance_profile(&self.admin.iam_in(&account).await, "Proof").await;
        }
    }

    /// A role of ours that has no path, as none that this setup makes, is taken away, put back and taken away again.
    async fn without_a_path(&mut self) {
        let chosen = self.which(|trial| match &trial.without {
            Some(without) => without.starts_with("TheRoleIntoInstanceProfiles: arn:") && !trial.with_path,
            None => !trial.with_path,
        });
        for account in &chosen {
            let iam = self.admin.iam_in(account).await;
            let ours = aws_sdk_iam::types::Tag::builder().key("rolecall:setup").value("proof").build().unwrap();
            let call = iam.create_role().role_name(ROLE).assume_role_policy_document(EC2);
            call.tags(ours).send().await.unwrap();
            put_into_instance_profile(&iam, "Old").await;
        }
        let removed = self.run_in(&chosen, "remove", &["--yes", "--force"], "removed");
        self.rollback(&removed, "created");
        self.run_in(&chosen, "remove", &["--yes", "--force"], "removed");
    }

    /// Leaves one of those that have it all what `--for rollback` gives, and no more.
    async fn leave_only_rollback(&self) {
        let chosen = self.which(|trial| trial.without.is_none() && !trial.with_path);
        allow(&self.admin.iam_in(&chosen[0]).await, &self.home, "rollback").await;
    }
}

/// Leaves the member role what it needs for these commands, and no more.
async fn allow(iam: &aws_sdk_iam::Client, home: &Rolecall, commands: &str) {
    let member = written(home, &["setup.toml", "--for", commands]);
    let call = iam.put_role_policy().role_name(MEMBER).policy_name("Rolecall");
    call.policy_document(member["permissions"].to_string()).send().await.unwrap();
}

/// Puts the setup's role into an instance profile, where it is there.
async fn put_into_instance_profile(iam: &aws_sdk_iam::Client, name: &str) {
    let _ = iam.create_instance_profile().instance_profile_name(name).send().await;
    let _ = iam.add_role_to_instance_profile().instance_profile_name(name).role_name(ROLE).send().await;
}

/// A setup's life, in every account. Returns what was taken away.
async fn prove(setup: &str, about: &str) -> Vec<String> {
    let mut proof = Proof::new(setup, about).await;
    proof.without_a_path().await;
    proof.run("plan", &[], "pending");
    let looked_at = proof.preflight("created");
    proof.rollback(&looked_at, "removed");
    proof.run("apply", &["--yes"], "created");
    proof.run("verify", &["--simulate"], "compliant");
    proof.meddle().await;
    let mended = proof.run("apply", &["--yes"], "updated");
    proof.run("verify", &[], "compliant");
    proof.put_into_instance_profiles().await;
    let removed = proof.run("remove", &["--yes", "--force"], "removed");
    proof.leave_only_rollback().await;
    proof.rollback(&removed, "created");
    // The role is again as that run left it.
    proof.rollback(&mended, "updated");
    let taken: Vec<&String> = proof.trials.values().filter_map(|trial| trial.without.as_ref()).collect();
    for without in &taken {
        let by = proof.missed.get(*without).map_or("NOBODY", String::as_str);
        println!("{without}: missed by {by}");
    }
    let (resources, actions): (Vec<&&String>, Vec<&&String>) = taken.iter().partition(|what| what.contains("arn:"));
    println!("{} actions on {} resources, each of them needed", actions.len(), resources.len());
    let unused: Vec<_> = taken.iter().filter(|without| !proof.missed.contains_key(**without)).collect();
    assert!(unused.is_empty(), "nothing needs {unused:?}");
    let mut taken: Vec<String> = taken.into_iter().cloned().collect();
    taken.sort();
    taken
}

#[test]
fn the_role_suffices_and_nothing_in_it_is_needless() {
    let taken = block_on(prove(WHOLE, ""));
    assert_eq!(taken.iter().filter(|what| what.contains("arn:")).count(), 13, "{taken:?}");
    assert_eq!(taken.iter().filter(|what| !what.contains("arn:")).count(), 39, "{taken:?}");
}

#[test]
fn a_role_that_was_made_without_rollback_gets_it_and_the_same_rollback_goes_on() {
    block_on(async {
        // The one account has the whole role, and gets another policy.
        let mut proof = Proof::new(WHOLE, "no such thing").await;
        let account = proof.which(|trial| !trial.with_path).remove(0);
        let iam = proof.admin.iam_in(&account).await;
        let home = home_of(WHOLE);
        allow(&iam, &home, "apply,remove").await;
        proof.run("apply", &["--yes"], "created");
        put_into_instance_profile(&iam, "Proof").await;
        let removed = proof.run("remove", &["--yes", "--force"], "removed");
        let again = |proof: &Proof| {
            let ran = proof.runner.run(&["rollback", &removed, "--yes", "--quiet"]);
            (ran.code, proof.runner.rows().into_iter().find(|row| row["account_id"] == account).unwrap())
        };
        let (code, row) = again(&proof);
        assert_eq!((code, row["error_code"].as_str()), (1, "AccessDenied"), "{row:?}");
        assert_eq!(row["fix"], "grant iam:AddRoleToInstanceProfile to the assumed role");
        allow(&iam, &home, "apply,remove,rollback").await;
        let (code, row) = again(&proof);
        assert_eq!((code, row["status"].as_str()), (0, "updated"), "{row:?}");
        let profiles = iam.list_instance_profiles_for_role().role_name(ROLE).send().await.unwrap();
        assert_eq!(profiles.instance_profiles().len(), 1);
        assert!(iam.get_user_policy().user_name("passer").policy_name(GRANT).send().await.is_ok(), "the grants too");
    });
}

/// What a boundary needs, it needs for other reasons where the setup has none.
#[test]
fn a_setup_without_a_boundary_needs_the_same_and_no_more() {
    let needed = |setup: &str| written(&home_of(setup), &["setup.toml"])["permissions"].take();
    assert_eq!(needed(WHOLE), needed(&without_boundary()));
    let taken = block_on(prove(&without_boundary(), "Boundary"));
    assert_eq!(taken, ["TheRole: iam:DeleteRolePermissionsBoundary", "TheRole: iam:PutRolePermissionsBoundary"]);
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
