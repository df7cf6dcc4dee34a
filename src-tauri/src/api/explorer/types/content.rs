//! What bodies and lines hold: texts in parts, and images.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

/// Asks for `body` and `record`: part of a text that may be large.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct TextArgs {
    /// The request's id.
    pub request_id: String,
    /// `request` or `response`.
    pub what: Side,
    /// Where the part begins, in bytes; moved back to a character's beginning.
    #[serde(default)]
    pub from: u64,
    /// At most so many bytes, up to 4 MiB.
    pub limit: u64,
}

/// Of which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum Side {
    /// What the client sent.
    Request,
    /// What came back.
    Response,
}

/// Part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct TextPart {
    /// The part.
    pub text: String,
    /// Where it begins, in bytes.
    pub from: u64,
    /// Bytes of the whole.
    pub total: u64,
}

/// Asks for `image`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ImageArgs {
    /// The request's id.
    pub request_id: String,
    /// Whose body has it.
    pub what: Side,
    /// The image's digest, as the turn gives it.
    pub digest: String,
}

/// An image, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ImageBytes {
    /// What its first bytes say that it is.
    pub media_type: RasterType,
    /// Pixels from left to right,
    pub width: u32,
    /// and from top to bottom.
    pub height: u32,
    /// How many bytes it has.
    pub bytes: u64,
    /// The bytes.
    pub base64: String,
}

/// Images that are pixels and nothing else: they name no other file and run nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum RasterType {
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// GIF.
    #[serde(rename = "image/gif")]
    Gif,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
}
