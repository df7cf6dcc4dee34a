//! Opens log files: private whatever the umask, and never through a symbolic link. Each folder is
//! opened from its parent, so a link that someone puts in the way is refused at every level.
//!
//! The log folder itself is taken as it is: whose it is and how open is `config`'s to judge.

use std::fs::File;
use std::io;
use std::path::Path;

use super::RelativePath;

pub(super) use system::{identity, is_at, log_dir, sync_folders};

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Reading; it must exist.
    Reading,
    /// Reading and changing; it must exist.
    Repair,
    /// Reading and appending; it is made, with its folders, when it is missing.
    Append,
}

/// Opens a session file. `true` when it was made.
pub(super) fn session_file(log_dir: &Path, file: &RelativePath, what_for: For) -> io::Result<(File, bool)> {
    system::open(log_dir, file, file.file_name(), what_for)
}

/// Opens, to append, the file beside a session file that takes its torn lines.
pub(super) fn torn_file(log_dir: &Path, file: &RelativePath) -> io::Result<File> {
    Ok(system::open(log_dir, file, &format!("{}.torn", file.file_name()), For::Append)?.0)
}

#[cfg(unix)]
mod system {
    use std::fs::{DirBuilder, File, Metadata, Permissions, set_permissions};
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    use std::path::Path;

    use rustix::fs::{AtFlags, Mode, OFlags, chmodat, fchmod, fstat, mkdirat, open as open_path, openat};
    use rustix::io::Errno;

    use super::{For, RelativePath};

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    const PRIVATE_FOLDER: Mode = Mode::RWXU;
    const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);

    /// Makes the log folder when it is missing.
    pub(in crate::logs) fn log_dir(path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        set_permissions(path, Permissions::from_mode(0o700))
    }

    pub(super) fn open(
        log_dir: &Path,
        file: &RelativePath,
        name: &str,
        what_for: For,
    ) -> io::Result<(File, bool)> {
        if what_for == For::Append {
            self::log_dir(log_dir)?;
        }
        let root = open_path(log_dir, FOLDER, Mode::empty())?;
        let upstream = folder(root, file.folder(), what_for)?;
        let day = folder(upstream, file.date(), what_for)?;
        file_in(&day, name, what_for)
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

    fn file_in(folder: &OwnedFd, name: &str, what_for: For) -> io::Result<(File, bool)> {
        // NONBLOCK: a named pipe in the file's place must be refused below, not waited for.
        let flags = OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let (flags, new) = match what_for {
            For::Reading => (flags | OFlags::RDONLY, None),
            For::Repair => (flags | OFlags::RDWR | OFlags::APPEND, None),
            For::Append => (flags | OFlags::RDWR | OFlags::APPEND, Some(OFlags::CREATE | OFlags::EXCL)),
        };
        let (file, created) = match (openat(folder, name, flags, Mode::empty()), new) {
            (Err(Errno::NOENT), Some(new)) => (openat(folder, name, flags | new, PRIVATE_FILE)?, true),
            (opened, _) => (opened?, false),
        };
        let file = File::from(file);
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        if what_for != For::Reading {
            tighten(&file, PRIVATE_FILE)?;
        }
        Ok((file, created))
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
}

/// Elsewhere the folder's inherited access list is what keeps others out. Written for Windows, and
/// not tested there.
#[cfg(not(unix))]
mod system {
    use std::fs::{File, Metadata, OpenOptions, create_dir_all};
    use std::io;
    use std::path::Path;

    use super::{For, RelativePath};

    pub(in crate::logs) fn log_dir(path: &Path) -> io::Result<()> {
        create_dir_all(path)
    }

    pub(super) fn open(
        log_dir: &Path,
        file: &RelativePath,
        name: &str,
        what_for: For,
    ) -> io::Result<(File, bool)> {
        let path = file.under(log_dir).with_file_name(name);
        if what_for == For::Append {
            create_dir_all(path.parent().unwrap_or(log_dir))?;
        }
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

    pub(in crate::logs) fn identity(_: &Metadata) -> Option<(u64, u64)> {
        Some((0, 0))
    }

    pub(in crate::logs) fn is_at(log_dir: &Path, file: &RelativePath, _: (u64, u64)) -> bool {
        file.under(log_dir).is_file()
    }

    pub(in crate::logs) fn sync_folders(_: &Path, _: &RelativePath) -> io::Result<()> {
        Ok(())
    }
}
