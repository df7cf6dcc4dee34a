//! Parts of what may be large: bodies and log lines.

use super::call::{CallError, Front, on_disk};
use super::request::{Lines, file_of, listed, span_of, unreadable};
use super::types::{Side, TextArgs, TextPart};
use crate::logs::read::read_bytes;

/// The most bytes of a part: 4 MiB.
const MAX_PART_BYTES: u64 = 4 << 20;

/// Part of a body as the log has it: an event stream's lines put together, bytes that are no text in base64.
pub(super) async fn body(front: &Front, asked: TextArgs) -> Result<TextPart, CallError> {
    let exchange = listed(front, &asked.request_id).await?.exchange;
    let archive = front.archive.clone();
    on_disk(move || {
        let mut lines = Lines::default();
        lines.read_side(&archive, &exchange, asked.what)?;
        Ok(part(&text(lines), &asked))
    })
    .await?
}

/// The text of the side that was read.
fn text(lines: Lines) -> String {
    if let Some(request) = lines.request {
        return request.body_b64.unwrap_or(request.body);
    }
    let Some(response) = lines.response else { return String::new() };
    match response.chunks {
        Some(chunks) => chunks.iter().map(|chunk| chunk.raw.as_str()).collect(),
        None => response.body.or(response.body_b64).unwrap_or_default(),
    }
}

/// Part of a log line.
pub(super) async fn record(front: &Front, asked: TextArgs) -> Result<TextPart, CallError> {
    let exchange = listed(front, &asked.request_id).await?.exchange;
    let span = span_of(&exchange, asked.what).ok_or_else(|| CallError::NotFound(no_line(asked.what)))?;
    let archive = front.archive.clone();
    on_disk(move || {
        let line = read_bytes(archive.log_dir(), &file_of(&exchange)?, span);
        let line = line.map_err(|error| unreadable(&error))?;
        Ok(part(&String::from_utf8_lossy(&line), &asked))
    })
    .await?
}

fn no_line(side: Side) -> String {
    match side {
        Side::Request => "the request's line is lost".to_owned(),
        Side::Response => "there is no response yet".to_owned(),
    }
}

/// The part that was asked for, from character to character. It is empty only at the end, or when nothing
/// was asked for.
fn part(text: &str, asked: &TextArgs) -> TextPart {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
    let from = text.floor_char_boundary(index(asked.from));
    let limit = asked.limit.min(MAX_PART_BYTES);
    let mut end = text.floor_char_boundary(index((from as u64).saturating_add(limit)));
    if end == from && limit > 0 {
        end = text.ceil_char_boundary((from + 1).min(text.len()));
    }
    TextPart { text: text[from..end].to_owned(), from: from as u64, total: text.len() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, from: u64, limit: u64) -> (String, u64) {
        let asked = TextArgs { request_id: String::new(), what: Side::Request, from, limit };
        let part = part(text, &asked);
        assert_eq!(part.total, text.len() as u64);
        (part.text, part.from)
    }

    #[test]
    fn parts_are_cut_between_characters() {
        for (from, limit, part, begins) in [
            (0, 100, "aé€😀", 0),
            (0, 2, "a", 0),
            (2, 1, "é", 1),
            (1, 2, "é", 1),
            (3, 4, "€", 3),
            (8, 1, "😀", 6),
            (10, 5, "", 10),
            (u64::MAX, u64::MAX, "", 10),
            (3, 0, "", 3),
        ] {
            assert_eq!(of("aé€😀", from, limit), (part.to_owned(), begins), "{from} {limit}");
        }
        assert_eq!(of("", 5, 5), (String::new(), 0));
    }

    #[test]
    fn parts_make_the_whole_and_are_bounded() {
        let text = "€".repeat(3 << 20);
        let mut whole = String::new();
        while whole.len() < text.len() {
            let (part, from) = of(&text, whole.len() as u64, u64::MAX);
            assert!(from == whole.len() as u64 && !part.is_empty() && part.len() as u64 <= MAX_PART_BYTES);
            whole.push_str(&part);
        }
        assert_eq!(whole, text);
    }
}
