//! What goes over the wire: request bodies shaped like Claude Code's and Codex's, and the mock
//! answers to them.
//!
//! The client says what it wants in the `model` field of the body (`mock-json-b2048`,
//! `mock-sse-n150-d20000-t24`), because that field gets through every kind of proxy, while a
//! custom header or query need not. Answers are a pure function of (API, spec, timestamps), so the
//! client can rebuild the expected bytes and compare hashes.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// Width of the send timestamp inside an SSE event: `@` and 19 digits of CLOCK_MONOTONIC ns.
pub const STAMP_DIGITS: usize = 19;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    Anthropic,
    OpenaiChat,
    OpenaiResponses,
}

impl Api {
    pub fn path(self) -> &'static str {
        match self {
            Api::Anthropic => "/v1/messages",
            Api::OpenaiChat => "/v1/chat/completions",
            Api::OpenaiResponses => "/v1/responses",
        }
    }

    /// The `{provider}` segment of a `/{provider}/{upstream}/{path}` proxy URL.
    pub fn provider(self) -> &'static str {
        match self {
            Api::Anthropic => "anthropic",
            _ => "openai",
        }
    }

    pub fn from_path(path: &str) -> Api {
        if path.ends_with("/chat/completions") {
            Api::OpenaiChat
        } else if path.ends_with("/responses") {
            Api::OpenaiResponses
        } else {
            Api::Anthropic
        }
    }
}

/// What the mock upstream shall answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spec {
    /// One JSON body of about `bytes` bytes.
    Json { bytes: usize },
    /// `events` text deltas, `delay_us` apart (0: as fast as the socket takes them).
    Sse { events: usize, delay_us: u64, text: usize },
}

impl Spec {
    pub fn model(self) -> String {
        match self {
            Spec::Json { bytes } => format!("mock-json-b{bytes}"),
            Spec::Sse { events, delay_us, text } => format!("mock-sse-n{events}-d{delay_us}-t{text}"),
        }
    }

    /// Finds the spec in a request body, wherever the proxy has put the `model` field.
    pub fn find(body: &[u8]) -> Option<Spec> {
        let at = memchr::memmem::find(body, b"mock-")?;
        let tail = &body[at..body.len().min(at + 80)];
        let end = tail.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'-'))?;
        Spec::parse(std::str::from_utf8(&tail[..end]).ok()?)
    }

    pub fn parse(model: &str) -> Option<Spec> {
        let mut parts = model.split('-');
        if parts.next() != Some("mock") {
            return None;
        }
        let kind = parts.next()?;
        let (mut n, mut d, mut t, mut b) = (100usize, 0u64, 24usize, 1024usize);
        for p in parts {
            let (key, value) = p.split_at_checked(1)?;
            match key {
                "n" => n = value.parse().ok()?,
                "d" => d = value.parse().ok()?,
                "t" => t = value.parse().ok()?,
                "b" => b = value.parse().ok()?,
                _ => return None,
            }
        }
        match kind {
            "json" => Some(Spec::Json { bytes: b }),
            "sse" => Some(Spec::Sse { events: n, delay_us: d, text: t }),
            _ => None,
        }
    }
}

const WORDS: &[&str] = &[
    "the",
    "function",
    "returns",
    "a",
    "stream",
    "of",
    "events",
    "which",
    "we",
    "parse",
    "into",
    "typed",
    "blocks",
    "before",
    "writing",
    "them",
    "to",
    "disk",
    "so",
    "that",
    "each",
    "session",
    "can",
    "be",
    "replayed",
    "later",
    "without",
    "asking",
    "provider",
    "again",
    "error",
    "handling",
    "let",
    "mut",
    "buffer",
    "\\n",
    "if",
    "value",
    "is",
    "empty",
    "then",
    "continue",
    "otherwise",
    "push",
    "\\\"quoted\\\"",
    "path",
    "src/main.rs",
    "line",
    "42",
    "caf\u{e9}",
    "\u{2713}",
    "index",
];

/// JSON-safe filler of about `n` bytes (never more than `n + 16`), deterministic in `seed`.
pub fn filler(n: usize, seed: u64) -> String {
    let mut s = String::with_capacity(n + 16);
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    while s.len() < n {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        s.push_str(WORDS[(x >> 33) as usize % WORDS.len()]);
        s.push(' ');
    }
    s
}

