//! Images in messages: what is told of them, and their data where a body holds it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AnswerBody, json, sse};

/// An image, without its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Image {
    /// `image/png` and so on, when known: the client says so.
    pub media_type: Option<String>,
    /// Size once decoded from base64; 0 when the image is only named.
    pub bytes: u64,
    /// Where it is: a URL or a provider's file id.
    pub url: Option<String>,
    /// Finds its data in the body that it came in, see [`image_data`]; none: the body has none in base64.
    /// The same program gives the same data the same digest; it means nothing elsewhere.
    pub digest: Option<String>,
}

impl Image {
    /// An image whose bytes are there in base64.
    pub(super) fn encoded(media_type: Option<String>, data: &str) -> Self {
        Self { media_type, bytes: json::base64_bytes(data), url: None, digest: Some(digest(data)) }
    }

    /// An image given as a `data:` URL or as an address.
    pub(super) fn at(url: &str) -> Self {
        let Some((media_type, data)) = url.strip_prefix("data:").and_then(|rest| rest.split_once(',')) else {
            return Self { url: Some(url.to_owned()), ..Self::default() };
        };
        match media_type.strip_suffix(";base64") {
            Some(media_type) => Self::encoded(Some(media_type.to_owned()), data),
            None => {
                Self { media_type: Some(media_type.to_owned()), bytes: data.len() as u64, ..Self::default() }
            }
        }
    }
}

/// The data of the image with this digest, in base64 as the body has it; none: it is not in there.
pub fn image_data(body: AnswerBody<'_>, wanted: &str) -> Option<String> {
    match body {
        AnswerBody::Json(text) => find(&json::parse(text)?, wanted),
        AnswerBody::Events(text) => {
            let mut found = None;
            sse::events(text, |event| {
                if found.is_none() {
                    found = json::parse(event.data).and_then(|value| find(&value, wanted));
                }
            });
            found
        }
    }
}

/// Where in a body an image stands differs between APIs; that its data is a string of its own, or the end of
/// a `data:` URL, does not.
fn find(value: &Value, wanted: &str) -> Option<String> {
    match value {
        Value::String(text) => {
            let data = match text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
                Some((_, data)) => data,
                None => text,
            };
            (digest(data) == wanted).then(|| data.to_owned())
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, wanted)),
        Value::Object(fields) => fields.values().find_map(|field| find(field, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn digest(data: &str) -> String {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Block, Provider, read_answer, read_request};

    #[test]
    fn images_are_measured_not_kept() {
        let image = Image::at("data:image/png;base64,QUJD");
        assert_eq!((image.media_type.as_deref(), image.bytes, image.url), (Some("image/png"), 3, None));
        let image = Image::at("https://x.example/a.png");
        let url = Some("https://x.example/a.png".to_owned());
        assert_eq!(image, Image { url, ..Image::default() });
        assert_eq!(Image::at("data:image/png,abc").digest, None);
    }

    fn images(blocks: Vec<Block>) -> Vec<Image> {
        let images = |block| {
            if let Block::ToolResult { images, .. } = block {
                return images;
            }
            block.into_image().into_iter().collect()
        };
        blocks.into_iter().flat_map(images).collect()
    }

    #[test]
    fn the_data_of_each_apis_images_is_found_by_what_is_told_of_them() {
        let source = r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}"#;
        let anthropic = format!(
            r#"{{"messages":[{{"role":"user","content":[{source},
                {{"type":"tool_result","tool_use_id":"t","content":[{{"type":"image","source":{{"type":"base64","data":"REVG"}}}}]}}]}}]}}"#
        );
        let chat = r#"{"messages":[{"role":"user","content":[
            {"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},
            {"type":"image_url","image_url":{"url":"data:image/jpeg;base64,REVG"}}]}]}"#;
        let responses = r#"{"input":[
            {"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,QUJD"}]},
            {"type":"function_call_output","call_id":"c","output":[{"type":"input_image","image_url":"data:image/png;base64,REVG"}]}]}"#;
        let gemini = r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"QUJD"}},
            {"functionResponse":{"name":"f","response":{},"parts":[{"inlineData":{"mimeType":"image/png","data":"REVG"}}]}}]}]}"#;
        for (provider, path, body) in [
            (Provider::Anthropic, "/v1/messages", anthropic.as_str()),
            (Provider::OpenAi, "/v1/chat/completions", chat),
            (Provider::OpenAi, "/v1/responses", responses),
            (Provider::Gemini, "/v1beta/models/m:generateContent", gemini),
        ] {
            let facts = read_request(provider, path, &|_| None, body);
            let told = images(facts.messages.into_iter().flat_map(|message| message.blocks).collect());
            let data: Vec<_> = told
                .iter()
                .map(|image| image_data(AnswerBody::Json(body), image.digest.as_deref().unwrap()))
                .collect();
            assert_eq!(data, [Some("QUJD".to_owned()), Some("REVG".to_owned())], "{path}");
            assert_eq!(image_data(AnswerBody::Json(body), "0"), None);
        }
    }

    #[test]
    fn an_image_that_a_model_made_is_found_in_its_stream() {
        let events = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"here\"}]}}]}\n\n\
            data: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"QUJD\"}}]}}]}\n\n";
        let path = "/v1beta/models/m:streamGenerateContent";
        let answer = read_answer(Provider::Gemini, path, AnswerBody::Events(events));
        let told = images(answer.message.unwrap().blocks);
        let digest = told[0].digest.as_deref().unwrap();
        assert_eq!(image_data(AnswerBody::Events(events), digest).as_deref(), Some("QUJD"));
    }
}
