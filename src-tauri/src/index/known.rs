//! What earlier lines said that later ones need: whose API a session speaks, and which of its
//! requests still wait for their response.

use std::collections::HashMap;

use crate::model::{RequestId, SessionId, Timestamp};
use crate::provider::Provider;
use crate::session::ChainHash;

/// Sessions kept in memory before those that nothing waits for are forgotten.
const MIN_FORGET_AT: usize = 4096;

/// A session that lines were seen of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KnownSession {
    pub(super) provider: Provider,
    pub(super) upstream: String,
    pub(super) file: String,
    pub(super) created: Timestamp,
    pub(super) last_seq: u64,
    /// The request whose first line is the title, as far as lines were seen.
    pub(super) title_seq: Option<u64>,
    /// True once a line told the client's own name for it.
    pub(super) named: bool,
    /// Requests without a response yet, oldest first. Few: what runs in parallel.
    pub(super) open: Vec<OpenRequest>,
    /// Number of the last line that changed it; not to be forgotten before that is committed.
    pub(super) touched: u64,
}

/// What a response has to be read with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OpenRequest {
    pub(super) request_id: String,
    pub(super) seq: u64,
    pub(super) path: String,
    pub(super) chain: Option<ChainHash>,
}

impl KnownSession {
    /// Whether a request's first line is news: an earlier one's stays the title.
    pub(super) fn takes_title_of(&mut self, seq: u64) -> bool {
        let news = self.title_seq.is_none_or(|title_seq| seq < title_seq);
        if news {
            self.title_seq = Some(seq);
        }
        news
    }

    /// Takes out the request that a response belongs to: by its id, in old logs by its number.
    pub(super) fn close(&mut self, id: Option<&RequestId>, seq: u64) -> Option<OpenRequest> {
        let at = self.open.iter().position(|open| match id {
            Some(id) => open.request_id == id.as_str(),
            None => open.seq == seq,
        })?;
        Some(self.open.remove(at))
    }

    /// Adds a request, unless it waits already.
    pub(super) fn open(&mut self, request: OpenRequest) {
        self.last_seq = self.last_seq.max(request.seq);
        if !self.open.iter().any(|open| open.request_id == request.request_id) {
            self.open.push(request);
        }
    }
}

/// The sessions in memory. Whoever is missing here is in the tables, or in the files.
#[derive(Debug, Default)]
pub(super) struct Known {
    sessions: HashMap<SessionId, KnownSession>,
    forget_at: usize,
}

impl Known {
    pub(super) fn get(&self, id: &SessionId) -> Option<&KnownSession> {
        self.sessions.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &SessionId) -> Option<&mut KnownSession> {
        self.sessions.get_mut(id)
    }

    /// Adds a session, unless it is known.
    pub(super) fn learn(&mut self, id: SessionId, session: KnownSession) {
        self.sessions.entry(id).or_insert(session);
    }

    /// Forgets sessions of which everything is committed and nothing runs, when there are many.
    pub(super) fn forget_settled(&mut self, committed: u64) {
        if self.sessions.len() < self.forget_at.max(MIN_FORGET_AT) {
            return;
        }
        self.sessions.retain(|_, session| session.touched > committed || !session.open.is_empty());
        // Not again before as many have come anew: the sweep stays cheap on average.
        self.forget_at = self.sessions.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(touched: u64, open: Vec<OpenRequest>) -> KnownSession {
        KnownSession {
            provider: Provider::OpenAi,
            upstream: "a.example".to_owned(),
            file: String::new(),
            created: Timestamp::default(),
            last_seq: 0,
            title_seq: None,
            named: false,
            open,
            touched,
        }
    }

    fn id(number: u64) -> SessionId {
        format!("20261123-030829-{number:08x}").parse().unwrap()
    }

    #[test]
    fn memory_stays_bounded_while_rows_are_committed() {
        let mut known = Known::default();
        for number in 0..100_000 {
            known.learn(id(number), session(number, Vec::new()));
            known.forget_settled(number);
            assert!(known.sessions.len() <= MIN_FORGET_AT);
        }
    }

    #[test]
    fn what_is_not_committed_or_still_runs_is_kept() {
        let mut known = Known::default();
        let open = OpenRequest { request_id: "a".to_owned(), seq: 1, path: String::new(), chain: None };
        known.learn(id(0), session(0, vec![open]));
        for number in 1..20_000 {
            known.learn(id(number), session(number, Vec::new()));
            known.forget_settled(10_000);
        }
        assert!(known.get(&id(0)).is_some(), "it runs");
        assert!((10_001..20_000).all(|number| known.get(&id(number)).is_some()), "not committed");
        assert!(known.get(&id(1)).is_none());
    }
}
