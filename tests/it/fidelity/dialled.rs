//! How the proxy reaches its upstreams: TLS and HTTP/2, kept connections, a company's proxy, time
//! limits, and answers that try to lead elsewhere.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version};
use http_body_util::{BodyExt, Collected};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::harness::{Options, Proxy};
use crate::support::raw::{Connection, Listener};

use super::Pair;

/// What the TLS upstream saw of one request.
#[derive(Debug)]
struct Seen {
    version: Version,
    target: String,
    authority: Option<String>,
    headers: HeaderMap,
    body: Collected<Bytes>,
}

/// `over tls` and a trailer, of a length that is not known before.
struct OverTls {
    left: u8,
}

impl http_body::Body for OverTls {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = match self.left {
            2 => Frame::data(Bytes::from_static(b"over tls")),
            1 => Frame::trailers(HeaderMap::from_iter([(
                HeaderName::from_static("x-sum"),
                HeaderValue::from_static("7"),
            )])),
            _ => return Poll::Ready(None),
        };
        self.left -= 1;
        Poll::Ready(Some(Ok(frame)))
    }
}

/// A certificate for `host` that signs itself, and the folder that holds it for `SSL_CERT_FILE`.
struct Certificate {
    folder: TempDir,
    acceptor: TlsAcceptor,
}

impl Certificate {
    fn for_host(host: &str, protocols: &[&[u8]]) -> Self {
        let made = rcgen::generate_simple_self_signed([host.to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary directory");
        let mut file = std::fs::File::create(folder.path().join("ca.pem")).expect("the folder is ours");
        file.write_all(made.cert.pem().as_bytes()).expect("the folder is ours");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config
            .expect("ring knows the versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a key that fits");
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Self { folder, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    /// `SSL_CERT_FILE`, so that the proxy trusts it.
    fn env(&self) -> (String, String) {
        let path = self.folder.path().join("ca.pem");
        ("SSL_CERT_FILE".to_owned(), path.to_str().expect("a plain path").to_owned())
    }
}

/// Speaks TLS on a socket, serves HTTP/2 or 1.1 as agreed, and tells what it saw.
async fn serve_tls(socket: TcpStream, acceptor: TlsAcceptor, seen: mpsc::UnboundedSender<Seen>) {
    let Ok(stream) = acceptor.accept(socket).await else { return };
    let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request| answer(request, seen.clone()));
    let io = TokioIo::new(stream);
    let served = if is_h2 {
        hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
    } else {
        hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
    };
    // The test ends while the connection is kept.
    let _ended = served;
}

async fn answer(
    request: Request<Incoming>,
    seen: mpsc::UnboundedSender<Seen>,
) -> Result<Response<OverTls>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?;
    let target = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let authority = head.uri.authority().map(ToString::to_string);
    let told = seen.send(Seen { version: head.version, target, authority, headers: head.headers, body });
    told.expect("the test still listens");
    let response =
        Response::builder().header("x-request-id", "r1").header("trailer", "x-sum").body(OverTls { left: 2 });
    Ok(response.expect("a plain response"))
}

#[tokio::test]
async fn an_upstream_over_tls_is_spoken_to_in_http_2() {
    let certificate = Certificate::for_host("localhost", &[b"h2", b"http/1.1"]);
    let upstream = Listener::bind().await;
    let config =
        format!("[upstreams]\n\"api.anthropic.com\" = \"https://localhost:{}\"\n", upstream.addr.port());
    let proxy = Proxy::start(Options { config, env: vec![certificate.env()], ..Options::default() }).await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    let acceptor = certificate.acceptor.clone();
    tasks.spawn(async move {
        let socket = upstream.accept_socket().await;
        serve_tls(socket, acceptor, sender).await;
    });
    let mut client = Connection::open(proxy.addr()).await;
    let head = format!(
        "POST /anthropic/api.anthropic.com/v1/a%2Fb/..?x=%20' HTTP/1.1\r\nhost: {}\r\n\
         te: trailers\r\nconnection: te, x-hop\r\nx-hop: 1\r\nX-Api-Key: k\r\ncontent-length: 5\r\n\r\nhello",
        proxy.addr()
    );
    client.send(head).await;
    let response = client.response(b"POST").await.expect("an answer");
    assert_eq!(
        response.head.status(),
        Some(200),
        "{:?}: {}",
        response.head,
        response.body.bytes.escape_ascii()
    );
    assert_eq!(response.body.bytes, b"over tls");
    assert_eq!(response.body.trailers, [(b"x-sum".to_vec(), b"7".to_vec())]);
    assert_eq!(response.head.value("x-request-id"), Some("r1"));
    let request = seen.recv().await.expect("a request");
    assert_eq!(request.version, Version::HTTP_2);
    assert_eq!(request.target, "/v1/a%2Fb/..?x=%20'");
    assert!(request.authority.is_some_and(|authority| authority.starts_with("localhost")));
    assert_eq!(request.headers.get("x-api-key").map(HeaderValue::as_bytes), Some(b"k".as_slice()));
    assert!(!request.headers.contains_key("x-hop") && !request.headers.contains_key("connection"));
    assert_eq!(request.body.to_bytes(), "hello");
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_a_502() {
    let trusted = Certificate::for_host("localhost", &[b"http/1.1"]);
    let other = Certificate::for_host("localhost", &[b"http/1.1"]);
    let upstream = Listener::bind().await;
    let config =
        format!("[upstreams]\n\"api.anthropic.com\" = \"https://localhost:{}\"\n", upstream.addr.port());
    let proxy = Proxy::start(Options { config, env: vec![trusted.env()], ..Options::default() }).await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    tasks.spawn(
        async move { serve_tls(upstream.accept_socket().await, other.acceptor.clone(), sender).await },
    );
    let response = get(proxy.addr(), "/anthropic/api.anthropic.com/v1/models").await;
    assert_eq!(response.head.status(), Some(502), "{:?}", response.head);
    assert!(seen.recv().await.is_none(), "a request went over an untrusted connection");
}

async fn get(proxy: SocketAddr, target: &str) -> crate::support::raw::Response {
    let mut client = Connection::open(proxy).await;
    client.send(format!("GET {target} HTTP/1.1\r\nhost: {proxy}\r\n\r\n")).await;
    client.response(b"GET").await.expect("an answer")
}

#[tokio::test]
async fn an_upstream_connection_is_used_again() {
    let pair = Pair::start().await;
    let mut tasks = JoinSet::new();
    let get = pair.get("/v1/models");
    let Pair { proxy, upstream } = pair;
    tasks.spawn(async move {
        let mut server = upstream.accept().await;
        for number in 0..20 {
            server.request().await.expect("all requests come over the one connection");
            server.send(format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{number:02}")).await;
        }
    });
    for number in 0..20 {
        let mut client = Connection::open(proxy.addr()).await;
        client.send(&get).await;
        let response = client.response(b"GET").await.expect("an answer");
        assert_eq!(response.body.bytes, format!("{number:02}").as_bytes());
    }
}

/// The name is resolved by the company's proxy; nothing of it is looked up here.
#[tokio::test]
async fn w25_https_proxy_is_honoured() {
    let certificate = Certificate::for_host("api.anthropic.com", &[b"http/1.1"]);
    let company = Listener::bind().await;
    let env = vec![certificate.env(), ("HTTPS_PROXY".to_owned(), format!("http://{}", company.addr))];
    let proxy = Proxy::start(Options { env, ..Options::default() }).await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    let acceptor = certificate.acceptor.clone();
    tasks.spawn(async move {
        let mut socket = company.accept_socket().await;
        assert_eq!(connect_line(&mut socket).await, "CONNECT api.anthropic.com:443 HTTP/1.1");
        serve_tls(socket, acceptor, sender).await;
    });
    let response = get(proxy.addr(), "/anthropic/api.anthropic.com/v1/models").await;
    assert_eq!(
        response.head.status(),
        Some(200),
        "{:?}: {}",
        response.head,
        response.body.bytes.escape_ascii()
    );
    assert_eq!(response.body.bytes, b"over tls");
    assert_eq!(seen.recv().await.expect("a request").target, "/v1/models");
}

/// Reads a CONNECT byte by byte, so that nothing of the tunnel is read ahead, and accepts it.
async fn connect_line(socket: &mut TcpStream) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.expect("a whole head"));
    }
    socket.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.expect("the client waits");
    String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned()
}

/// A listener whose queue is full answers no more: to the proxy the upstream is silent.
#[tokio::test]
async fn w25_a_silent_upstream_is_given_up_after_the_connect_timeout() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(1).expect("a listener");
    let addr = listener.local_addr().expect("an address");
    let mut waiting = Vec::new();
    while let Ok(connected) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(addr)).await
    {
        waiting.push(connected.expect("the queue is not full yet"));
    }
    let config = "connect_timeout_seconds = 1\n".to_owned();
    let proxy = Proxy::start(Options { config, ..Options::default() }).await;
    let begun = Instant::now();
    let response = get(proxy.addr(), &format!("/anthropic/{addr}/v1/models")).await;
    assert!(matches!(response.head.status(), Some(502 | 504)), "{:?}", response.head);
    assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
}

