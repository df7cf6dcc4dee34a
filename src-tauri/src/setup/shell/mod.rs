//! The switch that points new shells at the proxy: a block of three lines in startup files of the user's,
//! which sources a file of ours, and the exact undo of it. What cannot be done safely is refused, and the
//! file left as it is.

pub mod block;
mod owned;
mod quote;
mod record;
mod rewrite;
mod startup_files;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::config::private_file::{self, PrivateFileError};
use crate::config::{Environment, Paths};
use block::{Block, Install, Remove};
use owned::{Found, Owned};
use record::{Entry, Record};
use startup_files::Startup;

pub use quote::UnfitPath;
pub use rewrite::Refusal;

/// How often a file is read anew when somebody else writes to it at the same moment.
const ATTEMPTS: usize = 5;

/// Whether files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are.
    Write,
    /// It is only said what would be done.
    DryRun,
}

/// What became of one file.
#[derive(Debug)]
pub struct Outcome {
    /// The file.
    pub path: PathBuf,
    /// What was done to it, or would be.
    pub change: Change,
}

/// What was done to a file.
#[derive(Debug)]
pub enum Change {
    /// A file of ours was written.
    Written,
    /// The block was added.
    Added,
    /// All was as it should be.
    AlreadyThere,
    /// The block was taken out.
    TakenOut,
    /// The file was made by a set-up, and removed.
    Deleted,
    /// The user had taken it out already.
    GoneAlready,
    /// It was left as it is.
    Refused(Refusal),
}

/// Why nothing could be done at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No startup file can name our files.
    #[error(transparent)]
    UnfitPath(#[from] UnfitPath),
    /// What was done by earlier set-ups cannot be read, or nothing can be noted.
    #[error("the record of what was set up cannot be used: {0}")]
    Record(#[from] PrivateFileError),
}

/// True when a set-up was made and not undone.
pub fn is_set_up(paths: &Paths) -> Result<bool, SetupError> {
    Ok(!Record::look(&paths.state_dir).entries()?.is_empty())
}

/// Sets up every shell that is in use: our own files first, then the lines that source them. Doing it
/// twice is doing it once.
pub fn set_up(paths: &Paths, environment: &Environment, mode: Mode) -> Result<Vec<Outcome>, SetupError> {
    let plan = startup_files::plan(paths, environment)?;
    let record = open(paths, mode)?;
    let known = record.entries()?;
    let owned = plan.owned.iter().map(|file| outcome(&file.path, write(file, &record, &known, mode)));
    let mut outcomes: Vec<Outcome> = owned.collect();
    outcomes.extend(plan.edited.iter().map(|file| outcome(&file.path, add(file, &record, &known, mode))));
    Ok(outcomes)
}

/// Takes back what every recorded set-up did: the lines first, then our own files.
pub fn undo(paths: &Paths, environment: &Environment, mode: Mode) -> Result<Vec<Outcome>, SetupError> {
    let record = open(paths, mode)?;
    let (edited, owned): (Vec<Entry>, Vec<Entry>) =
        record.entries()?.into_iter().partition(|entry| entry.block.is_some());
    let mut outcomes = Vec::new();
    for entry in edited.iter().chain(&owned) {
        let change = match &entry.block {
            Some(block) => take_out(entry, block, &record, mode),
            None => delete(entry, &record, mode),
        };
        outcomes.push(outcome(&entry.path, change));
    }
    // Without a plan nothing could be set up either.
    let startups = startup_files::plan(paths, environment).map(|plan| plan.edited).unwrap_or_default();
    let others = startups.iter().filter(|file| !edited.iter().any(|entry| entry.path == file.path));
    let foreign = others.filter(|file| has_block(&file.path));
    outcomes.extend(foreign.map(|file| outcome(&file.path, Err(Refusal::Foreign))));
    Ok(outcomes)
}

fn open(paths: &Paths, mode: Mode) -> Result<Record, SetupError> {
    Ok(match mode {
        Mode::Write => Record::open(&paths.state_dir)?,
        Mode::DryRun => Record::look(&paths.state_dir),
    })
}

fn outcome(path: &Path, change: Result<Change, Refusal>) -> Outcome {
    Outcome { path: path.to_owned(), change: change.unwrap_or_else(Change::Refused) }
}

fn write(file: &Owned, record: &Record, known: &[Entry], mode: Mode) -> Result<Change, Refusal> {
    let found = file.find()?;
    let id = known.iter().find(|entry| entry.path == file.path).map(|entry| entry.id.clone());
    if mode == Mode::Write {
        let id = id.map_or_else(|| record.add(own_entry(file)), Ok)?;
        if found != Found::Current {
            make_folder(&file.path)?;
            rewrite::write_own(&file.path, file.text.as_bytes(), &id)?;
        }
    }
    Ok(if found == Found::Current { Change::AlreadyThere } else { Change::Written })
}

fn own_entry(file: &Owned) -> Entry {
    let folders = missing_folders(&file.path);
    Entry { id: new_id(), path: file.path.clone(), block: None, created: true, folders }
}

fn add(file: &Startup, record: &Record, known: &[Entry], mode: Mode) -> Result<Change, Refusal> {
    let earlier: Vec<&Entry> = known.iter().filter(|entry| entry.path == file.path).collect();
    if mode == Mode::Write {
        earlier.iter().for_each(|entry| rewrite::sweep(&entry.path, &entry.id));
    }
    for _ in 0..ATTEMPTS {
        let block = Block { id: new_id(), line: file.line.clone(), continuation: file.continuation };
        let original = rewrite::read(&file.path)?;
        let text = original.as_ref().map_or(&b""[..], |original| &original.bytes);
        let (new, lines) = match block::install(text, &block) {
            Install::Edited { text, block } => (text, block),
            Install::AlreadyThere => return Ok(Change::AlreadyThere),
            Install::Refused(difference) => return Err(Refusal::Edited(difference)),
        };
        if mode == Mode::DryRun {
            return Ok(Change::Added);
        }
        let entry = Entry {
            id: block.id,
            path: file.path.clone(),
            block: Some(lines),
            created: original.is_none(),
            folders: missing_folders(&file.path),
        };
        record.add(entry.clone())?;
        let written = match original {
            Some(original) => original.replace(&new, &entry.id, Some(&record.copy_path(&entry.id))),
            None => make_folder(&file.path).and_then(|()| rewrite::create(&file.path, &new, &entry.id)),
        };
        // What an earlier set-up wrote here is gone, or it would have been found. A failure may come after
        // the file is in place.
        let outdated = if stands(&entry) { earlier.as_slice() } else { &[&entry] };
        for entry in outdated {
            record.drop(&entry.id)?;
        }
        match written {
            Err(Refusal::Changed) => {}
            written => return written.map(|()| Change::Added),
        }
    }
    Err(Refusal::Changed)
}

fn take_out(entry: &Entry, block: &str, record: &Record, mode: Mode) -> Result<Change, Refusal> {
    if mode == Mode::Write {
        rewrite::sweep(&entry.path, &entry.id);
    }
    for _ in 0..ATTEMPTS {
        let original = rewrite::read(&entry.path)?;
        let removed = original.map(|original| (block::remove(&original.bytes, block), original));
        let (new, original) = match removed {
            None | Some((Remove::NotThere, _)) => return forget(entry, record, mode, Change::GoneAlready),
            Some((Remove::Refused(difference), _)) => return Err(Refusal::Edited(difference)),
            Some((Remove::Edited(new), original)) => (new, original),
        };
        let deletes = entry.created && new.is_empty();
        let written = match (mode, deletes) {
            (Mode::DryRun, _) => Ok(()),
            (Mode::Write, true) => original.remove(&entry.id),
            (Mode::Write, false) => original.replace(&new, &entry.id, None),
        };
        match written {
            Err(Refusal::Changed) => {}
            Err(refusal) => return Err(refusal),
            Ok(()) if deletes => return forget(entry, record, mode, Change::Deleted),
            Ok(()) => return forget(entry, record, mode, Change::TakenOut),
        }
    }
    Err(Refusal::Changed)
}

fn delete(entry: &Entry, record: &Record, mode: Mode) -> Result<Change, Refusal> {
    let bytes = match fs::read(&entry.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return forget(entry, record, mode, Change::GoneAlready);
        }
        bytes => bytes?,
    };
    if !owned::is_ours(&bytes) {
        return Err(Refusal::OwnChanged);
    }
    if mode == Mode::Write {
        fs::remove_file(&entry.path)?;
    }
    forget(entry, record, mode, Change::Deleted)
}

