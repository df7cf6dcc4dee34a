//! The single writer: reads the journal behind the proxy, makes exchanges of its events, decides which
//! session each belongs to, writes the log, and tells index and watchers. Nothing it does, and nothing
//! that keeps it, is on a client's path.

mod book;
mod harmless;
mod recovery;

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

pub use book::{Book, Degraded};

use crate::journal::{ExchangeKey, Frame, Hold, Leftovers, Location, Tail};
use crate::logs::write::{Unsynced, WriteError};
use crate::record::{BadFrame, Event, Exchange, Step};
use book::Draft;

/// How often lines are put on the disk, and what could not be written is tried again.
const SETTLE_EVERY: Duration = Duration::from_millis(500);
/// So many frames are taken before syncs and the clock are asked again.
const FRAMES_AT_ONCE: usize = 256;
/// The index gets so long to commit its last rows at the end.
const INDEX_CLOSE: Duration = Duration::from_secs(5);

/// Events in, log lines out.
#[derive(Debug)]
pub struct Recorder {
    tail: Tail,
    book: Book,
    /// Exchanges that have not ended.
    running: HashMap<ExchangeKey, Draft>,
    /// Ended ones whose lines could not be written yet, oldest first.
    stuck: Vec<(ExchangeKey, Draft)>,
    /// Written ones whose lines may not be on the disk yet.
    unsynced: Vec<Written>,
    /// Lines on their way to the disk, and the exchanges they are of. The disk takes its time: a thread
    /// waits for it.
    syncing: Option<Syncing>,
}

/// A sync that is under way.
#[derive(Debug)]
struct Syncing {
    thread: JoinHandle<Synced>,
    written: Vec<Written>,
}

/// An exchange whose lines are written. The journal's bytes are kept until they are on the disk; all else is let
/// go at once: with traffic these are thousands.
#[derive(Debug)]
struct Written {
    key: ExchangeKey,
    _journal: Hold,
}

/// What became of the lines that were sent to the disk.
type Synced = (Unsynced, Result<(), WriteError>);

impl Recorder {
    /// A recorder that reads `tail` and writes into `book`.
    pub fn new(tail: Tail, book: Book) -> Self {
        Self { tail, book, running: HashMap::new(), stuck: Vec::new(), unsynced: Vec::new(), syncing: None }
    }

