use serde_json::json;

use super::*;
use crate::provider::{AnswerBody, Provider, read_answer};

fn read_body(body: &Value) -> BodyFacts {
    crate::provider::request::read_body(crate::provider::api::Api::Messages, body)
}

fn streamed(events: &[Value]) -> Answer {
    let text: String = events.iter().map(|event| format!("event: x\ndata: {event}\n\n")).collect();
    read_answer(Provider::Anthropic, "/v1/messages", AnswerBody::Events(&text))
}

#[test]
fn a_conversation_of_claude_code_becomes_messages() {
    let body = json!({
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.330.572; cch=0a1b2;"},
            {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
        ],
        "tools": [{"name": "Bash"}, {"type": "web_search_20250305", "name": "web_search"}],
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "x"},
                {"type": "text", "text": ""},
                {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": [
                    {"type": "text", "text": "a"}, {"type": "text", "text": "b"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}},
                ]},
            ]},
            {"role": "system", "content": "reminder"},
            {"role": "user", "content": [
                {"type": "image", "source": {"type": "url", "url": "https://x.example/i.png"}},
                {"type": "document", "source": {"data": "x".repeat(100_000)}},
            ]},
        ],
    });
    let facts = read_body(&body);
    assert_eq!(facts.tools, 2);
    let roles: Vec<Role> = facts.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool, Role::System, Role::User]);
    assert_eq!(facts.messages[0].blocks, [Block::Text("You are Claude Code.".into())]);
    assert_eq!(
        facts.messages[2].blocks,
        [
            Block::Thinking { text: "hm".into(), redacted: false },
            Block::Thinking { text: String::new(), redacted: true },
            Block::ToolCall { id: "t1".into(), name: "Bash".into(), input: json!({"command": "ls"}) },
        ]
    );
    let images = vec![Image::encoded(Some("image/png".into()), "QUJD")];
    let result = Block::ToolResult { id: "t1".into(), text: "a\nb".into(), is_error: true, images };
    assert_eq!(facts.messages[3].blocks, [result]);
    let [Block::Image(Image { url: Some(url), .. }), Block::Other { kind, json }] =
        facts.messages[5].blocks.as_slice()
    else {
        panic!("{:?}", facts.messages[5]);
    };
    assert_eq!((url.as_str(), kind.as_str()), ("https://x.example/i.png", "document"));
    assert_eq!(json["source"]["data"], "(100000 bytes)");
}

#[test]
fn a_system_of_the_billing_line_alone_is_none() {
    for system in [json!("x-anthropic-billing-header: a"), json!([]), json!(null), json!(7)] {
        assert!(read_body(&json!({"system": system})).messages.is_empty());
    }
}

/// As the API writes it, counts split over two events.
fn stream_events() -> Vec<Value> {
    vec![
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-sonnet-4-5", "content": [], "stop_reason": null, "usage": {"input_tokens": 123,
            "cache_creation_input_tokens": 1000, "cache_read_input_tokens": 2000, "output_tokens": 1,
            "cache_creation": {"ephemeral_5m_input_tokens": 600, "ephemeral_1h_input_tokens": 400}}}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "let "}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "me"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hel"}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "lo"}}),
        json!({"type": "content_block_start", "index": 2, "content_block":
            {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}}),
        json!({"type": "content_block_delta", "index": 2, "delta":
            {"type": "input_json_delta", "partial_json": "{\"command\":"}}),
        json!({"type": "content_block_delta", "index": 2, "delta":
            {"type": "input_json_delta", "partial_json": "\"ls\"}"}}),
        json!({"type": "content_block_stop", "index": 2}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null},
            "usage": {"output_tokens": 16, "input_tokens": null}}),
        json!({"type": "message_stop"}),
    ]
}

#[test]
fn a_stream_is_put_together() {
    let answer = streamed(&stream_events());
    assert!(answer.finished);
    assert_eq!((answer.id.as_deref(), answer.model.as_deref()), (Some("msg_1"), Some("claude-sonnet-4-5")));
    assert_eq!(answer.stop_reason.as_deref(), Some("tool_use"));
    assert_eq!(
        answer.message.unwrap().blocks,
        [
            Block::Thinking { text: "let me".into(), redacted: false },
            Block::Text("Hello".into()),
            Block::ToolCall { id: "t1".into(), name: "Bash".into(), input: json!({"command": "ls"}) },
        ]
    );
    let usage = Usage {
        input_tokens: Some(123),
        output_tokens: Some(16),
        cache_read_tokens: Some(2000),
        cache_write_tokens: Some(1000),
        cache_write_1h_tokens: Some(400),
        reasoning_tokens: None,
    };
    assert_eq!(answer.usage, Some(usage));
}

/// A message is found again by what it says: it must read alike streamed, whole, and sent back.
#[test]
fn streamed_whole_and_sent_back_are_one_message() {
    let message = json!({"role": "assistant", "content": [
        {"type": "thinking", "thinking": "let me", "signature": "s"},
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}},
    ]});
    let whole = read_answer(Provider::Bedrock, "/model/m/invoke", AnswerBody::Json(&message.to_string()));
    assert!(whole.finished);
    let sent_back = read_body(&json!({"messages": [message]})).messages.remove(0);
    assert_eq!(whole.message, Some(sent_back));
    assert_eq!(streamed(&stream_events()).message, whole.message);
}

#[test]
fn a_cut_stream_keeps_what_came_and_says_so() {
    let answer = streamed(&stream_events()[..12]);
    assert!(!answer.finished);
    let blocks = answer.message.unwrap().blocks;
    assert_eq!(blocks[1], Block::Text("Hello".into()));
    let cut = Block::ToolCall { id: "t1".into(), name: "Bash".into(), input: json!("{\"command\":") };
    assert_eq!(blocks[2], cut);
}

#[test]
fn a_stream_that_lost_its_beginning_is_read_from_where_it_is() {
    let answer = streamed(&stream_events()[8..]);
    let blocks = answer.message.unwrap().blocks;
    assert_eq!(blocks[0], Block::Text("Hello".into()));
    assert!(answer.finished);
}

#[test]
fn an_error_event_ends_the_stream() {
    let mut events = stream_events();
    events.truncate(9);
    events.push(json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    let answer = streamed(&events);
    let error = answer.error.unwrap();
    assert_eq!((error.kind.as_str(), error.message.as_str()), ("overloaded_error", "Overloaded"));
    assert!(answer.finished && answer.message.is_some());
}

#[test]
fn server_tools_are_calls_and_results() {
    let body = json!({"content": [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [
            {"type": "web_search_result", "url": "https://x.example", "title": "X"}]},
        {"type": "code_execution_tool_result", "tool_use_id": "s2", "content": {"type": "x", "stdout": "1"}},
    ]});
    let blocks = super::read_answer(&body).message.unwrap().blocks;
    assert!(matches!(&blocks[0], Block::ToolCall { name, .. } if name == "web_search"));
    assert!(
        matches!(&blocks[1], Block::ToolResult { id, text, .. } if id == "s1" && text.contains("x.example"))
    );
    assert!(
        matches!(&blocks[2], Block::ToolResult { id, text, .. } if id == "s2" && text.contains("stdout"))
    );
}
