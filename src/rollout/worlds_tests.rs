//! Whatever an account has, whatever the setup says and whatever goes wrong on the way: every account has one row, each row
//! is true of the world, nothing is written twice, and only what does not let up fails an account. When it is over, the
//! next run makes everything whole, and the one after it has nothing to do.
//!
//! The whole rollout with its journal runs over the real SDK, in the sandbox; what is there is read without rolecall. Time
//! is the runtime's own, so that no wait is waited for.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_iam::Client;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;
use tempfile::TempDir;

use super::dispatcher_tests::{Ran, ran};
use super::event::{Ended, EventKind, HaltReason};
use super::journal::{Journal, JournalEntry};
use super::order::{DEFAULT_SEED, Seed};
use super::stages_tests::{connect, entries};
use super::worker::Aim;
use super::worlds_faults_tests::{Burst, Faults, Tally, bursts};
use crate::account::any_state_tests::{
    RICH, assert_has_everything, foreign, is_too_much, refusal, role_of, write_setups,
};
use crate::account::any_state_world_tests::{Move, PRINCIPALS, Snapshot, create_role, make, moves, snapshot_of};
use crate::account::change::ChangeResult;
use crate::account::converge::Goal;
use crate::account::outcome::{AccountStatus, Outcome, Step};
use crate::aws::clients::Attempts;
use crate::aws::credentials::Renewing;
use crate::ids::AccountId;
use crate::inventory::list::Entry;
use crate::sandbox::{LogEntry, World, WorldOptions};
use crate::setup::desired::Desired;
use crate::setup::file::built_in_names;
use crate::setup::resolve::{Choices, Place, Setup};

/// An organization, what is to be true of it, and what goes wrong meanwhile.
#[derive(Debug, Clone)]
struct Case {
    accounts: Vec<Past>,
    setup: &'static str,
    adopt: bool,
    pass_role_to: Vec<&'static str>,
    goal: Goal,
    concurrency: usize,
    /// By waves that are read back.
    waves: bool,
    /// Whether the first failure halts the run.
    strict: bool,
    bursts: Vec<Burst>,
    /// Of the waits.
    seed: u64,
}

/// How an account came to be as it is.
#[derive(Debug, Clone)]
struct Past {
    /// Whether everybody is there who is to have a grant.
    staffed: bool,
    was_right: bool,
    moves: Vec<Move>,
}

fn cases() -> impl Strategy<Value = Case> {
    let often = prop::bool::weighted;
    // Mostly as rolecall would have left it, and a little of what came after: of what is not ours there is little to tell.
    let past = (often(0.8), often(0.6), moves(), 0..10_usize).prop_map(|(staffed, was_right, mut moves, most)| {
        moves.truncate(most);
        Past { staffed, was_right, moves }
    });
    let world = (prop::collection::vec(past, 1..=5), select([built_in_names(), RICH.to_vec()].concat()), often(0.7));
    let principals = subsequence([&PRINCIPALS[..], &["role/RichRole"]].concat(), 0..4);
    let goal = prop_oneof![
        6 => Just(Goal::Apply),
        2 => Just(Goal::Remove { force: true }),
        1 => Just(Goal::Verify { simulate: false }),
    ];
    let run = (goal, 1..=5_usize, often(0.6), often(0.4), bursts(), any::<u64>());
    (world, principals, run).prop_map(
        |((accounts, setup, adopt), pass_role_to, (goal, concurrency, waves, strict, bursts, seed))| {
            let waves = waves && goal.writes();
            Case { accounts, setup, adopt, pass_role_to, goal, concurrency, waves, strict, bursts, seed }
        },
    )
}

/// After that, no read shows what was there before the last write: of such a read, a run could know nothing.
const SPREAD: Duration = Duration::from_secs(10);

/// The made-up setups, written once.
static SETUPS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    write_setups(folder.path());
    folder
});

/// The journal of the run that is going on. Its thread takes real time, of which the runtime's clock knows nothing: before
/// the clock goes on, whoever waits for the journal must have been told.
type Desk = Arc<Mutex<Option<Journal>>>;

/// An account of the world.
struct Room {
    id: AccountId,
    /// With all power, and not rolecall's.
    iam: Client,
    desired: Desired,
    before: Snapshot,
}

