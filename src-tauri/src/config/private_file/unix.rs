//! Modes, owners and links on Unix. `O_CLOEXEC` is what the standard library always sets.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::{Found, PrivateFileError, refused};

/// Others' bits: group and world.
const OTHERS: u32 = 0o077;

pub(super) fn make_private(builder: &mut DirBuilder) {
    builder.mode(0o700);
}

/// The options, but never through a link, and without waiting for the other end of a pipe.
pub(super) fn hardened(options: &OpenOptions) -> OpenOptions {
    let mut options = options.clone();
    options.mode(0o600).custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK));
    options
}

pub(super) fn secure_dir(path: &Path, created: bool) -> Result<Found, PrivateFileError> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags(OFlags::NOFOLLOW | OFlags::DIRECTORY));
    let dir = options.open(path).map_err(|error| refused(path, error))?;
    let metadata = dir.metadata().map_err(|error| refused(path, error))?;
    check_owner(path, &metadata)?;
    if created {
        set_mode(&dir, 0o700).map_err(|error| refused(path, error))?;
        return Ok(Found::Created);
    }
    tighten(&dir, 0o700).map_err(|error| refused(path, error))
}

pub(super) fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
    if metadata.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(PrivateFileError::OtherOwner { path: path.to_owned(), uid: metadata.uid() })
}

pub(super) fn tighten(file: &File, mode: u32) -> io::Result<Found> {
    let before = file.metadata()?.mode() & 0o7777;
    if before & OTHERS == 0 {
        return Ok(Found::Private);
    }
    set_mode(file, mode)?;
    Ok(Found::Tightened(before))
}

pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

/// A rename is on the disk only when its folder is.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}

fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}
