//! One exchange's pen: what the proxy's taps hold.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde::Serialize;
use smallvec::SmallVec;

use super::frame::MAX_BODY_PAYLOAD;
use super::store::{Shared, Together, lock};
use crate::record::{
    Begin, BodyEnd, CaptureStop, Direction, Encoded, End, EndKind, Event, Headers, ResponseHead,
};

/// Tells the journal what happens to one exchange. Both bodies' taps share it; whatever happens to
/// them, dropping it writes the end exactly once.
#[derive(Debug)]
pub struct ExchangeWriter {
    shared: Arc<Shared>,
    /// Its number; none when logging was paused as it began: then nothing of it is recorded.
    exchange: Option<u64>,
    /// Numbers the frames, so that the recorder knows when it has seen all.
    seq: AtomicU32,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    /// Heads, which are stored together with the bytes that follow them.
    waiting: Mutex<SmallVec<[Encoded<'static>; 2]>>,
    /// The last event is written.
    ended: bool,
    /// A body is captured up to this many bytes.
    max_body_bytes: u64,
    /// How it ends, once somebody said so.
    outcome: Mutex<Option<(EndKind, Option<String>)>>,
}

impl ExchangeWriter {
    /// The beginning is stored with what follows it, or by [`ExchangeWriter::flush`].
    pub(super) fn begin<H: Serialize>(shared: Arc<Shared>, exchange: u64, begin: &Begin<H>) -> Self {
        let writer = Self::new(shared, Some(exchange));
        lock(&writer.waiting).push(begin.encode());
        writer
    }

    /// A writer that writes nothing.
    pub(super) fn unrecorded(shared: Arc<Shared>) -> Self {
        Self::new(shared, None)
    }

    fn new(shared: Arc<Shared>, exchange: Option<u64>) -> Self {
        shared.in_flight.fetch_add(1, Ordering::AcqRel);
        Self {
            shared,
            exchange,
            seq: AtomicU32::new(0),
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
            waiting: Mutex::default(),
            ended: false,
            max_body_bytes: u64::MAX,
            outcome: Mutex::new(None),
        }
    }

    /// Captures bodies only up to `max_bytes` each.
    pub fn limit_bodies(mut self, max_bytes: u64) -> Self {
        self.max_body_bytes = max_bytes;
        self
    }

    /// Stores body bytes, and what waits; call it before they go on.
    pub fn body(&self, direction: Direction, bytes: &[u8]) {
        self.append(self.with_body(direction, bytes));
    }

    /// The same of a body's last bytes: it came to its proper end, with these trailer fields.
    pub fn body_end(&self, direction: Direction, bytes: &[u8], trailers: Headers) {
        let mut events = self.with_body(direction, bytes);
        events.push(self.end_of(direction, trailers));
        self.append(events);
    }

    /// The response's last bytes, and with them the end of the exchange: nobody else writes about it.
    pub fn last(&mut self, bytes: &[u8], trailers: Headers) {
        let mut events = self.with_body(Direction::Response, bytes);
        events.push(self.end_of(Direction::Response, trailers));
        self.outcome(EndKind::Ok, None);
        events.push(self.end());
        self.append(events);
        self.ended = true;
    }

    /// What waits, and a body's next bytes.
    fn with_body<'b>(&self, direction: Direction, bytes: &'b [u8]) -> Together<'b> {
        let len = bytes.len() as u64;
        let start = self.counter(direction).fetch_add(len, Ordering::Relaxed);
        let room = self.max_body_bytes.saturating_sub(start);
        let captured = &bytes[..usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len())];
        let pieces = captured.chunks(MAX_BODY_PAYLOAD - Encoded::BODY_AT);
        let offsets = (start..).step_by(MAX_BODY_PAYLOAD - Encoded::BODY_AT);
        let mut events = self.waited();
        let body = |(offset, bytes)| Event::Body { direction, offset, bytes }.encode();
        events.extend(offsets.zip(pieces).map(body));
        events
    }

    /// The upstream's status and headers arrived. Stored with what follows, or by [`ExchangeWriter::flush`].
    pub fn response_head<H: Serialize>(&self, head: &ResponseHead<H>) {
        // Nobody reads what a writer of nothing is told.
        if self.exchange.is_some() {
            lock(&self.waiting).push(head.encode());
        }
    }

    /// Stores what waits for company. Call it before waiting for anything.
    pub fn flush(&self) {
        self.append(self.waited());
    }

    fn waited<'b>(&self) -> Together<'b> {
        let mut together = Together::new();
        for head in lock(&self.waiting).drain(..) {
            together.push(head);
        }
        together
    }

    fn end_of(&self, direction: Direction, trailers: Headers) -> Encoded<'static> {
        let bytes = self.counter(direction).load(Ordering::Relaxed);
        let captured_bytes = bytes.min(self.max_body_bytes);
        Event::BodyEnd(direction, BodyEnd { captured_bytes, trailers }).encode()
    }

    /// Says how the exchange ends. The first word counts. `error` must hold no secret.
    pub fn outcome(&self, kind: EndKind, error: Option<String>) {
        lock(&self.outcome).get_or_insert((kind, error));
    }

    /// Nobody said how it ended: the handler was dropped. A client that leaves does that, and so does a
    /// proxy that stops.
    fn unsaid(&self) -> (EndKind, Option<String>) {
        if self.shared.cutting.load(Ordering::Acquire) {
            (EndKind::ProxyKilled, Some("the proxy stopped".to_owned()))
        } else {
            (EndKind::ClientAborted, None)
        }
    }

    fn counter(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::Request => &self.request_bytes,
            Direction::Response => &self.response_bytes,
        }
    }

    fn append(&self, events: Together<'_>) {
        let Some(exchange) = self.exchange else { return };
        if !events.is_empty() {
            let seq = self.seq.fetch_add(events.len() as u32, Ordering::AcqRel);
            self.shared.append(exchange, seq, events);
        }
    }

    /// The last event, told once.
    fn end(&self) -> Encoded<'static> {
        let (kind, error) = lock(&self.outcome).take().unwrap_or_else(|| self.unsaid());
        let request_bytes = self.request_bytes.load(Ordering::Relaxed);
        let response_bytes = self.response_bytes.load(Ordering::Relaxed);
        let limit = self.max_body_bytes;
        let over = request_bytes > limit || response_bytes > limit;
        let capture_stop = over.then_some(CaptureStop::BodyLimit);
        Event::End(End { kind, error, request_bytes, response_bytes, capture_stop }).encode()
    }
}

impl Drop for ExchangeWriter {
    fn drop(&mut self) {
        if !self.ended {
            let mut events = self.waited();
            events.push(self.end());
            self.append(events);
        }
        self.shared.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
