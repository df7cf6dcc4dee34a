//! An exchange in the making: events in, in whatever order the journal gives them, and the moments at
//! which its lines can be written out.

use std::collections::HashSet;
use std::time::Duration;

use super::event::{Assigned, Begin, BodyEnd, CaptureStop, Direction, End, EndKind, Event, ResponseHead};
use crate::model::Timestamp;

/// What is known of an exchange so far. `L` says where body bytes lie.
#[derive(Debug)]
pub struct Exchange<L> {
    /// Wall clock at which the recording run began.
    run_started: Timestamp,
    /// The request's head.
    pub begin: Option<Begin>,
    begun_at: Duration,
    /// The request's body.
    pub request: Body<L>,
    /// The upstream's status and headers, and when they came.
    pub head: Option<(ResponseHead, Duration)>,
    /// The response's body.
    pub response: Body<L>,
    /// The last word.
    pub end: Option<End>,
    /// When the last event happened.
    pub last_at: Duration,
    /// Frames seen, and how many there will be.
    frames: u32,
    /// Hold the frames that are no body's, wherever they lie in the journal.
    heads_at: Vec<L>,
    frames_in_all: Option<u32>,
    /// [`Step::RequestWhole`] was returned: it is news once.
    request_told: bool,
    /// Where the recorder decided to write, in this run or in one that died since.
    pub assigned: Option<Assigned>,
    /// The lines are in the log already.
    pub done: bool,
}

/// One body, in pieces.
#[derive(Debug)]
pub struct Body<L> {
    /// What was captured, in the order of arrival.
    pub pieces: Vec<Piece<L>>,
    /// Wire bytes that went on uncaptured.
    pub lost: u64,
    /// Set when the body came to its proper end.
    pub end: Option<BodyEnd>,
    captured: u64,
    /// Where the pieces begin; made by recovery, which may meet copies of them.
    offsets: Option<HashSet<u64>>,
}

/// Captured bytes of a body.
#[derive(Debug, Clone)]
pub struct Piece<L> {
    /// Where they begin in the body.
    pub offset: u64,
    /// When they passed, since the run began.
    pub at: Duration,
    /// Where they are kept.
    pub location: L,
    /// How many.
    pub len: u64,
}

/// What an event made possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing new to write.
    Nothing,
    /// The request is whole.
    RequestWhole,
    /// Everything about the exchange is known.
    Ended,
}

impl<L> Exchange<L> {
    /// An exchange of a run that began at `run_started`.
    pub fn new(run_started: Timestamp) -> Self {
        Self {
            run_started,
            begin: None,
            begun_at: Duration::ZERO,
            request: Body::default(),
            head: None,
            response: Body::default(),
            end: None,
            last_at: Duration::ZERO,
            frames: 0,
            heads_at: Vec::new(),
            frames_in_all: None,
            request_told: false,
            assigned: None,
            done: false,
        }
    }

    /// Takes one event in. `seq` is its number in the exchange; the recorder's own notes have none.
    pub fn apply(&mut self, event: Event<'_>, seq: u32, at: Duration, location: Option<L>) -> Step {
        match event {
            Event::Assigned(assigned) => {
                self.assigned = Some(assigned);
                return Step::Nothing;
            }
            Event::Done => {
                self.done = true;
                return Step::Nothing;
            }
            Event::Begin(begin) => {
                self.begun_at = at;
                self.begin = Some(begin);
                self.heads_at.extend(location);
            }
            Event::Body { direction, offset, bytes } => {
                let len = bytes.len() as u64;
                let body = self.body(direction);
                body.captured += len;
                if let Some(offsets) = &mut body.offsets {
                    offsets.insert(offset);
                }
                match location {
                    Some(location) => body.pieces.push(Piece { offset, at, location, len }),
                    None => body.lost += len,
                }
            }
            Event::Lost { direction, bytes, frames, .. } => {
                self.body(direction).lost += bytes;
                // One is counted below, for the event itself.
                self.frames = self.frames.saturating_add(frames.saturating_sub(1));
            }
            Event::BodyEnd(direction, end) => {
                self.body(direction).end = Some(end);
                self.heads_at.extend(location);
            }
            Event::ResponseHead(head) => {
                self.head = Some((head, at));
                self.heads_at.extend(location);
            }
            Event::End(end) => {
                self.end = Some(end);
                self.heads_at.extend(location);
                self.frames_in_all = Some(seq.saturating_add(1));
            }
        }
        self.frames += 1;
        self.last_at = self.last_at.max(at);
        self.step()
    }

    /// Takes a copy of an event in, which recovery may have seen already, or never will see otherwise.
    pub fn restore(&mut self, event: Event<'_>, at: Duration, location: Option<L>) {
        let known = match &event {
            Event::Begin(_) => self.begin.is_some(),
            Event::Body { direction, offset, .. } => self.body(*direction).knows(*offset),
            Event::BodyEnd(direction, _) => self.body(*direction).end.is_some(),
            Event::ResponseHead(_) => self.head.is_some(),
            Event::End(_) => self.end.is_some(),
            Event::Lost { .. } | Event::Assigned(_) | Event::Done => false,
        };
        if !known {
            self.apply(event, 0, at, location);
        }
    }

