//! The bodies of requests, each read from where it goes on: a request repeats nearly all of the one before
//! it, and so does its line, escape for escape.

use crate::record::entry::{Entry, Request};

/// Conversations that are told apart: an agent's, and those of its sub-agents.
const KEPT: usize = 4;

/// Bytes of lines that are kept. The latest is, whatever its length.
const MAX_KEPT_BYTES: usize = 32 << 20;

/// Texts are compared so many bytes at a time.
const COMPARED_BYTES: usize = 4096;

/// Bytes of a text from one place that is noted to the next.
const MARKED_BYTES: usize = 4096;

/// What stands before a body is not longer: names of hosts, a session, a time.
const MAX_HEAD_BYTES: usize = 4096;

/// This part of a line, as its divisor, has to be the same for two bodies to be one conversation's.
const MIN_SHARE: usize = 8;

/// Shorter bodies are not worth the while.
const MIN_BODY_BYTES: usize = 1024;

const START: &str = "{\"_meta\":";
const BODY: &str = ",\"body\":\"";

/// The bodies of a file's latest requests, and what was made of each: a `T`. It holds few lines and as many
/// bodies, in all a few times the longest line; what a `T` holds comes on top.
#[derive(Debug, Default)]
pub struct Bodies<T> {
    /// The latest last.
    kept: Vec<Kept<T>>,
}

/// A body as it stands in its line, and as text.
#[derive(Debug)]
struct Kept<T> {
    line: Vec<u8>,
    /// Where in the line the body begins. None: it cannot be gone on with.
    start: Option<usize>,
    text: String,
    /// Places in the escaped body and in the text that are the same, in their order, as far as they were asked.
    marks: Vec<Mark>,
    made: T,
    /// How many bytes the body begins with that are those of the body that `made` is of,
    same: usize,
    /// and whether somebody asked for it, and so has made something of this one.
    asked: bool,
}

/// The same place in an escaped text and in the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Mark {
    escaped: usize,
    text: usize,
}

impl<T: Default> Bodies<T> {
    /// The body of the request that was read last; how many of its first bytes are those of the body that
    /// went before it, in its conversation; and what was made of that one.
    pub fn latest(&mut self) -> Option<(&str, usize, &mut T)> {
        self.kept.last_mut().map(|kept| {
            kept.asked = true;
            (kept.text.as_str(), kept.same, &mut kept.made)
        })
    }

    /// Reads a request's line, if it is one of the usual form, and exchanges it for one that is not needed. The
    /// body is then to be had from [`Bodies::latest`], and not from the entry.
    pub(super) fn read(&mut self, line: &mut Vec<u8>) -> Option<Request> {
        let start = body_start(line);
        if let Some(request) = start.and_then(|start| self.go_on(line, start)) {
            return Some(request);
        }
        let mut request = Entry::parse_request(line)?;
        self.begin(&mut request);
        if let Some(kept) = self.kept.last_mut() {
            kept.start = start.filter(|_| kept.text.len() >= MIN_BODY_BYTES);
            std::mem::swap(&mut kept.line, line);
        }
        self.forget();
        Some(request)
    }

    /// Takes a body out of a request that was read elsewhere.
    pub(super) fn begin(&mut self, request: &mut Request) {
        self.kept.push(Kept {
            line: Vec::new(),
            start: None,
            text: std::mem::take(&mut request.body),
            marks: Vec::new(),
            made: T::default(),
            same: 0,
            asked: false,
        });
        self.forget();
    }

    /// Reads a line whose body, at `start`, begins as one that is kept.
    fn go_on(&mut self, line: &mut Vec<u8>, start: usize) -> Option<Request> {
        let (at, common) = self.most_common(line, start)?;
        let cut = self.kept[at].mark_before(common);
        if !self.kept[at].text.is_char_boundary(cut.text) {
            return None;
        }
        let shorter = [&line[..start], &line[start + cut.escaped..]].concat();
        let mut request = Entry::parse_request(&shorter)?;
        let mut kept = self.kept.remove(at);
        kept.text.truncate(cut.text);
        kept.text.push_str(&std::mem::take(&mut request.body));
        kept.marks.retain(|mark| mark.escaped <= cut.escaped);
        std::mem::swap(&mut kept.line, line);
        kept.start = Some(start);
        kept.same = if kept.asked { cut.text } else { cut.text.min(kept.same) };
        kept.asked = false;
        self.kept.push(kept);
        self.forget();
        Some(request)
    }

