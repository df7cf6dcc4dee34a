//! What an answer says, whole or streamed, whichever API it speaks.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::{self, Api};
use super::{Message, Provider, Usage, anthropic, gemini, json, openai, sse};

/// A stream's blocks, items or tool calls beyond this number are dropped: the number comes from
/// outside, and no real answer has so many.
pub(super) const MAX_PARTS: usize = 4096;

/// An answer's body as text, its content coding undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerBody<'a> {
    /// One JSON text.
    Json(&'a str),
    /// Server-sent events, concatenated as they came. The messages of a WebSocket fit in as events of
    /// one `data` line each.
    Events(&'a str),
}

/// What could be read of an answer; what could not is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The provider's id of the answer: `msg_…`, `chatcmpl-…`, `resp_…`.
    pub id: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// What it said.
    pub message: Option<Message>,
    /// What it cost.
    pub usage: Option<Usage>,
    /// Why it stopped, in the provider's word.
    pub stop_reason: Option<String>,
    /// What went wrong, as the provider says.
    pub error: Option<AnswerError>,
    /// The JSON was whole, or the stream's last event was seen. False for an answer that was cut.
    pub finished: bool,
}

/// A provider's error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerError {
    /// `overloaded_error`, `rate_limit_exceeded`, `RESOURCE_EXHAUSTED`…; `error` when it has no name.
    pub kind: String,
    /// The text for people.
    pub message: String,
}

/// Puts one API's events together. Every method takes what strangers wrote.
pub(super) trait Assembly {
    /// Takes the next event.
    fn event(&mut self, event: &Value);
    /// The mark after the last event, where it is no JSON (`[DONE]`).
    fn done_mark(&mut self) {}
    /// The answer so far.
    fn answer(self: Box<Self>) -> Answer;
}

/// Reads an answer to a request for `path`. Never fails: what is unreadable is left out.
pub fn read_answer(provider: Provider, path: &str, body: AnswerBody<'_>) -> Answer {
    let api = api::recognise(provider, path).api;
    match body {
        AnswerBody::Json(text) => json::parse(text).map(|body| read_json(api, &body)).unwrap_or_default(),
        AnswerBody::Events(text) => read_events(api, text),
    }
}

fn read_json(api: Api, body: &Value) -> Answer {
    let mut answer = match api {
        Api::Messages => anthropic::read_answer(body),
        Api::ChatCompletions => openai::chat::read_answer(body),
        Api::Responses => openai::responses::read_answer(body),
        Api::Gemini => gemini::read_answer(body),
    };
    answer.error = answer.error.or_else(|| error(body));
    answer.finished = true;
    answer
}

fn read_events(api: Api, text: &str) -> Answer {
    let mut assembly: Box<dyn Assembly> = match api {
        Api::Messages => Box::<anthropic::Stream>::default(),
        Api::ChatCompletions => Box::<openai::chat::Stream>::default(),
        Api::Responses => Box::<openai::responses_stream::Stream>::default(),
        Api::Gemini => Box::<gemini::Stream>::default(),
    };
    let mut failed = None;
    sse::events(text, |event| {
        if event.data == "[DONE]" {
            assembly.done_mark();
        } else if let Some(value) = json::parse(event.data) {
            failed = failed.take().or_else(|| error(&value));
            assembly.event(&value);
        }
    });
    let mut answer = assembly.answer();
    // A provider that tells an error in its stream sends nothing after it.
    answer.finished |= failed.is_some();
    answer.error = answer.error.or(failed);
    answer
}

/// An error in any of the shapes in use: `{"error": {…}}` (all), `{"error": "…"}`, an array of them
/// (Gemini), `{"type": "error", "message": …}` (Responses), `{"detail": …}` (ChatGPT), `{"message": …}` (Bedrock).
pub(super) fn error(value: &Value) -> Option<AnswerError> {
    if let Some(first) = value.as_array().and_then(|elements| elements.first()) {
        return error_of_object(first);
    }
    error_of_object(value)
}

fn error_of_object(value: &Value) -> Option<AnswerError> {
    match value.get("error") {
        Some(Value::String(message)) => return Some(named(value, message)),
        Some(error @ Value::Object(_)) => {
            return Some(named(error, json::text(error, "message").unwrap_or_default()));
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => {}
    }
    if let Some(detail) = json::text(value, "detail") {
        return Some(named(value, detail));
    }
    let is_error =
        json::text(value, "type") == Some("error") || value.as_object()?.keys().all(is_error_field);
    let message = json::text(value, "message").filter(|_| is_error)?;
    Some(named(value, message))
}

fn is_error_field(key: &String) -> bool {
    matches!(key.as_str(), "message" | "Message" | "type" | "code" | "__type" | "param")
}

fn named(error: &Value, message: &str) -> AnswerError {
    let kind = ["type", "status", "code", "__type"]
        .iter()
        .filter_map(|key| json::text(error, key))
        .find(|kind| !kind.is_empty() && *kind != "error");
    AnswerError { kind: kind.unwrap_or("error").to_owned(), message: message.to_owned() }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
