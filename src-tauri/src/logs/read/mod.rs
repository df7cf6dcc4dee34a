//! Reads session files: ours, the Go llm-proxy's, and what is left of either after a crash. Nothing
//! here writes.

mod bodies;
#[cfg(test)]
mod go_files;
mod lines;
mod merged;
mod pair;

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

pub use bodies::Bodies;
pub use lines::{BadLine, Line, Lines};
pub use pair::{Exchange, pair};

use super::{Content, MAX_LINE_BYTES, RelativePath, Span};
use crate::record::entry::{Entry, EntryError};

/// Why a span gives no entry.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The span is longer than any line may be, or reaches beyond the file's end.
    #[error("{file}: no line at bytes {} to {}", .span.offset, .span.end())]
    NoSuchLine {
        /// Which file.
        file: RelativePath,
        /// Which part of it.
        span: Span,
    },
    /// What stands there is no entry.
    #[error("{file}: {source}")]
    NoEntry {
        /// Which file.
        file: RelativePath,
        /// What is wrong with it.
        source: EntryError,
    },
    /// The file could not be read.
    #[error("{file}: {source}")]
    Io {
        /// Which file.
        file: RelativePath,
        /// What the system said.
        source: io::Error,
    },
}

/// Reads the entry at `span`, which came from writing it or from [`Lines`].
pub fn read_span(log_dir: &Path, file: &RelativePath, span: Span) -> Result<Entry, ReadError> {
    let bytes = read_bytes(log_dir, file, span)?;
    Entry::parse(&bytes).map_err(|source| ReadError::NoEntry { file: file.clone(), source })
}

/// Reads the line at `span` as it stands in the file.
pub fn read_bytes(log_dir: &Path, file: &RelativePath, span: Span) -> Result<Vec<u8>, ReadError> {
    let io = |source| ReadError::Io { file: file.clone(), source };
    let mut log = Content::open(log_dir, file).map_err(io)?;
    // Checked before memory is taken for it: the index that the span came from may be corrupt.
    if span.len > MAX_LINE_BYTES || span.end() > log.length().map_err(io)? {
        return Err(ReadError::NoSuchLine { file: file.clone(), span });
    }
    read_at(&mut log, span).map_err(io)
}

fn read_at(log: &mut Content, span: Span) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    log.seek(SeekFrom::Start(span.offset))?;
    log.take(span.len).read_to_end(&mut bytes)?;
    Ok(bytes)
}
