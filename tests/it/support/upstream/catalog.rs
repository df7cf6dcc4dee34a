//! What is no conversation: models, embeddings, files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::Content;
use super::call::{Call, Dialect};
use super::words::heard;

const CREATED_AT_S: u64 = 1_764_000_000;

/// Anthropic lists models in two pages, so that the second one's query passes too.
pub(super) fn models(call: &Call) -> Content {
    if call.dialect != Dialect::Anthropic {
        let model =
            |id: &str| json!({"id": id, "object": "model", "created": CREATED_AT_S, "owned_by": "scripted"});
        return Content::Json(json!({"object": "list", "data": [model("model-a"), model("model-b")]}));
    }
    let id = if call.query.contains("after_id=model-a") { "model-b" } else { "model-a" };
    let model = json!({"type": "model", "id": id, "display_name": id, "created_at": "2025-11-24T00:00:00Z"});
    Content::Json(json!({"data": [model], "has_more": id == "model-a", "first_id": id, "last_id": id}))
}

/// The SDKs ask for base64 by themselves, and turn it into numbers.
pub(super) fn embeddings(call: &Call) -> Content {
    let input = &call.json["input"];
    let inputs = input.as_array().cloned().unwrap_or_else(|| vec![input.clone()]);
    let entry =
        |(index, input)| json!({"object": "embedding", "index": index, "embedding": embedding(call, input)});
    let data: Vec<Value> = inputs.iter().enumerate().map(entry).collect();
    let usage = json!({"prompt_tokens": inputs.len(), "total_tokens": inputs.len()});
    Content::Json(json!({"object": "list", "data": data, "model": call.model(), "usage": usage}))
}

/// Eight numbers that depend on the input's length.
fn embedding(call: &Call, input: &Value) -> Value {
    let length = f32::from(u16::try_from(heard(input).len()).unwrap_or(u16::MAX));
    let numbers: Vec<f32> = (1_u8..=8).map(|step| length / f32::from(step) - 1.5).collect();
    if call.json["encoding_format"] == "base64" {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        json!(STANDARD.encode(bytes))
    } else {
        json!(numbers)
    }
}

/// Tells the length of the whole multipart body: boundaries have a fixed length in each SDK.
pub(super) fn file_created(call: &Call) -> Content {
    Content::Json(json!({
        "id": call.id("file"), "object": "file", "bytes": call.body.len(), "created_at": CREATED_AT_S,
        "filename": "all-bytes.bin", "purpose": "user_data", "status": "processed",
    }))
}

/// All byte values, sixteen times: no valid UTF-8.
pub(super) fn file_content(_call: &Call) -> Content {
    Content::Octets((0..=255_u8).cycle().take(4096).collect())
}
