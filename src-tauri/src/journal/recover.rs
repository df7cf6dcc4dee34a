//! What earlier runs left: segments with frames that may not be in the log yet.

use std::collections::VecDeque;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::reader::Reader;
use super::segment::{Disposed, FRAMES_AT, Segment};
use super::tail::{Frame, frame_of};
use crate::record::BadFrame;

/// Segments of earlier runs, oldest first. Their frames are read once; a segment is wiped when the last
/// [`Location`](super::Location) in it is dropped.
#[derive(Debug)]
pub struct Leftovers {
    segments: VecDeque<Arc<Segment>>,
    reader: Option<Reader>,
    pub(super) next_number: u64,
    pub(super) bytes: u64,
    /// Files in the journal's folder that are no segments: left alone, and worth a warning.
    pub foreign: Vec<PathBuf>,
}

pub(super) fn open(dir: &Path, disposal: &Sender<Disposed>) -> io::Result<Leftovers> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let mut found =
        Leftovers { segments: VecDeque::new(), reader: None, next_number: 1, bytes: 0, foreign: Vec::new() };
    for path in paths {
        let Some(number) = number_of(&path) else {
            found.foreign.push(path);
            continue;
        };
        found.next_number = found.next_number.max(number + 1);
        match Segment::open(path.clone(), number, disposal.clone())? {
            Some(segment) => {
                found.bytes += segment.written_to();
                found.segments.push_back(segment);
            }
            // Allocated and never begun, or a spare: nothing is in it.
            None if begins_with_zeros(&path)? => std::fs::remove_file(&path)?,
            // Of another version, or damaged: not ours to throw away.
            None => found.foreign.push(path),
        }
    }
    Ok(found)
}

impl Leftovers {
    /// The segments' numbers, oldest first, as the journal keeps them.
    pub(super) fn numbers(&self) -> VecDeque<(u64, Option<Disposed>)> {
        self.segments.iter().map(|segment| (segment.number(), None)).collect()
    }

    /// The next intact frame. Torn places (the process died inside a write) are passed over.
    pub fn next_frame(&mut self) -> Option<Result<Frame<'_>, BadFrame>> {
        let header = loop {
            if self.reader.is_none() {
                self.reader = Some(Reader::new(self.segments.pop_front()?));
            }
            let reader = self.reader.as_mut()?;
            match reader.next() {
                Ok(Some(header)) => break header,
                Ok(None) => match reader.skip_torn() {
                    Ok(true) => {}
                    Ok(false) => self.reader = None,
                    Err(error) => self.give_up(&error),
                },
                Err(error) => self.give_up(&error),
            }
        };
        Some(frame_of(self.reader.as_ref()?, &header))
    }

    fn give_up(&mut self, error: &io::Error) {
        if let Some(reader) = self.reader.take() {
            tracing::error!(%error, "a journal segment of an earlier run cannot be read; it is kept");
            reader.segment.keep();
        }
    }
}

/// Whether there is nothing where a segment's header would be.
fn begins_with_zeros(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(FRAMES_AT).read_to_end(&mut head)?;
    Ok(head.iter().all(|byte| *byte == 0))
}

/// A start that failed has read nothing, or not all: what it did not read is left for the next one.
impl Drop for Leftovers {
    fn drop(&mut self) {
        let begun = self.reader.iter().map(|reader| &reader.segment);
        begun.chain(&self.segments).for_each(|segment| segment.keep());
    }
}

fn number_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".segment")?.parse().ok()
}
