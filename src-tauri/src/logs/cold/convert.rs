//! A file becomes its other form, so that at every moment one of the two is whole under its name.
//!
//! | step | a crash behind it leaves |
//! | --- | --- |
//! | the other form is written under a temporary name, put on the disk, compared | a temporary file, which the next pass removes |
//! | it gets its name | both: the plain one counts, the next pass goes on |
//! | the first form is removed | the other form |
//!
//! Three may be at work on a folder: the writer, the pass in the background and a command. The writer only
//! ever adds the plain form ([`restore`]) and never replaces one. Only who has the [`Turn`] removes, and
//! removes a plain file only while it has that file's lock, which the writer takes for each line.

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use super::super::RelativePath;
use super::super::content::Content;
use super::super::open::{DayFolder, For, identity};
use super::{MAX_DECODED_BYTES, Reader, frames, is_damage};
use crate::config::private_file::{self, Access};

const BLOCK_BYTES: usize = 256 << 10;
const TURN_POLL: Duration = Duration::from_millis(50);

/// The right to remove one of two forms: one process at a time has it.
#[derive(Debug)]
pub(super) struct Turn {
    _file: File,
}

impl Turn {
    /// Waits for it.
    pub(super) fn take(log_dir: &Path, stop: &AtomicBool) -> io::Result<Self> {
        let (file, _) = private_file::open(&log_dir.join(".compress.lock"), Access::ReadWrite)
            .map_err(io::Error::other)?;
        while !stop.load(Ordering::Relaxed) {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(TURN_POLL),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    }
}

/// What became of a file, with its bytes on the disk before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Converted {
    Done {
        before: u64,
        after: u64,
    },
    /// Someone writes to it, or it is as it should be.
    Left,
}

/// Compresses a plain file.
pub(super) fn compress(
    _turn: &Turn,
    log_dir: &Path,
    file: &RelativePath,
    stop: &AtomicBool,
) -> io::Result<Converted> {
    let folder = DayFolder::of(log_dir, file, For::Reading)?;
    let mut plain = folder.open(file.file_name(), For::Reading)?.0;
    let before = plain.metadata()?;
    if before.len() > MAX_DECODED_BYTES {
        return Ok(Converted::Left);
    }
    refuse_another(&folder, file, &mut plain, stop)?;
    let cold = file.compressed_name();
    let temporary = Temporary::make(&folder, &cold)?;
    let mut writer = BufWriter::with_capacity(BLOCK_BYTES, &temporary.file);
    plain.rewind()?;
    frames::write(&mut plain, before.len(), &mut writer, stop)?;
    writer.flush()?;
    drop(writer);
    temporary.file.set_modified(before.modified()?)?;
    temporary.file.sync_all()?;
    compare(&temporary.file, &mut plain, before.len(), stop)?;
    match folder.remove(&cold) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed?,
    }
    // Where files cannot have two names, no file could be made plain again: then none is compressed.
    folder.link(&temporary.name, &cold)?;
    folder.sync()?;
    let after = temporary.file.metadata()?.len();
    if !remove_unchanged(&folder, file, &plain, &before)? {
        folder.remove(&cold)?;
        return Ok(Converted::Left);
    }
    folder.sync()?;
    Ok(Converted::Done { before: before.len(), after })
}

/// Removes the plain file if it is what was compressed. A line that comes later finds no file, and makes
/// it plain again.
pub(super) fn remove_unchanged(
    folder: &DayFolder,
    file: &RelativePath,
    plain: &File,
    before: &Metadata,
) -> io::Result<bool> {
    match plain.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let there = match folder.open(file.file_name(), For::Reading) {
        // Somebody deleted the session.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?.0.metadata()?,
    };
    let unchanged = identity(&there) == identity(before)
        && there.len() == before.len()
        && there.modified()? == before.modified()?;
    if unchanged {
        folder.remove(file.file_name())?;
    }
    plain.unlock()?;
    Ok(unchanged)
}

/// Makes a compressed file plain, and removes the compressed one.
pub(super) fn decompress(
    turn: &Turn,
    log_dir: &Path,
    file: &RelativePath,
    stop: &AtomicBool,
) -> io::Result<Converted> {
    let folder = DayFolder::of(log_dir, file, For::Reading)?;
    let before = folder.open(&file.compressed_name(), For::Reading)?.0.metadata()?.len();
    restore(&folder, file, &mut Err)?;
    let after = Content::length_of(log_dir, file)?;
    drop_stale(turn, log_dir, file, stop)?;
    Ok(Converted::Done { before, after })
}

