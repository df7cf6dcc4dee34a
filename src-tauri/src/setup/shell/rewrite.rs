//! Replaces a file of the user's as a whole, or not at all. Links are followed and stay, mode, group and
//! extended attributes are kept, and what somebody else writes in the meantime is not lost.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::block::Difference;
use crate::config::private_file::{self, PrivateFileError};

/// Startup files are written by hand; what is larger than this, in bytes, is something else.
const MAX_BYTES: u64 = 16 << 20;

/// Why a file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A link whose target is missing.
    #[error("is a link that leads nowhere")]
    Dangling,
    /// A folder, a device, a pipe.
    #[error("is not a regular file")]
    NotAFile,
    /// Its owner may not write to it.
    #[error("is read-only")]
    ReadOnly,
    /// Replacing it would part it from its other names.
    #[error("has another name (a hard link)")]
    HardLinked,
    /// It belongs to this user.
    #[error("belongs to another user (uid {0})")]
    OtherOwner(u32),
    /// No startup file.
    #[error("is larger than 16 MiB")]
    TooLarge,
    /// Our lines are no UTF-16.
    #[error("is UTF-16; save it as UTF-8")]
    Utf16,
    /// Others write to it right now.
    #[error("keeps changing; try again")]
    Changed,
    /// Two others wrote at the same moment; one of their versions is in this file.
    #[error("was written by two others at once: look into {}", .0.display())]
    Crossed(PathBuf),
    /// A file of ours, which undo would delete.
    #[error("was changed by hand since; delete it yourself")]
    OwnChanged,
    /// A block that no recorded set-up wrote: it may be part of the text.
    #[error("has lines of another set-up, or of another machine's; take them out yourself")]
    Foreign,
    /// The block, or the whole file, is not as it was written.
    #[error("was changed by hand since; take our lines out yourself")]
    Edited(Difference),
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What was done, or the copy of the old content, cannot be kept.
    #[error("no record can be kept: {0}")]
    Record(#[from] PrivateFileError),
}

/// A file as it was read.
#[derive(Debug)]
pub(super) struct Original {
    /// Where it really is: all links are followed.
    target: PathBuf,
    /// All its bytes.
    pub(super) bytes: Vec<u8>,
    metadata: Metadata,
}

/// Reads a file that may be replaced; `None` when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Original>, Refusal> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if path.symlink_metadata().is_ok() { Err(Refusal::Dangling) } else { Ok(None) };
        }
        Err(error) => return Err(error.into()),
    };
    // Looked at first: opening a pipe would wait for its writer.
    if !fs::metadata(&target)?.is_file() {
        return Err(Refusal::NotAFile);
    }
    let file = File::open(&target)?;
    let metadata = file.metadata()?;
    platform::check(&metadata)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Refusal::Utf16);
    }
    Ok(Some(Original { target, bytes, metadata }))
}

impl Original {
    /// Puts `new` in its place. The old file itself becomes the copy under `keep`, so that even what was
    /// written to it at the last moment is kept there. `tag` names the temporary file.
    pub(super) fn replace(&self, new: &[u8], tag: &str, keep: Option<&Path>) -> Result<(), Refusal> {
        let temporary = temporary(&self.target, tag);
        let exchanged = self.prepare(&temporary, new, keep).and_then(|()| {
            // Where the file system cannot exchange, the look just before has to do.
            match platform::exchange(&temporary, &self.target)? {
                true => Ok(true),
                false => Ok(fs::rename(&temporary, &self.target).map(|()| false)?),
            }
        });
        if exchanged.is_err() {
            // It holds our text, or nothing yet.
            let _ = fs::remove_file(&temporary);
        }
        if exchanged? {
            self.settle(&temporary, new, keep)?;
        }
        Ok(platform::sync_parent(&self.target)?)
    }

    /// Removes the file, if it still is what was read.
    pub(super) fn remove(&self, tag: &str) -> Result<(), Refusal> {
        let temporary = temporary(&self.target, tag);
        fs::rename(&self.target, &temporary)?;
        if fs::read(&temporary)? != self.bytes {
            // Fails when somebody made a new one meanwhile.
            if fs::hard_link(&temporary, &self.target).is_err() {
                return Err(set_aside(&temporary)?);
            }
            fs::remove_file(&temporary)?;
            return Err(Refusal::Changed);
        }
        fs::remove_file(&temporary)?;
        Ok(platform::sync_parent(&self.target)?)
    }

