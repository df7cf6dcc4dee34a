//! What watchers are told: that something changed, and its id. Whoever wants more asks `api`.

use super::{RequestId, SessionId};

/// One change in the store, as broadcast by the recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A session's log began.
    SessionStarted(SessionId),
    /// A request of a session is in the log.
    RequestLogged(SessionId, RequestId),
    /// An exchange ended and its response is in the log.
    ExchangeEnded(SessionId, RequestId),
    /// Something could not be recorded; the log's `gap` entries say what.
    Degraded(&'static str),
}
