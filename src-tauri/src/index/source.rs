//! Where the index reads log files from when it has to catch up.

use std::io;
use std::path::PathBuf;

use super::latest::Latest;
use crate::logs::read::{BadLine, Bodies, Lines};
use crate::logs::{Content, RelativePath, Span, layout};
use crate::record::entry::Entry;

/// A session file as it is found in the log folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFile {
    /// Its path relative to the log folder: the name that [`super::Index::apply`] is told.
    pub file: String,
    /// Its length in bytes, as it reads uncompressed; `None` when that cannot be told, because it is
    /// compressed and damaged.
    pub bytes: Option<u64>,
}

/// A log folder. Called on threads that may block.
pub trait LogSource: Send + Sync + 'static {
    /// All session files.
    fn files(&self) -> io::Result<Vec<LogFile>>;

    /// Reads the whole lines of a file from the byte `from` on, in order. Lines that are no entry
    /// are passed over; a last line that is cut off is left for the next time. Ends early when
    /// `each` says false. Returns where the last line that was dealt with ends.
    fn read(&self, file: &str, from: u64, each: &mut EachLine<'_>) -> io::Result<u64>;
}

/// Takes a line and where it stands. A request's body is not in the entry: it is the latest of the bodies.
pub type EachLine<'a> = dyn FnMut(Entry, &mut Bodies<Latest>, Span) -> bool + 'a;

/// The log folder on the disk.
#[derive(Debug)]
pub struct LogFolder {
    log_dir: PathBuf,
}

impl LogFolder {
    /// The folder at `log_dir`, which need not exist yet.
    pub fn new(log_dir: PathBuf) -> Self {
        Self { log_dir }
    }
}

impl LogSource for LogFolder {
    /// One folder that cannot be read fails the whole: rows of files that are not listed are
    /// deleted.
    fn files(&self) -> io::Result<Vec<LogFile>> {
        let mut files = Vec::new();
        for file in layout::walk(&self.log_dir) {
            let file = file?;
            let bytes = match Content::length_of(&self.log_dir, &file) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) if error.raw_os_error().is_none() => {
                    tracing::warn!(%error, "a session is left as the index has it");
                    None
                }
                Err(error) => return Err(error),
            };
            files.push(LogFile { file: file.as_str().to_owned(), bytes });
        }
        Ok(files)
    }

    fn read(&self, file: &str, from: u64, each: &mut EachLine<'_>) -> io::Result<u64> {
        let path = RelativePath::parse(file).map_err(io::Error::other)?;
        let mut end = from;
        let mut bodies = Bodies::default();
        let mut lines = Lines::open(&self.log_dir, &path, from)?;
        while let Some(line) = lines.next_in(&mut bodies) {
            let going_on = match line.result {
                Ok(entry) => each(entry, &mut bodies, line.span),
                Err(BadLine::Io(error)) => return Err(error),
                Err(BadLine::Torn(_)) => return Ok(end),
                Err(BadLine::TooLong | BadLine::NoEntry(_)) => true,
            };
            end = line.span.end();
            if !going_on {
                break;
            }
        }
        Ok(end)
    }
}
