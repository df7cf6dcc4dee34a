//! The Responses API: items instead of messages.

use serde_json::Value;

use super::super::answer::{Answer, AnswerError, error};
use super::super::json;
use super::super::message::{Block, Message, Role, Usage};
use super::super::request::BodyFacts;
use super::{content, tool_result};

/// Reads a request's body, or a frame `response.create`, but for its list of items.
pub(in super::super) fn beginning(body: &Value) -> BodyFacts {
    let instructions = Message::new(Role::System, content(body.get("instructions")));
    let input = json::text(body, "input").map(|text| vec![Block::Text(text.to_owned())]);
    let input = input.and_then(|blocks| Message::new(Role::User, blocks));
    let messages = instructions.into_iter().chain(input).collect();
    BodyFacts { messages, tools: json::items(body, "tools").len() }
}

/// Consecutive items of the assistant are one message, as they were in the answer they come from.
pub(in super::super) fn add_item(messages: &mut Vec<Message>, item: &Value) {
    let Some(message) = item_message(item) else { return };
    match messages.last_mut() {
        Some(last) if last.role == Role::Assistant && message.role == Role::Assistant => {
            last.blocks.extend(message.blocks);
        }
        Some(_) | None => messages.push(message),
    }
}

fn item_message(item: &Value) -> Option<Message> {
    let role = match json::text(item, "role") {
        Some("system" | "developer") => Role::System,
        Some("assistant") => Role::Assistant,
        Some(_) => Role::User,
        None if is_output(item) => Role::Tool,
        None => Role::Assistant,
    };
    Message::new(role, item_blocks(item))
}

fn is_output(item: &Value) -> bool {
    json::text(item, "type").is_some_and(|kind| kind.ends_with("_output"))
}

/// One item as blocks; a call without arguments has an empty object.
pub(super) fn item_blocks(item: &Value) -> Vec<Block> {
    let kind = json::text(item, "type").unwrap_or_default();
    let id = || json::owned(item, "call_id").or_else(|| json::owned(item, "id"));
    match kind {
        // Messages in a request may leave their type out.
        "message" | "" => content(item.get("content")),
        "reasoning" => vec![reasoning(item)],
        "function_call" | "custom_tool_call" | "mcp_call" | "local_shell_call" | "shell_call" => {
            vec![Block::ToolCall {
                id: id().unwrap_or_default(),
                name: json::owned(item, "name").unwrap_or_else(|| kind.trim_end_matches("_call").to_owned()),
                input: match json::either(item, &["arguments", "input", "action"]) {
                    Some(Value::String(text)) => json::arguments(text),
                    Some(other) => other.clone(),
                    None => json::arguments(""),
                },
            }]
        }
        _ if is_output(item) => vec![tool_result(id(), item.get("output"))],
        _ => vec![Block::other(kind, item)],
    }
}

/// The summary, or the reasoning itself where a server shows it; the rest is encrypted.
fn reasoning(item: &Value) -> Block {
    let texts: Vec<&str> = json::items(item, "summary")
        .iter()
        .chain(json::items(item, "content"))
        .filter_map(|part| json::text(part, "text"))
        .collect();
    let text = texts.join("\n\n");
    Block::Thinking { redacted: text.is_empty(), text }
}

/// Reads a whole answer, or the `response` within a stream's last event.
pub(in super::super) fn read_answer(body: &Value) -> Answer {
    let blocks = json::items(body, "output").iter().flat_map(item_blocks).collect();
    Answer {
        id: json::owned(body, "id"),
        model: json::owned(body, "model"),
        message: Message::new(Role::Assistant, blocks),
        usage: body.get("usage").and_then(usage),
        stop_reason: stop_reason(body),
        error: failure(body),
        finished: false,
    }
}

fn usage(value: &Value) -> Option<Usage> {
    super::usage(value, "input_tokens", "output_tokens")
}

/// `completed`, `failed`…; for an incomplete answer the reason instead.
fn stop_reason(body: &Value) -> Option<String> {
    let reason = body.get("incomplete_details").and_then(|details| json::owned(details, "reason"));
    reason.or_else(|| json::owned(body, "status"))
}

fn failure(body: &Value) -> Option<AnswerError> {
    body.get("error").filter(|error| error.is_object()).and(error(body))
}

#[cfg(test)]
#[path = "responses_tests.rs"]
mod tests;
