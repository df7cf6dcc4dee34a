//! Search over what was said, as front ends get it.

use serde::Serialize;

use super::query::{Archive, summary_of_row};
use super::types::SessionSummary;
use crate::index::query::Before;
use crate::index::search::{self as index, Search, SearchSyntaxError};
use crate::model::Timestamp;

/// Why a search has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// It was not understood.
    #[error(transparent)]
    Syntax(#[from] SearchSyntaxError),
    /// There is no index that can be searched.
    #[error("the index cannot be searched ({reason}): `llm-proxy reindex` makes it anew from the logs")]
    NoIndex {
        /// Why, in words.
        reason: String,
    },
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Found {
    /// Sessions with hits, latest first.
    pub sessions: Vec<SessionHits>,
    /// Where the next page begins, if there is one. One of a search for common words may end before it is full, even
    /// empty: enough sessions were looked at.
    pub next: Option<Cursor>,
    /// Words that too many texts have to say which are the best. If no other is left, the shortest come first.
    pub unranked: Vec<String>,
    /// Session files from before there was a search that are still to be read; 0: all can be found.
    pub unread_files: u64,
}

/// Where a page begins: behind this session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Cursor {
    /// When that session was used last, in milliseconds since 1970.
    pub last_ms: i64,
    /// Its id.
    pub session: String,
}

/// A session and its hits.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SessionHits {
    /// The session.
    pub session: SessionSummary,
    /// How many hits it has.
    pub total: u64,
    /// Whether it may have more: of very many texts, the newest were looked at.
    pub has_more: bool,
    /// The best of them, best first.
    pub hits: Vec<Hit>,
}

/// A text that was searched for. Turn and place are where it was said first in its session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Hit {
    /// The turn's number in the session.
    pub seq: u64,
    /// The exchange's id; in old logs, which have none, made of session and position.
    pub request_id: String,
    /// When the exchange began.
    pub started: Timestamp,
    /// Who says it: `user`, `assistant`, `system`, `tool`.
    pub role: String,
    /// `text`, `thinking`, `tool_call`, `tool_result`, `system`.
    pub kind: String,
    /// The tool, of calls and results; none when it is not known.
    pub tool: Option<String>,
    /// The text around the first hits, in pieces.
    pub snippet: Vec<SnippetPiece>,
}

/// Part of a snippet. What strangers wrote: plain text, whatever it looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SnippetPiece {
    /// The text.
    pub text: String,
    /// Whether this is what was searched for.
    pub marked: bool,
}

/// The latest `limit` sessions in which something fits `query`, behind `after`.
pub async fn search(
    archive: &Archive,
    query: &str,
    limit: u32,
    after: Option<&Cursor>,
) -> Result<Found, SearchError> {
    let search: Search = query.parse()?;
    let after = after.map(|after| Before { last_ms: after.last_ms, id: after.session.clone() });
    let mut found = index::search(archive.db(), &search, limit, after.as_ref()).await;
    if found.is_err() {
        // A proxy that starts for the first time is just making it: nothing was said yet.
        if archive.db().is_blank().await {
            return Ok(Found { sessions: Vec::new(), next: None, unranked: Vec::new(), unread_files: 0 });
        }
        found = index::search(archive.db(), &search, limit, after.as_ref()).await;
    }
    let found = found.map_err(|error| SearchError::NoIndex { reason: archive.why_no_index(&error) })?;
    Ok(Found {
        sessions: found.groups.into_iter().filter_map(session_hits).collect(),
        next: found.next.map(|next| Cursor { last_ms: next.last_ms, session: next.id }),
        unranked: found.unranked,
        unread_files: found.unread_files,
    })
}

fn session_hits(group: index::Group) -> Option<SessionHits> {
    let hits = group.hits.into_iter().map(hit).collect();
    Some(SessionHits {
        session: summary_of_row(group.session)?,
        total: group.total,
        has_more: group.has_more,
        hits,
    })
}

fn hit(hit: index::Hit) -> Hit {
    let piece = |piece: index::Piece| SnippetPiece { text: piece.text, marked: piece.marked };
    Hit {
        seq: hit.seq,
        request_id: hit.request_id,
        started: Timestamp::from_unix_ms(hit.started_ms),
        role: hit.role,
        kind: hit.kind,
        tool: hit.tool,
        snippet: hit.snippet.into_iter().map(piece).collect(),
    }
}