#[tokio::test]
async fn w23_s12_redirects_are_passed_on_and_never_followed() {
    let pair = Pair::start().await;
    let elsewhere = Listener::bind().await;
    let mut client = pair.client().await;
    client.send(pair.get("/")).await;
    let mut server = pair.upstream.accept().await;
    server.request().await.expect("a request");
    server.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    client.response(b"GET").await.expect("an answer");
    for status in [301, 302, 303, 307, 308] {
        client
            .send(pair.start_of("POST", "/v1/messages") + "x-api-key: k\r\ncontent-length: 4\r\n\r\nbody")
            .await;
        server.request().await.expect("a request");
        let location = format!("http://{}/v1/messages?key=1", elsewhere.addr);
        server
            .send(format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 3\r\n\r\nsee"))
            .await;
        let response = client.response(b"POST").await.expect("an answer");
        assert_eq!((response.head.status(), response.head.reason()), (Some(status), b"Moved".as_slice()));
        assert_eq!(response.head.value("location"), Some(location.as_str()));
        assert_eq!(response.body.bytes, b"see");
    }
    assert!(!elsewhere.is_called_within(Duration::ZERO).await, "the proxy followed a redirect");
}

#[tokio::test]
async fn w24_an_upgrade_is_refused_with_426() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    let fields = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                  sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.send(pair.start_of("GET", "/v1/realtime") + fields).await;
    let response = client.response(b"GET").await.expect("an answer");
    assert_eq!(response.head.status(), Some(426), "{:?}", response.head);
    assert_eq!(response.head.value("content-type"), Some("application/json"));
    assert!(!pair.upstream.is_called_within(Duration::ZERO).await, "the upgrade was sent on");
}
