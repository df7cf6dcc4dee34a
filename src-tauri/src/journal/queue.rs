//! Frames in memory: those that wait for a slow disk, and those that could not be stored at all.

use std::collections::{BTreeMap, VecDeque};

use smallvec::SmallVec;

use super::frame::Pending;
use crate::record::{Direction, Encoded, Event};

/// What could not be stored and the tail has to be told of.
#[derive(Debug, Default)]
pub(super) struct Unstored {
    pub(super) told: VecDeque<Owned>,
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
    pub(super) fn lose(&mut self, frame: &Owned, direction: Direction, offset: u64, bytes: u64) {
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

impl Queue {
    /// Takes the oldest frame out, to be stored.
    pub(super) fn take(&mut self) -> Option<Owned> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.payload.len();
        self.storing = true;
        Some(frame)
    }
}

impl Owned {
    pub(super) fn new(exchange: u64, seq: u32, at_us: u64, encoded: &Encoded<'_>) -> Self {
        let payload = [encoded.head.as_ref(), encoded.body].concat();
        Self { exchange, seq, at_us, kind: encoded.kind, payload }
    }

    pub(super) fn pending(&self) -> Pending<'_> {
        let encoded = Encoded { kind: self.kind, head: SmallVec::new(), body: &self.payload };
        Pending { exchange: self.exchange, seq: self.seq, at_us: self.at_us, encoded }
    }
}
