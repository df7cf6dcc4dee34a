//! Where a session's file lies: `{upstream}/{YYYY-MM-DD}/{session}.jsonl` below the log folder.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::{SessionId, Timestamp};

/// The longest name that file systems take, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// What the name of a compressed session file has behind the plain one's.
pub(super) const COMPRESSED: &str = ".zst";

/// A session file's place below the log folder, with `/` between its three parts. No other path can
/// be written as one, so it never leads out of the log folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelativePath(String);

/// A text that is no session file's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the place of a session file: expected folder/YYYY-MM-DD/session.jsonl")]
pub struct InvalidPath;

impl RelativePath {
    /// Reads a place as it stands in the index or below a log folder.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(folder), Some(date), Some(file), None)
                if is_folder(folder) && is_date(date) && session_of(file).is_some() =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidPath),
        }
    }

    /// The place as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file's path below `log_dir`.
    pub fn under(&self, log_dir: &Path) -> PathBuf {
        self.0.split('/').fold(log_dir.to_owned(), |path, part| path.join(part))
    }

    /// The file that has it below `log_dir`, plain or compressed. Where there is none, the plain one's path.
    pub fn on_disk(&self, log_dir: &Path) -> PathBuf {
        let plain = self.under(log_dir);
        let compressed = self.compressed_under(log_dir);
        let there = |path: &Path| path.symlink_metadata().is_ok();
        if !there(&plain) && there(&compressed) { compressed } else { plain }
    }

    /// The path of its compressed form below `log_dir`.
    pub(super) fn compressed_under(&self, log_dir: &Path) -> PathBuf {
        self.under(log_dir).with_file_name(self.compressed_name())
    }

    /// The name of its compressed form.
    pub(super) fn compressed_name(&self) -> String {
        format!("{}{COMPRESSED}", self.file_name())
    }

    /// The upstream's folder.
    pub fn folder(&self) -> &str {
        self.part(0)
    }

    /// The day's folder.
    pub fn date(&self) -> &str {
        self.part(1)
    }

    /// The file's own name.
    pub fn file_name(&self) -> &str {
        self.part(2)
    }

    /// The same day and session in another upstream's folder.
    pub(super) fn in_folder_of(&self, upstream: &str) -> Self {
        Self(format!("{}/{}/{}", folder_of(upstream), self.date(), self.file_name()))
    }

    fn part(&self, number: usize) -> &str {
        self.0.split('/').nth(number).unwrap_or_default()
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The folder of an upstream (`host` or `host:port`), as the Go llm-proxy named it. What no host name
/// holds becomes `_`: no text, however hostile, is a way out of the log folder, the name of the index
/// file or a hidden folder.
pub fn folder_of(upstream: &str) -> String {
    folder_on(upstream, cfg!(windows))
}

fn folder_on(upstream: &str, windows: bool) -> String {
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9' | '.' | '[' | ']' | '_' | '-') => letter,
        ':' if !windows => ':',
        _ => '_',
    };
    let mut name: String = upstream.chars().map(plain).take(MAX_NAME_BYTES).collect();
    if name.is_empty() || name.starts_with('.') || name.starts_with("sessions.db") {
        name.replace_range(..name.len().min(1), "_");
    }
    if windows && name.ends_with('.') {
        name.replace_range(name.len() - 1.., "_");
    }
    name
}

/// The file of a session: its day is the UTC date of its creation, for as long as it lasts.
pub fn session_file(upstream: &str, created: Timestamp, id: &SessionId) -> RelativePath {
    RelativePath(format!("{}/{}/{id}.jsonl", folder_of(upstream), created.date()))
}

/// All session files below `log_dir`, sorted, each once, whether it lies there plain or compressed. Anything else is passed over, symbolic links too; a
/// folder that cannot be read is an error in its place. A missing `log_dir` holds no files.
pub fn walk(log_dir: &Path) -> impl Iterator<Item = io::Result<RelativePath>> + use<> {
    let (days_of, files_of) = (log_dir.to_owned(), log_dir.to_owned());
    children(log_dir, Ok(String::new()), Level::Folder)
        .into_iter()
        .flat_map(move |folder| children(&days_of, folder, Level::Day))
        .flat_map(move |day| children(&files_of, day, Level::File))
        .map(|file| file.map(RelativePath))
}

