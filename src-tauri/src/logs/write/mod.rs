//! Appends lines to session files. There is one writer for a log folder (the recorder, or an
//! import); no file is locked against another, and an undone write assumes that nobody else appended
//! meanwhile. A file's lock only keeps it from being compressed while a line is written to it.

mod repair;
mod unsynced;
#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

pub use repair::Repair;
pub use unsynced::Unsynced;

use super::cold::restore;
use super::open::{self, DayFolder, For, identity, is_at};
use super::{MAX_LINE_BYTES, RelativePath, Span};

/// At most this many session files are open at a time; the one unused for longest is closed first.
const MAX_OPEN_FILES: usize = 64;
/// Of the descriptors that the process may have, session files take at most this share: the clients'
/// connections need them more.
const SHARE_OF_DESCRIPTORS: u64 = 8;

/// How long a file may be written to before it is looked up again at its place, where someone may
/// have put another. (A deleted file is noticed at once.)
const RECHECK_AFTER: Duration = Duration::from_secs(1);

/// How long somebody else may have a file locked, and how often that is looked at.
const LOCKED_FOR: Duration = Duration::from_millis(100);
const LOCK_POLL: Duration = Duration::from_millis(1);
/// How often a file that is taken away is looked up again.
const ATTEMPTS: usize = 10;

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
    /// `None`: it had no name any more when it was opened.
    id: Option<(u64, u64)>,
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
        for _ in 0..ATTEMPTS {
            let (mut open, created) = self.take(place)?;
            open.lock()?;
            let len = open.len_if_current(&self.log_dir, self.recheck_after);
            let appended = len.map(|len| open.append(line, len));
            // What was locked is let go of; what could not be, cannot be let go of either.
            let _ = open.file.unlock();
            // Compressed, deleted or replaced: it is looked up anew.
            let Some(appended) = appended else { continue };
            self.open.push(open);
            let span = appended?;
            self.unsynced.insert(place, created);
            return Ok(span);
        }
        Err(io::Error::other("it is taken away again and again"))
    }

    /// The open file of this place, out of those that are open, or opened; and whether it was made just now.
    fn take(&mut self, place: &RelativePath) -> io::Result<(Open, bool)> {
        if let Some(at) = self.open.iter().position(|open| open.place == *place) {
            return Ok((self.open.remove(at), false));
        }
        if self.open.len() >= self.max_open {
            self.open.remove(0);
        }
        Open::new(&self.log_dir, place)
    }
}

/// A file that is not there, plain: made so, or made. What cannot be read of a compressed one is put
/// aside; the session goes on with what can.
fn make_plain(folder: &DayFolder, place: &RelativePath) -> io::Result<(File, bool)> {
    let mut damage = None;
    let restored = restore(folder, place, &mut |error| {
        damage = Some(error);
        Ok(())
    })?;
    if let Some(error) = damage {
        let (compressed, aside) = (place.compressed_name(), format!("{}.damaged", place.compressed_name()));
        tracing::error!(file = place.as_str(), aside, %error, "a compressed session cannot be unpacked whole; it goes on with what could be");
        folder.rename(&compressed, &aside)?;
    }
    let (file, created) = folder.open(place.file_name(), For::Append)?;
    Ok((file, created || restored))
}

fn max_open_files() -> usize {
    let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let share = allowed.map_or(u64::MAX, |allowed| allowed / SHARE_OF_DESCRIPTORS).max(1);
    MAX_OPEN_FILES.min(usize::try_from(share).unwrap_or(usize::MAX))
}

impl Open {
    /// Makes the file plain if it was compressed. `true` when the file was made.
    fn new(log_dir: &Path, place: &RelativePath) -> io::Result<(Self, bool)> {
        let folder = DayFolder::of(log_dir, place, For::Append)?;
        let (file, created) = match folder.open(place.file_name(), For::Repair) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_plain(&folder, place)?,
            opened => opened?,
        };
        let id = identity(&file.metadata()?);
        let open = Self { place: place.clone(), file, id, checked: Some(Instant::now()), whole_to: 0 };
        Ok((open, created))
    }

    /// Its length, if it is the one that lies at its place.
    fn len_if_current(&mut self, log_dir: &Path, recheck_after: Duration) -> Option<u64> {
        let found = self.file.metadata().ok()?;
        let id = identity(&found).filter(|id| self.id == Some(*id))?;
        if self.checked.is_none_or(|checked| checked.elapsed() >= recheck_after) {
            self.checked = Some(Instant::now());
            return is_at(log_dir, &self.place, id).then_some(found.len());
        }
        Some(found.len())
    }

    /// Keeps others from taking the file away. Who compresses it has this for a moment; anyone else who
    /// has it for longer is told of, and tried again by whoever writes.
    fn lock(&self) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            match self.file.try_lock() {
                Err(TryLockError::WouldBlock) if begun.elapsed() < LOCKED_FOR => thread::sleep(LOCK_POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::other("another program has locked it"));
                }
                // Where files cannot be locked, nobody compresses them either.
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
            }
        }
    }

    /// Appends a line to the file, which is `before` bytes long.
    fn append(&mut self, line: &[u8], before: u64) -> io::Result<Span> {
        let offset = before + u64::from(!self.ends_whole(before)?);
        let written = match offset - before {
            0 => self.file.write_all(line),
            _ => self.file.write_all(b"\n").and_then(|()| self.file.write_all(line)),
        };
        if let Err(error) = written {
            self.checked = None;
            // Should this fail too, the next line begins on a line of its own all the same.
            let _ = self.file.set_len(before);
            return Err(error);
        }
        let span = Span { offset, len: line.len() as u64 };
        self.whole_to = span.end();
        Ok(span)
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
