//! What this machine brings to AWS, looked at piece by piece: credentials, region, clock.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::{SignedDuration, Timestamp};

use super::clients::{Clients, Connection, LoginError};
use super::connection::{From, Prepared};
use super::failure::AwsFailure;
use super::mistake::Mistake;
use super::trust::Bundle;

/// Credentials that were found. None of the secrets in them is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The SDK's name of what provided them, such as `Environment` or `ProfileFile`.
    pub provider: String,
    /// When they are over, where that is known.
    pub expires: Option<Timestamp>,
}

/// What was found before AWS is asked for anything.
#[derive(Debug)]
pub struct LocalConfig {
    /// The credentials, or why there are none.
    pub credentials: Result<Held, LoginError>,
    /// The region.
    pub region: String,
    /// Through which proxy AWS is asked, if through any. Without the password.
    pub proxy: Option<String>,
    /// The certificates that are trusted besides the system's, if any.
    pub bundle: Option<String>,
}

/// Looks at the configuration.
///
/// # Errors
/// When it cannot be read.
pub async fn read_local_config(connection: Connection) -> Result<LocalConfig, Mistake> {
    let prepared = Prepared::read(connection).await?;
    let credentials = prepared.credentials().await.map(|found| Held {
        provider: match &prepared.from {
            From::Machine(_) => provider_name(&format!("{found:?}")),
            From::Given(_) => prepared.login(),
        },
        expires: found.expiry().and_then(|at| Timestamp::try_from(at).ok()),
    });
    let (proxy, bundle) = match &prepared.from {
        From::Machine(machine) => {
            (machine.network.proxies.describe(), machine.network.bundle.as_ref().map(Bundle::describe))
        }
        From::Given(_) => (None, None),
    };
    Ok(LocalConfig { credentials, region: prepared.region.to_string(), proxy, bundle })
}

/// The provider's name out of the SDK's description of credentials, which tells it nowhere else. The secrets are
/// redacted in it.
fn provider_name(described: &str) -> String {
    let after = described.split_once("provider_name: \"").map(|(_, after)| after);
    after.and_then(|after| after.split('"').next()).unwrap_or("a provider without a name").to_owned()
}

/// How far this machine's clock is ahead of AWS's, to the second; `None` where the answer does not tell the time.
///
/// # Errors
/// What STS said.
pub async fn clock_ahead(clients: &Clients) -> Result<Option<SignedDuration>, AwsFailure> {
    let date = AnswerDate::default();
    clients.sts().limit().ready().await;
    let call = clients.sts().client().get_caller_identity().customize().interceptor(date.clone());
    call.send().await.map_err(|error| AwsFailure::from_sdk("sts GetCallerIdentity", &error))?;
    let seen = date.0.lock().ok().and_then(|seen| *seen);
    Ok(seen.map(|(theirs, ours)| ours.duration_since(theirs)))
}

/// Keeps the `Date` of an answer, and when it came by our clock.
#[derive(Debug, Clone, Default)]
struct AnswerDate(Arc<Mutex<Option<(Timestamp, Timestamp)>>>);

#[dyn_dispatch_hint]
impl Intercept for AnswerDate {
    fn name(&self) -> &'static str {
        "AnswerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        if let (Some(date), Ok(mut seen)) = (date, self.0.lock()) {
            *seen = Some((date.timestamp(), Timestamp::now()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    #[test]
    fn a_provider_is_named_and_nothing_else_of_the_credentials() {
        let found = Credentials::new("AKIAEXAMPLE", "very secret", Some("token".to_owned()), None, "Environment");
        assert_eq!(provider_name(&format!("{found:?}")), "Environment");
        assert_eq!(provider_name("Credentials { .. }"), "a provider without a name");
    }
}