/// Removes the compressed form of a file that is plain again: the writer leaves it there.
pub(super) fn drop_stale(
    _turn: &Turn,
    log_dir: &Path,
    file: &RelativePath,
    stop: &AtomicBool,
) -> io::Result<Converted> {
    let folder = DayFolder::of(log_dir, file, For::Reading)?;
    let mut plain = folder.open(file.file_name(), For::Reading)?.0;
    refuse_another(&folder, file, &mut plain, stop)?;
    plain.sync_all()?;
    folder.sync()?;
    folder.remove(&file.compressed_name())?;
    Ok(Converted::Left)
}

/// An error if there is a compressed file that says anything else than the plain one's beginning: it is
/// not ours to decide which is right.
fn refuse_another(
    folder: &DayFolder,
    file: &RelativePath,
    plain: &mut File,
    stop: &AtomicBool,
) -> io::Result<()> {
    let cold = match folder.open(&file.compressed_name(), For::Reading) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?.0,
    };
    let len = Reader::new(cold.try_clone()?).map_err(|error| another(file, &error))?.len();
    compare(&cold, plain, len, stop).map_err(
        |error| {
            if is_stop(&error) { error } else { another(file, &error) }
        },
    )
}

fn another(file: &RelativePath, error: &io::Error) -> io::Error {
    io::Error::other(format!(
        "{file} is there plain and compressed, and they differ ({error}): keep the right one, the plain one is read"
    ))
}

/// Whether `error` says that it was stopped.
pub(super) fn is_stop(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
}

/// An error unless the compressed file decodes to the first `len` bytes of the plain one.
fn compare(cold: &File, plain: &mut File, len: u64, stop: &AtomicBool) -> io::Result<()> {
    let mut reader = Reader::new(cold.try_clone()?)?;
    if reader.len() != len {
        return Err(io::Error::other("the lengths differ"));
    }
    plain.rewind()?;
    let (mut one, mut other) = (vec![0; BLOCK_BYTES], vec![0; BLOCK_BYTES]);
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let read = reader.read(&mut one)?;
        if read == 0 {
            return Ok(());
        }
        plain.read_exact(&mut other[..read])?;
        if one[..read] != other[..read] {
            return Err(io::Error::other("the contents differ"));
        }
    }
}

/// Puts the plain form of a compressed file beside it, on the disk; one that is there already stays.
/// `false` when there is no compressed file. Of one that is damaged, `salvage` is told why, and may have
/// what can be read of it.
pub(in crate::logs) fn restore(
    folder: &DayFolder,
    file: &RelativePath,
    salvage: &mut dyn FnMut(io::Error) -> io::Result<()>,
) -> io::Result<bool> {
    let cold = match folder.open(&file.compressed_name(), For::Reading) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?.0,
    };
    let mut temporary = Temporary::make(folder, file.file_name())?;
    let restored = Reader::new(cold).and_then(|mut reader| {
        // Known beforehand: who writes tries again and again, and must not fill the disk each time.
        if folder.free_bytes().is_some_and(|free| free < reader.len()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        copy(&mut reader, &mut temporary.file)
    });
    match restored {
        Err(error) if is_damage(&error) => salvage(error)?,
        restored => restored?,
    }
    temporary.file.sync_all()?;
    match folder.link(&temporary.name, file.file_name()) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        linked => linked?,
    }
    Ok(true)
}

fn copy(reader: &mut Reader, to: &mut File) -> io::Result<()> {
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(()),
            read => to.write_all(&block[..read])?,
        }
    }
}

/// A file on its way to its name. Its lock says that somebody is at work on it.
struct Temporary<'a> {
    folder: &'a DayFolder,
    name: String,
    file: File,
}

impl<'a> Temporary<'a> {
    fn make(folder: &'a DayFolder, wanted: &str) -> io::Result<Self> {
        loop {
            let name = format!(".{wanted}.{}.tmp", Uuid::new_v4().simple());
            let temporary = Self { folder, file: folder.create(&name)?, name };
            // Where files cannot be locked, nobody takes it for a leftover.
            let _ = temporary.file.lock();
            // Before it was locked it may have been taken for a leftover.
            if identity(&temporary.file.metadata()?).is_some() {
                return Ok(temporary);
            }
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // Where it got its own name, that one stays.
        let _ = self.folder.remove(&self.name);
    }
}

/// Removes a temporary file that a dead process left.
pub(super) fn remove_leftover(log_dir: &Path, beside: &RelativePath, name: &str) -> io::Result<()> {
    let folder = DayFolder::of(log_dir, beside, For::Reading)?;
    let removed = folder.open(name, For::Reading).and_then(|(file, _)| match file.try_lock() {
        Ok(()) => folder.remove(name),
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match removed {
        // It got its name meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