impl Room {
    /// The role, and whoever is to have a grant. That all the rest is left alone, `any_state_tests` sees to.
    async fn snapshot(&self) -> Snapshot {
        let grantees = self.desired.granted().map(|(to, _)| to.to_string());
        snapshot_of(&self.iam, grantees.chain([role_of(&self.desired)])).await
    }
}

struct Bench {
    world: World,
    faults: Faults,
    setup: Setup,
    desk: Desk,
}

/// One run, with what was asked of the world meanwhile.
struct Invocation {
    ran: Ran,
    log: Vec<LogEntry>,
}

/// Which writes of an account took effect.
struct Writes {
    all: usize,
    /// The answer came.
    answered: usize,
    roles: usize,
}

impl Bench {
    fn new(case: &Case, desk: Desk) -> Self {
        let (faults, epoch, began) = (Faults::default(), Timestamp::now(), tokio::time::Instant::now());
        let clock = Arc::new(move || epoch + SignedDuration::try_from(began.elapsed()).unwrap());
        let options = WorldOptions { clock, faults: Some(faults.rule()), ..WorldOptions::default() };
        let world = World::from_spec_with(&format!("accounts={}", case.accounts.len()), options).unwrap();
        world.log().keep();
        let made_up = SETUPS.path().join(format!("{}.toml", case.setup)).display().to_string();
        let name = if RICH.contains(&case.setup) { made_up.as_str() } else { case.setup };
        let pass_role_to = case.pass_role_to.iter().map(|to| to.parse().unwrap()).collect();
        let choices = Choices { adopt: case.adopt, pass_role_to, ..Choices::default() };
        Self { world, faults, setup: Setup::load(name, choices).unwrap(), desk }
    }

    /// Brings the accounts into the state that they are in before the run.
    async fn prepare(&self, case: &Case) -> Vec<Room> {
        let (clients, mut rooms) = (connect(&self.world).await, Vec::new());
        for entry in entries(&self.world) {
            let id = entry.account.id;
            let access = format!("arn:aws:iam::{id}:role/OrganizationAccountAccessRole");
            let session =
                clients.sts().client().assume_role().role_arn(access).role_session_name("somebody").send().await;
            let given = session.unwrap().credentials.unwrap();
            let token = Some(given.session_token);
            let credentials = Credentials::new(given.access_key_id, given.secret_access_key, token, None, "somebody");
            let iam = clients.iam_with(Renewing::fixed(credentials), &Attempts::default());
            let place = Place {
                account: id,
                account_name: String::new(),
                partition: "aws".parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
            };
            let desired = self.setup.fill(&place, &Choices::default()).unwrap();
            rooms.push(Room { id, iam, desired, before: Snapshot::new() });
        }
        for (room, past) in rooms.iter().zip(&case.accounts) {
            assert!(create_role(&room.iam, "passer").await && create_role(&room.iam, "ghost").await);
            for principal in case.pass_role_to.iter().filter(|_| past.staffed) {
                make(&room.iam, &room.desired, &Move::CreatePrincipal(principal)).await;
            }
        }
        let right = rooms.iter().zip(&case.accounts).filter(|(_, past)| past.was_right);
        let right: Vec<AccountId> = right.map(|(room, _)| room.id).collect();
        self.sit(Goal::Apply, None, |id| right.contains(&id)).await;
        for (room, past) in rooms.iter_mut().zip(&case.accounts) {
            for one in &past.moves {
                make(&room.iam, &room.desired, one).await;
            }
            room.before = room.snapshot().await;
        }
        tokio::time::sleep(SPREAD).await;
        rooms
    }

    /// Runs it over those accounts; in the way that the case says, if one is given.
    async fn sit(&self, goal: Goal, case: Option<&Case>, of: impl Fn(AccountId) -> bool) -> Invocation {
        let some: Vec<Entry> = entries(&self.world).into_iter().filter(|entry| of(entry.account.id)).collect();
        let mark = self.world.log().entries().len();
        let set = |rollout: &mut super::dispatcher::Rollout| {
            let terms = Arc::get_mut(&mut rollout.terms).unwrap();
            terms.aim = Aim::Setup(Box::new(self.setup.clone()));
            (terms.goal, terms.account_timeout) = (goal, Duration::from_secs(600));
            if let Some(case) = case {
                rollout.info.concurrency = case.concurrency;
                rollout.info.waves = case.waves.then(|| "1,100%".parse().unwrap());
                rollout.info.max_failures = case.strict.then(|| "0".parse().unwrap());
                rollout.info.seed = Some(Seed(DEFAULT_SEED));
            }
            *self.desk.lock().unwrap() = Some(rollout.journal.clone());
        };
        let until = |kind: &EventKind| {
            if matches!(kind, EventKind::RunFinished { .. }) {
                self.desk.lock().unwrap().take();
            }
            false
        };
        let ran = ran(connect(&self.world).await, some, set, until).await;
        let log = self.world.log().entries().split_off(mark);
        Invocation { ran, log }
    }
}

