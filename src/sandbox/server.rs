//! A world on a loopback port, for any AWS client: HTTP/1.1, one endpoint for all three services.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming as RequestBody;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::serve::Delivery;
use super::wire::{Answer, Incoming};
use super::world::World;

/// More than any request of the three services can be: a policy document is 131,072 characters at most, and grows to
/// three times that when it is encoded.
const BODY_LIMIT: usize = 1024 * 1024;

/// A connection that is to be broken rather than answered.
#[derive(Debug, thiserror::Error)]
#[error("the connection is broken on purpose")]
struct Broken;

/// A world, listening.
#[derive(Debug)]
pub struct SandboxServer {
    world: World,
    listener: TcpListener,
}

impl SandboxServer {
    /// Listens on `127.0.0.1:port`, and on no other address; port 0 is any free one.
    ///
    /// # Errors
    /// What the system says, mostly that the port is taken.
    pub async fn bind(world: World, port: u16) -> io::Result<Self> {
        Ok(Self { world, listener: TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await? })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    ///
    /// # Errors
    /// What the system says.
    pub fn endpoint(&self) -> io::Result<String> {
        Ok(format!("http://{}", self.address()?))
    }

    /// Answers until `stop`; then takes no more connections, and returns when the requests in flight are answered.
    /// Requests that would never be answered do not hold it up.
    ///
    /// # Errors
    /// None of a single connection's: those end that connection.
    pub async fn run(self, stop: CancellationToken) -> io::Result<()> {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        self.world.0.log.connected();
                        connections.spawn(converse(self.world.clone(), stream, stop.clone()));
                    }
                    // Out of file descriptors, or a client that was gone before it was accepted.
                    Err(_) => tokio::task::yield_now().await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        while connections.join_next().await.is_some() {}
        Ok(())
    }
}

async fn converse(world: World, stream: TcpStream, stop: CancellationToken) {
    // Small answers must not wait for more to send.
    let _ = stream.set_nodelay(true);
    let stopped = stop.clone();
    let service = service_fn(move |request| {
        let (world, stop) = (world.clone(), stopped.clone());
        async move { answer(&world, request, &stop).await }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A connection's end, good or bad, is nobody else's business.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn answer(
    world: &World,
    request: Request<RequestBody>,
    stop: &CancellationToken,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
        let mut refused = Response::new(Full::new(Bytes::from_static(b"the request is too large")));
        *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(refused);
    };
    let body = body.to_bytes();
    let incoming = Incoming {
        authorization: header(&head.headers, "authorization"),
        session_token: header(&head.headers, "x-amz-security-token"),
        target: header(&head.headers, "x-amz-target"),
        body: &body,
    };
    match world.serve(&incoming).await {
        Delivery::Answer(answer) => Ok(response(answer)),
        Delivery::Reset => Err(Broken),
        Delivery::Silence => {
            stop.cancelled().await;
            Err(Broken)
        }
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Ok(id) = HeaderValue::from_str(&answer.request_id) {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), id);
    }
    response
}
