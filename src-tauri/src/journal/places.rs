//! Places for threads that write: fewer than there are threads, so that one is left when the disk hangs and
//! takes the others along.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::store::lock;

/// So often a thread looks for a place before it sleeps: some microseconds, what another's write into the
/// disk's cache takes. Sleeping and being woken takes longer.
const LOOKS: usize = 100;

/// So many threads may be inside at once; others wait for one to leave. In cache lines of its own: every write
/// changes the count, and what lies beside it would have to be fetched again by the other processors.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Places {
    limit: usize,
    taken: AtomicUsize,
    waiting: AtomicUsize,
    door: Mutex<()>,
    left: Condvar,
}

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        let (taken, waiting) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { limit, taken, waiting, door: Mutex::default(), left: Condvar::new() }
    }

    /// Takes a place, and waits for one up to `patience`. False when all stay taken.
    pub(super) fn enter(&self, patience: Duration) -> bool {
        if self.try_enter() || self.look() {
            return true;
        }
        // Asleep, not in a loop any longer: what the others wait for may need this processor.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waited = self.left.wait_timeout_while(lock(&self.door), patience, |()| !self.try_enter());
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Gives a place to the next.
    pub(super) fn leave(&self) {
        self.taken.fetch_sub(1, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            // Locked, so that nobody who has just looked is about to fall asleep.
            drop(lock(&self.door));
            self.left.notify_one();
        }
    }

    /// Whether nobody is inside.
    pub(super) fn are_empty(&self) -> bool {
        self.taken.load(Ordering::SeqCst) == 0
    }

    /// Takes a place that becomes free in a moment.
    fn look(&self) -> bool {
        (0..LOOKS).any(|_| {
            std::hint::spin_loop();
            // Reading alone leaves the count with the processor whose thread is about to change it.
            self.taken.load(Ordering::Relaxed) < self.limit && self.try_enter()
        })
    }

    fn try_enter(&self) -> bool {
        let taken = |now: usize| (now < self.limit).then_some(now + 1);
        self.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, taken).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn who_finds_no_place_gives_up_in_time_and_leaves_no_trace() {
        let places = Places::new(1);
        assert!(places.enter(LONG));
        assert!(!places.enter(Duration::from_millis(1)));
        places.leave();
        assert!(places.are_empty());
        assert!(places.enter(Duration::ZERO));
    }

    #[test]
    fn everybody_gets_a_turn_and_never_more_at_once_than_may() {
        let (places, inside, rounds) = (Places::new(2), AtomicUsize::new(0), 2_000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        assert!(places.enter(LONG));
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < 2);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        places.leave();
                    }
                });
            }
        });
        assert!(places.are_empty());
    }
}
