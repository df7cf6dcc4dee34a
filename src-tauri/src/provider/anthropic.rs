//! Anthropic's Messages API, which Bedrock and Vertex speak too.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::{Answer, Assembly, MAX_PARTS};
use super::image::Image;
use super::json;
use super::message::{Block, Message, Role, Usage};
use super::request::BodyFacts;

/// True for the pseudo header that Claude Code sends as its first system block. It holds a hash over
/// the body, so it differs in every request and says nothing to a reader.
pub(super) fn is_billing_line(text: &str) -> bool {
    text.trim_start().starts_with("x-anthropic-billing-header:")
}

/// Reads a request's body but for its list of messages.
pub(super) fn beginning(body: &Value) -> BodyFacts {
    let system = blocks(body.get("system")).into_iter().filter(|block| !is_billing_block(block)).collect();
    BodyFacts {
        messages: Message::new(Role::System, system).into_iter().collect(),
        tools: json::items(body, "tools").len(),
    }
}

fn is_billing_block(block: &Block) -> bool {
    matches!(block, Block::Text(text) if is_billing_line(text))
}

/// One message of a request; none when it says nothing.
pub(super) fn message(value: &Value) -> Option<Message> {
    let role = match json::text(value, "role")? {
        "assistant" => Role::Assistant,
        // Claude Code puts reminders in here with a role of their own.
        "system" => Role::System,
        _ => Role::User,
    };
    Message::new(role, blocks(value.get("content")))
}

fn blocks(content: Option<&Value>) -> Vec<Block> {
    match content {
        Some(Value::String(text)) => vec![Block::Text(text.clone())],
        Some(Value::Array(items)) => items.iter().map(block).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}

fn block(value: &Value) -> Block {
    let kind = json::text(value, "type").unwrap_or_default();
    let string = |key| json::text(value, key).unwrap_or_default().to_owned();
    match kind {
        "text" => Block::Text(string("text")),
        "thinking" => {
            let text = string("thinking");
            Block::Thinking { redacted: text.is_empty(), text }
        }
        "redacted_thinking" => Block::Thinking { text: String::new(), redacted: true },
        "tool_use" | "server_tool_use" | "mcp_tool_use" => Block::ToolCall {
            id: string("id"),
            name: string("name"),
            input: value.get("input").cloned().unwrap_or_default(),
        },
        "image" => Block::Image(image(value)),
        _ if json::text(value, "tool_use_id").is_some() => tool_result(value),
        _ => Block::other(kind, value),
    }
}

fn image(value: &Value) -> Image {
    let source = value.get("source").unwrap_or(&Value::Null);
    let media_type = json::owned(source, "media_type");
    match json::text(source, "data") {
        Some(data) => Image::encoded(media_type, data),
        None => {
            let url = json::owned(source, "url").or_else(|| json::owned(source, "file_id"));
            Image { media_type, url, ..Image::default() }
        }
    }
}

/// `tool_result`, and the results of server tools, whose content may be an object of their own.
fn tool_result(value: &Value) -> Block {
    let content = value.get("content");
    let inner = blocks(content);
    let mut text = join_texts(&inner);
    if let Some(object @ Value::Object(_)) = content {
        text = json::for_display(object).to_string();
    }
    Block::ToolResult {
        id: json::owned(value, "tool_use_id").unwrap_or_default(),
        text,
        is_error: value.get("is_error").and_then(Value::as_bool).unwrap_or(false),
        images: inner.into_iter().filter_map(Block::into_image).collect(),
    }
}

/// What blocks say, joined by line feeds; images are left out, unknown blocks stand as JSON.
fn join_texts(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text(text) | Block::Thinking { text, .. } | Block::ToolResult { text, .. } => {
                Some(text.clone())
            }
            Block::Other { json, .. } => Some(json.to_string()),
            Block::ToolCall { .. } | Block::Image(_) => None,
        })
        .collect();
    texts.join("\n")
}

/// Reads a whole answer. A body that is no message (an error, a list of models) gives none.
pub(super) fn read_answer(body: &Value) -> Answer {
    Answer {
        id: json::owned(body, "id"),
        model: json::owned(body, "model"),
        message: Message::new(Role::Assistant, blocks(body.get("content"))),
        usage: body.get("usage").and_then(usage),
        stop_reason: json::owned(body, "stop_reason"),
        error: None,
        finished: false,
    }
}

