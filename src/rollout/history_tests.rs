//! What is known of an account over all invocations of a run.

use super::history::{Begun, History, is_done};
use crate::account::change::{Change, ChangeResult, Write};
use crate::account::converge::Goal;
use crate::account::outcome::{AccountStatus, Failure, Outcome, PartStatus, Parts, Step};
use crate::account::role::write::RoleWrite;
use crate::inventory::list::{Account, Overrides};

fn at() -> jiff::Timestamp {
    "2026-11-24T09:30:05Z".parse().unwrap()
}

fn created() -> Change {
    let write = Write::Role(RoleWrite::CreateRole {
        role: "Demo".parse().unwrap(),
        path: "/".to_owned(),
        trust: "{}".into(),
        description: None,
        max_session_duration: None,
        permissions_boundary: None,
        tags: [].into(),
    });
    Change { write, before: None }
}

fn policy() -> Change {
    let (role, policy) = ("Demo".parse().unwrap(), "P".parse().unwrap());
    Change { write: Write::Role(RoleWrite::PutRolePolicy { role, policy, document: "{}".into() }), before: None }
}

fn applied() -> ChangeResult {
    ChangeResult::Applied { request_id: Some("r".to_owned()) }
}

fn failed(code: &str) -> ChangeResult {
    ChangeResult::Failed { code: code.into(), request_id: None }
}

fn outcome(status: AccountStatus, part: PartStatus) -> Outcome {
    let untouched = Outcome::untouched("000000000012".parse().unwrap(), "", status, String::new());
    Outcome { parts: Parts::all(part), reason: None, ..untouched }
}

fn failure(code: &str) -> Outcome {
    let failure = Failure {
        step: Step::Observe,
        code: code.into(),
        message: String::new(),
        request_id: None,
        fix: String::new(),
    };
    Outcome { failure: Some(failure), ..outcome(AccountStatus::Failed, PartStatus::NotReached) }
}

#[test]
fn what_was_cut_off_is_worked_on_again_and_what_was_refused_is_not() {
    for code in ["Interrupted", "Timeout", "JournalClosed", "ExpiredToken"] {
        assert!(!is_done(&failure(code)), "{code}");
    }
    for code in ["AccessDenied", "NotOurs", "LimitExceeded", "Panic"] {
        assert!(is_done(&failure(code)), "{code}");
    }
    assert!(!is_done(&outcome(AccountStatus::NotReached, PartStatus::NotReached)));
    assert!(is_done(&outcome(AccountStatus::Skipped, PartStatus::Skipped)));
}

#[test]
fn a_write_in_doubt_that_the_account_does_not_need_any_more_was_carried_out() {
    let mut history = History::default();
    history.intended(created(), at());
    assert!(history.tell().is_empty(), "nothing is told of what is in doubt");
    assert_eq!(history.untold().collect::<Vec<_>>(), [(&created(), failed("Interrupted"))]);
    assert_eq!(history.looked_at(&[created()], at()), [], "it is needed still");
    assert_eq!(history.looked_at(&[policy()], at()), [created()]);
    assert_eq!(history.untold().count(), 0);
    assert!(history.past()[0].is_applied());
}

#[test]
fn a_write_that_is_repeated_takes_the_place_of_the_one_in_doubt() {
    let mut history = History::default();
    history.intended(created(), at());
    history.intended(created(), at());
    history.settled(applied(), at());
    assert_eq!(history.past().len(), 1);

    // The first one was carried out after all, late: what is there is ours.
    let mut history = History::default();
    history.intended(created(), at());
    history.settled(failed("Timeout"), at());
    history.intended(created(), at());
    history.settled(failed("EntityAlreadyExists"), at());
    assert_eq!(history.looked_at(&[], at()), [created()]);

    // Without a first one it is somebody else's.
    let mut history = History::default();
    history.intended(created(), at());
    history.settled(failed("EntityAlreadyExists"), at());
    assert_eq!(history.looked_at(&[], at()), []);
}

#[test]
fn a_row_says_what_the_run_did_in_all_its_invocations() {
    let mut history = History::default();
    history.intended(created(), at());
    history.settled(applied(), at());
    history.intended(policy(), at());
    history.settled(applied(), at());
    let row = history.fold(outcome(AccountStatus::Unchanged, PartStatus::Unchanged), Goal::Apply);
    assert_eq!((row.status, row.changes), (AccountStatus::Created, 2));
    let parts = Parts { pass_role: PartStatus::Unchanged, ..Parts::all(PartStatus::Created) };
    assert_eq!(row.parts, parts);

    let row = history.fold(failure("AccessDenied"), Goal::Apply);
    assert_eq!((row.status, row.changes, row.parts.role), (AccountStatus::Failed, 2, PartStatus::Created));
    assert_eq!(row.parts.permissions, PartStatus::NotReached, "there may be more of them");
}

#[test]
fn an_account_that_nobody_gets_to_again_is_not_called_untouched() {
    let account = Account {
        id: "000000000012".parse().unwrap(),
        name: "a".to_owned(),
        overrides: Overrides::default(),
        parents: Vec::new(),
        unit: String::new(),
        joined: None,
    };
    let mut begun = Begun::default();
    begun.history.intended(created(), at());
    let row = begun.left(&account, Goal::Apply);
    assert_eq!((row.status, row.failure.unwrap().code.as_str()), (AccountStatus::Failed, "Interrupted"));
    begun.outcome = Some(failure("Timeout"));
    assert_eq!(begun.left(&account, Goal::Apply).failure.unwrap().code, "Timeout");
}

#[test]
fn what_a_plan_showed_before_it_was_cut_off_is_forgotten() {
    let mut history = History::default();
    history.shown(created(), at());
    history.forget_what_was_shown();
    assert!(history.is_empty());
}
