//! The SDK's clients: one HTTP client and one configuration for all, one retry budget for each account.
//!
//! What the SDK shares by default it would share across accounts too (its retry quota is one per process, its identity
//! cache holds 64 entries), so that one account's throttles could stop another's retries. Here each account's session
//! has a retry partition and fixed credentials of its own, and only the HTTP client is shared.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_types::retry::RetryConfig;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

pub use super::attempts::Attempts;
use super::clock::AwsClock;
use super::connection::Prepared;
pub use super::connection::{Connection, Route};
use super::credentials::Renewing;
use super::failure::{AwsFailure, Class};
use super::limiter::RateLimiter;
pub use super::login::LoginError;
use super::mistake::Mistake;
use super::network::Network;
use super::organization::Organization;
use super::pace::{Api, Gauge, Pace};
use super::permission::Answers;
use super::retry::Rules;
use super::settings::Service;
use super::sts::Sts;
pub use super::sts::{StsPace, StsRegion};
use super::watch::Watch;
use crate::ids::{AccountId, Arn, Partition, Region};

/// Why no connection could be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Something in options, environment or profiles is wrong; AWS was not asked.
    #[error(transparent)]
    Settings(#[from] Mistake),
    /// There are no credentials.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The region is none.
    #[error(transparent)]
    Region(#[from] crate::ids::IdError),
    /// sts GetCallerIdentity failed.
    #[error(transparent)]
    Caller(#[from] AwsFailure),
    /// A region in which STS was to be asked does not answer as it should.
    #[error("STS in {0}: {1}")]
    StsRegion(Region, #[source] Box<ConnectError>),
    /// sts GetCallerIdentity answered something that cannot be read.
    #[error("sts GetCallerIdentity answered without a usable account or ARN")]
    NoCaller,
}

/// Who the base credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The full ARN; its partition is the partition of everything.
    pub arn: Arn,
}

impl Caller {
    /// The partition that the caller is in, and so every account of the run.
    pub fn partition(&self) -> &Partition {
        self.arn.partition()
    }
}

/// Everything that talks to AWS.
#[derive(Debug)]
pub struct Clients {
    caller: Caller,
    region: Region,
    clock: AwsClock,
    sts: Sts,
    organizations: aws_sdk_organizations::Client,
    organizations_limit: Arc<RateLimiter>,
    pace: Arc<Pace>,
    network: Network,
    /// What every account's client is built from: the HTTP client, timeouts and endpoint, but no credentials.
    iam: aws_sdk_iam::config::Builder,
    base_credentials: Renewing,
    login_over: OnceLock<String>,
    organization: OnceCell<Organization>,
    answers: Answers,
}

/// Calls per second that Organizations is asked at most: one after the other, that is as many as answers of 50 ms allow. Its
/// quotas are not published; where it throttles, the pace goes down.
const ORGANIZATIONS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// How long a call to Organizations may take with all its tries: a whole run waits for it.
const ORGANIZATIONS_TIMEOUT: Duration = Duration::from_secs(600);

/// How often the first call of all is sent at most.
const FIRST_CALL_ATTEMPTS: u32 = 6;

/// How long a lost network is asked for in one go.
const PROBE_TIMEOUT: Duration = Duration::from_secs(4);

impl Clients {
    /// Builds the clients and asks STS who the caller is, in each region in which it is to be asked.
    ///
    /// # Errors
    /// [`ConnectError`]; only its `Caller` and `NoCaller` mean that AWS was asked.
    pub async fn connect(connection: Connection, sts_pace: impl Into<StsPace>) -> Result<Self, ConnectError> {
        let StsPace { per_second, regions } = sts_pace.into();
        let of_list = match &connection {
            Connection::Aws(route) => route.of_list(),
            Connection::Simulated { .. } => None,
        };
        let prepared = Prepared::read(connection).await?;
        let base_credentials = login(&prepared).await?;
        // Organizations may be asked by somebody else.
        let (listing, list_credentials) = match of_list {
            None => (prepared.clone(), base_credentials.clone()),
            Some(route) => {
                let listing = Prepared::read(Connection::Aws(route)).await?;
                let credentials = login(&listing).await?;
                (listing, credentials)
            }
        };
        let sts_limits: Vec<_> =
            (0..regions.len().max(1)).map(|_| Arc::new(RateLimiter::per_second(per_second))).collect();
        let organizations_limit = Arc::new(RateLimiter::per_second(ORGANIZATIONS_PER_SECOND));
        let pace = Arc::new(Pace::new(sts_limits.clone(), organizations_limit.clone()));
        let network = Network::default();
        let mut sts = aws_sdk_sts::config::Builder::from(&prepared.config)
            .retry_partition(own_retries("sts"))
            .retry_classifier(Rules)
            .identity_cache(aws_sdk_sts::config::IdentityCache::no_cache())
            .credentials_provider(base_credentials.clone())
            .interceptor(base_credentials.clone())
            .interceptor(network.clone())
            .interceptor(Gauge { api: Api::Sts, pace: pace.clone() });
        sts.set_endpoint_url(prepared.endpoint(Service::Sts));
        let sts = Sts::of(sts, &regions, sts_limits).ok_or(ConnectError::NoCaller)?;
        let mut organizations = aws_sdk_organizations::config::Builder::from(&listing.config)
            .retry_partition(own_retries("organizations"))
            .retry_classifier(Rules)
            .identity_cache(aws_sdk_organizations::config::IdentityCache::no_cache())
            .credentials_provider(list_credentials.clone())
            .interceptor(list_credentials)
            .interceptor(network.clone())
            .interceptor(Gauge { api: Api::Organizations, pace: pace.clone() })
            .interceptor(Attempts::patient(ORGANIZATIONS_TIMEOUT));
        organizations.set_endpoint_url(listing.endpoint(Service::Organizations));
        let organizations = aws_sdk_organizations::Client::from_conf(organizations.build());
        let mut iam = aws_sdk_iam::config::Builder::from(&prepared.config);
        iam.set_endpoint_url(prepared.endpoint(Service::Iam));
        let watch = prepared.watch();
        let caller = match regions.is_empty() {
            true => who(sts.first(), Attempts::default(), Some(&watch)).await?,
            // One that is not enabled is found here rather than account by account.
            false => who_in(&regions, &sts, &watch).await?,
        };
        watch.end();
        let Prepared { region, clock, .. } = prepared;
        Ok(Self {
            caller,
            region,
            clock,
            sts,
            organizations,
            organizations_limit,
            pace,
            network,
            iam,
            base_credentials,
            login_over: OnceLock::new(),
            organization: OnceCell::new(),
            answers: Answers::default(),
        })
    }

    /// Who the base credentials belong to.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The region of the configuration.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// AWS Organizations, to be called serially and through [`Clients::organizations_limit`].
    pub fn organizations(&self) -> &aws_sdk_organizations::Client {
        &self.organizations
    }

    /// The limit on calls to AWS Organizations.
    pub fn organizations_limit(&self) -> &RateLimiter {
        &self.organizations_limit
    }

    /// AWS STS, where nothing depends on the region.
    pub fn sts(&self) -> &StsRegion {
        self.sts.first()
    }

    /// AWS STS, where the account's role is assumed.
    pub fn sts_of(&self, account: AccountId) -> &StsRegion {
        self.sts.of_account(account)
    }

    /// How fast the run may go.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether AWS can be reached at all.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Asks STS who the caller is, once.
    ///
    /// # Errors
    /// [`ConnectError`] where it does not say.
    pub async fn ask_who(&self) -> Result<Caller, ConnectError> {
        who(self.sts(), Attempts::patient(PROBE_TIMEOUT), None).await
    }

    pub(super) fn known_organization(&self) -> &OnceCell<Organization> {
        &self.organization
    }

    pub(super) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Why the caller's own credentials are no longer good, once that is known; then no further account can be reached.
    pub fn login_over(&self) -> Option<&str> {
        self.login_over.get().map(String::as_str)
    }

    /// The caller's credentials were refused, though they had been got anew.
    pub fn lost_login(&self, failure: &AwsFailure) {
        // Whoever is first says why.
        let _ = self.login_over.set(format!("{}: {}", failure.code, failure.message));
    }

    /// IAM in the account that `credentials` belong to. `attempts` learns how often each call is sent.
    pub fn iam_with(&self, credentials: Renewing, attempts: &Attempts) -> aws_sdk_iam::Client {
        let config = self
            .iam
            .clone()
            .credentials_provider(credentials.clone())
            .identity_cache(aws_sdk_iam::config::IdentityCache::no_cache())
            .retry_partition(own_retries("account"))
            .retry_classifier(Rules)
            .interceptor(credentials)
            .interceptor(self.network.clone())
            .interceptor(attempts.clone())
            .build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// Credentials of a session, which `fetch` renews.
    pub fn session(
        &self,
        first: Credentials,
        fetch: impl Fn() -> BoxFuture<'static, Result<Credentials, AwsFailure>> + Send + Sync + 'static,
    ) -> Renewing {
        Renewing::new(first, self.clock.clone(), fetch)
    }

    /// IAM in the caller's own account, with the base credentials.
    pub fn iam_of_caller(&self, attempts: &Attempts) -> aws_sdk_iam::Client {
        self.iam_with(self.base_credentials.clone(), attempts)
    }
}

/// Who the base credentials belong to, as STS says it there.
async fn who(sts: &StsRegion, attempts: Attempts, watch: Option<&Watch>) -> Result<Caller, ConnectError> {
    sts.limit().ready().await;
    let client = sts.client();
    // Nothing has begun that could wait for a service in a bad hour, and somebody sits in front of it.
    let most = client.config().retry_config().map_or(FIRST_CALL_ATTEMPTS, RetryConfig::max_attempts);
    let retries = RetryConfig::standard().with_max_attempts(most.min(FIRST_CALL_ATTEMPTS));
    let few = aws_sdk_sts::config::Builder::new().retry_config(retries);
    let call = client.get_caller_identity().customize().config_override(few).interceptor(attempts);
    let answer = call.send().await.map_err(|error| {
        let mut failure = AwsFailure::from_sdk("sts GetCallerIdentity", &error);
        // A try whose time is up does not say who was asked.
        if let (Class::TimedOut, Some(asked)) = (failure.class, watch.and_then(Watch::asked)) {
            failure.message = format!("no answer came in time from {asked}");
        }
        failure
    })?;
    (|| Some(Caller { account: answer.account()?.parse().ok()?, arn: answer.arn()?.parse().ok()? }))()
        .ok_or(ConnectError::NoCaller)
}

/// The same, asked in every region.
async fn who_in(regions: &[Region], sts: &Sts, watch: &Watch) -> Result<Caller, ConnectError> {
    let mut caller = None;
    for (region, sts) in regions.iter().zip(sts.all()) {
        let said = who(sts, Attempts::default(), Some(watch))
            .await
            .map_err(|error| ConnectError::StsRegion(region.clone(), Box::new(error)))?;
        caller.get_or_insert(said);
    }
    caller.ok_or(ConnectError::NoCaller)
}

/// The caller's credentials, got for the first time.
async fn login(prepared: &Prepared) -> Result<Renewing, LoginError> {
    let first = prepared.credentials().await?;
    let again = prepared.clone();
    Ok(Renewing::new(first, prepared.clock.clone(), move || Box::pin(again.clone().renewed())))
}

/// Retries that nothing else has a share in, and that time alone bounds.
fn own_retries(name: &'static str) -> RetryPartition {
    RetryPartition::custom(name).token_bucket(TokenBucket::unlimited()).build()
}
