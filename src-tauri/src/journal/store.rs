//! The proxy's handle: append, on the client's path.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use serde::Serialize;
use smallvec::SmallVec;
use tokio::sync::Notify;
use uuid::Uuid;

use super::exchange_writer::ExchangeWriter;
use super::frame::{self, Pending};
use super::keeper::{self, Keeper};
use super::places::Places;
use super::queue::{Owned, Queue, Unstored};
use super::roll::{Allocated, Roll};
use super::segment::{Disposed, Location, Segment};
use super::{Leftovers, Limits, OpenError, Tail, recover};
use crate::config::private_file;
use crate::model::Timestamp;
use crate::record::{Begin, Encoded, Event};

/// An append slower than this is slow, and so long a thread waits for its turn. Far above what the disk's
/// cache takes (microseconds) and above what a busy machine holds a thread up: the queue that a slow disk
/// gets instead does not survive a kill.
pub(super) const SLOW: Duration = Duration::from_millis(50);
/// So many events are hardly ever written together: more of them are allocated for.
pub(super) const MOSTLY: usize = 4;
/// How long a full journal is taken to be full before the disk is asked again.
const FULL_FOR: Duration = Duration::from_millis(200);

/// Events that are written together.
pub(super) type Together<'a> = SmallVec<[Encoded<'a>; MOSTLY]>;

/// The journal, as the proxy holds it. Clones share it.
#[derive(Debug, Clone)]
pub struct Journal {
    pub(super) shared: Arc<Shared>,
}

/// What writers, the keeper and the tail share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) limits: Limits,
    pub(super) run: u64,
    pub(super) started: Timestamp,
    began: Instant,
    next_exchange: AtomicU64,
    /// The segment that frames go to. Writers load it without a lock.
    pub(super) current: ArcSwapOption<Segment>,
    /// What the tail still has to read, and the next segment's number. Locked when a segment ends.
    pub(super) roll: Mutex<Roll>,
    /// Threads inside a write, at most `limits.writers`.
    writers: Places,
    /// When an append was slow last.
    slow_at_us: AtomicU64,
    /// Set while the disk is slow: frames go through `queue`.
    pub(super) slow: AtomicBool,
    /// Frames for the writer thread. Bounded by `limits.queue_bytes`.
    pub(super) queue: Mutex<Queue>,
    pub(super) queued: Condvar,
    /// Frames that could not be stored: the tail takes them from here.
    pub(super) unstored: Mutex<Unstored>,
    /// Wakes the tail, when it sleeps: while it looks for frames by itself, nobody tells it.
    pub(super) appended: Notify,
    pub(super) tail_sleeps: AtomicBool,
    /// No exchange will append any more.
    pub(super) closed: AtomicBool,
    /// The tail is done too: the threads may end.
    pub(super) finished: AtomicBool,
    pub(super) disposal: Sender<Disposed>,
    /// Set when connections are being cut because the proxy stops.
    pub(super) cutting: AtomicBool,
    /// Exchanges that begin now are not recorded.
    paused: AtomicBool,
    /// Exchanges that have begun and not ended, recorded or not.
    pub(super) in_flight: AtomicUsize,
    /// Bytes that clients got and the journal did not.
    pub(super) lost_bytes: AtomicU64,
}

