//! The explorer over HTTP, for `llm-proxy explore`: the same page as in the window, on a loopback port of its
//! own, behind a random key. Never on the proxy's port, which is for clients.
//!
//! Deliberately absent: TLS and names other than loopback's. A server is reached through ssh:
//! `ssh -L 12072:127.0.0.1:12072 server`.

mod answer;
mod gate;
mod keys;
mod page;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::watch;

use crate::api::explorer::Front;
use crate::app::Signals;
use crate::proxy::Bound;
use keys::Keys;

/// The port when nobody names one: fixed, so that a tunnel can be prepared. If it is taken, any.
pub const DEFAULT_PORT: u16 = 12072;

/// A listening explorer.
#[derive(Debug)]
pub struct Explorer {
    bound: Bound,
    keys: Arc<Keys>,
}

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    front: Front,
    keys: Arc<Keys>,
}

impl Explorer {
    /// Listens on `port`, or on [`DEFAULT_PORT`] or any free one when none is named.
    pub async fn bind(port: Option<u16>) -> anyhow::Result<Self> {
        let bound = match port {
            Some(port) => Bound::to(port).await.with_context(|| format!("cannot listen on port {port}"))?,
            None => match Bound::to(DEFAULT_PORT).await {
                Ok(bound) => bound,
                Err(_) => Bound::to(0).await.context("cannot listen on loopback")?,
            },
        };
        Ok(Self { bound, keys: Arc::new(Keys::random()) })
    }

    /// The link to open. Whoever has it can read the logs, as long as this process runs.
    pub fn link(&self) -> String {
        format!("http://127.0.0.1:{}/open?key={}", self.bound.port(), self.keys.link())
    }

    /// The same for one use: programs that are handed a link show it in the system's list of processes.
    pub fn link_for_one_use(&self) -> String {
        format!("http://127.0.0.1:{}/open?key={}", self.bound.port(), self.keys.one_use())
    }

    /// Answers until `stop` says true; what is open then is cut.
    pub async fn serve(self, front: Front, stop: watch::Receiver<bool>) {
        let routes = routes(Shared { front, keys: self.keys });
        self.bound.serve(routes, stop).await.cut().await;
    }
}

/// Answers the explorer until a signal ends it. `front` is called inside the runtime; `listening` tells the
/// user.
pub fn run(
    port: Option<u16>,
    front: impl FnOnce() -> Front,
    listening: impl FnOnce(&Explorer) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let explorer = Explorer::bind(port).await?;
        listening(&explorer)?;
        let (stop, stopped) = watch::channel(false);
        tokio::select! {
            () = explorer.serve(front(), stopped) => {}
            () = signals.next() => drop(stop),
        }
        Ok(())
    })
}

fn routes(shared: Shared) -> Router {
    let behind_the_key = Router::new()
        .route("/call", post(answer::call))
        .route("/changes", get(answer::changes))
        .fallback(get(page::file))
        .layer(middleware::from_fn_with_state(shared.clone(), keys::require));
    Router::new()
        .route("/open", get(keys::open))
        .merge(behind_the_key)
        .layer(middleware::from_fn(page::protect))
        .layer(middleware::from_fn(gate::keep))
        .with_state(shared)
}
