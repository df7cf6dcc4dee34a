//! What was said, as rows for search. A session's requests repeat the whole conversation; what was
//! said before is recognised by its hash and makes no row again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use xxhash_rust::xxh3::Xxh3;

use super::row::{MessageRow, Op};
use super::search::{MARK_END, MARK_START};
use crate::model::SessionId;
use crate::provider::{Block, Message, Role};
use crate::record::redact::Redactor;

/// Bytes of a text that can be found. More is the content of large files, whose beginning tells what
/// they are; the log has all of it.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// Hashes in memory. Beyond, they are forgotten, and the next request of a session repeats its rows,
/// which changes nothing.
const MAX_SEEN: usize = 100_000;

/// Bytes kept of each hash: enough that chance never makes two texts one.
const HASH_BYTES: usize = 16;

/// The index is made anew without the install's key, and has to come out the same.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new([0; 32], true));

/// What tells a text in a session from all others there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct MessageHash([u8; HASH_BYTES]);

impl MessageHash {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where something was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) session: &'a SessionId,
    pub(super) request_id: &'a str,
    pub(super) seq: u64,
    pub(super) line_offset: u64,
}

/// What was said already, and where the line that said it begins.
#[derive(Debug)]
pub(super) struct Seen {
    /// By a hash that is far quicker than the one in the tables. Nobody can make two texts that share it: it
    /// is seeded anew in each run.
    first: HashMap<u128, u64>,
    seed: u64,
}

impl Default for Seen {
    fn default() -> Self {
        Self { first: HashMap::new(), seed: Uuid::new_v4().as_u64_pair().0 }
    }
}

impl Seen {
    /// Whether no earlier line has it.
    fn is_news(&mut self, text: &Text<'_>, said: Said<'_>) -> bool {
        let key = text.quick_hash(said.session, self.seed);
        if self.first.get(&key).is_some_and(|first| *first <= said.line_offset) {
            return false;
        }
        if self.first.len() >= MAX_SEEN {
            self.first.clear();
        }
        self.first.insert(key, said.line_offset);
        true
    }
}

/// The rows of those texts that are new. The first `known` messages began an earlier request of the session, with
/// results of the same tools: their rows are there.
pub(super) fn rows(messages: &[Message], known: usize, said: Said<'_>, seen: &mut Seen) -> Vec<Op> {
    let tools: HashMap<&str, &str> = blocks(messages).filter_map(|(_, block)| call(block)).collect();
    let mut rows = Vec::new();
    for (role, block) in blocks(messages.get(known..).unwrap_or_default()) {
        let Some(text) = Text::of(role, block, &tools) else { continue };
        if seen.is_news(&text, said) {
            rows.push(Op::Message(Box::new(text.row(said))));
        }
    }
    rows
}

/// The same of an answer that came in events. A key that is spelled piece by piece over them has no shape
/// in the log's lines; here it is whole, and taken out. (The tag's digits are not the log's.)
pub(super) fn rows_of_stream(answer: Option<&Message>, said: Said<'_>, seen: &mut Seen) -> Vec<Op> {
    let json = answer.and_then(|answer| serde_json::to_string(answer).ok()).unwrap_or_default();
    match REDACTOR.json(&json) {
        Cow::Borrowed(_) => rows(answer.map_or(&[], std::slice::from_ref), 0, said, seen),
        // What cannot be read back is not kept: better not found than not redacted.
        Cow::Owned(redacted) => {
            serde_json::from_str(&redacted).map(|answer| rows(&[answer], 0, said, seen)).unwrap_or_default()
        }
    }
}

fn blocks(messages: &[Message]) -> impl Iterator<Item = (Role, &Block)> {
    messages.iter().flat_map(|message| message.blocks.iter().map(|block| (message.role, block)))
}

/// A call's id and tool.
pub(super) fn call(block: &Block) -> Option<(&str, &str)> {
    match block {
        Block::ToolCall { id, name, .. } => Some((id, name)),
        Block::Text(_)
        | Block::Thinking { .. }
        | Block::ToolResult { .. }
        | Block::Image(_)
        | Block::Other { .. } => None,
    }
}

