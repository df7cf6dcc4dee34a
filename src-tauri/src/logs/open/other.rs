//! Elsewhere the folder's inherited access list is what keeps others out. Written for Windows, and
//! not tested there.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{For, RelativePath};

pub(in crate::logs) fn log_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[derive(Debug)]
pub(in crate::logs) struct DayFolder(PathBuf);

impl DayFolder {
    pub(in crate::logs) fn of(log_dir: &Path, file: &RelativePath, what_for: For) -> io::Result<Self> {
        let path = file.under(log_dir);
        let folder = path.parent().unwrap_or(log_dir);
        if what_for == For::Append {
            fs::create_dir_all(folder)?;
        }
        Ok(Self(folder.to_owned()))
    }

    pub(in crate::logs) fn open(&self, name: &str, what_for: For) -> io::Result<(File, bool)> {
        let path = self.0.join(name);
        let created = !path.exists();
        if path.is_symlink() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut options = OpenOptions::new();
        let options = match what_for {
            For::Reading => options.read(true),
            For::Repair => options.read(true).write(true),
            For::Append => options.read(true).append(true).create(true),
        };
        Ok((options.open(path)?, created))
    }

    pub(in crate::logs) fn create(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).append(true).create_new(true).open(self.0.join(name))
    }

    pub(in crate::logs) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    pub(in crate::logs) fn link(&self, from: &str, to: &str) -> io::Result<()> {
        fs::hard_link(self.0.join(from), self.0.join(to))
    }

    pub(in crate::logs) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    pub(in crate::logs) fn free_bytes(&self) -> Option<u64> {
        None
    }

    pub(in crate::logs) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

pub(in crate::logs) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    Some((0, 0))
}

pub(in crate::logs) fn is_at(log_dir: &Path, file: &RelativePath, _: (u64, u64)) -> bool {
    file.under(log_dir).is_file()
}

pub(in crate::logs) fn sync_folders(_: &Path, _: &RelativePath) -> io::Result<()> {
    Ok(())
}
