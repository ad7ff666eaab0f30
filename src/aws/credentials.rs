//! Credentials that are got again when their time is over or AWS says so.
//!
//! The SDK renews by the time of expiry only. A session that AWS refuses before that (revoked, or a clock that is off)
//! would fail every call from then on; here the next try of the very call that was refused gets new ones.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
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
use futures::future::BoxFuture;

use super::answer::class_of;
use super::failure::Class;

/// How long before their end credentials are renewed.
const EARLY: Duration = Duration::from_secs(60);

/// A header of our own in a refused answer: how often the call has been refused by now, for its credentials or its time.
pub(super) const REFUSED: &str = "x-rolecall-refused";

/// Gets new credentials.
type Fetch = Box<dyn Fn() -> BoxFuture<'static, Result<Credentials, CredentialsError>> + Send + Sync>;

/// Credentials and the way to new ones. Clones are the same ones.
#[derive(Clone)]
pub struct Renewing(Arc<Inner>);

struct Inner {
    fetch: Fetch,
    current: Mutex<Option<Credentials>>,
    /// One at a time gets new ones; the others take what it got.
    turn: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewing { .. }")
    }
}

impl Renewing {
    /// `first` as long as they are good, then what `fetch` gets.
    pub fn new(
        first: Credentials,
        fetch: impl Fn() -> BoxFuture<'static, Result<Credentials, CredentialsError>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            fetch: Box::new(fetch),
            current: Mutex::new(Some(first)),
            turn: tokio::sync::Mutex::new(()),
        }))
    }

    /// Credentials that there is no way to renew.
    pub fn fixed(only: Credentials) -> Self {
        Self::new(only.clone(), move || {
            let only = only.clone();
            Box::pin(async move { Ok(only) })
        })
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Option<Credentials>> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those at hand, if they are good for a while.
    fn good(&self) -> Option<Credentials> {
        let soon = SystemTime::now() + EARLY;
        self.current().clone().filter(|credentials| credentials.expiry().is_none_or(|end| end > soon))
    }

    async fn get(&self) -> Result<Credentials, CredentialsError> {
        if let Some(good) = self.good() {
            return Ok(good);
        }
        let _turn = self.0.turn.lock().await;
        if let Some(good) = self.good() {
            return Ok(good);
        }
        let new = (self.0.fetch)().await?;
        *self.current() = Some(new.clone());
        Ok(new)
    }

    /// AWS would not take those with this access key. Somebody may have renewed them since they were sent.
    fn refused(&self, access_key: &str) {
        let mut current = self.current();
        if current.as_ref().is_some_and(|credentials| credentials.access_key_id() == access_key) {
            *current = None;
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
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn credentials(key: &str, expiry: Option<SystemTime>) -> Credentials {
        Credentials::new(key, "secret", None, expiry, "test")
    }

    #[tokio::test]
    async fn what_was_refused_or_is_over_is_got_again_once() {
        let fetched = Arc::new(AtomicU32::new(0));
        let count = fetched.clone();
        let renewing = Renewing::new(credentials("K0", None), move || {
            let n = count.fetch_add(1, Ordering::Relaxed) + 1;
            Box::pin(async move { Ok(credentials(&format!("K{n}"), None)) })
        });
        assert_eq!(renewing.get().await.unwrap().access_key_id(), "K0");
        // Three calls were on their way with it, and all three were refused.
        renewing.refused("K0");
        renewing.refused("K0");
        assert_eq!(renewing.get().await.unwrap().access_key_id(), "K1");
        renewing.refused("K0");
        let both = futures::future::join(renewing.get(), renewing.get()).await;
        assert_eq!((both.0.unwrap().access_key_id(), both.1.unwrap().access_key_id()), ("K1", "K1"));
        assert_eq!(fetched.load(Ordering::Relaxed), 1);
        *renewing.current() = Some(credentials("old", Some(SystemTime::now() + Duration::from_secs(5))));
        assert_eq!(renewing.get().await.unwrap().access_key_id(), "K2");
    }

    #[test]
    fn the_key_stands_in_the_signature() {
        let header = "AWS4-HMAC-SHA256 Credential=ASIA1/20261124/us-east-1/iam/aws4_request, SignedHeaders=host";
        assert_eq!(access_key(header), Some("ASIA1"));
        assert_eq!(access_key("Bearer x"), None);
    }
}
