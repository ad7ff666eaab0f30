//! Stages over the sandbox: nothing is written before a preflight is over, no wave begins before the one ahead of it is
//! read back, and a run that has had too many failures touches nobody else.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use aws_credential_types::Credentials;

use super::dispatcher::Rollout;
use super::dispatcher_tests::{Ran, ran};
use super::event::{Ended, EventKind, HaltReason, RunInfo, Stage};
use super::journal::JournalEntry;
use super::order::{DEFAULT_SEED, Seed};
use crate::account::converge::Goal;
use crate::account::outcome::{AccountStatus, Step};
use crate::aws::clients::{Clients, Connection};
use crate::inventory::list::{Account, Entry, Overrides, Selection};
use crate::sandbox::{Fault, FaultPoint, SandboxHttpClient, World, WorldOptions};

/// A world of so many new accounts, with what goes wrong in it.
pub(super) fn world(
    accounts: usize,
    faults: impl Fn(&FaultPoint<'_>) -> Option<Fault> + Send + Sync + 'static,
) -> World {
    let options = WorldOptions { faults: Some(Arc::new(faults)), ..WorldOptions::default() };
    World::from_spec_with(&format!("accounts={accounts},seed=3"), options).unwrap()
}

pub(super) async fn connect(world: &World) -> Clients {
    let given = world.credentials();
    let connection = Connection::Simulated {
        http: SandboxHttpClient::shared(world.clone()),
        credentials: Credentials::new(given.access_key_id, given.secret_access_key, None, None, "sandbox"),
        region: world.region().parse().unwrap(),
    };
    Clients::connect(connection, NonZeroU32::new(10_000).unwrap()).await.unwrap()
}

/// The member accounts.
pub(super) fn entries(world: &World) -> Vec<Entry> {
    let members = world.account_ids().filter(|id| *id != world.management_account());
    let account = |id| Account {
        id,
        name: String::new(),
        overrides: Overrides::default(),
        parents: Vec::new(),
        unit: String::new(),
        joined: None,
    };
    members.map(|id| Entry { account: account(id), selection: Selection::In, place: None }).collect()
}

fn by_waves(waves: &str, most: &str) -> impl Fn(&mut RunInfo) {
    let (waves, most) = (waves.parse().unwrap(), most.parse().unwrap());
    move |info| {
        info.waves = Some(Clone::clone(&waves));
        info.max_failures = Some(most);
        info.seed = Some(Seed(DEFAULT_SEED));
    }
}

async fn run(world: &World, set: impl FnOnce(&mut RunInfo)) -> Ran {
    ran(connect(world).await, entries(world), |rollout| set(&mut rollout.info), |_| false).await
}

fn stages(ran: &Ran) -> Vec<Stage> {
    let stage = |kind: &EventKind| if let EventKind::StageStarted { stage } = kind { Some(*stage) } else { None };
    ran.events.iter().filter_map(|event| stage(&event.kind)).collect()
}

fn denied(point: &FaultPoint<'_>, action: &str) -> Option<Fault> {
    (point.action == action).then(|| Fault::AccessDenied("User: x is not authorized to perform: y".to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wave_is_read_back_before_the_next_begins() {
    let world = world(40, |_| None);
    let ran = run(&world, by_waves("1,10%", "0")).await;
    assert_eq!((ran.count(AccountStatus::Created), &ran.ended), (40, &Ended::Complete));
    let (wave, read_back) = (
        |number, accounts| Stage::Wave { number, of: 3, accounts },
        |number, accounts| Stage::ReadBack { number, of: 3, accounts },
    );
    let all = [wave(1, 1), read_back(1, 1), wave(2, 3), read_back(2, 3), wave(3, 36), read_back(3, 36)];
    assert_eq!(stages(&ran), all);
    // Within a wave everything is written before anything is read back, and no account is done before that.
    let mut reading = false;
    for event in &ran.events {
        match &event.kind {
            EventKind::StageStarted { stage } => reading = matches!(stage, Stage::ReadBack { .. }),
            EventKind::ChangeSettled { .. } => assert!(!reading, "a write while reading back"),
            EventKind::AccountFinished { .. } => assert!(reading, "done before it was read back"),
            _ => {}
        }
    }
    assert_eq!(world.log().count("AssumeRole"), 80, "reading back has sessions of its own");
    let finished = ran.journal.iter().filter(|entry| matches!(entry, JournalEntry::Finished { .. })).count();
    assert_eq!(finished, 40);
    assert!(ran.outcomes.values().all(|outcome| outcome.changes == 3 && outcome.attempts == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_halts_when_more_failed_than_may_and_touches_nobody_else() {
    // One in twenty accounts refuses the role.
    let broken = |point: &FaultPoint<'_>| point.account.as_str().parse::<u64>().unwrap() % 20 == 7;
    let world = world(200, move |point| denied(point, "CreateRole").filter(|_| broken(point)));
    let ran = run(&world, by_waves("1,10%,100%", "2")).await;
    let Ended::Halted { reason: HaltReason::TooManyFailures { failed, allowed: 2 } } = ran.ended else {
        panic!("{:?}", ran.ended)
    };
    assert_eq!(ran.outcomes.len(), 200);
    assert_eq!(ran.count(AccountStatus::Failed), failed);
    // Five are in flight at once, so that at most four more may have failed by then.
    assert!((3..=7).contains(&failed), "{failed}");
    let touched = ran.count(AccountStatus::Created) + failed;
    assert_eq!(touched + ran.count(AccountStatus::NotReached), 200);
    assert!(touched < 200 && world.log().count("CreateRole") == touched as u64, "{touched}");
    // What was written before the run halted was read back all the same.
    assert_eq!(world.log().count("AssumeRole"), (touched + ran.count(AccountStatus::Created)) as u64);
    assert!(ran.outcomes.values().all(|outcome| outcome.notes.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_waves_failures_are_counted_all_along() {
    let world = world(60, |point| denied(point, "CreateRole"));
    let ran = run(&world, |info| info.max_failures = Some("5%".parse().unwrap())).await;
    assert!(matches!(ran.ended, Ended::Halted { reason: HaltReason::TooManyFailures { allowed: 3, .. } }));
    let failed = ran.count(AccountStatus::Failed);
    assert!((4..=8).contains(&failed), "{failed}");
    assert_eq!(failed + ran.count(AccountStatus::NotReached), 60);
    assert!(stages(&ran).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_hangs_on_the_seed() {
    let first = |ran: &Ran| {
        let started = |kind: &EventKind| {
            if let EventKind::AccountStarted { account_id, .. } = kind { Some(*account_id) } else { None }
        };
        ran.events.iter().find_map(|event| started(&event.kind)).unwrap()
    };
    let (one, two) = (world(30, |_| None), world(30, |_| None));
    let waves = by_waves("1", "0");
    assert_eq!(first(&run(&one, &waves).await), first(&run(&two, &waves).await));
    let mut all: Vec<_> = entries(&one).iter().map(|entry| entry.account.id).collect();
    Seed(9).arrange(&mut all, |id| *id);
    let other = run(&one, |info| {
        waves(info);
        info.seed = Some(Seed(9));
    });
    assert_eq!(first(&other.await), all[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_preflight_fails_nothing_is_written_anywhere() {
    let world = world(30, |point| {
        let locked = point.account.as_str().ends_with('7');
        denied(point, "AssumeRole").filter(|_| locked)
    });
    let ran = run(&world, |info| {
        info.preflight = true;
        by_waves("1", "5")(info);
    })
    .await;
    let failed = ran.count(AccountStatus::Failed);
    assert!(failed > 0 && failed < 30, "{failed}");
    assert_eq!(ran.ended, Ended::Halted { reason: HaltReason::PreflightFailed { failed } });
    assert_eq!(ran.count(AccountStatus::NotReached), 30 - failed);
    assert_eq!(stages(&ran), [Stage::Preflight { accounts: 30 }], "every account was looked at, none was written to");
    let writes = ran.journal.iter().filter(|entry| matches!(entry, JournalEntry::Intended { .. })).count();
    let log = world.log();
    assert_eq!((writes, log.count("CreateRole"), log.count("PutRolePolicy"), log.count("PutUserPolicy")), (0, 0, 0, 0));
    assert_eq!(log.count("GetRole"), (30 - failed) as u64);
    assert!(log.count("SimulatePrincipalPolicy") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_preflight_every_account_is_done() {
    let world = world(30, |_| None);
    let ran = run(&world, |info| info.preflight = true).await;
    assert_eq!((ran.count(AccountStatus::Created), &ran.ended), (30, &Ended::Complete));
    assert_eq!(stages(&ran), [Stage::Preflight { accounts: 30 }]);
    assert_eq!(world.log().count("AssumeRole"), 60);
    assert!(ran.outcomes.values().all(|outcome| outcome.notes.is_empty()), "the simulator said yes to all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulator_that_is_not_allowed_is_a_note() {
    let world = world(3, |point| denied(point, "SimulatePrincipalPolicy"));
    let ran = run(&world, |info| info.preflight = true).await;
    assert_eq!((ran.count(AccountStatus::Created), &ran.ended), (3, &Ended::Complete));
    for outcome in ran.outcomes.values() {
        let note = "the writes were not simulated: iam SimulatePrincipalPolicy was refused (AccessDenied)";
        assert_eq!(outcome.notes, [note]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_goes_by_waves_and_is_read_back_too() {
    let world = world(12, |_| None);
    run(&world, |_| {}).await;
    let remove = |rollout: &mut Rollout| {
        by_waves("2", "0")(&mut rollout.info);
        rollout.info.preflight = true;
        Arc::get_mut(&mut rollout.terms).unwrap().goal = Goal::Remove { force: false };
    };
    let removed = ran(connect(&world).await, entries(&world), remove, |_| false).await;
    assert_eq!((removed.count(AccountStatus::Removed), &removed.ended), (12, &Ended::Complete));
    assert_eq!(stages(&removed).len(), 5);
    let again = ran(connect(&world).await, entries(&world), remove, |_| false).await;
    assert_eq!((again.count(AccountStatus::Absent), &again.ended), (12, &Ended::Complete));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_invocation_finished_keeps_its_place_in_the_waves() {
    let world = world(20, |_| None);
    let first = run(&world, by_waves("2,50%", "0")).await;
    let mut all: Vec<_> = first.outcomes.values().cloned().collect();
    Seed(DEFAULT_SEED).arrange(&mut all, |outcome| outcome.account_id);
    let kept: HashMap<_, _> = all.iter().take(5).map(|kept| (kept.account_id, kept.clone())).collect();
    let again = ran(
        connect(&world).await,
        entries(&world),
        |rollout| {
            by_waves("2,50%", "0")(&mut rollout.info);
            rollout.earlier.kept = kept;
        },
        |_| false,
    )
    .await;
    assert_eq!((again.outcomes.len(), again.count(AccountStatus::Unchanged)), (20, 15));
    // The first wave is done; what is left of the second, and the third, come as they would have.
    let waves = [Stage::Wave { number: 2, of: 3, accounts: 5 }, Stage::Wave { number: 3, of: 3, accounts: 10 }];
    assert_eq!(stages(&again), waves, "what is right already needs no reading back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_to_stop_in_a_wave_leaves_what_was_written_and_says_that_it_was_not_read_back() {
    let world = world(30, |_| None);
    let first = AtomicBool::new(true);
    let passed = |kind: &EventKind| matches!(kind, EventKind::StagePassed { .. }) && first.swap(false, Relaxed);
    let ran = ran(connect(&world).await, entries(&world), |r| by_waves("100%", "0")(&mut r.info), passed).await;
    assert_eq!(ran.count(AccountStatus::Failed), 0, "what is in flight is finished");
    assert_eq!(ran.outcomes.len(), 30);
    assert_eq!(ran.ended, Ended::Halted { reason: HaltReason::Interrupted });
    let created: Vec<_> = ran.outcomes.values().filter(|outcome| outcome.status == AccountStatus::Created).collect();
    assert!(!created.is_empty());
    assert!(created.iter().all(|outcome| outcome.notes == ["not read back: the run halted first"]), "{created:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_to_stop_in_a_preflight_leaves_everything_as_it_is() {
    let world = world(30, |_| None);
    let first = AtomicBool::new(true);
    let passed = |kind: &EventKind| matches!(kind, EventKind::StagePassed { .. }) && first.swap(false, Relaxed);
    let ran = ran(connect(&world).await, entries(&world), |rollout| rollout.info.preflight = true, passed).await;
    assert_eq!(ran.ended, Ended::Halted { reason: HaltReason::Interrupted });
    assert_eq!((ran.outcomes.len(), ran.count(AccountStatus::NotReached)), (30, 30));
    assert_eq!(world.log().count("CreateRole"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_that_takes_too_long_stops_by_itself() {
    let world = world(10, |point| (point.action == "GetRole").then_some(Fault::Hang));
    let first = AtomicBool::new(true);
    let begun = |kind: &EventKind| {
        matches!(kind, EventKind::StepStarted { step: Step::Observe, .. }) && first.swap(false, Relaxed)
    };
    let set = |rollout: &mut Rollout| rollout.cancel.grace = Duration::ZERO;
    let ran = ran(connect(&world).await, entries(&world), set, begun).await;
    assert_eq!(ran.ended, Ended::Halted { reason: HaltReason::Interrupted });
    let cut_off = ran.outcomes.values().filter_map(|outcome| outcome.failure.as_ref());
    let codes: Vec<&str> = cut_off.map(|failure| failure.code.as_str()).collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == "Interrupted"), "{codes:?}");
    assert_eq!(codes.len() + ran.count(AccountStatus::NotReached), 10);
}
