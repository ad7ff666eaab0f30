//! The SDK's clients: one HTTP client and one configuration for all, one retry budget for each account.
//!
//! What the SDK shares by default it would share across accounts too (its retry quota is one per process, its identity
//! cache holds 64 entries), so that one account's throttles could stop another's retries. Here each account's session
//! has a retry partition and fixed credentials of its own, and only the HTTP client is shared.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::tls;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

pub use super::attempts::Attempts;
use super::credentials::Renewing;
use super::failure::AwsFailure;
use super::http::Validated;
use super::limiter::RateLimiter;
use super::network::Network;
use super::pace::{Api, Gauge, Pace};
use super::permission::Answers;
use super::retry::Rules;
use super::sts::Sts;
pub use super::sts::{StsPace, StsRegion};
use crate::ids::{AccountId, Arn, Partition, Region};

/// How AWS is reached.
#[derive(Debug, Clone)]
pub enum Connection {
    /// As every AWS tool does: environment, profile, SSO, container, instance.
    Aws {
        /// `--profile`
        profile: Option<String>,
        /// `--region`
        region: Option<Region>,
        /// `--endpoint-url`
        endpoint_url: Option<String>,
    },
    /// A simulated AWS behind the SDK's own HTTP client; nothing of this machine's AWS configuration is read.
    Simulated {
        /// What answers.
        http: SharedHttpClient,
        /// Who asks.
        credentials: Credentials,
        /// The region.
        region: Region,
    },
}

/// Why no connection could be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There are no credentials, or they are of no use; AWS was not asked.
    #[error("no usable AWS credentials: {}", in_one_line(.0))]
    Credentials(CredentialsError),
    /// The profile is not there, or has no credentials, and nothing else has any.
    #[error("no usable AWS credentials: the profile `{0}` is not there, or has none")]
    Profile(String),
    /// The endpoint is no URL that can be asked; AWS was not.
    #[error("`{0}` is not the URL of an endpoint")]
    Endpoint(String),
    /// The configured region is not one.
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
    sts: Sts,
    organizations: aws_sdk_organizations::Client,
    organizations_limit: Arc<RateLimiter>,
    pace: Arc<Pace>,
    network: Network,
    /// What every account's client is built from: the HTTP client, timeouts and endpoint, but no credentials.
    iam: aws_sdk_iam::config::Builder,
    base_credentials: Renewing,
    login_over: OnceLock<String>,
    answers: Answers,
}

/// The region where none is configured: IAM and Organizations are global, and STS needs one.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// Calls per second that Organizations is asked at most: one after the other, that is as many as answers of 50 ms allow. Its
/// quotas are not published; where it throttles, the pace goes down.
const ORGANIZATIONS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// Where the SDK looks for endpoints. What is no URL there would show itself only as a request that fails.
const ENDPOINT_VARIABLES: [&str; 4] =
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_ORGANIZATIONS"];

/// How long a call may take with all its tries, where [`Attempts`] does not say.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(90);

/// How long a call to Organizations may take with all its tries: a whole run waits for it.
const ORGANIZATIONS_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a lost network is asked for in one go.
const PROBE_TIMEOUT: Duration = Duration::from_secs(4);

/// How often a call is sent at most. What bounds it is time ([`Attempts`]), so that a service in a bad hour is waited for; the
/// SDK's backoff, with full jitter and up to 20 s, keeps it polite.
const MAX_ATTEMPTS: u32 = 1000;

