//! The summary as people see it, at 80 columns.

use std::path::Path;

use super::wording::columns;
use super::{Styles, Summary};
use crate::report::Reporter;
use crate::report::sample::{self, Shared};
use crate::rollout::event::{Ended, Event};

fn summary(events: &[Event], styles: Styles) -> String {
    let out = Shared::default();
    let folder = Path::new("reports/2026-11-24T09-30-05Z-apply-demo");
    let mut summary = Box::new(Summary::new(Box::new(out.clone()), styles, 80, folder));
    events.iter().for_each(|event| summary.event(event).unwrap());
    summary.finish().unwrap();
    out.text()
}

#[test]
fn a_healthy_run() {
    insta::assert_snapshot!(summary(&sample::healthy(40), Styles::plain()), @r##"

apply demo: all well, 38 accounts done
40 accounts of organization o-exampleorg, in 2.4s (15/s), as
arn:aws:sts::999999999999:assumed-role/Admin/me

       36  created      the role was not there, and is now
        1  updated      something was changed
        1  unchanged    right already
        2  skipped      left out, see below

  role         36 created · 2 unchanged
  trust        36 created · 1 updated · 1 unchanged
  permissions  36 created · 2 unchanged
  pass role    38 skipped
  writes       109 taken by AWS
  where        role/Demo

Worth knowing
  38 accounts  no grant was put there: --pass-role-to user/NAME names who may
               pass the role

Skipped
  1 account  the account is SUSPENDED, not ACTIVE
    in   000000000002 account-2
  1 account  the caller's own account (use --management-account to work on it)
    in   000000000003 account-3

Reports  reports/2026-11-24T09-30-05Z-apply-demo
         accounts.csv has a row for every account
Next     run the same command again to prove it: it will find nothing to do
"##);
}

#[test]
fn a_rough_run() {
    insta::assert_snapshot!(summary(&sample::rough(), Styles::plain()), @r##"

apply demo: 9 of 1,213 accounts failed
1,214 accounts of organization o-exampleorg, in 1m 12s (16/s), as
arn:aws:sts::999999999999:assumed-role/Admin/me

    1,203  created      the role was not there, and is now
        1  unchanged    right already
        9  failed       see below
        1  skipped      left out, see below

  role         1,203 created · 1 unchanged · 9 not reached
  trust        1,203 created · 1 unchanged · 9 not reached
  permissions  1,203 created · 1 unchanged · 9 not reached
  pass role    1,204 skipped · 9 not reached
  writes       3,609 taken by AWS
  where        role/Demo

Failures, by cause

  7 accounts  assume_role: AccessDenied
    User: arn:aws:sts::999999999999:assumed-role/Admin/me is not authorized to
    perform: sts:AssumeRole on resource:
    arn:aws:iam::000000002001:role/OrganizationAccountAccessRole
    in   000000002001 account-2001, 000000002002 account-2002, 000000002003
         account-2003, 000000002004 account-2004, 000000002005 account-2005 and
         2 more
    fix: let account <account id> trust the caller in
         role/OrganizationAccountAccessRole

  2 accounts  put_grant: NoSuchEntity
    The user with name \u{1b}[31manalyst cannot be found.
    in   000000003001 account-3001, 000000003002 account-3002
    fix: create the user `analyst` there, or name another with --pass-role-to

Worth knowing
  1,204 accounts  no grant was put there: --pass-role-to user/NAME names who may
                  pass the role
  1 account  role/Demo has a policy that is not in the setup:
             arn:aws:iam::aws:policy/ReadOnlyAccess
    in   000000005001 =cmd|'/c calc'!A1\u{202e}

Skipped
  1 account  the account is SUSPENDED, not ACTIVE
    in   000000004001 account-4001

Reports  reports/2026-11-24T09-30-05Z-apply-demo
         accounts.csv has a row for every account
Next     do what the fix lines say, then run the same command again: what is
         right already is left as it is
"##);
}

#[test]
fn a_run_with_nothing_to_do() {
    insta::assert_snapshot!(summary(&sample::nothing_to_do(40), Styles::plain()), @r##"

apply demo: nothing to do, all 40 accounts were right already
40 accounts of organization o-exampleorg, in 2.4s (16/s), as
arn:aws:sts::999999999999:assumed-role/Admin/me

       40  unchanged    right already

  role         40 unchanged
  trust        40 unchanged
  permissions  40 unchanged
  pass role    40 skipped
  where        role/Demo

Worth knowing
  40 accounts  no grant was put there: --pass-role-to user/NAME names who may
               pass the role

Reports  reports/2026-11-24T09-30-05Z-apply-demo
         accounts.csv has a row for every account
"##);
}

#[test]
fn a_plan() {
    insta::assert_snapshot!(summary(&sample::planned(3), Styles::plain()), @r##"

plan demo: 3 of 3 accounts differ from the setup
3 accounts of organization o-exampleorg, in 220ms, as
arn:aws:sts::999999999999:assumed-role/Admin/me

        3  pending      apply would change something

  role         3 pending
  trust        3 pending
  permissions  3 pending
  pass role    3 skipped
  where        role/Demo

Worth knowing
  3 accounts  no grant was put there: --pass-role-to user/NAME names who may
              pass the role

Reports  reports/2026-11-24T09-30-05Z-apply-demo
         accounts.csv has a row for every account
Next     rolecall apply, with the same options, makes it so
"##);
}

#[test]
fn an_interrupted_run() {
    insta::assert_snapshot!(summary(&sample::interrupted(), Styles::plain()), @r##"

apply demo: interrupted, 36 of 40 accounts not reached
40 accounts of organization o-exampleorg, in 2.4s (1.6/s), as
arn:aws:sts::999999999999:assumed-role/Admin/me

        4  created      the role was not there, and is now
       36  not_reached  the run halted before them

  role         4 created
  trust        4 created
  permissions  4 created
  pass role    4 skipped
  writes       12 taken by AWS
  where        role/Demo

Worth knowing
  4 accounts  no grant was put there: --pass-role-to user/NAME names who may
              pass the role

Reports  reports/2026-11-24T09-30-05Z-apply-demo
         accounts.csv has a row for every account
Next     rolecall resume 2026-11-24T09-30-05Z-apply-demo goes on with the rest
"##);
}

#[test]
fn a_run_that_halted_says_why_and_how_to_go_on() {
    let text = summary(&sample::by_waves(), Styles::plain());
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "apply demo: halted: 2 accounts failed, at most 1 may; 36 of 40 accounts not reached",
        "do what the fix lines say, then rolecall resume 2026-11-24T09-30-05Z-apply-demo goes on with the rest",
    ] {
        assert!(flat.contains(words), "{words}: {text}");
    }
}

#[test]
fn no_line_is_wider_than_80_columns_and_colour_adds_escapes_only() {
    for events in [sample::healthy(40), sample::rough(), sample::planned(3), sample::interrupted(), sample::by_waves()]
    {
        let text = summary(&events, Styles::plain());
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
        assert!(text.lines().all(|line| !line.contains(crate::sanitize::printable::acts)), "{text}");
        let coloured = summary(&events, Styles::coloured());
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text);
    }
}

#[test]
fn a_run_that_broke_off_still_has_a_summary() {
    let events = sample::healthy(10);
    let text = summary(&events[..20], Styles::plain());
    assert!(text.starts_with("\napply demo: broke off, "), "{text}");
    assert_eq!(summary(&[], Styles::plain()), "", "there is nothing to say about a run that never began");
}

#[test]
fn many_causes_are_counted_and_not_shown() {
    let outcomes = (1..=70).map(|n| {
        let mut outcome = sample::denied(n);
        if let Some(failure) = &mut outcome.failure {
            failure.code = format!("Code{n}").as_str().into();
        }
        outcome
    });
    let text = summary(&sample::run_of("apply", outcomes.collect(), Ended::Complete), Styles::plain());
    assert_eq!(text.matches("fix: ").count(), 10);
    assert!(text.contains("  and 60 accounts for other causes: see accounts.csv\n"), "{text}");
}
