//! The names of filters, and what each may be given.

use super::Scope;
use super::amount::Unit;

/// A filter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The program that asked.
    Client,
    /// The model.
    Model,
    /// What the request asks for.
    Kind,
    /// The HTTP status.
    Status,
    /// How the exchange went.
    Is,
    /// The session's id.
    Session,
    /// The folder that the agent works in.
    Project,
    /// The upstream.
    Host,
    /// The path.
    Path,
    /// The method.
    Method,
    /// All input tokens. In texts also where they stand.
    In,
    /// Output tokens.
    Out,
    /// Input tokens out of the provider's cache.
    Cached,
    /// What it cost.
    Cost,
    /// Time to the end.
    Duration,
    /// Time to the first byte.
    FirstByte,
    /// Wire bytes of both bodies.
    Size,
    /// Why the model stopped.
    Stop,
    /// The request's id.
    Id,
    /// The sub-agent that asked.
    Agent,
    /// Exchanges that began before.
    Before,
    /// Exchanges that began then or later.
    After,
    /// The tool that is called; of texts also the one whose result it is.
    Tool,
    /// Who says it; of texts only.
    Role,
}

const KEYS: [(Key, &str); 24] = [
    (Key::Client, "client"),
    (Key::Model, "model"),
    (Key::Kind, "kind"),
    (Key::Status, "status"),
    (Key::Is, "is"),
    (Key::Session, "session"),
    (Key::Project, "project"),
    (Key::Host, "host"),
    (Key::Path, "path"),
    (Key::Method, "method"),
    (Key::In, "in"),
    (Key::Out, "out"),
    (Key::Cached, "cached"),
    (Key::Cost, "cost"),
    (Key::Duration, "dur"),
    (Key::FirstByte, "ttft"),
    (Key::Size, "size"),
    (Key::Stop, "stop"),
    (Key::Id, "id"),
    (Key::Agent, "agent"),
    (Key::Before, "before"),
    (Key::After, "after"),
    (Key::Tool, "tool"),
    (Key::Role, "role"),
];

impl Key {
    /// The filter of this name.
    pub fn named(name: &str, scope: Scope) -> Option<Self> {
        let found = KEYS.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(key, _)| *key);
        found.filter(|key| key.is_of(scope))
    }

    /// All names, for people.
    pub fn list(scope: Scope) -> String {
        let known = KEYS.iter().filter(|(key, _)| key.is_of(scope));
        known.map(|(_, name)| format!("{name}:")).collect::<Vec<_>>().join(" ")
    }

    fn is_of(self, scope: Scope) -> bool {
        scope == Scope::Texts || self != Self::Role
    }

    pub(super) fn name(self) -> &'static str {
        KEYS.iter().find(|(key, _)| *key == self).map_or("", |(_, name)| name)
    }

    /// What its values can be, for people.
    pub(super) fn allowed(self, scope: Scope) -> &'static str {
        match self {
            Self::Client | Self::Model | Self::Tool | Self::Project | Self::Host | Self::Path => {
                "part of a name, =name for exactly that, or * for any"
            }
            Self::Stop | Self::Agent => "part of a word, =word for exactly that, or * for any",
            Self::Method => "a method such as POST",
            Self::Kind => {
                "chat, prewarm, count_tokens, embeddings, models, files, probe, other, or * for any"
            }
            Self::Status => "429, 5xx, >=400, <500, 400..499, or * for any",
            Self::Is => "error, slow, streaming, retry or cachemiss",
            Self::Session => "the beginning of a session's id",
            Self::Id => "the beginning of a request's id",
            Self::Role => "user, assistant, system or tool",
            Self::In if scope == Scope::Texts => {
                "prompt, answer, thinking, tool, result or system; or tokens as in 10k, >10 or 1k..5k"
            }
            Self::In | Self::Out | Self::Cached => "tokens as in 10k, >10, 1k..5k, or * for any",
            Self::Cost => "dollars as in >$0.5, 0.1..2, or * for any",
            Self::Duration | Self::FirstByte => "a time as in >5s, <200ms, 1m..2m, or * for any",
            Self::Size => "bytes as in >1MB, 10k..1MB, or * for any",
            Self::Before | Self::After => {
                "2026-11-23 or 2026-11-23T03:08:29Z, a day beginning at midnight UTC, or 24h for so long ago"
            }
        }
    }

    /// How its amounts are written; none: it is no amount.
    pub(super) fn unit(self) -> Option<Unit> {
        match self {
            Self::In | Self::Out | Self::Cached => Some(Unit::Count),
            Self::Cost => Some(Unit::NanoUsd),
            Self::Duration | Self::FirstByte => Some(Unit::Milliseconds),
            Self::Size => Some(Unit::Bytes),
            Self::Client
            | Self::Model
            | Self::Kind
            | Self::Status
            | Self::Is
            | Self::Session
            | Self::Project
            | Self::Host
            | Self::Path
            | Self::Method
            | Self::Stop
            | Self::Id
            | Self::Agent
            | Self::Before
            | Self::After
            | Self::Tool
            | Self::Role => None,
        }
    }

    /// What it is about, over an exchange `e`; null when it is not known. None: it is no single value.
    pub(super) fn column(self) -> Option<&'static str> {
        Some(match self {
            Self::Client => "e.client_name",
            Self::Model => "e.model",
            Self::Kind => "e.kind",
            Self::Status => "e.status",
            Self::Session => "e.session",
            Self::Project => "e.project",
            Self::Host => "e.upstream",
            Self::Path => "e.path",
            Self::Method => "e.method",
            Self::In => {
                "(e.input_tokens + coalesce(e.cache_read_tokens, 0) + coalesce(e.cache_write_tokens, 0))"
            }
            Self::Out => "e.output_tokens",
            Self::Cached => "e.cache_read_tokens",
            Self::Cost => "e.cost_nanousd",
            Self::Duration => "e.total_ms",
            Self::FirstByte => "e.ttfb_ms",
            Self::Size => "(coalesce(e.request_bytes, 0) + coalesce(e.response_bytes, 0))",
            Self::Stop => "e.stop_reason",
            Self::Id => "e.request_id",
            Self::Agent => "e.agent",
            Self::Is | Self::Before | Self::After | Self::Tool | Self::Role => return None,
        })
    }
}
