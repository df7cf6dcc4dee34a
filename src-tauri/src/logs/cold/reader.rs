//! Reads a compressed file as if it were not: at any place, with one frame's decoder in memory.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};

use zstd::stream::read::Decoder;

use super::table::Table;
use super::{WINDOW_LOG, damaged};

/// What is skipped on the way to a place within a frame is decoded into a block of this size.
const SKIP_BYTES: usize = 128 << 10;

/// The decoded text of a compressed file.
pub(in crate::logs) struct Reader {
    file: File,
    table: Table,
    /// Where the next byte stands in the decoded text.
    position: u64,
    frame: Option<Frame>,
}

/// A frame that is being decoded.
struct Frame {
    decoder: Decoder<'static, BufReader<Take<File>>>,
    /// Where the next byte that it gives stands in the decoded text.
    position: u64,
    /// Where its last byte ends.
    end: u64,
}

impl Reader {
    /// Reads the table. The frames are looked at when they are needed.
    pub(in crate::logs) fn new(mut file: File) -> io::Result<Self> {
        let table = Table::read(&mut file)?;
        Ok(Self { file, table, position: 0, frame: None })
    }

    /// The length of the decoded text.
    pub(in crate::logs) fn len(&self) -> u64 {
        self.table.end().decoded
    }

    /// The frame that gives the byte at `position` next; `None` at the end.
    fn frame(&mut self) -> io::Result<Option<&mut Frame>> {
        let wanted = self.position;
        let kept = self.frame.take().filter(|frame| (frame.position..frame.end).contains(&wanted));
        let mut frame = match kept {
            Some(frame) => frame,
            None => match self.begin()? {
                Some(frame) => frame,
                None => return Ok(None),
            },
        };
        frame.skip_to(wanted)?;
        Ok(Some(self.frame.insert(frame)))
    }

    fn begin(&mut self) -> io::Result<Option<Frame>> {
        let Some((from, to)) = self.table.frame_at(self.position) else { return Ok(None) };
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(from.compressed))?;
        let mut decoder = Decoder::new(file.take(to.compressed - from.compressed))?.single_frame();
        decoder.window_log_max(WINDOW_LOG)?;
        Ok(Some(Frame { decoder, position: from.decoded, end: to.decoded }))
    }
}

impl Frame {
    fn skip_to(&mut self, position: u64) -> io::Result<()> {
        let mut skipped = Vec::new();
        while self.position < position {
            skipped.resize(SKIP_BYTES, 0);
            let len = usize::try_from(position - self.position).unwrap_or(SKIP_BYTES).min(SKIP_BYTES);
            self.read(&mut skipped[..len])?;
        }
        Ok(())
    }

    /// At least one byte, if there is room for one.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        let len = buffer.len().min(left);
        let read = self.decoder.read(&mut buffer[..len])?;
        if read == 0 && len > 0 {
            return Err(damaged("a part of it is shorter than it says"));
        }
        self.position += read as u64;
        // The checksum stands behind the last byte, and is compared when it is asked for more.
        if self.position == self.end && self.decoder.read(&mut [0])? > 0 {
            return Err(damaged("a part of it is longer than it says"));
        }
        Ok(read)
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(frame) = self.frame()? else { return Ok(0) };
        let read = frame.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.len().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("len", &self.len()).field("position", &self.position).finish()
    }
}
