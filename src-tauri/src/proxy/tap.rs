//! Body wrappers that tell the journal what passes, before it goes on, and once how it ended.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body as ClientBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::gather::Gather;
use super::headers;
use crate::journal::ExchangeWriter;
use crate::record::redact::Redactor;
use crate::record::{Direction, EndKind};

/// What both directions' taps tell, and to whom.
#[derive(Debug)]
struct Tap {
    writer: Arc<ExchangeWriter>,
    redactor: Redactor,
    direction: Direction,
    finished: bool,
}

impl Tap {
    /// Puts what passes on record. `is_last`: nothing follows it.
    fn see(&mut self, frame: &Frame<Bytes>, is_last: bool) {
        let trailers =
            frame.trailers_ref().map(|trailers| headers::trailers_for_log(trailers, &self.redactor));
        match (frame.data_ref(), trailers) {
            (Some(data), _) if !is_last => self.writer.body(self.direction, data),
            (data, trailers) if is_last || trailers.is_some() => {
                self.finish(data.map_or(&[], |data| data), trailers.unwrap_or_default());
            }
            (_, _) => {}
        }
    }

    /// The body's last bytes, and its end. A response's is the exchange's, once its request was sent whole.
    fn finish(&mut self, bytes: &[u8], trailers: crate::record::Headers) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        match (self.direction, Arc::get_mut(&mut self.writer)) {
            (Direction::Response, Some(writer)) => writer.last(bytes, trailers),
            (Direction::Request | Direction::Response, _) => {
                self.writer.body_end(self.direction, bytes, trailers);
            }
        }
    }
}

/// The client's body on its way to the upstream.
#[derive(Debug)]
pub(super) struct RequestTap {
    inner: ClientBody,
    tap: Tap,
    /// Set when the client broke it off.
    broken: bool,
    unread: Unread,
}

/// Where a request's body goes back to when nobody reads it any more: an upstream that cannot be reached
/// must not keep the request from being logged.
#[derive(Debug, Clone, Default)]
pub(super) struct Unread {
    body: Arc<Mutex<Option<ClientBody>>>,
}

impl Unread {
    pub(super) fn take(&self) -> Option<ClientBody> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl RequestTap {
    pub(super) fn new(
        inner: ClientBody,
        writer: Arc<ExchangeWriter>,
        redactor: Redactor,
        unread: Unread,
    ) -> Self {
        let mut tap = Tap { writer, redactor, direction: Direction::Request, finished: false };
        if inner.is_end_stream() {
            tap.finish(&[], Vec::new());
        }
        Self { inner, tap, broken: false, unread }
    }
}

impl Drop for RequestTap {
    fn drop(&mut self) {
        if !self.tap.finished && !self.broken {
            let body = std::mem::take(&mut self.inner);
            *self.unread.body.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl Body for RequestTap {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let Poll::Ready(next) = Pin::new(&mut this.inner).poll_frame(cx) else {
            this.tap.writer.flush();
            return Poll::Pending;
        };
        match &next {
            Some(Ok(frame)) => this.tap.see(frame, this.inner.is_end_stream()),
            Some(Err(_)) => {
                this.broken = true;
                let why = "the request's body broke off".to_owned();
                this.tap.writer.outcome(EndKind::ClientAborted, Some(why));
            }
            None => this.tap.finish(&[], Vec::new()),
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The upstream's body on its way to the client. Its end is the exchange's.
#[derive(Debug)]
pub(super) struct ResponseTap {
    inner: Gather,
    tap: Tap,
    /// The upstream said how long it is.
    length_given: bool,
}

impl ResponseTap {
    pub(super) fn new(
        inner: Gather,
        length_given: bool,
        writer: Arc<ExchangeWriter>,
        redactor: Redactor,
    ) -> Self {
        let tap = Tap { writer, redactor, direction: Direction::Response, finished: false };
        let mut this = Self { inner, tap, length_given };
        if this.inner.is_end_stream() {
            this.tap.finish(&[], Vec::new());
        }
        this
    }
}

impl Drop for ResponseTap {
    /// The client left while something was on its way to it: that did come.
    fn drop(&mut self) {
        if let Some(bytes) = self.inner.take_held() {
            self.tap.writer.body(Direction::Response, &bytes);
        }
    }
}

impl Body for ResponseTap {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let Poll::Ready(next) = Pin::new(&mut this.inner).poll_frame(cx) else {
            // What is held follows in a moment, and takes along what waits.
            if !this.inner.is_holding() {
                this.tap.writer.flush();
            }
            return Poll::Pending;
        };
        match &next {
            Some(Ok(frame)) => this.tap.see(frame, this.inner.is_end_stream()),
            Some(Err(error)) => {
                let why = format!("the response broke off: {}", super::forward::causes(error));
                this.tap.writer.outcome(EndKind::UpstreamTruncated, Some(why));
            }
            None => this.tap.finish(&[], Vec::new()),
        }
        if this.tap.finished {
            this.tap.writer.outcome(EndKind::Ok, None);
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    /// Answers without a body (to HEAD, 304) are of length 0; told here, that would become a
    /// `Content-Length` which nobody sent.
    fn size_hint(&self) -> SizeHint {
        if self.length_given { self.inner.size_hint() } else { SizeHint::default() }
    }
}
