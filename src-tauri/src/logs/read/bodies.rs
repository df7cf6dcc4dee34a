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
    /// How many bytes of the last body it begins with are those of the body that its `T` is of.
    same: usize,
}

/// A body as it stands in its line, and as text.
#[derive(Debug)]
struct Kept<T> {
    line: Vec<u8>,
    /// Where in the line the body begins. None: it cannot be gone on with.
    start: Option<usize>,
    text: String,
    /// Places in the escaped body and in the text that are the same, in their order, the last one at the end.
    marks: Vec<Mark>,
    made: T,
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
        let same = self.same;
        self.kept.last_mut().map(|kept| (kept.text.as_str(), same, &mut kept.made))
    }

    /// Reads a line that is a request's whose body goes on with one that is kept. Its body is then to be had
    /// from [`Bodies::latest`], and not from the entry. The line is exchanged for one that is not needed.
    pub(super) fn go_on(&mut self, line: &mut Vec<u8>) -> Option<Request> {
        let start = body_start(line)?;
        let (at, common) = self.most_common(line, start)?;
        let kept = &self.kept[at];
        let cut = kept.mark_before(common);
        let shorter = [&line[..start], &line[start + cut.escaped..]].concat();
        let mut request = Entry::parse_request(&shorter)?;
        let mut kept = self.kept.remove(at);
        kept.text.truncate(cut.text);
        kept.text.push_str(&std::mem::take(&mut request.body));
        kept.marks.retain(|mark| mark.escaped < cut.escaped);
        kept.marks.push(cut);
        std::mem::swap(&mut kept.line, line);
        kept.start = Some(start);
        kept.mark();
        self.same = cut.text;
        self.kept.push(kept);
        self.forget();
        Some(request)
    }

    /// Takes a body out of a request. `line` is its line, if the request is all that stands there.
    pub(super) fn begin(&mut self, request: &mut Request, line: Option<&mut Vec<u8>>) {
        let mut kept = Kept {
            line: line.map(std::mem::take).unwrap_or_default(),
            start: None,
            text: std::mem::take(&mut request.body),
            marks: vec![Mark::default()],
            made: T::default(),
        };
        kept.start = body_start(&kept.line).filter(|_| kept.text.len() >= MIN_BODY_BYTES);
        kept.mark();
        self.same = 0;
        self.kept.push(kept);
        self.forget();
    }

    /// The kept body that has the most in common with that of a line, and how many bytes as they stand there.
    /// Half of it has to be: another conversation may have the same instructions.
    fn most_common(&self, line: &[u8], start: usize) -> Option<(usize, usize)> {
        let common = |kept: &Kept<T>| {
            let escaped = kept.escaped()?;
            let common = common_bytes(escaped, &line[start..]);
            (common > escaped.len() / 2).then_some(common)
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
    /// The body as it stands in the line.
    fn escaped(&self) -> Option<&[u8]> {
        let (start, end) = (self.start?, self.marks.last()?.escaped);
        self.line.get(start..start + end)
    }

    /// The last place within the first `common` bytes of the escaped body at which a character ends.
    fn mark_before(&self, common: usize) -> Mark {
        let at = self.marks.partition_point(|mark| mark.escaped <= common);
        let near = at.checked_sub(1).and_then(|at| self.marks.get(at)).copied().unwrap_or_default();
        near.walk(self.escaped().unwrap_or_default(), common)
    }

    /// Notes places from the last one on, up to the body's end.
    fn mark(&mut self) {
        let Some(escaped) = self.start.and_then(|start| self.line.get(start..)) else { return };
        let mut mark = self.marks.last().copied().unwrap_or_default();
        loop {
            let next = mark.walk(escaped, mark.escaped + MARKED_BYTES);
            if next == mark {
                break;
            }
            mark = next;
            self.marks.push(mark);
        }
        // Walking stops at the closing quote, and at what no line has that was read.
        if mark.text != self.text.len() {
            self.start = None;
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
