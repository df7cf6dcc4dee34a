//! What the proxy tells about an exchange. Everything textual in here is redacted already; body
//! bytes are as they were on the wire, and stay in the journal only.

use serde::{Deserialize, Serialize};

use crate::model::{RequestId, SessionId, Timestamp};
use crate::provider::Provider;

/// Header or trailer fields in the order of the wire, values redacted. Bytes that are no UTF-8 are
/// shown as U+FFFD: a header value is text to a reader.
pub type Headers = Vec<(String, String)>;

/// Which way a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Direction {
    /// From the client to the upstream.
    Request,
    /// From the upstream to the client.
    Response,
}

/// One thing that happened to an exchange. For each exchange `Begin` comes first and `End` last;
/// the two bodies run independently of each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// The request's head was read and its target is known.
    Begin(Begin),
    /// Bytes of a body, before they went on. `offset` counts from the start of that body.
    Body {
        /// Which of the two bodies.
        direction: Direction,
        /// Where in that body these bytes begin.
        offset: u64,
        /// The wire bytes.
        bytes: &'a [u8],
    },
    /// Bytes of a body that went on but could not be captured.
    Lost {
        /// Which of the two bodies.
        direction: Direction,
        /// Where in that body they begin.
        offset: u64,
        /// How many there are.
        bytes: u64,
        /// How many frames they would have been.
        frames: u32,
    },
    /// A body came to its proper end.
    BodyEnd(Direction, BodyEnd),
    /// The upstream's final status and headers.
    ResponseHead(ResponseHead),
    /// Nothing more will happen.
    End(End),
    /// The recorder's note: where this exchange's lines go. Makes recovery write them once.
    Assigned(Assigned),
    /// The recorder's note: its lines are in the log, on the disk.
    Done,
}

/// Where the recorder writes an exchange's lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// The session.
    pub session: SessionId,
    /// The exchange's number in it.
    pub seq: u64,
    /// The log file, relative to the log folder.
    pub file: String,
    /// The file's length before; the lines lie at or after it.
    pub offset: u64,
}

/// The head of a request, and where it goes. `H` is anything that is written as [`Headers`] are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begin<H = Headers> {
    /// The exchange's name in the log.
    pub request_id: RequestId,
    /// Wall clock at the moment the head was read.
    pub started: Timestamp,
    /// Whose API.
    pub provider: Provider,
    /// Canonical `host` or `host:port`: the log's folder, and the scope of session ids.
    pub upstream: String,
    /// The request's method.
    pub method: String,
    /// The path as sent to the upstream, byte for byte.
    pub path: String,
    /// The query without its `?`, secret values redacted.
    pub query: Option<String>,
    /// The client's header fields.
    pub headers: H,
    /// `HTTP/1.1` or `HTTP/1.0`: how the client spoke.
    pub http_version: String,
}

/// The head of the upstream's final response. `H` is anything that is written as [`Headers`] are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseHead<H = Headers> {
    /// The status code.
    pub status: u16,
    /// The upstream's header fields.
    pub headers: H,
    /// How the upstream spoke.
    pub http_version: String,
}

/// How a body ended, when it ended properly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BodyEnd {
    /// Wire bytes of the body up to the capture limit: when the recorder has seen so many, captured or
    /// lost, it has seen all.
    pub captured_bytes: u64,
    /// Trailer fields, if there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trailers: Headers,
}

/// Why body bytes of an exchange were not captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum CaptureStop {
    /// The body is larger than `max_body_bytes`.
    BodyLimit,
    /// The journal could take no more: disk full, disk failing, or the recorder too far behind.
    JournalFull,
}

/// How an exchange ended. The names are the log's (`end`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum EndKind {
    /// The response reached the client whole.
    Ok,
    /// No response came from the upstream.
    UpstreamError,
    /// The response broke off on the upstream's side.
    UpstreamTruncated,
    /// The client left before the end.
    ClientAborted,
    /// The proxy stopped, or was killed, in the middle.
    ProxyKilled,
    /// The proxy refused to forward the request.
    Refused,
}

/// The last word on an exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// How it ended.
    pub kind: EndKind,
    /// What went wrong, for a reader; no secret, no URL with a query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Wire bytes of the request's body that were forwarded, captured or not.
    pub request_bytes: u64,
    /// Wire bytes of the response's body that were forwarded, captured or not.
    pub response_bytes: u64,
    /// Set when a body is not wholly in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_stop: Option<CaptureStop>,
}
