//! OpenAI's two APIs, and all the servers that copied them.

pub(super) mod chat;
pub(super) mod responses;
pub(super) mod responses_stream;

use serde_json::Value;

use super::image::Image;
use super::json;
use super::message::{Block, Usage};

/// The parts of a message's `content`: a string, or an array of typed parts, which both APIs name
/// almost alike.
fn content(value: Option<&Value>) -> Vec<Block> {
    match value {
        Some(Value::String(text)) => vec![Block::Text(text.clone())],
        Some(Value::Array(parts)) => parts.iter().map(part).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}

fn part(value: &Value) -> Block {
    let kind = json::text(value, "type").unwrap_or_default();
    let string = |key| json::text(value, key).unwrap_or_default().to_owned();
    match kind {
        "text" | "input_text" | "output_text" | "summary_text" | "reasoning_text" => {
            Block::Text(string("text"))
        }
        "refusal" => Block::Text(string("refusal")),
        "image_url" | "input_image" => Block::Image(image(value)),
        _ => Block::other(kind, value),
    }
}

/// `{"image_url": {"url": …}}` in Chat Completions, `{"image_url": …}` or `{"file_id": …}` in Responses.
fn image(value: &Value) -> Image {
    let field = value.get("image_url").unwrap_or(&Value::Null);
    let url = field.as_str().or_else(|| json::text(field, "url")).or_else(|| json::text(value, "file_id"));
    Image::at(url.unwrap_or_default())
}

/// What a tool gave back.
fn tool_result(id: Option<String>, output: Option<&Value>) -> Block {
    let parts = match output {
        Some(object @ Value::Object(_)) => vec![Block::Text(object.to_string())],
        other => content(other),
    };
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| if let Block::Text(text) = part { Some(text.as_str()) } else { None })
        .collect();
    let text = texts.join("\n");
    let images = parts.into_iter().filter_map(Block::into_image).collect();
    Block::ToolResult { id: id.unwrap_or_default(), text, is_error: false, images }
}

/// OpenAI's input count includes what came out of the cache. `input` and `output` are the names of
/// the two counts: they differ between the APIs.
fn usage(value: &Value, input: &str, output: &str) -> Option<Usage> {
    let count = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64);
    let detail = |side: &str, key: &str| count(value.get(format!("{side}_details"))?, key);
    // DeepSeek names the cached part otherwise.
    let cached = detail(input, "cached_tokens").or_else(|| count(value, "prompt_cache_hit_tokens"));
    value.is_object().then(|| Usage {
        input_tokens: count(value, input).map(|all| all.saturating_sub(cached.unwrap_or(0))),
        output_tokens: count(value, output),
        cache_read_tokens: cached,
        cache_write_tokens: None,
        cache_write_1h_tokens: None,
        reasoning_tokens: detail(output, "reasoning_tokens"),
    })
}
