//! What a session's conversations said so far. Every request repeats nearly all of the one before it, so
//! only what lies behind their common beginning is looked at.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

use crate::provider::{Block, Message, Role};

/// How often each block stands somewhere.
type Counts = HashMap<u64, usize>;

/// The blocks of a conversation, each by its fingerprint, by message.
#[derive(Debug, Clone, Default)]
pub(super) struct Conversation {
    messages: Arc<Vec<Prints>>,
}

/// The fingerprints of a message's blocks. Conversations share them: each repeats the one before.
type Prints = Arc<[u64]>;

/// Two conversations are the same when their blocks are, however they are spread over messages.
impl Hash for Conversation {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.blocks().for_each(|block| block.hash(hasher));
    }
}

impl Conversation {
    /// The conversation of these messages, of which the first `kept` are those of this one.
    pub(super) fn next(&self, messages: &[Message], kept: usize) -> Self {
        let prints =
            |message: &Message| message.blocks.iter().map(|block| fingerprint(message.role, block)).collect();
        let known = self.messages.iter().take(kept);
        let new = messages.iter().skip(known.len()).map(prints);
        Self { messages: Arc::new(known.cloned().chain(new).collect()) }
    }

    fn blocks(&self) -> impl Iterator<Item = u64> {
        self.messages.iter().flat_map(|message| message.iter().copied())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// How many messages both begin with.
    fn shared_with(&self, other: &Self) -> usize {
        self.messages.iter().zip(other.messages.iter()).take_while(|(one, other)| one == other).count()
    }

    fn count(&self, block: u64) -> usize {
        self.blocks().filter(|other| *other == block).count()
    }
}

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The most often that any one conversation had each block.
    most: Counts,
    /// The latest conversation,
    last: Conversation,
    /// and how often it has each block.
    counts: Counts,
}

impl Said {
    /// The messages, each with its new blocks only: those that no earlier conversation had so often,
    /// and all behind the last answer, even where the same words were said before ("yes").
    pub(super) fn news(&mut self, messages: &[Message], conversation: &Conversation) -> Vec<Message> {
        let tail =
            messages.iter().rposition(|message| message.role == Role::Assistant).map_or(0, |at| at + 1);
        let shared = self.go_back(conversation);
        let mut news = Vec::new();
        for (at, message) in messages.iter().enumerate().skip(shared.min(tail)) {
            let is_behind = at >= tail && message.role != Role::System;
            let prints = conversation.messages[at].iter();
            let blocks = message.blocks.iter().zip(prints).filter(|(_, print)| {
                let is_more = at >= shared && self.add(**print);
                is_more || is_behind
            });
            let blocks: Vec<Block> = blocks.map(|(block, _)| block.clone()).collect();
            if !blocks.is_empty() {
                news.push(Message { role: message.role, blocks });
            }
        }
        for print in conversation.messages[shared..].iter().flat_map(|message| message.iter()) {
            let count = self.counts.get(print).copied().unwrap_or(0);
            self.remember(*print, count);
        }
        self.last = conversation.clone();
        news
    }

    /// Takes note of the answer to a conversation: the next one repeats it.
    pub(super) fn answer(&mut self, conversation: &Conversation, answer: Option<&Message>) {
        let mut counts = Counts::new();
        for block in answer.iter().flat_map(|message| &message.blocks) {
            let print = fingerprint(Role::Assistant, block);
            *counts.entry(print).or_insert_with(|| conversation.count(print)) += 1;
        }
        counts.into_iter().for_each(|(print, count)| self.remember(print, count));
    }

    /// Forgets what the latest conversation has behind its common beginning with this one, and says how many
    /// messages that is.
    fn go_back(&mut self, conversation: &Conversation) -> usize {
        let shared = self.last.shared_with(conversation);
        if shared == 0 {
            self.counts.clear();
        }
        for print in self.last.messages[shared..].iter().flat_map(|message| message.iter()) {
            if let Some(count) = self.counts.get_mut(print) {
                *count = count.saturating_sub(1);
            }
        }
        shared
    }

