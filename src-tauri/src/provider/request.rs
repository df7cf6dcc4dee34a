//! What a request says, whichever API it speaks.

use serde::Serialize;
use serde_json::Value;

use super::api::{self, Api, Call};
use super::{
    Client, ClientSession, Header, Kind, Message, Provider, anthropic, gemini, json, list, openai, project,
};

/// What could be read of a request; what could not is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RequestFacts {
    /// What it asks for.
    pub kind: Kind,
    /// The model asked for; the answer may name a more exact one.
    pub model: Option<String>,
    /// The client wants a stream.
    pub stream: bool,
    /// The conversation, instructions first.
    pub messages: Vec<Message>,
    /// How many tools the model may call.
    pub tools: usize,
    /// The client's own name for the session.
    pub session: ClientSession,
    /// The program that sent it.
    pub client: Client,
    /// The answer that this request continues (OpenAI Responses): `messages` holds only what is new.
    pub previous_response: Option<String>,
    /// The folder that the agent works in.
    pub project: Option<String>,
}

/// What one API's reader finds in a body.
#[derive(Debug, Default)]
pub(super) struct BodyFacts {
    pub(super) messages: Vec<Message>,
    pub(super) tools: usize,
}

/// Reads a request. `path` is the upstream's, with or without a query; `body` is decoded text, or one
/// frame of a WebSocket. Never fails: an unreadable body gives what path and headers tell.
pub fn read_request(provider: Provider, path: &str, header: Header<'_>, body: &str) -> RequestFacts {
    let call = api::recognise(provider, path);
    let body = json::parse(body).unwrap_or_default();
    let read = if has_messages(call.kind) { read_body(call.api, &body) } else { BodyFacts::default() };
    facts(call, header, &body, read)
}

/// Puts together what was read. Of `body` all counts but its messages.
pub(super) fn facts(call: Call, header: Header<'_>, body: &Value, read: BodyFacts) -> RequestFacts {
    RequestFacts {
        kind: if is_prewarm(header, body) { Kind::Prewarm } else { call.kind },
        model: json::owned(body, "model").or(call.model),
        stream: call.streams || body.get("stream").and_then(Value::as_bool).unwrap_or(false),
        project: project::project(&read.messages),
        messages: read.messages,
        tools: read.tools,
        session: ClientSession::read(header, body),
        client: Client::read(header),
        previous_response: json::owned(body, "previous_response_id"),
    }
}

/// Whether the bodies of such requests have messages that are read.
pub(super) fn has_messages(kind: Kind) -> bool {
    match kind {
        Kind::Chat | Kind::CountTokens | Kind::Prewarm => true,
        Kind::Embeddings | Kind::Models | Kind::Files | Kind::Probe | Kind::Other => false,
    }
}

/// Reads a body's messages and tools.
pub(super) fn read_body(api: Api, body: &Value) -> BodyFacts {
    let mut read = beginning(api, body);
    list::items(api, body).iter().for_each(|item| add_item(api, &mut read.messages, item));
    read
}

/// What a body has beside its list of messages: those that come before them, and the tools.
pub(super) fn beginning(api: Api, body: &Value) -> BodyFacts {
    match api {
        Api::Messages => anthropic::beginning(body),
        Api::ChatCompletions => openai::chat::beginning(body),
        Api::Responses => openai::responses::beginning(body),
        Api::Gemini => gemini::beginning(body),
    }
}

/// Adds what an item of the list says: a message, nothing, or something that belongs to the last message.
pub(super) fn add_item(api: Api, messages: &mut Vec<Message>, item: &Value) {
    let message = match api {
        Api::Messages => anthropic::message(item),
        Api::ChatCompletions => openai::chat::message(item),
        Api::Responses => return openai::responses::add_item(messages, item),
        Api::Gemini => gemini::turn(item),
    };
    messages.extend(message);
}

/// Codex's first frame on a WebSocket.
fn is_prewarm(header: Header<'_>, body: &Value) -> bool {
    body.get("generate").and_then(Value::as_bool) == Some(false)
        || header("x-codex-turn-metadata")
            .and_then(json::parse)
            .is_some_and(|turn| json::text(&turn, "request_kind") == Some("prewarm"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Block, Role};

    fn read(provider: Provider, path: &str, body: &str) -> RequestFacts {
        read_request(provider, path, &|_| None, body)
    }

    #[test]
    fn headers_path_and_body_come_together() {
        let header = |name: &str| match name {
            "user-agent" => Some("claude-cli/2.1.330 (external, cli)"),
            "x-claude-code-session-id" => Some("s-1"),
            _ => None,
        };
        let body = r#"{"model":"claude-sonnet-4-5","stream":true,"system":"Working directory: /srv/a",
            "tools":[{"name":"Bash"}],"messages":[{"role":"user","content":"hi"}]}"#;
        let facts = read_request(Provider::Anthropic, "/v1/messages?beta=true", &header, body);
        assert_eq!((facts.kind, facts.stream, facts.tools), (Kind::Chat, true, 1));
        assert_eq!(facts.model.as_deref(), Some("claude-sonnet-4-5"));
        assert_eq!(facts.session.id.as_deref(), Some("s-1"));
        assert_eq!(facts.client.name, "claude-code");
        assert_eq!(facts.project.as_deref(), Some("/srv/a"));
        assert_eq!(facts.messages.len(), 2);
        assert_eq!(facts.messages[0].role, Role::System);
    }

    #[test]
    fn the_path_names_what_the_body_does_not() {
        let path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse";
        let facts = read(Provider::Gemini, path, r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#);
        assert_eq!((facts.model.as_deref(), facts.stream), (Some("gemini-2.5-pro"), true));
        let facts = read(Provider::Bedrock, "/model/anthropic.claude-x/invoke", r#"{"messages":[]}"#);
        assert_eq!(facts.model.as_deref(), Some("anthropic.claude-x"));
    }

    #[test]
    fn a_prewarm_is_no_turn_but_keeps_its_messages() {
        let frame = r#"{"type":"response.create","generate":false,"model":"gpt-5.2","input":"hi",
            "previous_response_id":"resp_1"}"#;
        let facts = read(Provider::OpenAi, "/v1/responses", frame);
        assert_eq!((facts.kind, facts.messages.len()), (Kind::Prewarm, 1));
        assert_eq!(facts.previous_response.as_deref(), Some("resp_1"));
    }

    #[test]
    fn unreadable_bodies_give_empty_facts() {
        let bodies = ["", "null", "7", "[]", "\"x\"", "{", "\u{0}", "model=x&y", &"[".repeat(10_000)];
        for path in ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1/models/m:generateContent"]
        {
            for body in bodies {
                let facts = read(Provider::Gemini, path, body);
                assert_eq!((facts.messages.len(), facts.tools, facts.kind), (0, 0, Kind::Chat));
            }
        }
    }

    #[test]
    fn a_lone_surrogate_does_not_hide_the_request() {
        let body = r#"{"messages":[{"role":"user","content":"cut \ud83d"}]}"#;
        let facts = read(Provider::OpenAi, "/v1/chat/completions", body);
        assert_eq!(facts.messages[0].blocks, [Block::Text("cut \u{fffd}".into())]);
    }
}
