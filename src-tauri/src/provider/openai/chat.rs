//! Chat Completions, and the older Completions with its bare `prompt`.

use serde_json::Value;

use super::super::answer::{Answer, Assembly, MAX_PARTS};
use super::super::json;
use super::super::message::{Block, Message, Role, Usage};
use super::super::request::BodyFacts;
use super::{content, tool_result};

/// Reads a request's body but for its list of messages.
pub(in super::super) fn beginning(body: &Value) -> BodyFacts {
    let prompt = Message::new(Role::User, content(body.get("prompt")));
    let tools = json::items(body, "tools").len() + json::items(body, "functions").len();
    BodyFacts { messages: prompt.into_iter().collect(), tools }
}

/// One message of a request; none when it says nothing.
pub(in super::super) fn message(value: &Value) -> Option<Message> {
    let role = match json::text(value, "role")? {
        "system" | "developer" => Role::System,
        "assistant" => return Message::new(Role::Assistant, assistant_blocks(value)),
        "tool" | "function" => {
            let id = json::owned(value, "tool_call_id").or_else(|| json::owned(value, "name"));
            return Message::new(Role::Tool, vec![tool_result(id, value.get("content"))]);
        }
        _ => Role::User,
    };
    Message::new(role, content(value.get("content")))
}

/// An assistant's message, in a request's history or in an answer: the same blocks either way.
fn assistant_blocks(value: &Value) -> Vec<Block> {
    let thinking = json::owned(value, "reasoning_content").or_else(|| json::owned(value, "reasoning"));
    let mut blocks: Vec<Block> =
        thinking.map(|text| Block::Thinking { text, redacted: false }).into_iter().collect();
    blocks.extend(content(value.get("content")));
    blocks.extend(json::owned(value, "refusal").map(Block::Text));
    blocks.extend(json::items(value, "tool_calls").iter().map(|call| Call::read(call).block()));
    blocks.extend(
        value.get("function_call").filter(|call| call.is_object()).map(|call| Call::legacy(call).block()),
    );
    blocks
}

/// Reads a whole answer; of several choices the first.
pub(in super::super) fn read_answer(body: &Value) -> Answer {
    let choice = json::items(body, "choices").first().unwrap_or(&Value::Null);
    let mut blocks = assistant_blocks(choice.get("message").unwrap_or(&Value::Null));
    blocks.extend(json::owned(choice, "text").map(Block::Text));
    Answer {
        id: json::owned(body, "id"),
        model: json::owned(body, "model"),
        message: Message::new(Role::Assistant, blocks),
        usage: body.get("usage").and_then(usage),
        stop_reason: json::owned(choice, "finish_reason"),
        error: None,
        finished: false,
    }
}

fn usage(value: &Value) -> Option<Usage> {
    super::usage(value, "prompt_tokens", "completion_tokens")
}

/// A tool call, whole or growing.
#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Call {
    fn read(value: &Value) -> Self {
        // Custom tools have free text in place of JSON arguments.
        let function = json::either(value, &["function", "custom"]).unwrap_or(&Value::Null);
        let arguments = json::either(function, &["arguments", "input"]);
        Self {
            index: value.get("index").and_then(Value::as_u64),
            id: json::owned(value, "id").unwrap_or_default(),
            name: json::owned(function, "name").unwrap_or_default(),
            arguments: match arguments {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            },
        }
    }

    /// `function_call`, from the time of one call a turn: it had no id but its name.
    fn legacy(value: &Value) -> Self {
        let name = json::owned(value, "name").unwrap_or_default();
        let arguments = json::owned(value, "arguments").unwrap_or_default();
        Self { index: None, id: name.clone(), name, arguments }
    }

    /// True when `fragment` goes on with this call. Some servers give all calls the index 0 and tell
    /// them apart by id.
    fn goes_on_with(&self, fragment: &Self) -> bool {
        let same_index = fragment.index.is_none() || self.index == fragment.index;
        same_index && (fragment.id.is_empty() || self.id.is_empty() || self.id == fragment.id)
    }

    fn grow(&mut self, fragment: Self) {
        if self.id.is_empty() {
            self.id = fragment.id;
        }
        if self.name.is_empty() {
            self.name = fragment.name;
        }
        self.arguments.push_str(&fragment.arguments);
    }

    fn block(self) -> Block {
        Block::ToolCall { id: self.id, name: self.name, input: json::arguments(&self.arguments) }
    }
}

/// Puts chunks together.
#[derive(Debug, Default)]
pub(in super::super) struct Stream {
    answer: Answer,
    thinking: String,
    text: String,
    calls: Vec<Call>,
}

impl Assembly for Stream {
    fn event(&mut self, chunk: &Value) {
        let answer = &mut self.answer;
        answer.id = answer.id.take().or_else(|| json::owned(chunk, "id"));
        answer.model = answer.model.take().or_else(|| json::owned(chunk, "model"));
        answer.usage = chunk.get("usage").and_then(usage).or(answer.usage);
        let is_first = |choice: &&Value| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
        let Some(choice) = json::items(chunk, "choices").iter().find(is_first) else { return };
        answer.stop_reason = json::owned(choice, "finish_reason").or(answer.stop_reason.take());
        self.text.push_str(json::text(choice, "text").unwrap_or_default());
        self.delta(choice.get("delta").unwrap_or(&Value::Null));
    }

    fn done_mark(&mut self) {
        self.answer.finished = true;
    }

    fn answer(mut self: Box<Self>) -> Answer {
        let mut blocks = Vec::new();
        if !self.thinking.is_empty() {
            blocks.push(Block::Thinking { text: self.thinking, redacted: false });
        }
        blocks.push(Block::Text(self.text));
        blocks.extend(self.calls.into_iter().map(Call::block));
        self.answer.message = Message::new(Role::Assistant, blocks);
        self.answer
    }
}

impl Stream {
    fn delta(&mut self, delta: &Value) {
        let thinking = json::text(delta, "reasoning_content").or_else(|| json::text(delta, "reasoning"));
        self.thinking.push_str(thinking.unwrap_or_default());
        for block in content(delta.get("content")) {
            if let Block::Text(text) = block {
                self.text.push_str(&text);
            }
        }
        self.text.push_str(json::text(delta, "refusal").unwrap_or_default());
        for call in json::items(delta, "tool_calls") {
            self.call(Call::read(call));
        }
        if let Some(call) = delta.get("function_call").filter(|call| call.is_object()) {
            self.call(Call::legacy(call));
        }
    }

    fn call(&mut self, fragment: Call) {
        match self.calls.iter().rposition(|call| call.goes_on_with(&fragment)) {
            Some(at) => self.calls[at].grow(fragment),
            None if self.calls.len() < MAX_PARTS => self.calls.push(fragment),
            None => {}
        }
    }
}

#[cfg(test)]
#[path = "chat_tests.rs"]
mod tests;
