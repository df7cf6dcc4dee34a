//! The journal's threads: one stores what a slow disk held up and wipes what is done with, one puts
//! the journal on the disk once a second.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::segment::Disposed;
use super::store::{SLOW, Shared, lock};

/// How often the journal is put on the disk: what a power cut can cost.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// So many quick writes in a row end the slow mode.
const QUICK_WRITES: usize = 16;

/// Owns the threads. [`Keeper::finish`] ends them when the journal is closed.
#[derive(Debug)]
pub struct Keeper {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

pub(super) fn start(shared: Arc<Shared>, disposed: Receiver<Disposed>) -> io::Result<Keeper> {
    let spawn =
        |name: &str, work: Box<dyn FnOnce() + Send>| thread::Builder::new().name(name.to_owned()).spawn(work);
    let (writer, syncer, wiper) = (Arc::clone(&shared), Arc::clone(&shared), Arc::clone(&shared));
    let threads = vec![
        spawn("journal-writer", Box::new(move || store_queued(&writer)))?,
        spawn("journal-sync", Box::new(move || sync_every_second(&syncer)))?,
        spawn("journal-wiper", Box::new(move || wipe(&wiper, &disposed)))?,
    ];
    Ok(Keeper { shared, threads })
}

impl Keeper {
    /// Ends the threads and removes the folder if nothing in it is needed any more. Call it after
    /// [`Journal::close`](super::Journal::close), when the tail has returned its last frame.
    pub fn finish(self) {
        self.shared.finished.store(true, Ordering::Release);
        self.shared.queued.notify_all();
        self.shared.current.store(None);
        lock(&self.shared.roll).unread.clear();
        for thread in self.threads {
            // A panic in there was reported by its hook already; there is nothing left to stop.
            let _ = thread.join();
        }
        lock(&self.shared.roll).drop_spare();
        // Fails when something was kept for recovery, as it should.
        let _ = std::fs::remove_dir(&self.shared.dir);
    }
}

/// Writes what was queued while the disk was slow, in order, and ends the slow mode once the disk is
/// quick again and nothing waits.
fn store_queued(shared: &Shared) {
    let mut quick_writes = 0;
    loop {
        let Some(frame) = lock(&shared.queue).take() else {
            if shared.finished.load(Ordering::Acquire) {
                return;
            }
            // The queue is not locked here: a probe hangs as long as the disk does.
            if quick_writes >= QUICK_WRITES || shared.slow.load(Ordering::Acquire) && probe(shared) {
                shared.slow.store(false, Ordering::Release);
            }
            wait_for_frames(shared);
            continue;
        };
        let started = Instant::now();
        if shared.store_one(frame.pending()).is_err() {
            shared.give_up(frame);
        }
        quick_writes = if started.elapsed() < SLOW { quick_writes + 1 } else { 0 };
        lock(&shared.queue).storing = false;
        shared.wake_tail();
    }
}

fn wait_for_frames(shared: &Shared) {
    let queue = lock(&shared.queue);
    if queue.frames.is_empty() {
        // Woken or not, the caller looks again.
        drop(shared.queued.wait_timeout(queue, Duration::from_millis(100)));
    }
}

/// Whether a small write in the journal's folder is quick.
fn probe(shared: &Shared) -> bool {
    let started = Instant::now();
    let Some(segment) = shared.current.load_full() else { return true };
    segment.rewrite_header().is_ok() && started.elapsed() < SLOW
}

fn sync_every_second(shared: &Shared) {
    let mut synced = (std::ptr::null(), 0);
    loop {
        for _ in 0..20 {
            if shared.finished.load(Ordering::Acquire) {
                return;
            }
            thread::sleep(SYNC_EVERY / 20);
        }
        // What ended since the last time is not the current segment any more, and still not on the disk.
        let ended = std::mem::take(&mut lock(&shared.roll).unsynced);
        for file in ended {
            if let Err(error) = file.sync_data() {
                tracing::warn!(%error, "a journal segment is not on the disk");
            }
        }
        let Some(segment) = shared.current.load_full() else { continue };
        let state = (Arc::as_ptr(&segment), segment.written_to());
        if state != synced && segment.sync().is_ok() {
            synced = state;
        }
    }
}

/// Overwrites segments that nobody needs any more: bodies stand in them unredacted. One is kept for
/// the next segment, the others are removed.
fn wipe(shared: &Shared, disposed: &Receiver<Disposed>) {
    loop {
        let done = match disposed.recv_timeout(Duration::from_millis(50)) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) if shared.finished.load(Ordering::Acquire) => return,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let free = lock(&shared.roll).dispose(done);
        free.into_iter().for_each(|done| wipe_one(shared, done));
    }
}

fn wipe_one(shared: &Shared, done: Disposed) {
    if done.keep {
        return;
    }
    let wiped = overwrite(&done.file, done.used).is_ok();
    let mut roll = lock(&shared.roll);
    let open = !shared.finished.load(Ordering::Acquire);
    let full_size = done.capacity == shared.limits.segment_bytes;
    if wiped && open && full_size && roll.offer_spare(done.file, &done.path, done.capacity) {
        return;
    }
    // A file that cannot be removed is found by the next start's recovery.
    let _ = std::fs::remove_file(&done.path);
    roll.room_was_made(done.capacity);
}

fn overwrite(file: &File, used: u64) -> io::Result<()> {
    let zeros = vec![0; 256 * 1024];
    let mut at = 0;
    while at < used {
        let len = zeros.len().min(usize::try_from(used - at).unwrap_or(usize::MAX));
        file.write_all_at(&zeros[..len], at)?;
        at += len as u64;
    }
    Ok(())
}
