//! Gemini's `generateContent`, `streamGenerateContent` and `countTokens`.

use serde_json::{Value, json};

use super::answer::{Content, event};
use super::call::Call;
use super::words::{heard, pieces, reply_to, tokens};

pub(super) fn generate(call: &Call) -> Content {
    let prompt = prompt(call);
    match call.path.rsplit_once(':').map(|(_, verb)| verb) {
        Some("generateContent") => {
            let parts = parts(call, &prompt);
            Content::Json(response(call, &prompt, &json!(parts), true))
        }
        Some("streamGenerateContent") => Content::Events(stream(call, &prompt)),
        Some("countTokens") => Content::Json(json!({"totalTokens": tokens(&prompt)})),
        _ => Content::Error(404, "no such verb"),
    }
}

fn prompt(call: &Call) -> String {
    let contents = call.json["contents"].as_array();
    contents.and_then(|contents| contents.last()).map(|last| heard(&last["parts"])).unwrap_or_default()
}

fn parts(call: &Call, prompt: &str) -> Vec<Value> {
    let answered = call.json["contents"].to_string().contains("\"functionResponse\"");
    match call.json["tools"][0]["functionDeclarations"][0]["name"].as_str() {
        Some(name) if !answered => {
            vec![json!({"functionCall": {"name": name, "args": {"city": "Zürich", "for": prompt}}})]
        }
        _ => pieces(&reply_to(call, prompt)).into_iter().map(|word| json!({"text": word})).collect(),
    }
}

/// Every event is a whole response; the last one has the reason of the end.
fn stream(call: &Call, prompt: &str) -> Vec<String> {
    let parts = parts(call, prompt);
    let last = parts.len().saturating_sub(1);
    let events = parts.iter().enumerate();
    events.map(|(index, part)| event(None, &response(call, prompt, &json!([part]), index == last))).collect()
}

fn response(call: &Call, prompt: &str, parts: &Value, last: bool) -> Value {
    let (input, output) = (tokens(prompt), tokens(&parts.to_string()));
    json!({
        "candidates": [{
            "content": {"role": "model", "parts": parts}, "index": 0,
            "finishReason": if last { json!("STOP") } else { Value::Null },
        }],
        "usageMetadata": {
            "promptTokenCount": input, "candidatesTokenCount": output, "totalTokenCount": input + output,
            "cachedContentTokenCount": 2, "thoughtsTokenCount": 1,
        },
        "modelVersion": "scripted-model", "responseId": call.id("gemini"),
    })
}
