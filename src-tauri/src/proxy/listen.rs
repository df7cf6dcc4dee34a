//! Listening on loopback, and the connections that come of it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service;

use super::head_clock::{HeadClock, HeadTimer};
use super::interim::{Aside, ClientIo};

/// Limit of a request's head: fields. That of its bytes is the gate's: hyper's would bound what is read of a
/// body at a time as well.
const MAX_FIELDS: usize = 100;
/// After an accept that failed (out of descriptors), before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Sockets on 127.0.0.1 and, where there is one, ::1. Nothing else is ever listened on.
#[derive(Debug)]
pub struct Bound {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Bound {
    /// Listens on `port`; 0 takes a free one.
    pub async fn to(port: u16) -> io::Result<Self> {
        let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let port = v4.local_addr()?.port();
        // Machines without IPv6 are fine; clients that try ::1 first fall back.
        let v6 = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await.ok();
        Ok(Self { v4, v6, port })
    }

    /// The port it became.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Accepts connections until `stop` says true, and returns those still open.
    pub async fn serve(self, routes: Router, mut stop: watch::Receiver<bool>) -> Connections {
        let mut connections = Connections { open: JoinSet::new() };
        loop {
            let accepted = tokio::select! {
                accepted = self.v4.accept() => accepted,
                accepted = accept_v6(self.v6.as_ref()) => accepted,
                Some(_) = connections.open.join_next() => continue,
                () = stopped(&mut stop) => return connections,
            };
            match accepted {
                Ok((stream, _)) => {
                    let one = connection(stream, routes.clone(), stop.clone());
                    connections.open.spawn(one);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Waits until the proxy is told to stop, or whoever would tell it is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn accept_v6(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Connections that were open when the proxy was told to stop.
#[derive(Debug)]
pub struct Connections {
    open: JoinSet<()>,
}

impl Connections {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Waits until all have come to their own end.
    pub async fn drained(&mut self) {
        while self.open.join_next().await.is_some() {}
    }

    /// Ends those that are left.
    pub async fn cut(mut self) {
        self.open.shutdown().await;
    }
}

/// One connection: requests one after the other, until the client leaves or the proxy stops.
async fn connection(stream: TcpStream, routes: Router, mut stop: watch::Receiver<bool>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let aside = Aside::default();
    let clock = HeadClock::default();
    let io = ClientIo::new(stream, aside.clone(), HeadTimer::new(clock.clone()));
    let service = service_fn(move |request: http::Request<Incoming>| {
        let mut routes = routes.clone();
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(aside.clone());
        let request = http::Request::from_parts(parts, clock.head_read(body));
        async move { Ok::<_, Infallible>(routes.call(request).await.unwrap_or_else(|never| match never {})) }
    });
    let mut serving = std::pin::pin!(server().serve_connection(io, service));
    // Asked only when it was woken: asking takes a lock that connections share, and this task runs for every
    // event of a stream.
    let mut stopping = FuturesUnordered::from_iter([stopped(&mut stop)]);
    let ended = tokio::select! {
        biased;
        ended = serving.as_mut() => ended,
        Some(()) = stopping.next() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a client's connection ended early");
    }
}

fn server() -> http1::Builder {
    let mut server = http1::Builder::new();
    server
        // A timer of our own (`head_clock`): this one would close idle connections too.
        .header_read_timeout(None)
        .max_headers(MAX_FIELDS)
        // Upstreams date their responses; a date of ours would be an added field.
        .auto_date_header(false)
        .preserve_header_case(true);
    server
}
