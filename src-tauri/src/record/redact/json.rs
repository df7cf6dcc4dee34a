//! Secrets known by their JSON key.
//!
//! A lexer, no parser: it looks at quotes and brackets, so it works on several documents, on event
//! streams and on a body that was cut off, and changes nothing but the content of secret strings.
//! JSON inside a string is read by the same lexer one level deeper, where a quote is `\"` and the next
//! one `\\\"`.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::Redactor;
use super::edits::Edits;
use super::fields;

/// How deep strings of JSON inside strings of JSON are read: tool arguments in an event's delta are
/// at 1, a document in one of these arguments at 2.
const MAX_LEVEL: u32 = 3;

/// Containers nested deeper than this are counted, not remembered.
const MAX_DEPTH: usize = 512;

/// No secret key has a longer name, in bytes.
const MAX_KEY_BYTES: usize = 64;

/// Keys whose string is secret, folded as `fields::fold` does.
const SECRET_KEYS: &[&str] = &[
    "authorization",
    "authorizationtoken",
    "idtoken",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "proxyauthorization",
    "secretkey",
];

/// Endings of such keys: `OPENAI_API_KEY` is as secret as `api_key`.
const SECRET_ENDINGS: &[&str] = &[
    "accesstoken",
    "apikey",
    "authtoken",
    "clientsecret",
    "refreshtoken",
    "secretaccesskey",
    "sessiontoken",
];

/// Replaces the strings of secret keys, and of secret headers in an object under `headers`.
pub(super) fn redact<'t>(redactor: &Redactor, text: &'t str) -> Cow<'t, str> {
    let mut edits = Edits::new(text);
    Lexer::new(redactor, &mut edits, 0..text.len(), 0).run();
    edits.finish()
}

/// What a key says about the value that follows.
#[derive(Clone, PartialEq, Eq)]
enum Role {
    Plain,
    Secret,
    /// An object of header fields.
    Headers,
    /// One header field, with the place of its name.
    Header(Range<usize>),
}

/// A container that is open.
struct Frame {
    is_array: bool,
    /// What the key in front of it says.
    role: Role,
}

struct Lexer<'r, 'e, 't> {
    redactor: &'r Redactor,
    edits: &'e mut Edits<'t>,
    text: &'t str,
    end: usize,
    at: usize,
    level: u32,
    frames: Vec<Frame>,
    /// How many containers are open beyond [`MAX_DEPTH`].
    unremembered: usize,
    /// The role of the next value.
    role: Role,
    /// The string just read, a key if a colon follows.
    last: Option<Range<usize>>,
}

impl<'r, 'e, 't> Lexer<'r, 'e, 't> {
    fn new(redactor: &'r Redactor, edits: &'e mut Edits<'t>, range: Range<usize>, level: u32) -> Self {
        let text = edits.source();
        let (at, end) = (range.start, range.end);
        Self {
            redactor,
            edits,
            text,
            end,
            at,
            level,
            frames: Vec::new(),
            unremembered: 0,
            role: Role::Plain,
            last: None,
        }
    }

    fn run(mut self) {
        while let Some(quote) = self.find_quote(self.at) {
            self.between(self.at..quote);
            let start = quote + 1;
            let close = self.find_quote(start);
            let content_end = close.map_or(self.end, |close| close - self.backslashes_of_quote());
            // A line end is no part of a JSON string: the quote was a stray one, or the line is cut off.
            match self.find_line_end(start..content_end) {
                Some(line_end) => {
                    self.string(start..line_end);
                    self.at = line_end;
                }
                None => {
                    self.string(start..content_end);
                    self.at = close.map_or(self.end, |close| close + 1);
                }
            }
        }
        self.between(self.at..self.end);
    }

    /// The backslashes that make a quote one of this level: 0, 1, 3, 7.
    fn backslashes_of_quote(&self) -> usize {
        (1 << self.level) - 1
    }

