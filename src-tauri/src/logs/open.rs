//! Opens log files: private whatever the umask, and never through a symbolic link. Each folder is
//! opened from its parent, so a link that someone puts in the way is refused at every level.
//!
//! The log folder itself is taken as it is: whose it is and how open is `config`'s to judge.

use std::fs::File;
use std::io;
use std::path::Path;

use super::RelativePath;

pub(super) use system::{DayFolder, identity, is_at, log_dir, sync_folders};

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
    DayFolder::of(log_dir, file, what_for)?.open(file.file_name(), what_for)
}

/// Opens, to append, the file beside a session file that takes its torn lines.
pub(super) fn torn_file(log_dir: &Path, file: &RelativePath) -> io::Result<File> {
    let folder = DayFolder::of(log_dir, file, For::Append)?;
    Ok(folder.open(&format!("{}.torn", file.file_name()), For::Append)?.0)
}

#[cfg(unix)]
#[path = "open/unix.rs"]
mod system;

#[cfg(not(unix))]
#[path = "open/other.rs"]
mod system;
