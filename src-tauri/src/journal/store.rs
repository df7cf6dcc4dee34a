//! The proxy's handle: append, on the client's path.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;
use uuid::Uuid;

use super::exchange_writer::ExchangeWriter;
use super::frame::{self, Header};
use super::keeper::{self, Keeper};
use super::segment::{Disposed, Location, Segment};
use super::{Leftovers, Limits, OpenError, Tail, recover};
use crate::config::private_file;
use crate::model::Timestamp;
use crate::record::{Begin, Direction, Encoded, Event};

/// An append slower than this is slow, and so long a thread waits for its turn. Far above what the disk's
/// cache takes (microseconds) and above what a busy machine holds a thread up: the queue that a slow disk
/// gets instead does not survive a kill.
pub(super) const SLOW: Duration = Duration::from_millis(50);
/// How long a full journal is taken to be full before the disk is asked again.
const FULL_FOR: Duration = Duration::from_millis(200);

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
    /// Threads inside a write.
    writing: AtomicUsize,
    /// When an append was slow last.
    slow_at_us: AtomicU64,
    /// Set while the disk is slow: frames go through `queue`.
    pub(super) slow: AtomicBool,
    /// Frames for the writer thread. Bounded by `limits.queue_bytes`.
    pub(super) queue: Mutex<Queue>,
    pub(super) queued: Condvar,
    /// Frames that could not be stored: the tail takes them from here.
    pub(super) unstored: Mutex<Unstored>,
    /// Wakes the tail.
    pub(super) appended: Notify,
    /// No exchange will append any more.
    pub(super) closed: AtomicBool,
    /// The tail is done too: the threads may end.
    pub(super) finished: AtomicBool,
    pub(super) disposal: Sender<Disposed>,
    /// Set when connections are being cut because the proxy stops.
    pub(super) cutting: AtomicBool,
    /// Bytes that clients got and the journal did not.
    pub(super) lost_bytes: AtomicU64,
}

/// Segments that the tail has not finished, oldest first.
#[derive(Debug, Default)]
pub(super) struct Roll {
    pub(super) unread: VecDeque<Arc<Segment>>,
    /// All segments there are, oldest first; those that nobody needs any more with what is left to do.
    pub(super) live: VecDeque<(u64, Option<Disposed>)>,
    next_number: u64,
    spare: Option<Allocated>,
    full_until: Option<Instant>,
    /// Sizes of all segment files there are.
    pub(super) live_bytes: u64,
    /// Files of segments that ended since the last sync.
    pub(super) unsynced: Vec<Arc<File>>,
    /// Set when nothing is to be wiped any more: not all of it is in the log.
    pub(super) keep_rest: bool,
}

/// A segment's file before it is begun: file, path, number, size.
type Allocated = (Arc<File>, PathBuf, u64, u64);

/// What could not be stored and the tail has to be told of.
#[derive(Debug, Default)]
pub(super) struct Unstored {
    told: VecDeque<Owned>,
    /// Losses, summed for each body, so that they take no more room the longer nobody listens.
    lost: BTreeMap<(u64, Direction), Loss>,
}

#[derive(Debug)]
struct Loss {
    seq: u32,
    at_us: u64,
    offset: u64,
    bytes: u64,
    frames: u32,
}

impl Unstored {
    fn lose(&mut self, frame: &Owned, direction: Direction, offset: u64, bytes: u64) {
        let fresh = Loss { seq: frame.seq, at_us: frame.at_us, offset, bytes: 0, frames: 0 };
        let loss = self.lost.entry((frame.exchange, direction)).or_insert(fresh);
        loss.bytes += bytes;
        loss.frames = loss.frames.saturating_add(1);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty() && self.lost.is_empty()
    }

    pub(super) fn pop(&mut self) -> Option<Owned> {
        self.told.pop_front().or_else(|| {
            let ((exchange, direction), loss) = self.lost.pop_first()?;
            let Loss { seq, at_us, offset, bytes, frames } = loss;
            let lost = Event::Lost { direction, offset, bytes, frames };
            Some(Owned::new(exchange, seq, at_us, &lost.encode()))
        })
    }
}

/// Frames that wait for the writer thread.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) frames: VecDeque<Owned>,
    pub(super) bytes: usize,
    /// The writer thread has taken a frame out and is not done with it.
    pub(super) storing: bool,
}

