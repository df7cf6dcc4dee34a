//! What is ready together goes out together. hyper hands a chunked answer over chunk by chunk, so events that
//! came with one read would each be a write to the journal and a write to the client. They are one of each;
//! nothing waits for what has not come yet.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::upstream_io::Reading;

/// A piece of this size goes on by itself: copying it would cost more than a write.
const LARGE_BYTES: usize = 8 * 1024;
/// Room for an event and what it takes.
const EVENT_BYTES: usize = 1024;
/// Small ones are gathered up to this.
const GATHERED_BYTES: usize = 64 * 1024;

type Next = Option<Result<Frame<Bytes>, hyper::Error>>;

/// An upstream's body in pieces as large as what is there.
#[derive(Debug)]
pub(super) struct Gather {
    inner: Incoming,
    /// Of the connection it comes over, where that carries one answer at a time.
    reading: Option<Reading>,
    /// Small pieces that may have company: copied, since hyper reads on meanwhile, and could not use its buffer
    /// again while a part of it is held.
    held: BytesMut,
    /// What comes behind what is held.
    next: Option<Next>,
    /// Something was passed on, and hyper has not had to wait since: it may not have been written yet.
    unwritten: bool,
}

impl Gather {
    /// `reading`: of a connection that carries this body alone, and only if it comes in chunks. Without it
    /// each piece goes on as it comes.
    pub(super) fn new(inner: Incoming, reading: Option<Reading>) -> Self {
        Self { inner, reading, held: BytesMut::new(), next: None, unwritten: false }
    }

    /// Whether bytes came that were not passed on yet.
    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// What came and was not passed on.
    pub(super) fn take_held(&mut self) -> Option<Bytes> {
        self.is_holding().then(|| self.held.split().freeze())
    }

    /// Whether a piece may be joined by others.
    fn may_wait(&self, next: &Next) -> bool {
        let data = next.as_ref().and_then(|next| next.as_ref().ok()).and_then(Frame::data_ref);
        self.reading.is_some()
            && !self.inner.is_end_stream()
            && data.is_some_and(|data| data.len() < LARGE_BYTES)
    }

    fn hold(&mut self, more: &Next) {
        let data = more.as_ref().and_then(|next| next.as_ref().ok()).and_then(Frame::data_ref);
        if let Some(data) = data {
            // What was passed on is written and dropped by now, as a rule: its room is used again.
            self.held.reserve(data.len().max(EVENT_BYTES));
            self.held.extend_from_slice(data);
        }
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        match self.next.take() {
            Some(next) => Poll::Ready(next),
            None => Pin::new(&mut self.inner).poll_frame(cx),
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        ready!(self.poll_together(cx));
        match self.take_held() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => self.poll_inner(cx),
        }
    }

    /// Tells that the body broke off. hyper drops what it has not written when it hears that: it is made to
    /// wait once, and writes, before.
    fn break_off(&mut self, error: hyper::Error, cx: &mut Context<'_>) -> Poll<Next> {
        if std::mem::take(&mut self.unwritten) {
            self.next = Some(Some(Err(error)));
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(error)))
    }

    /// Until no more is ready, or enough is held.
    fn poll_together(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.held.len() < GATHERED_BYTES {
            match self.poll_inner(cx) {
                Poll::Ready(next) if self.may_wait(&next) => self.hold(&next),
                Poll::Ready(next) => {
                    self.next = Some(next);
                    break;
                }
                Poll::Pending if self.is_holding() => {
                    return self.reading.as_ref().map_or(Poll::Ready(()), |it| it.poll_drained(cx));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}

impl Body for Gather {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Next> {
        let next = self.poll_next(cx);
        if let Poll::Ready(Some(Err(error))) = next {
            return self.break_off(error, cx);
        }
        self.unwritten = next.is_ready();
        next
    }

    fn is_end_stream(&self) -> bool {
        !self.is_holding() && self.next.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
