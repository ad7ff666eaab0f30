//! From any state that IAM can hold, apply leads to the setup, and then there is nothing to do; what is not ours is as
//! it was. Over the real SDK, in the sandbox, read back without rolecall.

use std::num::NonZeroU32;
use std::path::Path;

use aws_credential_types::Credentials;
use aws_sdk_iam::Client;
use proptest::prelude::*;
use proptest::sample::select;

use super::any_state_world_tests::{
    Holder, Kept, Move, PRINCIPALS, Snapshot, Text, create_role, make, moves, snapshot,
};
use super::converge::{Goal, Task, converge};
use super::converge_tests::assumed_role;
use super::model::outcome::{AccountStatus, Outcome};
use super::rollback::rollback_tests::assert_is_foreseen;
use super::rollback::{Rollback, RunWrites, rollback};
use crate::aws::clients::{Attempts, Clients, Connection};
use crate::aws::credentials::Renewing;
use crate::ids::PrincipalRef;
use crate::policy::{CanonicalPolicy, PolicyKind};
use crate::sandbox::{SandboxHttpClient, World};
use crate::setup::desired::{Desired, ExtraPolicies, OWNER_TAG};
use crate::setup::file::built_in_names;
use crate::setup::resolve::{Choices, Place, Setup};

/// How many managed policies IAM lets a role have, and how long its inline policies may be together.
const ATTACHED: usize = 10;
const INLINE: usize = 10_240;

/// What is to be true of an account, and how it came to be as it is.
#[derive(Debug, Clone)]
struct Case {
    setup: &'static str,
    adopt: bool,
    pass_role_to: Vec<&'static str>,
    /// Whether the account was right once.
    was_right: bool,
    moves: Vec<Move>,
}

pub(crate) const RICH: [&str; 4] = ["rich-report", "rich-ignore", "rich-remove", "rich-skip"];

fn cases() -> impl Strategy<Value = Case> {
    let setups = [built_in_names(), RICH.to_vec(), RICH.to_vec()].concat();
    let own = ["role/RichRole", "role/AmazonMLRedshift"];
    let principals = prop::sample::subsequence([&PRINCIPALS[..], &own].concat(), 0..4);
    (select(setups), any::<bool>(), principals, any::<bool>(), moves()).prop_map(
        |(setup, adopt, pass_role_to, was_right, moves)| Case { setup, adopt, pass_role_to, was_right, moves },
    )
}

