//! Every line of a file, the good ones as entries and the bad ones by place and reason.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::bodies::Bodies;
use super::merged::pieces;
use crate::logs::{Content, MAX_LINE_BYTES, RelativePath, Span};
use crate::record::entry::{Entry, EntryError};

/// One line, or what a torn write left of one.
#[derive(Debug)]
pub struct Line {
    /// Where it stands in the file.
    pub span: Span,
    /// What it says.
    pub result: Result<Entry, BadLine>,
}

/// Why a line is no entry.
#[derive(Debug, thiserror::Error)]
pub enum BadLine {
    /// Longer than [`MAX_LINE_BYTES`]; it was passed over without being loaded.
    #[error("longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// The file ends in the middle of it. A reader of a live file may simply have come too early.
    #[error("cut off at the end of the file, {0}")]
    Torn(EntryError),
    /// It is not what the format asks for.
    #[error(transparent)]
    NoEntry(#[from] EntryError),
    /// The file could not be read from here on.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Reads a file line by line, with no more than one line in memory, besides those that [`Bodies`] hold. Blank
/// lines are passed over.
#[derive(Debug)]
pub struct Lines<R = BufReader<Content>> {
    /// `None` once reading failed.
    reader: Option<R>,
    offset: u64,
    max_line_bytes: u64,
    /// The rest of a line that turned out to be several.
    pending: VecDeque<Line>,
    /// Memory for the next line.
    buffer: Vec<u8>,
}

impl Lines {
    /// Opens a session file, at a line's beginning: 0, or some line's [`Span::end`].
    pub fn open(log_dir: &Path, file: &RelativePath, from_offset: u64) -> io::Result<Self> {
        let mut log = Content::open(log_dir, file)?;
        log.seek(SeekFrom::Start(from_offset))?;
        Ok(Self::new(BufReader::with_capacity(64 << 10, log), from_offset))
    }
}

impl<R: BufRead> Lines<R> {
    /// Reads lines from `reader`, whose first byte stands at `offset` of its file.
    pub fn new(reader: R, offset: u64) -> Self {
        let (max_line_bytes, pending, buffer) = (MAX_LINE_BYTES, VecDeque::new(), Vec::new());
        Self { reader: Some(reader), offset, max_line_bytes, pending, buffer }
    }

    /// The next line. A request's body is taken out of it, and [`Bodies::latest`] has it: what it begins with
    /// was in the request before, and is not read again.
    pub fn next_in<T: Default>(&mut self, bodies: &mut Bodies<T>) -> Option<Line> {
        while self.pending.is_empty() {
            let (mut text, span) = match self.next_text()? {
                Ok(found) => found,
                Err(failed) => return Some(failed),
            };
            let request = bodies.read(&mut text);
            if request.is_none() {
                self.understand(&text, span);
            }
            self.buffer = text;
            if let Some(request) = request {
                return Some(Line { span, result: Ok(Entry::Request(request)) });
            }
        }
        let mut line = self.pending.pop_front()?;
        if let Ok(Entry::Request(request)) = &mut line.result {
            bodies.begin(request);
        }
        Some(line)
    }

    /// The text of the next physical line, or what went wrong; `None` at the file's end.
    fn next_text(&mut self) -> Option<Result<(Vec<u8>, Span), Line>> {
        let mut line = std::mem::take(&mut self.buffer);
        line.clear();
        let offset = self.offset;
        match self.read_line(&mut line) {
            Ok(0) => None,
            Ok(len) => {
                self.offset += len;
                Some(Ok((line, Span { offset, len })))
            }
            Err(error) => {
                self.reader = None;
                Some(Err(Line { span: Span { offset, len: 0 }, result: Err(error.into()) }))
            }
        }
    }

    /// The next physical line into `line`, unless it reaches the limit, and its length.
    fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<u64> {
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let loaded = reader.by_ref().take(self.max_line_bytes).read_until(b'\n', line)? as u64;
        if loaded < self.max_line_bytes || line.ends_with(b"\n") {
            return Ok(loaded);
        }
        *line = Vec::new();
        Ok(loaded + reader.skip_until(b'\n')? as u64)
    }

    fn understand(&mut self, line: &[u8], span: Span) {
        let result = if line.is_empty() {
            Err(BadLine::TooLong)
        } else if line.trim_ascii().is_empty() {
            return;
        } else {
            match Entry::parse(line) {
                Ok(entry) => Ok(entry),
                Err(error) => return self.pending.extend(pieces(line, span.offset, error)),
            }
        };
        self.pending.push_back(Line { span, result });
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while self.pending.is_empty() {
            match self.next_text()? {
                Ok((line, span)) => {
                    self.understand(&line, span);
                    self.buffer = line;
                }
                Err(failed) => return Some(failed),
            }
        }
        self.pending.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const GOOD: &str = r#"{"_meta":{"host":"h","machine":"m","session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29Z"},"provider":"openai","type":"session_start","upstream":"h"}"#;

    /// What a reader makes of `text`: `+` for an entry, `-` for a bad line, each with its text.
    fn read(text: &[u8]) -> Vec<(char, String)> {
        let shown = |line: Line| {
            let (start, end) = (line.span.offset as usize, line.span.end() as usize);
            let text = String::from_utf8_lossy(&text[start..end]).into_owned();
            (if line.result.is_ok() { '+' } else { '-' }, text)
        };
        Lines::new(text, 0).map(shown).collect()
    }

    fn good(text: impl Into<String>) -> (char, String) {
        ('+', text.into())
    }

    fn bad(text: impl Into<String>) -> (char, String) {
        ('-', text.into())
    }

    #[test]
    fn spans_join_and_blank_lines_are_no_lines() {
        let text = format!("{GOOD}\n\n \r\n{GOOD}\r\n{GOOD}");
        let expected = [good(format!("{GOOD}\n")), good(format!("{GOOD}\r\n")), good(GOOD)];
        assert_eq!(read(text.as_bytes()), expected);
    }

    #[test]
    fn a_good_line_is_recovered_from_a_torn_one_before_it() {
        for cut in 1..GOOD.len() {
            let torn = &GOOD[..cut];
            assert_eq!(read(format!("{torn}{GOOD}\n").as_bytes()), [bad(torn), good(format!("{GOOD}\n"))]);
        }
    }

    #[test]
    fn merged_lines_come_apart() {
        assert_eq!(read(format!("{GOOD}{GOOD}\n").as_bytes()), [good(GOOD), good(format!("{GOOD}\n"))]);
        assert_eq!(read(format!("{GOOD}rubbish\n").as_bytes()), [good(GOOD), bad("rubbish\n")]);
        let three = format!("{GOOD}x{GOOD}{{\"_meta\":{{\"_meta\":{GOOD}");
        let expected = [good(GOOD), bad("x"), good(GOOD), bad("{\"_meta\":{\"_meta\":"), good(GOOD)];
        assert_eq!(read(three.as_bytes()), expected);
    }

    #[test]
    fn nuls_and_bytes_that_are_no_utf8_stay_alone() {
        assert_eq!(read(format!("\0\0\0{GOOD}\n").as_bytes()), [bad("\0\0\0"), good(format!("{GOOD}\n"))]);
        let text = [b"\xff\xfe\n", GOOD.as_bytes(), b"\n\0\0"].concat();
        assert_eq!(read(&text), [bad("\u{fffd}\u{fffd}\n"), good(format!("{GOOD}\n")), bad("\0\0")]);
    }

    #[test]
    fn a_cut_last_line_is_told_from_a_wrong_one() {
        let last = |text: &str| Lines::new(text.as_bytes(), 0).last().unwrap().result.unwrap_err();
        assert!(matches!(last(&GOOD[..50]), BadLine::Torn(_)));
        assert!(matches!(last("{}\n"), BadLine::NoEntry(_)));
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over() {
        let long = format!("{}\n", "x".repeat(200_000));
        let text = format!("{GOOD}\n{long}{GOOD}\n");
        let mut lines = Lines::new(BufReader::with_capacity(100, text.as_bytes()), 0);
        lines.max_line_bytes = 1000;
        let lines: Vec<_> = lines.collect();
        assert!(lines[0].result.is_ok() && lines[2].result.is_ok());
        assert!(matches!(lines[1].result, Err(BadLine::TooLong)));
        assert_eq!(lines[1].span, Span { offset: lines[0].span.end(), len: long.len() as u64 });
    }

    #[test]
    fn a_reading_error_is_told_once_and_ends_the_file() {
        struct Failing;
        impl io::Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk"))
            }
        }
        let found: Vec<_> = Lines::new(BufReader::new(Failing), 7).collect();
        assert!(matches!(
            found[..],
            [Line { span: Span { offset: 7, len: 0 }, result: Err(BadLine::Io(_)) }]
        ));
    }
}
