//! The database as a file: its mode, its companions, and moving it out of the way.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::DbError;
use crate::model::Timestamp;

/// What SQLite keeps beside a database, as endings of its name.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Why a file is moved.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aside {
    /// It is no sound database of ours.
    Corrupt,
    /// It is the Go llm-proxy's.
    Go,
}

/// Makes the file if it is missing, and lets only its owner read it. SQLite gives its companions
/// the same mode. Says whether it was there with something in it.
pub(super) fn make_private(path: &Path) -> Result<bool, DbError> {
    let failed = |source| DbError::Io { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Err(DbError::Symlink(path.to_owned())),
        Ok(found) => {
            restrict(path).map_err(failed)?;
            return Ok(found.len() > 0);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    // What a deleted database left behind must not be replayed into a new one.
    for companion in COMPANIONS {
        remove_if_there(&with_ending(path, companion)).map_err(failed)?;
    }
    create(path).map_err(failed)?;
    Ok(false)
}

/// Moves the database and its companions beside itself, and says where to.
pub(super) fn set_aside(path: &Path, why: Aside) -> Result<PathBuf, DbError> {
    let target = free_name(path, why);
    for ending in COMPANIONS.iter().copied().chain([""]) {
        let (from, to) = (with_ending(path, ending), with_ending(&target, ending));
        match fs::rename(&from, &to) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(DbError::Io { path: from, source });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(target)
}

fn free_name(path: &Path, why: Aside) -> PathBuf {
    let first = match why {
        Aside::Corrupt => with_ending(path, &format!(".corrupt-{}", Timestamp::now().unix_ms())),
        Aside::Go => path.with_file_name("sessions-go.db"),
    };
    let numbered = (2..1000).map(|number| with_ending(&first, &format!("-{number}")));
    std::iter::once(first.clone()).chain(numbered).find(|name| !name.exists()).unwrap_or(first)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    // The umask may have taken more away than the owner can do without.
    restrict(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path).map(drop)
}

#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let private = || fs::Permissions::from_mode(0o600);
    fs::set_permissions(path, private())?;
    for companion in COMPANIONS {
        match fs::set_permissions(with_ending(path, companion), private()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
pub(super) fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}
