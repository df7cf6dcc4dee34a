//! Connections to upstreams: pooled, TLS by the system's certificates, http/1.1 or h2 as the upstream
//! likes, through `HTTPS_PROXY` where it is set, and never to an address that is not allowed.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower_service::Service;

use super::policy;
use super::tap::RequestTap;
use super::upstream_io::UpstreamIo;
use crate::config::{Config, is_loopback};
use crate::journal::ExchangeWriter;

/// An idle connection is kept so long: below what common load balancers allow.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// Probes that find out whether a silent peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// What an h2 upstream may send ahead, for one stream and for all of a connection. A client that does not
/// read fills its stream's window; the connection's is so large that it never stops the others.
const STREAM_WINDOW_BYTES: u32 = 512 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 512 * 1024 * 1024;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Dialled = MaybeHttpsStream<TokioIo<TcpStream>>;

tokio::task_local! {
    /// Whose request has to wait for a connection. hyper-util has no way of telling the connector.
    static WAITING: Arc<ExchangeWriter>;
}

/// The pool of connections to all upstreams.
#[derive(Debug, Clone)]
pub(super) struct Upstreams {
    client: Client<Connector, RequestTap>,
}

impl Upstreams {
    pub(super) fn new(config: &Config) -> Self {
        // Two crates of the tree can bring a provider; whoever is first decides for all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connector = Connector::new(config, Arc::new(tls_config()));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .http1_preserve_header_case(true)
            .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
            .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .http2_keep_alive_interval(KEEPALIVE)
            .build(connector);
        Self { client }
    }

    /// Sends a request. Nothing is retried once a byte of it was written. `writer` is flushed before dialling:
    /// otherwise the request's tap writes its head together with its first bytes.
    pub(super) async fn send(
        &self,
        request: http::Request<RequestTap>,
        writer: Arc<ExchangeWriter>,
    ) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
        WAITING.scope(writer, self.client.request(request)).await
    }
}

/// Trusts what the system trusts. A system without certificates still serves local models, and says why
/// it can reach nothing else.
fn tls_config() -> ClientConfig {
    let trusted = ClientConfig::builder().with_native_roots().unwrap_or_else(|error| {
        tracing::error!(%error, "no certificates on this system, so no https upstream can be trusted; on Debian: apt-get install ca-certificates");
        ClientConfig::builder().with_root_certificates(RootCertStore::empty())
    });
    let mut config = trusted.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// Dials upstreams: straight, or through the proxy that the environment names.
#[derive(Clone)]
struct Connector {
    direct: HttpsConnector<HttpConnector<PublicOnly>>,
    to_proxy: HttpConnector,
    environment: Arc<Matcher>,
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

impl Connector {
    fn new(config: &Config, tls: Arc<ClientConfig>) -> Self {
        let configured = config.upstreams.values().map(|upstream| upstream.host.clone()).collect();
        let direct =
            tuned(HttpConnector::new_with_resolver(PublicOnly { configured: Arc::new(configured) }), config);
        Self {
            direct: HttpsConnector::from((direct, Arc::clone(&tls))),
            to_proxy: tuned(HttpConnector::new(), config),
            environment: Arc::new(Matcher::from_env()),
            tls,
            timeout: config.connect_timeout,
        }
    }

    fn dial(&mut self, uri: Uri) -> Pin<Box<dyn Future<Output = Result<Dialled, BoxError>> + Send>> {
        let through = self.environment.intercept(&uri).filter(|_| uri.scheme_str() == Some("https"));
        match through {
            None => Box::pin(self.direct.call(uri)),
            Some(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone());
                if let Some(credentials) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                Box::pin(HttpsConnector::from((tunnel, Arc::clone(&self.tls))).call(uri))
            }
        }
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment's proxy may hold credentials.
        f.debug_struct("Connector").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

fn tuned<R>(mut connector: HttpConnector<R>, config: &Config) -> HttpConnector<R> {
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_connect_timeout(Some(config.connect_timeout));
    connector
}

impl Service<Uri> for Connector {
    type Response = UpstreamIo<Dialled>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    /// Name look-up, connect and TLS together get the connect timeout: a peer that accepts and then
    /// says nothing must not hold a client.
    fn call(&mut self, uri: Uri) -> Self::Future {
        let _ = WAITING.try_with(|writer| writer.flush());
        let timeout = self.timeout;
        let dialling = self.dial(uri);
        Box::pin(async move {
            match tokio::time::timeout(timeout, dialling).await {
                Ok(dialled) => Ok(UpstreamIo::new(dialled?)),
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

/// Looks names up, and drops addresses that a public upstream cannot have. Judged on the very
/// addresses that are dialled, so a name that is rebound later gains nothing.
#[derive(Debug, Clone)]
struct PublicOnly {
    /// Hosts that the configuration names: dialled wherever they are.
    configured: Arc<BTreeSet<String>>,
}

/// A name that has only addresses which are not allowed.
#[derive(Debug, thiserror::Error)]
#[error("the name resolves to an address that is not public")]
pub(super) struct NotPublic;

impl Service<Name> for PublicOnly {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let anywhere = is_loopback(name.as_str()) || self.configured.contains(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| anywhere || policy::is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, NotPublic));
            }
            Ok(allowed.into_iter())
        })
    }
}
