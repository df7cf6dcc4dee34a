//! Server-sent events, after the WHATWG grammar: fed by byte slices cut anywhere.

use std::borrow::Cow;

use memchr::memchr2;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event` field, or `message` when it was not given.
    pub kind: &'a str,
    /// The `data` lines, joined by line feeds.
    pub data: &'a str,
    /// The last `id` seen so far in the stream.
    pub id: &'a str,
    /// True when the stream ended before the event's blank line. The grammar discards such an event;
    /// the reader of a log wants to see it.
    pub cut: bool,
}

/// Turns bytes into events. Memory is bounded by the longest event.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line that has begun and not ended.
    line: Vec<u8>,
    /// A CR ended the last line: a LF that follows at once belongs to it.
    after_cr: bool,
    /// The first line is through, and with it a byte order mark.
    started: bool,
    event: Pending,
}

/// The event that the lines so far have built up.
#[derive(Debug, Default)]
struct Pending {
    kind: String,
    data: String,
    has_data: bool,
    id: String,
}

impl Parser {
    /// A parser at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and gives each event that they complete.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Event<'_>)) {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            self.end_line(&rest[..end], &mut each);
            let is_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if is_cr {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
        }
        self.line.extend_from_slice(rest);
    }

    /// Ends the stream: an event without its blank line is given as `cut`.
    pub fn finish(mut self, mut each: impl FnMut(Event<'_>)) {
        if !self.line.is_empty() {
            self.end_line(&[], &mut each);
        }
        self.event.dispatch(true, &mut each);
    }

    fn end_line(&mut self, tail: &[u8], each: &mut impl FnMut(Event<'_>)) {
        let buffered = std::mem::take(&mut self.line);
        let whole: Cow<'_, [u8]> = if buffered.is_empty() {
            Cow::Borrowed(tail)
        } else {
            let mut whole = buffered;
            whole.extend_from_slice(tail);
            Cow::Owned(whole)
        };
        let mut line: &[u8] = &whole;
        if !self.started {
            self.started = true;
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            self.event.dispatch(false, each);
        } else {
            self.event.add(&String::from_utf8_lossy(line));
        }
        if let Cow::Owned(mut reuse) = whole {
            reuse.clear();
            self.line = reuse;
        }
    }
}

impl Pending {
    fn add(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.kind),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            // `retry`, comments (an empty field name) and unknown fields change no event.
            _ => {}
        }
    }

    fn dispatch(&mut self, cut: bool, each: &mut impl FnMut(Event<'_>)) {
        if self.has_data {
            let kind = if self.kind.is_empty() { "message" } else { &self.kind };
            each(Event { kind, data: &self.data, id: &self.id, cut });
        }
        self.kind.clear();
        self.data.clear();
        self.has_data = false;
    }
}

/// Calls `each` with every event of a whole text, a cut one at its end included.
pub fn events(text: &str, mut each: impl FnMut(Event<'_>)) {
    let mut parser = Parser::new();
    parser.feed(text.as_bytes(), &mut each);
    parser.finish(each);
}

/// The lines of a text *with* their endings, so that joined they are the text again. CRLF is one
/// ending, a lone CR is one too.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let end = memchr2(b'\n', b'\r', bytes);
        let len = match end {
            Some(at) if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') => at + 2,
            Some(at) => at + 1,
            None => bytes.len(),
        };
        let (line, after) = rest.split_at(len);
        rest = after;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Seen = Vec<(String, String, String, bool)>;

    fn see(seen: &mut Seen) -> impl FnMut(Event<'_>) {
        |event| seen.push((event.kind.into(), event.data.into(), event.id.into(), event.cut))
    }

    fn parse(parts: &[&[u8]]) -> Seen {
        let mut seen = Vec::new();
        let mut parser = Parser::new();
        for part in parts {
            parser.feed(part, see(&mut seen));
        }
        parser.finish(see(&mut seen));
        seen
    }

    fn datas(text: &str) -> Vec<String> {
        parse(&[text.as_bytes()]).into_iter().map(|(_, data, _, _)| data).collect()
    }

    #[test]
    fn the_three_line_endings_are_equal() {
        let text = "event: a\ndata: 1\ndata: 2\n\ndata:3\n\n";
        let expected = parse(&[text.as_bytes()]);
        assert_eq!(expected[0], ("a".into(), "1\n2".into(), String::new(), false));
        assert_eq!(expected[1], ("message".into(), "3".into(), String::new(), false));
        assert_eq!(parse(&[text.replace('\n', "\r").as_bytes()]), expected);
        assert_eq!(parse(&[text.replace('\n', "\r\n").as_bytes()]), expected);
    }

    #[test]
    fn the_grammars_corners() {
        let cases: [(&str, &[&str]); 11] = [
            ("data:x\n\n", &["x"]),
            ("data:  x\n\n", &[" x"]),
            ("data\n\n", &[""]),
            ("data\ndata\n\n", &["\n"]),
            (": comment\ndata: 1\n: more\n\n", &["1"]),
            ("\u{feff}data: 1\n\n", &["1"]),
            ("\u{feff}\u{feff}data: 1\n\n", &[]),
            ("\n\n\ndata: 1\n\n\n\n", &["1"]),
            ("event: lonely\n\ndata: 1\n\n", &["1"]),
            ("Data: 1\n data: 2\nretry: 5\n\n", &[]),
            ("data: a:b: c\n\n", &["a:b: c"]),
        ];
        for (text, expected) in cases {
            assert_eq!(datas(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_event_without_data_loses_its_name_and_ids_last() {
        let seen = parse(&[b"event: lonely\nid: 7\n\ndata: 1\n\nid: a\0b\ndata: 2\n\nid\ndata: 3\n\n"]);
        let ids: Vec<_> = seen.iter().map(|(kind, _, id, _)| (kind.as_str(), id.as_str())).collect();
        assert_eq!(ids, [("message", "7"), ("message", "7"), ("message", "")]);
    }

    #[test]
    fn a_cut_tail_is_given_and_marked() {
        for text in ["data: 1\n\ndata: [DONE]", "data: 1\n\ndata: [DONE]\n", "data: 1\n\ndata: [DONE]\r"] {
            let seen = parse(&[text.as_bytes()]);
            assert_eq!(seen.len(), 2, "{text:?}");
            assert!(!seen[0].3 && seen[1].3 && seen[1].1 == "[DONE]");
        }
    }

    #[test]
    fn a_cr_gives_its_event_before_the_next_byte() {
        let mut seen = Vec::new();
        let mut parser = Parser::new();
        parser.feed(b"data: 1\r\r", see(&mut seen));
        assert_eq!(seen.len(), 1);
        parser.feed(b"\ndata: 2\r\r", see(&mut seen));
        assert_eq!(seen.len(), 2);
    }

    #[test]
    fn a_megabyte_line_arrives_whole_from_single_bytes_and_at_once() {
        let text = format!("data: {}\n\n", "é".repeat(600_000));
        let bytes = text.as_bytes();
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(parse(&single), parse(&[bytes]));
    }

    #[test]
    fn invalid_utf8_is_replaced_within_its_line() {
        assert_eq!(parse(&[b"data: a\xff\xc3\n\ndata: b\n\n"])[0].1, "a\u{fffd}\u{fffd}");
    }

    #[test]
    fn lines_keep_their_endings() {
        let text = "a\r\nb\rc\n\n\r\r\nd";
        let found: Vec<_> = lines(text).collect();
        assert_eq!(found, ["a\r\n", "b\r", "c\n", "\n", "\r", "\r\n", "d"]);
        assert_eq!(found.concat(), text);
        assert_eq!(lines("").count(), 0);
    }

    /// Streams made of the grammar's own pieces, so that nearly every cut falls on something that matters.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "data:", "data: ", "event: x", "id: 1", ":", "\n", "\r", "\r\n", "\n\n", "\r\r", "é", "😀",
            "\u{feff}", "\0", " ", "a",
        ]);
        let bytes = prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes());
        (bytes, any::<bool>()).prop_map(|(mut bytes, broken)| {
            if broken {
                bytes.push(0xff);
            }
            bytes
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn split_anywhere_is_unsplit(bytes in stream(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..4)) {
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.sort_unstable();
            let mut parts = Vec::new();
            let mut from = 0;
            for cut in at {
                parts.push(&bytes[from..cut]);
                from = cut;
            }
            parts.push(&bytes[from..]);
            prop_assert_eq!(parse(&parts), parse(&[&bytes]));
        }

        #[test]
        fn lines_joined_are_the_text(text in "[a\r\n😀]{0,20}") {
            prop_assert_eq!(lines(&text).collect::<String>(), text);
        }
    }
}
