//! Takes over the Go llm-proxy's log folder. The source is only ever opened for reading; what goes
//! into ours passes the redactor, because the Go llm-proxy redacted two headers and nothing else.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::layout::{folder_of, walk, walk_loose};
use super::read::Lines;
use super::write::{WriteError, Writer};
use super::{Content, RelativePath};
use crate::model::{RequestId, Timestamp};
use crate::record::entry::{Entry, Kind};

/// What an import did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Session files that were read.
    pub files: u64,
    /// Session files that gave at least one new line.
    pub sessions: u64,
    /// Request lines written.
    pub requests: u64,
    /// Response lines written.
    pub responses: u64,
    /// Other lines written: session starts and forks.
    pub others: u64,
    /// Lines that were in our folder already.
    pub skipped_already_there: u64,
    /// Lines that are no entries, passed over.
    pub bad_lines: u64,
    /// Files and folders that could not be read.
    pub unreadable: u64,
}

/// Why an import stopped. What it wrote so far stays; the next import goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// One folder lies in the other.
    #[error("cannot import from a folder that holds the log folder, lies in it, or is it")]
    Overlap,
    /// The source is no folder that can be read.
    #[error("the folder to import: {0}")]
    Source(io::Error),
    /// The log folder cannot be made, or a file in it not be read.
    #[error("the log folder: {0}")]
    Target(io::Error),
    /// A line could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Copies every good line below `from` that is not yet below `into`, through `redactor`, into the
/// file of the same day and session. `progress` is told after each file. Importing twice adds nothing.
pub fn import(
    from: &Path,
    into: &Path,
    redactor: &dyn Fn(Entry) -> Entry,
    progress: &mut dyn FnMut(&ImportReport),
) -> Result<ImportReport, ImportError> {
    let from = from.canonicalize().map_err(ImportError::Source)?;
    if !from.is_dir() {
        return Err(ImportError::Source(io::ErrorKind::NotADirectory.into()));
    }
    refuse_overlap(&from, into)?;
    let writer = Writer::open(into).map_err(ImportError::Target)?;
    let mut import = Import { into, writer, redactor, report: ImportReport::default() };
    for source in sources(&from) {
        match source {
            Ok(source) => import.file(&source)?,
            Err(_) => import.report.unreadable += 1,
        }
        progress(&import.report);
    }
    import.writer.sync()?;
    Ok(import.report)
}

/// Refuses before anything is made: `into` may not exist yet. `from` is canonical.
pub fn refuse_overlap(from: &Path, into: &Path) -> Result<(), ImportError> {
    let into = std::path::absolute(into).map_err(ImportError::Target)?;
    let existing = into.ancestors().find(|part| part.exists()).unwrap_or(&into);
    let missing = into.strip_prefix(existing).unwrap_or(Path::new(""));
    let into = existing.canonicalize().map_err(ImportError::Target)?.join(missing);
    if from.starts_with(&into) || into.starts_with(from) { Err(ImportError::Overlap) } else { Ok(()) }
}

/// A file to import, and the place it gets below our log folder.
struct Source {
    path: PathBuf,
    target: RelativePath,
}

fn sources(from: &Path) -> impl Iterator<Item = io::Result<Source>> + use<> {
    let log_dir = from.to_owned();
    let usual = walk(from).map(move |place| {
        let place = place?;
        Ok(Source { path: place.under(&log_dir), target: place.in_folder_of(place.folder()) })
    });
    let here = loose(from.to_owned());
    // The Go llm-proxy joined an upstream `..` to its log folder like any other.
    let above = from.parent().map(Path::to_owned).into_iter().flat_map(loose);
    let leftovers =
        above.filter(|source| source.as_ref().is_ok_and(|source| source.target.folder() == folder_of("..")));
    usual.chain(here).chain(leftovers)
}

/// Session files without an upstream's folder above their day: the upstream stands in their lines.
fn loose(dir: PathBuf) -> impl Iterator<Item = io::Result<Source>> {
    walk_loose(&dir).map(move |place| {
        let place = place?;
        let path = dir.join(place.date()).join(place.file_name());
        let first = lines(&path)?.find_map(|line| line.result.ok()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Source { path, target: place.in_folder_of(&first.meta().host) })
    })
}

fn lines(path: &Path) -> io::Result<Lines> {
    Ok(Lines::new(BufReader::new(Content::open_at(path)?), 0))
}

struct Import<'a> {
    into: &'a Path,
    writer: Writer,
    redactor: &'a dyn Fn(Entry) -> Entry,
    report: ImportReport,
}

impl Import<'_> {
    fn file(&mut self, source: &Source) -> Result<(), ImportError> {
        let Ok(lines) = lines(&source.path) else {
            self.report.unreadable += 1;
            return Ok(());
        };
        // What an import that was cut off left of its last line would be a bad line for ever.
        self.writer.repair(&source.target).map_err(ImportError::Target)?;
        let mut present = Present::read(self.into, &source.target);
        let written_before = self.report.written();
        for line in lines {
            match line.result {
                Ok(entry) if present.take(&entry) => self.report.skipped_already_there += 1,
                Ok(entry) => self.entry(&source.target, entry)?,
                Err(_) => self.report.bad_lines += 1,
            }
        }
        self.report.files += 1;
        self.report.sessions += u64::from(self.report.written() > written_before);
        Ok(())
    }

    fn entry(&mut self, target: &RelativePath, entry: Entry) -> Result<(), ImportError> {
        let kind = entry.kind();
        match self.writer.append(target, &(self.redactor)(entry).to_line()) {
            // Escapes and tags can make a line longer than it was.
            Err(WriteError::TooLong { .. }) => self.report.bad_lines += 1,
            written => {
                written?;
                *self.report.counter(kind) += 1;
            }
        }
        Ok(())
    }
}

impl ImportReport {
    fn counter(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Request => &mut self.requests,
            Kind::Response => &mut self.responses,
            Kind::SessionStart | Kind::Fork => &mut self.others,
        }
    }

    fn written(&self) -> u64 {
        self.requests + self.responses + self.others
    }
}

/// The lines that our file has, by what redaction leaves alone, each as often as it stands there.
#[derive(Default)]
struct Present(HashMap<(Kind, Option<RequestId>, Option<u64>, Timestamp), u64>);

impl Present {
    fn read(into: &Path, file: &RelativePath) -> Self {
        let mut present = Self::default();
        for entry in Lines::open(into, file, 0).into_iter().flatten().filter_map(|line| line.result.ok()) {
            *present.0.entry(Self::key(&entry)).or_default() += 1;
        }
        present
    }

    fn take(&mut self, entry: &Entry) -> bool {
        let Some(count) = self.0.get_mut(&Self::key(entry)) else { return false };
        let found = *count > 0;
        *count = count.saturating_sub(1);
        found
    }

    fn key(entry: &Entry) -> (Kind, Option<RequestId>, Option<u64>, Timestamp) {
        (entry.kind(), entry.meta().request_id.clone(), entry.seq(), entry.meta().ts)
    }
}
