//! The recorder's end: every frame, once, in an order in which an exchange's `End` comes when all its
//! other frames have been seen or can be waited for (frames are numbered within their exchange).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use smallvec::smallvec;

use super::ExchangeKey;
use super::frame::{COPY, Header, Pending};
use super::queue::Owned;
use super::reader::Reader;
use super::segment::Location;
use super::store::{Shared, lock};
use crate::model::Timestamp;
use crate::record::{BadFrame, Event};

/// How often the tail looks for frames while there is traffic. Being woken for each would cost the clients'
/// threads more than writing it, and reading many at once costs less than reading each by itself. Far below
/// what anybody notices who watches.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// So often it looks without finding anything, before it has itself woken.
const LOOKS: u32 = 20;

/// So many exchanges' ends are noted with one write.
const DONE_TOGETHER: usize = 64;

/// One event, as it was recorded.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Of which exchange.
    pub key: ExchangeKey,
    /// Its number among the exchange's frames, from 0.
    pub seq: u32,
    /// Since the run began, by a clock that never jumps.
    pub at: Duration,
    /// Wall clock at which that run began.
    pub run_started: Timestamp,
    /// What happened.
    pub event: Event<'a>,
    /// Where it lies: of a body the bytes, of others the frame. Holding it keeps the frame from being
    /// wiped. `None` for what could not be stored.
    pub location: Option<Location>,
    /// A copy ([`Tail::copy`]): known to whoever has followed the tail, news to recovery.
    pub copied: bool,
}

/// The reading end of the journal. There is one.
#[derive(Debug)]
pub struct Tail {
    shared: Arc<Shared>,
    reader: Option<Reader>,
    unstored: Option<Owned>,
    /// Looks since the last frame.
    looks: u32,
}

/// Where the next frame is.
enum Found {
    Stored(Header),
    Unstored,
}

