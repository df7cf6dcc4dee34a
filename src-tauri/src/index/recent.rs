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
        if self.len() > MAX_ENTRIES {
            self.by_client.clear();
            self.by_link.clear();
        }
        self.forget_at = self.len() * 2;
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