/// A block as it is searched.
struct Text<'a> {
    role: &'static str,
    kind: &'static str,
    tool: Option<&'a str>,
    text: Cow<'a, str>,
}

impl<'a> Text<'a> {
    /// `None` for what has no words.
    fn of(role: Role, block: &'a Block, tools: &HashMap<&str, &'a str>) -> Option<Self> {
        let (speaker, plain) = match role {
            Role::System => ("system", "system"),
            Role::User => ("user", "text"),
            Role::Assistant => ("assistant", "text"),
            Role::Tool => ("tool", "text"),
        };
        let (role, kind, tool, text) = match block {
            Block::Text(text) => (speaker, plain, None, Cow::Borrowed(text.as_str())),
            Block::Thinking { text, .. } => ("assistant", "thinking", None, Cow::Borrowed(text.as_str())),
            Block::ToolCall { name, input, .. } => {
                ("assistant", "tool_call", Some(name.as_str()), Cow::Owned(words_of(name, input)))
            }
            Block::ToolResult { id, text, .. } => {
                ("tool", "tool_result", tools.get(id.as_str()).copied(), Cow::Borrowed(text.as_str()))
            }
            Block::Other { kind, json } => (speaker, plain, None, Cow::Owned(words_of(kind, json))),
            Block::Image(_) => return None,
        };
        let text = tidy(text);
        (!text.is_empty()).then_some(Self { role, kind, tool, text })
    }

    /// What tells it from equal texts elsewhere.
    fn place<'s>(&'s self, session: &'s SessionId) -> [&'s str; 4] {
        [session.as_str(), self.role, self.kind, self.tool.unwrap_or_default()]
    }

    fn hash(&self, session: &SessionId) -> MessageHash {
        let mut sha = Sha256::new();
        for part in self.place(session) {
            sha.update((part.len() as u64).to_le_bytes());
            sha.update(part);
        }
        sha.update(self.text.as_bytes());
        let mut hash = [0; HASH_BYTES];
        hash.copy_from_slice(&sha.finalize()[..HASH_BYTES]);
        MessageHash(hash)
    }

    fn quick_hash(&self, session: &SessionId, seed: u64) -> u128 {
        let mut hash = Xxh3::with_seed(seed);
        for part in self.place(session) {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(self.text.as_bytes());
        hash.digest128()
    }

    fn row(self, said: Said<'_>) -> MessageRow {
        MessageRow {
            session: said.session.clone(),
            hash: self.hash(said.session),
            request_id: said.request_id.to_owned(),
            seq: said.seq,
            line_offset: said.line_offset,
            role: self.role,
            kind: self.kind,
            tool: self.tool.map(str::to_owned),
            // The characters that mark hits are no text.
            text: self.text.replace([MARK_START, MARK_END], "\u{fffd}"),
        }
    }
}

/// Without white space around it, which clients drop when they send a text back, and not longer than
/// what is kept.
fn tidy(text: Cow<'_, str>) -> Cow<'_, str> {
    let tidied = |text: &str| text[..text.floor_char_boundary(MAX_TEXT_BYTES)].trim_end().len();
    match text {
        Cow::Borrowed(text) => {
            let text = text.trim_start();
            Cow::Borrowed(&text[..tidied(text)])
        }
        Cow::Owned(text) => {
            let mut text = text.trim_start().to_owned();
            text.truncate(tidied(&text));
            Cow::Owned(text)
        }
    }
}

/// A JSON value as text in which words stand as they are, not as JSON escapes them: a line for each
/// value, behind its key.
fn words_of(name: &str, value: &Value) -> String {
    let mut text = name.to_owned();
    add_words(&mut text, "", value);
    text
}

fn add_words(text: &mut String, key: &str, value: &Value) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| add_words(text, key, value)),
        Value::Array(values) => values.iter().for_each(|value| add_words(text, key, value)),
        Value::Null => {}
        Value::String(said) => add_line(text, key, said),
        Value::Bool(_) | Value::Number(_) => add_line(text, key, &value.to_string()),
    }
}

fn add_line(text: &mut String, key: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = match key {
        "" => write!(text, "\n{value}"),
        key => write!(text, "\n{key}: {value}"),
    };
}
