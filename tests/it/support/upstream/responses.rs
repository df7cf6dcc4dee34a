//! OpenAI's Responses.

use serde_json::{Value, json};

use super::answer::{Content, event};
use super::call::Call;
use super::words::{heard, pieces, reply_to, tokens};

const CREATED_AT_S: u64 = 1_764_000_000;

/// An output item.
enum Item {
    Reasoning(String),
    Message(String),
    FunctionCall { name: String, arguments: String },
}

pub(super) fn responses(call: &Call) -> Content {
    let items = items(call);
    if call.wants_stream() {
        Content::Events(stream(call, &items))
    } else {
        Content::Json(response(call, "completed", &finished(call, &items)))
    }
}

fn prompt(call: &Call) -> String {
    let input = &call.json["input"];
    let last = input.as_array().and_then(|items| items.last());
    let prompt = match last {
        Some(item) if item.get("output").is_some() => format!("the tool's {}", heard(&item["output"])),
        Some(item) => heard(&item["content"]),
        None => heard(input),
    };
    match call.json["previous_response_id"].as_str() {
        Some(id) => format!("{prompt} (after {id})"),
        None => prompt,
    }
}

fn items(call: &Call) -> Vec<Item> {
    let prompt = prompt(call);
    let mut items = Vec::new();
    if call.json["reasoning"].is_object() {
        items.push(Item::Reasoning(format!("They said {prompt}.")));
    }
    let answered = call.json["input"].to_string().contains("\"function_call_output\"");
    match call.json["tools"][0]["name"].as_str() {
        Some(name) if !answered => {
            let arguments = json!({"city": "Zürich", "for": prompt}).to_string();
            items.push(Item::FunctionCall { name: name.to_owned(), arguments });
        }
        _ => items.push(Item::Message(reply_to(call, &prompt))),
    }
    items
}

fn finished(call: &Call, items: &[Item]) -> Vec<Value> {
    items.iter().map(|item| item.json(call, "completed")).collect()
}

impl Item {
    /// The item; without its content while it is `in_progress`.
    fn json(&self, call: &Call, status: &str) -> Value {
        let begun = status == "in_progress";
        match self {
            Self::Reasoning(text) => {
                let summary = if begun { json!([]) } else { json!([{"type": "summary_text", "text": text}]) };
                json!({"type": "reasoning", "id": call.id("rs"), "summary": summary})
            }
            Self::Message(text) => {
                let content = if begun { json!([]) } else { json!([text_part(text)]) };
                json!({"type": "message", "id": call.id("msg"), "status": status, "role": "assistant",
                    "content": content})
            }
            Self::FunctionCall { name, arguments } => json!({
                "type": "function_call", "id": call.id("fc"), "call_id": call.id("call"), "status": status,
                "name": name, "arguments": if begun { "" } else { arguments },
            }),
        }
    }

    /// The events between `output_item.added` and `output_item.done`.
    fn progress(&self, call: &Call, index: usize) -> Vec<Value> {
        match self {
            Self::Reasoning(text) => reasoning_progress(call, index, text),
            Self::Message(text) => message_progress(call, index, text),
            Self::FunctionCall { name, arguments } => {
                let place = json!({"item_id": call.id("fc"), "output_index": index});
                let mut events: Vec<_> = [&arguments[..5], &arguments[5..]]
                    .map(|part| {
                        with(&place, "response.function_call_arguments.delta", json!({"delta": part}))
                    })
                    .to_vec();
                let done = json!({"arguments": arguments, "name": name});
                events.push(with(&place, "response.function_call_arguments.done", done));
                events
            }
        }
    }
}

fn reasoning_progress(call: &Call, index: usize, text: &str) -> Vec<Value> {
    let place = json!({"item_id": call.id("rs"), "output_index": index, "summary_index": 0});
    let part = |text: &str| json!({"part": {"type": "summary_text", "text": text}});
    vec![
        with(&place, "response.reasoning_summary_part.added", part("")),
        with(&place, "response.reasoning_summary_text.delta", json!({"delta": text})),
        with(&place, "response.reasoning_summary_text.done", json!({"text": text})),
        with(&place, "response.reasoning_summary_part.done", part(text)),
    ]
}

fn message_progress(call: &Call, index: usize, text: &str) -> Vec<Value> {
    let place = json!({"item_id": call.id("msg"), "output_index": index, "content_index": 0});
    let mut events = vec![with(&place, "response.content_part.added", json!({"part": text_part("")}))];
    for word in pieces(text) {
        events.push(with(&place, "response.output_text.delta", json!({"delta": word, "logprobs": []})));
    }
    events.push(with(&place, "response.output_text.done", json!({"text": text, "logprobs": []})));
    events.push(with(&place, "response.content_part.done", json!({"part": text_part(text)})));
    events
}

fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

/// An event of this type: the fields that say where, and those of its own.
fn with(place: &Value, kind: &str, own: Value) -> Value {
    let mut event = json!({"type": kind});
    for fields in [place, &own] {
        for (name, value) in fields.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
    }
    event
}

fn response(call: &Call, status: &str, output: &[Value]) -> Value {
    let usage = if status == "completed" { usage(call, output) } else { Value::Null };
    json!({
        "id": call.id("resp"), "object": "response", "created_at": CREATED_AT_S, "status": status, "error": null,
        "incomplete_details": null, "instructions": call.json["instructions"], "model": call.model(),
        "output": output, "parallel_tool_calls": true, "previous_response_id": call.json["previous_response_id"],
        "reasoning": {"effort": null, "summary": null}, "store": true, "temperature": 1.0,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0,
        "truncation": "disabled", "usage": usage, "metadata": {},
    })
}

fn usage(call: &Call, output: &[Value]) -> Value {
    let (input, output) =
        (tokens(&prompt(call)), output.iter().map(|item| tokens(&item.to_string())).sum::<usize>());
    json!({
        "input_tokens": input, "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 0},
        "output_tokens": output, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": input + output,
    })
}

fn stream(call: &Call, items: &[Item]) -> Vec<String> {
    let begun = response(call, "in_progress", &[]);
    let mut events = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
    ];
    for (index, item) in items.iter().enumerate() {
        let added = item.json(call, "in_progress");
        events.push(json!({"type": "response.output_item.added", "output_index": index, "item": added}));
        events.extend(item.progress(call, index));
        let done = item.json(call, "completed");
        events.push(json!({"type": "response.output_item.done", "output_index": index, "item": done}));
    }
    let done = response(call, "completed", &finished(call, items));
    events.push(json!({"type": "response.completed", "response": done}));
    events.into_iter().enumerate().map(|(number, event)| numbered(number, event)).collect()
}

fn numbered(sequence_number: usize, mut data: Value) -> String {
    data["sequence_number"] = json!(sequence_number);
    event(data["type"].as_str(), &data)
}
