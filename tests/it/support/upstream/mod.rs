//! An upstream that answers like the real APIs, and misbehaves on demand.
//!
//! *What* it says follows from the request alone (`anthropic`, `chat`, `responses`, `gemini`,
//! `catalog`): streamed or not, a tool call when tools are offered, the size of an image that was
//! sent. *How* it says it is the scenario (`scenario`): compressed, paced, cut, refused.
//! A request picks its scenario by the path (`/scenario/NAME/KEY/v1/messages`) or by its model
//! (`scenario-NAME`, any suffix after `--`), so an unmodified client can do it. Attempts are
//! counted for each path prefix, model and API key by themselves.

mod answer;
mod anthropic;
mod body;
mod call;
mod catalog;
mod chat;
mod gemini;
mod responses;
mod router;
mod scenario;
mod seen;
mod serve;
#[cfg(test)]
mod tests;
mod words;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub(crate) use seen::{Outcome, SeenRequest};

use seen::Seen;

/// A running upstream on a free loopback port; it ends when dropped.
pub(crate) struct Upstream {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    seen: Seen,
    _tasks: JoinSet<()>,
}

impl Upstream {
    /// Listens on a free port and answers until dropped.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let addr = listener.local_addr().expect("a bound listener has an address");
        let seen = Seen::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve::accept(listener, seen.clone()));
        Self { addr, seen, _tasks: tasks }
    }

    /// Its base URL, for clients that go straight to it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Every request it saw so far, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<SeenRequest> {
        self.seen.all()
    }

    /// Waits until the requests seen so far satisfy `condition` (ten seconds at most) and returns them.
    pub(crate) async fn await_requests(
        &self,
        what: &str,
        condition: impl FnMut(&Vec<SeenRequest>) -> bool,
    ) -> Vec<SeenRequest> {
        self.seen.wait_for(what, condition).await
    }
}
