//! One exchange's pen: what the proxy's taps hold.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::frame::MAX_BODY_PAYLOAD;
use super::store::{Shared, lock};
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
    /// A body is captured up to this many bytes.
    max_body_bytes: u64,
    /// How it ends, once somebody said so.
    outcome: Mutex<Option<(EndKind, Option<String>)>>,
}

impl ExchangeWriter {
    pub(super) fn begin(shared: Arc<Shared>, exchange: u64, begin: Begin) -> Self {
        let writer = Self::new(shared, Some(exchange));
        writer.append(&Event::Begin(begin));
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
            max_body_bytes: u64::MAX,
            outcome: Mutex::new(None),
        }
    }

    /// Captures bodies only up to `max_bytes` each.
    pub fn limit_bodies(mut self, max_bytes: u64) -> Self {
        self.max_body_bytes = max_bytes;
        self
    }

    /// Stores body bytes; call it before they go on.
    pub fn body(&self, direction: Direction, bytes: &[u8]) {
        let len = bytes.len() as u64;
        let start = self.counter(direction).fetch_add(len, Ordering::Relaxed);
        let room = self.max_body_bytes.saturating_sub(start);
        let captured = &bytes[..usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len())];
        let mut offset = start;
        for piece in captured.chunks(MAX_BODY_PAYLOAD - Encoded::BODY_AT) {
            self.append(&Event::Body { direction, offset, bytes: piece });
            offset += piece.len() as u64;
        }
    }

    /// A body came to its proper end, with these trailer fields.
    pub fn body_end(&self, direction: Direction, trailers: Headers) {
        let bytes = self.counter(direction).load(Ordering::Relaxed);
        let captured_bytes = bytes.min(self.max_body_bytes);
        self.append(&Event::BodyEnd(direction, BodyEnd { captured_bytes, trailers }));
    }

    /// The upstream's status and headers arrived.
    pub fn response_head(&self, head: ResponseHead) {
        self.append(&Event::ResponseHead(head));
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

    fn append(&self, event: &Event<'_>) {
        let Some(exchange) = self.exchange else { return };
        let seq = self.seq.fetch_add(1, Ordering::AcqRel);
        self.shared.append(exchange, seq, event);
    }
}

impl Drop for ExchangeWriter {
    fn drop(&mut self) {
        let (kind, error) = lock(&self.outcome).take().unwrap_or_else(|| self.unsaid());
        let request_bytes = self.request_bytes.load(Ordering::Relaxed);
        let response_bytes = self.response_bytes.load(Ordering::Relaxed);
        let limit = self.max_body_bytes;
        let over = request_bytes > limit || response_bytes > limit;
        let capture_stop = over.then_some(CaptureStop::BodyLimit);
        self.append(&Event::End(End { kind, error, request_bytes, response_bytes, capture_stop }));
        self.shared.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
