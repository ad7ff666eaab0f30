//! Credentials that are got again before their time is over, or when AWS says so.
//!
//! The SDK renews by the time of expiry only. A session that AWS refuses before that (revoked, or a clock that is off)
//! would fail every call from then on; here the next try of the very call that was refused gets new ones.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};

use super::answer::class_of;
use super::clock::AwsClock;
use super::failure::{AwsFailure, Class};

/// How long before their end credentials are renewed.
const EARLY: Duration = Duration::from_secs(60);

/// How long a login that has just been asked is left alone at least, while what it gave is still good.
const PAUSE: Duration = Duration::from_secs(5);

/// A header of our own in a refused answer: how often the call has been refused by now, for its credentials or its time.
pub(super) const REFUSED: &str = "x-rolecall-refused";

type Fetched = Result<Credentials, AwsFailure>;

/// Gets new credentials.
type Fetch = Box<dyn Fn() -> BoxFuture<'static, Fetched> + Send + Sync>;

/// Credentials and the way to new ones. Clones are the same ones.
#[derive(Clone)]
pub struct Renewing(Arc<Inner>);

struct Inner {
    fetch: Fetch,
    clock: AwsClock,
    state: Mutex<State>,
}

struct State {
    /// The newest, unless AWS has refused them.
    held: Option<Held>,
    /// The one fetch that is under way. It goes on without whoever asked for it.
    running: Option<Shared<BoxFuture<'static, Fetched>>>,
}

#[derive(Clone)]
struct Held {
    credentials: Credentials,
    /// Their end in AWS's time. What is over when it is given is so by a clock that is off: it is good until AWS refuses it.
    ends: Option<SystemTime>,
    /// When newer ones are worth asking for.
    renew_at: Option<SystemTime>,
}

impl Held {
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let ends = credentials.expiry().filter(|end| *end > now);
        let mut held = Self { credentials, ends, renew_at: None };
        held.leave_alone(now);
        held
    }

    /// A login that gives short ones is not asked all the time: half of what is left is used first.
    fn leave_alone(&mut self, now: SystemTime) {
        self.renew_at = self.ends.map(|end| {
            let left = end.duration_since(now).unwrap_or_default();
            end.checked_sub(EARLY).unwrap_or(now).max(now + (left / 2).max(PAUSE))
        });
    }

    fn is_good(&self, now: SystemTime) -> bool {
        self.ends.is_none_or(|end| end > now)
    }

    fn is_fresh(&self, now: SystemTime) -> bool {
        self.renew_at.is_none_or(|at| at > now)
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewing { .. }")
    }
}

impl Renewing {
    /// `first` as long as they are good, then what `fetch` gets. `clock` is that of whoever says when they end.
    pub(super) fn new(
        first: Credentials,
        clock: AwsClock,
        fetch: impl Fn() -> BoxFuture<'static, Fetched> + Send + Sync + 'static,
    ) -> Self {
        let held = Some(Held::new(first, clock.now()));
        Self(Arc::new(Inner { fetch: Box::new(fetch), clock, state: Mutex::new(State { held, running: None }) }))
    }

    /// Credentials that there is no way to renew.
    #[cfg(test)]
    pub(crate) fn fixed(only: Credentials) -> Self {
        Self::new(only.clone(), AwsClock::default(), move || {
            let only = only.clone();
            Box::pin(async move { Ok(only) })
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get(&self) -> Result<Credentials, CredentialsError> {
        let running = {
            let mut state = self.state();
            let now = self.0.clock.now();
            let good = state.held.clone().filter(|held| held.is_good(now));
            if let Some(held) = good.as_ref().filter(|held| held.is_fresh(now)) {
                return Ok(held.credentials.clone());
            }
            let running = self.fetch(&mut state);
            match good {
                Some(held) => return Ok(held.credentials),
                None => running,
            }
        };
        running.await.map_err(CredentialsError::provider_error)
    }

    /// The fetch that is under way, or a new one.
    fn fetch(&self, state: &mut State) -> Shared<BoxFuture<'static, Fetched>> {
        if let Some(running) = &state.running {
            return running.clone();
        }
        let (fetched, this) = ((self.0.fetch)(), self.clone());
        // A call that gives up waiting must not take the login with it.
        let task = tokio::spawn(async move {
            let fetched = fetched.await;
            this.settle(&fetched);
            fetched
        });
        let ended = |error: tokio::task::JoinError| {
            Err(AwsFailure::ours("login", "NoCredentials", error.to_string(), Class::Credentials))
        };
        let running = async move { task.await.unwrap_or_else(ended) }.boxed().shared();
        state.running = Some(running.clone());
        running
    }

    fn settle(&self, fetched: &Fetched) {
        let (mut state, now) = (self.state(), self.0.clock.now());
        state.running = None;
        match fetched {
            Ok(new) => state.held = Some(Held::new(new.clone(), now)),
            // What is there is used to its end, and then the failure is told.
            Err(failure) => {
                tracing::warn!(%failure, "credentials could not be renewed");
                if let Some(held) = &mut state.held {
                    held.leave_alone(now);
                }
            }
        }
    }

    /// AWS would not take those with this access key. Somebody may have renewed them since they were sent.
    fn refused(&self, access_key: &str) {
        let mut state = self.state();
        if state.held.as_ref().is_some_and(|held| held.credentials.access_key_id() == access_key) {
            state.held = None;
        }
    }
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

/// The access key that a request was signed with.
fn access_key(authorization: &str) -> Option<&str> {
    authorization.split_once("Credential=")?.1.split('/').next()
}

/// The access key of the try that is under way.
#[derive(Debug)]
struct SignedWith(String);

impl Storable for SignedWith {
    type Storer = StoreReplace<Self>;
}

/// How often the call was refused, over all its tries.
#[derive(Debug)]
struct Refused(u32);

impl Storable for Refused {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Renewing {
    fn name(&self) -> &'static str {
        "Renewing"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(key) = context.request().headers().get("authorization").and_then(access_key) {
            bag.interceptor_state().store_put(SignedWith(key.to_owned()));
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let class = context.response().and_then(class_of);
        if class == Some(Class::Credentials)
            && let Some(SignedWith(key)) = bag.load::<SignedWith>()
        {
            self.refused(key);
        }
        if let (Some(Class::Credentials | Class::Clock), Some(response)) = (class, context.response_mut()) {
            let refused = bag.load::<Refused>().map_or(0, |Refused(before)| *before) + 1;
            bag.interceptor_state().store_put(Refused(refused));
            // The classifier, which decides whether to send it again, sees nothing but the response.
            response.headers_mut().insert(REFUSED, refused.to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
