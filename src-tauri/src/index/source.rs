//! Where the index reads log files from when it has to catch up.

use std::io;

use super::row::Span;
use crate::record::entry::Entry;

/// A session file as it is found in the log folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFile {
    /// Its path relative to the log folder, as the index knows it.
    pub file: String,
    /// Its length in bytes, uncompressed.
    pub bytes: u64,
}

/// The log folder. Called on threads that may block.
pub trait LogSource: Send + Sync + 'static {
    /// All session files.
    fn files(&self) -> io::Result<Vec<LogFile>>;

    /// Reads the whole lines of a file from the byte `from` on, in order. Lines that are no entry
    /// are skipped; a last line that has no line end yet is not read. Ends early when `each` says
    /// false. Returns where the last whole line ends.
    fn read(&self, file: &str, from: u64, each: &mut dyn FnMut(Entry, Span) -> bool) -> io::Result<u64>;
}