impl Clients {
    /// Builds the clients and asks STS who the caller is, in each region in which it is to be asked.
    ///
    /// # Errors
    /// [`ConnectError`]; only its `Caller` and `NoCaller` mean that AWS was asked.
    pub async fn connect(connection: Connection, sts_pace: impl Into<StsPace>) -> Result<Self, ConnectError> {
        let StsPace { per_second, regions } = sts_pace.into();
        let profile = connection.profile();
        let config = load(connection.clone()).await?;
        let region: Region = config.region().map_or(DEFAULT_REGION, |region| region.as_ref()).parse()?;
        let (_, first) = find_credentials(&config, profile).await?;
        let base_credentials = Renewing::new(first, move || {
            let connection = connection.clone();
            // From the beginning: a provider keeps what it has read, and somebody may have logged in again since.
            Box::pin(async move { find_again(connection).await.map_err(CredentialsError::provider_error) })
        });
        let sts_limits: Vec<_> =
            (0..regions.len().max(1)).map(|_| Arc::new(RateLimiter::per_second(per_second))).collect();
        let organizations_limit = Arc::new(RateLimiter::per_second(ORGANIZATIONS_PER_SECOND));
        let pace = Arc::new(Pace::new(sts_limits.clone(), organizations_limit.clone()));
        let network = Network::default();
        let sts = aws_sdk_sts::config::Builder::from(&config)
            .retry_partition(own_retries("sts"))
            .retry_classifier(Rules)
            .identity_cache(aws_sdk_sts::config::IdentityCache::no_cache())
            .credentials_provider(base_credentials.clone())
            .interceptor(base_credentials.clone())
            .interceptor(network.clone())
            .interceptor(Gauge { api: Api::Sts, pace: pace.clone() });
        let sts = Sts::of(sts, &regions, sts_limits).ok_or(ConnectError::NoCaller)?;
        let organizations = aws_sdk_organizations::Client::from_conf(
            aws_sdk_organizations::config::Builder::from(&config)
                .retry_partition(own_retries("organizations"))
                .retry_classifier(Rules)
                .identity_cache(aws_sdk_organizations::config::IdentityCache::no_cache())
                .credentials_provider(base_credentials.clone())
                .interceptor(base_credentials.clone())
                .interceptor(network.clone())
                .interceptor(Gauge { api: Api::Organizations, pace: pace.clone() })
                .interceptor(Attempts::patient(ORGANIZATIONS_TIMEOUT))
                .build(),
        );
        let mut iam = aws_sdk_iam::config::Builder::from(&config);
        if let Some(http) = config.http_client() {
            iam.set_http_client(Some(SharedHttpClient::new(Validated(http))));
        }
        let caller = match regions.is_empty() {
            true => who(sts.first(), Attempts::default()).await?,
            // One that is not enabled is found here rather than account by account.
            false => who_in(&regions, &sts).await?,
        };
        Ok(Self {
            caller,
            region,
            sts,
            organizations,
            organizations_limit,
            pace,
            network,
            iam,
            base_credentials,
            login_over: OnceLock::new(),
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
        who(self.sts(), Attempts::patient(PROBE_TIMEOUT)).await
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

    /// IAM in the caller's own account, with the base credentials.
    pub fn iam_of_caller(&self, attempts: &Attempts) -> aws_sdk_iam::Client {
        self.iam_with(self.base_credentials.clone(), attempts)
    }
}

/// Who the base credentials belong to, as STS says it there.
async fn who(sts: &StsRegion, attempts: Attempts) -> Result<Caller, ConnectError> {
    sts.limit().ready().await;
    let call = sts.client().get_caller_identity().customize().interceptor(attempts);
    let answer = call.send().await.map_err(|error| AwsFailure::from_sdk("sts GetCallerIdentity", &error))?;
    (|| Some(Caller { account: answer.account()?.parse().ok()?, arn: answer.arn()?.parse().ok()? }))()
        .ok_or(ConnectError::NoCaller)
}

/// The same, asked in every region.
async fn who_in(regions: &[Region], sts: &Sts) -> Result<Caller, ConnectError> {
    let mut caller = None;
    for (region, sts) in regions.iter().zip(sts.all()) {
        let said = who(sts, Attempts::default())
            .await
            .map_err(|error| ConnectError::StsRegion(region.clone(), Box::new(error)))?;
        caller.get_or_insert(said);
    }
    caller.ok_or(ConnectError::NoCaller)
}

/// The credentials that there are now.
async fn find_again(connection: Connection) -> Result<Credentials, ConnectError> {
    let profile = connection.profile();
    Ok(find_credentials(&load(connection).await?, profile).await?.1)
}

/// Whether requests can be sent there.
pub fn is_endpoint(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
}

/// What became of the search for credentials, without the list of every place where there were none.
fn in_one_line(error: &CredentialsError) -> String {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            "there are none in the environment, a profile, SSO, a container or an instance".to_owned()
        }
        error => {
            let words = super::failure::chain(error);
            let lines: Vec<&str> = words.lines().map(str::trim).collect();
            lines.join(" ")
        }
    }
}

/// Retries that nothing else has a share in, and that time alone bounds.
fn own_retries(name: &'static str) -> RetryPartition {
    RetryPartition::custom(name).token_bucket(TokenBucket::unlimited()).build()
}

impl Connection {
    /// The profile that is asked for, by option or environment.
    pub(super) fn profile(&self) -> Option<String> {
        match self {
            Self::Aws { profile, .. } => profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok()),
            Self::Simulated { .. } => None,
        }
    }
}

/// What provides credentials, and what it provides now.
pub(super) async fn find_credentials(
    config: &SdkConfig,
    profile: Option<String>,
) -> Result<(SharedCredentialsProvider, Credentials), ConnectError> {
    let provider = config.credentials_provider().ok_or_else(|| {
        ConnectError::Credentials(CredentialsError::not_loaded("no provider of credentials is configured"))
    })?;
    let found = provider.provide_credentials().await.map_err(|error| match (error, profile) {
        (CredentialsError::CredentialsNotLoaded(_), Some(profile)) => ConnectError::Profile(profile),
        (error, _) => ConnectError::Credentials(error),
    })?;
    Ok((provider, found))
}

/// The configuration that every client shares.
pub(super) async fn load(connection: Connection) -> Result<SdkConfig, ConnectError> {
    let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_timeout(OPERATION_TIMEOUT).build();
    // It watches the throughput of long streams. Here every try has its time, and every body is a few kilobytes.
    let stalls = StalledStreamProtectionConfig::disabled();
    match connection {
        Connection::Aws { profile, region, endpoint_url } => {
            let from_environment = ENDPOINT_VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
            if let Some(url) = endpoint_url.iter().cloned().chain(from_environment).find(|url| !is_endpoint(url)) {
                return Err(ConnectError::Endpoint(url));
            }
            let http = aws_smithy_http_client::Builder::new()
                .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
                .build_https();
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(http)
                .retry_config(retries)
                .stalled_stream_protection(stalls)
                .timeout_config(timeouts);
            if let Some(profile) = profile {
                loader = loader.profile_name(profile);
            }
            if let Some(region) = region {
                loader = loader.region(aws_config::Region::new(region.to_string()));
            }
            if let Some(url) = endpoint_url {
                loader = loader.endpoint_url(url);
            }
            let config = loader.load().await;
            Ok(match config.region() {
                Some(_) => config,
                None => config.into_builder().region(aws_config::Region::new(DEFAULT_REGION)).build(),
            })
        }
        Connection::Simulated { http, credentials, region } => Ok(SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(retries)
            .stalled_stream_protection(stalls)
            .timeout_config(timeouts)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(aws_config::Region::new(region.to_string()))
            .build()),
    }
}