    /// The next quote that begins or ends a string of this level.
    fn find_quote(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let quote = at + memchr(b'"', &self.text.as_bytes()[at..self.end])?;
            let backslashes = self.backslashes_before(quote, from);
            // Those beyond the quote's own are escaped backslashes of this level, each 2^(level+1) long.
            if (backslashes + 1) % (2 << self.level) == 1 << self.level {
                return Some(quote);
            }
            at = quote + 1;
        }
    }

    fn backslashes_before(&self, at: usize, from: usize) -> usize {
        self.text.as_bytes()[from..at].iter().rev().take_while(|&&b| b == b'\\').count()
    }

    /// The first line end at this level: a newline, `\n`, `\\n`.
    fn find_line_end(&self, range: Range<usize>) -> Option<usize> {
        if self.level == 0 {
            return memchr(b'\n', &self.text.as_bytes()[range.clone()]).map(|at| range.start + at);
        }
        let mut at = range.start + memchr(b'\\', &self.text.as_bytes()[range.clone()])?;
        loop {
            let found = at + self.text[at..range.end].find("\\n")?;
            let backslashes = self.backslashes_before(found + 1, range.start);
            if backslashes % (1 << self.level) == 1 << (self.level - 1) {
                return Some(found + 1 - backslashes);
            }
            at = found + 2;
        }
    }

    /// What stands between two strings.
    fn between(&mut self, range: Range<usize>) {
        let bytes = &self.text.as_bytes()[range];
        let mut at = 0;
        while let Some(&b) = bytes.get(at) {
            match b {
                b' ' | b'\t' | b'\r' | b'\n' | b'\\' => {}
                b'n' | b'r' | b't' if at > 0 && bytes[at - 1] == b'\\' => {}
                b':' => self.role = self.last.take().map_or(Role::Plain, |key| self.role_of(key)),
                b'{' | b'[' => self.open(b == b'['),
                b'}' | b']' => self.close(),
                _ => self.forget(),
            }
            at += 1;
            if at < bytes.len() && self.role == Role::Plain && self.last.is_none() {
                // Long texts stand here when they quote something. Only brackets say anything now.
                at += next_bracket(&bytes[at..]);
            }
        }
    }

    fn open(&mut self, is_array: bool) {
        let role = std::mem::replace(&mut self.role, Role::Plain);
        if self.frames.len() < MAX_DEPTH {
            self.frames.push(Frame { is_array, role });
        } else {
            self.unremembered += 1;
        }
        self.forget();
    }

    fn close(&mut self) {
        if self.unremembered > 0 {
            self.unremembered -= 1;
        } else {
            self.frames.pop();
        }
        self.forget();
    }

    /// Neither a key nor a value can follow directly.
    fn forget(&mut self) {
        self.role = Role::Plain;
        self.last = None;
    }

    fn role_of(&self, key: Range<usize>) -> Role {
        if key.len() > MAX_KEY_BYTES {
            return Role::Plain;
        }
        let under = self.frames.last().filter(|_| self.unremembered == 0).map(|frame| &frame.role);
        let says_more = !matches!(under, None | Some(Role::Plain));
        if !says_more && is_surely_plain(&self.text.as_bytes()[key.clone()]) {
            return Role::Plain;
        }
        let Some(name) = unescape(&self.text[key.clone()], self.level + 1) else { return Role::Plain };
        let folded = fields::fold(&name);
        if under == Some(&Role::Headers) && fields::is_secret_header(&name) {
            Role::Header(key)
        } else if is_secret_key(&folded) || (under == Some(&Role::Secret) && folded == "value") {
            Role::Secret
        } else if folded.ends_with("headers") {
            Role::Headers
        } else {
            Role::Plain
        }
    }

    fn string(&mut self, content: Range<usize>) {
        let role = std::mem::replace(&mut self.role, Role::Plain);
        match self.role_in_list(role) {
            Role::Secret => self.replace(content.clone(), None),
            Role::Header(name) => self.replace(content.clone(), Some(name)),
            Role::Plain | Role::Headers => self.nested(content.clone()),
        }
        self.last = Some(content);
    }

    /// A header may have a list of values.
    fn role_in_list(&self, role: Role) -> Role {
        match self.frames.last() {
            Some(Frame { is_array: true, role: header @ Role::Header(_) }) if role == Role::Plain => {
                header.clone()
            }
            Some(_) | None => role,
        }
    }

    /// Reads a string as JSON of the next level, if it has quotes.
    fn nested(&mut self, content: Range<usize>) {
        let text = &self.text[content.clone()];
        if self.level < MAX_LEVEL && memchr(b'\\', text.as_bytes()).is_some() && text.contains("\\\"") {
            Lexer::new(self.redactor, self.edits, content, self.level + 1).run();
        }
    }

    /// Redacts a string as a credential, or as the value of the header whose name stands at `header`.
    fn replace(&mut self, content: Range<usize>, header: Option<Range<usize>>) {
        let raw = &self.text[content.clone()];
        let name = header.and_then(|name| unescape(&self.text[name], self.level + 1));
        let replaced = match (unescape(raw, self.level + 1), name) {
            (Some(value), Some(name)) => changed(self.redactor.header(&name, &value)),
            (Some(value), None) => changed(fields::credential(self.redactor, &value)),
            // Cut off within an escape.
            (None, _) => return self.replace_raw(content, raw),
        };
        if let Some(replaced) = replaced {
            self.edits.replace(content, &escape(replaced, self.level + 1));
        }
    }

    fn replace_raw(&mut self, content: Range<usize>, raw: &str) {
        if let Some(tag) = self.redactor.tag_named("secret", raw) {
            self.edits.replace(content, &tag);
        }
    }
}

