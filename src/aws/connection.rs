//! How AWS is reached: read from options, environment and profile, and put into the configuration that all clients share.

use std::sync::Arc;
use std::time::Duration;

use aws_config::imds::region::ImdsRegionProvider;
use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use super::clock::AwsClock;
use super::failure::{AwsFailure, Class};
use super::http::Network;
use super::login::{Login, LoginError, Means, Mfa};
use super::mistake::Mistake;
use super::settings::{Options, Service, Settings};
use super::watch::Watch;
use crate::ids::Region;

/// The region where none is configured: IAM and Organizations are global, and STS needs one.
const DEFAULT_REGION: &str = "us-east-1";

/// How long the instance may take to tell its region.
const INSTANCE: Duration = Duration::from_secs(5);

/// How long a call may take with all its tries; how long one try, [`super::attempts::Attempts`] says.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(90);

/// How often a call is sent at most in the sandbox.
const MAX_ATTEMPTS: u32 = 6;

/// How AWS is reached.
#[derive(Debug, Clone)]
pub enum Connection {
    /// As every AWS tool does: environment, profile, SSO, container, instance.
    Aws(Route),
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

/// What the command line says of the way to AWS, and who is told on the way.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// `--profile`, `--region` and `--endpoint-url`.
    pub options: Options,
    /// `--list-profile`: another profile for AWS Organizations.
    pub list_profile: Option<String>,
    /// Who is asked for codes.
    pub mfa: Mfa,
    /// Who is waited for.
    pub watch: Watch,
}

impl Route {
    /// The same for AWS Organizations, where that has a profile of its own.
    pub(super) fn of_list(&self) -> Option<Self> {
        let profile = Some(self.list_profile.clone()?);
        Some(Self { options: Options { profile, ..self.options.clone() }, list_profile: None, ..self.clone() })
    }
}

/// What has been read, before anybody is asked.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// HTTP client, region, retries, timeouts. No credentials, and no endpoints: each service has its own.
    pub(super) config: SdkConfig,
    pub(super) region: Region,
    pub(super) clock: AwsClock,
    pub(super) from: From,
}

/// Where the credentials come from.
#[derive(Debug, Clone)]
pub(super) enum From {
    /// The machine's configuration.
    Machine(Arc<Machine>),
    /// The sandbox.
    Given(Credentials),
}

#[derive(Debug)]
pub(super) struct Machine {
    route: Route,
    pub(super) settings: Settings,
    pub(super) network: Network,
    login: Login,
    /// For the calls that get credentials.
    for_logins: SdkConfig,
}

impl Prepared {
    /// Reads what there is to read.
    ///
    /// # Errors
    /// The first mistake in it.
    pub(super) async fn read(connection: Connection) -> Result<Self, Mistake> {
        let clock = AwsClock::default();
        let route = match connection {
            Connection::Aws(route) => route,
            Connection::Simulated { http, credentials, region } => {
                let config = config(http, &region, MAX_ATTEMPTS).build();
                return Ok(Self { config, region, clock, from: From::Given(credentials) });
            }
        };
        let settings = Settings::read(route.options.clone()).await?;
        let login = Login::find(&settings)?;
        let network = Network::read(&settings, route.watch.clone(), clock.clone())?;
        let region = match settings.region()? {
            Some(region) => region,
            None => unnamed_region(&login, &network).await.parse().map_err(|error: crate::ids::IdError| {
                Mistake::new(error.to_string(), "name a region with --region or AWS_REGION")
            })?,
        };
        let of = |http| {
            let mut config = config(http, &region, settings.max_attempts);
            config.set_use_fips(Some(settings.fips));
            config.set_use_dual_stack(Some(settings.dual_stack));
            config.build()
        };
        let (for_logins, config) = (of(network.for_logins(&settings)?), of(network.for_services()));
        let from = From::Machine(Arc::new(Machine { route, settings, network, login, for_logins }));
        Ok(Self { config, region, clock, from })
    }

    /// The URL that is asked in place of AWS's own.
    pub(super) fn endpoint(&self, service: Service) -> Option<String> {
        match &self.from {
            // A mistake in it was found when it was read.
            From::Machine(machine) => machine.settings.endpoint(service).ok().flatten().map(|endpoint| endpoint.url),
            From::Given(_) => None,
        }
    }

    /// What the login is, for people.
    pub(super) fn login(&self) -> String {
        match &self.from {
            From::Machine(machine) => machine.login.describe(),
            From::Given(_) => "the sandbox".to_owned(),
        }
    }

    /// Credentials that are good now. From the beginning each time: somebody may have logged in again since.
    ///
    /// # Errors
    /// What failed on the way to them.
    pub(super) async fn credentials(&self) -> Result<Credentials, LoginError> {
        let machine = match &self.from {
            From::Given(credentials) => return Ok(credentials.clone()),
            From::Machine(machine) => machine,
        };
        let settings = Settings::read(machine.route.options.clone()).await?;
        let means = Means {
            settings: &settings,
            config: &machine.for_logins,
            mfa: &machine.route.mfa,
            watch: &machine.route.watch,
        };
        Login::find(&settings)?.credentials(&means).await
    }

    /// The same for a call of AWS's, which fails with it.
    pub(super) async fn renewed(self) -> Result<Credentials, AwsFailure> {
        self.credentials().await.map_err(|error| {
            let told = format!("the credentials of {} could not be renewed: {}", self.login(), error.told);
            AwsFailure::ours("login", "NoCredentials", told, Class::Credentials)
        })
    }

    /// Who is waited for.
    pub(super) fn watch(&self) -> Watch {
        match &self.from {
            From::Machine(machine) => machine.route.watch.clone(),
            From::Given(_) => Watch::default(),
        }
    }
}

fn config(http: SharedHttpClient, region: &Region, attempts: u32) -> aws_types::sdk_config::Builder {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_timeout(OPERATION_TIMEOUT).build();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
        // It watches the throughput of long streams. Here every try has its time, and every body is a few kilobytes.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(timeouts)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .region(aws_types::region::Region::new(region.to_string()))
}

/// The region where nobody names one: the instance's own, or one of the partition that the profile speaks of.
async fn unnamed_region(login: &Login, network: &Network) -> String {
    if login.is_of_instance() {
        let config =
            aws_config::provider_config::ProviderConfig::without_region().with_http_client(network.for_services());
        let provider = ImdsRegionProvider::builder().configure(&config).build();
        if let Ok(Some(region)) = tokio::time::timeout(INSTANCE, provider.region()).await {
            return region.to_string();
        }
    }
    login.region_elsewhere().unwrap_or(DEFAULT_REGION).to_owned()
}
