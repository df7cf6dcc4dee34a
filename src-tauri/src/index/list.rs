//! Pages of requests and sessions that a filter line lets through, and sums over all of them.

use std::ops::Range;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, QueryBuilder, Row as _, Sqlite};

use super::filter::{Condition, Line, Scope, push_conditions, push_part};
use super::query::{Exchange, Result, Session, Tokens};
use crate::db::Db;

/// What a word without a key is looked for in, over an exchange `e`; and in the title of its session.
const NAMES: &str = "e.path || char(10) || coalesce(e.model, '') || char(10) || coalesce(e.client_name, '')
     || char(10) || coalesce(e.project, '')";

/// Which exchanges are meant.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Those that the line lets through,
    pub line: Line,
    /// of this session, if one is named,
    pub session: Option<String>,
    /// that began in this time, in milliseconds since 1970, if one is given.
    pub began_ms: Option<Range<i64>>,
}

/// An exchange in a list of many sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The exchange.
    pub exchange: Exchange,
    /// The title of its session.
    pub session_title: Option<String>,
}

/// Sums over exchanges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Sessions with at least one of them.
    pub sessions: u64,
    /// How many there are.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost, in billionths of a US dollar.
    pub cost_nanousd: Option<i64>,
    /// Those with tokens and without a known price.
    pub unpriced: u64,
}

impl Chosen {
    /// Whether all exchanges are meant.
    fn is_all(&self) -> bool {
        self.line.is_empty() && self.session.is_none() && self.began_ms.is_none()
    }

    /// Adds ` from exchanges e where …`.
    pub(super) fn push_from(&self, sql: &mut QueryBuilder<Sqlite>) {
        sql.push(" from exchanges e where true");
        self.push_and(sql);
    }

    /// Adds ` and …` over an exchange `e`.
    fn push_and(&self, sql: &mut QueryBuilder<Sqlite>) {
        if let Some(session) = &self.session {
            sql.push(" and e.session = ").push_bind(session.clone());
        }
        if let Some(began_ms) = &self.began_ms {
            sql.push(" and e.started_ms >= ").push_bind(began_ms.start);
            sql.push(" and e.started_ms < ").push_bind(began_ms.end);
        }
        push_conditions(sql, &self.line.conditions, Scope::Requests);
        for word in &self.line.words {
            let text = word.text.trim_end_matches('*');
            sql.push(if word.excluded { " and not (" } else { " and (" });
            push_part(sql, NAMES, text);
            // Titles are few and looked at once, not for each of their exchanges.
            sql.push(" or e.session in (select id from sessions where ");
            push_part(sql, "title", text);
            sql.push("))");
        }
    }

    /// Whether facets say all of it, so that nobody has to look at exchanges.
    pub(super) fn is_of_facets(&self) -> bool {
        let is_anywhere = self.session.is_none() && self.began_ms.is_none() && self.line.words.is_empty();
        is_anywhere && self.line.conditions.iter().all(Condition::is_of_facets)
    }

    /// Whether the facets rule out that there is any. False says nothing.
    pub(super) async fn is_ruled_out(&self, db: &Db) -> Result<bool> {
        match self.possible() {
            Some(mut sql) => Ok(!sql.build_query_scalar::<bool>().fetch_one(&db.readers()).await?),
            None => Ok(false),
        }
    }

    /// Asks whether facets and titles leave room for any; `None` where nothing is asked of them.
    pub(super) fn possible(&self) -> Option<QueryBuilder<Sqlite>> {
        let told: Vec<Condition> =
            self.line.conditions.iter().filter(|condition| condition.is_of_facets()).cloned().collect();
        let words = || self.line.words.iter().filter(|word| !word.excluded);
        if told.is_empty() && words().next().is_none() {
            return None;
        }
        let mut sql = QueryBuilder::new("select exists (select 1 from facets e where e.requests > 0");
        push_conditions(&mut sql, &told, Scope::Requests);
        sql.push(")");
        for word in words() {
            let text = word.text.trim_end_matches('*');
            sql.push(" and (exists (select 1 from facets e where e.requests > 0 and ");
            push_part(&mut sql, NAMES, text);
            sql.push(") or exists (select 1 from sessions where ");
            push_part(&mut sql, "title", text);
            sql.push("))");
        }
        Some(sql)
    }
}

/// Exchanges behind `before`, its start and id, at most `limit`; latest first.
pub async fn requests(
    db: &Db,
    chosen: &Chosen,
    before: Option<(i64, &str)>,
    limit: u32,
) -> Result<Vec<Listed>> {
    if chosen.is_ruled_out(db).await? {
        return Ok(Vec::new());
    }
    requests_sql(chosen, before, limit).build_query_as().fetch_all(&db.readers()).await
}

/// One exchange.
pub async fn request(db: &Db, request_id: &str) -> Result<Option<Listed>> {
    request_sql(request_id).build_query_as().fetch_optional(&db.readers()).await
}

