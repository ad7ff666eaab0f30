//! Invented runs for the tests of the reports. Only tests see it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use crate::account::change::{Change, ChangeResult, Write};
use crate::account::evidence::{Evidence, Facts};
use crate::account::outcome::{AccountStatus, Failure, Outcome, PartStatus, Parts, Step};
use crate::account::role::write::RoleWrite;
use crate::ids::{AccountId, Arn, RunId};
use crate::rollout::event::{Ended, Event, EventKind, HaltReason, RolloutStats, RunInfo, Stage};

fn start() -> Timestamp {
    "2026-11-24T09:30:05.25Z".parse().unwrap()
}

pub(super) fn account(n: u64) -> AccountId {
    format!("{n:012}").parse().unwrap()
}

/// An event `ms` after the run's start.
pub(super) fn at(ms: u64, kind: EventKind) -> Event {
    let elapsed = Duration::from_millis(ms);
    Event { at: start() + elapsed, elapsed, kind }
}

pub(super) fn info(command: &str, accounts: usize, selected: usize) -> RunInfo {
    RunInfo {
        run_id: RunId::new(start(), command, "demo"),
        command: command.to_owned(),
        setup: "demo".to_owned(),
        setup_digest: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef".to_owned(),
        started_at: start(),
        caller: "arn:aws:sts::999999999999:assumed-role/Admin/me".parse().unwrap(),
        partition: "aws".parse().unwrap(),
        organization: Some("o-exampleorg".to_owned()),
        source: "organization o-exampleorg".to_owned(),
        accounts,
        selected,
        listing: false,
        shard: None,
        merged: Vec::new(),
        concurrency: 50,
        session_policy: "exact".to_owned(),
        preflight: false,
        waves: None,
        seed: None,
        max_failures: None,
        version: "0.1.0".to_owned(),
        resumed: 0,
        puts_back: None,
    }
}

pub(super) fn run_started(accounts: usize, selected: usize) -> Event {
    at(0, EventKind::RunStarted(Box::new(info("apply", accounts, selected))))
}

pub(super) fn started(n: u64) -> EventKind {
    EventKind::AccountStarted { account_id: account(n), account_name: format!("account-{n}") }
}

pub(super) fn finished(index: usize, outcome: Outcome) -> Event {
    at(1_000, EventKind::AccountFinished { index, outcome: Box::new(outcome) })
}

pub(super) fn settled(n: u64, change: Change, result: ChangeResult) -> Event {
    at(900, EventKind::ChangeSettled { account_id: account(n), change: Box::new(change), result })
}