    /// Adds a block to the latest conversation. True when none before had it so often.
    fn add(&mut self, print: u64) -> bool {
        let count = self.counts.entry(print).or_default();
        *count += 1;
        *count > self.most.get(&print).copied().unwrap_or(0)
    }

    fn remember(&mut self, print: u64, count: usize) {
        let most = self.most.entry(print).or_default();
        *most = count.max(*most);
    }
}

/// What makes two blocks the same although clients send back what they got with small changes: no
/// ids, no white space around texts, and tool results whoever's message they stand in.
fn fingerprint(role: Role, block: &Block) -> u64 {
    let mut hasher = DefaultHasher::new();
    (role == Role::Assistant, role == Role::System).hash(&mut hasher);
    std::mem::discriminant(block).hash(&mut hasher);
    match block {
        Block::Text(text) | Block::Thinking { text, .. } => text.trim().hash(&mut hasher),
        Block::ToolCall { name, input, .. } => (name, input.to_string()).hash(&mut hasher),
        Block::ToolResult { text, images, .. } => (text.trim(), images).hash(&mut hasher),
        Block::Image(image) => image.hash(&mut hasher),
        Block::Other { kind, json } => (kind, json.to_string()).hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Says the same by looking at everything.
    #[derive(Default)]
    struct Plain {
        most: Counts,
    }

    impl Plain {
        fn news(&mut self, messages: &[Message]) -> Vec<Message> {
            let tail = messages.iter().rposition(|one| one.role == Role::Assistant).map_or(0, |at| at + 1);
            let mut counts = Counts::new();
            let mut news = Vec::new();
            for (at, message) in messages.iter().enumerate() {
                let blocks = message.blocks.iter().filter(|block| {
                    let print = fingerprint(message.role, block);
                    let count = counts.entry(print).or_default();
                    *count += 1;
                    *count > self.most.get(&print).copied().unwrap_or(0)
                        || (at >= tail && message.role != Role::System)
                });
                let blocks: Vec<Block> = blocks.cloned().collect();
                if !blocks.is_empty() {
                    news.push(Message { role: message.role, blocks });
                }
            }
            self.remember(counts);
            news
        }

        fn answer(&mut self, messages: &[Message], answer: &Message) {
            let all = messages.iter().chain([answer]);
            let mut counts = Counts::new();
            for (role, block) in all.flat_map(|one| one.blocks.iter().map(|block| (one.role, block))) {
                *counts.entry(fingerprint(role, block)).or_default() += 1;
            }
            self.remember(counts);
        }

        fn remember(&mut self, counts: Counts) {
            for (print, count) in counts {
                let most = self.most.entry(print).or_default();
                *most = count.max(*most);
            }
        }
    }

    fn message() -> impl Strategy<Value = Message> {
        let role = prop_oneof![Just(Role::User), Just(Role::Assistant), Just(Role::System), Just(Role::Tool)];
        let texts = proptest::collection::vec("[abc]", 0..3);
        (role, texts)
            .prop_map(|(role, texts)| Message { role, blocks: texts.into_iter().map(Block::Text).collect() })
    }

    /// A request: how much of the conversation before stays, and what comes behind it.
    fn requests() -> impl Strategy<Value = Vec<(usize, Vec<Message>, Message)>> {
        proptest::collection::vec((0..12_usize, proptest::collection::vec(message(), 0..4), message()), 1..12)
    }

    proptest! {
        #[test]
        fn looking_at_the_end_alone_finds_what_looking_at_everything_does(requests in requests()) {
            let (mut said, mut plain) = (Said::default(), Plain::default());
            let mut messages: Vec<Message> = Vec::new();
            for (kept, more, answer) in requests {
                let answer = Message { role: Role::Assistant, ..answer };
                messages.truncate(kept);
                messages.extend(more);
                let conversation = Conversation::default().next(&messages, 0);
                prop_assert_eq!(said.news(&messages, &conversation), plain.news(&messages));
                said.answer(&conversation, Some(&answer));
                plain.answer(&messages, &answer);
                prop_assert_eq!(&said.most, &plain.most);
                messages.push(answer);
            }
        }
    }
}
