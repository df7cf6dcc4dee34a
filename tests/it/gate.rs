//! Who may ask, and where the proxy goes: TRUST's security cases over real sockets. Nothing that is
//! refused reaches an upstream, and nothing that the gate turns away is logged.
//!
//! No test tries an address beyond loopback: the proxies run behind `Trap`, a company proxy of the
//! test's own that takes every https connection they would make.

mod callers;
mod listening;
mod passing;
mod upstreams;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::harness::{Options, Proxy};
use crate::support::raw::{Connection, Listener, Request, Response};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A proxy, the one upstream that its requests may reach, and the trap for all others.
struct Gate {
    proxy: Proxy,
    upstream: Listener,
    trap: Listener,
}

impl Gate {
    async fn start() -> Self {
        Self::with("").await
    }

    /// With more lines of configuration before the table of upstreams.
    async fn with(config: &str) -> Self {
        let (upstream, trap) = (Listener::bind().await, Listener::bind().await);
        let config = format!("{config}\n[upstreams]\n\"api.anthropic.com\" = \"http://{}\"\n", upstream.addr);
        let env = vec![("HTTPS_PROXY".to_owned(), format!("http://{}", trap.addr))];
        let proxy = Proxy::start(Options { config, env, ..Options::default() }).await;
        Self { proxy, upstream, trap }
    }

    fn addr(&self) -> SocketAddr {
        self.proxy.addr()
    }

    /// Sends `request` as it stands, on a connection of its own, and reads what comes back.
    async fn send(&self, request: &str) -> Response {
        let mut client = Connection::open(self.addr()).await;
        client.send(request).await;
        let method = request.split(' ').next().unwrap_or_default();
        let response = client.response(method.as_bytes()).await;
        response.unwrap_or_else(|broken| panic!("no answer ({broken:?}) to {}", request.escape_debug()))
    }

    /// A request that would be forwarded, but for `fields`.
    async fn send_with(&self, method: &str, fields: &str) -> Response {
        let host = self.addr();
        self.send(&format!("{method} /anthropic/v1/models HTTP/1.1\r\nhost: {host}\r\n{fields}\r\n")).await
    }

    /// A plain request for a target.
    async fn get(&self, target: &str) -> Response {
        self.send(&format!("GET {target} HTTP/1.1\r\nhost: {}\r\n\r\n", self.addr())).await
    }

    /// Sends a request that must be forwarded, answers it, and returns what the upstream saw.
    async fn forwarded(&self, request: &str) -> Request {
        let mut client = Connection::open(self.addr()).await;
        client.send(request).await;
        let mut server = self.upstream.accept().await;
        let seen = server.request().await.expect("a whole request");
        server.send(OK.replace("content-length", "connection: close\r\ncontent-length")).await;
        let response = client.response(b"GET").await.expect("an answer");
        assert_eq!(response.head.status(), Some(200), "{request}");
        assert!(access_control(&response).is_none(), "{:?}", response.head);
        seen
    }

    /// Nothing went anywhere.
    async fn assert_untouched(&self) {
        assert!(!self.upstream.is_called_within(Duration::ZERO).await, "something was forwarded");
        assert!(!self.trap.is_called_within(Duration::ZERO).await, "something was on its way out");
    }

    /// One forwarded request is all that the log then knows of.
    async fn assert_nothing_logged(&self) {
        let host = self.addr();
        self.forwarded(&format!("GET /anthropic/v1/the-only-one HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
        let lines =
            self.proxy.await_log("response", |lines| of_type(lines, "response").next().is_some()).await;
        let paths: Vec<_> = of_type(&lines, "request").map(|line| line["path"].as_str()).collect();
        assert_eq!(paths, [Some("/v1/the-only-one")]);
        assert_eq!(of_type(&lines, "response").count(), 1, "{lines:#?}");
    }
}

fn of_type<'a>(lines: &'a [Value], name: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["type"] == name)
}

/// The first field with which a page would be let in.
fn access_control(response: &Response) -> Option<String> {
    let names =
        response.head.fields.iter().map(|(name, _)| String::from_utf8_lossy(name).to_ascii_lowercase());
    names.into_iter().find(|name| name.starts_with("access-control-"))
}

/// An error of the proxy's own: JSON with a message, and nothing for a page to read.
#[track_caller]
fn assert_refused(response: &Response, statuses: &[u16], what: &str) {
    let status = response.head.status().expect("a status");
    let body = response.body.bytes.escape_ascii();
    assert!(statuses.contains(&status), "{what}: {status} instead of {statuses:?}; {body}");
    assert_eq!(response.head.value("content-type"), Some("application/json"), "{what}");
    let json: Value =
        serde_json::from_slice(&response.body.bytes).unwrap_or_else(|_| panic!("{what}: {body}"));
    assert!(json["error"]["message"].is_string(), "{what}: {json}");
    assert!(access_control(response).is_none(), "{what}: {:?}", response.head);
}

fn write_file(path: &Path, text: &str) {
    let file = std::fs::File::create(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("the private home is writable");
}