pub(super) fn trust_change() -> Change {
    let document = Arc::from(r#"{"a":2}"#);
    let write = Write::Role(RoleWrite::UpdateAssumeRolePolicy { role: "Demo".parse().unwrap(), document });
    Change { write, before: Some(r#"{"a":1}"#.to_owned()) }
}

fn done(n: u64, status: AccountStatus, part: PartStatus, changes: u32) -> Outcome {
    let mut parts = Parts::all(part);
    parts.pass_role = PartStatus::Skipped;
    Outcome {
        parts,
        role_arn: Some(Arn::iam(&"aws".parse().unwrap(), account(n), "role/Demo")),
        changes,
        reason: None,
        attempts: 1,
        started_at: Some(start() + Duration::from_secs(1)),
        duration: Duration::from_millis(80),
        ..Outcome::untouched(account(n), &format!("account-{n}"), status, String::new())
    }
}

pub(super) fn created(n: u64) -> Outcome {
    done(n, AccountStatus::Created, PartStatus::Created, 3)
}

pub(super) fn updated(n: u64) -> Outcome {
    let mut outcome = done(n, AccountStatus::Updated, PartStatus::Unchanged, 1);
    outcome.parts.trust = PartStatus::Updated;
    outcome
}

pub(super) fn unchanged(n: u64) -> Outcome {
    done(n, AccountStatus::Unchanged, PartStatus::Unchanged, 0)
}

pub(super) fn pending(n: u64) -> Outcome {
    done(n, AccountStatus::Pending, PartStatus::Pending, 3)
}

pub(super) fn drifted(n: u64) -> Outcome {
    let facts =
        |trust: &str| Facts { digest: trust.to_owned(), items: [("trust".to_owned(), trust.to_owned())].into() };
    let mut outcome = done(n, AccountStatus::Drifted, PartStatus::Unchanged, 0);
    outcome.parts.trust = PartStatus::Drifted;
    outcome.evidence = Some(Evidence { wanted: facts("a"), found: facts("b") });
    outcome.differences = trust_change().differences(&"aws".parse().unwrap());
    outcome
}

pub(super) fn skipped(n: u64, reason: &str) -> Outcome {
    Outcome::untouched(account(n), &format!("account-{n}"), AccountStatus::Skipped, reason.to_owned())
}

pub(super) fn not_reached(n: u64) -> Outcome {
    let reason = "the run was interrupted before this account".to_owned();
    Outcome::untouched(account(n), &format!("account-{n}"), AccountStatus::NotReached, reason)
}

fn failed(n: u64, step: Step, code: &str, message: String, fix: String) -> Outcome {
    let request_id = Some(format!("req-{n}"));
    Outcome {
        status: AccountStatus::Failed,
        parts: Parts::all(PartStatus::NotReached),
        role_arn: None,
        failure: Some(Failure { step, code: code.into(), message, request_id, fix }),
        ..done(n, AccountStatus::Failed, PartStatus::NotReached, 0)
    }
}

pub(super) fn denied(n: u64) -> Outcome {
    let id = account(n);
    failed(
        n,
        Step::AssumeRole,
        "AccessDenied",
        format!(
            "User: arn:aws:sts::999999999999:assumed-role/Admin/me is not authorized to perform: sts:AssumeRole on \
             resource: arn:aws:iam::{id}:role/OrganizationAccountAccessRole"
        ),
        format!("let account {id} trust the caller in role/OrganizationAccountAccessRole"),
    )
}

pub(super) fn no_such_user(n: u64) -> Outcome {
    failed(
        n,
        Step::PutGrant,
        "NoSuchEntity",
        "The user with name \u{1b}[31manalyst cannot be found.".to_owned(),
        "create the user `analyst` there, or name another with --pass-role-to".to_owned(),
    )
}

/// The events of so many accounts in units: most are created, every fiftieth failed, every tenth was right already.
pub(super) fn organization(accounts: u64) -> Vec<Event> {
    let document = |n: u64| {
        let arn = format!("arn:aws:iam::{n:012}:role/Demo");
        serde_json::json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["iam:PassRole", "s3:GetObject", "s3:ListBucket"], "Resource": arn }] }).to_string()
    };
    let outcome = |n: u64| {
        let outcome = match n % 50 {
            7 if n.is_multiple_of(3) => no_such_user(n),
            7 => denied(n),
            11 => skipped(n, "the account is SUSPENDED, not ACTIVE"),
            3 | 13 | 23 | 33 | 43 => unchanged(n),
            5 => updated(n),
            _ => created(n),
        };
        Outcome { unit: format!("Workloads / Team {}", n % 23), ..outcome }
    };
    let mut events = run_of("apply", (1..=accounts).map(outcome).collect(), Ended::Complete);
    for event in &mut events {
        if let EventKind::ChangeSettled { account_id, change, .. } = &mut event.kind {
            let n = account_id.as_str().parse().unwrap();
            change.write = Write::Role(RoleWrite::UpdateAssumeRolePolicy {
                role: "Demo".parse().unwrap(),
                document: document(n).into(),
            });
            change.before = n.is_multiple_of(2).then(|| document(n).replace("s3:GetObject", "s3:*"));
        }
    }
    events
}

/// The events of accounts 1…, one after the other, with a change for each write.
pub(super) fn run_of(command: &str, outcomes: Vec<Outcome>, ended: Ended) -> Vec<Event> {
    let mut stats = RolloutStats::default();
    let selected = outcomes.iter().filter(|outcome| outcome.status != AccountStatus::Skipped).count();
    let mut events = vec![at(0, EventKind::RunStarted(Box::new(info(command, outcomes.len(), selected))))];
    let mut ms = 0;
    for (index, outcome) in outcomes.into_iter().enumerate() {
        ms += 60;
        stats.count(outcome.status);
        let (account_id, account_name) = (outcome.account_id, outcome.account_name.clone());
        if outcome.started_at.is_some() {
            events.push(at(ms, EventKind::AccountStarted { account_id, account_name }));
            events.push(at(ms, EventKind::StepStarted { account_id, step: Step::AssumeRole }));
        }
        for _ in 0..outcome.changes {
            let result = match outcome.status {
                AccountStatus::Pending => ChangeResult::Pending,
                _ => ChangeResult::Applied { request_id: Some(format!("req-{index}")) },
            };
            let change = Box::new(trust_change());
            events.push(at(ms, EventKind::ChangeSettled { account_id, change, result }));
        }
        if let (Ended::Halted { reason }, AccountStatus::NotReached) = (&ended, outcome.status)
            && stats.not_reached == 1
        {
            events.push(at(ms, EventKind::DrainStarted { reason: reason.clone() }));
        }
        events.push(at(ms, EventKind::AccountFinished { index, outcome: Box::new(outcome) }));
    }
    events.push(at(ms + 40, EventKind::RunFinished { stats, ended }));
    events
}