/// A request body of about `bytes` bytes, shaped like a coding agent's: system prompt, tools, a
/// growing list of messages, and the client's session id where each API carries it.
pub fn request_body(api: Api, spec: Spec, bytes: usize, session: u64) -> Vec<u8> {
    let stream = matches!(spec, Spec::Sse { .. });
    let model = spec.model();
    let sid = format!("{session:08x}-5e55-4a1b-9c0d-{:012x}", session ^ 0xabcdef);
    let mut s = String::with_capacity(bytes + 2048);
    let turns = |s: &mut String, target: usize, text_key: &str| {
        // Alternating turns of 1-4 KB, as in an agent's history; at least one user turn.
        let mut i = 0u64;
        loop {
            let room = target.saturating_sub(s.len() + 80);
            let n = room.min(1024 + (i as usize % 4) * 1024);
            let role = if i.is_multiple_of(2) { "user" } else { "assistant" };
            let kind = if text_key == "text" {
                "text"
            } else if i.is_multiple_of(2) {
                "input_text"
            } else {
                "output_text"
            };
            if i > 0 {
                s.push(',');
            }
            let _ = write!(
                s,
                r#"{{"role":"{role}","content":[{{"type":"{kind}","text":"{}"}}]}}"#,
                filler(n, session * 1000 + i)
            );
            i += 1;
            if s.len() + 160 >= target && i % 2 == 1 {
                break;
            }
        }
    };
    match api {
        Api::Anthropic => {
            let _ = write!(
                s,
                r#"{{"model":"{model}","max_tokens":32000,"stream":{stream},"metadata":{{"user_id":"user_{:064x}_account_00000000-0000-4000-8000-000000000000_session_{sid}"}},"system":[{{"type":"text","text":"You are Claude Code, Anthropic's official CLI for Claude.","cache_control":{{"type":"ephemeral"}}}}],"tools":[{{"name":"Bash","description":"Runs a command","input_schema":{{"type":"object","properties":{{"command":{{"type":"string"}}}}}}}}],"messages":["#,
                0xfeed
            );
            turns(&mut s, bytes.saturating_sub(2), "text");
            s.push_str("]}");
        }
        Api::OpenaiChat => {
            let _ = write!(
                s,
                r#"{{"model":"{model}","stream":{stream},"metadata":{{"session_id":"{sid}"}},"messages":["#
            );
            turns(&mut s, bytes.saturating_sub(2), "text");
            s.push_str("]}");
        }
        Api::OpenaiResponses => {
            let _ = write!(
                s,
                r#"{{"model":"{model}","stream":{stream},"store":false,"metadata":{{"session_id":"{sid}"}},"instructions":"You are Codex.","input":["#
            );
            turns(&mut s, bytes.saturating_sub(2), "input");
            s.push_str("]}");
        }
    }
    s.into_bytes()
}

/// The non-streaming answer.
pub fn json_answer(api: Api, bytes: usize) -> Vec<u8> {
    let text = filler(bytes.saturating_sub(330), 7);
    match api {
        Api::Anthropic => format!(
            r#"{{"id":"msg_01MockMockMockMockMockMock","type":"message","role":"assistant","model":"claude-mock","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":2095,"cache_creation_input_tokens":0,"cache_read_input_tokens":18000,"output_tokens":503}}}}"#
        ),
        Api::OpenaiChat => format!(
            r#"{{"id":"chatcmpl-mock","object":"chat.completion","created":1760000000,"model":"gpt-mock","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":2095,"completion_tokens":503,"total_tokens":2598}}}}"#
        ),
        Api::OpenaiResponses => format!(
            r#"{{"id":"resp_mock","object":"response","created_at":1760000000,"status":"completed","model":"gpt-mock","output":[{{"type":"message","id":"msg_mock","status":"completed","role":"assistant","content":[{{"type":"output_text","text":"{text}","annotations":[]}}]}}],"usage":{{"input_tokens":2095,"output_tokens":503,"total_tokens":2598}}}}"#
        ),
    }
    .into_bytes()
}

