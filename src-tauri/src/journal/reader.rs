//! Reads frames of one segment in order, block by block.

use std::io;
use std::sync::Arc;

use super::frame::{self, HEADER_BYTES, Header, Parsed};
use super::segment::{FRAMES_AT, Segment};

/// Bytes read at once.
const BLOCK_BYTES: usize = 128 * 1024;

/// A position in a segment, with what was read ahead.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) segment: Arc<Segment>,
    position: u64,
    block: Vec<u8>,
    /// Where `block` begins in the file.
    block_at: u64,
}

impl Reader {
    pub(super) fn new(segment: Arc<Segment>) -> Self {
        Self { segment, position: FRAMES_AT, block: Vec::new(), block_at: FRAMES_AT }
    }

    /// Where the next frame is looked for.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next frame, if it is there whole by now. Afterwards [`Self::payload`] gives its payload.
    pub(super) fn next(&mut self) -> io::Result<Option<Header>> {
        if let Some(header) = self.parse_block() {
            return Ok(Some(header));
        }
        let mut want = BLOCK_BYTES;
        loop {
            self.fill(want)?;
            match frame::parse(self.segment.identity.magic, &self.block) {
                Parsed::Partial(len) if len > want => want = len,
                Parsed::Frame(_) => return Ok(self.parse_block()),
                Parsed::Partial(_) | Parsed::Nothing => return Ok(None),
            }
        }
    }

    /// The payload of the frame that [`Self::next`] returned last, and where it lies in the file.
    pub(super) fn payload(&self, header: &Header) -> (&[u8], u64) {
        let at = self.position - frame::padded_len(header.len as usize) + HEADER_BYTES as u64;
        let start = (at - self.block_at) as usize;
        (&self.block[start..start + header.len as usize], at)
    }

    /// Goes on behind a place that will never be written.
    pub(super) fn skip(&mut self, bytes: u64) {
        self.position += bytes;
    }

    /// Goes on at the next place that may hold a frame. False at the end.
    pub(super) fn skip_torn(&mut self) -> io::Result<bool> {
        let end = self.segment.written_to();
        while self.position + (HEADER_BYTES as u64) <= end {
            self.position += 8;
            self.fill(BLOCK_BYTES)?;
            let magic = self.segment.identity.magic.to_le_bytes();
            let found = self.block.chunks_exact(8).position(|word| word[..4] == magic);
            match found {
                Some(index) => {
                    self.position += index as u64 * 8;
                    return Ok(true);
                }
                None if self.block.len() < 8 => return Ok(false),
                None => self.position += (self.block.len() as u64 / 8 - 1) * 8,
            }
        }
        Ok(false)
    }

    fn parse_block(&mut self) -> Option<Header> {
        let start = usize::try_from(self.position.checked_sub(self.block_at)?).ok()?;
        let Parsed::Frame(header) = frame::parse(self.segment.identity.magic, self.block.get(start..)?)
        else {
            return None;
        };
        self.position += frame::padded_len(header.len as usize);
        Some(header)
    }

    /// Reads up to `want` bytes from the position on, not beyond what was reserved.
    fn fill(&mut self, want: usize) -> io::Result<()> {
        let there = self.segment.written_to().saturating_sub(self.position);
        let len = want.min(usize::try_from(there).unwrap_or(usize::MAX));
        self.block.resize(len, 0);
        self.block_at = self.position;
        let read = self.segment.read(&mut self.block, self.position)?;
        self.block.truncate(read);
        Ok(())
    }
}
