//! HTTP, and nothing else: gate, route, forward, tap. It tells the journal what passes and knows
//! neither sessions nor log files nor the index.
//!
//! Deliberately absent: parsing of bodies, retries, redirects, a `Via` field (RFC 9110 7.6.3 asks
//! proxies for one; this one is to be invisible), a control API.

mod connect;
mod error;
mod forward;
mod gate;
mod gather;
mod head_clock;
mod headers;
mod interim;
mod listen;
mod policy;
mod route;
mod tap;
mod upstream_io;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

pub use listen::{Bound, Connections};

use crate::config::Config;
use crate::journal::Journal;
use crate::record::redact::Redactor;

/// What every request's handler shares. Nothing in it is locked.
#[derive(Debug)]
struct Shared {
    config: Config,
    /// The port we listen on: part of the allowed `Host` values, and never an upstream.
    port: u16,
    journal: Journal,
    redactor: Redactor,
    upstreams: connect::Upstreams,
    turned_away: AtomicU64,
}

/// The proxy's service. Clones share it.
#[derive(Debug, Clone)]
pub struct Proxy {
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy that listens on `port` and tells `journal` what passes.
    pub fn new(config: Config, port: u16, journal: Journal, redactor: Redactor) -> Self {
        let upstreams = connect::Upstreams::new(&config);
        let shared = Shared { config, port, journal, redactor, upstreams, turned_away: AtomicU64::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// The service: one handler, so that there is no way around the gate.
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// Requests that the gate turned away since the start. They are counted, and not logged.
    pub fn turned_away(&self) -> u64 {
        self.shared.turned_away.load(Ordering::Relaxed)
    }
}

async fn answer(State(proxy): State<Proxy>, request: Request) -> Response {
    let shared = &proxy.shared;
    if let Err(refusal) = gate::check(&request, shared.port, &shared.config.allow_origins) {
        shared.turned_away.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(reason = %refusal, "turned a request away");
        return refusal.into_response();
    }
    if request.uri().path() == "/health" {
        return "ok".into_response();
    }
    match forward::forward(shared, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}
