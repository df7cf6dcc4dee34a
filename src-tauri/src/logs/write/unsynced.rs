//! Lines that are in files and may not be on the disk yet. Sending them there takes as long as the disk
//! likes, so it can be done on another thread than the one that writes.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::super::RelativePath;
use super::super::open::{self, For};
use super::WriteError;

/// Of more files than this the whole file system is sent to the disk in one go: one-shot sessions make
/// thousands of files in a second.
const ONE_BY_ONE: usize = 16;

/// Files that were written to.
#[derive(Debug)]
pub struct Unsynced {
    log_dir: PathBuf,
    /// Each with whether it was made since.
    files: BTreeMap<RelativePath, bool>,
}

impl Unsynced {
    pub(super) fn new(log_dir: &Path) -> Self {
        Self { log_dir: log_dir.to_owned(), files: BTreeMap::new() }
    }

    pub(super) fn insert(&mut self, place: &RelativePath, created: bool) {
        match self.files.get_mut(place) {
            Some(known) => *known |= created,
            None => {
                self.files.insert(place.clone(), created);
            }
        }
    }

    pub(super) fn add(&mut self, others: &Self) {
        others.files.iter().for_each(|(place, created)| self.insert(place, *created));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Has them put on the disk, with the folders' entries for those that are new. Every file is tried; the
    /// first error is told. One that was deleted meanwhile is none.
    pub fn sync(&self) -> Result<(), WriteError> {
        if self.files.len() > ONE_BY_ONE && sync_all(&self.log_dir) {
            return Ok(());
        }
        let mut first = None;
        for (place, created) in &self.files {
            if let Err(source) = sync_one(&self.log_dir, place, *created) {
                first.get_or_insert(WriteError::Io { file: place.clone(), source });
            }
        }
        first.map_or(Ok(()), Err)
    }
}

fn sync_one(log_dir: &Path, place: &RelativePath, created: bool) -> io::Result<()> {
    match open::session_file(log_dir, place, For::Reading) {
        Ok((file, _)) => file.sync_data()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    if created { open::sync_folders(log_dir, place) } else { Ok(()) }
}

/// False where that cannot be done, or failed for whatever file: then they are tried one by one.
#[cfg(target_os = "linux")]
fn sync_all(log_dir: &Path) -> bool {
    std::fs::File::open(log_dir).is_ok_and(|folder| rustix::fs::syncfs(&folder).is_ok())
}

#[cfg(not(target_os = "linux"))]
fn sync_all(_: &Path) -> bool {
    false
}