/// Temporary files beside session files: the session's place, which may be empty, and the file's name.
pub(super) fn walk_temporary(
    log_dir: &Path,
) -> impl Iterator<Item = io::Result<(RelativePath, String)>> + use<> {
    let (days_of, files_of) = (log_dir.to_owned(), log_dir.to_owned());
    children(log_dir, Ok(String::new()), Level::Folder)
        .into_iter()
        .flat_map(move |folder| children(&days_of, folder, Level::Day))
        .flat_map(move |day| children(&files_of, day, Level::Temporary))
        .map(|path| {
            let path = path?;
            let (day, name) = path.rsplit_once('/').unwrap_or_default();
            let session = session_of_temporary(name).ok_or(io::ErrorKind::InvalidData)?;
            Ok((RelativePath(format!("{day}/{session}.jsonl")), name.to_owned()))
        })
}

/// Session files that lie in day folders directly in `dir`: the Go llm-proxy put those of the
/// upstream `..` there. With each its day and file name.
pub(super) fn walk_loose(dir: &Path) -> impl Iterator<Item = io::Result<RelativePath>> + use<> {
    let files_of = dir.to_owned();
    children(dir, Ok(String::new()), Level::Day)
        .into_iter()
        .flat_map(move |day| children(&files_of, day, Level::File))
        .map(|file| file.map(|file| RelativePath(format!("{LOOSE_FOLDER}/{file}"))))
}

/// Stands for the missing folder of a loose file; [`RelativePath::in_folder_of`] replaces it.
const LOOSE_FOLDER: &str = "_";

/// What is looked for below the log folder.
#[derive(Clone, Copy)]
enum Level {
    Folder,
    Day,
    /// A session's, plain or compressed: its name is the plain one's.
    File,
    Temporary,
}

impl Level {
    fn wants(self, name: &str, kind: fs::FileType) -> bool {
        match self {
            Self::Folder => kind.is_dir() && is_folder(name),
            Self::Day => kind.is_dir() && is_date(name),
            Self::File => kind.is_file() && session_of(plain_name(name)).is_some(),
            Self::Temporary => kind.is_file() && session_of_temporary(name).is_some(),
        }
    }
}

/// What `level` wants in the folder `parent`, each as a path below `root`, sorted.
fn children(root: &Path, parent: io::Result<String>, level: Level) -> Vec<io::Result<String>> {
    let listed = parent.and_then(|parent| {
        let mut names = names_in(&root.join(&parent), level)?;
        names.sort_unstable();
        names.dedup();
        let path = |name| if parent.is_empty() { name } else { format!("{parent}/{name}") };
        Ok(names.into_iter().map(path).map(Ok).collect())
    });
    match listed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => vec![Err(error)],
        Ok(paths) => paths,
    }
}

fn names_in(dir: &Path, level: Level) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        // The type of a link is "link": it is neither folder nor file here, so never followed.
        let kind = entry.file_type()?;
        let name = entry.file_name().into_string().ok().filter(|name| level.wants(name, kind));
        names.extend(name.map(|name| plain_name(&name).to_owned()));
    }
    Ok(names)
}

/// Wider than what [`folder_of`] gives: the Go llm-proxy took the upstream as it was.
fn is_folder(name: &str) -> bool {
    let plain = |letter: char| !letter.is_control() && !matches!(letter, '/' | '\\');
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.starts_with('.') && name.chars().all(plain)
}

fn is_date(name: &str) -> bool {
    let fits =
        |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    name.len() == 10 && name.bytes().enumerate().all(fits)
}

fn session_of(file: &str) -> Option<SessionId> {
    file.strip_suffix(".jsonl")?.parse().ok()
}

/// The name of a session file that may be compressed.
fn plain_name(name: &str) -> &str {
    name.strip_suffix(COMPRESSED).unwrap_or(name)
}

/// `.{session}.jsonl….tmp` is on its way to becoming a session's file.
fn session_of_temporary(name: &str) -> Option<SessionId> {
    name.strip_prefix('.')?.strip_suffix(".tmp")?.split_once(".jsonl")?.0.parse().ok()
}

#[cfg(test)]
mod tests;
