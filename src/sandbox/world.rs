//! The simulated organization itself: accounts, units, clock, credentials, and where each is found.
//!
//! There is no lock over the whole: an account's IAM has its own, and no request holds two of them at once.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;

use super::account::{AccountState, IamGuard, SimAccount};
use super::faults::{FaultRule, scramble};
use super::intern::Interner;
use super::log::RequestLog;
use super::managed::ManagedPolicies;
use super::policy::Policies;
use super::session::Sessions;
use crate::ids::AccountId;

/// Where a world takes the time from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The name of the management account's user whose key a world gives out.
pub(super) const ADMIN: &str = "admin";
/// The one long-lived access key. It opens nothing but a sandbox.
pub(super) const ADMIN_KEY: &str = "AKIASANDBOXROLECALLS";
const ADMIN_SECRET: &str = "sandbox-secret-that-opens-nothing-at-all";

/// A simulated AWS organization. Clones are the same world.
#[derive(Clone)]
pub struct World(pub(super) Arc<Inner>);

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let accounts = self.0.accounts.len();
        f.debug_struct("World").field("management", &self.0.management).field("accounts", &accounts).finish()
    }
}

/// The credentials of the management account's user, as they stand in the environment.
#[derive(Clone, PartialEq, Eq)]
pub struct SandboxCredentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
}

impl std::fmt::Debug for SandboxCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SandboxCredentials { .. }")
    }
}

/// A root or an organizational unit.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: Option<usize>,
    /// Empty for AWS's `FullAWSAccess`.
    pub(super) scps: Policies,
}

/// What a world is made of; the ready worlds differ in nothing else.
pub(super) struct Blueprint {
    pub(super) seed: u64,
    pub(super) clock: Clock,
    pub(super) partition: &'static str,
    pub(super) region: &'static str,
    pub(super) management: AccountId,
    /// Name, parent's place in this list, SCPs. The first is the root.
    pub(super) units: Vec<(String, Option<usize>, Policies)>,
    pub(super) accounts: Vec<SimAccount>,
    pub(super) latency: Duration,
    pub(super) faults: Option<FaultRule>,
    pub(super) organization: OrganizationManners,
}

/// How Organizations behaves in a world.
#[derive(Debug, Clone)]
pub struct OrganizationManners {
    /// Without an organization every call is refused with `AWSOrganizationsNotInUseException`.
    pub exists: bool,
    /// Whether accounts have a `State`, the newer member.
    pub tells_state: bool,
    /// Whether accounts have a `Status`, the older member.
    pub tells_status: bool,
    /// Whether the second page of ListAccounts is empty and yet has a token, as AWS says a page may be.
    pub empty_page: bool,
    /// Accounts that may read the organization besides the management account.
    pub delegated: Vec<AccountId>,
}

impl Default for OrganizationManners {
    fn default() -> Self {
        Self { exists: true, tells_state: true, tells_status: true, empty_page: true, delegated: Vec::new() }
    }
}

pub(super) struct Inner {
    pub(super) seed: u64,
    pub(super) clock: Clock,
    pub(super) partition: &'static str,
    pub(super) region: &'static str,
    pub(super) management: AccountId,
    pub(super) organization_id: String,
    pub(super) units: Vec<Unit>,
    /// In the order in which ListAccounts tells them.
    pub(super) accounts: Vec<SimAccount>,
    by_id: HashMap<AccountId, usize>,
    pub(super) managed: ManagedPolicies,
    pub(super) sessions: Sessions,
    pub(super) serial: AtomicU64,
    pub(super) latency: Duration,
    pub(super) faults: Option<FaultRule>,
    pub(super) organization: OrganizationManners,
    pub(super) log: RequestLog,
    pub(super) documents: Interner,
    /// The ARNs of the roles and users that trusts name by unique id, as long as they exist. Locked last, if at all,
    /// and only for those.
    pub(super) trusted: RwLock<HashMap<String, String>>,
}

impl World {
    pub(super) fn build(plan: Blueprint) -> Self {
        let by_id = plan.accounts.iter().enumerate().map(|(at, account)| (account.id, at)).collect();
        let root = word(plan.seed ^ 1, 4);
        let units = plan.units.into_iter().enumerate().map(|(at, (name, parent, scps))| {
            let own = word(plan.seed ^ scramble(at as u64 + 2), 8);
            let id = if parent.is_none() { format!("r-{root}") } else { format!("ou-{root}-{own}") };
            Unit { id, name, parent, scps }
        });
        Self(Arc::new(Inner {
            organization_id: format!("o-{}", word(plan.seed, 10)),
            units: units.collect(),
            managed: ManagedPolicies::new(plan.partition),
            sessions: Sessions::new(scramble(plan.seed ^ 0x5eed)),
            seed: plan.seed,
            clock: plan.clock,
            partition: plan.partition,
            region: plan.region,
            management: plan.management,
            accounts: plan.accounts,
            by_id,
            serial: AtomicU64::new(1),
            latency: plan.latency,
            faults: plan.faults,
            organization: plan.organization,
            log: RequestLog::default(),
            documents: Interner::default(),
            trusted: RwLock::default(),
        }))
    }

