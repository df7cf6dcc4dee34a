//! What passes through is what was sent. Generated exchanges (`property`) and named cases, over real
//! sockets on both sides.

mod compare;
mod cuts;
mod dialled;
mod exchange;
mod generate;
mod memory;
mod property;
mod requests;
mod rng;
mod scripted;
mod streaming;

use crate::support::harness::{Options, Proxy};
use crate::support::raw::{Connection, Listener};

/// A proxy, and an upstream whose part the test plays.
struct Pair {
    proxy: Proxy,
    upstream: Listener,
}

impl Pair {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        Self { proxy: Proxy::start(options).await, upstream: Listener::bind().await }
    }

    /// A client's connection to the proxy.
    async fn client(&self) -> Connection {
        Connection::open(self.proxy.addr()).await
    }

    /// Request line and `Host` for `path` at the upstream; more fields and the empty line are to follow.
    fn start_of(&self, method: &str, path: &str) -> String {
        let (upstream, host) = (self.upstream.addr, self.proxy.addr());
        format!("{method} /anthropic/{upstream}{path} HTTP/1.1\r\nhost: {host}\r\n")
    }

    /// A whole request without a body.
    fn get(&self, path: &str) -> String {
        self.start_of("GET", path) + "\r\n"
    }

    /// A client that has sent a request, and the upstream that has read it.
    async fn asked(&self, path: &str) -> (Connection, Connection) {
        let mut client = self.client().await;
        client.send(self.get(path)).await;
        let mut server = self.upstream.accept().await;
        server.request().await.expect("the request arrives whole");
        (client, server)
    }
}