    /// Puts what earlier runs left into the log, then records until the journal is closed.
    pub async fn run(mut self, leftovers: Leftovers) {
        self.book.open_index().await;
        self.recover(leftovers).await;
        let mut settle = interval(SETTLE_EVERY);
        settle.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = tokio::select! {
                biased;
                _ = settle.tick() => None,
                synced = finished(&mut self.syncing) => {
                    self.synced(synced);
                    continue;
                }
                frame = self.tail.next() => match frame {
                    None => break,
                    Some(frame) => Some(advance(&mut self.running, frame)),
                },
            };
            match due {
                Some(step) => {
                    self.write(step).await;
                    self.write_ready().await;
                }
                None => self.settle().await,
            }
        }
        self.finish().await;
    }

    /// Takes what else is there, up to a number: syncs and the clock want their turn.
    async fn write_ready(&mut self) {
        for _ in 0..FRAMES_AT_ONCE {
            let Some(frame) = self.tail.next_ready() else { return };
            let step = advance(&mut self.running, frame);
            self.write(step).await;
        }
    }

    /// Writes what an event made possible.
    async fn write(&mut self, step: Option<(ExchangeKey, Step)>) {
        let Some((key, step)) = step else { return };
        match step {
            Step::Nothing => {}
            Step::RequestWhole => {
                let Some(draft) = self.running.get_mut(&key) else { return };
                // What fails here is tried again at the exchange's end.
                let tail = &self.tail;
                let _ = self.book.write_request(draft, |event| tail.note(key, event)).await;
            }
            Step::Ended => {
                if let Some(draft) = self.running.remove(&key) {
                    self.write_ended(key, draft).await;
                    // The index's writing task shares this thread.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    async fn write_ended(&mut self, key: ExchangeKey, mut draft: Draft) {
        let tail = &self.tail;
        match self.book.write_all(&mut draft, |event| tail.note(key, event)).await {
            Ok(()) => {
                self.unsynced.push(Written { key, _journal: Hold::of(draft.exchange.into_places()) });
            }
            Err(Degraded) => self.stuck.push((key, draft)),
        }
    }

    /// Tries again what could not be written, has the rest put on the disk, and lets the journal go.
    async fn settle(&mut self) {
        self.write_stuck().await;
        if !self.unsynced.is_empty() && self.syncing.is_none() {
            let files = self.book.take_unsynced();
            let thread = tokio::task::spawn_blocking(move || {
                let result = files.sync();
                (files, result)
            });
            self.syncing = Some(Syncing { thread, written: std::mem::take(&mut self.unsynced) });
        } else if self.is_idle() {
            self.tail.rotate();
        }
        self.make_room();
        self.book.open_index().await;
    }

    /// Tries again what could not be written. On a full disk one attempt says enough for all.
    async fn write_stuck(&mut self) {
        let mut waiting = std::mem::take(&mut self.stuck).into_iter();
        for (key, draft) in waiting.by_ref() {
            self.write_ended(key, draft).await;
            if !self.stuck.is_empty() && self.book.is_full() {
                break;
            }
        }
        self.stuck.extend(waiting);
    }

    fn is_idle(&self) -> bool {
        let nothing_open = self.running.is_empty() && self.stuck.is_empty();
        nothing_open && self.unsynced.is_empty() && self.syncing.is_none() && self.tail.idle()
    }

    /// Lets the journal go of exchanges whose lines are on the disk.
    fn synced(&mut self, synced: Option<Synced>) {
        let written = self.syncing.take().map(|syncing| syncing.written).unwrap_or_default();
        if self.book.synced(synced) {
            self.tail.note_done(written.iter().map(|written| written.key));
        } else {
            self.unsynced.extend(written);
        }
    }

    /// Moves what running exchanges have in the journal's oldest segments to its newest, when it gets
    /// crowded: a single long stream must not keep the bytes of all that came after it.
    fn make_room(&mut self) {
        let Some(last) = self.tail.crowded_up_to() else { return };
        let tail = &self.tail;
        let read = |place: &Location| {
            let mut bytes = Vec::with_capacity(place.len());
            place.read_into(&mut bytes).map(|()| bytes)
        };
        let stuck = self.stuck.iter_mut().map(|(key, draft)| (&*key, draft));
        for (key, draft) in self.running.iter_mut().chain(stuck).filter(|(key, _)| tail.is_own(**key)) {
            let copy = |at, event: &Event<'_>| tail.copy(*key, at, event);
            if let Err(error) = draft.exchange.move_away(|place| place.segment() <= last, read, copy) {
                tracing::warn!(%error, "the journal is crowded and cannot be tidied now");
                return;
            }
        }
    }

    /// Has everything put on the disk, once: what fails stays in the journal.
    async fn sync_rest(&mut self) {
        for _ in 0..2 {
            if self.syncing.is_some() {
                let synced = finished(&mut self.syncing).await;
                self.synced(synced);
            }
            self.settle().await;
        }
        if self.syncing.is_some() {
            let synced = finished(&mut self.syncing).await;
            self.synced(synced);
        }
    }

    async fn finish(mut self) {
        for (key, mut draft) in std::mem::take(&mut self.running) {
            draft.exchange.close("the proxy stopped");
            self.write_ended(key, draft).await;
        }
        self.sync_rest().await;
        let left = self.stuck.len() + self.unsynced.len();
        if left > 0 {
            self.tail.keep_rest();
            tracing::error!(
                exchanges = left,
                "not in the log, or not on the disk: they are kept in the journal for the next start"
            );
        }
        self.book.close(INDEX_CLOSE).await;
    }
}

/// Waits for lines on their way to the disk; for ever when there are none. `None` when the thread that
/// waited for the disk failed.
async fn finished(syncing: &mut Option<Syncing>) -> Option<Synced> {
    match syncing {
        Some(syncing) => (&mut syncing.thread).await.ok(),
        None => std::future::pending().await,
    }
}

/// Takes one frame in, and says what that makes possible for which exchange. The recorder's own notes and
/// copies come back through the journal, and are known.
fn advance(
    running: &mut HashMap<ExchangeKey, Draft>,
    frame: Result<Frame<'_>, BadFrame>,
) -> Option<(ExchangeKey, Step)> {
    let frame = frame.inspect_err(|error| tracing::error!(%error, "a journal frame was left out")).ok()?;
    if frame.copied || matches!(frame.event, Event::Assigned(_) | Event::Done) {
        return None;
    }
    let draft = running.entry(frame.key).or_insert_with(|| Draft::new(Exchange::new(frame.run_started)));
    let step = draft.exchange.apply(frame.event, frame.seq, frame.at, frame.location);
    Some((frame.key, step))
}

/// When the next attempt at something that failed is due.
#[derive(Debug, Default)]
struct Retry {
    at: Option<Instant>,
}

impl Retry {
    const PAUSE: Duration = Duration::from_secs(5);

    fn is_due(&self) -> bool {
        self.at.is_none_or(|at| Instant::now() >= at)
    }

    fn failed(&mut self) {
        self.at = Some(Instant::now() + Self::PAUSE);
    }
}

/// Where an exchange's bytes lie.
type Recorded = Exchange<Location>;