impl Tail {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, reader: None, unstored: None, looks: 0 }
    }

    /// The next frame; waits for one. `None` once the journal is closed and all was read. A frame that
    /// cannot be understood is an error, and behind us.
    pub async fn next(&mut self) -> Option<Result<Frame<'_>, BadFrame>> {
        loop {
            // Asked first: nothing is appended after it was closed and settled.
            let finished = self.shared.closed.load(Ordering::Acquire) && self.shared.settled();
            if let Some(found) = self.find() {
                return Some(self.found(&found));
            }
            if finished {
                return None;
            }
            self.wait().await;
        }
    }

    /// The next frame if it is there: most come many at a time, and asking for each with a clock and a sync at
    /// hand costs more than reading it.
    pub fn next_ready(&mut self) -> Option<Result<Frame<'_>, BadFrame>> {
        self.find().map(|found| self.found(&found))
    }

    fn find(&mut self) -> Option<Found> {
        let found = match self.advance() {
            Some(header) => Found::Stored(header),
            None => {
                self.unstored = lock(&self.shared.unstored).pop();
                self.unstored.as_ref().map(|_| Found::Unstored)?
            }
        };
        self.looks = 0;
        Some(found)
    }

    fn found(&self, found: &Found) -> Result<Frame<'_>, BadFrame> {
        match found {
            Found::Stored(header) => self.stored(header),
            Found::Unstored => self.unstored(),
        }
    }

    /// Until it is time to look again. May be dropped and called again at any time.
    async fn wait(&mut self) {
        match self.looks {
            ..LOOKS => tokio::time::sleep(LOOK_EVERY).await,
            LOOKS => {
                // What is written before this is seen is found by one more look.
                self.shared.tail_sleeps.store(true, Ordering::Relaxed);
                fence(Ordering::SeqCst);
            }
            _ => {
                self.shared.appended.notified().await;
                // What woke it comes with more.
                self.looks = 0;
                return tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        self.looks += 1;
    }

    /// Whether a frame is there without waiting. May say no although one is just being written.
    pub fn idle(&self) -> bool {
        let reader_done =
            self.reader.as_ref().is_none_or(|reader| reader.position() >= reader.segment.written_to());
        reader_done && lock(&self.shared.roll).unread.is_empty() && lock(&self.shared.unstored).is_empty()
    }

    /// Ends the current segment, so that it is wiped: call it when no exchange is running.
    pub fn rotate(&mut self) {
        let used = self.reader.as_ref().is_some_and(|reader| reader.position() > super::segment::FRAMES_AT);
        if !used {
            return;
        }
        self.end_current();
    }

    fn end_current(&self) {
        if let Some(segment) = self.shared.current.swap(None) {
            segment.seal();
        }
    }

    /// Appends a note of the recorder's about an exchange of this run.
    pub fn note(&self, key: ExchangeKey, event: &Event<'_>) {
        if self.is_own(key) {
            self.shared.append(key.exchange, u32::MAX, smallvec![event.encode()]);
        }
    }

    /// Appends a note that these exchanges of this run are done with: many of them with one write.
    pub fn note_done(&self, keys: impl Iterator<Item = ExchangeKey>) {
        let own: Vec<u64> = keys.filter(|key| self.is_own(*key)).map(|key| key.exchange).collect();
        for exchanges in own.chunks(DONE_TOGETHER) {
            self.shared.append_notes(exchanges, &Event::Done);
        }
    }

    /// Of the oldest segments, the number up to which they should be emptied with [`Tail::copy`], when
    /// the journal takes more than half of its room: one long exchange pins all that came after it.
    pub fn crowded_up_to(&self) -> Option<u64> {
        let roll = lock(&self.shared.roll);
        let crowded = roll.live_bytes > self.shared.limits.max_bytes / 2;
        let oldest = roll.live.iter().take(roll.live.len() / 2).next_back();
        oldest.filter(|_| crowded).map(|(number, _)| *number)
    }

    /// Stores an event of a running exchange once more, in the current segment, so that the old place can
    /// go. Fails when the journal has no room.
    pub fn copy(&self, key: ExchangeKey, at: Duration, event: &Event<'_>) -> io::Result<Location> {
        let mut encoded = event.encode();
        encoded.kind |= COPY;
        let at_us = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let frame = Pending { exchange: key.exchange, seq: u32::MAX, at_us, encoded };
        let place = self.shared.store_one(frame)?;
        self.shared.wake_tail();
        Ok(place.of(event))
    }

    /// Leaves all that is in the journal by now for the next start: some of it is not in the log. Notes
    /// on what is there must stay with it, or it would be written twice.
    pub fn keep_rest(&self) {
        lock(&self.shared.roll).keep_rest = true;
    }

    /// Whether an exchange is of this run.
    pub fn is_own(&self, key: ExchangeKey) -> bool {
        key.run == self.shared.run
    }

    /// Moves to the next whole frame on the disk, over the ends of segments.
    fn advance(&mut self) -> Option<Header> {
        loop {
            if self.reader.is_none() {
                let segment = lock(&self.shared.roll).unread.pop_front()?;
                self.reader = Some(Reader::new(segment));
            }
            let reader = self.reader.as_mut()?;
            // Asked before reading: a segment without more writers cannot grow behind our back.
            let end = reader.segment.end();
            match reader.next() {
                Ok(Some(header)) => return Some(header),
                Ok(None) => {}
                Err(error) => self.unreadable(&error),
            }
            let reader = self.reader.as_mut()?;
            if let Some(len) = reader.segment.hole_at(reader.position()) {
                reader.skip(len);
            } else if end.is_some_and(|end| reader.position() >= end) {
                self.reader = None;
            } else {
                return None;
            }
        }
    }

    /// The disk cannot give back what it took. Nothing behind this place can be read in order: the
    /// segment is left for recovery, and the exchanges in it stay open.
    fn unreadable(&mut self, error: &io::Error) {
        if let Some(reader) = self.reader.take() {
            tracing::error!(%error, "a journal segment cannot be read; it is kept for the next start");
            reader.segment.keep();
            // Nobody would read what else is written there.
            self.end_current();
        }
    }

    fn stored(&self, header: &Header) -> Result<Frame<'_>, BadFrame> {
        self.reader.as_ref().map_or_else(|| Err(BadFrame::absent()), |reader| frame_of(reader, header))
    }

    fn unstored(&self) -> Result<Frame<'_>, BadFrame> {
        let Some(owned) = &self.unstored else { return Err(BadFrame::absent()) };
        Ok(Frame {
            key: ExchangeKey { run: self.shared.run, exchange: owned.exchange },
            seq: owned.seq,
            at: Duration::from_micros(owned.at_us),
            run_started: self.shared.started,
            event: Event::decode(owned.kind, &owned.payload)?,
            location: None,
            copied: false,
        })
    }
}

/// The frame that `reader` has just read.
pub(super) fn frame_of<'a>(reader: &'a Reader, header: &Header) -> Result<Frame<'a>, BadFrame> {
    let (payload, at) = reader.payload(header);
    let event = Event::decode(header.kind & !COPY, payload)?;
    let place = Location { segment: Arc::clone(&reader.segment), at, len: header.len };
    let location = Some(place.of(&event));
    let identity = reader.segment.identity;
    Ok(Frame {
        key: ExchangeKey { run: identity.run, exchange: header.exchange },
        seq: header.seq,
        at: Duration::from_micros(header.at_us),
        run_started: identity.started,
        event,
        location,
        copied: header.kind & COPY != 0,
    })
}