/// Anthropic counts cached input apart already.
fn usage(value: &Value) -> Option<Usage> {
    let count = |key| value.get(key).and_then(Value::as_u64);
    let one_hour = value.pointer("/cache_creation/ephemeral_1h_input_tokens");
    let thinking = value.pointer("/output_tokens_details/thinking_tokens");
    value.is_object().then(|| Usage {
        input_tokens: count("input_tokens"),
        output_tokens: count("output_tokens"),
        cache_read_tokens: count("cache_read_input_tokens"),
        cache_write_tokens: count("cache_creation_input_tokens"),
        cache_write_1h_tokens: one_hour.and_then(Value::as_u64),
        reasoning_tokens: thinking.and_then(Value::as_u64),
    })
}

/// Puts `message_start`, `content_block_*` and `message_delta` together.
#[derive(Debug, Default)]
pub(super) struct Stream {
    answer: Answer,
    blocks: BTreeMap<u64, Partial>,
    usage: Map<String, Value>,
}

/// A block as `content_block_start` gave it, with the deltas so far.
#[derive(Debug, Default)]
struct Partial {
    start: Map<String, Value>,
    input: String,
}

impl Assembly for Stream {
    fn event(&mut self, event: &Value) {
        match json::text(event, "type").unwrap_or_default() {
            "message_start" => self.start(event.get("message").unwrap_or(&Value::Null)),
            "content_block_start" => {
                let start = event.get("content_block").and_then(Value::as_object).cloned();
                if let Some(partial) = self.partial(event) {
                    *partial = Partial { start: start.unwrap_or_default(), input: String::new() };
                }
            }
            "content_block_delta" => {
                let delta = event.get("delta").unwrap_or(&Value::Null);
                if let Some(partial) = self.partial(event) {
                    partial.add(delta);
                }
            }
            "message_delta" => {
                let delta = event.get("delta").unwrap_or(&Value::Null);
                self.answer.stop_reason =
                    json::owned(delta, "stop_reason").or(self.answer.stop_reason.take());
                self.count(event.get("usage"));
            }
            "message_stop" => self.answer.finished = true,
            _ => {}
        }
    }

    fn answer(mut self: Box<Self>) -> Answer {
        let blocks = std::mem::take(&mut self.blocks).into_values().map(Partial::block).collect();
        self.answer.message = Message::new(Role::Assistant, blocks);
        if !self.usage.is_empty() {
            self.answer.usage = usage(&Value::Object(self.usage));
        }
        self.answer
    }
}

impl Stream {
    fn start(&mut self, message: &Value) {
        self.answer = read_answer(message);
        self.count(message.get("usage"));
    }

    /// Later counts replace earlier ones; a count left out or `null` stays.
    fn count(&mut self, usage: Option<&Value>) {
        let counts = usage.and_then(Value::as_object).into_iter().flatten();
        for (key, count) in counts.filter(|(_, count)| !count.is_null()) {
            self.usage.insert(key.clone(), count.clone());
        }
    }

    /// The block that an event is about; none for an impossible index.
    fn partial(&mut self, event: &Value) -> Option<&mut Partial> {
        let index = event.get("index")?.as_u64()?;
        let has_room = self.blocks.len() < MAX_PARTS || self.blocks.contains_key(&index);
        has_room.then(|| self.blocks.entry(index).or_default())
    }
}

impl Partial {
    fn add(&mut self, delta: &Value) {
        match json::text(delta, "type").unwrap_or_default() {
            "text_delta" => self.append("text", "text", delta),
            "thinking_delta" => self.append("thinking", "thinking", delta),
            "input_json_delta" => self.input.push_str(json::text(delta, "partial_json").unwrap_or_default()),
            // Signatures and citations are in the log; nobody reads them.
            _ => {}
        }
    }

    /// Appends to a field; a delta whose start was never seen makes its own block.
    fn append(&mut self, kind: &str, field: &str, delta: &Value) {
        let more = json::text(delta, field).unwrap_or_default();
        self.start.entry("type").or_insert_with(|| kind.into());
        match self.start.entry(field).or_insert_with(|| json!("")) {
            Value::String(text) => text.push_str(more),
            other
            @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                *other = more.into();
            }
        }
    }

    fn block(mut self) -> Block {
        if !self.input.is_empty() {
            self.start.entry("type").or_insert_with(|| "tool_use".into());
            self.start.insert("input".into(), json::arguments(&self.input));
        }
        block(&Value::Object(self.start))
    }
}

#[cfg(test)]
#[path = "anthropic_tests.rs"]
mod tests;
