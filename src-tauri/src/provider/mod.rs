//! Pure knowledge of each provider's API: no sockets, no files, no clock.
//!
//! Everything in here reads what strangers wrote (clients, models, gateways), so nothing may panic or
//! allocate on its word, and nothing fails: what cannot be read is left out.

mod answer;
mod anthropic;
mod api;
mod bedrock;
mod client;
mod error_body;
mod gemini;
mod image;
mod json;
mod list;
mod message;
mod openai;
mod path;
pub mod prices;
mod project;
mod reader;
mod request;
mod session;
pub mod sse;

use serde::{Deserialize, Serialize};

pub use answer::{Answer, AnswerBody, AnswerError, read_answer};
pub use api::Kind;
pub use bedrock::bedrock_events;
pub use client::Client;
pub use image::{Image, image_data};
pub use message::{Block, Message, Role, Usage};
pub use path::{chatgpt_path, is_chatgpt_sign_in, own_path};
pub use reader::RequestReader;
pub use request::{RequestFacts, read_request};
pub use session::ClientSession;

/// Looks a header field up by its lower-case name: the first value, if there is one.
pub type Header<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// Whose API a request speaks: the first segment of the proxy's URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// `api.anthropic.com` and everything that speaks its Messages API.
    Anthropic,
    /// `api.openai.com` and everything that speaks Chat Completions or Responses.
    OpenAi,
    /// `generativelanguage.googleapis.com` and Code Assist.
    Gemini,
    /// Amazon Bedrock's own form, `/model/{id}/invoke…`.
    Bedrock,
}

/// The first segments of the proxy's URLs. Bedrock has none: its clients keep `/model/…`.
pub const ALL_SEGMENTS: [&str; 3] = ["anthropic", "openai", "gemini"];

impl Provider {
    /// The provider that a URL's first segment names. Upper case is no segment: URLs are exact.
    pub fn from_segment(segment: &str) -> Option<Self> {
        match segment {
            "anthropic" => Some(Self::Anthropic),
            "openai" => Some(Self::OpenAi),
            "gemini" => Some(Self::Gemini),
            _ => None,
        }
    }

    /// The provider of this name in logs and the index.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Anthropic, Self::OpenAi, Self::Gemini, Self::Bedrock]
            .into_iter()
            .find(|provider| provider.as_str() == name)
    }

    /// The name in URLs, logs and the index.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
        }
    }

    /// The host meant when the URL names none. Bedrock's depends on the region.
    pub fn default_upstream(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("api.anthropic.com"),
            Self::OpenAi => Some("api.openai.com"),
            Self::Gemini => Some("generativelanguage.googleapis.com"),
            Self::Bedrock => None,
        }
    }

    /// An error of the proxy itself, in the provider's own JSON shape, so that its SDKs can show it.
    /// `code` is the proxy's, for programs; `message` is for people and must hold no secret.
    pub fn error_body(self, status: u16, code: &str, message: &str) -> String {
        error_body::error_body(self, status, code, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_name_their_providers_and_nothing_else_does() {
        for segment in ALL_SEGMENTS {
            assert_eq!(Provider::from_segment(segment).map(Provider::as_str), Some(segment));
        }
        for other in ["bedrock", "Anthropic", "", "openai ", "google"] {
            assert_eq!(Provider::from_segment(other), None, "{other:?}");
        }
    }

    #[test]
    fn serialised_names_are_the_ones_in_urls() {
        for provider in [Provider::Anthropic, Provider::OpenAi, Provider::Gemini, Provider::Bedrock] {
            let json = serde_json::to_string(&provider).unwrap();
            assert_eq!(json, format!("\"{}\"", provider.as_str()));
            assert_eq!(Provider::from_name(provider.as_str()), Some(provider));
        }
    }
}