impl Invocation {
    fn of(&self, account: AccountId) -> (&Outcome, Writes) {
        let mut rows = self.ran.outcomes.values().filter(|outcome| outcome.account_id == account);
        let outcome = rows.next().expect("an account without a row");
        assert!(rows.next().is_none(), "an account with two rows");
        let mine =
            self.log.iter().filter(|entry| entry.account == Some(account) && entry.write && entry.service == "iam");
        let mine: Vec<&LogEntry> =
            mine.filter(|entry| ["ok", "reset-after/ok"].contains(&entry.code.as_str())).collect();
        let count = |is: &dyn Fn(&LogEntry) -> bool| mine.iter().filter(|entry| is(entry)).count();
        let writes = Writes {
            all: mine.len(),
            answered: count(&|entry| entry.code == "ok"),
            roles: count(&|entry| entry.action == "CreateRole"),
        };
        (outcome, writes)
    }

    /// What is true of every run, whatever happened.
    fn assert_sound(&self, rooms: &[Room]) {
        let journal = |is: fn(&JournalEntry) -> bool| self.ran.journal.iter().filter(|entry| is(entry)).count();
        let intended = journal(|entry| matches!(entry, JournalEntry::Intended { .. }));
        assert_eq!(intended, journal(|entry| matches!(entry, JournalEntry::Settled { .. })), "settled, one by one");
        assert_eq!(self.ran.outcomes.len(), journal(|entry| matches!(entry, JournalEntry::Finished { .. })));
        for Room { id, .. } in rooms {
            let (row, writes) = self.of(*id);
            let changes = row.changes as usize;
            let told = |kind: &&EventKind| matches!(kind, EventKind::ChangeSettled { account_id, result: ChangeResult::Applied { .. }, .. } if account_id == id);
            assert_eq!(self.ran.events.iter().map(|event| &event.kind).filter(told).count(), changes, "{row:?}");
            assert!(writes.roles <= 1, "made twice: {row:?}");
            assert!(writes.answered <= changes, "written again though the answer had come: {row:?}");
            assert!(changes <= writes.all, "told of a write that there was not: {row:?}");
            match row.status {
                AccountStatus::Created | AccountStatus::Updated | AccountStatus::Removed => {
                    assert!(changes > 0, "{row:?}")
                }
                AccountStatus::Failed => assert!(row.failure.is_some()),
                AccountStatus::NotReached => {
                    let asked = self.log.iter().any(|entry| entry.account == Some(*id) && entry.service == "iam");
                    assert!(!asked && self.ran.ended != Ended::Complete, "{row:?}");
                }
                _ => assert_eq!(writes.all, 0, "{row:?}"),
            }
        }
    }
}

/// Why the account fails whatever the weather, as far as the state alone tells.
fn hopeless(room: &Room, goal: Goal) -> Option<&'static str> {
    match goal {
        Goal::Apply => {
            let too_much = || is_too_much(&room.desired, &room.before).then_some("LimitExceeded");
            refusal(&room.desired, &room.before).or_else(too_much)
        }
        _ => None,
    }
}

/// Whether the row is right, after a run in which `tally` hit.
fn assert_right(row: &Outcome, room: &Room, case: &Case, tally: &Tally, ended: &Ended) {
    let code = row.failure.as_ref().map(|failure| failure.code.as_str());
    if row.status == AccountStatus::NotReached {
        let halted = matches!(ended, Ended::Halted { reason: HaltReason::TooManyFailures { .. } });
        assert!(case.strict && halted || tally.login_lost, "{row:?}");
        return;
    }
    if tally.struck.contains(&room.id) {
        assert_eq!(row.status, AccountStatus::Failed, "what never succeeded is no success: {row:?}");
        return;
    }
    let refused_as_it_is =
        matches!(case.goal, Goal::Remove { .. }) && row.failure.as_ref().is_some_and(|f| f.step == Step::Plan);
    let hopeless = hopeless(room, case.goal);
    // A refusal may be among the answers that were lost.
    let untold = hopeless.is_some() && code.is_some() && tally.unanswered.contains(&room.id);
    // A session that was over when the login was too cannot be begun again.
    let cut_off = tally.login_lost && code == Some("ExpiredToken");
    if !refused_as_it_is && !untold && !cut_off {
        assert_eq!(code, hopeless, "nothing that does not let up hit it: {row:?}");
    }
    let new = !room.before.contains_key(&role_of(&room.desired));
    let wrong = match row.status {
        AccountStatus::Created | AccountStatus::Missing => !new,
        AccountStatus::Updated | AccountStatus::Unchanged | AccountStatus::Compliant | AccountStatus::Drifted => new,
        _ => false,
    };
    assert!(!wrong, "{row:?}");
}

