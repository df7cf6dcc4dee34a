//! Where there are no modes and owners: the user's profile folder is private by its own rules.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::{Found, PrivateFileError, refused};

pub(super) fn make_private(_builder: &mut DirBuilder) {}

pub(super) fn hardened(options: &OpenOptions) -> OpenOptions {
    options.clone()
}

pub(super) fn secure_dir(path: &Path, created: bool) -> Result<Found, PrivateFileError> {
    let metadata = fs::symlink_metadata(path).map_err(|error| refused(path, error))?;
    if metadata.is_symlink() {
        return Err(PrivateFileError::Symlink { path: path.to_owned() });
    }
    if !metadata.is_dir() {
        return Err(refused(path, io::Error::from(io::ErrorKind::NotADirectory)));
    }
    Ok(if created { Found::Created } else { Found::Private })
}

pub(super) fn check_owner(_path: &Path, _metadata: &Metadata) -> Result<(), PrivateFileError> {
    Ok(())
}

pub(super) fn tighten(_file: &File, _mode: u32) -> io::Result<Found> {
    Ok(Found::Private)
}

pub(super) fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

pub(super) fn sync_parent(_path: &Path) -> io::Result<()> {
    Ok(())
}