/// Writes the made-up setups, each `rich` with another way to deal with what is not in it.
pub(crate) fn write_setups(folder: &Path) {
    let policy = |service: &str, actions: usize| {
        let actions: Vec<String> = (0..actions).map(|n| format!("{service}{n}:DescribeThing")).collect();
        let resource = format!("arn:{{{{partition}}}}:s3:::{service}-{{{{account_id}}}}/${{aws:username}}");
        serde_json::json!({ "Version": "2012-10-17", "Statement": [
            { "Sid": "One", "Effect": "Allow", "Action": actions, "Resource": [resource, "*"],
              "Condition": { "StringEquals": { "aws:RequestedRegion": ["{{region}}", "eu-central-1"] } } },
            { "Sid": "Two", "Effect": "Deny", "NotAction": "s3:*", "NotResource": "*" }
        ]})
        .to_string()
    };
    let trust = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["redshift.amazonaws.com","lambda.amazonaws.com"]}},
        {"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],
         "Principal":{"AWS":["{{account_id}}","arn:{{partition}}:iam::{{account_id}}:role/passer"]},
         "Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}}]}"#;
    for (file, text) in [
        ("trust.json", trust),
        ("a.json", &policy("a", 4)),
        ("b.json", &policy("b", 120)),
        ("c.json", &policy("c", 90)),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    for name in RICH {
        let (extra, missing) = match name {
            "rich-skip" => ("report", "skip"),
            name => (name.strip_prefix("rich-").unwrap(), "fail"),
        };
        let toml = format!(
            r#"
            name = "rich"
            [role]
            name = "RichRole"
            path = "/team/{{{{account_id}}}}/"
            description = "Zoë's rôle: \"{{{{role_name}}}}\" & <co>"
            trust = "trust.json"
            managed_policies = ["arn:{{{{partition}}}}:iam::aws:policy/SecurityAudit",
                                "arn:{{{{partition}}}}:iam::aws:policy/job-function/ViewOnlyAccess"]
            permissions_boundary = "arn:{{{{partition}}}}:iam::aws:policy/PowerUserAccess"
            max_session_duration = "2h"
            tags = {{ owner = "data platform", "cost:center" = "" }}
            extra_policies = "{extra}"
            [role.inline_policies]
            A = "a.json"
            "B+b=b,b.b@b-b" = "b.json"
            C = "c.json"
            [pass_role]
            service = "redshift.amazonaws.com"
            missing_principal = "{missing}"
            "#
        );
        std::fs::write(folder.join(format!("{name}.toml")), toml).unwrap();
    }
}

/// An account of a world, the way in, and what it must have.
struct Bench {
    world: World,
    clients: Clients,
    /// With all power, and not rolecall's.
    iam: Client,
    task: Task,
    /// What the last run did.
    done: Kept,
}

impl Bench {
    async fn new(case: &Case) -> Self {
        let world = World::from_spec("accounts=1").unwrap();
        let account = world.account_ids().find(|id| *id != world.management_account()).unwrap();
        let keys = world.credentials();
        let connection = Connection::Simulated {
            http: SandboxHttpClient::shared(world.clone()),
            credentials: Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "sandbox"),
            region: "us-east-1".parse().unwrap(),
        };
        let clients = Clients::connect(connection, NonZeroU32::new(600).unwrap()).await.unwrap();
        let access = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
        let session =
            clients.sts().client().assume_role().role_arn(access).role_session_name("somebody").send().await.unwrap();
        let given = session.credentials.unwrap();
        let token = Some(given.session_token);
        let credentials = Credentials::new(given.access_key_id, given.secret_access_key, token, None, "somebody");
        let iam = clients.iam_with(Renewing::fixed(credentials), &Attempts::default());
        let task = Task {
            account_id: account,
            account_name: "team".to_owned(),
            assume: Some(assumed_role()),
            desired: desired(case, account),
            started_at: "2026-11-24T09:30:05Z".parse().unwrap(),
            wait_ready: std::time::Duration::ZERO,
        };
        Self { world, clients, iam, task, done: Kept::default() }
    }

    async fn run(&self, goal: Goal) -> Outcome {
        let mut outcome = self.task.begin();
        let attempts = Attempts::default();
        self.done.0.lock().unwrap().clear();
        converge(&self.clients, &self.done, &self.task, goal, &|_| {}, &mut outcome, &attempts).await;
        outcome.attempts = attempts.most();
        outcome
    }

    /// Puts back what the last run did, twice: the second time there is nothing to do. Returns what became of it.
    async fn put_back(&self) -> Outcome {
        let Task { account_id, account_name, assume, started_at, .. } = self.task.clone();
        let run = RunWrites { done: self.done.0.lock().unwrap().clone(), role_arn: None };
        assert_is_foreseen(&self.task.desired, &run.done);
        let task = Rollback { account_id, account_name, assume, run, started_at };
        let restored = async || {
            let mut outcome = task.begin();
            rollback(&self.clients, &Kept::default(), &task, &|_| {}, &mut outcome, &Attempts::default()).await;
            outcome
        };
        let first = restored().await;
        if first.failure.is_none() {
            let writes = self.world.log().writes();
            let again = restored().await;
            assert_eq!((again.status, again.failure), (AccountStatus::Unchanged, None));
            assert_eq!(self.world.log().writes(), writes, "what is as it was needs nothing");
        }
        first
    }

    /// The outcome of what must not write.
    async fn look(&self, goal: Goal) -> Outcome {
        let writes = self.world.log().writes();
        let outcome = self.run(goal).await;
        assert_eq!(self.world.log().writes(), writes, "{goal:?} wrote: {outcome:?}");
        outcome
    }
}

fn desired(case: &Case, account: crate::ids::AccountId) -> Desired {
    let folder = tempfile::tempdir().unwrap();
    write_setups(folder.path());
    let name = match case.setup.starts_with("rich") {
        true => folder.path().join(format!("{}.toml", case.setup)).display().to_string(),
        false => case.setup.to_owned(),
    };
    let pass_role_to = case.pass_role_to.iter().map(|to| to.parse::<PrincipalRef>().unwrap()).collect();
    let setup = Setup::load(&name, Choices { adopt: case.adopt, pass_role_to, ..Choices::default() }).unwrap();
    let place = Place {
        account,
        account_name: "team".to_owned(),
        partition: "aws".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
    };
    setup.fill(&place, &Choices::default()).unwrap()
}

pub(crate) fn role_of(desired: &Desired) -> String {
    format!("role/{}", desired.only_role().name)
}

/// Of a tag, only its value counts: IAM takes keys that differ in case for the same.
fn has_tag(holder: &Holder, key: &str) -> Option<String> {
    holder.tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
}

/// Why apply must fail, told from the state alone.
pub(crate) fn refusal(desired: &Desired, before: &Snapshot) -> Option<&'static str> {
    let own = role_of(desired);
    if let Some(role) = before.get(&own) {
        if !desired.adopt && has_tag(role, OWNER_TAG).as_ref() != Some(&desired.setup) {
            return Some("NotOurs");
        }
        if role.path != desired.only_role().path {
            return Some("PathDiffers");
        }
    }
    let missing = |to: &PrincipalRef| to.to_string() != own && !before.contains_key(&to.to_string());
    let fails = desired
        .granted()
        .any(|(to, grant)| missing(to) && grant.missing_principal == crate::setup::desired::MissingPrincipal::Fail);
    fails.then_some("NoSuchPrincipal")
}

