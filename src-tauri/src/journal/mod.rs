//! The crash journal, which is also the queue between the proxy and the recorder.
//!
//! Segments are preallocated files. A frame's place in one is reserved by an atomic addition and
//! written in place, on the thread that forwards the bytes, before they go on: a page-cache write
//! survives `kill -9`, costs well under a microsecond, and pins no memory. The recorder reads the
//! frames behind the writers ([`Tail`]); what it has put into the log, on the disk, is wiped.
//!
//! Nothing here may hold a client up. A write that hangs occupies one worker; the others notice and
//! hand their frames to a thread (`writer`) until the disk answers again. What cannot be stored at all
//! is told to the recorder from memory, as [`Event::Lost`](crate::record::Event::Lost), so that the
//! log can say what it misses.
//!
//! Deliberately absent: a lock on the append path, fsync before a chunk goes on (a thread does it once a
//! second), and any knowledge of HTTP or of log files.

mod exchange_writer;
#[cfg(test)]
mod fault_tests;
mod frame;
mod keeper;
mod places;
mod queue;
mod reader;
mod recover;
mod roll;
mod segment;
mod store;
mod tail;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use exchange_writer::ExchangeWriter;
pub use keeper::Keeper;
pub use recover::Leftovers;
pub use segment::{Hold, Location};
pub use store::Journal;
pub use tail::{Frame, Tail};

/// An exchange, across runs of the proxy: recovery sees frames of earlier runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExchangeKey {
    /// Random number of the run that recorded it.
    pub run: u64,
    /// The exchange's number in that run.
    pub exchange: u64,
}

/// How much room the journal may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Size of a segment; a smaller one is made where the disk has no room.
    pub segment_bytes: u64,
    /// Size of all segments together.
    pub max_bytes: u64,
    /// Bytes that may wait in memory for a slow disk.
    pub queue_bytes: usize,
    /// How many threads may be writing at once. One fewer than there are workers: a disk that
    /// hangs must leave one to serve the clients.
    pub writers: usize,
}

/// The journal's folder inside the log folder.
pub fn folder(log_dir: &std::path::Path) -> PathBuf {
    log_dir.join(".journal")
}

/// A journal that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the journal in {path}: {source}")]
pub struct OpenError {
    /// Its folder.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}
