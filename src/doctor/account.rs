//! One account: does it let us in, and can it be read.

use std::time::Duration;

use jiff::Timestamp;

use super::check::Check;
use crate::account::assume_role::AssumedRole;
use crate::account::change::{Change, ChangeResult};
use crate::account::converge::{Goal, Task, converge};
use crate::account::ledger::{Ledger, LedgerClosed};
use crate::account::outcome::{Failure, Step};
use crate::aws::clients::{Attempts, Clients};
use crate::inventory::list::Account;
use crate::inventory::organization::account_state;
use crate::setup::desired::Desired;

const CHECK: &str = "one account";

/// How long one account may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The account that is tried.
#[derive(Debug)]
pub struct Visit {
    /// The account.
    pub account: Account,
    /// How to get in; `None` for the caller's own account.
    pub assume: Option<AssumedRole>,
    /// What a run would look for.
    pub desired: Desired,
}

/// Nothing is written, so there is nothing to put on record.
struct NoLedger;

impl Ledger for NoLedger {
    async fn intend(&self, _: &Change) -> Result<(), LedgerClosed> {
        Err(LedgerClosed { message: "a check-up writes nothing".to_owned() })
    }

    fn settled(&self, _: &Change, _: &ChangeResult) {}
}

/// Does in one account what verify does: a session, and the reads.
pub async fn one_account(clients: &Clients, visit: Visit) -> Check {
    let Visit { account, assume, desired } = visit;
    let who =
        if account.name.is_empty() { account.id.to_string() } else { format!("{} ({})", account.id, account.name) };
    let how = assume
        .as_ref()
        .map_or_else(|| "with the caller's own credentials".to_owned(), |assumed| format!("through {}", assumed.role));
    let started_at = Timestamp::now();
    let id = account.id;
    let task =
        Task { account_id: id, account_name: account.name, assume, desired, started_at, wait_ready: Duration::ZERO };
    let mut outcome = task.begin();
    let attempts = Attempts::default();
    let goal = Goal::Verify { simulate: false };
    if task.assume.is_some() {
        clients.sts_of(id).limit().ready().await;
    }
    let work = converge(clients, &NoLedger, &task, goal, &|_| {}, &mut outcome, &attempts);
    if tokio::time::timeout(PATIENCE, work).await.is_err() {
        let told = format!("{who}: no answer within {PATIENCE:?}");
        return Check::fail(CHECK, told, "check the network; --endpoint-url, if it is set");
    }
    let Some(Failure { step, code, message, fix, .. }) = outcome.failure else {
        let roles: Vec<&str> = task.desired.roles.iter().map(|role| role.name.as_str()).collect();
        let role = roles.join(", ");
        return Check::ok(
            CHECK,
            format!("{who}: got in {how} and read it; the role {role} is {} there", outcome.status),
        );
    };
    let told = format!("{who}: {step}: {code}: {message}");
    // A closed account refuses as one without the role does; Organizations can tell them apart, if it may be asked.
    if step == Step::AssumeRole
        && let Ok(state) = account_state(clients, id).await
        && state != "ACTIVE"
    {
        let fix = "leave it out, or have it reopened; runs from Organizations skip such accounts by themselves";
        return Check::fail(CHECK, format!("{told}; Organizations says that the account is {state}"), fix);
    }
    Check::fail(CHECK, told, fix)
}
