//! One writer for a log folder: the proxy, a reindex or an import.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::config::private_file::{self, Access, PrivateFileError};

/// Held for as long as someone writes to the log folder. The system lets go of it when the process
/// ends, however it ends.
#[derive(Debug)]
pub struct LogLock {
    _file: File,
}

/// Why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Someone else has it.
    #[error("another llm-proxy is using the log folder {}: stop it first", .0.display())]
    Held(PathBuf),
    /// The file cannot be made or locked.
    #[error("cannot lock the log folder")]
    File(#[from] PrivateFileError),
}

impl LogLock {
    /// Locks the log folder, which is made when it is missing, without waiting.
    pub fn take(log_dir: &Path) -> Result<Self, LockError> {
        if !log_dir.exists() {
            private_file::create_dir(log_dir)?;
        }
        let path = log_dir.join(".lock");
        let (file, _) = private_file::open(&path, Access::ReadWrite)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(log_dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(PrivateFileError::Io { path, source }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_holder_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let log_dir = home.path().join("logs");
        let held = LogLock::take(&log_dir).unwrap();
        assert!(matches!(LogLock::take(&log_dir), Err(LockError::Held(_))));
        drop(held);
        LogLock::take(&log_dir).unwrap();
    }
}