/// Whether what the role would have is more than IAM lets it have.
pub(crate) fn is_too_much(desired: &Desired, before: &Snapshot) -> bool {
    let kept = foreign(desired, before);
    let kept = &kept[&role_of(desired)];
    let wanted = desired.only_role().inline.values().map(|policy| policy.text.as_ref());
    let own = desired.granted().filter(|(to, _)| to.to_string() == role_of(desired));
    let own: Vec<&str> = own.map(|(_, grant)| grant.policy.text.as_ref()).collect();
    let inline = kept.inline.values().map(String::as_str).chain(wanted).chain(own);
    let length: usize = inline.map(|text| text.chars().filter(|c| !c.is_whitespace()).count()).sum();
    length > INLINE || kept.attached.len() + desired.only_role().managed.len() > ATTACHED
}

/// What is not ours to touch: the account without what the setup has a say in.
pub(crate) fn foreign(desired: &Desired, all: &Snapshot) -> Snapshot {
    let mut all = all.clone();
    let role = all.entry(role_of(desired)).or_insert_with(|| Holder {
        path: desired.only_role().path.clone(),
        max_session_duration: 3600,
        ..Holder::default()
    });
    role.trust.clear();
    role.description = role.description.take().filter(|_| desired.only_role().description.is_none());
    if desired.only_role().max_session_duration.is_some() {
        role.max_session_duration = 0;
    }
    let removes = desired.only_role().extra_policies == ExtraPolicies::Remove;
    role.boundary = role.boundary.take().filter(|_| desired.only_role().boundary.is_none() && !removes);
    role.tags.retain(|key, _| !desired.only_role().tags.keys().any(|ours| ours.eq_ignore_ascii_case(key)));
    let named_as_a_grant = |name: &str| desired.grants.iter().any(|grant| grant.name.as_str() == name);
    role.inline.retain(|name, _| match desired.only_role().inline.keys().any(|ours| ours.as_str() == name) {
        true => false,
        false => !removes || named_as_a_grant(name),
    });
    role.attached.retain(|arn| !removes && !desired.only_role().managed.iter().any(|ours| ours.to_string() == *arn));
    for (to, grant) in desired.granted() {
        if let Some(holder) = all.get_mut(&to.to_string()) {
            holder.inline.remove(grant.name.as_str());
        }
    }
    all
}

/// Whether the account has what the setup says, told from the account.
pub(crate) fn assert_has_everything(desired: &Desired, after: &Snapshot) {
    let means = |kind, text: &str, wanted: &CanonicalPolicy| {
        let read = CanonicalPolicy::parse(kind, text, &desired.partition).unwrap();
        assert_eq!(read, *wanted);
    };
    let role = &after[&role_of(desired)];
    means(PolicyKind::Trust, &role.trust, &desired.only_role().trust.meaning);
    assert_eq!(role.path, desired.only_role().path);
    assert!(desired.only_role().description.is_none() || desired.only_role().description == role.description);
    assert!(
        desired
            .only_role()
            .max_session_duration
            .is_none_or(|seconds| i64::from(seconds) == i64::from(role.max_session_duration))
    );
    assert!(desired.only_role().boundary.as_ref().is_none_or(|arn| role.boundary == Some(arn.to_string())));
    for (key, value) in &desired.only_role().tags {
        assert_eq!(has_tag(role, key).as_ref(), Some(value), "tag {key}");
    }
    for (name, policy) in &desired.only_role().inline {
        means(PolicyKind::Identity, &role.inline[name.as_str()], &policy.meaning);
    }
    assert!(desired.only_role().managed.iter().all(|arn| role.attached.contains(&arn.to_string())));
    for (to, grant) in desired.granted() {
        if let Some(holder) = after.get(&to.to_string()) {
            means(PolicyKind::Identity, &holder.inline[grant.name.as_str()], &grant.policy.meaning);
        }
    }
}

