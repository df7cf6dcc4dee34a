//! From what a request says to what it may continue.

use super::fingerprint::{Chain, ChainHash, Link, LinkKey};
use crate::provider::{Answer, Message, Provider, RequestFacts};

/// Longer histories are tried this many answers back; a client that rewinds further starts anew.
const MAX_CANDIDATES: usize = 256;

/// What a request says about the session it belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The client's own name for the session. Where there is one, nothing else is asked: a client
    /// that forks a conversation gives it a new name.
    pub client_session: Option<String>,
    /// What the request may continue, best first. Empty for the first request of a conversation,
    /// so that "Hello" twice makes two sessions.
    pub continues: Vec<LinkKey>,
    /// The hash of all its messages. `None` when it has none: models, files, embeddings.
    pub chain: Option<ChainHash>,
}

/// Reads a request's identity off what is known of it. It must be told of the *redacted* body, as
/// the log has it: the index computes the keys of answers from there.
pub fn identify(provider: Provider, upstream: &str, facts: &RequestFacts) -> Identity {
    Identifier::default().identify(provider, upstream, facts, 0)
}

/// Reads the identities of one conversation's requests, one after the other: what they have in common is
/// hashed once.
#[derive(Debug, Default)]
pub struct Identifier {
    began: Option<Chain>,
    turns: Vec<Link>,
}

impl Identifier {
    /// As [`identify`] does, of a request whose first `kept` messages are those of the one before it.
    pub fn identify(
        &mut self,
        provider: Provider,
        upstream: &str,
        facts: &RequestFacts,
        kept: usize,
    ) -> Identity {
        let previous =
            facts.previous_response.as_ref().map(|id| LinkKey::of_response(provider, upstream, id));
        let began = previous.map_or_else(|| Chain::new(provider, upstream), Chain::after_response);
        self.go_on(began, &facts.messages, kept);
        let ends = self.turns.iter().rev().filter(|turn| turn.is_answer).map(|turn| turn.after.key());
        Identity {
            client_session: facts.session.id.clone(),
            continues: previous.into_iter().chain(ends).take(MAX_CANDIDATES).collect(),
            chain: (!facts.messages.is_empty() || previous.is_some()).then(|| self.chain(began).finish()),
        }
    }

    fn go_on(&mut self, began: Chain, messages: &[Message], kept: usize) {
        if self.began.replace(began) != Some(began) {
            self.turns.clear();
        }
        // The last turn that begins within what was kept may be longer now.
        let within = self.turns.partition_point(|turn| turn.first < kept);
        let from = within.checked_sub(1).map_or(0, |last| self.turns[last].first).min(messages.len());
        self.turns.truncate(within.saturating_sub(1));
        let new = self.chain(began).extend(&messages[from..]);
        self.turns.extend(new.into_iter().map(|turn| Link { first: turn.first + from, ..turn }));
    }

    fn chain(&self, began: Chain) -> Chain {
        self.turns.last().map_or(began, |turn| turn.after)
    }
}

/// What the next request of the conversation will be recognised by, now that `answer` was given to
/// the request whose messages hash to `chain`.
pub fn links_after(
    provider: Provider,
    upstream: &str,
    chain: Option<ChainHash>,
    answer: &Answer,
) -> Vec<LinkKey> {
    let id = answer.id.as_ref().filter(|_| provider == Provider::OpenAi);
    let response = id.map(|id| LinkKey::of_response(provider, upstream, id));
    let message = chain
        .zip(answer.message.as_ref())
        .and_then(|(chain, message)| Chain::resume(chain).extend(std::slice::from_ref(message)).pop());
    let message = message.filter(|turn| turn.is_answer).map(|turn| turn.after.key());
    response.into_iter().chain(message).collect()
}

#[cfg(test)]
#[path = "identify_tests.rs"]
mod tests;
