//! An exchange's bytes and facts, made into the log's entries: decoded, redacted, hashed.

mod decode;

use std::borrow::Cow;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::entry::{self, Chunk, Gap, Meta, Timing, header_map};
use super::event::{CaptureStop, EndKind, Headers};
use super::exchange::{Exchange, Piece, millis};
use super::redact::Redactor;
use crate::provider::sse;

/// Of a body beyond the capture limit this much is kept: enough to see what it was.
const KEPT_OF_OVERSIZED: u64 = 1 << 20;

/// A body as it was on the wire, with its holes.
#[derive(Debug, Default)]
pub struct WireBody {
    bytes: Vec<u8>,
    /// Where each piece ends in `bytes`, and when it passed.
    marks: Vec<(usize, Duration)>,
    gap: Vec<Gap>,
    size: u64,
}

impl WireBody {
    /// Collects a body of `size` wire bytes from its pieces. `read` fetches one piece's bytes; one that
    /// cannot be fetched is a hole like any other.
    pub fn collect<L>(
        pieces: &[Piece<L>],
        size: u64,
        reason: CaptureStop,
        mut read: impl FnMut(&L, &mut Vec<u8>) -> bool,
    ) -> Self {
        let mut sorted: Vec<&Piece<L>> = pieces.iter().collect();
        sorted.sort_by_key(|piece| piece.offset);
        let oversized =
            reason == CaptureStop::BodyLimit && sorted.iter().map(|piece| piece.len).sum::<u64>() < size;
        let keep = if oversized { KEPT_OF_OVERSIZED } else { u64::MAX };
        sorted.retain(|piece| piece.offset + piece.len <= keep);
        let room = sorted.iter().map(|piece| usize::try_from(piece.len).unwrap_or(0)).sum();
        let mut body = Self {
            bytes: Vec::with_capacity(room),
            marks: Vec::with_capacity(sorted.len()),
            size,
            ..Self::default()
        };
        let mut next = 0;
        for piece in sorted {
            if read(&piece.location, &mut body.bytes) {
                body.hole(next, piece.offset, reason);
                body.marks.push((body.bytes.len(), piece.at));
                next = piece.offset + piece.len;
            }
        }
        body.hole(next, size, reason);
        body
    }

    fn hole(&mut self, from: u64, to: u64, reason: CaptureStop) {
        if from < to {
            self.gap.push(Gap { from, bytes: to - from, reason });
        }
    }

    fn sha256(&self) -> Option<String> {
        self.gap.is_empty().then(|| hex(&Sha256::digest(&self.bytes)))
    }
}

/// A body as the log has it.
#[derive(Debug, Default)]
struct LoggedBody {
    text: Option<String>,
    base64: Option<String>,
    /// The bytes of a character that the body's end cut, in base64.
    tail: Option<String>,
    coding: Option<String>,
    marks: Vec<(usize, Duration)>,
}

/// The request line. `meta.ts` is the request's start.
pub fn request<L>(
    exchange: &Exchange<L>,
    meta: Meta,
    seq: u64,
    wire: WireBody,
    redactor: &Redactor,
) -> Option<entry::Request> {
    let begin = exchange.begin.as_ref()?;
    let sha256 = wire.sha256();
    let (gap, size) = (wire.gap.clone(), wire.size);
    let content_type = value(&begin.headers, "content-type");
    let body = logged(wire, &begin.headers, redactor);
    let text = body.text.map(|text| redacted(text, content_type, redactor));
    Some(entry::Request {
        meta,
        body: text.unwrap_or_default(),
        body_b64: body.base64,
        tail_b64: body.tail,
        complete: exchange.request.end.is_some(),
        content_encoding: body.coding,
        gap,
        headers: header_map(&begin.headers),
        http_version: Some(begin.http_version.clone()),
        method: begin.method.clone(),
        path: redactor.text(&begin.path).into_owned(),
        query: begin.query.clone(),
        seq,
        sha256,
        size,
        trailers: trailers(exchange.request.end.as_ref()),
        tag: entry::RequestTag::Tag,
    })
}

