//! Files that are ours alone: what shells source to get their variables. The text depends on the paths
//! only, the port is read when a shell starts. The first line has the checksum of the rest, by which a file
//! that the user changed is known and left as it is.

use std::fs;
use std::io;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::block::Difference;
use super::quote::{self, UnfitPath};
use super::rewrite::Refusal;
use crate::config::Paths;

/// How our files begin.
const HEAD: &str = "# Made by `llm-proxy setup shell`, which leaves it alone once it was changed. Checksum: ";

/// A shell's script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Posix,
    Fish,
    PowerShell,
    Nushell,
}

/// A file of ours.
#[derive(Debug)]
pub(super) struct Owned {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// What stands in its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Missing,
    /// This very text.
    Current,
    /// Another text of ours, as another version wrote it.
    Older,
}

impl Owned {
    pub(super) fn new(path: PathBuf, script: Script, paths: &Paths) -> Result<Self, UnfitPath> {
        let quoted = |file| match script {
            Script::Posix => quote::posix(file, &paths.home),
            Script::Fish => quote::fish(file, &paths.home),
            Script::PowerShell => quote::powershell(file, &paths.home),
            Script::Nushell => quote::nushell(file),
        };
        let (port, pid) = (quoted(&paths.portfile)?, quoted(&paths.pidfile)?);
        let text = script.template().replace("@PORTFILE@", &port).replace("@PIDFILE@", &pid);
        Ok(Self::with_text(path, &text))
    }

    /// The file with its first line.
    pub(super) fn with_text(path: PathBuf, text: &str) -> Self {
        Self { path, text: format!("{HEAD}{}\n{text}", checksum(text.as_bytes())) }
    }

    /// What stands there; what is not ours is refused.
    pub(super) fn find(&self) -> Result<Found, Refusal> {
        match fs::symlink_metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(Refusal::NotAFile),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
            Err(error) => return Err(error.into()),
        }
        let bytes = fs::read(&self.path)?;
        if bytes == self.text.as_bytes() {
            return Ok(Found::Current);
        }
        if is_ours(&bytes) {
            return Ok(Found::Older);
        }
        let found = String::from_utf8_lossy(&bytes).into_owned();
        Err(Refusal::Edited(Difference { expected: self.text.clone(), found }))
    }
}

impl Script {
    fn template(self) -> &'static str {
        match self {
            Self::Posix => include_str!("scripts/env.sh"),
            Self::Fish => include_str!("scripts/env.fish"),
            Self::PowerShell => include_str!("scripts/env.ps1"),
            Self::Nushell => include_str!("scripts/env.nu"),
        }
    }
}

/// True for a text that some version of us wrote and nobody changed.
pub(super) fn is_ours(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(HEAD.as_bytes()) else { return false };
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let (Some(sum), Some(text)) = (parts.next(), parts.next()) else { return false };
    sum == checksum(text).as_bytes()
}

fn checksum(text: &[u8]) -> String {
    Sha256::digest(text)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::setup::exports::{Clients, pairs};

    fn owned(script: Script) -> Owned {
        let paths = Paths::of(&Environment::from_pairs([("HOME", "/home/ada")])).unwrap();
        Owned::new("/nowhere".into(), script, &paths).unwrap()
    }

    const ALL: [Script; 4] = [Script::Posix, Script::Fish, Script::PowerShell, Script::Nushell];

    #[test]
    fn every_script_sets_what_is_exported() {
        for script in ALL {
            let text = owned(script).text;
            assert!(!text.contains("FILE@") && text.contains("/port\"") && text.contains("/pid\""), "{text}");
            for (name, value) in pairs(1, Clients::Usual) {
                let path = value.strip_prefix("http://127.0.0.1:1").unwrap();
                assert!(text.contains(name) && text.contains(path), "{script:?} lacks {name}");
            }
        }
    }

    #[test]
    fn a_changed_file_is_not_ours() {
        for script in ALL {
            let text = owned(script).text;
            assert!(is_ours(text.as_bytes()));
            assert!(!is_ours(format!("{text}\n").as_bytes()));
            assert!(!is_ours(text.replace("127.0.0.1", "10.0.0.1").as_bytes()));
        }
        assert!(!is_ours(b"") && !is_ours(HEAD.as_bytes()));
    }
}