/// Removes the last traces: a left-over of a run that was killed, folders that are empty again, the copy
/// and the entry.
fn forget(entry: &Entry, record: &Record, mode: Mode, change: Change) -> Result<Change, Refusal> {
    if mode == Mode::Write {
        rewrite::sweep(&entry.path, &entry.id);
        for folder in entry.folders.iter().rev() {
            // One in which there is something by now stays.
            let _ = fs::remove_dir(folder);
        }
        record.drop(&entry.id)?;
    }
    Ok(change)
}

/// True unless this block is missing for certain.
fn stands(entry: &Entry) -> bool {
    let text = rewrite::read(&entry.path).map(|original| original.map(|original| original.bytes));
    let lines = entry.block.as_deref().unwrap_or_default();
    text.map_or(true, |text| text.is_some_and(|text| block::remove(&text, lines) != Remove::NotThere))
}

/// True when a whole block stands in the file, whoever put it there.
fn has_block(path: &Path) -> bool {
    let block = Block { id: new_id(), line: String::new(), continuation: b'\\' };
    let text = rewrite::read(path).ok().flatten();
    text.is_some_and(|text| block::install(&text.bytes, &block) == Install::AlreadyThere)
}

fn new_id() -> String {
    Uuid::new_v4().simple().to_string()[..8].to_owned()
}

/// The folders that have to be made for a file, the outermost first.
fn missing_folders(path: &Path) -> Vec<PathBuf> {
    let missing = path.ancestors().skip(1).take_while(|folder| folder.symlink_metadata().is_err());
    let mut folders: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    folders.reverse();
    folders
}

fn make_folder(path: &Path) -> Result<(), Refusal> {
    match path.parent() {
        Some(folder) if !folder.exists() => Ok(private_file::create_dir(folder).map(|_| ())?),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