/// The response line. `meta.ts` is the exchange's end.
pub fn response<L>(
    exchange: &Exchange<L>,
    meta: Meta,
    seq: u64,
    wire: WireBody,
    redactor: &Redactor,
) -> Option<entry::Response> {
    let end = exchange.end.as_ref()?;
    let none = Vec::new();
    let headers = exchange.head.as_ref().map_or(&none, |(head, _)| &head.headers);
    let sha256 = wire.sha256();
    let (gap, size) = (wire.gap.clone(), wire.size);
    let body = logged(wire, headers, redactor);
    let content_type = value(headers, "content-type");
    let stream = is_event_stream(content_type);
    let chunks =
        body.text.as_ref().filter(|_| stream).map(|text| chunks(exchange, text, &body.marks, redactor));
    let text = body.text.filter(|_| !stream && exchange.head.is_some());
    Some(entry::Response {
        meta,
        body: text.map(|text| redacted(text, content_type, redactor)),
        body_b64: body.base64,
        tail_b64: body.tail,
        chunks,
        complete: Some(end.kind == EndKind::Ok),
        content_encoding: body.coding,
        end: Some(end.kind),
        error: end.error.as_ref().map(|error| redactor.text(error).into_owned()),
        gap,
        headers: header_map(headers),
        http_version: exchange.head.as_ref().map(|(head, _)| head.http_version.clone()),
        seq,
        sha256: sha256.filter(|_| exchange.head.is_some()),
        size,
        status: exchange.head.as_ref().map_or(0, |(head, _)| head.status),
        timing: Timing {
            ttfb_ms: exchange.first_byte_at().map_or(0, |at| exchange.since_start_ms(at)),
            total_ms: exchange.since_start_ms(exchange.last_at),
        },
        trailers: trailers(exchange.response.end.as_ref()),
        tag: entry::ResponseTag::Tag,
    })
}

/// An event stream's lines, each dated with the piece that brought its last byte.
fn chunks<L>(
    exchange: &Exchange<L>,
    text: &str,
    marks: &[(usize, Duration)],
    redactor: &Redactor,
) -> Vec<Chunk> {
    let head_at = exchange.head.as_ref().map_or(Duration::ZERO, |(_, at)| *at);
    let mut end = 0;
    let mut marks = marks.iter().peekable();
    let mut at = head_at;
    sse::lines(text)
        .zip(redactor.lines(text, sse::lines(text)))
        .map(|(line, redacted)| {
            end += line.len();
            while marks.peek().is_some_and(|(mark, _)| *mark < end) {
                marks.next();
            }
            at = marks.peek().map_or(at, |(_, at)| *at);
            Chunk {
                ts: exchange.wall_clock(at),
                delta_ms: millis(at.saturating_sub(head_at)),
                raw: redacted.into_owned(),
            }
        })
        .collect()
}

/// A body without its secrets. Hardly any has one: then it is the same, and not copied.
fn redacted(text: String, content_type: Option<&str>, redactor: &Redactor) -> String {
    match redactor.body(content_type, &text) {
        Cow::Owned(changed) => changed,
        Cow::Borrowed(_) => text,
    }
}

/// Decodes a body's content coding, and says whether it is text.
fn logged(wire: WireBody, headers: &Headers, redactor: &Redactor) -> LoggedBody {
    let coding = value(headers, "content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity"));
    // A hole makes a compressed stream unreadable behind it.
    let whole = wire.gap.first().is_none_or(|gap| gap.from >= wire.bytes.len() as u64);
    let decoded =
        coding.filter(|_| whole).and_then(|coding| decode::decode(coding, &wire.bytes, &wire.marks));
    let undone = if decoded.is_some() { coding.map(str::to_owned) } else { None };
    let (bytes, marks) = decoded.map_or((wire.bytes, wire.marks), |decoded| (decoded.bytes, decoded.marks));
    match split_text(bytes) {
        Ok((text, tail)) => {
            let tail = (!tail.is_empty()).then(|| base64(&tail));
            LoggedBody { text: Some(text), tail, coding: undone, marks, base64: None }
        }
        Err(bytes) => {
            let redacted = redact_binary(&bytes, value(headers, "content-type"), redactor);
            LoggedBody { base64: Some(base64(&redacted)), coding: undone, marks, ..LoggedBody::default() }
        }
    }
}

/// The text that `bytes` are, and the bytes of a last character that was cut. The bytes come back when they
/// are no text.
fn split_text(bytes: Vec<u8>) -> Result<(String, Vec<u8>), Vec<u8>> {
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, Vec::new())),
        Err(error) => error,
    };
    let fault = error.utf8_error();
    let mut bytes = error.into_bytes();
    // Without a length the fault is that more should follow (Utf8Error::error_len).
    if fault.error_len().is_some() {
        return Err(bytes);
    }
    let tail = bytes.split_off(fault.valid_up_to());
    String::from_utf8(bytes).map(|text| (text, tail)).map_err(std::string::FromUtf8Error::into_bytes)
}

/// Redacts bytes that are no text, such as a form with an image in it: each byte is taken for the
/// character of its number and back, which loses nothing, and secrets are ASCII.
fn redact_binary(bytes: &[u8], content_type: Option<&str>, redactor: &Redactor) -> Vec<u8> {
    let text: String = bytes.iter().copied().map(char::from).collect();
    let redacted = redactor.body(content_type, &text);
    redacted.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn is_event_stream(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/event-stream"))
}

fn trailers(end: Option<&super::BodyEnd>) -> entry::HeaderMap {
    end.map(|end| header_map(&end.trailers)).unwrap_or_default()
}

fn value<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 0xf)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
