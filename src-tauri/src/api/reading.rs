//! Session files as far as they were read. A file only grows, so reading goes on where it stopped: a
//! session that is open on a screen costs its new lines, not all of them, whenever it is asked for.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::turns::Turns;
use crate::logs::read::{BadLine, Bodies, Lines};
use crate::logs::{Content, RelativePath};

/// Sessions that are kept: the one on the screen, and those next to it.
const KEPT: usize = 3;

/// A session's file as far as it was read.
#[derive(Debug)]
pub(super) struct Reading {
    /// Which file.
    pub(super) file: RelativePath,
    /// What its lines say.
    pub(super) turns: Turns,
    /// Lines that are no entries, and were passed over.
    pub(super) bad_lines: u64,
    /// The byte after the last line that was taken.
    end: u64,
}

impl Reading {
    fn begin(file: RelativePath) -> Self {
        Self { file, turns: Turns::default(), bad_lines: 0, end: 0 }
    }

    /// Takes the lines that begin before the byte `until`, as far as they were not taken.
    fn go_on(&mut self, log_dir: &Path, until: u64) -> io::Result<()> {
        if self.end >= until {
            return Ok(());
        }
        // Not kept for the next time: they are as large as the longest lines.
        let mut bodies = Bodies::default();
        let mut lines = Lines::open(log_dir, &self.file, self.end)?;
        while let Some(line) = lines.next_in(&mut bodies) {
            match line.result {
                Ok(entry) => self.turns.take(entry, &mut bodies, line.span.offset),
                Err(BadLine::Io(source)) => return Err(source),
                // The last line of a live file may just be on its way.
                Err(BadLine::Torn(_)) => break,
                Err(BadLine::NoEntry(_) | BadLine::TooLong) => self.bad_lines += 1,
            }
            self.end = line.span.end();
            if self.end >= until {
                break;
            }
        }
        Ok(())
    }
}

/// The readings that are kept, latest last. None while one goes on: whoever asks meanwhile begins anew.
#[derive(Debug, Default)]
pub(super) struct Readings {
    kept: Mutex<VecDeque<Reading>>,
}

impl Readings {
    /// Reads a file's lines that begin before the byte `until`, and what `see` makes of them.
    pub(super) fn read<T>(
        &self,
        log_dir: &Path,
        file: &RelativePath,
        until: u64,
        see: impl FnOnce(&Reading) -> T,
    ) -> io::Result<T> {
        let bytes = Content::length_of(log_dir, file)?;
        let kept = self.take(file).filter(|kept| kept.end <= bytes);
        let mut reading = kept.unwrap_or_else(|| Reading::begin(file.clone()));
        reading.go_on(log_dir, until)?;
        let seen = see(&reading);
        self.keep(reading);
        Ok(seen)
    }

    fn take(&self, file: &RelativePath) -> Option<Reading> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|reading| reading.file == *file)?;
        kept.remove(at)
    }

    fn keep(&self, reading: Reading) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.file != reading.file);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(reading);
    }
}
