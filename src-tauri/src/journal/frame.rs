//! The bytes of a frame: a header of 40 bytes, the payload, zeros up to a multiple of 8.
//!
//! ```text
//!  0  4  magic, random for each segment: what a client sends cannot look like a frame
//!  4  4  payload length
//!  8  8  exchange
//! 16  8  microseconds since the run began
//! 24  4  sequence number in the exchange
//! 28  1  kind (`record::codec`), its highest bit set in a copy; then three zeros
//! 32  4  CRC-32C of bytes 4..32 and the payload, seeded with the magic
//! 36  4  zero
//! ```

use super::queue::Owned;
use crate::record::Encoded;

/// Bytes before the payload.
pub(super) const HEADER_BYTES: usize = 40;
/// Marks a frame that stands elsewhere too, or stood there: see `Tail::copy`.
pub(super) const COPY: u8 = 0x80;
/// The longest payload. A response's head may have 400 KiB, and three times that as JSON.
pub(super) const MAX_PAYLOAD: usize = 2 << 20;
/// The longest payload of a body's frame; longer pieces are several frames.
pub(super) const MAX_BODY_PAYLOAD: usize = 256 * 1024;

/// What a frame's header says, without magic and checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) len: u32,
    pub(super) exchange: u64,
    pub(super) at_us: u64,
    pub(super) seq: u32,
    pub(super) kind: u8,
}

/// A frame that is to be written.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    pub(super) exchange: u64,
    pub(super) seq: u32,
    pub(super) at_us: u64,
    pub(super) encoded: Encoded<'a>,
}

impl Pending<'_> {
    /// The header's bytes.
    pub(super) fn header(&self, magic: u32) -> [u8; HEADER_BYTES] {
        let Self { exchange, seq, at_us, encoded } = self;
        let len = encoded.len() as u32;
        let header = Header { len, exchange: *exchange, at_us: *at_us, seq: *seq, kind: encoded.kind };
        header.encode(magic, [&encoded.head, encoded.body])
    }

    /// Whether it is short enough for those who read it.
    pub(super) fn can_be_read(&self) -> bool {
        self.encoded.len() <= MAX_PAYLOAD
    }

    /// Its length, padding included.
    pub(super) fn padded_len(&self) -> u64 {
        padded_len(self.encoded.len())
    }

    /// As it waits in memory.
    pub(super) fn to_owned(&self) -> Owned {
        Owned::new(self.exchange, self.seq, self.at_us, &self.encoded)
    }
}

/// What lies at a place in a segment.
#[derive(Debug)]
pub(super) enum Parsed {
    /// A whole frame: its header; the payload follows it.
    Frame(Header),
    /// A frame of this length begins here but its end lies beyond the bytes given.
    Partial(usize),
    /// No intact frame: not written yet, or torn.
    Nothing,
}

/// Length of a frame with this payload, padding included.
pub(super) fn padded_len(payload: usize) -> u64 {
    (HEADER_BYTES + payload).next_multiple_of(8) as u64
}

/// The zeros that follow such a payload, up to the next frame.
pub(super) fn padding(payload: usize) -> &'static [u8] {
    &[0; 7][..padded_len(payload) as usize - HEADER_BYTES - payload]
}

impl Header {
    /// The header's bytes, checksum included.
    pub(super) fn encode(&self, magic: u32, payload: [&[u8]; 2]) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&magic.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.len.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.exchange.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.at_us.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.seq.to_le_bytes());
        bytes[28] = self.kind;
        let crc = checksum(magic, &bytes[4..32], payload);
        bytes[32..36].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

/// Reads the frame at the start of `bytes`.
pub(super) fn parse(magic: u32, bytes: &[u8]) -> Parsed {
    let Some(head) = bytes.first_chunk::<HEADER_BYTES>() else { return Parsed::Partial(HEADER_BYTES) };
    let len = u32_at(head, 4);
    if u32_at(head, 0) != magic || len as usize > MAX_PAYLOAD {
        return Parsed::Nothing;
    }
    let end = HEADER_BYTES + len as usize;
    let Some(payload) = bytes.get(HEADER_BYTES..end) else { return Parsed::Partial(end) };
    if checksum(magic, &head[4..32], [payload, &[]]) != u32_at(head, 32) {
        return Parsed::Nothing;
    }
    Parsed::Frame(Header {
        len,
        exchange: u64_at(head, 8),
        at_us: u64_at(head, 16),
        seq: u32_at(head, 24),
        kind: head[28],
    })
}

fn checksum(magic: u32, head: &[u8], payload: [&[u8]; 2]) -> u32 {
    let crc = crc32c::crc32c_append(magic, head);
    payload.into_iter().fold(crc, crc32c::crc32c_append)
}

fn u32_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { len: 5, exchange: u64::MAX - 1, at_us: 1 << 40, seq: 9, kind: 3 };

    fn frame() -> Vec<u8> {
        let mut bytes = HEADER.encode(0xfeed, [b"he", b"llo"]).to_vec();
        bytes.extend_from_slice(b"hello");
        bytes
    }

    #[test]
    fn a_frame_reads_back() {
        assert!(matches!(parse(0xfeed, &frame()), Parsed::Frame(header) if header == HEADER));
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        for bit in 0..frame().len() * 8 {
            let mut bytes = frame();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let intact = matches!(parse(0xfeed, &bytes), Parsed::Frame(_));
            // The last four bytes of the header are padding.
            assert_eq!(intact, (36..40).contains(&(bit / 8)), "bit {bit}");
        }
    }

    #[test]
    fn a_cut_frame_says_how_long_it_is() {
        assert!(matches!(parse(0xfeed, &frame()[..44]), Parsed::Partial(45)));
        assert!(matches!(parse(0xfeed, &[0; 64]), Parsed::Nothing));
    }
}