    /// The kept body that has the most in common with that of a line, and how many bytes as they stand there.
    /// A part of its line has to be: another conversation may have the same instructions. Much of a line may
    /// stand behind its messages, so the part is not large.
    fn most_common(&self, line: &[u8], start: usize) -> Option<(usize, usize)> {
        let common = |kept: &Kept<T>| {
            let escaped = kept.escaped()?;
            let common = common_bytes(escaped, &line[start..]);
            (common > escaped.len() / MIN_SHARE).then_some(common)
        };
        let all = self.kept.iter().enumerate().filter_map(|(at, kept)| Some((at, common(kept)?)));
        all.max_by_key(|(_, common)| *common)
    }

    fn forget(&mut self) {
        let bytes = |kept: &[Kept<T>]| kept.iter().map(|kept| kept.line.len()).sum::<usize>();
        while self.kept.len() > 1 && (self.kept.len() > KEPT || bytes(&self.kept) > MAX_KEPT_BYTES) {
            self.kept.remove(0);
        }
    }
}

impl<T> Kept<T> {
    /// The body as it stands in the line, and what follows it.
    fn escaped(&self) -> Option<&[u8]> {
        self.line.get(self.start?..)
    }

    /// The last place within the first `common` bytes of the escaped body, and within the body, at which a
    /// character ends.
    fn mark_before(&mut self, common: usize) -> Mark {
        let Some(escaped) = self.start.and_then(|start| self.line.get(start..)) else {
            return Mark::default();
        };
        let known = self.marks.partition_point(|mark| mark.escaped <= common);
        let is_new = known == self.marks.len();
        let mut mark = known.checked_sub(1).map_or_else(Mark::default, |last| self.marks[last]);
        loop {
            let next = mark.walk(escaped, common.min(mark.escaped + MARKED_BYTES));
            if next == mark {
                return mark;
            }
            mark = next;
            if is_new {
                self.marks.push(mark);
            }
        }
    }
}

impl Mark {
    /// Goes on over whole characters, not beyond `until` bytes of the escaped text, nor beyond its quote.
    fn walk(mut self, escaped: &[u8], until: usize) -> Self {
        let until = until.min(escaped.len());
        while let Some(byte) = escaped.get(self.escaped).filter(|byte| **byte != b'"') {
            let Some((bytes, text)) = character(*byte, &escaped[self.escaped..]) else { break };
            if self.escaped + bytes > until {
                break;
            }
            self = Self { escaped: self.escaped + bytes, text: self.text + text };
        }
        self
    }
}

/// How long the character is that `escaped` begins with, as it stands there and as text.
fn character(first: u8, escaped: &[u8]) -> Option<(usize, usize)> {
    match first {
        b'\\' if escaped.get(1)? != &b'u' => Some((2, 1)),
        b'\\' => match unit(escaped)? {
            0..=0x7f => Some((6, 1)),
            0x80..=0x7ff => Some((6, 2)),
            // Half of a character; the other half follows.
            0xd800..=0xdfff => Some((12, 4)),
            _ => Some((6, 3)),
        },
        0..=0x7f => Some((1, 1)),
        0x80..=0xdf => Some((2, 2)),
        0xe0..=0xef => Some((3, 3)),
        0xf0..=0xff => Some((4, 4)),
    }
}

fn unit(escaped: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(escaped.get(2..6)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

/// Where the body begins in a line that begins as we write it. Behind `_meta`, which is whole, the key is the
/// line's own.
fn body_start(line: &[u8]) -> Option<usize> {
    let head = line.strip_prefix(START.as_bytes())?;
    let head = &head[..head.len().min(MAX_HEAD_BYTES)];
    let end = head.windows(BODY.len()).position(|window| window == BODY.as_bytes())?;
    serde_json::from_slice::<serde::de::IgnoredAny>(&head[..end]).ok()?;
    Some(START.len() + end + BODY.len())
}

/// How many bytes both begin with.
fn common_bytes(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.chunks(COMPARED_BYTES).zip(other.chunks(COMPARED_BYTES));
    let whole = chunks.take_while(|(one, other)| one == other).count() * COMPARED_BYTES;
    let whole = whole.min(one.len()).min(other.len());
    whole + one[whole..].iter().zip(&other[whole..]).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
#[path = "bodies_tests.rs"]
mod tests;
