//! The events of a Responses stream, over SSE or WebSocket.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Assembly, MAX_PARTS};
use super::super::json;
use super::super::message::{Block, Message, Role};
use super::responses::{item_blocks, read_answer};

/// Puts events together. The last event repeats all items, but over WebSocket they may be `null`
/// there, and a cut stream has no last event: so the items' own events count first.
#[derive(Debug, Default)]
pub(in super::super) struct Stream {
    answer: Answer,
    items: BTreeMap<u64, Partial>,
}

#[derive(Debug, Default)]
struct Partial {
    /// The item as `output_item.added` gave it, then as `output_item.done` did.
    item: Map<String, Value>,
    is_done: bool,
    /// The deltas so far: text, arguments or summary, whichever the item has.
    text: String,
}

impl Assembly for Stream {
    fn event(&mut self, event: &Value) {
        let kind = json::text(event, "type").unwrap_or_default();
        match kind {
            "response.created" | "response.in_progress" => self.response(event),
            "response.completed" | "response.incomplete" | "response.failed" | "response.done" => {
                self.response(event);
                self.answer.finished = true;
            }
            "response.output_item.added" | "response.output_item.done" => {
                let item = event.get("item").and_then(Value::as_object).cloned().unwrap_or_default();
                if let Some(partial) = self.partial(event) {
                    partial.item = item;
                    partial.is_done = kind.ends_with("done");
                }
            }
            // `error` is read by whoever reads all APIs' errors.
            _ => {
                if let Some(item_type) = type_of_delta(kind)
                    && let Some(partial) = self.partial(event)
                {
                    partial.text.push_str(json::text(event, "delta").unwrap_or_default());
                    partial.item.entry("type").or_insert_with(|| item_type.into());
                }
            }
        }
    }

    fn answer(mut self: Box<Self>) -> Answer {
        let blocks: Vec<Block> =
            std::mem::take(&mut self.items).into_values().flat_map(Partial::blocks).collect();
        self.answer.message = Message::new(Role::Assistant, blocks).or(self.answer.message.take());
        self.answer
    }
}

impl Stream {
    /// A snapshot of the response: what it knows replaces what was known.
    fn response(&mut self, event: &Value) {
        let Some(response) = event.get("response") else { return };
        let next = read_answer(response);
        let known = std::mem::take(&mut self.answer);
        self.answer = Answer {
            id: next.id.or(known.id),
            model: next.model.or(known.model),
            message: next.message.or(known.message),
            usage: next.usage.or(known.usage),
            stop_reason: next.stop_reason.or(known.stop_reason),
            error: next.error.or(known.error),
            finished: known.finished,
        };
    }

    fn partial(&mut self, event: &Value) -> Option<&mut Partial> {
        let index = event.get("output_index")?.as_u64()?;
        let has_room = self.items.len() < MAX_PARTS || self.items.contains_key(&index);
        has_room.then(|| self.items.entry(index).or_default())
    }
}

/// The type of item that a delta belongs to.
fn type_of_delta(kind: &str) -> Option<&'static str> {
    Some(match kind.strip_prefix("response.")?.strip_suffix(".delta")? {
        "output_text" | "refusal" => "message",
        "reasoning_summary_text" | "reasoning_text" => "reasoning",
        "function_call_arguments" => "function_call",
        "mcp_call_arguments" => "mcp_call",
        "custom_tool_call_input" => "custom_tool_call",
        _ => return None,
    })
}

impl Partial {
    fn blocks(mut self) -> Vec<Block> {
        if !self.is_done && !self.text.is_empty() {
            let parts = json!([{ "type": "output_text", "text": self.text }]);
            let (field, value) = match self.item.get("type").and_then(Value::as_str) {
                Some("reasoning") => ("summary", parts),
                Some("function_call" | "mcp_call") => ("arguments", self.text.into()),
                Some("custom_tool_call") => ("input", self.text.into()),
                Some(_) | None => ("content", parts),
            };
            self.item.insert(field.to_owned(), value);
        }
        if self.item.is_empty() { Vec::new() } else { item_blocks(&Value::Object(self.item)) }
    }
}