    fn prepare(&self, temporary: &Path, new: &[u8], keep: Option<&Path>) -> Result<(), Refusal> {
        let mut file = fresh(temporary)?;
        file.write_all(new)?;
        platform::copy_attributes(&self.target, &self.metadata, &file)?;
        file.sync_all()?;
        if let Some(keep) = keep {
            private_file::write_atomically(keep, &self.bytes)?;
        }
        if self.is_unchanged()? { Ok(()) } else { Err(Refusal::Changed) }
    }

    /// After the exchange: what came out must be what was read; else it goes back to its place.
    fn settle(&self, temporary: &Path, new: &[u8], keep: Option<&Path>) -> Result<(), Refusal> {
        if fs::read(temporary)? == self.bytes {
            let moved = keep.is_some_and(|keep| {
                platform::make_private(temporary).is_ok() && fs::rename(temporary, keep).is_ok()
            });
            // On another file system the copy that was written first is what is kept.
            return if moved { Ok(()) } else { Ok(fs::remove_file(temporary)?) };
        }
        platform::exchange(temporary, &self.target)?;
        if fs::read(temporary)? != new {
            return Err(set_aside(temporary)?);
        }
        fs::remove_file(temporary)?;
        Err(Refusal::Changed)
    }

    fn is_unchanged(&self) -> Result<bool, Refusal> {
        let now = fs::metadata(&self.target)?;
        Ok(platform::is_same(&self.metadata, &now) && fs::read(&self.target)? == self.bytes)
    }
}

/// Keeps somebody's version under a name that no later run sweeps away.
fn set_aside(temporary: &Path) -> io::Result<Refusal> {
    let name = temporary.file_name().unwrap_or_default().to_string_lossy();
    let aside = temporary.with_file_name(format!("{name}-aside"));
    fs::rename(temporary, &aside)?;
    Ok(Refusal::Crossed(aside))
}

/// Makes a file that does not exist; one that somebody made meanwhile is left alone.
pub(super) fn create(path: &Path, bytes: &[u8], tag: &str) -> Result<(), Refusal> {
    let temporary = temporary(path, tag);
    let written = (|| {
        let mut file = fresh(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Refusal::Changed),
            linked => Ok(linked?),
        }
    })();
    let _ = fs::remove_file(&temporary);
    written?;
    Ok(platform::sync_parent(path)?)
}

/// Writes a file that is ours alone.
pub(super) fn write_own(path: &Path, bytes: &[u8], tag: &str) -> Result<(), Refusal> {
    let temporary = temporary(path, tag);
    // Of a run that was killed.
    let _ = fs::remove_file(&temporary);
    let mut file = fresh(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let written = written.and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    Ok(written.and_then(|()| platform::sync_parent(path))?)
}

/// Removes what a set-up that was killed left beside the file: its text, another name of a file that it
/// made, or the old file, of which a copy is on record.
pub(super) fn sweep(path: &Path, tag: &str) {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // It is missing unless there was a kill.
    let _ = fs::remove_file(temporary(&target, tag));
}

/// A new private file.
fn fresh(path: &Path) -> Result<File, Refusal> {
    match private_file::create_new(path) {
        Ok(file) => Ok(file),
        Err(error) => match error {
            PrivateFileError::Io { source, .. } => Err(source.into()),
            PrivateFileError::Symlink { .. }
            | PrivateFileError::OtherOwner { .. }
            | PrivateFileError::NotAFile { .. } => Err(Refusal::NotAFile),
        },
    }
}

fn temporary(target: &Path, tag: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    target.with_file_name(format!(".{}.llm-proxy-{tag}", name.trim_start_matches('.')))
}

#[cfg(unix)]
#[path = "rewrite/unix.rs"]
mod platform;

#[cfg(not(unix))]
#[path = "rewrite/other.rs"]
mod platform;

#[cfg(test)]
#[cfg(unix)]
#[path = "rewrite_tests.rs"]
mod tests;