    /// Copies what lies in an `old` place of the journal, so that this place can go: the events with which
    /// [`Self::restore`] makes the same exchange again. `read` gives a piece's bytes, `copy` stores an
    /// event elsewhere. After an error what was copied is used, and the rest stays where it is.
    pub fn move_away<E>(
        &mut self,
        old: impl Fn(&L) -> bool,
        read: impl Fn(&L) -> Result<Vec<u8>, E>,
        copy: impl Fn(Duration, &Event<'_>) -> Result<L, E>,
    ) -> Result<(), E> {
        // The old places are let go when all copies are made.
        if self.heads_at.iter().any(&old) {
            let heads = self.heads();
            self.heads_at = heads.iter().map(|(at, event)| copy(*at, event)).collect::<Result<_, E>>()?;
        }
        for direction in [Direction::Request, Direction::Response] {
            for piece in self.body(direction).pieces.iter_mut().filter(|piece| old(&piece.location)) {
                let bytes = read(&piece.location)?;
                piece.location =
                    copy(piece.at, &Event::Body { direction, offset: piece.offset, bytes: &bytes })?;
            }
        }
        Ok(())
    }

    /// All that is known but the bodies' bytes, as events.
    fn heads(&self) -> Vec<(Duration, Event<'static>)> {
        let end_of = |direction, body: &Body<L>| {
            body.end.clone().map(|end| (self.last_at, Event::BodyEnd(direction, end)))
        };
        let all = [
            self.begin.clone().map(|begin| (self.begun_at, Event::Begin(begin))),
            end_of(Direction::Request, &self.request),
            self.head.clone().map(|(head, at)| (at, Event::ResponseHead(head))),
            end_of(Direction::Response, &self.response),
            self.end.clone().map(|end| (self.last_at, Event::End(end))),
            self.assigned.clone().map(|assigned| (self.last_at, Event::Assigned(assigned))),
        ];
        all.into_iter().flatten().collect()
    }

    /// Ends an exchange whose run died.
    pub fn close(&mut self, error: &str) {
        if self.end.is_none() {
            self.end = Some(End {
                kind: EndKind::ProxyKilled,
                error: Some(error.to_owned()),
                request_bytes: self.request.known_bytes(),
                response_bytes: self.response.known_bytes(),
                capture_stop: None,
            });
        }
    }

    fn step(&mut self) -> Step {
        if self.frames_in_all.is_some_and(|all| self.frames >= all) {
            Step::Ended
        } else if !self.request_told
            && self.frames_in_all.is_none()
            && self.request.is_whole()
            && self.begin.is_some()
        {
            self.request_told = true;
            Step::RequestWhole
        } else {
            Step::Nothing
        }
    }

    fn body(&mut self, direction: Direction) -> &mut Body<L> {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }

    /// The wall clock at `at`, counted from the request's start by a clock that never jumps.
    pub fn wall_clock(&self, at: Duration) -> Timestamp {
        match &self.begin {
            Some(begin) => begin.started.plus(at.saturating_sub(self.begun_at)),
            None => self.run_started.plus(at),
        }
    }

    /// Milliseconds from the request's start to `at`.
    pub fn since_start_ms(&self, at: Duration) -> u64 {
        millis(at.saturating_sub(self.begun_at))
    }

    /// When the first byte of the response came, or its head where there is no body.
    pub fn first_byte_at(&self) -> Option<Duration> {
        let first = self.response.pieces.iter().map(|piece| piece.at).min();
        first.or_else(|| self.head.as_ref().map(|(_, at)| *at))
    }

    /// Where its frames lie in the journal, which is all that is left to know of it once it is in the log.
    pub fn into_places(self) -> impl Iterator<Item = L> {
        let pieces = self.request.pieces.into_iter().chain(self.response.pieces);
        self.heads_at.into_iter().chain(pieces.map(|piece| piece.location))
    }

    /// Why bytes are missing, when some are.
    pub fn gap_reason(&self) -> CaptureStop {
        self.end.as_ref().and_then(|end| end.capture_stop).unwrap_or(CaptureStop::JournalFull)
    }
}

impl<L> Default for Body<L> {
    fn default() -> Self {
        Self { pieces: Vec::new(), lost: 0, end: None, captured: 0, offsets: None }
    }
}

impl<L> Body<L> {
    fn knows(&mut self, offset: u64) -> bool {
        let pieces = &self.pieces;
        let offsets = self.offsets.get_or_insert_with(|| pieces.iter().map(|piece| piece.offset).collect());
        offsets.contains(&offset)
    }

    /// Wire bytes that were told of, captured or not.
    pub fn known_bytes(&self) -> u64 {
        self.captured + self.lost
    }

    /// Whether its proper end was seen, and everything before it.
    fn is_whole(&self) -> bool {
        self.end.as_ref().is_some_and(|end| self.known_bytes() == end.captured_bytes)
    }

    /// Forgets where the bytes lie, which lets the journal go.
    pub fn release(&mut self) {
        self.pieces = Vec::new();
    }
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RequestId;
    use crate::provider::Provider;

    #[test]
    fn the_request_becomes_whole_once() {
        let mut exchange: Exchange<()> = Exchange::new(Timestamp::now());
        let begin = Begin {
            request_id: RequestId::from_log("one"),
            started: Timestamp::now(),
            provider: Provider::OpenAi,
            upstream: "api.openai.com".to_owned(),
            method: "POST".to_owned(),
            path: "/v1/responses".to_owned(),
            query: None,
            headers: Vec::new(),
            http_version: "HTTP/1.1".to_owned(),
        };
        let chunk = || Event::Body { direction: Direction::Response, offset: 0, bytes: b"x" };
        let mut steps = Vec::new();
        for (seq, event) in
            [Event::Begin(begin), Event::BodyEnd(Direction::Request, BodyEnd::default()), chunk(), chunk()]
                .into_iter()
                .enumerate()
        {
            steps.push(exchange.apply(event, seq as u32, Duration::ZERO, Some(())));
        }
        assert_eq!(steps, [Step::Nothing, Step::RequestWhole, Step::Nothing, Step::Nothing]);
    }
}