impl Journal {
    /// Opens the journal in `dir` for a new run, and what an earlier run left there. [`Tail`] is the
    /// recorder's end; the keeper stops the threads.
    pub fn open(dir: &Path, limits: Limits) -> Result<(Self, Tail, Leftovers, Keeper), OpenError> {
        let failed = |source| OpenError { path: dir.to_owned(), source };
        private_file::create_dir(dir).map_err(|error| failed(io::Error::other(error.to_string())))?;
        let (disposal, disposed) = channel();
        let leftovers = recover::open(dir, &disposal).map_err(failed)?;
        let roll = Roll {
            next_number: leftovers.next_number,
            live_bytes: leftovers.bytes,
            live: leftovers.numbers(),
            ..Roll::default()
        };
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            limits,
            run: Uuid::new_v4().as_u128() as u64,
            started: Timestamp::now(),
            began: Instant::now(),
            next_exchange: AtomicU64::new(1),
            current: ArcSwapOption::empty(),
            roll: Mutex::new(roll),
            writers: Places::new(limits.writers),
            slow_at_us: AtomicU64::new(0),
            slow: AtomicBool::new(false),
            queue: Mutex::default(),
            queued: Condvar::new(),
            unstored: Mutex::default(),
            appended: Notify::new(),
            tail_sleeps: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            disposal,
            cutting: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            lost_bytes: AtomicU64::new(0),
        });
        let keeper = keeper::start(Arc::clone(&shared), disposed).map_err(failed)?;
        let tail = Tail::new(Arc::clone(&shared));
        Ok((Self { shared }, tail, leftovers, keeper))
    }

    /// Starts the record of an exchange. While the journal is paused, of nothing: whatever that writer is
    /// told, to its end, is forgotten at once.
    pub fn begin<H: Serialize>(&self, begin: &Begin<H>) -> ExchangeWriter {
        if self.paused() {
            return ExchangeWriter::unrecorded(Arc::clone(&self.shared));
        }
        let exchange = self.shared.next_exchange.fetch_add(1, Ordering::Relaxed);
        ExchangeWriter::begin(Arc::clone(&self.shared), exchange, begin)
    }

    /// Leaves out the exchanges that begin from now on, or takes them in again. Those that run are not
    /// touched by it.
    pub fn set_paused(&self, paused: bool) {
        self.shared.paused.store(paused, Ordering::Release);
    }

    /// Whether exchanges that begin now are left out.
    pub fn paused(&self) -> bool {
        self.shared.paused.load(Ordering::Acquire)
    }

    /// How many exchanges have begun and not ended, recorded or not.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::Acquire)
    }

    /// Bytes that clients got and that could not be captured, since the start.
    pub fn lost_bytes(&self) -> u64 {
        self.shared.lost_bytes.load(Ordering::Relaxed)
    }

    /// From now on an exchange that ends without a word was cut by us, not left by its client.
    pub fn cutting(&self) {
        self.shared.cutting.store(true, Ordering::Release);
    }

    /// Tells the tail that nothing more will come.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.wake_tail();
    }
}

impl Shared {
    /// Microseconds since the run began: what frames are dated with.
    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Stores events of an exchange that happened together, numbered from `seq` on, with one write. Never
    /// waits for a slow disk longer than [`SLOW`], and never fails: what cannot be stored is told to the tail.
    pub(super) fn append(&self, exchange: u64, seq: u32, events: Together<'_>) {
        let at_us = self.now_us();
        // The recorder's notes all have the last number, and come one by one.
        let numbers = std::iter::successors(Some(seq), |seq| seq.checked_add(1));
        self.append_frames(
            numbers.zip(events).map(|(seq, encoded)| Pending { exchange, seq, at_us, encoded }).collect(),
        );
    }

    /// Stores the same note of the recorder's about several exchanges, as [`Shared::append`] does.
    pub(super) fn append_notes(&self, exchanges: &[u64], note: &Event<'_>) {
        let at_us = self.now_us();
        let frame = |&exchange: &u64| Pending { exchange, seq: u32::MAX, at_us, encoded: note.encode() };
        self.append_frames(exchanges.iter().map(frame).collect());
    }

