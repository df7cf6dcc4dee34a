//! The log folder: there, writable, private, and with room on its disk.

use std::io;
use std::path::Path;

use super::super::types::Check;
use super::{fail, ok, warn};
use crate::logs::layout::walk;
use crate::logs::{Content, RelativePath};

/// Below this much room the log may soon have gaps.
const LOW_BYTES: u64 = 1 << 30;

/// Below this much it is about to have them.
const FULL_BYTES: u64 = 64 << 20;

const FOLDER: &str = "log folder";
const PERMISSIONS: &str = "permissions";
const COMPRESSED: &str = "compressed sessions";
const DISK: &str = "disk space";

/// What there is to say about the folder.
pub(super) fn check(log_dir: &Path) -> Vec<Check> {
    if !log_dir.exists() {
        let message = format!("{} is not there yet: the first start makes it", log_dir.display());
        return vec![ok(FOLDER, message), disk(log_dir)];
    }
    vec![writable(log_dir), permissions(log_dir), compressed(log_dir), disk(log_dir)]
}

fn writable(log_dir: &Path) -> Check {
    let shown = log_dir.display();
    if !log_dir.is_dir() {
        return fail(FOLDER, format!("{shown} is no folder"), "move it away, or choose another --log-dir");
    }
    match system::may_write(log_dir) {
        Ok(()) => ok(FOLDER, format!("{shown} is writable")),
        Err(error) => fail(
            FOLDER,
            format!("{shown} is not writable: {error}"),
            "make it writable for you, or choose another --log-dir",
        ),
    }
}

fn permissions(log_dir: &Path) -> Check {
    match system::open_to_others(log_dir) {
        Some((count, first)) => warn(
            PERMISSIONS,
            format!("{count} files or folders are open to other users, such as {}", first.display()),
            &format!("chmod -R go= {}", quoted(log_dir)),
        ),
        None => ok(PERMISSIONS, "only you can read the logs"),
    }
}

/// Whether all compressed sessions say what is in them. They are not unpacked for it.
fn compressed(log_dir: &Path) -> Check {
    let length_of = |file: &RelativePath| Content::length_of(log_dir, file);
    let files = walk(log_dir).flatten();
    let mut damaged = files
        .filter_map(|file| length_of(&file).err())
        .filter(|error| error.kind() != io::ErrorKind::NotFound);
    match damaged.next() {
        Some(first) => fail(
            COMPRESSED,
            format!("{} cannot be read, such as {first}", 1 + damaged.count()),
            "take it from a copy of the logs, or remove it; other sessions are not affected",
        ),
        None => ok(COMPRESSED, "all are whole as far as can be seen without unpacking them"),
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

fn disk(log_dir: &Path) -> Check {
    let existing = log_dir.ancestors().find(|part| part.exists()).unwrap_or(log_dir);
    let Some(bytes) = system::free_bytes(existing) else { return ok(DISK, "unknown") };
    let message = format!("{} MiB free for {}", bytes >> 20, log_dir.display());
    const HINT: &str = "free some: without room, traffic goes on but is not logged";
    match bytes {
        ..FULL_BYTES => fail(DISK, message, HINT),
        FULL_BYTES..LOW_BYTES => warn(DISK, message, HINT),
        LOW_BYTES.. => ok(DISK, message),
    }
}

#[cfg(unix)]
mod system {
    use std::fs;
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    use rustix::fs::{Access, access, statvfs};

    /// Bits of group and world.
    const OTHERS: u32 = 0o077;

    pub(super) fn may_write(dir: &Path) -> io::Result<()> {
        Ok(access(dir, Access::WRITE_OK | Access::EXEC_OK | Access::READ_OK)?)
    }

    /// How many files and folders others can get at, and one of them. Links have no mode of their
    /// own and lead elsewhere.
    pub(super) fn open_to_others(dir: &Path) -> Option<(usize, PathBuf)> {
        let mut waiting = vec![dir.to_owned()];
        let mut found: Option<(usize, PathBuf)> = None;
        while let Some(path) = waiting.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_dir() {
                waiting.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
            }
            if !metadata.is_symlink() && metadata.mode() & OTHERS != 0 {
                let (count, first) = found.unwrap_or((0, path));
                found = Some((count + 1, first));
            }
        }
        found
    }

    pub(super) fn free_bytes(path: &Path) -> Option<u64> {
        statvfs(path).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// Written for systems without modes, and not tested there.
#[cfg(not(unix))]
mod system {
    use std::io;
    use std::path::{Path, PathBuf};

    pub(super) fn may_write(dir: &Path) -> io::Result<()> {
        match std::fs::metadata(dir)?.permissions().readonly() {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => Ok(()),
        }
    }

    pub(super) fn open_to_others(_: &Path) -> Option<(usize, PathBuf)> {
        None
    }

    pub(super) fn free_bytes(_: &Path) -> Option<u64> {
        None
    }
}
