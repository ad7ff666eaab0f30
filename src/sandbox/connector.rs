//! A world as the SDK's own HTTP client: the clients do all they do, and no byte leaves the process.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::serve::Delivery;
use super::wire::{Answer, Incoming};
use super::world::World;

/// An HTTP client for SDK configurations, behind which a world stands. Clones are the same world.
#[derive(Debug, Clone)]
pub struct SandboxHttpClient(World);

impl SandboxHttpClient {
    /// The client of `world`.
    pub fn new(world: World) -> Self {
        Self(world)
    }

    /// The same, in the form that configurations take.
    pub fn shared(world: World) -> SharedHttpClient {
        SharedHttpClient::new(Self(world))
    }
}

impl HttpClient for SandboxHttpClient {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for SandboxHttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = self.0.clone();
        HttpConnectorFuture::new(async move {
            let headers = request.headers();
            let incoming = Incoming {
                authorization: headers.get("authorization"),
                session_token: headers.get("x-amz-security-token"),
                target: headers.get("x-amz-target"),
                // The three services send nothing that is not in memory.
                body: request.body().bytes().unwrap_or_default(),
            };
            match world.serve(&incoming).await {
                Delivery::Answer(answer) => response(answer),
                Delivery::Reset => Err(ConnectorError::io("the connection was reset".into())),
                Delivery::Silence => std::future::pending().await,
            }
        })
    }
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(answer.status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    response.headers_mut().insert("content-type", answer.content_type);
    response.headers_mut().insert("x-amzn-requestid", answer.request_id);
    Ok(response)
}
