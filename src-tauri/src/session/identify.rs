//! From what a request says to what it may continue.

use super::fingerprint::{Chain, ChainHash, LinkKey};
use crate::provider::{Answer, Provider, RequestFacts};

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
    let previous = facts.previous_response.as_ref().map(|id| LinkKey::of_response(provider, upstream, id));
    let mut chain = previous.map_or_else(|| Chain::new(provider, upstream), Chain::after_response);
    let prefixes = chain.extend(&facts.messages);
    let candidates = previous.into_iter().chain(prefixes.into_iter().rev());
    Identity {
        client_session: facts.session.id.clone(),
        continues: candidates.take(MAX_CANDIDATES).collect(),
        chain: (!facts.messages.is_empty() || previous.is_some()).then(|| chain.finish()),
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
    response.into_iter().chain(message).collect()
}

#[cfg(test)]
#[path = "identify_tests.rs"]
mod tests;
