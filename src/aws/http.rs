//! The one HTTP client, for everything that is asked: through the right proxy, with the right certificates, and each
//! failure told with the proxy that was in between.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;

use super::clock::AwsClock;
use super::failure::{chain, innermost};
use super::mistake::Mistake;
use super::proxy::{Proxies, Proxy};
use super::settings::{Endpoint, Service, Settings};
use super::trust::{Bundle, context};
use super::watch::Watch;

/// What an error says of the proxy in between.
pub(super) const THROUGH: &str = "through the proxy ";

/// What it says where the proxy wants another password, or one at all.
pub(super) const PROXY_PASSWORD: &str = "the proxy asks for a user and a password (407)";

/// Proxies and certificates.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub(super) proxies: Proxies,
    pub(super) bundle: Option<Bundle>,
    client: Client,
}

impl Network {
    /// What environment and profile say.
    ///
    /// # Errors
    /// A proxy that is none, a bundle that is none.
    pub(super) fn read(settings: &Settings, watch: Watch, clock: AwsClock) -> Result<Self, Mistake> {
        let proxies = Proxies::read(&settings.variables)?;
        let bundle = settings.ca_bundle().map(|(path, from)| Bundle::read(&path, &from)).transpose()?;
        let tls = context(bundle.as_ref())?;
        let https = proxies.https().map(|proxy| through(proxy, &tls, ProxyConfig::https)).transpose()?;
        let http = proxies.http().map(|proxy| through(proxy, &tls, ProxyConfig::http)).transpose()?;
        let direct = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https();
        let routes = Routes { direct, https, http };
        let client = Client { routes, proxies: Arc::new(proxies.clone()), redirects: None, watch, clock };
        Ok(Self { proxies, bundle, client })
    }

    /// For what the run asks.
    pub(super) fn for_services(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.client.clone())
    }

    /// For what gets credentials: the SDK's providers know nothing of the endpoints that options and profiles set.
    pub(super) fn for_logins(&self, settings: &Settings) -> Result<SharedHttpClient, Mistake> {
        let mut redirects = Vec::new();
        for service in [Service::Sso, Service::SsoOidc, Service::Signin, Service::Sts] {
            if let Some(Endpoint { url, from }) = settings.endpoint(service)? {
                let wrong = |_| Mistake::new(format!("{from}: `{url}` is not the URL of an endpoint"), "correct it");
                redirects.push((service, url.parse().map_err(wrong)?));
            }
        }
        Ok(SharedHttpClient::new(Client { redirects: Some(Arc::new(redirects)), ..self.client.clone() }))
    }
}

fn through(
    proxy: &Proxy,
    tls: &TlsContext,
    of: impl Fn(String) -> Result<ProxyConfig, aws_smithy_http_client::proxy::ProxyError>,
) -> Result<SharedHttpClient, Mistake> {
    let config = of(proxy.secret_url().to_owned())
        .map_err(|_| Mistake::new(format!("{} is not the URL of a proxy", proxy.variable), "correct it"))?;
    let tls = tls.clone();
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(config.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

/// One for each way out.
#[derive(Debug, Clone)]
struct Routes<C> {
    direct: C,
    https: Option<C>,
    http: Option<C>,
}

#[derive(Debug, Clone)]
struct Client {
    routes: Routes<SharedHttpClient>,
    proxies: Arc<Proxies>,
    redirects: Option<Arc<Vec<(Service, Uri)>>>,
    watch: Watch,
    clock: AwsClock,
}

/// Clients are not validated one by one: that would read all root certificates anew for each of them.
impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let of = |client: &SharedHttpClient| client.http_connector(settings, components);
        SharedHttpConnector::new(Route {
            routes: Routes {
                direct: of(&self.routes.direct),
                https: self.routes.https.as_ref().map(of),
                http: self.routes.http.as_ref().map(of),
            },
            proxies: self.proxies.clone(),
            redirects: self.redirects.clone(),
            watch: self.watch.clone(),
            clock: self.clock.clone(),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.routes.direct.connector_metadata()
    }
}

#[derive(Debug)]
struct Route {
    routes: Routes<SharedHttpConnector>,
    proxies: Arc<Proxies>,
    redirects: Option<Arc<Vec<(Service, Uri)>>>,
    watch: Watch,
    clock: AwsClock,
}

impl HttpConnector for Route {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let asked: Option<Uri> = request.uri().parse().ok();
        let redirected =
            asked.as_ref().and_then(|uri| self.redirects.as_ref()?.iter().find_map(|to| redirect(uri, to)));
        if let Some(uri) = &redirected {
            // Such a request is not signed for its host.
            let _ = request.set_uri(uri.clone());
        }
        let Some(uri) = redirected.or(asked) else { return self.routes.direct.call(request) };
        let proxy = self.proxies.to(&uri).cloned();
        let place = || match &proxy {
            None => shown(&uri),
            Some(proxy) => format!("{} {THROUGH}{proxy}", shown(&uri)),
        };
        self.watch.asks(place);
        let route = match (&proxy, uri.scheme_str()) {
            (None, _) => None,
            (Some(_), Some("https")) => self.routes.https.as_ref(),
            (Some(_), _) => self.routes.http.as_ref(),
        };
        let answer = route.unwrap_or(&self.routes.direct).call(request);
        let (watch, clock) = (self.watch.clone(), self.clock.clone());
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(response) if response.status().as_u16() == 407 && proxy.is_some() => {
                    Err(in_between(ConnectorError::other(PROXY_PASSWORD.into(), None), proxy.as_ref(), &uri))
                }
                Ok(response) => {
                    watch.answered();
                    clock.learn(&response);
                    Ok(response)
                }
                Err(error) => {
                    watch.failed(|| innermost(&error));
                    Err(in_between(error, proxy.as_ref(), &uri))
                }
            }
        })
    }
}

