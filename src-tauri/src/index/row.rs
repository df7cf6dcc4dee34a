//! What log lines become: changes to rows. Each change sets absolute values and can be made twice
//! or in another order with the same outcome, so that a retry, a catch-up and a rebuild agree.

use super::messages::MessageHash;
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
    /// Something was said.
    Message(Box<MessageRow>),
    /// A line of a file is dealt with.
    Indexed(String, Span),
    /// All of a file is dealt with up to this byte.
    IndexedUpTo(String, u64),
}

impl Op {
    /// How much room the change takes while it waits: 1 for each half KiB begun. Only texts are
    /// larger than that.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Message(row) => 1 + row.text.len() / 512,
            Self::Session(_)
            | Self::ClientSession(..)
            | Self::Title(..)
            | Self::Request(_)
            | Self::Response(_)
            | Self::Link(..)
            | Self::Indexed(..)
            | Self::IndexedUpTo(..) => 1,
        }
    }
}

/// How much room some changes take while they wait.
pub(super) fn weight(ops: &[Op]) -> usize {
    ops.iter().map(Op::weight).sum()
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
    /// How many gaps its line names.
    pub(super) gaps: u64,
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
    /// How many gaps its line names.
    pub(super) gaps: u64,
    pub(super) file: String,
    pub(super) span: Span,
}

/// A text, and where it was first said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MessageRow {
    pub(super) session: SessionId,
    pub(super) hash: MessageHash,
    pub(super) request_id: String,
    pub(super) seq: u64,
    /// Where the line that has it begins.
    pub(super) line_offset: u64,
    pub(super) role: &'static str,
    pub(super) kind: &'static str,
    pub(super) tool: Option<String>,
    pub(super) text: String,
}
