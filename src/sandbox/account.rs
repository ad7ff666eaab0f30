//! One account of the simulated organization.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::entities::{Iam, Tags};
use super::managed::ManagedPolicies;
use crate::ids::AccountId;

/// The life of an account, as Organizations' `State` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// The sign-up was never finished.
    PendingActivation,
    /// In use.
    Active,
    /// Shut off by AWS.
    Suspended,
    /// About to be closed.
    PendingClosure,
    /// Closed.
    Closed,
}

impl AccountState {
    const ALL: [Self; 5] = [Self::PendingActivation, Self::Active, Self::Suspended, Self::PendingClosure, Self::Closed];

    /// `State` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
        }
    }

    /// The older `Status`, which has three values. What it says of the two states that it has no word for is not
    /// documented; the sandbox says `SUSPENDED`, which is safe to act on.
    pub fn status(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::PendingActivation | Self::Suspended | Self::Closed => "SUSPENDED",
        }
    }
}

/// Fills the IAM of an account when something first looks at it, so that an account that nobody visits costs next to
/// nothing.
pub(super) type IamSeed = Arc<dyn Fn(&mut Iam, &SeedScope<'_>) + Send + Sync>;

/// What a seed may know of its account.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeedScope<'a> {
    pub(super) account: AccountId,
    pub(super) partition: &'a str,
    pub(super) managed: &'a ManagedPolicies,
    pub(super) joined: Timestamp,
}

/// An account: what Organizations says of it, and its IAM behind a lock of its own.
pub(super) struct SimAccount {
    pub(super) id: AccountId,
    pub(super) name: Box<str>,
    pub(super) email: Box<str>,
    pub(super) joined: Timestamp,
    /// By invitation rather than by creation.
    pub(super) invited: bool,
    /// The unit that holds it; the root is unit 0.
    pub(super) unit: usize,
    pub(super) tags: Tags,
    pub(super) scps: super::policy::Policies,
    state: AtomicU8,
    iam: Mutex<Home>,
}

#[derive(Default)]
struct Home {
    iam: Iam,
    seed: Option<IamSeed>,
    /// Requests so far, by operation's index; kept only in worlds that have faults.
    asked: Vec<(usize, u32)>,
    /// What was there before the last write, and when that came; kept only in worlds that have faults.
    before: Option<Box<(Iam, Timestamp)>>,
}

/// For how long after a write a stale read may still show what was there before.
const STALE_FOR: jiff::SignedDuration = jiff::SignedDuration::from_secs(3);

/// The IAM of an account, locked.
pub(super) struct IamGuard<'a> {
    home: MutexGuard<'a, Home>,
    stale: bool,
}

impl IamGuard<'_> {
    /// The same as it was before the last write, if that was just before `now`.
    pub(super) fn before(mut self, now: Timestamp) -> Self {
        self.stale = self.home.before.as_ref().is_some_and(|before| now.duration_since(before.1) < STALE_FOR);
        self
    }
}

impl std::ops::Deref for IamGuard<'_> {
    type Target = Iam;

    fn deref(&self) -> &Iam {
        match &self.home.before {
            Some(before) if self.stale => &before.0,
            _ => &self.home.iam,
        }
    }
}

impl std::ops::DerefMut for IamGuard<'_> {
    fn deref_mut(&mut self) -> &mut Iam {
        &mut self.home.iam
    }
}

impl SimAccount {
    pub(super) fn new(id: AccountId, name: &str, state: AccountState, joined: Timestamp, seed: IamSeed) -> Self {
        let account = Self {
            id,
            name: name.into(),
            email: Box::default(),
            joined,
            invited: false,
            unit: 0,
            tags: Tags::new(),
            scps: Vec::new(),
            state: AtomicU8::new(0),
            iam: Mutex::new(Home { seed: Some(seed), ..Home::default() }),
        };
        account.set_state(state);
        account
    }

    pub(super) fn state(&self) -> AccountState {
        let at = usize::from(self.state.load(Ordering::Acquire));
        AccountState::ALL.get(at).copied().unwrap_or(AccountState::Closed)
    }

    pub(super) fn set_state(&self, state: AccountState) {
        let at = AccountState::ALL.iter().position(|known| *known == state);
        self.state.store(at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX), Ordering::Release);
    }

    /// Locks the account's IAM. Never held across two accounts at once, so no two requests can wait for each other.
    pub(super) fn iam(&self, partition: &str, managed: &ManagedPolicies) -> IamGuard<'_> {
        let mut home = self.home();
        if let Some(seed) = home.seed.take() {
            seed(&mut home.iam, &SeedScope { account: self.id, partition, managed, joined: self.joined });
        }
        IamGuard { home, stale: false }
    }

    /// Remembers what is there, since a write is about to come.
    pub(super) fn keep_before(&self, now: Timestamp) {
        let mut home = self.home();
        // An account that nobody has looked at yet has nothing that a read could have shown.
        if home.seed.is_none() {
            home.before = Some(Box::new((home.iam.clone(), now)));
        }
    }

    /// How many requests of the operation came before this one.
    pub(super) fn count(&self, action: usize) -> u32 {
        let mut home = self.home();
        match home.asked.iter_mut().find(|(known, _)| *known == action) {
            Some((_, asked)) => {
                *asked += 1;
                *asked - 1
            }
            None => {
                home.asked.push((action, 1));
                0
            }
        }
    }

    fn home(&self) -> MutexGuard<'_, Home> {
        self.iam.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
