//! What readers ask of the tables. Plain rows; whoever shows them reads the spans of the files.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, QueryBuilder, Row as _, Sqlite};

use crate::db::Db;
use crate::provider::Provider;

/// A failed query. The files are unharmed; a reindex mends the tables.
pub type Result<T> = std::result::Result<T, sqlx::Error>;

/// A session in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whose API: `anthropic`, `openai`, `gemini`, `bedrock`.
    pub provider: String,
    /// The upstream, `host` or `host:port`.
    pub upstream: String,
    /// The client's own name for it.
    pub client_session: Option<String>,
    /// The program that asked last.
    pub client_name: Option<String>,
    /// Its version.
    pub client_version: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub created_ms: i64,
    /// When its latest exchange ended, or began if it runs, in milliseconds since 1970.
    pub last_ms: i64,
    /// The highest request number.
    pub last_seq: u64,
    /// Its file, relative to the log folder.
    pub file: String,
    /// How many exchanges it has.
    pub requests: u64,
    /// Tokens of all its exchanges.
    pub tokens: Tokens,
    /// What its exchanges with a known price cost, in billionths of a US dollar; `None`: there are none.
    pub cost_nanousd: Option<i64>,
    /// Its exchanges with tokens and no known price.
    pub unpriced: u64,
    /// When its latest exchange without a response began, in milliseconds since 1970; `None`: all have one.
    pub open_ms: Option<i64>,
    /// The model of its latest exchange that names one.
    pub model: Option<String>,
    /// The folder that the agent worked in last.
    pub project: Option<String>,
    /// The first line a user wrote.
    pub title: Option<String>,
}

/// Sums of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Input that was neither read from the provider's cache nor written to it.
    pub input: u64,
    /// Output, reasoning included.
    pub output: u64,
    /// Input out of the provider's cache.
    pub cache_read: u64,
    /// Input written to the cache.
    pub cache_write: u64,
}

/// An exchange in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Its id.
    pub request_id: String,
    /// Its session's id.
    pub session: String,
    /// Its number in the session.
    pub seq: u64,
    /// Whose API.
    pub provider: String,
    /// The upstream, `host` or `host:port`.
    pub upstream: String,
    /// The method; empty when the request's line is lost.
    pub method: String,
    /// The path; empty likewise.
    pub path: String,
    /// What kind of request: `chat`, `count_tokens` and so on.
    pub kind: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The program that asked.
    pub client_name: Option<String>,
    /// Its version.
    pub client_version: Option<String>,
    /// The folder that the agent works in.
    pub project: Option<String>,
    /// The sub-agent that asked; `None` is the main one.
    pub agent: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// HTTP status; 0: no response came; `None`: it still runs.
    pub status: Option<u16>,
    /// How it ended, in the log's word.
    pub end_kind: Option<String>,
    /// Why the model stopped, in the API's word.
    pub stop_reason: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Input tokens without cached ones.
    pub input_tokens: Option<u64>,
    /// Output tokens.
    pub output_tokens: Option<u64>,
    /// Input tokens out of the provider's cache.
    pub cache_read_tokens: Option<u64>,
    /// Input tokens written to the cache.
    pub cache_write_tokens: Option<u64>,
    /// The part of `cache_write_tokens` that is kept for an hour.
    pub cache_write_1h_tokens: Option<u64>,
    /// The part of `output_tokens` that was reasoning.
    pub reasoning_tokens: Option<u64>,
    /// What it cost, in billionths of a US dollar; `None`: no price is known, or no tokens were told.
    pub cost_nanousd: Option<i64>,
    /// Milliseconds to the first byte.
    pub ttfb_ms: Option<u64>,
    /// Milliseconds to the end.
    pub total_ms: Option<u64>,
    /// Wire bytes of the request's body.
    pub request_bytes: Option<u64>,
    /// Wire bytes of the response's body.
    pub response_bytes: Option<u64>,
    /// Its file, relative to the log folder.
    pub file: String,
    /// Where the request's line begins, and its length; `None` when it is lost.
    pub request_span: Option<(u64, u64)>,
    /// Where the response's line begins, and its length; `None` while it runs.
    pub response_span: Option<(u64, u64)>,
}

