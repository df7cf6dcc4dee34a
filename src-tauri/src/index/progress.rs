//! What the index and its writer tell each other besides the rows: four numbers.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Shared by the index (which counts lines up) and the writer (which works them off). Orderings are
/// sequentially consistent throughout: these change a few times per request, not per byte.
#[derive(Debug, Default)]
pub(super) struct Progress {
    applied: AtomicU64,
    committed: AtomicU64,
    queued_weight: AtomicUsize,
    behind: AtomicBool,
}

impl Progress {
    /// Counts one more line, and returns its number.
    pub(super) fn next_line(&self) -> u64 {
        self.applied.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The number of the latest line.
    pub(super) fn applied(&self) -> u64 {
        self.applied.load(Ordering::SeqCst)
    }

    /// All lines up to this number are in the tables.
    pub(super) fn committed(&self) -> u64 {
        self.committed.load(Ordering::SeqCst)
    }

    pub(super) fn set_committed(&self, number: u64) {
        self.committed.fetch_max(number, Ordering::SeqCst);
    }

    /// Makes room for changes of this weight in the queue, if it holds at most `max` then.
    pub(super) fn reserve(&self, weight: usize, max: usize) -> bool {
        let reserved = |queued: usize| queued.checked_add(weight).filter(|sum| *sum <= max);
        self.queued_weight.fetch_update(Ordering::SeqCst, Ordering::SeqCst, reserved).is_ok()
    }

    pub(super) fn release(&self, weight: usize) {
        self.queued_weight.fetch_sub(weight, Ordering::SeqCst);
    }

    /// True while changes are left out because the files will be read again.
    pub(super) fn behind(&self) -> bool {
        self.behind.load(Ordering::SeqCst)
    }

    /// Returns what it was before.
    pub(super) fn set_behind(&self, behind: bool) -> bool {
        self.behind.swap(behind, Ordering::SeqCst)
    }
}
