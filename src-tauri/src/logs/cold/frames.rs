//! Writes the compressed form of a text.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use zstd::stream::raw::CParameter;
use zstd::stream::write::Encoder;

use super::table::Table;
use super::{FRAME_BYTES, MAX_FRAME_BYTES, WINDOW_LOG};

/// Measured on the text of coding agents: one step more gains nothing and needs 7 MiB more memory. With
/// long-distance matching (zstd's `--long`) files were larger by a tenth and slower to write: at this level,
/// turns within the window are found without it.
const LEVEL: i32 = 8;
const BLOCK_BYTES: usize = 256 << 10;

/// Compresses the first `len` bytes of `text`. Ends early, with [`io::ErrorKind::Interrupted`], once
/// `stop` is set.
pub(super) fn write<T: Read + Seek>(
    text: &mut T,
    len: u64,
    to: &mut impl Write,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut table = Table::default();
    let mut from = 0;
    while from < len {
        let end = frame_end(text, from, len)?;
        text.seek(SeekFrom::Start(from))?;
        let compressed = write_frame(text, end - from, to, stop)?;
        table.push(compressed, end - from);
        from = end;
    }
    to.write_all(&table.to_bytes())
}

/// The end of the line in which the frame is long enough.
fn frame_end<T: Read + Seek>(text: &mut T, from: u64, len: u64) -> io::Result<u64> {
    let enough = from + FRAME_BYTES;
    if len <= enough {
        return Ok(len);
    }
    text.seek(SeekFrom::Start(enough - 1))?;
    let rest = text.take((len - enough + 1).min(MAX_FRAME_BYTES - FRAME_BYTES));
    let line_rest = BufReader::with_capacity(BLOCK_BYTES, rest).skip_until(b'\n')?;
    Ok(enough - 1 + line_rest as u64)
}

/// Returns the frame's length.
fn write_frame(text: &mut impl Read, len: u64, to: &mut impl Write, stop: &AtomicBool) -> io::Result<u64> {
    let mut encoder = Encoder::new(Counted { to, bytes: 0 }, LEVEL)?;
    encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
    encoder.include_checksum(true)?;
    // The length goes into the frame's head: without it decoders have to guess.
    encoder.set_pledged_src_size(Some(len))?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut left = len;
    while left > 0 {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let want = usize::try_from(left).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
        let part = &mut block[..want];
        text.read_exact(part)?;
        encoder.write_all(part)?;
        left -= want as u64;
    }
    Ok(encoder.finish()?.bytes)
}

struct Counted<'a, W> {
    to: &'a mut W,
    bytes: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
