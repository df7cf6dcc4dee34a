//! The install's key for redaction tags. With it the same secret gets the same tag in every run, so
//! that a reader can tell two keys apart; whoever has the logs but not this file learns nothing more.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::private_file::{self, Access, PrivateFileError};

/// The key's file name in the state folder.
const FILE_NAME: &str = "redaction-key";

/// The key in `state_dir`; made when there is none, or when the file does not hold 32 bytes.
pub fn load_or_make(state_dir: &Path) -> Result<[u8; 32], PrivateFileError> {
    private_file::create_dir(state_dir)?;
    let path = state_dir.join(FILE_NAME);
    if let Some(key) = read(&path) {
        return Ok(key);
    }
    // Of two runs that do this at once one has other tags than the next run: no harm done.
    let key = random();
    private_file::write_atomically(&path, &key)?;
    Ok(read(&path).unwrap_or(key))
}

fn read(path: &Path) -> Option<[u8; 32]> {
    let mut bytes = Vec::new();
    let (file, _) = private_file::open(path, Access::Read).ok()?;
    file.take(33).read_to_end(&mut bytes).ok()?;
    bytes.try_into().ok()
}

/// Two random UUIDs hold 244 random bits; the hash spreads them over the key.
fn random() -> [u8; 32] {
    let hash = Sha256::new().chain_update(Uuid::new_v4()).chain_update(Uuid::new_v4());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_for_each_install() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = load_or_make(one.path()).unwrap();
        assert_eq!(load_or_make(one.path()).unwrap(), key);
        assert_ne!(load_or_make(other.path()).unwrap(), key);
    }

    #[test]
    fn a_damaged_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        private_file::write_atomically(&dir.path().join(FILE_NAME), b"short").unwrap();
        let key = load_or_make(dir.path()).unwrap();
        assert_eq!(load_or_make(dir.path()).unwrap(), key);
        assert_ne!(key, [0; 32]);
    }
}
