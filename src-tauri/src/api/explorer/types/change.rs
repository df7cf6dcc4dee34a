//! What a page that watches is told.

use serde::Serialize;
#[cfg(test)]
use ts_rs::TS;

use crate::model::{Change, SessionId};

/// What a page that watches is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum ChangeNote {
    /// A session began.
    SessionStarted {
        /// Which.
        session: SessionId,
    },
    /// A request of a session began to be logged.
    RequestLogged {
        /// Of which session.
        session: SessionId,
        /// Which.
        request_id: String,
    },
    /// An exchange ended.
    ExchangeEnded {
        /// Of which session.
        session: SessionId,
        /// Which.
        request_id: String,
    },
    /// The host's state changed: running, paused, a problem.
    Host,
    /// Something changed; what is not known here, or the watcher was behind.
    Something,
}

/// What a watcher is told of a change.
pub fn note_of(change: &Change) -> ChangeNote {
    let id = |id: &crate::model::RequestId| id.as_str().to_owned();
    match change {
        Change::SessionStarted(session) => ChangeNote::SessionStarted { session: session.clone() },
        Change::RequestLogged(session, request) => {
            ChangeNote::RequestLogged { session: session.clone(), request_id: id(request) }
        }
        Change::ExchangeEnded(session, request) => {
            ChangeNote::ExchangeEnded { session: session.clone(), request_id: id(request) }
        }
        Change::Degraded(_) => ChangeNote::Host,
    }
}
