use serde_json::json;

use super::*;
use crate::provider::{AnswerBody, Image, Provider, read_answer};

fn read_body(body: &Value) -> BodyFacts {
    crate::provider::request::read_body(crate::provider::api::Api::ChatCompletions, body)
}

const PATH: &str = "/v1/chat/completions";

fn streamed(chunks: &[Value], done: bool) -> Answer {
    let mut text: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    if done {
        text.push_str("data: [DONE]\n\n");
    }
    read_answer(Provider::OpenAi, PATH, AnswerBody::Events(&text))
}

fn delta(delta: &Value) -> Value {
    json!({"id": "chatcmpl-1", "model": "gpt-5.2", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn call(id: &str, name: &str, input: Value) -> Block {
    Block::ToolCall { id: id.into(), name: name.into(), input }
}

#[test]
fn a_conversation_becomes_messages() {
    let body = json!({
        "tools": [{"type": "function", "function": {"name": "get"}}],
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
                {"type": "input_audio", "input_audio": {"data": "x".repeat(20_000), "format": "wav"}},
            ]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "get", "arguments": "{\"city\":\"Bonn\"}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "warm"},
            {"role": "assistant", "refusal": "no"},
            {"content": "no role"},
        ],
    });
    let facts = read_body(&body);
    assert_eq!((facts.tools, facts.messages.len()), (1, 5));
    assert_eq!(facts.messages[0].role, Role::System);
    let image = Block::Image(Image::encoded(Some("image/png".into()), "QUJD"));
    assert_eq!(facts.messages[1].blocks[1], image);
    assert!(facts.messages[1].blocks[2] != image && facts.messages[1].blocks.len() == 3);
    assert_eq!(facts.messages[2].blocks, [call("c1", "get", json!({"city": "Bonn"}))]);
    let result = Block::ToolResult { id: "c1".into(), text: "warm".into(), is_error: false, images: vec![] };
    assert_eq!((facts.messages[3].role, &facts.messages[3].blocks[0]), (Role::Tool, &result));
    assert_eq!(facts.messages[4].blocks, [Block::Text("no".into())]);
}

#[test]
fn the_older_completions_have_a_prompt_and_a_text() {
    assert_eq!(read_body(&json!({"prompt": "once"})).messages[0].blocks, [Block::Text("once".into())]);
    let body = json!({"choices": [{"text": " upon", "finish_reason": "length"}]}).to_string();
    let answer = read_answer(Provider::OpenAi, "/v1/completions", AnswerBody::Json(&body));
    assert_eq!(answer.message.unwrap().blocks, [Block::Text(" upon".into())]);
}

#[test]
fn a_whole_answer_and_its_usage_without_the_cached_part() {
    let body = json!({"id": "chatcmpl-1", "model": "gpt-5.2", "object": "chat.completion",
        "usage": {"prompt_tokens": 321, "completion_tokens": 45, "total_tokens": 366,
            "prompt_tokens_details": {"cached_tokens": 128, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 7}},
        "choices": [{"index": 0, "finish_reason": "stop", "message":
            {"role": "assistant", "content": "hello", "refusal": null, "annotations": []}}]});
    let answer = read_answer(Provider::OpenAi, PATH, AnswerBody::Json(&body.to_string()));
    assert!(answer.finished && answer.error.is_none());
    assert_eq!(answer.message.unwrap().blocks, [Block::Text("hello".into())]);
    assert_eq!(answer.stop_reason.as_deref(), Some("stop"));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cache_read_tokens), (Some(193), Some(128)));
    assert_eq!(
        (usage.output_tokens, usage.reasoning_tokens, usage.cache_write_tokens),
        (Some(45), Some(7), None)
    );
}

#[test]
fn a_stream_is_put_together_and_equals_what_is_sent_back() {
    let chunks = [
        delta(&json!({"role": "assistant", "content": ""})),
        delta(&json!({"reasoning_content": "hm"})),
        delta(&json!({"content": "Hel"})),
        delta(&json!({"content": "lo"})),
        delta(&json!({"tool_calls": [{"index": 0, "id": "c1", "type": "function",
            "function": {"name": "get", "arguments": ""}}]})),
        delta(&json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"city\":"}}]})),
        delta(
            &json!({"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "put", "arguments": "{}"}}]}),
        ),
        delta(&json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"Bonn\"}"}}]})),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 3}}),
    ];
    let answer = streamed(&chunks, true);
    assert!(answer.finished);
    assert_eq!(answer.stop_reason.as_deref(), Some("tool_calls"));
    assert_eq!(answer.usage.and_then(|usage| usage.input_tokens), Some(10));
    let sent_back = json!({"messages": [{"role": "assistant", "reasoning_content": "hm", "content": "Hello",
        "tool_calls": [{"id": "c1", "function": {"name": "get", "arguments": "{\"city\":\"Bonn\"}"}},
            {"id": "c2", "function": {"name": "put", "arguments": "{}"}}]}]});
    assert_eq!(answer.message, Some(read_body(&sent_back).messages.remove(0)));
    assert!(!streamed(&chunks, false).finished);
}

#[test]
fn calls_that_share_an_index_are_told_apart_by_id() {
    let chunks = [
        delta(
            &json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "x", "arguments": "{}"}}]}),
        ),
        delta(
            &json!({"tool_calls": [{"index": 0, "id": "b", "function": {"name": "y", "arguments": "{}"}}]}),
        ),
        delta(&json!({"tool_calls": [{"id": "c", "function": {"name": "z", "arguments": "{\"n\""}}]})),
        delta(&json!({"tool_calls": [{"function": {"arguments": ":1}"}}]})),
    ];
    let blocks = streamed(&chunks, true).message.unwrap().blocks;
    let expected = [call("a", "x", json!({})), call("b", "y", json!({})), call("c", "z", json!({"n": 1}))];
    assert_eq!(blocks, expected);
}

#[test]
fn of_several_choices_the_first_is_read() {
    let other = json!({"choices": [{"index": 1, "delta": {"content": "other"}}]});
    let blocks = streamed(&[delta(&json!({"content": "mine"})), other], true).message.unwrap().blocks;
    assert_eq!(blocks, [Block::Text("mine".into())]);
}

#[test]
fn an_error_within_the_stream_is_told() {
    let broken = json!({"error": {"message": "boom", "type": "server_error", "code": null}});
    let answer = streamed(&[delta(&json!({"content": "par"})), broken], false);
    assert_eq!(
        answer.error.map(|error| (error.kind, error.message)),
        Some(("server_error".into(), "boom".into()))
    );
    assert!(answer.message.is_some());
}