    /// The account that owns the organization, and the given credentials.
    pub fn management_account(&self) -> AccountId {
        self.0.management
    }

    /// Every account's id, the management account's too, in the order in which ListAccounts tells them.
    pub fn account_ids(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.0.accounts.iter().map(|account| account.id)
    }

    /// The organization's id, `o-…`.
    pub fn organization_id(&self) -> &str {
        &self.0.organization_id
    }

    /// The id of the unit of that name (`r-…` for the root), if there is one.
    pub fn unit_id(&self, name: &str) -> Option<&str> {
        self.0.units.iter().find(|unit| unit.name == name).map(|unit| unit.id.as_str())
    }

    /// The region to put into a client's configuration.
    pub fn region(&self) -> &str {
        self.0.region
    }

    /// What was asked of this world.
    pub fn log(&self) -> &RequestLog {
        &self.0.log
    }

    /// The credentials of the management account's user `admin`, who has AdministratorAccess.
    pub fn credentials(&self) -> SandboxCredentials {
        SandboxCredentials { access_key_id: ADMIN_KEY.to_owned(), secret_access_key: ADMIN_SECRET.to_owned() }
    }

    /// What any AWS client must find in its environment to talk to this world at `endpoint`.
    pub fn environment(&self, endpoint: &str) -> Vec<(&'static str, String)> {
        let SandboxCredentials { access_key_id, secret_access_key } = self.credentials();
        vec![
            ("AWS_ACCESS_KEY_ID", access_key_id),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key),
            ("AWS_REGION", self.0.region.to_owned()),
            ("AWS_DEFAULT_REGION", self.0.region.to_owned()),
            ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ]
    }

    /// Moves an account to another state: closes it, suspends it, or takes that back. Whether there is such an account.
    pub fn set_state(&self, account: AccountId, state: AccountState) -> bool {
        let found = self.0.account(account);
        if let Some(account) = found {
            account.set_state(state);
        }
        found.is_some()
    }
}

impl Inner {
    pub(super) fn account(&self, id: AccountId) -> Option<&SimAccount> {
        self.by_id.get(&id).and_then(|at| self.accounts.get(*at))
    }

    /// The account's IAM, locked.
    pub(super) fn iam<'a>(&'a self, account: &'a SimAccount) -> IamGuard<'a> {
        account.iam(self.partition, &self.managed)
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// `arn:PARTITION:iam::ACCOUNT:KIND/PATH/NAME`; `path` begins and ends with a slash.
    pub(super) fn iam_arn(&self, account: AccountId, kind: &str, path: &str, name: &str) -> String {
        format!("arn:{}:iam::{account}:{kind}{path}{name}", self.partition)
    }

    /// The SCPs over an account, level by level. They do not bind the management account.
    pub(super) fn scps<'a>(&'a self, account: &'a SimAccount) -> Vec<&'a [Arc<super::policy::Document>]> {
        let mut levels = Vec::new();
        if account.id == self.management {
            return levels;
        }
        levels.push(account.scps.as_slice());
        let mut next = Some(account.unit);
        while let Some(unit) = next.and_then(|at| self.units.get(at)) {
            levels.push(unit.scps.as_slice());
            next = unit.parent;
        }
        levels
    }

    /// The unique id of the role or user with that ARN, which from now on is shown in its place.
    pub(super) fn trust_id(&self, arn: &str) -> Option<String> {
        let parsed: crate::ids::Arn = arn.parse().ok()?;
        let account = self.account(parsed.account().parse().ok()?)?;
        let iam = self.iam(account);
        let id = iam.id_of(parsed.resource())?.to_owned();
        let mut trusted = self.trusted.write().unwrap_or_else(PoisonError::into_inner);
        trusted.insert(id.clone(), arn.to_owned());
        Some(id)
    }

    /// The ARN that stands for a unique id while its owner exists.
    pub(super) fn trusted_arn(&self, id: &str) -> Option<String> {
        self.trusted.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Forgets an owner of a unique id, who has been deleted.
    pub(super) fn forget(&self, id: &str) {
        let known = self.trusted.read().unwrap_or_else(PoisonError::into_inner).contains_key(id);
        if known {
            self.trusted.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        }
    }
}

/// `letters` lower case letters and digits out of `from`.
fn word(from: u64, letters: u32) -> String {
    let mut value = scramble(from);
    (0..letters)
        .map(|_| {
            let digit = u32::try_from(value % 36).unwrap_or(0);
            value = scramble(value);
            char::from_digit(digit, 36).unwrap_or('0')
        })
        .collect()
}