/// The events before the deltas, as one block.
pub fn sse_head(api: Api) -> String {
    match api {
        Api::Anthropic => concat!(
            "event: message_start\n",
            r#"data: {"type":"message_start","message":{"id":"msg_01MockMockMockMockMockMock","type":"message","role":"assistant","model":"claude-mock","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":2095,"cache_creation_input_tokens":0,"cache_read_input_tokens":18000,"output_tokens":1}}}"#,
            "\n\nevent: content_block_start\n",
            r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            "\n\nevent: ping\n",
            r#"data: {"type": "ping"}"#,
            "\n\n"
        )
        .to_string(),
        Api::OpenaiChat => concat!(
            r#"data: {"id":"chatcmpl-mock","object":"chat.completion.chunk","created":1760000000,"model":"gpt-mock","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
            "\n\n"
        )
        .to_string(),
        Api::OpenaiResponses => concat!(
            "event: response.created\n",
            r#"data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_mock","object":"response","status":"in_progress","model":"gpt-mock","output":[]}}"#,
            "\n\nevent: response.output_item.added\n",
            r#"data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_mock","type":"message","status":"in_progress","role":"assistant","content":[]}}"#,
            "\n\n"
        )
        .to_string(),
    }
}

/// One text delta, with its send time in it.
pub fn sse_delta(out: &mut String, api: Api, i: usize, text: &str, now_ns: u64) {
    let _ = match api {
        Api::Anthropic => write!(
            out,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"@{now_ns:019} {text}\"}}}}\n\n"
        ),
        Api::OpenaiChat => write!(
            out,
            "data: {{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"gpt-mock\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"@{now_ns:019} {text}\"}},\"finish_reason\":null}}]}}\n\n"
        ),
        Api::OpenaiResponses => write!(
            out,
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"sequence_number\":{},\"item_id\":\"msg_mock\",\"output_index\":0,\"content_index\":0,\"delta\":\"@{now_ns:019} {text}\"}}\n\n",
            i + 2
        ),
    };
}

/// The events after the deltas, as one block.
pub fn sse_tail(api: Api, events: usize) -> String {
    match api {
        Api::Anthropic => format!(
            "event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":0}}\n\nevent: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}},\"usage\":{{\"output_tokens\":{events}}}}}\n\nevent: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n"
        ),
        Api::OpenaiChat => format!(
            "data: {{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"gpt-mock\",\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":2095,\"completion_tokens\":{events},\"total_tokens\":2598}}}}\n\ndata: [DONE]\n\n"
        ),
        Api::OpenaiResponses => format!(
            "event: response.completed\ndata: {{\"type\":\"response.completed\",\"sequence_number\":{},\"response\":{{\"id\":\"resp_mock\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"gpt-mock\",\"usage\":{{\"input_tokens\":2095,\"output_tokens\":{events},\"total_tokens\":2598}}}}}}\n\n",
            events + 2
        ),
    }
}

/// Length and hash of the whole answer, with every timestamp read as zeros.
pub fn expected(api: Api, spec: Spec) -> (u64, u64) {
    let body = match spec {
        Spec::Json { bytes } => json_answer(api, bytes),
        Spec::Sse { events, text, .. } => {
            let filler = filler(text, 3);
            let mut s = sse_head(api);
            for i in 0..events {
                sse_delta(&mut s, api, i, &filler, 0);
            }
            s.push_str(&sse_tail(api, events));
            s.into_bytes()
        }
    };
    (body.len() as u64, xxhash_rust::xxh3::xxh3_64(&body))
}

pub fn now_ns() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spec_survives_the_body() {
        for api in [Api::Anthropic, Api::OpenaiChat, Api::OpenaiResponses] {
            for (spec, size) in [
                (Spec::Json { bytes: 2048 }, 2048),
                (Spec::Sse { events: 150, delay_us: 20_000, text: 24 }, 200 * 1024),
            ] {
                let body = request_body(api, spec, size, 9);
                assert_eq!(Spec::find(&body), Some(spec));
                let _: serde_json::Value = serde_json::from_slice(&body).unwrap();
                assert!(body.len().abs_diff(size) < 1400, "{api:?} {size} -> {}", body.len());
            }
        }
    }

    #[test]
    fn answers_are_valid_json_of_about_the_size_asked_for() {
        for api in [Api::Anthropic, Api::OpenaiChat, Api::OpenaiResponses] {
            let a = json_answer(api, 1 << 20);
            let _: serde_json::Value = serde_json::from_slice(&a).unwrap();
            assert!(a.len().abs_diff(1 << 20) < 512);
            let mut d = String::new();
            sse_delta(&mut d, api, 0, &filler(24, 3), now_ns());
            let data = d.lines().find_map(|l| l.strip_prefix("data: ")).unwrap();
            let _: serde_json::Value = serde_json::from_str(data).unwrap();
        }
    }
}
