//! One image of one body, for the page to show. What is no raster image is never given away, and a remote
//! one never fetched.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::call::{CallError, Front, on_disk};
use super::raster::Raster;
use super::request::{Lines, listed};
use super::types::{ImageArgs, ImageBytes};
use crate::index::with_body;
use crate::provider::{AnswerBody, image_data};

/// The most bytes of an image: 20 MiB.
const MAX_BYTES: usize = 20 << 20;

/// The most pixels of one: a few bytes can announce any number, and a browser keeps four for each.
const MAX_PIXELS: u64 = 64 << 20;

const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// The image with this digest, if it is a raster image of a size that can be shown.
pub(super) async fn image(front: &Front, asked: ImageArgs) -> Result<ImageBytes, CallError> {
    let exchange = listed(front, &asked.request_id).await?.exchange;
    let archive = front.archive.clone();
    on_disk(move || {
        let mut lines = Lines::default();
        lines.read_side(&archive, &exchange, asked.what)?;
        let data = data(&lines, &asked.digest);
        shown(&data.ok_or_else(|| CallError::NotFound("the image is not in the log".to_owned()))?)
    })
    .await?
}

/// The image's data in the side that was read.
fn data(lines: &Lines, digest: &str) -> Option<String> {
    match (&lines.request, &lines.response) {
        (Some(request), _) => image_data(AnswerBody::Json(&request.body), digest),
        (None, Some(response)) => with_body(response, |body| image_data(body, digest)).flatten(),
        (None, None) => None,
    }
}

fn shown(data: &str) -> Result<ImageBytes, CallError> {
    // Three bytes are four characters.
    if data.len() / 4 > MAX_BYTES / 3 {
        return not_shown("it has more than 20 MB");
    }
    let Some(bytes) = decoded(data) else { return not_shown("its data is damaged") };
    let Some(raster) = Raster::recognise(&bytes) else { return not_shown("it is no PNG, JPEG, GIF or WebP") };
    if raster.pixels() > MAX_PIXELS {
        return not_shown("it has more than 67 million pixels");
    }
    Ok(ImageBytes {
        media_type: raster.media_type,
        width: raster.width,
        height: raster.height,
        bytes: bytes.len() as u64,
        base64: base64::engine::general_purpose::STANDARD.encode(&bytes),
    })
}

fn not_shown(why: &str) -> Result<ImageBytes, CallError> {
    Err(CallError::NotFound(format!("the image is not shown: {why}")))
}

/// In either alphabet, with or without padding and line ends: whatever the provider takes.
fn decoded(data: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let engine = |alphabet| GeneralPurpose::new(alphabet, FORGIVING).decode(&digits).ok();
    engine(&STANDARD).or_else(|| engine(&URL_SAFE))
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