/// A frame in memory.
#[derive(Debug)]
pub(super) struct Owned {
    pub(super) exchange: u64,
    pub(super) seq: u32,
    pub(super) at_us: u64,
    pub(super) kind: u8,
    pub(super) payload: Vec<u8>,
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
            writing: AtomicUsize::new(0),
            slow_at_us: AtomicU64::new(0),
            slow: AtomicBool::new(false),
            queue: Mutex::default(),
            queued: Condvar::new(),
            unstored: Mutex::default(),
            appended: Notify::new(),
            closed: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            disposal,
            cutting: AtomicBool::new(false),
            lost_bytes: AtomicU64::new(0),
        });
        let keeper = keeper::start(Arc::clone(&shared), disposed).map_err(failed)?;
        let tail = Tail::new(Arc::clone(&shared));
        Ok((Self { shared }, tail, leftovers, keeper))
    }

    /// Starts the record of an exchange.
    pub fn begin(&self, begin: Begin) -> ExchangeWriter {
        let exchange = self.shared.next_exchange.fetch_add(1, Ordering::Relaxed);
        ExchangeWriter::begin(Arc::clone(&self.shared), exchange, begin)
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
        self.shared.appended.notify_one();
    }
}

impl Shared {
    /// Microseconds since the run began: what frames are dated with.
    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Stores one event. Never waits for a slow disk longer than [`SLOW`], and never fails: what cannot
    /// be stored is told to the tail.
    pub(super) fn append(&self, exchange: u64, seq: u32, event: &Event<'_>) {
        let encoded = event.encode();
        let at_us = self.now_us();
        if self.slow.load(Ordering::Acquire) || !self.enter() {
            self.enqueue(Owned::new(exchange, seq, at_us, &encoded));
            return;
        }
        let started = Instant::now();
        let stored = self.store(exchange, seq, at_us, &encoded);
        self.writing.fetch_sub(1, Ordering::AcqRel);
        if started.elapsed() > SLOW && self.slow_before(at_us) {
            self.slow.store(true, Ordering::Release);
        }
        if stored.is_err() {
            self.give_up(Owned::new(exchange, seq, at_us, &encoded));
        }
        self.appended.notify_one();
    }

    /// Whether another append was slow within the last second: a single one is what a busy machine does to
    /// a thread, and the queue in memory does not survive a kill.
    fn slow_before(&self, now_us: u64) -> bool {
        let before = self.slow_at_us.swap(now_us.max(1), Ordering::AcqRel);
        before != 0 && now_us.saturating_sub(before) < 1_000_000
    }

    /// Takes a place among the writing threads. False when all are taken and stay so: the disk hangs.
    fn enter(&self) -> bool {
        let mut waiting_since = None;
        loop {
            let now = self.writing.load(Ordering::Acquire);
            if now < self.limits.writers {
                let taken =
                    self.writing.compare_exchange_weak(now, now + 1, Ordering::AcqRel, Ordering::Relaxed);
                if taken.is_ok() {
                    return true;
                }
            } else if waiting_since.get_or_insert_with(Instant::now).elapsed() > SLOW {
                self.slow.store(true, Ordering::Release);
                return false;
            }
            std::thread::yield_now();
        }
    }

    /// Writes a frame into the current segment, or a new one. Returns where its payload lies.
    pub(super) fn store(
        &self,
        exchange: u64,
        seq: u32,
        at_us: u64,
        encoded: &Encoded<'_>,
    ) -> io::Result<Location> {
        if encoded.len() > frame::MAX_PAYLOAD {
            // Readers would take it for a torn place, and wait for it forever.
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let header = Header { len: encoded.len() as u32, exchange, at_us, seq, kind: encoded.kind };
        let len = frame::padded_len(encoded.len());
        loop {
            let current = self.current.load_full();
            if let Some(segment) = &current
                && let Some(at) = segment.reserve(len)
            {
                let payload_at = at + frame::HEADER_BYTES as u64;
                let head = header.encode(segment.identity.magic, [&encoded.head, encoded.body]);
                segment.write(at, len, [&head, &encoded.head, encoded.body])?;
                return Ok(Location { segment: Arc::clone(segment), at: payload_at, len: header.len });
            }
            self.next_segment(current.as_ref(), len)?;
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
    fn enqueue(&self, frame: Owned) {
        let mut queue = lock(&self.queue);
        if queue.bytes + frame.payload.len() > self.limits.queue_bytes {
            drop(queue);
            self.give_up(frame);
            self.appended.notify_one();
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
        self.writing.load(Ordering::Acquire) == 0 && queue.frames.is_empty() && !queue.storing
    }
}

impl Queue {
    /// Takes the oldest frame out, to be stored.
    pub(super) fn take(&mut self) -> Option<Owned> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.payload.len();
        self.storing = true;
        Some(frame)
    }
}

impl Roll {
    fn take_spare(&mut self, frame_len: u64) -> Option<Allocated> {
        let fits =
            self.spare.as_ref().is_some_and(|(.., size)| *size >= super::segment::FRAMES_AT + frame_len);
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

impl Owned {
    pub(super) fn new(exchange: u64, seq: u32, at_us: u64, encoded: &Encoded<'_>) -> Self {
        let payload = [encoded.head.as_ref(), encoded.body].concat();
        Self { exchange, seq, at_us, kind: encoded.kind, payload }
    }

    pub(super) fn encoded(&self) -> Encoded<'_> {
        Encoded { kind: self.kind, head: self.payload.as_slice().into(), body: &[] }
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
