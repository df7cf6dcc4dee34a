//! How long a client may take to send a request's head. hyper's own timer also runs while a connection
//! is idle, and would close kept connections under clients that are about to use them; this one runs
//! from a head's first byte to its last.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body as ClientBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

/// From a head's first byte to its last.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// What a connection's service and its socket tell each other. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct HeadClock {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Heads that were read whole.
    heads: AtomicU64,
    /// Whether what arrives is a request's body.
    in_body: AtomicBool,
}

impl HeadClock {
    /// A head was read; its request's body comes next, and tells when it has ended.
    pub(super) fn head_read(&self, body: Incoming) -> ClientBody {
        self.shared.heads.fetch_add(1, Ordering::AcqRel);
        if body.is_end_stream() {
            return ClientBody::new(body);
        }
        self.shared.in_body.store(true, Ordering::Release);
        ClientBody::new(UntilEnd { inner: body, clock: self.clone() })
    }
}

/// The socket's side: the timer that runs while a head is arriving.
#[derive(Debug, Default)]
pub(super) struct HeadTimer {
    clock: HeadClock,
    /// The head that has begun and not ended.
    arriving: Option<Arriving>,
}

#[derive(Debug)]
struct Arriving {
    /// Which it is: so many were read before it.
    number: u64,
    since: Instant,
    /// Set once the head did not come whole with one read. Nearly all do, and setting a timer wakes another
    /// thread, which has to wait for less from then on.
    timer: Option<Pin<Box<Sleep>>>,
}

impl HeadTimer {
    pub(super) fn new(clock: HeadClock) -> Self {
        Self { clock, arriving: None }
    }

    /// Call it after each read; `bytes_came` says whether it brought any. Ready when a head takes too long.
    pub(super) fn poll_after_read(&mut self, bytes_came: bool, cx: &mut Context<'_>) -> Poll<()> {
        let number = self.clock.shared.heads.load(Ordering::Acquire);
        self.arriving.take_if(|arriving| arriving.number != number);
        match &mut self.arriving {
            Some(arriving) => {
                let due = arriving.since + HEAD_TIMEOUT;
                arriving.timer.get_or_insert_with(|| Box::pin(sleep_until(due))).as_mut().poll(cx)
            }
            None => {
                let in_body = self.clock.shared.in_body.load(Ordering::Acquire);
                let begins = bytes_came && !in_body;
                self.arriving = begins.then(|| Arriving { number, since: Instant::now(), timer: None });
                Poll::Pending
            }
        }
    }
}

/// A request's body, which says when it is over.
struct UntilEnd {
    inner: Incoming,
    clock: HeadClock,
}

impl Drop for UntilEnd {
    fn drop(&mut self) {
        self.clock.shared.in_body.store(false, Ordering::Release);
    }
}

impl Body for UntilEnd {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
