//! The pidfile: by it a shell that starts knows, without a connection and without starting a program,
//! whether the proxy that the portfile names is alive. It holds the process id's digits and a line end. A
//! process id that was given to another program after a crash is taken for the proxy.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process;

use super::private_file::{self, Access, PrivateFileError};

/// The longest text that can be a process id: ten digits and the line end.
const MAX_BYTES: u64 = 11;

/// Says who listens: this process.
pub fn write(path: &Path) -> Result<(), PrivateFileError> {
    if let Some(dir) = path.parent() {
        private_file::create_dir(dir)?;
    }
    private_file::write_atomically(path, format!("{}\n", process::id()).as_bytes())
}

/// Removes the file if it still names this process: a proxy that started since has written its own.
/// Tells whether it did.
pub fn remove_if_ours(path: &Path) -> bool {
    let mut text = String::new();
    let read = private_file::open(path, Access::Read)
        .is_ok_and(|(file, _)| file.take(MAX_BYTES + 1).read_to_string(&mut text).is_ok());
    read && text == format!("{}\n", process::id()) && fs::remove_file(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/pid");
        write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", process::id()));
        assert!(remove_if_ours(&path) && !path.exists());
        private_file::write_atomically(&path, b"1\n").unwrap();
        assert!(!remove_if_ours(&path) && path.exists());
    }
}
