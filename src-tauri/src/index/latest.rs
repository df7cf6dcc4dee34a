//! What a request says, read by itself or after the one before it, which it repeats.

use std::borrow::Cow;

use super::interpret::{read_next_request, read_request};
use super::messages::call;
use crate::model::SessionId;
use crate::provider::{Block, Kind, Message, Provider, RequestFacts, RequestReader};
use crate::record::entry::Request;
use crate::session::{Identifier, Identity, identify};

/// What a request says, and what it may continue.
#[derive(Debug, Clone)]
pub struct Reading {
    pub(super) facts: RequestFacts,
    pub(super) identity: Identity,
}

impl Reading {
    /// Reads the body as the log has it.
    pub fn of(provider: Provider, upstream: &str, request: &Request) -> Self {
        let facts = read_request(provider, request);
        let identity = identify(provider, upstream, &facts);
        Self { facts, identity }
    }

    /// What it may continue.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// What the latest request of a conversation said, for the next one, which repeats it.
#[derive(Debug, Default)]
pub struct Latest {
    reader: RequestReader,
    identifier: Identifier,
    calls: Calls,
    /// Where what it said was taken in as rows.
    said_in: Option<SessionId>,
}

/// The calls of a request's messages: ids and tools, by message.
#[derive(Debug, Default)]
struct Calls(Vec<Vec<(String, String)>>);

/// What is known of a request besides its line.
#[derive(Debug)]
pub(super) enum Body<'a> {
    /// Nothing: its body is in the entry.
    InEntry,
    /// Somebody has read it already.
    Read(Box<Reading>),
    /// Its body, which is not in the entry; how many of its first bytes are those of the one before it; and
    /// what that one said.
    After(&'a str, usize, &'a mut Latest),
}

/// What a request says.
pub(super) struct Told<'a> {
    pub(super) facts: Cow<'a, RequestFacts>,
    pub(super) identity: Identity,
    /// How many of its first messages were taken in as rows before.
    pub(super) known: usize,
}

impl<'a> Body<'a> {
    /// Reads it, if nobody has.
    pub(super) fn told(self, provider: Provider, upstream: &str, request: &Request) -> Told<'a> {
        let owned = |Reading { facts, identity }| Told { facts: Cow::Owned(facts), identity, known: 0 };
        match self {
            Self::InEntry => owned(Reading::of(provider, upstream, request)),
            Self::Read(reading) => owned(*reading),
            Self::After(body, same, latest) => latest.told(provider, upstream, request, body, same),
        }
    }
}

impl Latest {
    fn told(
        &mut self,
        provider: Provider,
        upstream: &str,
        request: &Request,
        body: &str,
        same: usize,
    ) -> Told<'_> {
        let (facts, kept) = read_next_request(&mut self.reader, provider, request, body, same);
        let identity = self.identifier.identify(provider, upstream, facts, kept);
        let said_in = (facts.kind == Kind::Chat).then(|| request.meta.session.clone());
        let are_named_alike = self.calls.go_on(&facts.messages, kept);
        let is_known = said_in.is_some() && said_in == self.said_in && are_named_alike;
        self.said_in = said_in;
        Told { facts: Cow::Borrowed(facts), identity, known: if is_known { kept } else { 0 } }
    }
}

impl Calls {
    /// Goes on to messages of which the first `kept` are those that were there. Whether their results are still
    /// of the same tools: a call may have the id of another one, and a result may stand before its call.
    fn go_on(&mut self, messages: &[Message], kept: usize) -> bool {
        let before = self.0.split_off(kept.min(self.0.len())).concat();
        let new: Vec<_> = messages.iter().skip(kept).map(calls).collect();
        let now = new.concat();
        let is_same = |id: &str| self.tool(&before, id) == self.tool(&now, id);
        let mut others = before.iter().chain(&now).filter(|(id, _)| !is_same(id));
        let are_named_alike = !others.any(|(id, _)| has_result(&messages[..kept], id));
        self.0.extend(new);
        are_named_alike
    }

    /// The tool of the last call with this id.
    fn tool<'a>(&'a self, last: &'a [(String, String)], id: &str) -> Option<&'a str> {
        let mut all = last.iter().rev().chain(self.0.iter().rev().flat_map(|calls| calls.iter().rev()));
        all.find(|(other, _)| other == id).map(|(_, tool)| tool.as_str())
    }
}

fn calls(message: &Message) -> Vec<(String, String)> {
    let call = |block: &Block| call(block).map(|(id, tool)| (id.to_owned(), tool.to_owned()));
    message.blocks.iter().filter_map(call).collect()
}

fn has_result(messages: &[Message], called: &str) -> bool {
    let mut blocks = messages.iter().flat_map(|message| &message.blocks);
    blocks.any(|block| matches!(block, Block::ToolResult { id, .. } if id == called))
}