/// An error, with who was asked and through which proxy.
#[derive(Debug)]
struct Asked {
    place: String,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl Error for Asked {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

fn in_between(error: ConnectorError, proxy: Option<&Proxy>, uri: &Uri) -> ConnectorError {
    let words = chain(&error);
    // What a proxy refuses for want of a password, it refuses again.
    let password = words.contains("proxy authorization required") || words.contains(PROXY_PASSWORD);
    let place = match proxy {
        Some(proxy) => format!("{} {THROUGH}{proxy}", shown(uri)),
        None => shown(uri),
    };
    let (timeout, user, other, kind) = (error.is_timeout(), error.is_user(), error.is_other(), error.as_other());
    let source: Box<dyn Error + Send + Sync> = if password { PROXY_PASSWORD.into() } else { error.into_source() };
    let asked = Box::new(Asked { place, source });
    if password {
        ConnectorError::other(asked, None)
    } else if timeout {
        ConnectorError::timeout(asked)
    } else if user {
        ConnectorError::user(asked)
    } else if other {
        ConnectorError::other(asked, kind)
    } else {
        ConnectorError::io(asked)
    }
}

/// A URL without what is behind the host.
fn shown(uri: &Uri) -> String {
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    format!("{}://{}", uri.scheme_str().unwrap_or("https"), host.rsplit('@').next().unwrap_or_default())
}

/// Where a call of the SDK's providers goes instead, if it is one to this service of AWS's.
fn redirect(uri: &Uri, (service, to): &(Service, Uri)) -> Option<Uri> {
    let host = uri.host()?;
    if !host.contains(".amazonaws.") && !host.contains(".aws.amazon.") && !host.ends_with(".api.aws") {
        return None;
    }
    let of = |first: &str| host.split('.').any(|part| part == first || part == format!("{first}-fips"));
    let is_it = match service {
        Service::Sso => of("portal"),
        Service::SsoOidc => of("oidc"),
        Service::Signin => of("signin"),
        Service::Sts => of("sts"),
        Service::Iam | Service::Organizations => false,
    };
    if !is_it {
        return None;
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let below = to.path().trim_end_matches('/');
    format!("{}://{}{below}{path}", to.scheme_str()?, to.authority()?).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_for_credentials_go_where_an_endpoint_says() {
        let to = |service, uri: &str| {
            let endpoint: Uri = "http://127.0.0.1:4566/x/".parse().unwrap();
            redirect(&uri.parse().unwrap(), &(service, endpoint)).map(|uri| uri.to_string())
        };
        let portal = "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=R";
        let there = "http://127.0.0.1:4566/x/federation/credentials?role_name=R";
        assert_eq!(to(Service::Sso, portal).as_deref(), Some(there));
        assert_eq!(to(Service::SsoOidc, portal), None);
        assert!(to(Service::SsoOidc, "https://oidc.us-gov-west-1.amazonaws.com/token").is_some());
        assert!(to(Service::Sts, "https://sts-fips.us-east-1.amazonaws.com/").is_some());
        assert!(to(Service::Signin, "https://eu-west-1.signin.aws.amazon.com/v1/token").is_some());
        for own in ["http://169.254.170.2/credentials", "http://127.0.0.1:1/portal", "http://portal.example.com/"] {
            assert_eq!(to(Service::Sso, own), None, "{own}");
        }
    }

    #[test]
    fn an_error_names_who_was_asked_and_the_proxy_and_no_password() {
        let uri: Uri = "https://sts.eu-west-1.amazonaws.com/?x".parse().unwrap();
        let variables = [("HTTPS_PROXY", "http://me:secret@proxy:8080")];
        let proxies = Proxies::read(&variables[..].into()).unwrap();
        let words = |error| chain(&in_between(error, proxies.to(&uri), &uri));
        let refused = words(ConnectorError::io("refused".into()));
        let place = "https://sts.eu-west-1.amazonaws.com through the proxy http://me:***@proxy:8080 (HTTPS_PROXY)";
        assert_eq!(refused, format!("{place}: refused"));
        let tunnel = in_between(ConnectorError::io("proxy authorization required".into()), proxies.to(&uri), &uri);
        assert!(tunnel.is_other() && chain(&tunnel).ends_with(PROXY_PASSWORD), "{}", chain(&tunnel));
    }
}
