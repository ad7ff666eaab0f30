//! A world of any number of member accounts, all of them new, with ids from the seed.

use std::sync::Arc;

use super::super::account::{AccountState, IamSeed, SimAccount};
use super::super::faults::scramble;
use super::super::world::Blueprint;
use super::cast::{Library, day, id, management};
use super::spec::{Spec, WorldOptions};
use crate::ids::AccountId;

const ACCOUNT_IDS: u64 = 1_000_000_000_000;
/// Shares no factor with the number of account ids, so that multiples of it meet none twice.
const STRIDE: u64 = 618_033_988_751;

pub(super) fn plan(spec: &Spec, members: u32, options: WorldOptions) -> Blueprint {
    let owner = id("418263905174");
    let library = Library::new(options.partition, owner);
    let seed: IamSeed = Arc::new(move |iam, scope| library.usual(iam, scope, &[]));
    let mut accounts = Vec::with_capacity(members as usize + 1);
    accounts.push(management(owner, "Management"));
    let start = scramble(spec.seed) % ACCOUNT_IDS;
    let ids = (0..).filter_map(|n: u64| nth_id(start, n)).filter(|id| *id != owner);
    for (n, id) in (1u32..).zip(ids).take(members as usize) {
        let joined = day(i64::from(n % 2500));
        let mut account = SimAccount::new(id, &format!("team-{n:06}"), AccountState::Active, joined, Arc::clone(&seed));
        account.email = format!("aws+team-{n:06}@example.com").into();
        account.unit = 1 + n as usize % 3;
        accounts.push(account);
    }
    let unit = |name: &str, parent| (name.to_owned(), parent, Vec::new());
    Blueprint {
        seed: spec.seed,
        clock: options.clock,
        partition: options.partition,
        region: options.region,
        management: owner,
        units: vec![unit("Root", None), unit("Prod", Some(0)), unit("Dev", Some(0)), unit("Sandbox", Some(0))],
        accounts,
        latency: spec.latency,
        faults: options.faults,
        organization: options.organization,
    }
}

fn nth_id(start: u64, n: u64) -> Option<AccountId> {
    // Both factors are below 2^40 and n below 2^20, so nothing is lost before the remainder.
    format!("{:012}", (start + n * STRIDE) % ACCOUNT_IDS).parse().ok()
}