/// Where the next bracket or brace stands, or the end.
fn next_bracket(bytes: &[u8]) -> usize {
    // `[` and `]` differ from `{` and `}` in this one bit.
    let is_bracket = |b: &u8| matches!(b | 0x20, b'{' | b'}');
    let mut at = 0;
    for chunk in bytes.chunks(64) {
        // Looking at all of a chunk, whatever was found, is what the compiler does many bytes at a time.
        if chunk.iter().fold(false, |found, b| found | is_bracket(b)) {
            return at + chunk.iter().position(is_bracket).unwrap_or(0);
        }
        at += chunk.len();
    }
    at
}

/// Whether a key cannot be one of those above, by its last two letters: nearly all keys are not, and folding
/// each costs more than all else that is done with it.
fn is_surely_plain(key: &[u8]) -> bool {
    if key.contains(&b'\\') {
        return false;
    }
    let mut letters =
        key.iter().rev().filter(|b| !matches!(b, b'-' | b'_' | b' ')).map(u8::to_ascii_lowercase);
    let (Some(last), Some(before)) = (letters.next(), letters.next()) else { return true };
    let ends_so = |name: &&str| name.as_bytes().ends_with(&[before, last]);
    !SECRET_KEYS.iter().chain(SECRET_ENDINGS).chain(&["headers"]).any(ends_so)
}

fn is_secret_key(folded: &str) -> bool {
    SECRET_KEYS.contains(&folded) || SECRET_ENDINGS.iter().any(|ending| folded.ends_with(ending))
}

fn changed(value: Cow<'_, str>) -> Option<String> {
    match value {
        Cow::Owned(value) => Some(value),
        Cow::Borrowed(_) => None,
    }
}

/// Undoes the escapes of a string's content `times` times. `None` when they are no JSON.
fn unescape(content: &str, times: u32) -> Option<Cow<'_, str>> {
    let mut plain = Cow::Borrowed(content);
    for _ in 0..times {
        if !plain.contains('\\') {
            break;
        }
        plain = Cow::Owned(serde_json::from_str(&format!("\"{plain}\"")).ok()?);
    }
    Some(plain)
}

fn escape(mut content: String, times: u32) -> String {
    for _ in 0..times {
        let quoted = serde_json::Value::String(content).to_string();
        content = quoted[1..quoted.len() - 1].to_owned();
    }
    content
}
