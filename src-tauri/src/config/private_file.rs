//! The one place that creates private files and folders: mode 0600 and 0700 whatever the umask,
//! never through a symbolic link, never in a folder that belongs to someone else.
//!
//! Modes and owners exist on Unix only; elsewhere the user's profile folder protects the files.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Why a private file or folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A link, which could lead anywhere.
    #[error("{}: is a symbolic link; name the place that it leads to", path.display())]
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// Someone else could read, change or swap what is put there.
    #[error("{}: belongs to another user (uid {uid})", path.display())]
    OtherOwner {
        /// The file or folder.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// A device, a pipe, a folder where a file should be.
    #[error("{}: is not a regular file", path.display())]
    NotAFile {
        /// What is there instead.
        path: PathBuf,
    },
}

impl PrivateFileError {
    /// The system's error, where there is one: callers tell a full disk from other trouble by it.
    pub fn io(&self) -> Option<&io::Error> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Symlink { .. } | Self::OtherOwner { .. } | Self::NotAFile { .. } => None,
        }
    }
}

/// In which state a file or folder was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It did not exist.
    Created,
    /// It existed and was private.
    Private,
    /// It existed and others had access, with this mode; it is private now. Worth telling the user.
    Tightened(u32),
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading; the file must exist and is left as it is.
    Read,
    /// Writing at the end; created if missing.
    Append,
    /// Reading and writing anywhere; created if missing.
    ReadWrite,
}

/// Makes sure that the folder exists, is ours and is private. Missing parents are made private too;
/// parents that exist are left as they are.
pub fn create_dir(path: &Path) -> Result<Found, PrivateFileError> {
    if let Some(parent) = path.parent() {
        dir_builder().recursive(true).create(parent).map_err(|error| refused(parent, error))?;
    }
    let created = match dir_builder().create(path) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(refused(path, error)),
    };
    platform::secure_dir(path, created)
}

/// Opens a private file; what is created is 0600, what is open to others is tightened, unless it is
/// only read.
pub fn open(path: &Path, access: Access) -> Result<(File, Found), PrivateFileError> {
    let mut options = OpenOptions::new();
    match access {
        Access::Read => options.read(true),
        Access::Append => options.append(true),
        Access::ReadWrite => options.read(true).write(true),
    };
    if access == Access::Read {
        return Ok((open_existing(path, &options)?, Found::Private));
    }
    match create(path, &options) {
        Ok(file) => Ok((file, Found::Created)),
        Err(PrivateFileError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
            let file = open_existing(path, &options)?;
            let found = platform::tighten(&file, 0o600).map_err(|error| refused(path, error))?;
            Ok((file, found))
        }
        Err(error) => Err(error),
    }
}

/// Creates a private file for reading and writing; one that exists is an error.
pub fn create_new(path: &Path) -> Result<File, PrivateFileError> {
    create(path, OpenOptions::new().read(true).write(true))
}

/// Makes an existing file private, such as one that an earlier version left readable.
pub fn tighten(path: &Path) -> Result<Found, PrivateFileError> {
    let file = open_existing(path, OpenOptions::new().read(true))?;
    platform::tighten(&file, 0o600).map_err(|error| refused(path, error))
}

/// Replaces a file's content as a whole: readers, and the disk after a power cut, have the old
/// content or the new, never a part. The folder must exist.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), PrivateFileError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", Uuid::new_v4().simple()));
    let written = create_new(&temporary).and_then(|mut file| {
        let synced = file.write_all(bytes).and_then(|()| file.sync_all());
        let replaced = synced.and_then(|()| fs::rename(&temporary, path));
        replaced.and_then(|()| platform::sync_parent(path)).map_err(|error| refused(path, error))
    });
    if written.is_err() {
        // After a successful rename there is nothing left under this name.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn create(path: &Path, options: &OpenOptions) -> Result<File, PrivateFileError> {
    let file =
        platform::hardened(options).create_new(true).open(path).map_err(|error| refused(path, error))?;
    platform::set_mode(&file, 0o600).map_err(|error| refused(path, error))?;
    Ok(file)
}

fn open_existing(path: &Path, options: &OpenOptions) -> Result<File, PrivateFileError> {
    let file = platform::hardened(options).open(path).map_err(|error| refused(path, error))?;
    let metadata = file.metadata().map_err(|error| refused(path, error))?;
    if !metadata.is_file() {
        return Err(PrivateFileError::NotAFile { path: path.to_owned() });
    }
    platform::check_owner(path, &metadata)?;
    Ok(file)
}

/// The error, by its reason: an open that must not follow links fails with different codes on
/// different systems.
fn refused(path: &Path, source: io::Error) -> PrivateFileError {
    let path = path.to_owned();
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_symlink() && source.kind() != io::ErrorKind::AlreadyExists => {
            PrivateFileError::Symlink { path }
        }
        Ok(_) | Err(_) => PrivateFileError::Io { path, source },
    }
}

fn dir_builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    platform::make_private(&mut builder);
    builder
}

#[cfg(unix)]
#[path = "private_file/unix.rs"]
mod platform;

#[cfg(not(unix))]
#[path = "private_file/other.rs"]
mod platform;

#[cfg(test)]
#[cfg(unix)]
mod tests;
