//! A line that is not one entry may hold several: after a torn write without its `\n`, the next line
//! begins in the middle of it. `{"_meta":` is where: inside a JSON string its quotes carry backslashes.

use super::lines::{BadLine, Line};
use crate::logs::Span;
use crate::record::entry::{Entry, EntryError};

const START: &[u8] = b"{\"_meta\":";

/// The entries in `line`, which stands at `offset` and is none as a whole for the reason `error`, and
/// the bad stretches between them.
pub(super) fn pieces(line: &[u8], offset: u64, error: EntryError) -> Vec<Line> {
    let mut found = Found { line, offset, bad_from: 0, lines: Vec::new() };
    let mut at = next_start(line, 0);
    while let Some(start) = at {
        at = next_start(line, start + START.len());
        let end = at.unwrap_or(line.len());
        let object_end = object_end(line, start, end);
        if let Some(entry) = object_end.and_then(|end| Entry::parse(&line[start..end]).ok()) {
            found.good(start, object_end.unwrap_or(end), entry);
        }
    }
    found.finish(error)
}

struct Found<'a> {
    line: &'a [u8],
    offset: u64,
    /// What is before this byte is in `lines`.
    bad_from: usize,
    lines: Vec<Line>,
}

impl Found<'_> {
    fn good(&mut self, start: usize, end: usize, entry: Entry) {
        self.bad(start, None);
        // The line ending belongs to the line.
        let rest_is_blank = self.line[end..].trim_ascii().is_empty();
        let end = if rest_is_blank { self.line.len() } else { end };
        self.lines.push(Line { span: self.span(start, end), result: Ok(entry) });
        self.bad_from = end;
    }

    /// All up to `end` that no entry took is bad.
    fn bad(&mut self, end: usize, error: Option<EntryError>) {
        let bad = &self.line[self.bad_from..end];
        if !bad.trim_ascii().is_empty() {
            let error = error.or_else(|| Entry::parse(bad).err());
            let result = Err(self.reason(end, error));
            self.lines.push(Line { span: self.span(self.bad_from, end), result });
        }
    }

    fn reason(&self, end: usize, error: Option<EntryError>) -> BadLine {
        let error =
            error.unwrap_or(EntryError { column: 1, key: None, what: "several in one line".to_owned() });
        let at_file_end = end == self.line.len() && !self.line.ends_with(b"\n");
        if at_file_end { BadLine::Torn(error) } else { BadLine::NoEntry(error) }
    }

    fn finish(mut self, error: EntryError) -> Vec<Line> {
        let whole_line = self.bad_from == 0;
        self.bad(self.line.len(), whole_line.then_some(error));
        self.lines
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { offset: self.offset + start as u64, len: (end - start) as u64 }
    }
}

fn next_start(line: &[u8], mut from: usize) -> Option<usize> {
    loop {
        from += line.get(from..)?.iter().position(|&byte| byte == b'{')?;
        if line[from..].starts_with(START) {
            return Some(from);
        }
        from += 1;
    }
}

/// The byte after the object that begins at `start`, if it ends by `limit`.
fn object_end(line: &[u8], start: usize, limit: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut at) = (0_u32, false, start);
    while at < limit {
        match line[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string && depth == 1 => return Some(at + 1),
            b'}' if !in_string => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}
