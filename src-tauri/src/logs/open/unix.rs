//! Folders by their descriptors: whatever is put in the way of a path meanwhile is not followed.

use std::fs::{DirBuilder, File, Metadata, Permissions, set_permissions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{
    AtFlags, Mode, OFlags, chmodat, fchmod, fstat, fstatvfs, linkat, mkdirat, open as open_path, openat,
    renameat, unlinkat,
};
use rustix::io::Errno;

use super::{For, RelativePath};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const PRIVATE_FOLDER: Mode = Mode::RWXU;
const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);
/// NONBLOCK: a named pipe in a file's place must be refused, not waited for.
const FILE: OFlags = OFlags::CLOEXEC.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK);

/// Makes the log folder when it is missing.
pub(in crate::logs) fn log_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    set_permissions(path, Permissions::from_mode(0o700))
}

/// The day's folder in which a session file lies.
#[derive(Debug)]
pub(in crate::logs) struct DayFolder(OwnedFd);

impl DayFolder {
    pub(in crate::logs) fn of(log_dir: &Path, file: &RelativePath, what_for: For) -> io::Result<Self> {
        if what_for == For::Append {
            self::log_dir(log_dir)?;
        }
        let root = open_path(log_dir, FOLDER, Mode::empty())?;
        let upstream = folder(root, file.folder(), what_for)?;
        Ok(Self(folder(upstream, file.date(), what_for)?))
    }

    /// Opens a file in it. `true` when it was made.
    pub(in crate::logs) fn open(&self, name: &str, what_for: For) -> io::Result<(File, bool)> {
        let flags = match what_for {
            For::Reading => FILE | OFlags::RDONLY,
            For::Repair | For::Append => FILE | OFlags::RDWR | OFlags::APPEND,
        };
        let file = match openat(&self.0, name, flags, Mode::empty()) {
            Err(Errno::NOENT) if what_for == For::Append => return Ok((self.create(name)?, true)),
            opened => File::from(opened?),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        if what_for != For::Reading {
            tighten(&file, PRIVATE_FILE)?;
        }
        Ok((file, false))
    }

    /// Makes a private file to read and append to; one that is there is an error.
    pub(in crate::logs) fn create(&self, name: &str) -> io::Result<File> {
        let flags = FILE | OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL;
        let file = File::from(openat(&self.0, name, flags, PRIVATE_FILE)?);
        tighten(&file, PRIVATE_FILE)?;
        Ok(file)
    }

    /// Gives a file another name; a file that had it is gone.
    pub(in crate::logs) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.0, from, &self.0, to)?)
    }

    /// Gives a file a second name; one that is taken is an error.
    pub(in crate::logs) fn link(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(linkat(&self.0, from, &self.0, to, AtFlags::empty())?)
    }

    pub(in crate::logs) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// The room that is left on its disk, for all but root; `None` when that cannot be told.
    pub(in crate::logs) fn free_bytes(&self) -> Option<u64> {
        fstatvfs(&self.0).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Has the names in it put on the disk.
    pub(in crate::logs) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }
}

fn folder(parent: OwnedFd, name: &str, what_for: For) -> io::Result<OwnedFd> {
    if what_for == For::Append && made(mkdirat(&parent, name, PRIVATE_FOLDER))? {
        // Some umasks take even the owner's bits.
        chmodat(&parent, name, PRIVATE_FOLDER, AtFlags::empty())?;
    }
    let folder = openat(&parent, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
    if what_for == For::Append {
        tighten(&folder, PRIVATE_FOLDER)?;
    }
    Ok(folder)
}

fn made(result: Result<(), Errno>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn tighten(fd: impl AsFd, mode: Mode) -> io::Result<()> {
    let now = Mode::from_raw_mode(fstat(&fd)?.st_mode);
    if now & (Mode::RWXU | Mode::RWXG | Mode::RWXO) != mode {
        fchmod(&fd, mode)?;
    }
    Ok(())
}

/// What tells two files apart; `None` once the file has no name any more.
pub(in crate::logs) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    (metadata.nlink() > 0).then(|| (metadata.dev(), metadata.ino()))
}

/// Whether the file of this identity still lies at its place.
pub(in crate::logs) fn is_at(log_dir: &Path, file: &RelativePath, id: (u64, u64)) -> bool {
    file.under(log_dir).symlink_metadata().is_ok_and(|found| identity(&found) == Some(id))
}

/// Makes the names of a new file and of its folders survive a power cut.
pub(in crate::logs) fn sync_folders(log_dir: &Path, file: &RelativePath) -> io::Result<()> {
    file.under(log_dir).ancestors().skip(1).take(3).try_for_each(|folder| File::open(folder)?.sync_all())
}
