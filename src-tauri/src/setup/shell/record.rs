//! What a set-up did, so that undo does exactly that, whatever the environment says by then: one entry for
//! each file, written before the file is touched, and beside it the file as it was before.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::private_file::{self, Access, PrivateFileError};

/// One file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Eight random hex digits; a block has them too.
    pub(super) id: String,
    /// As it was found in the plan: links are followed anew.
    pub(super) path: PathBuf,
    /// The three lines; none for a file that is ours alone.
    pub(super) block: Option<String>,
    /// True when there was no such file.
    pub(super) created: bool,
    /// Folders that were made for it, the outermost first.
    pub(super) folders: Vec<PathBuf>,
}

/// The entries of all set-ups that were not undone.
#[derive(Debug)]
pub(super) struct Record {
    folder: PathBuf,
    /// Held while files are written: one set-up at a time.
    _lock: Option<File>,
}

impl Record {
    /// For reading; makes nothing.
    pub(super) fn look(state_dir: &Path) -> Self {
        Self { folder: state_dir.join("shell"), _lock: None }
    }

    /// For writing; waits for another set-up to end.
    pub(super) fn open(state_dir: &Path) -> Result<Self, PrivateFileError> {
        private_file::create_dir(state_dir)?;
        let folder = state_dir.join("shell");
        private_file::create_dir(&folder)?;
        let path = folder.join(".lock");
        let (lock, _) = private_file::open(&path, Access::ReadWrite)?;
        lock.lock().map_err(|source| PrivateFileError::Io { path, source })?;
        let record = Self { folder, _lock: Some(lock) };
        record.sweep();
        Ok(record)
    }

    /// Removes temporary files of a set-up that was killed: one may be a copy of a startup file.
    fn sweep(&self) {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|file| file.path());
        for path in files.filter(|path| path.extension() == Some(OsStr::new("tmp"))) {
            // The next set-up tries again.
            let _ = fs::remove_file(path);
        }
    }

    /// All entries, in the order of their paths.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, PrivateFileError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| PrivateFileError::Io { path, source }
        };
        let listed = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.map_err(failed(&self.folder))?,
        };
        let mut entries = Vec::new();
        for file in listed {
            let path = file.map_err(failed(&self.folder))?.path();
            if path.extension() == Some(OsStr::new("json")) {
                let bytes = fs::read(&path).map_err(failed(&path))?;
                let entry = serde_json::from_slice(&bytes).map_err(io::Error::from);
                entries.push(entry.map_err(failed(&path))?);
            }
        }
        entries.sort_by(|one: &Entry, other: &Entry| one.path.cmp(&other.path));
        Ok(entries)
    }

    /// Notes what is about to be done; gives the entry's id back.
    pub(super) fn add(&self, entry: Entry) -> Result<String, PrivateFileError> {
        let path = self.entry_path(&entry.id);
        let text = serde_json::to_vec(&entry).map_err(io::Error::from);
        let text = text.map_err(|source| PrivateFileError::Io { path: path.clone(), source })?;
        private_file::write_atomically(&path, &text)?;
        Ok(entry.id)
    }

    /// Forgets an entry, and the copy of its file.
    pub(super) fn drop(&self, id: &str) -> Result<(), PrivateFileError> {
        for path in [self.copy_path(id), self.entry_path(id)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(|source| PrivateFileError::Io { path, source })?,
            }
        }
        Ok(())
    }

    /// Where the file is kept as it was before.
    pub(super) fn copy_path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.before"))
    }

    fn entry_path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}
