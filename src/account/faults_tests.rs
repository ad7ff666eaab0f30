//! Every kind of fault, against the sandbox: every account is done, nothing is written twice that must not be, and each
//! row is true of the world. Time is the runtime's own, so that no wait is waited for.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::converge::{Goal, Task, converge};
use super::converge_tests::assumed_role;
use super::ledger::{Ledger, LedgerClosed};
use super::model::change::{Change, ChangeResult};
use super::model::outcome::{AccountStatus, Outcome, PartStatus};
use crate::aws::clients::{Attempts, Clients, Connection};
use crate::ids::AccountId;
use crate::sandbox::{Fault, FaultPoint, FaultRule, SandboxHttpClient, World, WorldOptions};
use crate::setup::resolve::{Choices, Place, Setup};

/// A world whose clock is moved by hand, and the way to it.
pub(super) struct Stage {
    pub(super) world: World,
    clients: Clients,
    later: Arc<AtomicI64>,
    setup: Setup,
}

/// Counts what became of each account's changes.
#[derive(Default)]
struct Settled(Mutex<Vec<(&'static str, bool)>>);

impl Ledger for Settled {
    async fn intend(&self, _: &Change) -> Result<(), LedgerClosed> {
        Ok(())
    }

    fn settled(&self, change: &Change, result: &ChangeResult) {
        let applied = matches!(result, ChangeResult::Applied { .. });
        self.0.lock().unwrap().push((change.write.action(), applied));
    }
}

impl Stage {
    pub(super) async fn new(spec: &str) -> Self {
        Self::with(spec, None).await
    }

    /// With faults that a spec cannot say.
    async fn with(spec: &str, faults: Option<FaultRule>) -> Self {
        let later = Arc::new(AtomicI64::new(0));
        let seconds = later.clone();
        let began = Timestamp::now();
        let clock = Arc::new(move || began + SignedDuration::from_secs(seconds.load(Ordering::Relaxed)));
        let world = World::from_spec_with(spec, WorldOptions { clock, faults, ..WorldOptions::default() }).unwrap();
        world.log().keep();
        let given = world.credentials();
        let connection = Connection::Simulated {
            http: SandboxHttpClient::shared(world.clone()),
            credentials: Credentials::new(given.access_key_id, given.secret_access_key, None, None, "sandbox"),
            region: "us-east-1".parse().unwrap(),
        };
        let clients = Clients::connect(connection, NonZeroU32::new(1_000_000).unwrap()).await.unwrap();
        let choices = Choices { pass_role_to: vec!["user/analyst".parse().unwrap()], ..Choices::default() };
        Self { world, clients, later, setup: Setup::load("amazon-ml-redshift", choices).unwrap() }
    }

    /// Every member account at once.
    pub(super) async fn run(&self, goal: Goal) -> Vec<(AccountId, Outcome, Vec<(&'static str, bool)>)> {
        let members = self.world.account_ids().filter(|id| *id != self.world.management_account());
        join_all(members.map(async |account| {
            let place = Place {
                account,
                account_name: String::new(),
                partition: self.clients.caller().partition().clone(),
                region: self.clients.region().clone(),
            };
            let task = Task {
                account_id: account,
                account_name: String::new(),
                assume: Some(assumed_role()),
                desired: self.setup.fill(&place, &Choices::default()).unwrap(),
                started_at: Timestamp::now(),
                wait_ready: Duration::ZERO,
            };
            let attempts = Attempts::within(Duration::from_secs(120));
            let (ledger, mut outcome) = (Settled::default(), task.begin());
            converge(&self.clients, &ledger, &task, goal, &|_| {}, &mut outcome, &attempts).await;
            outcome.attempts = attempts.most();
            (account, outcome, ledger.0.into_inner().unwrap())
        }))
        .await
    }

    /// How often each write took effect, by account and operation.
    fn effects(&self) -> BTreeMap<(AccountId, String), usize> {
        let mut effects = BTreeMap::new();
        for entry in self.world.log().entries() {
            if entry.write && (entry.code == "ok" || entry.code == "reset-after/ok") {
                *effects.entry((entry.account.unwrap(), entry.action)).or_default() += 1;
            }
        }
        effects
    }
}

/// Runs `apply` under `faults`, and then looks at what is there.
async fn survives(faults: &str, accounts: usize, seed: u64) -> Vec<Outcome> {
    let stage = Stage::new(&format!("accounts={accounts},seed={seed},faults={faults}")).await;
    let ran = stage.run(Goal::Apply).await;
    assert_eq!(ran.len(), accounts);
    for (account, outcome, settled) in &ran {
        assert_eq!(outcome.status, AccountStatus::Created, "{faults} {account}: {outcome:?}");
        assert_eq!(outcome.parts.role, PartStatus::Created, "{faults} {account}");
        let writes = ["CreateRole", "PutRolePolicy", "PutUserPolicy"].map(|write| (write, true));
        assert_eq!(settled[..], writes, "{faults} {account}: each write once, and told to be done");
        assert_eq!(outcome.changes, 3);
    }
    let created = stage.effects().into_iter().filter(|((_, action), _)| action == "CreateRole");
    for ((account, _), times) in created {
        assert_eq!(times, 1, "{faults} {account}");
    }
    stage.later.fetch_add(60, Ordering::Relaxed);
    let writes = stage.effects();
    for (account, outcome, _) in stage.run(Goal::Verify { simulate: false }).await {
        assert_eq!(outcome.status, AccountStatus::Compliant, "{faults} {account}: {outcome:?}");
    }
    for (account, outcome, _) in stage.run(Goal::Apply).await {
        assert_eq!(outcome.status, AccountStatus::Unchanged, "{faults} {account}: {outcome:?}");
    }
    assert_eq!(stage.effects(), writes, "{faults}: the second run writes nothing");
    ran.into_iter().map(|(_, outcome, _)| outcome).collect()
}

#[tokio::test(start_paused = true)]
async fn throttles_and_bare_429s_are_waited_out_and_counted() {
    for faults in ["throttle:30%", "429:30%"] {
        let outcomes = survives(faults, 20, 7).await;
        assert!(outcomes.iter().any(|outcome| outcome.attempts > 1) && outcomes.iter().all(|o| o.attempts <= 6));
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_service_are_tried_again() {
    for faults in ["error:30%", "html:30%"] {
        survives(faults, 20, 7).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_after() {
    survives("reset:30%", 30, 7).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_known_again_where_iam_writes_the_trust_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    // IAM shows the account's id as the ARN of its root.
    let trust = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"{{account_id}}"}}}"#;
    std::fs::write(folder.path().join("trust.json"), trust).unwrap();
    let setup = folder.path().join("own.toml");
    std::fs::write(&setup, "name = \"own\"\n[role]\nname = \"Own\"\ntrust = \"trust.json\"\n").unwrap();
    let lost = |point: &FaultPoint<'_>| (point.action == "CreateRole" && point.nth == 0).then_some(Fault::ResetAfter);
    let mut stage = Stage::with("accounts=1", Some(Arc::new(lost))).await;
    stage.setup = Setup::load(&setup.display().to_string(), Choices::default()).unwrap();
    let (_, outcome, settled) = stage.run(Goal::Apply).await.remove(0);
    assert_eq!((outcome.status, outcome.changes, outcome.failure), (AccountStatus::Created, 1, None));
    assert_eq!(settled, [("CreateRole", true)]);
}

#[tokio::test(start_paused = true)]
async fn hangs_and_slow_answers_are_given_the_time_they_need_and_no_more() {
    for faults in ["hang:30%", "slow:30%"] {
        survives(faults, 20, 7).await;
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_that_are_over_are_begun_again() {
    survives("expired:10%", 20, 7).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_is_sent_again_after_three_refusals_and_what_failed_otherwise_is_none() {
    use Fault::{ExpiredToken, Throttle};
    let read = async |script: Vec<Fault>| {
        let rule =
            move |point: &FaultPoint<'_>| script.get(point.nth as usize).filter(|_| point.action == "GetRole").cloned();
        let stage = Stage::with("accounts=1", Some(Arc::new(rule))).await;
        let (_, outcome, _) = stage.run(Goal::Plan).await.remove(0);
        (outcome.status, outcome.attempts, outcome.failure.map(|failure| failure.code.to_string()))
    };
    let through = |tries| (AccountStatus::Pending, tries, None);
    assert_eq!(read(vec![ExpiredToken; 3]).await, through(4));
    assert_eq!(read(vec![Throttle, Throttle, Throttle, ExpiredToken, ExpiredToken]).await, through(6));
    let lost = (AccountStatus::Failed, 4, Some("ExpiredToken".to_owned()));
    assert_eq!(read(vec![ExpiredToken; 4]).await, lost);
}

#[tokio::test(start_paused = true)]
async fn busy_entities_are_waited_for() {
    survives("busy:30%", 20, 7).await;
}

#[tokio::test(start_paused = true)]
async fn reads_that_are_late_are_not_believed() {
    survives("stale:60%", 20, 7).await;
}

#[tokio::test(start_paused = true)]
async fn all_of_it_at_once_from_many_seeds() {
    for seed in 1..=3 {
        survives("mixed:40%", 10, seed).await;
        survives("reset:30%+stale:60%", 10, seed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_final_faults_fail_an_account_and_it_is_whole_when_they_are_gone() {
    let stage = Stage::new("accounts=40,seed=7,faults=error:20%:final").await;
    let ran = stage.run(Goal::Apply).await;
    let failed = ran.iter().filter(|(_, outcome, _)| outcome.status == AccountStatus::Failed).count();
    assert!((2..20).contains(&failed), "{failed}");
    for (_, outcome, _) in ran {
        match outcome.failure {
            None => assert_eq!(outcome.status, AccountStatus::Created),
            Some(failure) => {
                // Tried until most of the account's time was over: time bounds it, not a count.
                assert_eq!(failure.code.as_str(), "InternalFailure");
                assert!(failure.code.passes() && outcome.attempts > 6, "{}", outcome.attempts);
                assert!(failure.request_id.is_some() && failure.fix.contains("rerun"), "{failure:?}");
            }
        }
    }
}
