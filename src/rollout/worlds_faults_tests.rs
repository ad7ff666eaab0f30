//! What goes wrong in a made-up run: bursts of faults, each on one operation in one account, and a tally of what hit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use crate::ids::AccountId;
use crate::sandbox::{Fault, FaultPoint, FaultRule};

/// Faults that requests of one operation in one account meet, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Burst {
    /// Which account, counted from 0 and round again.
    account: usize,
    action: &'static str,
    /// How many requests are served before.
    after: u32,
    faults: Vec<Fault>,
    /// Whether the last one never lets up.
    last: bool,
}

const READS: [&str; 10] = [
    "GetRole",
    "ListRolePolicies",
    "ListAttachedRolePolicies",
    "GetRolePolicy",
    "GetUser",
    "GetUserPolicy",
    "GetGroup",
    "GetGroupPolicy",
    "ListInstanceProfilesForRole",
    "AssumeRole",
];
const WRITES: [&str; 15] = [
    "CreateRole",
    "PutRolePolicy",
    "AttachRolePolicy",
    "PutUserPolicy",
    "PutGroupPolicy",
    "UpdateRole",
    "UpdateAssumeRolePolicy",
    "TagRole",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "DeleteUserPolicy",
    "DeleteGroupPolicy",
    "DeleteRole",
];

/// Faults that a call gets over by its own tries, of which it has six.
const COMMON: [Fault; 7] = [
    Fault::Throttle,
    Fault::TooMany,
    Fault::Internal,
    Fault::Html,
    Fault::Unavailable,
    Fault::ResetBefore,
    Fault::ResetAfter,
];
const SLOW: Fault = Fault::Latency(Duration::from_millis(700));

fn denied() -> Fault {
    Fault::AccessDenied("User: x is not authorized to perform: y".to_owned())
}

/// What `action` may meet and get over: no more than is promised in docs/faults.md.
///
/// A call that is refused for its session is sent again three times. Meanwhile the role is assumed anew, within the time
/// of the call's own try, so that an AssumeRole that fails then costs tries of the call: both get fewer faults. Three
/// tries that hang, of 5, 10 and 20 s, fit into the 90 s of a call; of a longer one there may be one. What is shown of the
/// past, by a look after a lost answer too, is over at the fourth look.
fn passing(action: &'static str) -> BoxedStrategy<Vec<Fault>> {
    if action == "AssumeRole" {
        let kinds = [&COMMON[..], &[Fault::Hang, SLOW, Fault::ExpiredToken]].concat();
        return prop::collection::vec(select(kinds), 1..=2).boxed();
    }
    // A lost answer is what writes have to fear most.
    let own = if WRITES.contains(&action) { [Fault::Busy, Fault::ResetAfter] } else { [Fault::Stale, SLOW] };
    let again = [&COMMON[..], &[Fault::Hang, SLOW, Fault::ExpiredToken], &own].concat();
    let same = (select(again.clone()), 1..=3_usize).prop_map(|(fault, times)| vec![fault; times]);
    let short = prop::collection::vec(select(again), 1..=3);
    let long = (prop::collection::vec(select(&COMMON[..]), 1..=5), select(vec![Fault::Throttle, Fault::Hang, SLOW]));
    let long = long.prop_map(|(mut faults, one)| {
        let middle = faults.len() / 2;
        faults[middle] = one;
        faults
    });
    prop_oneof![same, short, long].boxed()
}

/// What does not let up.
fn lasting(action: &'static str) -> impl Strategy<Value = Vec<Fault>> {
    let busy = WRITES.contains(&action).then_some(Fault::Busy);
    let others = [denied(), Fault::Hang, Fault::ExpiredToken].into_iter().chain(busy);
    select(COMMON.into_iter().chain(others).collect::<Vec<_>>()).prop_map(|fault| vec![fault])
}

fn burst() -> impl Strategy<Value = Burst> {
    // What nearly every run asks for comes up more often.
    let action = prop_oneof![
        1 => select(&READS[..]),
        2 => select(&["GetRole", "GetRolePolicy", "GetUserPolicy", "AssumeRole"][..]),
        2 => select(&WRITES[..]),
        3 => select(&["CreateRole", "PutRolePolicy", "AttachRolePolicy", "PutUserPolicy"][..]),
    ];
    let after = prop_oneof![3 => Just(0_u32), 1 => 1..6_u32];
    (0..5_usize, action, after, prop::bool::weighted(0.15)).prop_flat_map(|(account, action, after, last)| {
        let faults = if last { lasting(action).boxed() } else { passing(action) };
        faults.prop_map(move |faults| Burst { account, action, after, faults, last })
    })
}

/// At most one burst for an operation in an account, so that no two come together.
pub(super) fn bursts() -> impl Strategy<Value = Vec<Burst>> {
    prop::collection::vec(burst(), 2..20).prop_map(|bursts| {
        let mut known = BTreeSet::new();
        bursts.into_iter().filter(|burst| known.insert((burst.account, burst.action))).collect()
    })
}

/// The faults of a world: none until they begin.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bursts: Vec<Burst>,
    accounts: Vec<AccountId>,
    asked: BTreeMap<(AccountId, &'static str), u32>,
    tally: Tally,
}

/// What hit.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Accounts with one that did not let up, so that they must have failed.
    pub(super) struck: BTreeSet<AccountId>,
    /// Accounts where a write took effect and was never answered, which must not fail them.
    pub(super) unanswered: BTreeSet<AccountId>,
    /// Whether the caller itself was refused for good, so that no account is to blame.
    pub(super) login_lost: bool,
}

impl Faults {
    pub(super) fn rule(&self) -> FaultRule {
        let state = self.0.clone();
        Arc::new(move |point| state.lock().unwrap().fault(point))
    }

    pub(super) fn begin(&self, bursts: &[Burst], accounts: &[AccountId]) {
        *self.0.lock().unwrap() = State { bursts: bursts.to_vec(), accounts: accounts.to_vec(), ..State::default() };
    }

    /// Ends them, and tells what there was.
    pub(super) fn end(&self) -> Tally {
        std::mem::take(&mut *self.0.lock().unwrap()).tally
    }
}

impl State {
    fn fault(&mut self, point: &FaultPoint<'_>) -> Option<Fault> {
        let account = |burst: &Burst| self.accounts.get(burst.account % self.accounts.len()).copied();
        let meant = |burst: &&Burst| burst.action == point.action && account(burst) == Some(point.account);
        let burst = self.bursts.iter().find(meant)?;
        let asked = self.asked.entry((point.account, burst.action)).or_default();
        let nth = asked.checked_sub(burst.after);
        *asked += 1;
        let nth = usize::try_from(nth?).unwrap();
        let fault = burst.faults.get(nth).or(burst.faults.last().filter(|_| burst.last))?.clone();
        let tally = &mut self.tally;
        match fault {
            _ if !burst.last => {}
            Fault::ExpiredToken if burst.action == "AssumeRole" => tally.login_lost = true,
            Fault::ResetAfter if WRITES.contains(&burst.action) => drop(tally.unanswered.insert(point.account)),
            _ => drop(tally.struck.insert(point.account)),
        }
        Some(fault)
    }
}
