//! The lines of a session's log file: `docs/LOG_FORMAT.md` in types. A line's keys are written
//! sorted, `_meta` first, as the Go llm-proxy wrote them, so that its readers and `jq` habits hold.

mod headers;
mod hidden;
mod line;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

pub use headers::{canonical_name, header_map};
pub use line::EntryError;

use super::event::{CaptureStop, EndKind};
use crate::model::{RequestId, SessionId, Timestamp};
use crate::provider::Provider;

/// The version that `session_start` names. Readers accept a missing one: the Go llm-proxy's files.
pub const FORMAT: u32 = 1;

/// Header fields as the log has them: canonical names (`Content-Type`) and all values of each.
pub type HeaderMap = BTreeMap<String, Vec<String>>;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// A session's first line.
    SessionStart(SessionStart),
    /// A request, as it went to the upstream.
    Request(Request),
    /// How that exchange ended, and what came back.
    Response(Response),
    /// A session that branched off another (only the Go llm-proxy wrote these).
    Fork(Fork),
}

/// What a line tells: the value of its `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`SessionStart`].
    SessionStart,
    /// [`Request`].
    Request,
    /// [`Response`].
    Response,
    /// [`Fork`].
    Fork,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::SessionStart, Self::Request, Self::Response, Self::Fork];

    /// The name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionStart => "session_start",
            Self::Request => "request",
            Self::Response => "response",
            Self::Fork => "fork",
        }
    }
}

/// Where a line belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The upstream, `host` or `host:port`.
    pub host: String,
    /// `user@host` of the machine that recorded it.
    pub machine: String,
    /// Pairs a response with its request. Absent in old logs: pair by `seq` there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// The session whose file this is.
    pub session: SessionId,
    /// Wall clock in UTC: a request's start, a response's end.
    pub ts: Timestamp,
}

macro_rules! tag {
    ($name:ident, $text:literal) => {
        #[doc = concat!("The constant `\"", $text, "\"` in a line's `type`.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        pub enum $name {
            /// The only value.
            #[default]
            #[serde(rename = $text)]
            Tag,
        }
    };
}
tag!(SessionStartTag, "session_start");
tag!(RequestTag, "request");
tag!(ResponseTag, "response");
tag!(ForkTag, "fork");

/// A session's first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionStart {
    /// Where the line belongs.
    #[serde(rename = "_meta")]
    pub meta: Meta,
    /// The client's own name for the session, if it sends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_session: Option<String>,
    /// Version of this format; absent in the Go llm-proxy's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<u32>,
    /// Whose API.
    pub provider: Provider,
    /// The line's kind.
    #[serde(rename = "type")]
    pub tag: SessionStartTag,
    /// The upstream, as in `_meta.host`.
    pub upstream: String,
}

/// A request line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Where the line belongs.
    #[serde(rename = "_meta")]
    pub meta: Meta,
    /// The body, decoded and redacted, when it is UTF-8.
    #[serde(default)]
    pub body: String,
    /// The body in base64, decoded from its content coding, when it is no UTF-8; `body` is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_b64: Option<String>,
    /// False when the body did not arrive whole.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub complete: bool,
    /// The content coding that was undone for `body`, as the client named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// Parts of the body that are missing here although they were forwarded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gap: Vec<Gap>,
    /// Header fields, redacted.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub headers: HeaderMap,
    /// How the client spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_version: Option<String>,
    /// The method.
    pub method: String,
    /// The path as sent to the upstream.
    pub path: String,
    /// The query without `?`, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Counts the session's requests from 1.
    pub seq: u64,
    /// SHA-256 of the body's wire bytes in hexadecimal; absent when some are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Wire bytes of the body.
    pub size: u64,
    /// The bytes, in base64, of a character that the text's end cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail_b64: Option<String>,
    /// Trailer fields, redacted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trailers: HeaderMap,
    /// The line's kind.
    #[serde(rename = "type")]
    pub tag: RequestTag,
}

/// A response line: every exchange has exactly one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Where the line belongs.
    #[serde(rename = "_meta")]
    pub meta: Meta,
    /// The body, decoded and redacted, when it is UTF-8 and no event stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body in base64 when it is no UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_b64: Option<String>,
    /// The lines of an event stream, each with its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Vec<Chunk>>,
    /// False when the response did not reach the client whole. Absent in the Go llm-proxy's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// The content coding that was undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// How the exchange ended. Absent in the Go llm-proxy's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<EndKind>,
    /// What went wrong, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Parts of the body that are missing here although they were forwarded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gap: Vec<Gap>,
    /// Header fields, redacted.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub headers: HeaderMap,
    /// How the upstream spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_version: Option<String>,
    /// The request's number.
    pub seq: u64,
    /// SHA-256 of the body's wire bytes in hexadecimal; absent when some are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Wire bytes of the body.
    pub size: u64,
    /// The status code; 0 when no response came.
    pub status: u16,
    /// The bytes, in base64, of a character that the text's end cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail_b64: Option<String>,
    /// How long it took.
    pub timing: Timing,
    /// Trailer fields, redacted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trailers: HeaderMap,
    /// The line's kind.
    #[serde(rename = "type")]
    pub tag: ResponseTag,
}

/// Durations in milliseconds, from the moment the request's head was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Timing {
    /// To the first byte of the response's body, or its head where there is none.
    pub ttfb_ms: u64,
    /// To the end.
    pub total_ms: u64,
}

/// One line of an event stream, its line ending included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Wall clock at which its last byte arrived.
    pub ts: Timestamp,
    /// Milliseconds since the response's headers.
    pub delta_ms: u64,
    /// The text.
    pub raw: String,
}

/// A hole in a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Where it begins, in wire bytes.
    pub from: u64,
    /// How many wire bytes are missing.
    pub bytes: u64,
    /// Why.
    pub reason: CaptureStop,
}

/// A branch line of the Go llm-proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fork {
    /// Where the line belongs.
    #[serde(rename = "_meta")]
    pub meta: Meta,
    /// The request of the parent after which this session begins.
    pub from_seq: u64,
    /// The session it branched off.
    pub parent_session: String,
    /// Why the Go llm-proxy thought so.
    #[serde(default)]
    pub reason: String,
    /// The line's kind.
    #[serde(rename = "type")]
    pub tag: ForkTag,
}

impl Entry {
    /// What the line tells.
    pub fn kind(&self) -> Kind {
        match self {
            Self::SessionStart(_) => Kind::SessionStart,
            Self::Request(_) => Kind::Request,
            Self::Response(_) => Kind::Response,
            Self::Fork(_) => Kind::Fork,
        }
    }

    /// The number of its exchange within the session; none on lines that belong to no exchange.
    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::Request(entry) => Some(entry.seq),
            Self::Response(entry) => Some(entry.seq),
            Self::SessionStart(_) | Self::Fork(_) => None,
        }
    }

    /// How long its body is, as text.
    pub fn body_bytes(&self) -> usize {
        match self {
            Self::Request(entry) => entry.body.len(),
            Self::Response(entry) => entry.body.as_ref().map_or(0, String::len),
            Self::SessionStart(_) | Self::Fork(_) => 0,
        }
    }

    /// Where the line belongs.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::SessionStart(entry) => &entry.meta,
            Self::Request(entry) => &entry.meta,
            Self::Response(entry) => &entry.meta,
            Self::Fork(entry) => &entry.meta,
        }
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
fn is_true(value: &bool) -> bool {
    *value
}

/// Go writes a map that was never made as `null`.
fn null_as_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
