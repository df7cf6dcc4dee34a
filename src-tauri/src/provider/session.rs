//! The client's own name for its session. Clients change these fields between releases, so each is
//! optional; the ladder below is the one place that knows them, most trusted first.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Header, json};

/// Longer ids are no ids.
const MAX_ID_CHARS: usize = 256;

/// What a client says of the session it is in. Scope it by provider and upstream: nothing keeps two
/// programs from choosing the same id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSession {
    /// The session.
    pub id: Option<String>,
    /// The field it came from.
    #[serde(skip_deserializing)]
    pub source: Option<&'static str>,
    /// The sub-agent that speaks; none for the main one.
    pub agent: Option<String>,
    /// Who started that sub-agent, where the client says so.
    pub parent_agent: Option<String>,
}

/// A sub-agent whose client does not name it.
const UNNAMED_AGENT: &str = "subagent";

impl ClientSession {
    /// Reads headers and the body (`Null` when there is none to read).
    pub(super) fn read(header: Header<'_>, body: &Value) -> Self {
        let turn = turn_metadata(header, body);
        let found = claude_code(header, body)
            .or_else(|| codex(header, &turn, body))
            .or_else(|| by_headers(header))
            .or_else(|| by_body(body))
            .or_else(|| session_like(body));
        let (source, id) = found.unzip();
        let parent_agent = accepted(header("x-claude-code-parent-agent-id"))
            .or_else(|| accepted(json::text(&turn, "parent_thread_id")))
            .or_else(|| accepted(header("x-codex-parent-thread-id")))
            .or_else(|| accepted(header("x-parent-session-id")));
        Self { id, source, agent: agent(header, &turn, body), parent_agent }
    }
}

type Found = Option<(&'static str, String)>;

/// An id as sent, if it can be one at all.
fn accepted(id: Option<&str>) -> Option<String> {
    let id = id?.trim();
    let fits = !id.is_empty() && id.chars().count() <= MAX_ID_CHARS && !id.contains(char::is_control);
    fits.then(|| id.to_owned())
}

fn first_header(header: Header<'_>, names: &[&'static str]) -> Found {
    names.iter().find_map(|name| Some((*name, accepted(header(name))?)))
}

fn first_field(object: &Value, fields: &[(&'static str, &str)]) -> Found {
    fields.iter().find_map(|(source, key)| Some((*source, accepted(json::text(object, key))?)))
}

fn claude_code(header: Header<'_>, body: &Value) -> Found {
    if let Some(found) = first_header(header, &["x-claude-code-session-id"]) {
        return Some(found);
    }
    let user_id = json::text(body.get("metadata")?, "user_id")?;
    if user_id.starts_with('{') {
        let id = accepted(json::text(&json::parse(user_id)?, "session_id"))?;
        return Some(("metadata.user_id.session_id", id));
    }
    let (user, id) = user_id.rsplit_once("_session_")?;
    let id = accepted(Some(id)).filter(|_| user.starts_with("user_"))?;
    Some(("metadata.user_id._session_", id))
}

/// Codex's turn metadata: JSON in a header, or, over WebSocket, repeated in the frame.
fn turn_metadata(header: Header<'_>, body: &Value) -> Value {
    let repeated = body.get("client_metadata");
    let text = header("x-codex-turn-metadata").or_else(|| json::text(repeated?, "x-codex-turn-metadata"));
    text.and_then(json::parse).or_else(|| repeated.cloned()).unwrap_or_default()
}

fn codex(header: Header<'_>, turn: &Value, body: &Value) -> Found {
    first_field(turn, &[("turn_metadata.session_id", "session_id"), ("turn_metadata.thread_id", "thread_id")])
        .or_else(|| first_header(header, &["thread-id", "session-id", "session_id", "conversation_id"]))
        .or_else(|| {
            let repeated = body.get("client_metadata")?;
            first_field(
                repeated,
                &[("client_metadata.thread-id", "thread-id"), ("client_metadata.session-id", "session-id")],
            )
        })
        // A cache key is a session only with those who use it so: others share one among all sessions.
        .or_else(|| {
            first_field(body, &[("prompt_cache_key", "prompt_cache_key")])
                .filter(|_| keys_cache_by_session(header))
        })
}

fn keys_cache_by_session(header: Header<'_>) -> bool {
    let says = |name| {
        let value = header(name).unwrap_or_default().to_ascii_lowercase();
        ["codex", "kimi", "opencode"].iter().any(|client| value.starts_with(client))
    };
    says("originator") || says("user-agent")
}

fn by_headers(header: Header<'_>) -> Found {
    let names =
        ["x-session-id", "x-opencode-session", "x-session-affinity", "x-grok-conv-id", "x-grok-session-id"];
    first_header(header, &names)
}

fn by_body(body: &Value) -> Found {
    let code_assist = body.get("request").unwrap_or(&Value::Null);
    let metadata = body.get("metadata").unwrap_or(&Value::Null);
    first_field(code_assist, &[("request.session_id", "session_id")]).or_else(|| {
        first_field(
            metadata,
            &[
                ("metadata.session_id", "session_id"),
                ("metadata.conversation_id", "conversation_id"),
                ("metadata.thread_id", "thread_id"),
            ],
        )
    })
}

/// Fields meant for other things, which some callers fill with a session.
fn session_like(body: &Value) -> Found {
    let metadata = body.get("metadata").unwrap_or(&Value::Null);
    let fields = [
        (body, "prompt_cache_key", "prompt_cache_key"),
        (body, "user", "user"),
        (metadata, "metadata.user_id", "user_id"),
    ];
    fields.into_iter().find_map(|(object, source, key)| {
        let id = accepted(json::text(object, key)).filter(|id| is_session_like(id))?;
        Some((source, id))
    })
}

/// True for a UUID, and for a text in which `session`, `conv`… is followed by an id. A person's name
/// or e-mail address never is: it would join all that person's sessions into one.
fn is_session_like(text: &str) -> bool {
    if text.contains('@') {
        return false;
    }
    if uuid::Uuid::try_parse(text).is_ok() || text.strip_prefix("ses_").is_some_and(is_id) {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    ["session", "conversation", "conv", "thread"].iter().any(|word| {
        lower.match_indices(word).any(|(at, _)| {
            let starts = !lower[..at].ends_with(char::is_alphanumeric);
            starts && is_named_id(&lower[at + word.len()..])
        })
    })
}

/// `_1234abcd`, `-id=1234abcd`, `:1234abcd`.
fn is_named_id(rest: &str) -> bool {
    let is_separator = |char| matches!(char, '_' | '-' | ':' | '=' | '.' | '/');
    let Some(rest) = rest.strip_prefix(is_separator) else { return false };
    let named = rest.strip_prefix("id").and_then(|rest| rest.strip_prefix(is_separator));
    is_id(named.unwrap_or(rest))
}

fn is_id(text: &str) -> bool {
    text.len() >= 4
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn agent(header: Header<'_>, turn: &Value, body: &Value) -> Option<String> {
    accepted(header("x-claude-code-agent-id"))
        .or_else(|| accepted(json::text(turn, "agent_name")).filter(|name| name != "/root"))
        .or_else(|| accepted(header("x-openai-subagent")))
        .or_else(|| billing_line(body)?.contains("cc_is_subagent=true").then(|| UNNAMED_AGENT.to_owned()))
}

/// The pseudo header that Claude Code puts first among its system blocks.
fn billing_line(body: &Value) -> Option<&str> {
    json::items(body, "system")
        .iter()
        .filter_map(|block| json::text(block, "text"))
        .find(|text| super::anthropic::is_billing_line(text))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
