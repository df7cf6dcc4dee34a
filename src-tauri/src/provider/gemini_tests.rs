use serde_json::json;

use super::*;
use crate::provider::{self, AnswerBody, Provider};

fn read_body(body: &Value) -> BodyFacts {
    crate::provider::request::read_body(crate::provider::api::Api::Gemini, body)
}

const PATH: &str = "/v1beta/models/gemini-2.5-pro:streamGenerateContent";

fn chunks() -> Vec<Value> {
    let part =
        |part: Value| json!({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]});
    vec![
        part(json!({"text": "hm ", "thought": true})),
        part(json!({"text": "so", "thought": true, "thoughtSignature": "x"})),
        part(json!({"text": "Hel"})),
        part(json!({"text": "lo"})),
        part(json!({"functionCall": {"name": "read_file", "args": {"path": "/a"}}})),
        json!({"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}], "responseId": "r1",
            "modelVersion": "gemini-2.5-pro-002", "usageMetadata": {"promptTokenCount": 100, "toolUsePromptTokenCount": 5,
            "cachedContentTokenCount": 40, "candidatesTokenCount": 10, "thoughtsTokenCount": 6, "totalTokenCount": 121}}),
    ]
}

fn streamed(chunks: &[Value]) -> Answer {
    let text: String = chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    provider::read_answer(Provider::Gemini, PATH, AnswerBody::Events(&text))
}

#[test]
fn a_stream_is_put_together() {
    let answer = streamed(&chunks());
    assert_eq!((answer.id.as_deref(), answer.model.as_deref()), (Some("r1"), Some("gemini-2.5-pro-002")));
    assert_eq!((answer.stop_reason.as_deref(), answer.finished), (Some("STOP"), true));
    assert_eq!(
        answer.message.unwrap().blocks,
        [
            Block::Thinking { text: "hm so".into(), redacted: false },
            Block::Text("Hello".into()),
            Block::ToolCall {
                id: "read_file".into(),
                name: "read_file".into(),
                input: json!({"path": "/a"})
            },
        ]
    );
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cache_read_tokens), (Some(65), Some(40)));
    assert_eq!((usage.output_tokens, usage.reasoning_tokens), (Some(16), Some(6)));
    assert!(!streamed(&chunks()[..5]).finished);
}

#[test]
fn events_an_array_of_chunks_and_code_assists_wrapping_read_alike() {
    let expected = streamed(&chunks());
    let array = Value::from(chunks()).to_string();
    assert_eq!(provider::read_answer(Provider::Gemini, PATH, AnswerBody::Json(&array)), expected);
    let wrapped: Vec<Value> =
        chunks().into_iter().map(|chunk| json!({"response": chunk, "traceId": "t"})).collect();
    assert_eq!(streamed(&wrapped), expected);
}

#[test]
fn a_request_becomes_messages_plain_wrapped_and_in_snake_case() {
    let inner = json!({
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "tools": [{"functionDeclarations": [{"name": "a"}, {"name": "b"}]}, {"googleSearch": {}}],
        "contents": [
            {"role": "user", "parts": [{"text": "look"}, {"inlineData": {"mimeType": "image/png", "data": "QUJD"}}]},
            {"role": "model", "parts": [{"text": "Hel"}, {"text": "lo"}, {"functionCall": {"id": "1", "name": "a"}}]},
            {"role": "user", "parts": [{"functionResponse": {"id": "1", "name": "a", "response": {"output": "done"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "a", "response": {"error": "no"}}}, {"text": "why?"}]},
        ],
    });
    let facts = read_body(&inner);
    assert_eq!(facts.tools, 3);
    let roles: Vec<Role> = facts.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool, Role::User]);
    let image = Block::Image(Image::encoded(Some("image/png".into()), "QUJD"));
    assert_eq!(facts.messages[1].blocks[1], image);
    let called = Block::ToolCall { id: "1".into(), name: "a".into(), input: json!({}) };
    assert_eq!(facts.messages[2].blocks, [Block::Text("Hello".into()), called]);
    let result = Block::ToolResult { id: "1".into(), text: "done".into(), is_error: false, images: vec![] };
    assert_eq!(facts.messages[3].blocks, [result]);
    let failed = Block::ToolResult { id: "a".into(), text: "no".into(), is_error: true, images: vec![] };
    assert_eq!(facts.messages[4].blocks[0], failed);

    let wrapped = json!({"model": "gemini-2.5-pro", "project": "p", "request": inner});
    assert_eq!(read_body(&wrapped).messages, facts.messages);
    let snake = inner.to_string();
    let snake = [
        ("systemInstruction", "system_instruction"),
        ("inlineData", "inline_data"),
        ("mimeType", "mime_type"),
        ("functionCall", "function_call"),
        ("functionResponse", "function_response"),
        ("functionDeclarations", "function_declarations"),
    ]
    .iter()
    .fold(snake, |text, (camel, snake)| text.replace(camel, snake));
    let snake = read_body(&serde_json::from_str(&snake).unwrap());
    assert_eq!((snake.messages, snake.tools), (facts.messages, facts.tools));
}

#[test]
fn a_blocked_prompt_and_an_error_are_told() {
    let blocked = streamed(&[json!({"promptFeedback": {"blockReason": "SAFETY"}})]);
    assert_eq!((blocked.stop_reason.as_deref(), blocked.finished), (Some("SAFETY"), true));
    let body = r#"[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}]"#;
    let answer = provider::read_answer(Provider::Gemini, PATH, AnswerBody::Json(body));
    let error = answer.error.unwrap();
    assert_eq!((error.kind.as_str(), error.message.as_str()), ("RESOURCE_EXHAUSTED", "quota"));
}
