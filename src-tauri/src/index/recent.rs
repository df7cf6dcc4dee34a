//! Ways to recent sessions, so that a request finds a session whose rows are still on their way
//! into the tables.

use std::collections::HashMap;

use super::row::Op;
use crate::model::SessionId;
use crate::provider::Provider;
use crate::session::LinkKey;

/// Entries kept before the committed ones are forgotten.
const MIN_FORGET_AT: usize = 8192;

/// Entries kept at most, when the database does not answer: beyond, conversations may come apart.
const MAX_ENTRIES: usize = 400_000;

/// A client's name for a session, in its scope.
type ClientKey = (Provider, String, String);

/// A session, and the number of the line that said so.
#[derive(Debug)]
struct Said {
    session: SessionId,
    number: u64,
}

/// The ways in memory.
#[derive(Debug, Default)]
pub(super) struct Recent {
    by_client: HashMap<ClientKey, Said>,
    by_link: HashMap<LinkKey, Said>,
    forget_at: usize,
}

impl Recent {
    /// Remembers that a session goes by a client's name.
    pub(super) fn add_client(
        &mut self,
        provider: Provider,
        upstream: &str,
        client: &str,
        session: &SessionId,
        number: u64,
    ) {
        put(&mut self.by_client, (provider, upstream.to_owned(), client.to_owned()), session, number);
    }

    /// Remembers the links among some changes.
    pub(super) fn add_links(&mut self, ops: &[Op], number: u64) {
        for op in ops {
            if let Op::Link(key, session) = op {
                put(&mut self.by_link, *key, session, number);
            }
        }
    }

    pub(super) fn by_client(&self, provider: Provider, upstream: &str, client: &str) -> Option<&SessionId> {
        let key = (provider, upstream.to_owned(), client.to_owned());
        self.by_client.get(&key).map(|said| &said.session)
    }

    pub(super) fn by_link(&self, key: LinkKey) -> Option<&SessionId> {
        self.by_link.get(&key).map(|said| &said.session)
    }

    /// Forgets what is in the tables, when there is much.
    pub(super) fn forget_settled(&mut self, committed: u64) {
        if self.len() < self.forget_at.max(MIN_FORGET_AT) {
            return;
        }
        self.by_client.retain(|_, said| said.number > committed);
        self.by_link.retain(|_, said| said.number > committed);
        if self.len() >= MAX_ENTRIES {
            self.by_client.clear();
            self.by_link.clear();
        }
        self.forget_at = (self.len() * 2).min(MAX_ENTRIES);
    }

    fn len(&self) -> usize {
        self.by_client.len() + self.by_link.len()
    }
}

/// The newer session wins, as it does in the tables.
fn put<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Said>, key: K, session: &SessionId, number: u64) {
    let said = map.entry(key).or_insert_with(|| Said { session: session.clone(), number });
    if *session > said.session {
        *said = Said { session: session.clone(), number };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> SessionId {
        format!("20261123-030829-{number:08x}").parse().unwrap()
    }

    fn add(recent: &mut Recent, number: u64, committed: u64) {
        recent.add_client(Provider::OpenAi, "a.example", &number.to_string(), &id(number), number);
        recent.forget_settled(committed);
    }

    #[test]
    fn only_what_is_not_committed_is_kept_when_there_is_much() {
        let mut recent = Recent::default();
        (0..100_000).for_each(|number| add(&mut recent, number, number.saturating_sub(10)));
        assert!(recent.len() <= MIN_FORGET_AT);
        assert_eq!(recent.by_client(Provider::OpenAi, "a.example", "99999"), Some(&id(99_999)));
    }

    #[test]
    fn memory_stays_bounded_when_nothing_is_committed() {
        let mut recent = Recent::default();
        for number in 1..2 * MAX_ENTRIES as u64 {
            add(&mut recent, number, 0);
            assert!(recent.len() <= MAX_ENTRIES);
        }
    }
}