/// A client that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSeen {
    /// Its name.
    pub name: String,
    /// The version that it had last.
    pub version: Option<String>,
    /// The model that it asked last.
    pub model: Option<String>,
    /// When its latest request began, in milliseconds since 1970.
    pub last_ms: i64,
    /// How many requests it sent.
    pub requests: u64,
}

/// What happened since a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Today {
    /// Requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost, in billionths of a US dollar; `None`: there are none.
    pub cost_nanousd: Option<i64>,
    /// Bodies that are not whole in the log.
    pub gaps: u64,
}

/// Which sessions to list; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Of this provider.
    pub provider: Option<Provider>,
    /// Of this upstream.
    pub upstream: Option<String>,
    /// Asked last by this client.
    pub client_name: Option<String>,
    /// With this model last.
    pub model: Option<String>,
    /// Used at or after this, in milliseconds since 1970.
    pub since_ms: Option<i64>,
}

/// Where the next page of a list begins: behind this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The `last_ms` of the last session on the page before.
    pub last_ms: i64,
    /// Its id.
    pub id: String,
}

/// At most `limit` sessions, latest first.
pub async fn sessions(
    db: &Db,
    limit: u32,
    before: Option<&Before>,
    filter: &SessionFilter,
) -> Result<Vec<Session>> {
    sessions_sql(limit, before, filter).build_query_as().fetch_all(&db.readers()).await
}

/// The sessions whose id begins with `prefix`, at most two: one is the answer, two are too many.
pub async fn session(db: &Db, prefix: &str) -> Result<Vec<Session>> {
    session_sql(prefix).build_query_as().fetch_all(&db.readers()).await
}

/// A session's exchanges in order. `session` is a whole id.
pub async fn exchanges(db: &Db, session: &str) -> Result<Vec<Exchange>> {
    exchanges_sql(session).build_query_as().fetch_all(&db.readers()).await
}

/// One exchange.
pub async fn exchange(db: &Db, request_id: &str) -> Result<Option<Exchange>> {
    exchange_sql(request_id).build_query_as().fetch_optional(&db.readers()).await
}

/// The clients that sent requests, latest first.
pub async fn clients_seen(db: &Db) -> Result<Vec<ClientSeen>> {
    clients_seen_sql().build_query_as().fetch_all(&db.readers()).await
}

/// Sums over the requests that began at or after `since_ms`.
pub async fn today(db: &Db, since_ms: i64) -> Result<Today> {
    today_sql(since_ms).build_query_as().fetch_one(&db.readers()).await
}

pub(super) fn sessions_sql(
    limit: u32,
    before: Option<&Before>,
    filter: &SessionFilter,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select * from sessions where true");
    if let Some(before) = before {
        sql.push(" and (last_ms, id) < (").push_bind(before.last_ms);
        sql.push(", ").push_bind(before.id.clone()).push(")");
    }
    let columns = [
        (" and provider = ", filter.provider.map(|provider| provider.as_str().to_owned())),
        (" and upstream = ", filter.upstream.clone()),
        (" and client_name = ", filter.client_name.clone()),
        (" and model = ", filter.model.clone()),
    ];
    for (column, value) in columns {
        if let Some(value) = value {
            sql.push(column).push_bind(value);
        }
    }
    if let Some(since_ms) = filter.since_ms {
        sql.push(" and last_ms >= ").push_bind(since_ms);
    }
    sql.push(" order by last_ms desc, id desc limit ").push_bind(limit);
    sql
}

pub(super) fn session_sql(prefix: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select * from sessions where id >= ");
    sql.push_bind(prefix.to_owned());
    // U+FFFF sorts after every character of an id.
    sql.push(" and id < ").push_bind(format!("{prefix}\u{ffff}")).push(" order by id limit 2");
    sql
}

pub(super) fn exchanges_sql(session: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select * from exchanges where session = ");
    sql.push_bind(session.to_owned()).push(" order by seq, started_ms, request_offset, request_id");
    sql
}

pub(super) fn exchange_sql(request_id: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select * from exchanges where request_id = ");
    sql.push_bind(request_id.to_owned());
    sql
}

