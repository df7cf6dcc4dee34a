//! Systems without Unix's owners and modes: the profile folder protects the files.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use super::Refusal;

pub(super) fn check(metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.permissions().readonly() { Err(Refusal::ReadOnly) } else { Ok(()) }
}

pub(super) fn is_same(before: &Metadata, now: &Metadata) -> bool {
    before.len() == now.len() && before.modified().ok() == now.modified().ok()
}

pub(super) fn copy_attributes(_from: &Path, metadata: &Metadata, to: &File) -> io::Result<()> {
    to.set_permissions(metadata.permissions())
}

pub(super) fn exchange(_one: &Path, _other: &Path) -> io::Result<bool> {
    Ok(false)
}

pub(super) fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn sync_parent(_path: &Path) -> io::Result<()> {
    Ok(())
}
