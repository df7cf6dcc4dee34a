//! The segments there are: which the tail still has to read, which may be wiped, and what stands ready
//! for the next one.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::segment::{Disposed, FRAMES_AT, Segment};

/// Segments that the tail has not finished, oldest first.
#[derive(Debug, Default)]
pub(super) struct Roll {
    pub(super) unread: VecDeque<Arc<Segment>>,
    /// All segments there are, oldest first; those that nobody needs any more with what is left to do.
    pub(super) live: VecDeque<(u64, Option<Disposed>)>,
    pub(super) next_number: u64,
    pub(super) spare: Option<Allocated>,
    pub(super) full_until: Option<Instant>,
    /// Sizes of all segment files there are.
    pub(super) live_bytes: u64,
    /// Files of segments that ended since the last sync.
    pub(super) unsynced: Vec<Arc<File>>,
    /// Set when nothing is to be wiped any more: not all of it is in the log.
    pub(super) keep_rest: bool,
}

/// A segment's file before it is begun: file, path, number, size.
pub(super) type Allocated = (Arc<File>, PathBuf, u64, u64);

impl Roll {
    pub(super) fn take_spare(&mut self, frame_len: u64) -> Option<Allocated> {
        let fits = self.spare.as_ref().is_some_and(|(.., size)| *size >= FRAMES_AT + frame_len);
        if fits { self.spare.take() } else { None }
    }

    /// Keeps a wiped segment's file for the next one; gives it back when there is one already.
    pub(super) fn offer_spare(&mut self, file: Arc<File>, path: &Path, size: u64) -> bool {
        if self.spare.is_some() {
            return false;
        }
        let fresh = path.with_file_name(format!("{:016}.segment", self.next_number));
        if std::fs::rename(path, &fresh).is_err() {
            return false;
        }
        self.spare = Some((file, fresh, self.next_number, size));
        self.next_number += 1;
        self.full_until = None;
        true
    }

    /// Removes the spare file, at the end.
    pub(super) fn drop_spare(&mut self) {
        if let Some((_, path, ..)) = self.spare.take() {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Notes that nobody needs a segment any more. Returns those that may go: always the oldest, so that
    /// an exchange's `Done` outlives everything else of it, and recovery cannot write it twice.
    pub(super) fn dispose(&mut self, done: Disposed) -> Vec<Disposed> {
        if let Some(entry) = self.live.iter_mut().find(|(number, _)| *number == done.number) {
            entry.1 = Some(done);
        }
        let mut free: Vec<Disposed> = Vec::new();
        while let Some((_, Some(_))) = self.live.front() {
            free.extend(self.live.pop_front().and_then(|(_, done)| done));
        }
        free.iter_mut().for_each(|done| done.keep |= self.keep_rest);
        free
    }

    /// Forgets that the disk was full: room was made.
    pub(super) fn room_was_made(&mut self, bytes: u64) {
        self.live_bytes = self.live_bytes.saturating_sub(bytes);
        self.full_until = None;
    }
}
