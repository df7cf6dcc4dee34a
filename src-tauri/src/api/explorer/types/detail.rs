//! One session and one request.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use super::lists::RequestSummary;
use crate::api::types::{SessionSummary, Turn};
use crate::record::entry::HeaderMap;

/// Asks for `session`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionArgs {
    /// The session's id, the beginning of one, or `last`.
    pub session: String,
}

/// A session, whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionDetail {
    /// What lists say of it.
    pub summary: SessionSummary,
    /// Its turns in the order of their requests. `new_messages` has each message once.
    pub turns: Vec<PricedTurn>,
    /// Lines of its file that are no entries, and were passed over.
    pub bad_lines: u64,
}

/// A turn and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct PricedTurn {
    /// The turn.
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub turn: Turn,
    /// Where a price is known.
    pub cost_usd: Option<f64>,
    /// Whether it still runs.
    pub running: bool,
}

/// Asks for `request`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestArgs {
    /// The request's id, as lists give it.
    pub request_id: String,
}

/// A request, whole but for its bodies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestDetail {
    /// What lists say of it.
    pub summary: RequestSummary,
    /// What was new in it, and the answer.
    pub turn: PricedTurn,
    /// The cost's parts, where a price is known.
    pub cost: Vec<CostPart>,
    /// Header fields as they went to the upstream, redacted.
    pub request_headers: HeaderMap,
    /// Header fields as they came back.
    pub response_headers: HeaderMap,
    /// The query without `?`, redacted.
    pub query: Option<String>,
    /// How the client spoke, such as `HTTP/1.1`.
    pub http_version: Option<String>,
    /// The request's body as it is in the log.
    pub request_body: BodyFacts,
    /// The response's.
    pub response_body: BodyFacts,
    /// The event stream's lines with their times, at most the first 10,000; empty: the answer was no stream.
    pub events: Vec<StreamEvent>,
    /// How many lines the stream has.
    pub event_count: u64,
    /// The request before it in its session, if any.
    pub previous: Option<String>,
    /// The one after it.
    pub next: Option<String>,
    /// Where its lines are.
    pub record: Vec<RecordSpan>,
}

/// A part of what a request cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct CostPart {
    /// `input`, `cache_read`, `cache_write`, `cache_write_1h`, `output`.
    pub what: String,
    /// How many tokens.
    pub tokens: u64,
    /// US dollars for a million of them.
    pub usd_per_million: f64,
    /// US dollars.
    pub cost_usd: f64,
}

/// What is known of a body without reading it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct BodyFacts {
    /// Bytes of the text that `body` gives.
    pub bytes: u64,
    /// Wire bytes.
    pub wire_bytes: Option<u64>,
    /// The media type, lower case, without parameters.
    pub media_type: Option<String>,
    /// The content coding that was undone for the log.
    pub content_encoding: Option<String>,
    /// Whether the bytes are no UTF-8: `body` gives base64 then.
    pub is_binary: bool,
    /// Whether it reached us whole.
    pub complete: bool,
}

/// A line of an event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct StreamEvent {
    /// Milliseconds since the response's headers.
    pub at_ms: u64,
    /// The line, its first 4 KiB.
    pub raw: String,
}

/// A line of a log file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RecordSpan {
    /// `request` or `response`.
    pub what: String,
    /// The file, relative to the log folder.
    pub file: String,
    /// Where the line begins, in bytes.
    pub offset: u64,
    /// Its length with the line end.
    pub bytes: u64,
}
