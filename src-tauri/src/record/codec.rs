//! Events as the journal's frames carry them: a kind, and a payload of at most two pieces, so that a
//! body's bytes are never copied to be framed. Heads are JSON; a body is its offset and its bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::SmallVec;

use super::event::{Begin, Direction, Event, ResponseHead};

const BEGIN: u8 = 1;
const REQUEST_BODY: u8 = 2;
const RESPONSE_BODY: u8 = 3;
const REQUEST_END: u8 = 4;
const RESPONSE_END: u8 = 5;
const RESPONSE_HEAD: u8 = 6;
const END: u8 = 7;
const REQUEST_LOST: u8 = 8;
const RESPONSE_LOST: u8 = 9;
const ASSIGNED: u8 = 16;
const DONE: u8 = 17;

/// Bytes of a body frame's payload before the body's own: its offset, little-endian.
const OFFSET_BYTES: usize = 8;

/// The longest head that is no JSON: three numbers.
const SMALL_HEAD_BYTES: usize = 3 * 8;

/// What a head of an agent's request or of its answer mostly takes as JSON, and what the other events take:
/// room made at once, where growing would copy it several times.
const HEAD_BYTES: usize = 2048;
const NOTE_BYTES: usize = 128;

/// An event ready to be framed.
#[derive(Debug)]
pub struct Encoded<'a> {
    /// Which event.
    pub kind: u8,
    /// The payload's first piece. What belongs to a chunk has room in here, so that none is allocated for it.
    pub head: SmallVec<[u8; SMALL_HEAD_BYTES]>,
    /// The payload's second piece: a body's bytes, borrowed.
    pub body: &'a [u8],
}

/// A frame that is intact but makes no sense to this version.
#[derive(Debug, thiserror::Error)]
#[error("journal frame of kind {kind}: {reason}")]
pub struct BadFrame {
    kind: u8,
    reason: String,
}

impl BadFrame {
    /// There was no frame where one was expected.
    pub(crate) fn absent() -> Self {
        Self { kind: 0, reason: "absent".to_owned() }
    }
}

impl<'a> Event<'a> {
    /// Encodes for the journal.
    pub fn encode(&self) -> Encoded<'a> {
        match self {
            Self::Begin(begin) => begin.encode(),
            Self::Body { direction, offset, bytes } => {
                let kind = of(*direction, REQUEST_BODY, RESPONSE_BODY);
                Encoded { kind, head: SmallVec::from_slice(&offset.to_le_bytes()), body: bytes }
            }
            Self::Lost { direction, offset, bytes, frames } => {
                let head = [*offset, *bytes, u64::from(*frames)].map(u64::to_le_bytes);
                let head = SmallVec::from_slice(head.as_flattened());
                Encoded { kind: of(*direction, REQUEST_LOST, RESPONSE_LOST), head, body: &[] }
            }
            Self::BodyEnd(direction, end) => json(of(*direction, REQUEST_END, RESPONSE_END), end, NOTE_BYTES),
            Self::ResponseHead(head) => head.encode(),
            Self::End(end) => json(END, end, NOTE_BYTES),
            Self::Assigned(assigned) => json(ASSIGNED, assigned, NOTE_BYTES),
            Self::Done => Encoded { kind: DONE, head: SmallVec::new(), body: &[] },
        }
    }

    /// Decodes a frame's payload. A body's bytes are borrowed from it.
    pub fn decode(kind: u8, payload: &'a [u8]) -> Result<Self, BadFrame> {
        let event = match kind {
            BEGIN => Self::Begin(from_json(kind, payload)?),
            REQUEST_BODY | RESPONSE_BODY => {
                let (offset, bytes) = number(kind, payload)?;
                Self::Body { direction: which(kind == REQUEST_BODY), offset, bytes }
            }
            REQUEST_LOST | RESPONSE_LOST => {
                let (offset, rest) = number(kind, payload)?;
                let (bytes, rest) = number(kind, rest)?;
                let (frames, _) = number(kind, rest)?;
                let frames = u32::try_from(frames).unwrap_or(u32::MAX);
                Self::Lost { direction: which(kind == REQUEST_LOST), offset, bytes, frames }
            }
            REQUEST_END | RESPONSE_END => {
                Self::BodyEnd(which(kind == REQUEST_END), from_json(kind, payload)?)
            }
            RESPONSE_HEAD => Self::ResponseHead(from_json(kind, payload)?),
            END => Self::End(from_json(kind, payload)?),
            ASSIGNED => Self::Assigned(from_json(kind, payload)?),
            DONE => Self::Done,
            _ => return Err(BadFrame { kind, reason: "unknown kind".to_owned() }),
        };
        Ok(event)
    }
}

impl<H: Serialize> Begin<H> {
    /// Encodes for the journal.
    pub fn encode(&self) -> Encoded<'static> {
        json(BEGIN, self, HEAD_BYTES)
    }
}

impl<H: Serialize> ResponseHead<H> {
    /// Encodes for the journal.
    pub fn encode(&self) -> Encoded<'static> {
        json(RESPONSE_HEAD, self, HEAD_BYTES)
    }
}

impl Encoded<'_> {
    /// How far into the payload a body's bytes begin.
    pub const BODY_AT: usize = OFFSET_BYTES;

    /// The payload's length.
    pub fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Whether there is no payload.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn of(direction: Direction, request: u8, response: u8) -> u8 {
    match direction {
        Direction::Request => request,
        Direction::Response => response,
    }
}

fn which(request: bool) -> Direction {
    if request { Direction::Request } else { Direction::Response }
}

fn json<'a>(kind: u8, value: &impl Serialize, expected_bytes: usize) -> Encoded<'a> {
    let mut head = Vec::with_capacity(expected_bytes);
    // Strings, numbers and lists only: writing them to memory cannot fail.
    let _ = serde_json::to_writer(&mut head, value);
    Encoded { kind, head: SmallVec::from_vec(head), body: &[] }
}

fn from_json<T: DeserializeOwned>(kind: u8, payload: &[u8]) -> Result<T, BadFrame> {
    serde_json::from_slice(payload).map_err(|error| BadFrame { kind, reason: error.to_string() })
}

fn number(kind: u8, payload: &[u8]) -> Result<(u64, &[u8]), BadFrame> {
    match payload.split_first_chunk::<OFFSET_BYTES>() {
        Some((number, rest)) => Ok((u64::from_le_bytes(*number), rest)),
        None => Err(BadFrame { kind, reason: "too short".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BodyEnd, End, EndKind};

    #[test]
    fn every_event_reads_back() {
        let events = [
            Event::Body { direction: Direction::Request, offset: 7, bytes: b"\xff\x00abc" },
            Event::Body { direction: Direction::Response, offset: u64::MAX, bytes: b"" },
            Event::Lost { direction: Direction::Response, offset: 1, bytes: 9, frames: 2 },
            Event::BodyEnd(
                Direction::Request,
                BodyEnd { captured_bytes: 5, trailers: vec![("a".into(), "b".into())] },
            ),
            Event::End(End {
                kind: EndKind::ClientAborted,
                error: None,
                request_bytes: 1,
                response_bytes: 2,
                capture_stop: None,
            }),
            Event::Done,
        ];
        for event in events {
            let encoded = event.encode();
            let payload = [encoded.head.as_ref(), encoded.body].concat();
            assert_eq!(Event::decode(encoded.kind, &payload).unwrap(), event);
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(Event::decode(99, b"").is_err());
        assert!(Event::decode(BEGIN, b"{").is_err());
        assert!(Event::decode(RESPONSE_BODY, b"short").is_err());
    }
}
