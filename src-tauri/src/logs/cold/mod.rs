//! Sessions that nobody has written to for a while, compressed in place: `{session}.jsonl.zst`.
//!
//! Each turn repeats the one before it, so a long window makes a fiftieth of them and less. The file is
//! plain zstd, for `zstdcat` and its kin: frames of some 64 MiB that end with a line, each with its
//! length and a checksum, and behind them a table of where they begin, so that a line in the middle costs
//! no more than its frame.
//!
//! Why 64 MiB: the first turn of each frame has nothing to refer to. Of 134 MB (500 turns) 1.4 MB are
//! left, with frames of 32 MiB 1.7 MB, with one for all of it 1.3 MB; a line at the end of one takes 20 ms.
//!
//! `convert` holds how one becomes the other without a moment at which a crash, or the writer, could
//! lose a line.

mod convert;
mod frames;
mod reader;
mod sweep;
mod table;
#[cfg(test)]
mod tests;

use std::io;

pub(super) use convert::restore;
pub(super) use reader::Reader;
pub use sweep::{Sweep, Swept};

use super::MAX_LINE_BYTES;

/// A frame ends with the line in which it reaches this length, decoded: 64 MiB.
const FRAME_BYTES: u64 = 64 << 20;
/// No frame is longer, decoded, than this: where no line ends in time, it ends all the same.
const MAX_FRAME_BYTES: u64 = FRAME_BYTES + MAX_LINE_BYTES;
/// No file is, decoded, longer than this (64 GiB): a larger one is not compressed, and not believed.
const MAX_DECODED_BYTES: u64 = 64 << 30;
/// How far back a match may lie, 16 MiB: several turns, and one with images. It is also the memory that
/// decoding takes, and a larger one is not decoded.
const WINDOW_LOG: u32 = 24;

/// An error that lies in what the file holds, not in getting at it.
fn damaged(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

/// Whether an error lies in what the file holds. zstd's own have no kind.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, Other, UnexpectedEof};
    error.raw_os_error().is_none() && matches!(error.kind(), InvalidData | Other | UnexpectedEof)
}