/// Sessions with at least one of the exchanges, all when all are meant, in this order, behind `before`, its amount
/// and id, at most `limit`.
pub async fn sessions(
    db: &Db,
    line: &Line,
    order: Order,
    before: Option<(i64, &str)>,
    limit: u32,
) -> Result<Vec<Session>> {
    let chosen = Chosen { line: line.clone(), ..Chosen::default() };
    if chosen.is_ruled_out(db).await? {
        return Ok(Vec::new());
    }
    sessions_sql(&chosen, order, before, limit).build_query_as().fetch_all(&db.readers()).await
}

/// Sums over the exchanges.
pub async fn totals(db: &Db, chosen: &Chosen) -> Result<Totals> {
    if chosen.is_ruled_out(db).await? {
        return Ok(Totals::default());
    }
    totals_sql(chosen).build_query_as().fetch_one(&db.readers()).await
}

pub(super) fn requests_sql(chosen: &Chosen, before: Option<(i64, &str)>, limit: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(LISTED);
    sql.push(" where true");
    if let Some((started_ms, id)) = before {
        sql.push(" and (e.started_ms, e.request_id) < (").push_bind(started_ms);
        sql.push(", ").push_bind(id.to_owned()).push(")");
    }
    chosen.push_and(&mut sql);
    sql.push(" order by e.started_ms desc, e.request_id desc limit ").push_bind(limit);
    sql
}

pub(super) fn request_sql(request_id: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(LISTED);
    sql.push(" where e.request_id = ").push_bind(request_id.to_owned());
    sql
}

/// What sessions are listed by: those that have most of it first. Each has an index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// When they were used last, in milliseconds since 1970.
    #[default]
    Last,
    /// How many requests they have.
    Requests,
    /// All their tokens.
    Tokens,
    /// What those of their requests with a known price cost, in billionths of a US dollar; none is -1.
    Cost,
}

impl Order {
    /// Over a session `s`, as the index has it.
    fn sql(self) -> &'static str {
        match self {
            Self::Last => "s.last_ms",
            Self::Requests => "s.requests",
            Self::Tokens => "s.input_tokens + s.output_tokens + s.cache_read_tokens + s.cache_write_tokens",
            Self::Cost => "coalesce(s.cost_nanousd, -1)",
        }
    }

    /// How much of it a session has.
    pub fn amount(self, session: &Session) -> i64 {
        let tokens = session.tokens;
        let all = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write];
        let int = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        match self {
            Self::Last => session.last_ms,
            Self::Requests => int(session.requests),
            Self::Tokens => int(all.into_iter().fold(0, u64::saturating_add)),
            Self::Cost => session.cost_nanousd.unwrap_or(-1),
        }
    }
}

pub(super) fn sessions_sql(
    chosen: &Chosen,
    order: Order,
    before: Option<(i64, &str)>,
    limit: u32,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select s.* from sessions s where true");
    if let Some((amount, id)) = before {
        sql.push(" and (").push(order.sql()).push(", s.id) < (").push_bind(amount);
        sql.push(", ").push_bind(id.to_owned()).push(")");
    }
    if !chosen.is_all() {
        sql.push(" and exists (select 1 from exchanges e where e.session = s.id");
        chosen.push_and(&mut sql);
        sql.push(")");
    }
    sql.push(" order by ").push(order.sql()).push(" desc, s.id desc limit ").push_bind(limit);
    sql
}

pub(super) fn totals_sql(chosen: &Chosen) -> QueryBuilder<Sqlite> {
    if chosen.is_all() {
        return QueryBuilder::new(
            "select sessions, requests, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
                 iif(priced > 0, cost_nanousd, null) as cost_nanousd, unpriced from totals",
        );
    }
    let mut sql = QueryBuilder::new("select count(distinct e.session) as sessions, ");
    sql.push(SUMS);
    chosen.push_from(&mut sql);
    sql
}

/// A listed exchange, as [`Listed`] reads it.
const LISTED: &str =
    "select e.*, s.title as session_title from exchanges e join sessions s on s.id = e.session";

/// What is summed over exchanges `e`.
pub(super) const SUMS: &str = "count(*) as requests,
     coalesce(sum(e.input_tokens), 0) as input_tokens, coalesce(sum(e.output_tokens), 0) as output_tokens,
     coalesce(sum(e.cache_read_tokens), 0) as cache_read_tokens,
     coalesce(sum(e.cache_write_tokens), 0) as cache_write_tokens, sum(e.cost_nanousd) as cost_nanousd,
     count(case when e.cost_nanousd is null and coalesce(e.input_tokens, e.output_tokens) is not null then 1 end)
         as unpriced";

impl FromRow<'_, SqliteRow> for Listed {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self { exchange: Exchange::from_row(row)?, session_title: row.try_get("session_title")? })
    }
}

impl FromRow<'_, SqliteRow> for Totals {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            sessions: row.try_get("sessions")?,
            requests: row.try_get("requests")?,
            tokens: Tokens::from_row(row)?,
            cost_nanousd: row.try_get("cost_nanousd")?,
            unpriced: row.try_get("unpriced")?,
        })
    }
}
