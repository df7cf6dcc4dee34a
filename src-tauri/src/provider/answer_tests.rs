use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::provider::{Block, read_request};

/// One path for each API.
const PATHS: [&str; 4] =
    ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1beta/models/m:streamGenerateContent"];

fn events(path: &str, values: &[Value]) -> Answer {
    let text: String = values.iter().map(|value| format!("data: {value}\n\n")).collect();
    read_answer(Provider::Anthropic, path, AnswerBody::Events(&text))
}

#[test]
fn errors_are_read_in_every_shape_whatever_the_api() {
    let shapes = [
        (r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, "overloaded_error"),
        (
            r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"x"}}"#,
            "invalid_request_error",
        ),
        (r#"{"error":{"message":"m","type":"","code":"x"}}"#, "x"),
        (r#"{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}"#, "INVALID_ARGUMENT"),
        (r#"{"error":"m"}"#, "error"),
        (r#"{"detail":"m"}"#, "error"),
        (r#"{"message":"m","__type":"ThrottlingException"}"#, "ThrottlingException"),
        (r#"{"message":"m"}"#, "error"),
    ];
    for path in PATHS {
        for (body, kind) in shapes {
            let answer = read_answer(Provider::Anthropic, path, AnswerBody::Json(body));
            let error = answer.error.unwrap_or_else(|| panic!("{path} {body}"));
            assert_eq!((error.kind.as_str(), error.message.as_str()), (kind, "m"), "{path} {body}");
            assert!(answer.finished && answer.message.is_none());
        }
        let answer = read_answer(Provider::Anthropic, path, AnswerBody::Json(r#"{"data":[],"message":"m"}"#));
        assert_eq!(answer.error, None);
    }
}

#[test]
fn unreadable_answers_are_empty_and_unfinished() {
    for path in PATHS {
        for text in ["", "{\"id\":\"m", "<html>502</html>", "\u{0}", "data: {\n\n", "data: [\n\n: x"] {
            for body in [AnswerBody::Json(text), AnswerBody::Events(text)] {
                assert_eq!(read_answer(Provider::OpenAi, path, body), Answer::default(), "{path} {text}");
            }
        }
    }
}

#[test]
fn hostile_indexes_neither_panic_nor_allocate() {
    for index in
        [json!(-1), json!(2_000_000_000_u64), json!(u64::MAX), json!(1.5), json!("0"), json!(null), json!({})]
    {
        let text = json!({"type": "text_delta", "text": "x"});
        events(
            PATHS[0],
            &[
                json!({"type": "content_block_start", "index": index, "content_block": 7}),
                json!({"type": "content_block_delta", "index": index, "delta": text}),
            ],
        );
        events(
            PATHS[1],
            &[json!({"choices": [{"index": index, "delta": {"tool_calls": [{"index": index}]}}]})],
        );
        events(
            PATHS[2],
            &[
                json!({"type": "response.output_item.done", "output_index": index, "item": []}),
                json!({"type": "response.output_text.delta", "output_index": index, "delta": "x"}),
            ],
        );
    }
    let far = json!({"type": "content_block_delta", "index": 2_000_000_000_u64, "delta": {"type": "text_delta", "text": "x"}});
    assert_eq!(events(PATHS[0], &[far]).message.unwrap().blocks, [Block::Text("x".into())]);
}

#[test]
fn the_number_of_parts_is_bounded() {
    let many = |make: fn(usize) -> Value| (0..MAX_PARTS + 100).map(make).collect::<Vec<_>>();
    let floods = [
        many(|at| json!({"type": "content_block_start", "index": at, "content_block": {"type": "tool_use"}})),
        many(|at| json!({"choices": [{"delta": {"tool_calls": [{"index": at, "id": at.to_string()}]}}]})),
        many(
            |at| json!({"type": "response.output_item.done", "output_index": at, "item": {"type": "function_call"}}),
        ),
        many(
            |at| json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": at.to_string()}}]}}]}),
        ),
    ];
    for (path, flood) in PATHS.iter().zip(floods) {
        assert_eq!(events(path, &flood).message.unwrap().blocks.len(), MAX_PARTS, "{path}");
    }
}

#[test]
fn one_bad_event_does_not_hide_the_others() {
    let good = |text: &str| {
        format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
        )
    };
    let deep = "[".repeat(10_000);
    let stream = [good("a"), deep, good(r"\ud83d"), r#"{"x":1e400}"#.into(), "nonsense".into(), good("b")]
        .iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect::<String>();
    let answer = read_answer(Provider::Anthropic, PATHS[0], AnswerBody::Events(&stream));
    assert_eq!(answer.message.unwrap().blocks, [Block::Text("a\u{fffd}b".into())]);
}

/// Values built from the very field names the readers look for, with types they do not expect.
fn hostile() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(2e9)),
        Just(json!(u64::MAX)),
        Just(json!("")),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(WORDS), inner), 0..7).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

const WORDS: &[&str] = &[
    "type",
    "index",
    "output_index",
    "message",
    "messages",
    "content",
    "content_block",
    "delta",
    "text",
    "thinking",
    "partial_json",
    "usage",
    "input_tokens",
    "content_block_start",
    "content_block_delta",
    "text_delta",
    "message_start",
    "message_delta",
    "tool_use",
    "tool_result",
    "tool_use_id",
    "input_json_delta",
    "system",
    "role",
    "assistant",
    "user",
    "tool",
    "choices",
    "tool_calls",
    "function",
    "arguments",
    "id",
    "name",
    "finish_reason",
    "prompt",
    "response",
    "item",
    "response.output_item.done",
    "response.output_item.added",
    "response.output_text.delta",
    "response.completed",
    "function_call",
    "function_call_output",
    "output",
    "input",
    "summary",
    "reasoning",
    "error",
    "detail",
    "code",
    "candidates",
    "parts",
    "functionCall",
    "functionResponse",
    "args",
    "inlineData",
    "mimeType",
    "image/png",
    "data",
    "contents",
    "request",
    "usageMetadata",
    "promptTokenCount",
    "cachedContentTokenCount",
    "image_url",
    "url",
    "metadata",
    "user_id",
    "session_id",
    "{\"session_id\":7}",
    "client_metadata",
    "input_tokens_details",
    "cached_tokens",
    "source",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(values in prop::collection::vec(hostile(), 1..4), path in prop::sample::select(&PATHS[..])) {
        events(path, &values);
        for value in &values {
            let text = value.to_string();
            read_answer(Provider::Anthropic, path, AnswerBody::Json(&text));
            let facts = read_request(Provider::Anthropic, path, &|_| Some("{\"thread_id\":[]}"), &text);
            prop_assert!(serde_json::to_string(&facts).is_ok());
        }
    }
}
