//! What a session file says, however it lies on the disk: plain, or compressed since. Who reads sees the
//! same bytes at the same places, and never asks which it is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::RelativePath;
use super::cold::Reader;
use super::layout::COMPRESSED;
use super::open::{DayFolder, For};

/// A session's text, open for reading. It is what was there when it was opened: a file that is
/// compressed, or made plain again, meanwhile says the same.
#[derive(Debug)]
pub struct Content(Form);

#[derive(Debug)]
enum Form {
    Plain(File),
    /// With its name, for errors.
    Cold(Box<Reader>, String),
}

impl Content {
    /// Opens a session's file below `log_dir`. Where there are both, the plain one counts.
    pub fn open(log_dir: &Path, file: &RelativePath) -> io::Result<Self> {
        let folder = DayFolder::of(log_dir, file, For::Reading)?;
        let plain = || Ok(folder.open(file.file_name(), For::Reading)?.0);
        let cold = || Ok(folder.open(&file.compressed_name(), For::Reading)?.0);
        Self::either(plain, cold, &format!("{file}{COMPRESSED}"))
    }

    /// Opens the file at a path of any folder; links are followed.
    pub(super) fn open_at(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(COMPRESSED);
        let cold = Path::new(&name);
        Self::either(|| File::open(path), || File::open(cold), &cold.display().to_string())
    }

    /// The length of a session's text; an error when there is none.
    pub fn length_of(log_dir: &Path, file: &RelativePath) -> io::Result<u64> {
        // Most are plain, and need not be opened.
        match file.under(log_dir).symlink_metadata() {
            Ok(found) if found.is_file() => Ok(found.len()),
            Ok(_) | Err(_) => Self::open(log_dir, file)?.length(),
        }
    }

    /// Its length in bytes.
    pub fn length(&self) -> io::Result<u64> {
        match &self.0 {
            Form::Plain(file) => Ok(file.metadata()?.len()),
            Form::Cold(reader, _) => Ok(reader.len()),
        }
    }

    /// One of the two is always there, but between two looks one may have become the other.
    fn either(
        plain: impl Fn() -> io::Result<File>,
        cold: impl Fn() -> io::Result<File>,
        cold_name: &str,
    ) -> io::Result<Self> {
        if let Some(file) = found(plain())? {
            return Ok(Self(Form::Plain(file)));
        }
        match found(cold())? {
            Some(file) => {
                let reader = Reader::new(file).map_err(|error| named(cold_name, error))?;
                Ok(Self(Form::Cold(Box::new(reader), cold_name.to_owned())))
            }
            None => Ok(Self(Form::Plain(plain()?))),
        }
    }
}

fn found(opened: io::Result<File>) -> io::Result<Option<File>> {
    match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// What is wrong with a compressed file is told with its name: nobody asked for it by that.
fn named(file: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{file} cannot be unpacked: {error}"))
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Form::Plain(file) => file.read(buffer),
            Form::Cold(reader, name) => reader.read(buffer).map_err(|error| named(name, error)),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.0 {
            Form::Plain(file) => file.seek(to),
            Form::Cold(reader, _) => reader.seek(to),
        }
    }
}
