//! The HTTP client of the accounts' clients: the one that all share, not looked over again for each of them.

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// An HTTP client that another service's client has validated. The SDK lets each new client do that again, which reads all
/// root certificates anew: a client for each account would spend most of its time on them.
#[derive(Debug)]
pub(super) struct Validated(pub(super) SharedHttpClient);

impl HttpClient for Validated {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