async fn check(case: &Case, desk: Desk) {
    let bench = Bench::new(case, desk);
    let rooms = bench.prepare(case).await;
    let ids: Vec<AccountId> = rooms.iter().map(|room| room.id).collect();
    // What only looks is to see the same in bad weather.
    let calm = bench.sit(case.goal, None, |_| !case.goal.writes()).await;

    bench.faults.begin(&case.bursts, &ids);
    let rough = bench.sit(case.goal, Some(case), |_| true).await;
    let tally = bench.faults.end();
    rough.assert_sound(&rooms);
    for room in &rooms {
        let (row, _) = rough.of(room.id);
        assert_right(row, room, case, &tally, &rough.ran.ended);
        if !case.goal.writes() && row.failure.is_none() && row.status != AccountStatus::NotReached {
            let seen = calm.of(room.id).0;
            assert_eq!((row.status, &row.differences, &row.evidence), (seen.status, &seen.differences, &seen.evidence));
        }
    }
    tokio::time::sleep(SPREAD).await;
    if !case.goal.writes() {
        return;
    }

    let second = bench.sit(case.goal, None, |_| true).await;
    second.assert_sound(&rooms);
    let done = |row: &Outcome| matches!(row.status, AccountStatus::Unchanged | AccountStatus::Absent);
    for room in &rooms {
        let ((row, _), (first, writes)) = (second.of(room.id), rough.of(room.id));
        if first.failure.is_none() && first.status != AccountStatus::NotReached {
            assert!(done(row), "it was said to be as it should: {first:?}, and is not: {row:?}");
        }
        match &row.failure {
            None => {}
            Some(failure) if matches!(case.goal, Goal::Remove { .. }) => {
                assert!(failure.step == Step::Plan && writes.all == 0, "{row:?}");
            }
            Some(failure) => assert_eq!(Some(failure.code.as_str()), hopeless(room, case.goal), "{row:?}"),
        }
    }
    let again = |id| second.of(id).0.failure.is_none() && !done(second.of(id).0);
    let third = bench.sit(case.goal, None, again).await;
    for row in third.ran.outcomes.values() {
        assert!(done(row), "{row:?}");
        assert_eq!(third.of(row.account_id).1.all, 0);
    }
    for room in rooms.iter().filter(|room| second.of(room.id).0.failure.is_none()) {
        let after = room.snapshot().await;
        if case.goal == Goal::Apply {
            assert_has_everything(&room.desired, &after);
            assert_eq!(foreign(&room.desired, &room.before), foreign(&room.desired, &after), "not ours, and touched");
        } else {
            let mut left = foreign(&room.desired, &room.before);
            left.remove(&role_of(&room.desired));
            assert_eq!(after, left, "what is not ours stays when ours is taken away");
        }
    }
}

/// The same cases each time, unless a number of them is given: then others each time, of which `PROPTEST_RNG_SEED` gives
/// the same ones again.
fn config() -> ProptestConfig {
    let given = ProptestConfig { failure_persistence: None, max_shrink_time: 60_000, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => given,
        None => ProptestConfig { cases: 40, rng_seed: RngSeed::Fixed(17), ..given },
    }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn every_row_is_true_whatever_goes_wrong_and_the_next_run_makes_it_whole(case in cases()) {
        let desk = Desk::default();
        let waiting = desk.clone();
        let catch_up = move || {
            if let Some(journal) = &*waiting.lock().unwrap() {
                journal.catch_up();
            }
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).on_thread_park(catch_up).build().unwrap();
        // The jitter of every wait is drawn from this.
        fastrand::seed(case.seed);
        runtime.block_on(check(&case, desk));
    }
}
