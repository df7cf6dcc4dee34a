//! Bedrock's binary event stream (`application/vnd.amazon.eventstream`), turned into the events that
//! it carries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::json;

/// Total length, headers' length and a checksum, four bytes each, big-endian.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;

/// The frames of a body as server-sent events for `AnswerBody::Events`: Anthropic's own, which
/// Bedrock wraps in base64, and exceptions as error events. Reading stops at a torn or impossible
/// frame. Checksums are not verified: the body came over TLS.
pub fn bedrock_events(body: &[u8]) -> String {
    let mut events = String::new();
    let mut rest = body;
    while let Some((frame, after)) = split_frame(rest) {
        if let Some(event) = event(frame) {
            events.push_str("data: ");
            events.push_str(&event);
            events.push_str("\n\n");
        }
        rest = after;
    }
    events
}

struct Frame<'a> {
    headers: &'a [u8],
    payload: &'a [u8],
}

fn split_frame(bytes: &[u8]) -> Option<(Frame<'_>, &[u8])> {
    let total = length(bytes.get(..4)?)?;
    let headers_len = length(bytes.get(4..8)?)?;
    let payload_end = total.checked_sub(CHECKSUM_BYTES)?;
    let headers_end = PRELUDE_BYTES.checked_add(headers_len)?;
    let frame = Frame {
        headers: bytes.get(PRELUDE_BYTES..headers_end)?,
        payload: bytes.get(headers_end..payload_end)?,
    };
    Some((frame, bytes.get(total..)?))
}

fn length(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
}

fn event(frame: Frame<'_>) -> Option<String> {
    let payload = json::parse(&String::from_utf8_lossy(frame.payload)).unwrap_or_default();
    if let Some(kind) = exception(frame.headers) {
        let message = json::text(&payload, "message").unwrap_or_default();
        return Some(json!({ "type": "error", "error": { "type": kind, "message": message } }).to_string());
    }
    let event = STANDARD.decode(json::text(&payload, "bytes")?).ok()?;
    // Written anew, the event has no line feed in it that would end its `data` line.
    let event: Value = json::parse(&String::from_utf8_lossy(&event))?;
    Some(event.to_string())
}

/// The exception's name, for a frame that holds one. All of Bedrock's headers are strings (type 7);
/// another type ends the search.
fn exception(headers: &[u8]) -> Option<String> {
    let mut rest = headers;
    while let Some((name_len, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(*name_len))?;
        let after = after.strip_prefix(&[7])?;
        let (len, after) = after.split_first_chunk::<2>()?;
        let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        if name == b":exception-type" || name == b":error-code" {
            return Some(String::from_utf8_lossy(value).into_owned());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{AnswerBody, Block, Provider, read_answer};

    fn frame(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
        let mut head = Vec::new();
        for (name, value) in headers {
            head.push(u8::try_from(name.len()).unwrap());
            head.extend(name.as_bytes());
            head.push(7);
            head.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            head.extend(value.as_bytes());
        }
        let total = PRELUDE_BYTES + head.len() + payload.len() + CHECKSUM_BYTES;
        let mut frame = u32::try_from(total).unwrap().to_be_bytes().to_vec();
        frame.extend(u32::try_from(head.len()).unwrap().to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(head);
        frame.extend(payload.as_bytes());
        frame.extend([0; 4]);
        frame
    }

    fn chunk(event: &Value) -> Vec<u8> {
        let payload = json!({ "bytes": STANDARD.encode(event.to_string()), "p": "abc" }).to_string();
        frame(&[(":event-type", "chunk"), (":message-type", "event")], &payload)
    }

    fn stream() -> Vec<u8> {
        let delta = |text: &str| json!({"type": "text_delta", "text": text});
        let event = |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": delta(text)});
        let error = frame(&[(":exception-type", "throttlingException")], r#"{"message":"slow down"}"#);
        [chunk(&event("a\n\nb")), chunk(&event("c")), error].concat()
    }

    #[test]
    fn frames_become_the_events_they_carry() {
        let events = bedrock_events(&stream());
        let path = "/model/m/invoke-with-response-stream";
        let answer = read_answer(Provider::Bedrock, path, AnswerBody::Events(&events));
        assert_eq!(answer.message.unwrap().blocks, [Block::Text("a\n\nbc".into())]);
        let error = answer.error.unwrap();
        assert_eq!((error.kind.as_str(), error.message.as_str()), ("throttlingException", "slow down"));
    }

    #[test]
    fn torn_and_impossible_frames_end_the_reading() {
        let whole = stream();
        let all = bedrock_events(&whole);
        for end in 0..whole.len() {
            let events = bedrock_events(&whole[..end]);
            assert!(events.len() < all.len() && all.starts_with(&events));
        }
        for start in [[0; 12], [0xff; 12], [0, 0, 0, 12, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]] {
            assert_eq!(bedrock_events(&start), "");
        }
    }
}
