//! The SDK's own clients on the sandbox's server: what an administrator does by hand, and not through rolecall.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::harness::Server;

/// The administrator of the organization.
pub(crate) struct Admin {
    config: SdkConfig,
    pub(crate) management: String,
}

impl Admin {
    pub(crate) async fn of(server: &Server) -> Self {
        let value = |name: &str| server.environment.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let keys =
            Credentials::new(value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), None, None, "environment");
        let config = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new(value("AWS_REGION")))
            .endpoint_url(value("AWS_ENDPOINT_URL"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        let me = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
        Self { config, management: me.account.unwrap() }
    }

    /// The id of the organization's root.
    pub(crate) async fn root(&self) -> String {
        let roots = aws_sdk_organizations::Client::new(&self.config).list_roots().send().await.unwrap();
        roots.roots()[0].id().unwrap().to_owned()
    }

    /// IAM of the management account.
    pub(crate) fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.config)
    }

    /// IAM of a member account, through the role that Organizations makes there.
    pub(crate) async fn iam_in(&self, account: &str) -> aws_sdk_iam::Client {
        let keys = self.session(&format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole")).await;
        let config = aws_sdk_iam::config::Builder::from(&self.config).credentials_provider(keys).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// A session of a role, as it stands in the environment.
    pub(crate) async fn environment_of(&self, role: &str) -> Vec<(String, String)> {
        let keys = self.session(role).await;
        vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), keys.access_key_id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), keys.secret_access_key().to_owned()),
            ("AWS_SESSION_TOKEN".to_owned(), keys.session_token().unwrap().to_owned()),
        ]
    }

    async fn session(&self, role: &str) -> Credentials {
        let sts = aws_sdk_sts::Client::new(&self.config);
        let given = sts.assume_role().role_arn(role).role_session_name("admin").send().await.unwrap();
        let given = given.credentials.unwrap();
        Credentials::new(given.access_key_id, given.secret_access_key, Some(given.session_token), None, "session")
    }
}
