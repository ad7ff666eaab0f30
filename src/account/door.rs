//! The door of one account: the caller's own credentials in its own account, AssumeRole in any other; waited for where the
//! account may not be ready yet, and with the reason where nobody is let in.

use std::time::Duration;

use tokio::time::Instant;

use super::converge::of_aws;
use super::outcome::{Failure, Step};
use super::refused::advise_on_refusal;
use super::session::{Entrance, SessionPolicy, assume};
use crate::aws::clients::{Attempts, Clients};
use crate::aws::failure::Class;
use crate::aws::retry::Backoff;
use crate::ids::AccountId;

/// How one account is entered.
pub(super) struct Door<'a> {
    pub(super) account_id: AccountId,
    /// How to get in; `None` for the caller's own account.
    pub(super) entrance: Option<&'a Entrance>,
    /// How long an account that does not let us in is taken for one that is not ready yet. Zero: not at all.
    pub(super) wait_ready: Duration,
}

/// Gives IAM in the account, with no more power than `policy` says. Where it is refused and the account may not be ready
/// yet, tries again for as long as the door allows.
///
/// # Errors
/// Why nobody is let in, with what to do.
pub(super) async fn enter(
    clients: &Clients,
    door: &Door<'_>,
    policy: impl FnOnce(&Entrance) -> SessionPolicy,
    step: &(impl Fn(Step) + Sync),
    attempts: &Attempts,
) -> Result<aws_sdk_iam::Client, Failure> {
    let Some(entrance) = door.entrance else { return Ok(clients.iam_of_caller(attempts)) };
    let policy = policy(entrance);
    let mut backoff = Backoff::new(Duration::from_secs(4), Duration::from_secs(30));
    let began = Instant::now();
    loop {
        let failure = match assume(clients, door.account_id, entrance, &policy, attempts).await {
            Ok(iam) => return Ok(iam),
            Err(failure) => failure,
        };
        let left = door.wait_ready.saturating_sub(began.elapsed());
        if failure.class != Class::Denied || left.is_zero() {
            let fix = advise_on_refusal(clients, door.account_id, entrance, &failure).await;
            return Err(Failure { fix, ..of_aws(Step::AssumeRole, failure) });
        }
        step(Step::WaitReady);
        let wait = backoff.wait().min(left);
        attempts.wait_for(wait).await;
        clients.sts_of(door.account_id).limit().ready().await;
    }
}
