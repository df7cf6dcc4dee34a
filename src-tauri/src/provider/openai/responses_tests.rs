use serde_json::json;

use super::*;
use crate::provider::{self, AnswerBody, Provider};

fn read_body(body: &Value) -> BodyFacts {
    crate::provider::request::read_body(crate::provider::api::Api::Responses, body)
}

const PATH: &str = "/v1/responses";

fn streamed(events: &[Value]) -> Answer {
    let text: String = events.iter().map(|event| format!("event: x\ndata: {event}\n\n")).collect();
    provider::read_answer(Provider::OpenAi, PATH, AnswerBody::Events(&text))
}

fn message_item(text: &str) -> Value {
    json!({"type": "message", "id": "m", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn call_item(arguments: &str) -> Value {
    json!({"type": "function_call", "id": "fc", "call_id": "c1", "name": "shell", "arguments": arguments})
}

#[test]
fn a_request_of_codex_becomes_messages() {
    let body = json!({
        "instructions": "You are Codex.",
        "tools": [{"type": "function", "name": "shell"}, {"type": "web_search"}],
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "rules"}]},
            {"role": "user", "content": "plain"},
            {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,QUJD"}]},
            {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"},
            message_item("ok"),
            call_item("{\"command\":[\"ls\"]}"),
            {"type": "function_call_output", "call_id": "c1", "output": "a\nb"},
            {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** Begin Patch"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "Done"}]},
            {"type": "web_search_call", "id": "w", "status": "completed"},
        ],
    });
    let facts = read_body(&body);
    assert_eq!(facts.tools, 2);
    let roles: Vec<Role> = facts.messages.iter().map(|message| message.role).collect();
    use Role::{Assistant, System, Tool, User};
    assert_eq!(roles, [System, System, User, User, Assistant, Tool, Assistant, Tool, Assistant]);
    assert_eq!(
        facts.messages[4].blocks,
        [
            Block::Thinking { text: String::new(), redacted: true },
            Block::Text("ok".into()),
            Block::ToolCall { id: "c1".into(), name: "shell".into(), input: json!({"command": ["ls"]}) },
        ]
    );
    let result = Block::ToolResult { id: "c1".into(), text: "a\nb".into(), is_error: false, images: vec![] };
    assert_eq!(facts.messages[5].blocks, [result]);
    let patch =
        Block::ToolCall { id: "c2".into(), name: "apply_patch".into(), input: json!("*** Begin Patch") };
    assert_eq!(facts.messages[6].blocks, [patch]);
    assert!(matches!(&facts.messages[8].blocks[0], Block::Other { kind, .. } if kind == "web_search_call"));
}

#[test]
fn a_whole_answer() {
    let body = json!({"id": "resp_1", "object": "response", "status": "completed", "error": null,
        "incomplete_details": null, "model": "gpt-5.2", "output": [message_item("hello")],
        "usage": {"input_tokens": 321, "input_tokens_details": {"cached_tokens": 128},
            "output_tokens": 45, "output_tokens_details": {"reasoning_tokens": 7}}});
    let answer = provider::read_answer(Provider::OpenAi, PATH, AnswerBody::Json(&body.to_string()));
    assert_eq!((answer.id.as_deref(), answer.stop_reason.as_deref()), (Some("resp_1"), Some("completed")));
    assert_eq!(answer.message.unwrap().blocks, [Block::Text("hello".into())]);
    assert_eq!(answer.usage.and_then(|usage| usage.input_tokens), Some(193));
    assert!(answer.finished && answer.error.is_none());
}

fn stream_events() -> Vec<Value> {
    vec![
        json!({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5.2", "status": "in_progress"}}),
        json!({"type": "codex.rate_limits", "plan": "plus"}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "summary": []}}),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "hm"}),
        json!({"type": "response.output_item.done", "output_index": 0, "item":
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}}),
        json!({"type": "response.output_item.added", "output_index": 1, "item": {"type": "message", "content": []}}),
        json!({"type": "response.output_text.delta", "output_index": 1, "delta": "Hel"}),
        json!({"type": "response.output_text.delta", "output_index": 1, "delta": "lo"}),
        json!({"type": "response.output_item.done", "output_index": 1, "item": message_item("Hello")}),
        json!({"type": "response.output_item.added", "output_index": 2, "item": call_item("")}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{\"n\":1}"}),
        json!({"type": "response.output_item.done", "output_index": 2, "item": call_item("{\"n\":1}")}),
        json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": null,
            "usage": {"input_tokens": 10, "output_tokens": 5}}}),
    ]
}

#[test]
fn a_stream_is_put_together_and_equals_what_is_sent_back() {
    let answer = streamed(&stream_events());
    assert!(answer.finished);
    assert_eq!((answer.id.as_deref(), answer.model.as_deref()), (Some("resp_1"), Some("gpt-5.2")));
    assert_eq!(answer.stop_reason.as_deref(), Some("completed"));
    assert_eq!(answer.usage.and_then(|usage| usage.output_tokens), Some(5));
    let items = json!({"input": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, message_item("Hello"), call_item("{\"n\":1}")]});
    assert_eq!(answer.message, Some(read_body(&items).messages.remove(0)));
}

#[test]
fn deltas_stand_in_for_items_that_never_ended() {
    let mut events = stream_events();
    events.retain(|event| event["type"] != "response.output_item.done");
    let whole = streamed(&events);
    assert_eq!(whole.message, streamed(&stream_events()).message);
    events.retain(|event| event["type"] != "response.output_item.added");
    let blocks = streamed(&events[..3]).message.unwrap().blocks;
    assert_eq!(blocks, [Block::Thinking { text: "hm".into(), redacted: false }]);
    assert!(!streamed(&events[..3]).finished);
}

#[test]
fn the_last_event_alone_is_enough() {
    let last = json!({"type": "response.incomplete", "response": {"id": "r", "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"}, "output": [message_item("cut")]}});
    let answer = streamed(&[last]);
    assert_eq!(answer.stop_reason.as_deref(), Some("max_output_tokens"));
    assert_eq!(answer.message.unwrap().blocks, [Block::Text("cut".into())]);
    assert!(answer.finished);
}

#[test]
fn failures_are_told_in_both_their_shapes() {
    let failed = json!({"type": "response.failed", "response": {"id": "r", "status": "failed",
        "error": {"code": "server_error", "message": "boom"}}});
    let answer = streamed(&[failed]);
    let error = answer.error.unwrap();
    assert_eq!(
        (error.kind.as_str(), error.message.as_str(), answer.finished),
        ("server_error", "boom", true)
    );
    let event =
        json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": null});
    let error = streamed(&[event]).error.unwrap();
    assert_eq!((error.kind.as_str(), error.message.as_str()), ("rate_limit_exceeded", "slow down"));
}
