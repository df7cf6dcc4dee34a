//! One shape for what every API calls messages, items, contents and parts. It is also what
//! `show --json` prints.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::image::Image;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Role {
    /// Instructions: `system`, `developer`, `instructions`, `systemInstruction`.
    System,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// Results of tool calls, when the message holds nothing else.
    Tool,
}

/// One turn's part of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order. Empty texts are left out.
    pub blocks: Vec<Block>,
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Block {
    /// Plain text, in JSON under `text`.
    #[serde(with = "text_field")]
    Text(#[cfg_attr(test, ts(type = "{ text: string }"))] String),
    /// The model's reasoning.
    Thinking {
        /// The readable part, often a summary.
        text: String,
        /// True when the provider sent it encrypted or not at all.
        redacted: bool,
    },
    /// The model asks for a tool.
    ToolCall {
        /// Pairs the call with its result. Gemini may leave it out: then it is the tool's name.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments; a string where they are no JSON, or were cut.
        #[cfg_attr(test, ts(type = "unknown"))]
        input: Value,
    },
    /// What a tool gave back.
    ToolResult {
        /// The call's id.
        id: String,
        /// The text parts, joined by line feeds.
        text: String,
        /// The client says that the tool failed.
        is_error: bool,
        /// The images that came with it.
        images: Vec<Image>,
    },
    /// An image, without its bytes.
    Image(Image),
    /// Anything else.
    Other {
        /// The API's own name for it.
        kind: String,
        /// The block itself; strings over 16 KiB are replaced by their size.
        #[cfg_attr(test, ts(type = "unknown"))]
        json: Value,
    },
}

/// What an answer cost, in tokens. `None` is unknown, which is not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Usage {
    /// Input that was read in full: neither cached before nor written to the cache now.
    pub input_tokens: Option<u64>,
    /// Output, reasoning included.
    pub output_tokens: Option<u64>,
    /// Input that came out of the provider's cache.
    pub cache_read_tokens: Option<u64>,
    /// Input that was written to the cache, whatever its lifetime.
    pub cache_write_tokens: Option<u64>,
    /// The part of `cache_write_tokens` that is kept for an hour, at its own price.
    pub cache_write_1h_tokens: Option<u64>,
    /// The part of `output_tokens` that was reasoning.
    pub reasoning_tokens: Option<u64>,
}

impl Message {
    /// A message of these blocks, empty texts left out; none when nothing remains. A user's message
    /// that holds tool results only speaks for the tool.
    pub(super) fn new(role: Role, blocks: Vec<Block>) -> Option<Self> {
        let blocks: Vec<Block> = blocks.into_iter().filter(|block| !block.is_empty_text()).collect();
        if blocks.is_empty() {
            return None;
        }
        let only_results = blocks.iter().all(|block| matches!(block, Block::ToolResult { .. }));
        let role = if role == Role::User && only_results { Role::Tool } else { role };
        Some(Self { role, blocks })
    }
}

impl Block {
    fn is_empty_text(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The image that this is, if it is one.
    pub(super) fn into_image(self) -> Option<Image> {
        if let Self::Image(image) = self { Some(image) } else { None }
    }

    /// A block of no known kind, or of a kind that needs no shape of its own.
    pub(super) fn other(kind: &str, json: &Value) -> Self {
        Self::Other { kind: kind.to_owned(), json: super::json::for_display(json) }
    }
}

/// An internally tagged enum cannot hold a bare string: it gets a field.
mod text_field {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Text<T> {
        text: T,
    }

    pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        Text { text }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        Text::deserialize(deserializer).map(|field| field.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_tagged_snake_case_and_reads_back_equal() {
        let message = Message {
            role: Role::Assistant,
            blocks: vec![
                Block::Text("hi".into()),
                Block::Thinking { text: String::new(), redacted: true },
                Block::ToolCall { id: "t".into(), name: "Bash".into(), input: json!({"a": 1}) },
                Block::ToolResult {
                    id: "t".into(),
                    text: "ok".into(),
                    is_error: false,
                    images: vec![Image::default()],
                },
                Block::Image(Image::encoded(None, "QUJD")),
                Block::Other { kind: "x".into(), json: json!([1]) },
            ],
        };
        let value = serde_json::to_value(&message).unwrap();
        assert_eq!(value["role"], "assistant");
        assert_eq!(value["blocks"][0], json!({"type": "text", "text": "hi"}));
        assert_eq!(value["blocks"][2]["type"], "tool_call");
        assert_eq!(serde_json::from_value::<Message>(value).unwrap(), message);
    }

    #[test]
    fn a_users_message_of_results_alone_is_the_tools() {
        let result =
            || Block::ToolResult { id: "t".into(), text: "ok".into(), is_error: false, images: vec![] };
        let role = |blocks| Message::new(Role::User, blocks).map(|message| message.role);
        assert_eq!(role(vec![result()]), Some(Role::Tool));
        assert_eq!(role(vec![result(), Block::Text("and?".into())]), Some(Role::User));
        assert_eq!(role(vec![Block::Text(String::new())]), None);
    }
}
