//! Hashes of message chains. Every request of a conversation repeats what was said before, so the
//! hash of "all up to an answer" is the same after that answer was given and in the next request.
//!
//! The two must agree although an API spells them differently, and clients tidy up what they send
//! back. So a chain is a row of turns, each one side's consecutive messages; texts count as one,
//! whatever blocks they came in; JSON counts without key order. Left out is what clients drop or
//! change: system prompts (they hold dates, and Claude Code's billing line), thinking, cache marks.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::provider::{Block, Image, Message, Provider, Role};

/// Bytes kept of each hash: enough that chance never makes two conversations one.
const HASH_BYTES: usize = 16;

/// JSON nested deeper than this counts as equal below: hostile input must not overflow the stack.
const MAX_DEPTH: usize = 64;

/// The hash of a request's whole chain of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash([u8; HASH_BYTES]);

/// What a later request will be recognised by. Scoped: the same words at another upstream give
/// another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkKey([u8; HASH_BYTES]);

impl ChainHash {
    /// The hash's bytes, as stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A stored hash; `None` when the bytes are not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl LinkKey {
    /// The key's bytes, as stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A stored key; `None` when the bytes are not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The key of a stored response (OpenAI's `previous_response_id`).
    pub(super) fn of_response(provider: Provider, upstream: &str, id: &str) -> Self {
        Self(hash([b"response", provider.as_str().as_bytes(), upstream.as_bytes(), id.as_bytes()]))
    }
}

/// Whose turn it is. Tool results are the user's side: APIs differ in whose message they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    User,
    Assistant,
}

/// A turn within a chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// Which message it begins with.
    pub(super) first: usize,
    /// It is the assistant's: the next request will be recognised by it.
    pub(super) is_answer: bool,
    /// The chain up to its end.
    pub(super) after: Chain,
}

/// Hashes a chain turn by turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain {
    hash: [u8; HASH_BYTES],
}

impl Chain {
    /// A conversation from its beginning.
    pub(super) fn new(provider: Provider, upstream: &str) -> Self {
        Self { hash: hash([b"chain", provider.as_str().as_bytes(), upstream.as_bytes()]) }
    }

    /// A conversation whose beginning the upstream keeps: only what comes after `previous` is sent.
    pub(super) fn after_response(previous: LinkKey) -> Self {
        Self { hash: hash([b"after", &previous.0]) }
    }

    /// A chain of which only the hash is left.
    pub(super) fn resume(chain: ChainHash) -> Self {
        Self { hash: chain.0 }
    }

    /// Adds messages, and returns the chain as it stands after each turn.
    pub(super) fn extend(&mut self, messages: &[Message]) -> Vec<Link> {
        let said = |(at, message)| side(message).map(|side| (side, at, message));
        let said: Vec<(Side, usize, &Message)> = messages.iter().enumerate().filter_map(said).collect();
        let turns = said.chunk_by(|(one, ..), (next, ..)| one == next);
        let link = |turn: &[(Side, usize, &Message)]| {
            let (side, first, _) = turn[0];
            self.add(side, turn.iter().flat_map(|(.., message)| &message.blocks));
            Link { first, is_answer: side == Side::Assistant, after: *self }
        };
        turns.map(link).collect()
    }

    /// The key of the chain as it stands.
    pub(super) fn key(&self) -> LinkKey {
        LinkKey(self.hash)
    }

    /// The hash of the chain as it stands.
    pub(super) fn finish(self) -> ChainHash {
        ChainHash(self.hash)
    }

    fn add<'a>(&mut self, side: Side, blocks: impl Iterator<Item = &'a Block>) {
        let mut turn = Turn::new(side);
        blocks.for_each(|block| turn.add(block));
        self.hash = hash([b"turn".as_slice(), &self.hash, &turn.finish()]);
    }
}

fn side(message: &Message) -> Option<Side> {
    match message.role {
        Role::System => None,
        Role::User | Role::Tool => Some(Side::User),
        Role::Assistant => Some(Side::Assistant),
    }
}

/// One side's turn: all its text as one, then everything else in order.
struct Turn {
    text: Sha256,
    rest: Sha256,
    side: Side,
}

impl Turn {
    fn new(side: Side) -> Self {
        Self { text: Sha256::new(), rest: Sha256::new(), side }
    }

    fn add(&mut self, block: &Block) {
        match block {
            Block::Text(text) => self.text.update(text),
            Block::Thinking { .. } => {}
            Block::ToolCall { id, name, input } => {
                self.field("call", &[id, name]);
                add_json(&mut self.rest, input, MAX_DEPTH);
            }
            Block::ToolResult { id, text, .. } => self.field("result", &[id, text]),
            Block::Image(Image { media_type, bytes, url, .. }) => {
                let media_type = media_type.as_deref().unwrap_or_default();
                self.field("image", &[media_type, &bytes.to_string(), url.as_deref().unwrap_or_default()]);
            }
            Block::Other { kind, json } => {
                self.field("other", &[kind]);
                add_json(&mut self.rest, json, MAX_DEPTH);
            }
        }
    }

    fn field(&mut self, kind: &str, texts: &[&str]) {
        add_text(&mut self.rest, kind);
        texts.iter().for_each(|text| add_text(&mut self.rest, text));
    }

    fn finish(self) -> [u8; HASH_BYTES] {
        let side: &[u8] = match self.side {
            Side::User => b"user",
            Side::Assistant => b"assistant",
        };
        hash([side, &self.text.finalize(), &self.rest.finalize()])
    }
}

/// Hashes parts so that no two lists of parts run into the same bytes.
fn hash<const N: usize>(parts: [&[u8]; N]) -> [u8; HASH_BYTES] {
    let mut hasher = Sha256::new();
    for part in parts {
        add_bytes(&mut hasher, part);
    }
    let mut kept = [0; HASH_BYTES];
    kept.copy_from_slice(&hasher.finalize()[..HASH_BYTES]);
    kept
}

fn add_text(hasher: &mut Sha256, text: &str) {
    add_bytes(hasher, text.as_bytes());
}

fn add_bytes(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// Adds JSON without regard to key order. Cache marks are left out, and so are empty values:
/// clients drop them when they send a call back.
fn add_json(hasher: &mut Sha256, value: &Value, depth: usize) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object
                .iter()
                .filter(|(key, value)| key.as_str() != "cache_control" && !value.is_null())
                .collect();
            fields.sort_unstable_by_key(|(key, _)| key.as_str());
            hasher.update(b"{");
            for (key, value) in fields {
                add_text(hasher, key);
                add_json(hasher, value, depth - 1);
            }
            hasher.update(b"}");
        }
        Value::Array(array) => {
            hasher.update(b"[");
            array.iter().for_each(|value| add_json(hasher, value, depth - 1));
            hasher.update(b"]");
        }
        Value::String(text) => add_text(hasher, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => add_text(hasher, &value.to_string()),
    }
}
