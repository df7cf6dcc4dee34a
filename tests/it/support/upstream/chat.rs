//! OpenAI's Chat Completions.

use serde_json::{Value, json};

use super::answer::{Content, event};
use super::call::Call;
use super::words::{heard, pieces, reply_to, tokens};

const CREATED_AT_S: u64 = 1_764_000_000;

/// What the assistant does: speak, or call the first tool offered.
enum Turn {
    Text(String),
    ToolCall { name: String, arguments: String },
}

pub(super) fn completions(call: &Call) -> Content {
    let turn = turn(call);
    if call.wants_stream() { Content::Events(stream(call, &turn)) } else { Content::Json(whole(call, &turn)) }
}

fn last_message(call: &Call) -> Option<&Value> {
    call.json["messages"].as_array()?.last()
}

fn turn(call: &Call) -> Turn {
    let last = last_message(call).cloned().unwrap_or_default();
    let prompt = heard(&last["content"]);
    match call.json["tools"][0]["function"]["name"].as_str() {
        Some(name) if last["role"] != "tool" => {
            let arguments = json!({"city": "Zürich", "for": prompt}).to_string();
            Turn::ToolCall { name: name.to_owned(), arguments }
        }
        _ => Turn::Text(reply_to(call, &prompt)),
    }
}

impl Turn {
    fn message(&self, call: &Call) -> Value {
        match self {
            Self::Text(text) => {
                json!({"role": "assistant", "content": text, "refusal": null, "annotations": []})
            }
            Self::ToolCall { name, arguments } => json!({
                "role": "assistant", "content": null, "refusal": null,
                "tool_calls": [{
                    "id": call.id("call"), "type": "function",
                    "function": {"name": name, "arguments": arguments},
                }],
            }),
        }
    }

    fn deltas(&self, call: &Call) -> Vec<Value> {
        match self {
            Self::Text(text) => {
                let first = json!({"role": "assistant", "content": "", "refusal": null});
                let words = pieces(text).into_iter().map(|word| json!({"content": word}));
                [first].into_iter().chain(words).collect()
            }
            Self::ToolCall { name, arguments } => {
                let start = json!({"index": 0, "id": call.id("call"), "type": "function",
                    "function": {"name": name, "arguments": ""}});
                let first = json!({"role": "assistant", "content": null, "tool_calls": [start]});
                let rest = [&arguments[..5], &arguments[5..]]
                    .map(|part| json!({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}));
                [first].into_iter().chain(rest).collect()
            }
        }
    }

    fn finish_reason(&self) -> &'static str {
        match self {
            Self::Text(_) => "stop",
            Self::ToolCall { .. } => "tool_calls",
        }
    }

    fn usage(&self, call: &Call) -> Value {
        let prompt = last_message(call).map(|last| tokens(&heard(&last["content"]))).unwrap_or_default();
        let completion = match self {
            Self::Text(text) => tokens(text),
            Self::ToolCall { arguments, .. } => tokens(arguments),
        };
        json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
        })
    }
}

fn whole(call: &Call, turn: &Turn) -> Value {
    json!({
        "id": call.id("chatcmpl"), "object": "chat.completion", "created": CREATED_AT_S, "model": call.model(),
        "choices": [{
            "index": 0, "message": turn.message(call), "logprobs": null, "finish_reason": turn.finish_reason(),
        }],
        "usage": turn.usage(call), "service_tier": "default", "system_fingerprint": "fp_scripted",
    })
}

fn stream(call: &Call, turn: &Turn) -> Vec<String> {
    let choice = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
    let with_usage = call.json["stream_options"]["include_usage"] == true;
    let mut events = Vec::new();
    for delta in turn.deltas(call) {
        events.push(chunk(call, choice(delta, Value::Null), None));
    }
    events.push(chunk(call, choice(json!({}), json!(turn.finish_reason())), None));
    if with_usage {
        events.push(chunk(call, json!([]), Some(turn.usage(call))));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn chunk(call: &Call, choices: Value, usage: Option<Value>) -> String {
    let mut chunk = json!({
        "id": call.id("chatcmpl"), "object": "chat.completion.chunk", "created": CREATED_AT_S,
        "model": call.model(), "system_fingerprint": "fp_scripted", "choices": choices,
    });
    if let Some(usage) = usage {
        chunk["usage"] = usage;
    }
    event(None, &chunk)
}
