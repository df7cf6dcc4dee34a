//! Owners, modes, links and attributes on Unix.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, XattrFlags, fsetxattr, getxattr, listxattr, renameat_with};
use rustix::io::Errno;

use super::Refusal;

/// The owner's right to write. It binds a user who may write everywhere, too.
const OWNER_WRITES: u32 = 0o200;

/// What no attribute of a startup file comes near to, in bytes.
const MAX_ATTRIBUTE: usize = 64 << 10;

pub(super) fn check(metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Refusal::OtherOwner(metadata.uid()));
    }
    if metadata.mode() & OWNER_WRITES == 0 {
        return Err(Refusal::ReadOnly);
    }
    if metadata.nlink() > 1 {
        return Err(Refusal::HardLinked);
    }
    Ok(())
}

pub(super) fn is_same(before: &Metadata, now: &Metadata) -> bool {
    let marks = |metadata: &Metadata| {
        (metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec())
    };
    marks(before) == marks(now)
}

/// Group and mode as they were, or an error; access lists and other attributes as far as they can be had.
pub(super) fn copy_attributes(from: &Path, metadata: &Metadata, to: &File) -> io::Result<()> {
    if to.metadata()?.gid() != metadata.gid() {
        fchown(to, None, Some(metadata.gid()))?;
    }
    to.set_permissions(Permissions::from_mode(metadata.mode() & 0o7777))?;
    let mut names = vec![0; MAX_ATTRIBUTE];
    let length = listxattr(from, &mut names[..]).unwrap_or(0);
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; MAX_ATTRIBUTE];
        if let Ok(length) = getxattr(from, name, &mut value[..]) {
            // Some belong to the system, which gives them to the new file itself.
            let _ = fsetxattr(to, name, &value[..length], XattrFlags::empty());
        }
    }
    Ok(())
}

/// Exchanges two files at one moment; false when this file system cannot.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn make_private(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o600))
}

/// A rename is on the disk only when its folder is.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}
