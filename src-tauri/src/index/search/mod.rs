//! Search over what was said: sessions with hits, latest first, and in each the best hits.

mod snippet;
pub(super) mod statement;
mod wanted;

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow as _, Row as _, SqliteConnection};

pub use snippet::Piece;
pub use wanted::{Search, SearchSyntaxError};

use super::query::{Before, Result, Session};
use crate::db::Db;

/// Stands before a hit in SQLite's snippets, and in no text: Unicode keeps it for such use.
pub(super) const MARK_START: char = '\u{fdd0}';

/// Stands behind it.
pub(super) const MARK_END: char = '\u{fdd1}';

/// Hits shown of each session,
const HITS_SHOWN: u32 = 5;

/// and when the search names its session.
const HITS_SHOWN_OF_ONE: u32 = 100;

/// Words with more hits than this are looked for in one session after the other.
const COMMON_HITS: u32 = 2000;

/// Sessions that are asked with one statement then.
const SESSIONS_PER_STEP: u32 = 40;

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Sessions with hits, latest first.
    pub groups: Vec<Group>,
    /// Where the next page begins, if there is one.
    pub next: Option<Before>,
    /// Session files that were indexed before there was a search, and are still to be read.
    pub unread_files: u64,
}

/// A session and its hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The session.
    pub session: Session,
    /// How many hits it has.
    pub total: u64,
    /// The best of them, best first.
    pub hits: Vec<Hit>,
}

/// A text that was searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The exchange that it was first said in.
    pub request_id: String,
    /// Its number in the session.
    pub seq: u64,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// Who says it: `user`, `assistant`, `system`, `tool`.
    pub role: String,
    /// `text`, `thinking`, `tool_call`, `tool_result`, `system`.
    pub kind: String,
    /// The tool, of calls and results.
    pub tool: Option<String>,
    /// The text around the first hits.
    pub snippet: Vec<Piece>,
}

/// The latest `limit` sessions that have hits, behind `after`.
pub async fn search(db: &Db, search: &Search, limit: u32, after: Option<&Before>) -> Result<Found> {
    let mut transaction = db.readers().begin().await?;
    let unread_files = sqlx::query_scalar("select count(*) from files where has_messages = 0")
        .fetch_one(&mut *transaction)
        .await?;
    let mut groups = sessions(&mut transaction, search, limit.saturating_add(1), after).await?;
    let more = groups.len() > limit as usize;
    groups.truncate(limit as usize);
    let last = groups.last().filter(|_| more);
    let next = last.map(|group| Before { last_ms: group.session.last_ms, id: group.session.id.clone() });
    add_hits(&mut transaction, search, &mut groups).await?;
    Ok(Found { groups, next, unread_files })
}

async fn sessions(
    connection: &mut SqliteConnection,
    search: &Search,
    limit: u32,
    after: Option<&Before>,
) -> Result<Vec<Group>> {
    if search.is_of_whole_words() && are_common(connection, search).await? {
        return walk(connection, search, limit, after).await;
    }
    let rows = statement::sessions(search, limit, after).build().fetch_all(connection).await?;
    rows.iter().map(group).collect()
}

async fn are_common(connection: &mut SqliteConnection, search: &Search) -> Result<bool> {
    let mut sql = statement::are_more_than(search, COMMON_HITS);
    let counted: u32 = sql.build_query_scalar().fetch_one(connection).await?;
    Ok(counted > COMMON_HITS)
}

/// Asks session after session, the latest first, whether it has the words: when most have, that is far less than
/// looking at all hits.
async fn walk(
    connection: &mut SqliteConnection,
    search: &Search,
    limit: u32,
    after: Option<&Before>,
) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut last = after.cloned();
    loop {
        let rows = statement::walk(search, SESSIONS_PER_STEP, last.as_ref())
            .build()
            .fetch_all(&mut *connection)
            .await?;
        for row in &rows {
            let group = group(row)?;
            last = Some(Before { last_ms: group.session.last_ms, id: group.session.id.clone() });
            groups.extend((group.total > 0).then_some(group));
        }
        let is_enough = groups.len() >= limit as usize;
        if is_enough || rows.len() < SESSIONS_PER_STEP as usize {
            groups.truncate(limit as usize);
            return Ok(groups);
        }
    }
}

fn group(row: &SqliteRow) -> Result<Group> {
    Ok(Group { session: Session::from_row(row)?, total: row.try_get("hits")?, hits: Vec::new() })
}

async fn add_hits(connection: &mut SqliteConnection, search: &Search, groups: &mut [Group]) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let shown = if search.names_a_session() { HITS_SHOWN_OF_ONE } else { HITS_SHOWN };
    let ids: Vec<&str> = groups.iter().map(|group| group.session.id.as_str()).collect();
    let best: Vec<(i64, String)> =
        statement::best(search, &ids, shown).build_query_as().fetch_all(&mut *connection).await?;
    let messages: Vec<i64> = best.iter().map(|(message, _)| *message).collect();
    let rows = statement::hits(search, &messages).build().fetch_all(connection).await?;
    let mut by_id =
        rows.iter().map(|row| Ok((row.try_get("id")?, hit(row)?))).collect::<Result<HashMap<i64, Hit>>>()?;
    let mut hits: HashMap<String, Vec<Hit>> = HashMap::new();
    for (message, session) in best {
        hits.entry(session).or_default().extend(by_id.remove(&message));
    }
    for group in groups {
        group.hits = hits.remove(&group.session.id).unwrap_or_default();
    }
    Ok(())
}

fn hit(row: &SqliteRow) -> Result<Hit> {
    Ok(Hit {
        request_id: row.try_get("request_id")?,
        seq: row.try_get("seq")?,
        started_ms: row.try_get("started_ms")?,
        role: row.try_get("role")?,
        kind: row.try_get("kind")?,
        tool: row.try_get("tool")?,
        snippet: snippet::pieces(row.try_get("snippet")?),
    })
}
