//! The portfile: how shells, commands and the tray find the running proxy. It holds the port's
//! digits and a line end, nothing else, so `$(cat …/port)` is enough to read it.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::private_file::{self, Access, PrivateFileError};

/// The longest text that can be a port: five digits and the line end.
const MAX_BYTES: u64 = 6;

/// Says where the proxy listens. Readers see the old content or the new, never half of it.
pub fn write(path: &Path, port: u16) -> Result<(), PrivateFileError> {
    if let Some(dir) = path.parent() {
        private_file::create_dir(dir)?;
    }
    private_file::write_atomically(path, format!("{port}\n").as_bytes())
}

/// The port that the file names; `None` when there is no file, or anything else stands in it.
pub fn read(path: &Path) -> Option<u16> {
    let mut text = String::new();
    let (file, _) = private_file::open(path, Access::Read).ok()?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).ok()?;
    let digits = text.strip_suffix('\n').unwrap_or(&text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|port| is_number && *port != 0)
}

/// Removes the file if it still names `port`: a proxy that started since may have written its own.
/// Tells whether it did.
pub fn remove_if_ours(path: &Path, port: u16) -> bool {
    read(path) == Some(port) && fs::remove_file(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_digits_and_a_line_end() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/llm-proxy/port");
        write(&path, 8080).unwrap();
        write(&path, 12071).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "12071\n");
        assert_eq!(read(&path), Some(12071));
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "temporary files stay behind: {left:?}");
    }

    #[test]
    fn garbage_is_no_port() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("port");
        assert_eq!(read(&path), None);
        for garbage in
            ["", "\n", "0\n", "+80\n", "80 \n", "80\n\n", "80\nx", "123456\n", "eighty\n", "\u{0}80"]
        {
            put(&path, garbage);
            assert_eq!(read(&path), None, "{garbage:?}");
        }
        put(&path, "80");
        assert_eq!(read(&path), Some(80));
    }

    #[test]
    fn only_our_own_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("port");
        put(&path, "9000\n");
        assert!(!remove_if_ours(&path, 12071));
        assert!(path.exists());
        assert!(remove_if_ours(&path, 9000));
        assert!(!path.exists());
        assert!(!remove_if_ours(&path, 9000));
    }

    fn put(path: &Path, text: &str) {
        private_file::write_atomically(path, text.as_bytes()).unwrap();
    }
}
