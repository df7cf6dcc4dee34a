//! Entry to line and back. Reading forgives what other writers did (keys in any order, unknown or
//! doubled ones); writing gives one form only.

use serde::{Deserialize, de::DeserializeOwned};

use super::{Entry, Kind, Request, hidden};

/// Why a line is no entry. It quotes names of keys, never values: those may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}{}: {what}", in_key(.key.as_deref()))]
pub struct EntryError {
    /// The byte in the line at which reading stopped, from 1.
    pub column: usize,
    /// The last key before that byte.
    pub key: Option<String>,
    /// What is wrong there.
    pub what: String,
}

impl Entry {
    /// Reads one line, with or without its line ending.
    pub fn parse(line: &[u8]) -> Result<Self, EntryError> {
        let text = std::str::from_utf8(line).map_err(|error| EntryError {
            column: error.valid_up_to() + 1,
            key: None,
            what: "not UTF-8".to_owned(),
        })?;
        match kind_of(text)? {
            Kind::SessionStart => read(text).map(Self::SessionStart),
            Kind::Request => read(text).map(Self::Request),
            Kind::Response => read(text).map(Self::Response),
            Kind::Fork => read(text).map(Self::Fork),
        }
    }

    /// Reads a line of the usual form that is a request's. `None` for any other; [`Entry::parse`] says more.
    pub fn parse_request(line: &[u8]) -> Option<Request> {
        let text = std::str::from_utf8(line).ok()?;
        let is_request = kind_by_end(text) == Some(Kind::Request);
        is_request.then(|| serde_json::from_str(text).ok()).flatten()
    }

    /// The line as it stands in the log, `\n` included. Characters that a terminal or an editor would
    /// obey rather than show (control, bidirectional, U+2028 and U+2029) are written as escapes.
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.expected_line_bytes());
        serde_json::to_writer(&mut line, self).expect("strings and numbers always serialise into memory");
        line.push(b'\n');
        hidden::escaped(line)
    }
}

impl Entry {
    /// Room for most lines, made at once: a long one would be copied a dozen times while it grew. Of JSON within a
    /// string one byte in eight becomes two, quotation marks above all.
    fn expected_line_bytes(&self) -> usize {
        const HEAD: usize = 1536;
        const CHUNK: usize = 80;
        let chunks = match self {
            Self::Response(response) => response.chunks.as_deref().unwrap_or_default(),
            Self::Request(_) | Self::SessionStart(_) | Self::Fork(_) => &[],
        };
        let chunk_bytes: usize = chunks.iter().map(|chunk| CHUNK + chunk.raw.len()).sum();
        HEAD + (self.body_bytes() + chunk_bytes) * 9 / 8
    }
}

/// The value of `type`.
fn kind_of(text: &str) -> Result<Kind, EntryError> {
    #[derive(Deserialize)]
    struct Peek {
        #[serde(rename = "type")]
        kind: Kind,
    }
    match kind_by_end(text) {
        Some(kind) => Ok(kind),
        None => read::<Peek>(text).map(|peek| peek.kind),
    }
}

/// The value of `type` where it is the last key, as in every long line that we and the Go llm-proxy write: it
/// saves a first pass over that line.
fn kind_by_end(text: &str) -> Option<Kind> {
    let end = text.trim_end();
    Kind::ALL.into_iter().find(|kind| {
        end.strip_suffix("\"}")
            .and_then(|rest| rest.strip_suffix(kind.as_str()))
            .is_some_and(|rest| rest.ends_with(",\"type\":\""))
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, EntryError> {
    serde_json::from_str(text).or_else(|error| {
        let last_of_each_key = error.is_data().then(|| read_last_of_each_key(text)).flatten();
        last_of_each_key.ok_or_else(|| entry_error(text, &error))
    })
}

/// The slow way, which a line with a doubled key needs: the last one counts, as for `jq` and Go.
fn read_last_of_each_key<T: DeserializeOwned>(text: &str) -> Option<T> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::from_value(value).ok()
}

fn entry_error(text: &str, error: &serde_json::Error) -> EntryError {
    let column = byte_of(text, error.line(), error.column());
    let key = last_key(&text.as_bytes()[..column.saturating_sub(1).min(text.len())]);
    EntryError { column, key, what: without_values(&error.to_string()) }
}

/// The byte, from 1, that serde_json means by line and column; a line here may hold stray `\n` only
/// when a caller passes several.
fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column).max(1)
}

/// The parts of serde_json's message that cannot hold text of the line.
fn without_values(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    for holds_value in ["invalid type", "invalid value", "invalid length", "unknown variant"] {
        if message.starts_with(holds_value) {
            let expected =
                message.rsplit_once(", expected ").map_or("something else", |(_, expected)| expected);
            return format!("{holds_value}, expected {expected}");
        }
    }
    message.to_owned()
}

/// The last string before `end` that a colon follows, cut to a length that fits in a message.
fn last_key(before: &[u8]) -> Option<String> {
    const SHOWN_CHARS: usize = 40;
    let mut key = None;
    let mut at = 0;
    while let Some(open) = before[at..].iter().position(|&byte| byte == b'"').map(|found| at + found + 1) {
        let Some(close) = string_end(before, open) else { break };
        if before.get(close + 1) == Some(&b':') {
            key = Some(&before[open..close]);
        }
        at = close + 1;
    }
    key.map(|key| String::from_utf8_lossy(key).chars().take(SHOWN_CHARS).collect())
}

/// Where the string that begins at `open` has its closing quote.
fn string_end(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn in_key(key: Option<&str>) -> String {
    key.map_or_else(String::new, |key| format!(" (`{}`)", key.escape_debug()))
}
