//! What the upstream saw, for tests to assert on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Version, request::Parts};
use tokio::sync::watch;

/// How long `wait_for` waits before the test fails.
const DEADLINE: Duration = Duration::from_secs(10);

/// How an exchange ended, as the upstream sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The request is still arriving, or the answer is still going out.
    Running,
    /// The whole answer was handed over.
    Answered,
    /// The upstream broke it off, as the scenario asks.
    Cut,
    /// The client went away before the request or the answer was whole.
    ClientGone,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct SeenRequest {
    /// `NAME/KEY` of `/scenario/NAME/KEY/…`, or empty when the model chose the scenario.
    pub(crate) key: String,
    /// The method.
    pub(crate) method: Method,
    /// Path and query, byte for byte.
    pub(crate) target: String,
    /// The version of the request line.
    pub(crate) version: Version,
    /// The fields as they arrived.
    pub(crate) headers: HeaderMap,
    /// The body so far.
    pub(crate) body: Vec<u8>,
    /// When each part of the body arrived, and the body's length by then.
    pub(crate) body_progress: Vec<(Instant, usize)>,
    /// When the head arrived.
    pub(crate) arrived: Instant,
    /// How it ended.
    pub(crate) outcome: Outcome,
}

/// The list of requests, which tests can wait on.
#[derive(Clone)]
pub(super) struct Seen {
    requests: watch::Sender<Vec<SeenRequest>>,
    attempts: Arc<Mutex<HashMap<String, usize>>>,
}

/// One request's place in the list.
#[derive(Clone)]
pub(super) struct Place {
    seen: Seen,
    index: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self { requests: watch::Sender::new(Vec::new()), attempts: Arc::default() }
    }
}

impl Seen {
    pub(super) fn all(&self) -> Vec<SeenRequest> {
        self.requests.borrow().clone()
    }

    pub(super) async fn wait_for(
        &self,
        what: &str,
        condition: impl FnMut(&Vec<SeenRequest>) -> bool,
    ) -> Vec<SeenRequest> {
        let mut receiver = self.requests.subscribe();
        let reached = tokio::time::timeout(DEADLINE, receiver.wait_for(condition)).await;
        match reached {
            Ok(requests) => requests.expect("the sender lives in self").clone(),
            Err(_) => panic!("the upstream did not see {what} within {DEADLINE:?}: {:#?}", self.all()),
        }
    }

    /// Notes a request whose head has arrived.
    pub(super) fn begin(&self, head: &Parts, key: &str) -> Place {
        let request = SeenRequest {
            key: key.to_owned(),
            method: head.method.clone(),
            target: head.uri.to_string(),
            version: head.version,
            headers: head.headers.clone(),
            body: Vec::new(),
            body_progress: Vec::new(),
            arrived: Instant::now(),
            outcome: Outcome::Running,
        };
        let mut index = 0;
        self.requests.send_modify(|requests| {
            index = requests.len();
            requests.push(request);
        });
        Place { seen: self.clone(), index }
    }
}

impl Place {
    pub(super) fn add_body(&self, part: &[u8]) {
        self.modify(|request| {
            request.body.extend_from_slice(part);
            request.body_progress.push((Instant::now(), request.body.len()));
        });
    }

    pub(super) fn end(&self, outcome: Outcome) {
        self.modify(|request| request.outcome = outcome);
    }

    pub(super) fn body(&self) -> Vec<u8> {
        self.seen.requests.borrow()[self.index].body.clone()
    }

    /// Counts one more attempt at `identity`: 1 for the first.
    pub(super) fn count_attempt(&self, identity: String) -> usize {
        let mut attempts = self.seen.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = attempts.entry(identity).or_default();
        *count += 1;
        *count
    }

    fn modify(&self, change: impl FnOnce(&mut SeenRequest)) {
        self.seen.requests.send_modify(|requests| change(&mut requests[self.index]));
    }
}
