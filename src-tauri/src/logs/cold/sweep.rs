//! A pass over the log folder: what is cold is compressed, what earlier passes left is tidied up.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use super::super::RelativePath;
use super::super::layout::{walk, walk_temporary};
use super::convert::{Converted, Turn, compress, decompress, drop_stale, is_stop, remove_leftover};
use crate::model::Timestamp;

/// A file below this takes one block of the disk either way.
const LEAST_BYTES: u64 = 4 << 10;

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files that changed their form.
    pub files: u64,
    /// Their bytes on the disk before.
    pub before_bytes: u64,
    /// And after.
    pub after_bytes: u64,
    /// Why others did not. They are as they were.
    pub problems: Vec<String>,
    /// Whether the pass was stopped before its end.
    pub stopped: bool,
}

type Conversion = fn(&Turn, &Path, &RelativePath, &AtomicBool) -> io::Result<Converted>;

/// A pass over a log folder. It goes together with a proxy that writes there, and with other passes.
#[derive(Debug)]
pub struct Sweep<'a> {
    log_dir: PathBuf,
    stop: &'a AtomicBool,
    swept: Swept,
}

impl<'a> Sweep<'a> {
    /// One that ends soon after `stop` is set.
    pub fn new(log_dir: &Path, stop: &'a AtomicBool) -> Self {
        Self { log_dir: log_dir.to_owned(), stop, swept: Swept::default() }
    }

    /// Compresses the files that were not written to for `older_than`.
    pub fn compress(mut self, older_than: Duration) -> Swept {
        self.remove_leftovers();
        self.each(|log_dir, file| {
            let plain = metadata(&file.under(log_dir))?;
            let has_compressed = || Ok::<_, io::Error>(metadata(&file.compressed_under(log_dir))?.is_some());
            Ok(match plain {
                Some(plain) if plain.len() >= LEAST_BYTES && age(&plain)? >= older_than => Some(compress),
                Some(_) if has_compressed()? => Some(drop_stale),
                Some(_) | None => None,
            })
        })
    }

    /// Makes all compressed files plain.
    pub fn decompress(mut self) -> Swept {
        self.remove_leftovers();
        self.each(|log_dir, file| {
            let compressed = metadata(&file.compressed_under(log_dir))?;
            Ok(compressed.map(|_| decompress as Conversion))
        })
    }

    /// Does with each file what `choose` finds right for it.
    fn each(mut self, choose: impl Fn(&Path, &RelativePath) -> io::Result<Option<Conversion>>) -> Swept {
        for file in walk(&self.log_dir) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            match file.and_then(|file| self.convert(&file, choose(&self.log_dir, &file))) {
                Ok(Converted::Done { before, after }) => {
                    self.swept.files += 1;
                    self.swept.before_bytes += before;
                    self.swept.after_bytes += after;
                }
                Ok(Converted::Left) => {}
                Err(error) if is_stop(&error) => break,
                Err(error) => self.swept.problems.push(error.to_string()),
            }
        }
        self.swept.stopped = self.stop.load(Ordering::Relaxed);
        self.swept
    }

    fn convert(&self, file: &RelativePath, chosen: io::Result<Option<Conversion>>) -> io::Result<Converted> {
        let converted = chosen.and_then(|conversion| {
            let Some(conversion) = conversion else { return Ok(Converted::Left) };
            let turn = Turn::take(&self.log_dir, self.stop)?;
            conversion(&turn, &self.log_dir, file, self.stop)
        });
        match converted {
            // Somebody else had the turn before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Converted::Left),
            converted => converted.map_err(|error| of_file(file, error)),
        }
    }

    fn remove_leftovers(&mut self) {
        for found in walk_temporary(&self.log_dir) {
            // A folder that cannot be read is told of by the pass itself.
            let Ok((beside, name)) = found else { continue };
            if let Err(error) = remove_leftover(&self.log_dir, &beside, &name) {
                self.swept.problems.push(of_file(&beside, error).to_string());
            }
        }
    }
}

fn of_file(file: &RelativePath, error: io::Error) -> io::Error {
    if is_stop(&error) || error.to_string().starts_with(file.as_str()) {
        return error;
    }
    io::Error::new(error.kind(), format!("{file}: {error}"))
}

/// `None` when there is no such file; links are none.
fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(found) => Ok(Some(found).filter(Metadata::is_file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long nobody has written to it. One whose time lies ahead is new.
fn age(found: &Metadata) -> io::Result<Duration> {
    let written = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Duration::from_millis(u64::try_from(Timestamp::now().unix_ms()).unwrap_or(0));
    Ok(now.saturating_sub(written))
}
