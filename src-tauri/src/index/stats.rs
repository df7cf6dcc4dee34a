//! Sums over the chosen exchanges, by day and by what they have in common.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, QueryBuilder, Row as _, Sqlite};

use super::facets::Counted;
use super::filter::State;
use super::list::{Chosen, SUMS};
use super::query::{Result, Tokens};
use crate::db::Db;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What sums are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The model.
    Model,
    /// The program that asked.
    Client,
    /// The folder that the agent works in.
    Project,
    /// The session's id.
    Session,
}

impl By {
    fn column(self) -> &'static str {
        match self {
            Self::Model => "e.model",
            Self::Client => "e.client_name",
            Self::Project => "e.project",
            Self::Session => "e.session",
        }
    }
}

/// Sums over the exchanges that have a name in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name; empty: none.
    pub name: String,
    /// Exchanges.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost, in billionths of a US dollar.
    pub cost_nanousd: Option<i64>,
}

/// Sums over a day's exchanges with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Local days since 1970.
    pub day: i64,
    /// The model's.
    pub group: Group,
}

/// Sums for each local day and model, in order. Local time is ahead of UTC by `utc_offset_ms`.
pub async fn days(db: &Db, chosen: &Chosen, utc_offset_ms: i64) -> Result<Vec<Day>> {
    days_sql(chosen, utc_offset_ms).build_query_as().fetch_all(&db.readers()).await
}

/// The groups that cost most, at most `limit`. Exchanges without the name are in none.
pub async fn groups(db: &Db, chosen: &Chosen, by: By, limit: u32) -> Result<Vec<Group>> {
    groups_sql(chosen, by, limit).build_query_as().fetch_all(&db.readers()).await
}

/// The titles of these sessions, by id.
pub async fn titles(db: &Db, sessions: &[&str]) -> Result<Vec<(String, Option<String>)>> {
    titles_sql(sessions).build_query_as().fetch_all(&db.readers()).await
}

/// Milliseconds to the first byte and to the end, of each exchange that was answered.
pub async fn durations(db: &Db, chosen: &Chosen) -> Result<Vec<(u64, u64)>> {
    durations_sql(chosen).build_query_as().fetch_all(&db.readers()).await
}

/// Failed exchanges by status, or how they ended where that says more; most frequent first.
pub async fn errors(db: &Db, chosen: &Chosen, limit: u32) -> Result<Vec<Counted>> {
    errors_sql(chosen, limit).build_query_as().fetch_all(&db.readers()).await
}

/// Tool calls of the chosen exchanges by tool, most called first. What a model calls twice with the same
/// arguments in a session counts once.
pub async fn tools(db: &Db, chosen: &Chosen, limit: u32) -> Result<Vec<Counted>> {
    tools_sql(chosen, limit).build_query_as().fetch_all(&db.readers()).await
}

pub(super) fn days_sql(chosen: &Chosen, utc_offset_ms: i64) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select ");
    // Division cuts towards 0; days before 1970 would need another way.
    sql.push("(e.started_ms + ").push_bind(utc_offset_ms).push(") / ").push_bind(DAY_MS);
    sql.push(" as day, coalesce(e.model, '') as name, ").push(SUMS);
    chosen.push_from(&mut sql);
    sql.push(" group by day, name order by day, name");
    sql
}

pub(super) fn groups_sql(chosen: &Chosen, by: By, limit: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select ");
    sql.push(by.column()).push(" as name, ").push(SUMS);
    chosen.push_from(&mut sql);
    sql.push(" and coalesce(").push(by.column()).push(", '') <> '' group by name");
    sql.push(
        " order by cost_nanousd desc, sum(coalesce(e.input_tokens, 0) + coalesce(e.output_tokens, 0)) desc,",
    );
    sql.push(" requests desc, name limit ").push_bind(limit);
    sql
}

pub(super) fn titles_sql(sessions: &[&str]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select id, title from sessions where id in (");
    let mut list = sql.separated(", ");
    for session in sessions {
        list.push_bind((*session).to_owned());
    }
    sql.push(")");
    sql
}

pub(super) fn durations_sql(chosen: &Chosen) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select e.ttfb_ms, e.total_ms");
    chosen.push_from(&mut sql);
    sql.push(" and e.status > 0 and e.ttfb_ms is not null and e.total_ms is not null");
    sql
}

pub(super) fn errors_sql(chosen: &Chosen, limit: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "select case when e.status >= 400 then cast(e.status as text) else coalesce(e.end_kind, 'error') end
             as value, count(*) as count",
    );
    chosen.push_from(&mut sql);
    sql.push(" and ");
    State::Error.push(&mut sql);
    sql.push(" group by value order by count desc, value limit ").push_bind(limit);
    sql
}

pub(super) fn tools_sql(chosen: &Chosen, limit: u32) -> QueryBuilder<Sqlite> {
    let mut sql =
        QueryBuilder::<Sqlite>::new("select m.tool as value, count(*) as count from (select e.request_id");
    chosen.push_from(&mut sql);
    sql.push(
        ") chosen cross join messages m on m.request_id = chosen.request_id
         where m.kind = 'tool_call' and m.tool is not null group by value order by count desc, value limit ",
    );
    sql.push_bind(limit);
    sql
}

impl FromRow<'_, SqliteRow> for Group {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            name: row.try_get("name")?,
            requests: row.try_get("requests")?,
            tokens: Tokens::from_row(row)?,
            cost_nanousd: row.try_get("cost_nanousd")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Day {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self { day: row.try_get("day")?, group: Group::from_row(row)? })
    }
}

impl FromRow<'_, SqliteRow> for Counted {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self { value: row.try_get("value")?, count: row.try_get("count")? })
    }
}