/// Facets count the requests; the latest of each client is found by its index.
pub(super) fn clients_seen_sql() -> QueryBuilder<Sqlite> {
    QueryBuilder::new(
        "select seen.client_name, e.client_version, e.model, e.started_ms as last_ms, seen.requests
         from (select client_name, sum(requests) as requests from facets
               where requests > 0 and coalesce(client_name, '') <> '' group by client_name) seen
         cross join exchanges e on e.rowid = (select latest.rowid from exchanges latest
             where latest.client_name = seen.client_name order by latest.started_ms desc limit 1)
         order by last_ms desc, seen.client_name",
    )
}

pub(super) fn today_sql(since_ms: i64) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select count(*) as requests,
             coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
             coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,
             coalesce(sum(cache_write_tokens), 0) as cache_write_tokens, sum(cost_nanousd) as cost_nanousd,
             coalesce(sum((request_gaps > 0) + (response_gaps > 0)), 0) as gaps
         from exchanges where started_ms >= ",
    );
    sql.push_bind(since_ms);
    sql
}

impl FromRow<'_, SqliteRow> for Session {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            provider: row.try_get("provider")?,
            upstream: row.try_get("upstream")?,
            client_session: row.try_get("client_session")?,
            client_name: row.try_get("client_name")?,
            client_version: row.try_get("client_version")?,
            created_ms: row.try_get("created_ms")?,
            last_ms: row.try_get("last_ms")?,
            last_seq: row.try_get("last_seq")?,
            file: row.try_get("file")?,
            requests: row.try_get("requests")?,
            tokens: Tokens::from_row(row)?,
            cost_nanousd: row.try_get("cost_nanousd")?,
            unpriced: row.try_get("unpriced")?,
            open_ms: row.try_get("open_ms")?,
            model: row.try_get("model")?,
            project: row.try_get("project")?,
            title: row.try_get("title")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Tokens {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            input: row.try_get("input_tokens")?,
            output: row.try_get("output_tokens")?,
            cache_read: row.try_get("cache_read_tokens")?,
            cache_write: row.try_get("cache_write_tokens")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Exchange {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            request_id: row.try_get("request_id")?,
            session: row.try_get("session")?,
            seq: row.try_get("seq")?,
            provider: row.try_get("provider")?,
            upstream: row.try_get("upstream")?,
            method: row.try_get("method")?,
            path: row.try_get("path")?,
            kind: row.try_get("kind")?,
            model: row.try_get("model")?,
            client_name: row.try_get("client_name")?,
            client_version: row.try_get("client_version")?,
            project: row.try_get("project")?,
            agent: row.try_get("agent")?,
            started_ms: row.try_get("started_ms")?,
            status: row.try_get("status")?,
            end_kind: row.try_get("end_kind")?,
            stop_reason: row.try_get("stop_reason")?,
            error: row.try_get("error")?,
            input_tokens: row.try_get("input_tokens")?,
            output_tokens: row.try_get("output_tokens")?,
            cache_read_tokens: row.try_get("cache_read_tokens")?,
            cache_write_tokens: row.try_get("cache_write_tokens")?,
            cache_write_1h_tokens: row.try_get("cache_write_1h_tokens")?,
            reasoning_tokens: row.try_get("reasoning_tokens")?,
            cost_nanousd: row.try_get("cost_nanousd")?,
            ttfb_ms: row.try_get("ttfb_ms")?,
            total_ms: row.try_get("total_ms")?,
            request_bytes: row.try_get("request_bytes")?,
            response_bytes: row.try_get("response_bytes")?,
            file: row.try_get("file")?,
            request_span: span(row, "request_offset", "request_len")?,
            response_span: span(row, "response_offset", "response_len")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for ClientSeen {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            name: row.try_get("client_name")?,
            version: row.try_get("client_version")?,
            model: row.try_get("model")?,
            last_ms: row.try_get("last_ms")?,
            requests: row.try_get("requests")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Today {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            requests: row.try_get("requests")?,
            tokens: Tokens::from_row(row)?,
            cost_nanousd: row.try_get("cost_nanousd")?,
            gaps: row.try_get("gaps")?,
        })
    }
}

fn span(row: &SqliteRow, offset: &str, len: &str) -> Result<Option<(u64, u64)>> {
    let offset: Option<u64> = row.try_get(offset)?;
    let len: Option<u64> = row.try_get(len)?;
    Ok(offset.zip(len))
}
