//! What log lines become: changes to rows. Each change sets absolute values and can be made twice
//! or in another order with the same outcome, so that a retry, a catch-up and a rebuild agree.

use crate::logs::Span;
use crate::model::SessionId;
use crate::provider::{Provider, Usage};
use crate::session::{ChainHash, LinkKey};

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    /// A session exists.
    Session(Box<SessionRow>),
    /// The client's own name for a session, learnt from a request.
    ClientSession(SessionId, String),
    /// A first line that a user wrote, and the number of the request that has it.
    Title(SessionId, u64, String),
    /// A request was sent.
    Request(Box<RequestRow>),
    /// An exchange ended.
    Response(Box<ResponseRow>),
    /// A later request with this key continues the session.
    Link(LinkKey, SessionId),
    /// A line of a file is dealt with.
    Indexed(String, Span),
    /// All of a file is dealt with up to this byte.
    IndexedUpTo(String, u64),
}

/// A session as its first line tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SessionRow {
    pub(super) id: SessionId,
    pub(super) provider: Provider,
    pub(super) upstream: String,
    pub(super) client_session: Option<String>,
    pub(super) created_ms: i64,
    pub(super) file: String,
    /// False when the first line is lost and this was guessed from a request: never overwrites.
    pub(super) told: bool,
}

/// The request's half of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RequestRow {
    pub(super) request_id: String,
    pub(super) session: SessionId,
    pub(super) seq: u64,
    pub(super) provider: Provider,
    pub(super) upstream: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) model: Option<String>,
    pub(super) client_name: String,
    pub(super) client_version: Option<String>,
    pub(super) project: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) started_ms: i64,
    pub(super) request_bytes: u64,
    pub(super) file: String,
    pub(super) span: Span,
    pub(super) chain: Option<ChainHash>,
}

/// The response's half of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResponseRow {
    pub(super) request_id: String,
    pub(super) session: SessionId,
    pub(super) seq: u64,
    pub(super) provider: Provider,
    pub(super) upstream: String,
    /// When the request began, as far as the response knows: used when the request's line is lost.
    pub(super) started_ms: i64,
    pub(super) model: Option<String>,
    pub(super) status: u16,
    pub(super) end_kind: Option<&'static str>,
    pub(super) stop_reason: Option<String>,
    pub(super) error: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) ttfb_ms: u64,
    pub(super) total_ms: u64,
    pub(super) response_bytes: u64,
    pub(super) file: String,
    pub(super) span: Span,
}