/// `n` accounts, all created but two skipped, one updated and one unchanged.
pub(super) fn healthy(n: u64) -> Vec<Event> {
    let outcome = |n: u64| match n {
        2 => skipped(2, "the account is SUSPENDED, not ACTIVE"),
        3 => skipped(3, "the caller's own account (use --management-account to work on it)"),
        5 => updated(5),
        6 => unchanged(6),
        n => created(n),
    };
    run_of("apply", (1..=n).map(outcome).collect(), Ended::Complete)
}

pub(super) fn nothing_to_do(n: u64) -> Vec<Event> {
    run_of("apply", (1..=n).map(unchanged).collect(), Ended::Complete)
}

pub(super) fn planned(n: u64) -> Vec<Event> {
    run_of("plan", (1..=n).map(pending).collect(), Ended::Complete)
}

pub(super) fn rough() -> Vec<Event> {
    let mut outcomes: Vec<Outcome> = (1..=1_203).map(created).collect();
    outcomes.extend((2_001..=2_007).map(denied));
    outcomes.extend((3_001..=3_002).map(no_such_user));
    outcomes.push(skipped(4_001, "the account is SUSPENDED, not ACTIVE"));
    let mut noted = unchanged(5_001);
    noted.account_name = "=cmd|'/c calc'!A1\u{202e}".to_owned();
    noted
        .notes
        .push("role/Demo has a policy that is not in the setup: arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
    outcomes.push(noted);
    run_of("apply", outcomes, Ended::Complete)
}

pub(super) fn interrupted() -> Vec<Event> {
    let mut outcomes: Vec<Outcome> = (1..=4).map(created).collect();
    outcomes.extend((5..=40).map(not_reached));
    run_of("apply", outcomes, Ended::Halted { reason: HaltReason::Interrupted })
}

/// A run by waves that halts in its second one.
pub(super) fn by_waves() -> Vec<Event> {
    let mut info = info("apply", 40, 40);
    info.waves = Some("1,10%".parse().unwrap());
    info.max_failures = Some("1".parse().unwrap());
    let stage = |stage| EventKind::StageStarted { stage };
    let passed = |n| EventKind::StagePassed { account_id: account(n) };
    let mut kinds = vec![EventKind::RunStarted(Box::new(info)), stage(Stage::Preflight { accounts: 40 })];
    kinds.extend((1..=40).flat_map(|n| [started(n), passed(n)]));
    let mut stats = RolloutStats::default();
    let mut finish = |n: u64, outcome: Outcome| {
        stats.count(outcome.status);
        EventKind::AccountFinished { index: usize::try_from(n).unwrap() - 1, outcome: Box::new(outcome) }
    };
    kinds.extend([stage(Stage::Wave { number: 1, of: 3, accounts: 1 }), started(1), passed(1)]);
    kinds.extend([stage(Stage::ReadBack { number: 1, of: 3, accounts: 1 }), started(1), finish(1, created(1))]);
    kinds.push(stage(Stage::Wave { number: 2, of: 3, accounts: 3 }));
    kinds.extend((2..=4).map(started));
    kinds.extend([finish(2, no_such_user(2)), finish(3, no_such_user(3))]);
    let reason = HaltReason::TooManyFailures { failed: 2, allowed: 1 };
    kinds.extend([EventKind::DrainStarted { reason: reason.clone() }, passed(4)]);
    kinds.extend([stage(Stage::ReadBack { number: 2, of: 3, accounts: 1 }), started(4), finish(4, created(4))]);
    kinds.extend((5..=40).map(|n| finish(n, not_reached(n))));
    kinds.push(EventKind::RunFinished { stats, ended: Ended::Halted { reason } });
    (0_u64..).zip(kinds).map(|(n, kind)| at(n * 10, kind)).collect()
}

/// A writer whose text a test can read while a reporter owns the other end.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
