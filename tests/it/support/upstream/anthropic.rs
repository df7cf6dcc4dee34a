//! Anthropic's Messages API.

use serde_json::{Value, json};

use super::answer::{Content, event};
use super::call::Call;
use super::words::{heard, pieces, reply_to, tokens};

/// A block of an assistant message.
enum Block {
    Thinking(String),
    Text(String),
    ToolUse { name: String, input: Value },
}

pub(super) fn messages(call: &Call) -> Content {
    let blocks = blocks(call);
    if call.wants_stream() {
        Content::Events(stream(call, &blocks))
    } else {
        Content::Json(whole(call, &blocks))
    }
}

pub(super) fn count_tokens(call: &Call) -> Content {
    Content::Json(json!({"input_tokens": tokens(&prompt(call))}))
}

fn prompt(call: &Call) -> String {
    let messages = call.json["messages"].as_array();
    messages.and_then(|messages| messages.last()).map(|last| heard(&last["content"])).unwrap_or_default()
}

fn blocks(call: &Call) -> Vec<Block> {
    let prompt = prompt(call);
    let mut blocks = Vec::new();
    if matches!(call.json["thinking"]["type"].as_str(), Some("enabled" | "adaptive")) {
        blocks.push(Block::Thinking(format!("They said {prompt}. Let me think.")));
    }
    let answered = call.json["messages"].to_string().contains("\"tool_result\"");
    match call.json["tools"][0]["name"].as_str() {
        Some(name) if !answered => {
            blocks.push(Block::Text("I will look it up.".to_owned()));
            blocks.push(Block::ToolUse {
                name: name.to_owned(),
                input: json!({"city": "Zürich", "for": prompt}),
            });
        }
        _ => blocks.push(Block::Text(reply_to(call, &prompt))),
    }
    blocks
}

impl Block {
    fn json(&self, call: &Call) -> Value {
        match self {
            Self::Thinking(text) => json!({"type": "thinking", "thinking": text, "signature": "c2lnbmVk"}),
            Self::Text(text) => json!({"type": "text", "text": text}),
            Self::ToolUse { name, input } => {
                json!({"type": "tool_use", "id": call.id("toolu"), "name": name, "input": input})
            }
        }
    }

    /// The block as `content_block_start` has it.
    fn empty_json(&self, call: &Call) -> Value {
        match self {
            Self::Thinking(_) => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Self::Text(_) => json!({"type": "text", "text": ""}),
            Self::ToolUse { name, .. } => {
                json!({"type": "tool_use", "id": call.id("toolu"), "name": name, "input": {}})
            }
        }
    }

    fn deltas(&self) -> Vec<Value> {
        match self {
            Self::Thinking(text) => {
                let words =
                    pieces(text).into_iter().map(|word| json!({"type": "thinking_delta", "thinking": word}));
                words.chain([json!({"type": "signature_delta", "signature": "c2lnbmVk"})]).collect()
            }
            Self::Text(text) => {
                pieces(text).into_iter().map(|word| json!({"type": "text_delta", "text": word})).collect()
            }
            Self::ToolUse { input, .. } => {
                let input = input.to_string();
                let parts = ["", &input[..5], &input[5..]];
                parts.map(|part| json!({"type": "input_json_delta", "partial_json": part})).to_vec()
            }
        }
    }

    fn output_tokens(&self) -> usize {
        match self {
            Self::Thinking(text) | Self::Text(text) => tokens(text),
            Self::ToolUse { input, .. } => tokens(&input.to_string()),
        }
    }
}

fn whole(call: &Call, blocks: &[Block]) -> Value {
    let content: Vec<_> = blocks.iter().map(|block| block.json(call)).collect();
    message(call, content, stop_reason(blocks), usage(call, output_tokens(blocks)))
}

fn message(call: &Call, content: Vec<Value>, stop_reason: Value, usage: Value) -> Value {
    json!({
        "id": call.id("msg"), "type": "message", "role": "assistant", "model": call.model(), "content": content,
        "stop_reason": stop_reason, "stop_sequence": null, "usage": usage,
    })
}

fn usage(call: &Call, output_tokens: usize) -> Value {
    json!({
        "input_tokens": tokens(&prompt(call)), "cache_creation_input_tokens": 3, "cache_read_input_tokens": 7,
        "output_tokens": output_tokens, "service_tier": "standard",
    })
}

fn stop_reason(blocks: &[Block]) -> Value {
    let uses_tool = blocks.iter().any(|block| matches!(block, Block::ToolUse { .. }));
    json!(if uses_tool { "tool_use" } else { "end_turn" })
}

fn output_tokens(blocks: &[Block]) -> usize {
    blocks.iter().map(Block::output_tokens).sum()
}

fn stream(call: &Call, blocks: &[Block]) -> Vec<String> {
    let start = message(call, Vec::new(), Value::Null, usage(call, 1));
    let mut events = vec![named(json!({"type": "message_start", "message": start}))];
    for (index, block) in blocks.iter().enumerate() {
        let start = block.empty_json(call);
        events.push(named(json!({"type": "content_block_start", "index": index, "content_block": start})));
        if index == 0 {
            events.push(named(json!({"type": "ping"})));
        }
        for delta in block.deltas() {
            events.push(named(json!({"type": "content_block_delta", "index": index, "delta": delta})));
        }
        events.push(named(json!({"type": "content_block_stop", "index": index})));
    }
    let delta = json!({"stop_reason": stop_reason(blocks), "stop_sequence": null});
    let usage = json!({"output_tokens": output_tokens(blocks)});
    events.push(named(json!({"type": "message_delta", "delta": delta, "usage": usage})));
    events.push(named(json!({"type": "message_stop"})));
    events
}

/// Anthropic names each event by its data's type.
fn named(data: Value) -> String {
    event(data["type"].as_str(), &data)
}
