//! Google's `generateContent`, plain and within Code Assist, which wraps request and answer.

use serde_json::Value;

use super::answer::{Answer, Assembly, MAX_PARTS};
use super::image::Image;
use super::json;
use super::list;
use super::message::{Block, Message, Role, Usage};
use super::request::BodyFacts;

/// Reads a request's body but for its contents. Both spellings of a field are in use: Google's servers take
/// either.
pub(super) fn beginning(body: &Value) -> BodyFacts {
    let body = list::unwrapped(body);
    let system = json::either(body, &["systemInstruction", "system_instruction"]);
    let system = system.and_then(|content| Message::new(Role::System, blocks(content)));
    BodyFacts { messages: system.into_iter().collect(), tools: count_tools(body) }
}

/// Each declared function, and each of Google's own tools.
fn count_tools(body: &Value) -> usize {
    let count = |tool: &Value| {
        let functions = json::either(tool, &["functionDeclarations", "function_declarations"]);
        functions.and_then(Value::as_array).map_or(1, Vec::len)
    };
    json::items(body, "tools").iter().map(count).sum()
}

/// One content of a request; none when it says nothing.
pub(super) fn turn(content: &Value) -> Option<Message> {
    let role = match json::text(content, "role") {
        Some("model") => Role::Assistant,
        Some("system") => Role::System,
        Some("function" | "tool") => Role::Tool,
        Some(_) | None => Role::User,
    };
    Message::new(role, blocks(content))
}

fn blocks(content: &Value) -> Vec<Block> {
    if let Some(text) = content.as_str() {
        return vec![Block::Text(text.to_owned())];
    }
    let mut blocks = Vec::new();
    for part in json::items(content, "parts").iter().take(MAX_PARTS) {
        add_part(&mut blocks, part);
    }
    blocks
}

/// Adds a part. Streams cut texts anywhere, and clients send the pieces back as they came: pieces of
/// one kind are one block.
fn add_part(blocks: &mut Vec<Block>, part: &Value) {
    let next = block(part);
    match (blocks.last_mut(), &next) {
        (Some(Block::Text(text)), Block::Text(more)) => text.push_str(more),
        (
            Some(Block::Thinking { text, redacted: false }),
            Block::Thinking { text: more, redacted: false },
        ) => {
            text.push_str(more);
        }
        (Some(_) | None, _) => blocks.push(next),
    }
}

fn block(part: &Value) -> Block {
    let is_thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
    if let Some(text) = json::text(part, "text") {
        let text = text.to_owned();
        return if is_thought { Block::Thinking { text, redacted: false } } else { Block::Text(text) };
    }
    if let Some(call) = json::either(part, &["functionCall", "function_call"]) {
        let input = call.get("args").cloned().unwrap_or_else(|| json::arguments(""));
        return Block::ToolCall {
            id: id_or_name(call),
            name: json::owned(call, "name").unwrap_or_default(),
            input,
        };
    }
    if let Some(result) = json::either(part, &["functionResponse", "function_response"]) {
        return tool_result(result);
    }
    if let Some(image) = image(part) {
        return Block::Image(image);
    }
    let kind = part.as_object().and_then(|fields| fields.keys().find(|key| !is_annotation(key)));
    Block::other(kind.map_or("part", String::as_str), part)
}

fn is_annotation(key: &str) -> bool {
    matches!(key, "thought" | "thoughtSignature" | "thought_signature" | "videoMetadata" | "partMetadata")
}

fn id_or_name(call: &Value) -> String {
    json::owned(call, "id").or_else(|| json::owned(call, "name")).unwrap_or_default()
}

/// Clients put a tool's text under `output`, and what went wrong under `error`.
fn tool_result(result: &Value) -> Block {
    let response = result.get("response").unwrap_or(&Value::Null);
    let text = json::text(response, "output").or_else(|| json::text(response, "error"));
    Block::ToolResult {
        id: id_or_name(result),
        text: text.map_or_else(|| json::for_display(response).to_string(), str::to_owned),
        is_error: response.get("error").is_some_and(|error| !error.is_null()),
        images: json::items(result, "parts").iter().filter_map(image).collect(),
    }
}

fn image(part: &Value) -> Option<Image> {
    let data = json::either(part, &["inlineData", "inline_data", "fileData", "file_data"])?;
    let media_type = json::either(data, &["mimeType", "mime_type"])?.as_str()?;
    if !media_type.starts_with("image/") {
        return None;
    }
    let media_type = Some(media_type.to_owned());
    if let Some(data) = json::text(data, "data") {
        return Some(Image::encoded(media_type, data));
    }
    let url = json::either(data, &["fileUri", "file_uri"]).and_then(Value::as_str).map(str::to_owned);
    Some(Image { media_type, url, ..Image::default() })
}

/// Reads a whole answer: one object, or the array of chunks that `streamGenerateContent` sends when
/// it is not asked for events.
pub(super) fn read_answer(body: &Value) -> Answer {
    let mut stream = Box::<Stream>::default();
    match body {
        Value::Array(chunks) => chunks.iter().for_each(|chunk| stream.event(chunk)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            stream.event(body)
        }
    }
    stream.answer()
}

/// Google counts cached input within the prompt and thoughts beside the candidates.
fn usage(value: &Value) -> Option<Usage> {
    let count = |key| value.get(key).and_then(Value::as_u64);
    let (cached, thoughts) = (count("cachedContentTokenCount"), count("thoughtsTokenCount"));
    let sum = |one: Option<u64>, other: Option<u64>| {
        one.or(other).map(|_| one.unwrap_or(0).saturating_add(other.unwrap_or(0)))
    };
    let input = sum(count("promptTokenCount"), count("toolUsePromptTokenCount"));
    value.is_object().then(|| Usage {
        input_tokens: input.map(|all| all.saturating_sub(cached.unwrap_or(0))),
        output_tokens: sum(count("candidatesTokenCount"), thoughts),
        cache_read_tokens: cached,
        cache_write_tokens: None,
        cache_write_1h_tokens: None,
        reasoning_tokens: thoughts,
    })
}

/// Puts chunks together. Each is a whole answer object with the next parts.
#[derive(Debug, Default)]
pub(super) struct Stream {
    answer: Answer,
    blocks: Vec<Block>,
}

impl Assembly for Stream {
    fn event(&mut self, chunk: &Value) {
        let chunk = chunk.get("response").unwrap_or(chunk);
        let answer = &mut self.answer;
        answer.id = answer.id.take().or_else(|| json::owned(chunk, "responseId"));
        answer.model = json::owned(chunk, "modelVersion").or(answer.model.take());
        answer.usage = chunk.get("usageMetadata").and_then(usage).or(answer.usage);
        let blocked = chunk.get("promptFeedback").and_then(|feedback| json::owned(feedback, "blockReason"));
        let candidate = json::items(chunk, "candidates").first().unwrap_or(&Value::Null);
        let reason = json::owned(candidate, "finishReason").or(blocked);
        answer.finished |= reason.is_some();
        answer.stop_reason = reason.or(answer.stop_reason.take());
        let content = candidate.get("content").unwrap_or(&Value::Null);
        for part in json::items(content, "parts") {
            if self.blocks.len() < MAX_PARTS {
                add_part(&mut self.blocks, part);
            }
        }
    }

    fn answer(mut self: Box<Self>) -> Answer {
        self.answer.message = Message::new(Role::Assistant, self.blocks);
        self.answer
    }
}

#[cfg(test)]
#[path = "gemini_tests.rs"]
mod tests;