/// `sure` says that IAM takes every move.
async fn check(case: &Case, sure: bool) {
    let bench = Bench::new(case).await;
    let desired = &bench.task.desired;
    // The trust of the made-up setups names the one, and a move names the other.
    assert!(create_role(&bench.iam, "passer").await && create_role(&bench.iam, "ghost").await);
    if case.was_right {
        bench.run(Goal::Apply).await;
    }
    for one in &case.moves {
        let taken = make(&bench.iam, desired, one).await;
        assert!(taken || !sure, "{one:?}");
    }
    let before = snapshot(&bench.iam).await;
    let planned = bench.look(Goal::Plan).await;
    let verified = bench.look(Goal::Verify { simulate: false }).await;
    if let Some(code) = refusal(desired, &before) {
        for refused in [planned, bench.look(Goal::Apply).await] {
            assert_eq!(refused.failure.map(|failure| failure.code.to_string()).as_deref(), Some(code));
        }
        assert_eq!(snapshot(&bench.iam).await, before);
        return;
    }
    assert_eq!(planned.status == AccountStatus::Unchanged, planned.changes == 0, "{planned:?}");
    assert!(verified.status != AccountStatus::Compliant || planned.changes == 0, "{planned:?}");

    let writes = bench.world.log().writes();
    let applied = bench.run(Goal::Apply).await;
    let after = snapshot(&bench.iam).await;
    assert_eq!(foreign(desired, &before), foreign(desired, &after), "what is not ours was touched");
    if is_too_much(desired, &before) {
        assert_eq!(applied.failure.map(|failure| failure.code.to_string()).as_deref(), Some("LimitExceeded"));
        return;
    }
    assert_eq!(applied.failure, None);
    assert_eq!(applied.changes, planned.changes, "what was planned is what was done");
    assert_eq!(bench.world.log().writes() - writes, u64::from(applied.changes), "no write but those");
    assert_has_everything(desired, &after);

    let undone = bench.put_back().await;
    if undone.failure.as_ref().is_some_and(|failure| failure.code == "MalformedPolicyDocument") {
        return; // A trust that names by its id what is gone cannot be written again.
    }
    assert_eq!(undone.failure, None);
    assert_eq!(snapshot(&bench.iam).await, before, "what apply did is undone");
    assert_eq!(bench.run(Goal::Apply).await.failure, None);
    assert_eq!(snapshot(&bench.iam).await, after);

    for again in [bench.look(Goal::Plan).await, bench.look(Goal::Apply).await] {
        assert_eq!((again.status, again.changes), (AccountStatus::Unchanged, 0), "{again:?}");
    }
    let verified = bench.look(Goal::Verify { simulate: false }).await;
    let evidence = verified.evidence.unwrap();
    assert_eq!(verified.status == AccountStatus::Compliant, evidence.wanted == evidence.found, "{evidence:?}");
    let something_foreign = after[&role_of(desired)].inline.len() > desired.only_role().inline.len()
        || after[&role_of(desired)].attached.len() > desired.only_role().managed.len()
        || after[&role_of(desired)].boundary.is_some() && desired.only_role().boundary.is_none();
    assert!(verified.status == AccountStatus::Compliant || something_foreign, "{:?}", verified.differences);

    bench.run(Goal::Remove { force: true }).await;
    let undone = bench.put_back().await;
    assert_eq!((undone.status, undone.failure), (AccountStatus::Created, None));
    assert_eq!(snapshot(&bench.iam).await, after, "what remove took away is there again");
    let removed = bench.run(Goal::Remove { force: true }).await;
    assert_eq!((removed.status, removed.failure), (AccountStatus::Removed, None));
    let mut left = foreign(desired, &after);
    left.remove(&role_of(desired));
    assert_eq!(snapshot(&bench.iam).await, left, "what is not ours stays when ours is taken away");
    assert_eq!(bench.look(Goal::Remove { force: true }).await.status, AccountStatus::Absent);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn from_any_state_apply_leads_to_the_setup_and_touches_nothing_else(case in cases()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(check(&case, false));
    }
}

/// Checks a role of ours that was right, with all that a made-up setup has, after these moves.
fn check_after(setup: &'static str, moves: &[Move]) {
    let case = Case { setup, adopt: false, pass_role_to: vec!["user/analyst"], was_right: true, moves: moves.to_vec() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(check(&case, true));
}

#[test]
fn a_tag_whose_key_differs_in_case_is_the_tag() {
    check_after("rich-report", &[Move::ShoutTag(0), Move::ShoutTag(1), Move::ShoutTag(2)]);
    check_after("rich-report", &[Move::ShoutTag(1), Move::Tag("OWNER", "nobody")]);
}

#[test]
fn a_role_with_all_the_policies_that_it_may_have_is_brought_to_a_setup_that_fits() {
    check_after("rich-remove", &[Move::Detach(0), Move::Detach(1), Move::AttachAllForeign]);
    let crowded = [Move::DeleteInline(0), Move::DeleteInline(1), Move::DeleteInline(2)];
    let full = [Move::ForeignInline("Theirs", Text::Long), Move::ForeignInline("Z", Text::Long)];
    check_after("rich-remove", &[crowded.as_slice(), &full].concat());
    // The first policy of the setup is to grow, the last to shrink; there is no room for the first before that.
    let last = [Move::ForeignInline("Theirs", Text::Long), Move::Inline(2, Text::Long)];
    check_after("rich-report", &[crowded.as_slice(), &last].concat());
}
