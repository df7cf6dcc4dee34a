//! Search over what was said: sessions with hits, latest first, and in each the best hits.

mod beginning;
mod find;
pub(super) mod plan;
mod snippet;
pub(super) mod statement;
mod wanted;

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow as _, Row as _, SqliteConnection};

pub use snippet::Piece;
pub use wanted::{Search, SearchSyntaxError};

use find::Fitting;
use plan::{Limits, Plan};

use super::query::{Before, Result, Session};
use crate::db::Db;

/// Stands before a hit in SQLite's snippets, and in no text: Unicode keeps it for such use.
pub(super) const MARK_START: char = '\u{fdd0}';

/// Stands behind it.
pub(super) const MARK_END: char = '\u{fdd1}';

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Sessions with hits, latest first.
    pub groups: Vec<Group>,
    /// Where the next page begins, if there is one. One of a search for common words may end before it is full.
    pub next: Option<Before>,
    /// Words, as typed, that too many texts have to say which are the best. If no other is left, the shortest come
    /// first.
    pub unranked: Vec<String>,
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
    /// Whether it may have more: of many texts, the newest were looked at.
    pub has_more: bool,
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
    search_within(db, search, limit, after, Limits::default()).await
}

pub(super) async fn search_within(
    db: &Db,
    search: &Search,
    limit: u32,
    after: Option<&Before>,
    limits: Limits,
) -> Result<Found> {
    let mut transaction = db.readers().begin().await?;
    let unread_files = sqlx::query_scalar("select count(*) from files where has_messages = 0")
        .fetch_one(&mut *transaction)
        .await?;
    let found = match search.has_words() {
        true => with_words(&mut transaction, search, limit, after, limits).await?,
        false => without_words(&mut transaction, search, limit, after).await?,
    };
    Ok(Found { unread_files, ..found })
}

async fn with_words(
    connection: &mut SqliteConnection,
    search: &Search,
    limit: u32,
    after: Option<&Before>,
    limits: Limits,
) -> Result<Found> {
    let plan = Plan::of(connection, search, limits).await?;
    let one_more = limit.saturating_add(1);
    let mut page = match plan.is_few {
        true => find::among_all(connection, search, &plan, one_more, after).await?,
        false => find::by_session(connection, search, &plan, one_more, after, limits.budget).await?,
    };
    let is_more = page.sessions.len() > limit as usize;
    page.sessions.truncate(limit as usize);
    let totals: Vec<u64> = page.sessions.iter().map(|fitting| fitting.texts.len() as u64).collect();
    find::rank(connection, &plan, &mut page.sessions, search.hits_shown()).await?;
    let texts: Vec<i64> =
        page.sessions.iter().flat_map(|fitting| fitting.texts.iter().map(|text| text.id)).collect();
    let mut hits = by_id(&find::hits(connection, search, &plan, texts).await?)?;
    let ids: Vec<&str> = page.sessions.iter().map(|fitting| fitting.session.id.as_str()).collect();
    let rows = statement::sessions_of(&ids).build().fetch_all(connection).await?;
    let group = |(row, (fitting, total)): (&SqliteRow, (&Fitting, u64))| {
        Ok(Group {
            session: Session::from_row(row)?,
            total,
            has_more: fitting.has_more,
            hits: fitting.texts.iter().filter_map(|text| hits.remove(&text.id)).collect(),
        })
    };
    let groups =
        rows.iter().zip(page.sessions.iter().zip(totals)).map(group).collect::<Result<Vec<Group>>>()?;
    let next = if is_more { behind(&groups) } else { page.stopped };
    Ok(Found { groups, next, unranked: plan.unranked, unread_files: 0 })
}

async fn without_words(
    connection: &mut SqliteConnection,
    search: &Search,
    limit: u32,
    after: Option<&Before>,
) -> Result<Found> {
    let rows = statement::sessions(search, limit.saturating_add(1), after)
        .build()
        .fetch_all(&mut *connection)
        .await?;
    let is_more = rows.len() > limit as usize;
    let group = |row: &SqliteRow| {
        Ok(Group {
            session: Session::from_row(row)?,
            total: row.try_get("hits")?,
            has_more: false,
            hits: Vec::new(),
        })
    };
    let mut groups: Vec<Group> = rows.iter().take(limit as usize).map(group).collect::<Result<_>>()?;
    let ids: Vec<&str> = groups.iter().map(|group| group.session.id.as_str()).collect();
    let shown = u32::try_from(search.hits_shown()).unwrap_or(u32::MAX);
    let first: Vec<(i64, String)> =
        statement::first(search, &ids, shown).build_query_as().fetch_all(&mut *connection).await?;
    let messages: Vec<i64> = first.iter().map(|(message, _)| *message).collect();
    let rows = statement::hits_without_words(&messages).build().fetch_all(connection).await?;
    let mut found = by_id(&rows)?;
    let mut by_session: HashMap<String, Vec<Hit>> = HashMap::new();
    for (message, session) in first {
        by_session.entry(session).or_default().extend(found.remove(&message));
    }
    for group in &mut groups {
        group.hits = by_session.remove(&group.session.id).unwrap_or_default();
    }
    let next = if is_more { behind(&groups) } else { None };
    Ok(Found { groups, next, unranked: Vec::new(), unread_files: 0 })
}

fn behind(groups: &[Group]) -> Option<Before> {
    groups.last().map(|group| Before { last_ms: group.session.last_ms, id: group.session.id.clone() })
}

fn by_id(rows: &[SqliteRow]) -> Result<HashMap<i64, Hit>> {
    rows.iter().map(|row| Ok((row.try_get("id")?, hit(row)?))).collect()
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