    fn append_frames(&self, mut frames: SmallVec<[Pending<'_>; MOSTLY]>) {
        // Readers would take a longer one for a torn place, and wait for it forever.
        frames.iter().filter(|frame| !frame.can_be_read()).for_each(|frame| self.give_up(frame.to_owned()));
        frames.retain(|frame| frame.can_be_read());
        if self.slow.load(Ordering::Acquire) || !self.enter() {
            frames.iter().for_each(|frame| self.enqueue(frame.to_owned()));
            return;
        }
        let started = Instant::now();
        let (stored, _) = self.store(&frames, |_, _| ());
        self.writers.leave();
        if started.elapsed() > SLOW && self.slow_before(self.now_us()) {
            self.slow.store(true, Ordering::Release);
        }
        frames[stored..].iter().for_each(|frame| self.give_up(frame.to_owned()));
        self.wake_tail();
    }

    /// Tells the tail that there is something to read, unless it will look by itself. Call it behind the write:
    /// either this sees that the tail sleeps, or the tail's last look sees what was written.
    pub(super) fn wake_tail(&self) {
        fence(Ordering::SeqCst);
        if self.tail_sleeps.load(Ordering::Relaxed) && self.tail_sleeps.swap(false, Ordering::AcqRel) {
            self.appended.notify_one();
        }
    }

    /// Whether another append was slow within the last second: a single one is what a busy machine does to
    /// a thread, and the queue in memory does not survive a kill.
    fn slow_before(&self, now_us: u64) -> bool {
        let before = self.slow_at_us.swap(now_us.max(1), Ordering::AcqRel);
        before != 0 && now_us.saturating_sub(before) < 1_000_000
    }

    /// Takes a place among the writing threads. False when all stay taken: the disk hangs.
    fn enter(&self) -> bool {
        let entered = self.writers.enter(SLOW);
        if !entered {
            self.slow.store(true, Ordering::Release);
        }
        entered
    }

    /// Writes a frame into the current segment, or a new one. Returns where its payload lies.
    pub(super) fn store_one(&self, frame: Pending<'_>) -> io::Result<Location> {
        let mut place = None;
        self.store(std::slice::from_ref(&frame), |segment, at| {
            let at = at + frame::HEADER_BYTES as u64;
            place = Some(Location { segment: Arc::clone(segment), at, len: frame.encoded.len() as u32 });
        })
        .1?;
        place.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// Writes frames side by side into the current segment, or a new one; `placed` is told where. Returns how
    /// many of them are in the journal, from the first on.
    fn store(
        &self,
        frames: &[Pending<'_>],
        placed: impl FnOnce(&Arc<Segment>, u64),
    ) -> (usize, io::Result<()>) {
        if !frames.iter().all(Pending::can_be_read) {
            return (0, Err(io::ErrorKind::InvalidInput.into()));
        }
        let len = frames.iter().map(Pending::padded_len).sum();
        loop {
            // Borrowed: counting a user of the segment in and out would be two more writes to what all
            // threads share.
            let current = self.current.load();
            if let Some(segment) = current.as_ref()
                && let Some(at) = segment.reserve(len)
            {
                placed(segment, at);
                return segment.write(at, frames);
            }
            if let Err(error) = self.next_segment(current.as_ref(), len) {
                return (0, Err(error));
            }
        }
    }

    /// Puts a fresh segment in the place of `full`, unless another thread has.
    fn next_segment(&self, full: Option<&Arc<Segment>>, frame_len: u64) -> io::Result<()> {
        let mut roll = lock(&self.roll);
        if self.current.load_full().as_ref().map(Arc::as_ptr) != full.map(Arc::as_ptr) {
            return Ok(());
        }
        let now = Instant::now();
        if roll.full_until.is_some_and(|until| now < until) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let made = roll.take_spare(frame_len).map_or_else(|| self.make_file(&mut roll, frame_len), Ok);
        let begun = made.and_then(|(file, path, number, size)| {
            Segment::begin(file, path, number, size, self.run, self.started, self.disposal.clone())
        });
        match begun {
            Ok(segment) => {
                roll.unsynced.extend(full.map(|full| full.file()));
                roll.live.push_back((segment.number(), None));
                roll.unread.push_back(Arc::clone(&segment));
                self.current.store(Some(segment));
                Ok(())
            }
            Err(error) => {
                roll.full_until = Some(now + FULL_FOR);
                Err(error)
            }
        }
    }

    /// Allocates a segment file, as large as the limits and the disk allow. The log's lines take up to
    /// twice the room of what the journal holds, and that must stay free for them.
    fn make_file(&self, roll: &mut Roll, frame_len: u64) -> io::Result<Allocated> {
        let free = free_bytes(&self.dir)?;
        let mut size = self.limits.segment_bytes;
        let fits = |size: u64| {
            roll.live_bytes + size <= self.limits.max_bytes
                && free.saturating_sub(size) >= 2 * (roll.live_bytes + size).min(self.limits.max_bytes)
        };
        let smallest = super::segment::FRAMES_AT + frame_len;
        while size >= smallest && !fits(size) {
            size /= 2;
        }
        if size < smallest {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let number = roll.next_number;
        let path = self.dir.join(format!("{number:016}.segment"));
        roll.next_number += 1;
        let (file, size) = Segment::create(&path, size)?;
        roll.live_bytes += size;
        Ok((Arc::new(file), path, number, size))
    }

    /// Hands a frame to the writer thread, or gives it up when too many wait.
    pub(super) fn enqueue(&self, frame: Owned) {
        let mut queue = lock(&self.queue);
        if queue.bytes + frame.payload.len() > self.limits.queue_bytes {
            drop(queue);
            self.give_up(frame);
            self.wake_tail();
            return;
        }
        queue.bytes += frame.payload.len();
        queue.frames.push_back(frame);
        drop(queue);
        self.queued.notify_one();
    }

    /// Tells the tail from memory: control events whole, of a body only that it is missing.
    pub(super) fn give_up(&self, frame: Owned) {
        match Event::decode(frame.kind, &frame.payload) {
            Ok(Event::Body { direction, offset, bytes }) => {
                let bytes = bytes.len() as u64;
                self.lost_bytes.fetch_add(bytes, Ordering::Relaxed);
                lock(&self.unstored).lose(&frame, direction, offset, bytes);
            }
            Ok(_) | Err(_) => lock(&self.unstored).told.push_back(frame),
        }
    }

    /// Whether every frame that was appended can be seen by the tail.
    pub(super) fn settled(&self) -> bool {
        let queue = lock(&self.queue);
        self.writers.are_empty() && queue.frames.is_empty() && !queue.storing
    }
}

/// A lock that a panicking thread cannot take away from the others.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn free_bytes(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
