//! The words of an answer: they repeat what was asked, so that a lost byte shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::call::Call;
use super::scenario::Scenario;

/// What the upstream says to `prompt`: some words, or very many in the scenario `big`. Characters of
/// two, three and four bytes are among them.
pub(super) fn reply_to(call: &Call, prompt: &str) -> String {
    if call.scenario != Scenario::Big {
        return format!("Grüße 🙂 — attempt {}, you said: {prompt}", call.attempt);
    }
    let filler = "x".repeat(if call.wants_stream() { 20 } else { 4_000 });
    (0..1_000).map(|number| format!("word {number} {filler} é€🙂\n")).collect()
}

/// Splits at spaces and line ends, so that the pieces joined are the text: what a delta holds.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    text.split_inclusive(if text.contains('\n') { '\n' } else { ' ' }).collect()
}

/// A made-up but steady token count: one for each word.
pub(super) fn tokens(text: &str) -> usize {
    text.split_whitespace().count()
}

/// What a message's content says, in any API's form; images by type and size, tool results by their text.
pub(super) fn heard(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(heard_part).collect::<Vec<_>>().join(" + "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => content.to_string(),
    }
}

fn heard_part(part: &Value) -> String {
    if let Some(text) = part["text"].as_str() {
        return text.to_owned();
    }
    if let Some((media_type, data)) = image(part) {
        return match STANDARD.decode(data) {
            Ok(bytes) => format!("[{media_type}: {} bytes]", bytes.len()),
            Err(error) => format!("[{media_type}: {error}]"),
        };
    }
    let results = [&part["content"], &part["output"], &part["functionResponse"]["response"]];
    match results.into_iter().find(|result| !result.is_null()) {
        Some(result) => format!("the tool's {}", heard(result)),
        None => part.to_string(),
    }
}

/// Media type and base64 of an image part: Anthropic's `source`, OpenAI's data URL, Gemini's `inlineData`.
fn image(part: &Value) -> Option<(&str, &str)> {
    if let Some(data) = part["source"]["data"].as_str() {
        return Some((part["source"]["media_type"].as_str()?, data));
    }
    if let Some(data) = part["inlineData"]["data"].as_str() {
        return Some((part["inlineData"]["mimeType"].as_str()?, data));
    }
    let url = &part["image_url"];
    url.as_str().or(url["url"].as_str())?.strip_prefix("data:")?.split_once(";base64,")
}
