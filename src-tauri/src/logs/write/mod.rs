//! Appends lines to session files. There is one writer for a log folder (the recorder, or an
//! import); nothing here locks, and an undone write assumes that nobody else appended meanwhile.

mod repair;
mod unsynced;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use repair::Repair;
pub use unsynced::Unsynced;

use super::open::{self, For, identity, is_at};
use super::{MAX_LINE_BYTES, RelativePath, Span};

/// At most this many session files are open at a time; the one unused for longest is closed first.
const MAX_OPEN_FILES: usize = 64;
/// Of the descriptors that the process may have, session files take at most this share: the clients'
/// connections need them more.
const SHARE_OF_DESCRIPTORS: u64 = 8;

/// How long a file may be written to before it is looked up again at its place, where someone may
/// have put another. (A deleted file is noticed at once.)
const RECHECK_AFTER: Duration = Duration::from_secs(1);

/// Why a line is not in its file.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The line ends elsewhere than in its only `\n`.
    #[error("not one line")]
    NotOneLine,
    /// The line is longer than [`MAX_LINE_BYTES`].
    #[error("a line of {len} bytes is too long: the limit is {MAX_LINE_BYTES}")]
    TooLong {
        /// Its length in bytes.
        len: u64,
    },
    /// The file could not be opened or written; it is as it was before.
    #[error("{file}: {source}")]
    Io {
        /// Which file.
        file: RelativePath,
        /// What the system said.
        source: io::Error,
    },
}

impl WriteError {
    /// Whether freeing disk space would help.
    pub fn is_full(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        matches!(self, Self::Io { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded | FileTooLarge))
    }
}

/// The session files that are being written.
#[derive(Debug)]
pub struct Writer {
    log_dir: PathBuf,
    /// The one used last stands last.
    open: Vec<Open>,
    max_open: usize,
    recheck_after: Duration,
    /// Files that were written to since they were last sent to the disk.
    unsynced: Unsynced,
}

#[derive(Debug)]
struct Open {
    place: RelativePath,
    file: File,
    id: (u64, u64),
    /// When the file was last seen at its place; `None` after an error.
    checked: Option<Instant>,
    /// The length up to which all lines are known to be whole.
    whole_to: u64,
}

impl Writer {
    /// Starts writing below `log_dir`, which is made (0700) when it is missing.
    pub fn open(log_dir: &Path) -> io::Result<Self> {
        open::log_dir(log_dir)?;
        Ok(Self {
            log_dir: log_dir.to_owned(),
            open: Vec::new(),
            max_open: max_open_files(),
            recheck_after: RECHECK_AFTER,
            unsynced: Unsynced::new(log_dir),
        })
    }

    /// Appends one line, which ends in `\n`, and says where it stands. A line is in the file whole or
    /// not at all, unless the machine dies in between.
    pub fn append(&mut self, place: &RelativePath, line: &[u8]) -> Result<Span, WriteError> {
        let len = line.len() as u64;
        if len > MAX_LINE_BYTES {
            return Err(WriteError::TooLong { len });
        }
        if !line.split_last().is_some_and(|(last, text)| *last == b'\n' && !text.contains(&b'\n')) {
            return Err(WriteError::NotOneLine);
        }
        self.try_append(place, line).map_err(|source| WriteError::Io { file: place.clone(), source })
    }

    /// Sends all that was written to the disk. Every file is tried; the first error is told.
    pub fn sync(&mut self) -> Result<(), WriteError> {
        let files = self.take_unsynced();
        files.sync().inspect_err(|_| self.unsynced.add(&files))
    }

    /// What was written since this was last asked, to be sent to the disk by whoever can wait for it.
    pub fn take_unsynced(&mut self) -> Unsynced {
        std::mem::replace(&mut self.unsynced, Unsynced::new(&self.log_dir))
    }

    /// Takes back what could not be sent to the disk.
    pub fn still_unsynced(&mut self, files: &Unsynced) {
        self.unsynced.add(files);
    }

    fn try_append(&mut self, place: &RelativePath, line: &[u8]) -> io::Result<Span> {
        let (open, before, created) = self.current(place)?;
        let offset = before + u64::from(!open.ends_whole(before)?);
        let written = match offset - before {
            0 => open.file.write_all(line),
            _ => open.file.write_all(b"\n").and_then(|()| open.file.write_all(line)),
        };
        if let Err(error) = written {
            open.checked = None;
            // Should this fail too, the next line begins on a line of its own all the same.
            let _ = open.file.set_len(before);
            return Err(error);
        }
        let span = Span { offset, len: line.len() as u64 };
        open.whole_to = span.end();
        self.unsynced.insert(place, created);
        Ok(span)
    }

    /// The open file of this place, opened again when it is not the one that lies there; its length; and
    /// whether it was made just now.
    fn current(&mut self, place: &RelativePath) -> io::Result<(&mut Open, u64, bool)> {
        if let Some(at) = self.open.iter().position(|open| open.place == *place) {
            let mut open = self.open.remove(at);
            if let Some(len) = open.len_if_current(&self.log_dir, self.recheck_after) {
                return Ok((self.open.push_mut(open), len, false));
            }
        }
        if self.open.len() >= self.max_open {
            self.open.remove(0);
        }
        let (open, len, created) = Open::new(&self.log_dir, place)?;
        Ok((self.open.push_mut(open), len, created))
    }
}

fn max_open_files() -> usize {
    let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let share = allowed.map_or(u64::MAX, |allowed| allowed / SHARE_OF_DESCRIPTORS).max(1);
    MAX_OPEN_FILES.min(usize::try_from(share).unwrap_or(usize::MAX))
}

impl Open {
    /// With the file's length, and `true` when the file was made.
    fn new(log_dir: &Path, place: &RelativePath) -> io::Result<(Self, u64, bool)> {
        let (file, created) = open::session_file(log_dir, place, For::Append)?;
        let found = file.metadata()?;
        let id = identity(&found).ok_or(io::ErrorKind::NotFound)?;
        let open = Self { place: place.clone(), file, id, checked: Some(Instant::now()), whole_to: 0 };
        Ok((open, found.len(), created))
    }

    /// Its length, if it is the one that lies at its place.
    fn len_if_current(&mut self, log_dir: &Path, recheck_after: Duration) -> Option<u64> {
        let found = self.file.metadata().ok().filter(|found| identity(found) == Some(self.id))?;
        if self.checked.is_none_or(|checked| checked.elapsed() >= recheck_after) {
            self.checked = Some(Instant::now());
            return is_at(log_dir, &self.place, self.id).then_some(found.len());
        }
        Some(found.len())
    }

    /// Whether a line can begin at the end of the file.
    fn ends_whole(&mut self, len: u64) -> io::Result<bool> {
        if len == 0 || len == self.whole_to {
            return Ok(true);
        }
        let mut last = [0];
        self.file.seek(SeekFrom::Start(len - 1))?;
        self.file.read_exact(&mut last)?;
        Ok(last == *b"\n")
    }
}
