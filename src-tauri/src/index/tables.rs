//! The statements that change the tables. Every one of them can be run again, or before its
//! neighbour, with the same outcome; sums follow the exchanges by triggers (`0004_sums.sql`).

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteArguments;
use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};

use super::costs;
use super::row::{MessageRow, Op, RequestRow, ResponseRow, SessionRow};
use crate::logs::Span;
use crate::model::SessionId;
use crate::session::LinkKey;

/// More tokens than any request has. An upstream that claims more must not make sums overflow.
const MAX_TOKENS: u64 = 1_000_000_000_000;

/// More milliseconds than any exchange takes (some 300 years).
const MAX_MS: u64 = 10_000_000_000_000;

pub(super) type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// Rows that one statement writes. Each statement is a way to SQLite's thread and back, which costs more
/// than a row.
pub(super) const ROWS_PER_STATEMENT: usize = 16;

/// Makes all changes, or none. They are made kind by kind, sessions first, because all else refers to them.
pub(super) async fn commit(connection: &mut SqliteConnection, ops: &[Op]) -> Result<(), sqlx::Error> {
    if ops.is_empty() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("begin immediate").await?;
    for statement in ops.iter().filter_map(of_session) {
        statement.execute(&mut *transaction).await?;
    }
    let kinds = Kinds::of(ops);
    for rows in kinds.requests.chunks(ROWS_PER_STATEMENT) {
        requests(rows).build().execute(&mut *transaction).await?;
    }
    for rows in kinds.responses.chunks(ROWS_PER_STATEMENT) {
        responses(rows).build().execute(&mut *transaction).await?;
    }
    for rows in kinds.links.chunks(ROWS_PER_STATEMENT) {
        links(rows).build().execute(&mut *transaction).await?;
    }
    for rows in kinds.messages.chunks(ROWS_PER_STATEMENT) {
        said(&mut transaction, rows).await?;
    }
    for statement in progress(ops) {
        statement.execute(&mut *transaction).await?;
    }
    let exchanges: BTreeSet<&str> = ops.iter().filter_map(exchange_with_cost).collect();
    costs::fill(&mut transaction, &exchanges.into_iter().collect::<Vec<_>>()).await?;
    let touched: BTreeSet<&SessionId> = ops.iter().filter_map(session_with_sums).collect();
    for session in touched {
        refresh(session).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// The rows of each kind that is written many at a time.
#[derive(Default)]
struct Kinds<'a> {
    requests: Vec<&'a RequestRow>,
    responses: Vec<&'a ResponseRow>,
    links: Vec<(LinkKey, &'a SessionId)>,
    messages: Vec<&'a MessageRow>,
}

impl<'a> Kinds<'a> {
    fn of(ops: &'a [Op]) -> Self {
        let mut kinds = Self::default();
        for op in ops {
            match op {
                Op::Request(row) => kinds.requests.push(row),
                Op::Response(row) => kinds.responses.push(row),
                Op::Link(key, session) => kinds.links.push((*key, session)),
                Op::Message(row) => kinds.messages.push(row),
                Op::Session(_)
                | Op::ClientSession(..)
                | Op::Title(..)
                | Op::Indexed(..)
                | Op::IndexedUpTo(..) => {}
            }
        }
        kinds
    }
}

/// Deletes what came from a file that is no more, or no longer the same.
pub(super) async fn forget_file(connection: &mut SqliteConnection, file: &str) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    for deletion in [
        "delete from messages where session in (select session from exchanges where file = ?1)
             and request_id in (select request_id from exchanges where file = ?1)",
        "delete from sessions where file = ?1",
        "delete from exchanges where file = ?1",
        "delete from files where file = ?1",
    ] {
        sqlx::query(deletion).bind(file.to_owned()).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Empties all tables.
pub(super) async fn clear(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    for table in [
        // Far quicker than word by word, which is how rows are deleted from it.
        "insert into messages_fts (messages_fts) values ('delete-all')",
        "delete from messages",
        "delete from links",
        "delete from exchanges",
        "delete from sessions",
        "delete from files",
    ] {
        sqlx::query(table).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Checks the whole file, which takes long when there is much in it.
pub(super) async fn are_sound(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let verdict: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(connection).await?;
    Ok(verdict == "ok")
}

/// The statement of a change to a session itself: those are few.
fn of_session(op: &Op) -> Option<Query> {
    match op {
        Op::Session(row) => Some(session(row)),
        Op::ClientSession(id, client) => Some(client_session(id, client)),
        Op::Title(id, seq, title) => Some(self::title(id, *seq, title)),
        Op::Request(_)
        | Op::Response(_)
        | Op::Link(..)
        | Op::Message(_)
        | Op::Indexed(..)
        | Op::IndexedUpTo(..) => None,
    }
}

/// The statements that note how far files are dealt with: one for each run of lines.
fn progress(ops: &[Op]) -> Vec<Query> {
    let mut statements = Vec::new();
    let mut runs: BTreeMap<&str, Span> = BTreeMap::new();
    for op in ops {
        match op {
            Op::Indexed(file, span) => match runs.get_mut(file.as_str()) {
                Some(run) if run.end() == span.offset => run.len += span.len,
                Some(run) => {
                    statements.push(indexed(file, *run));
                    *run = *span;
                }
                None => drop(runs.insert(file, *span)),
            },
            Op::IndexedUpTo(file, bytes) => statements.push(indexed_up_to(file, *bytes)),
            Op::Session(_)
            | Op::ClientSession(..)
            | Op::Title(..)
            | Op::Request(_)
            | Op::Response(_)
            | Op::Link(..)
            | Op::Message(_) => {}
        }
    }
    statements.extend(runs.into_iter().map(|(file, run)| indexed(file, run)));
    statements
}

fn session_with_sums(op: &Op) -> Option<&SessionId> {
    match op {
        Op::Session(row) => Some(&row.id),
        Op::Request(row) => Some(&row.session),
        Op::Response(row) => Some(&row.session),
        Op::ClientSession(..)
        | Op::Title(..)
        | Op::Link(..)
        | Op::Message(_)
        | Op::Indexed(..)
        | Op::IndexedUpTo(..) => None,
    }
}

/// Either half may be the one that was missing, or say it differently when it is read again.
fn exchange_with_cost(op: &Op) -> Option<&str> {
    match op {
        Op::Request(row) => Some(&row.request_id),
        Op::Response(row) => Some(&row.request_id),
        Op::Session(_)
        | Op::ClientSession(..)
        | Op::Title(..)
        | Op::Link(..)
        | Op::Message(_)
        | Op::Indexed(..)
        | Op::IndexedUpTo(..) => None,
    }
}

fn session(row: &SessionRow) -> Query {
    sqlx::query(
        "insert into sessions (id, provider, upstream, client_session, created_ms, last_ms, file)
         values (?1, ?2, ?3, ?4, ?5, ?5, ?6)
         on conflict (id) do update set
             provider = excluded.provider, upstream = excluded.upstream, created_ms = excluded.created_ms,
             client_session = coalesce(excluded.client_session, client_session)
         where ?7",
    )
    .bind(row.id.as_str().to_owned())
    .bind(row.provider.as_str())
    .bind(row.upstream.clone())
    .bind(row.client_session.clone())
    .bind(row.created_ms)
    .bind(row.file.clone())
    .bind(row.told)
}

fn client_session(id: &SessionId, client: &str) -> Query {
    sqlx::query("update sessions set client_session = ?2 where id = ?1 and client_session is null")
        .bind(id.as_str().to_owned())
        .bind(client.to_owned())
}

fn title(id: &SessionId, seq: u64, title: &str) -> Query {
    sqlx::query(
        "update sessions set title = ?3, title_seq = ?2
         where id = ?1 and (title_seq is null or title_seq > ?2)",
    )
    .bind(id.as_str().to_owned())
    .bind(int(seq))
    .bind(title.to_owned())
}

fn requests(rows: &[&RequestRow]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "insert into exchanges (request_id, session, seq, provider, upstream, method, path, kind, model,
             client_name, client_version, project, agent, started_ms, request_bytes, file, request_offset, request_len, chain,
             request_gaps) ",
    );
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(row.request_id.clone())
            .push_bind(row.session.as_str().to_owned())
            .push_bind(int(row.seq))
            .push_bind(row.provider.as_str())
            .push_bind(row.upstream.clone())
            .push_bind(row.method.clone())
            .push_bind(row.path.clone())
            .push_bind(row.kind.clone())
            .push_bind(row.model.clone())
            .push_bind(row.client_name.clone())
            .push_bind(row.client_version.clone())
            .push_bind(row.project.clone())
            .push_bind(row.agent.clone())
            .push_bind(row.started_ms)
            .push_bind(int(row.request_bytes))
            .push_bind(row.file.clone())
            .push_bind(int(row.span.offset))
            .push_bind(int(row.span.len))
            .push_bind(row.chain.map(|chain| chain.as_bytes().to_vec()))
            .push_bind(int(row.gaps));
    });
    query.push(
        " on conflict (request_id) do update set
             method = excluded.method, path = excluded.path, kind = excluded.kind,
             model = coalesce(excluded.model, model), client_name = excluded.client_name,
             client_version = excluded.client_version, project = excluded.project, agent = excluded.agent, started_ms = excluded.started_ms,
             request_bytes = excluded.request_bytes, request_offset = excluded.request_offset,
             request_len = excluded.request_len, chain = excluded.chain, request_gaps = excluded.request_gaps",
    );
    query
}

fn responses(rows: &[&ResponseRow]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "insert into exchanges (request_id, session, seq, provider, upstream, method, path, model, started_ms,
             status, end_kind, stop_reason, error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
             cache_write_1h_tokens, reasoning_tokens, ttfb_ms, total_ms, response_bytes, file, response_offset, response_len,
             response_gaps) ",
    );
    query.push_values(rows, |mut values, row| {
        let usage = row.usage.unwrap_or_default();
        values
            .push_bind(row.request_id.clone())
            .push_bind(row.session.as_str().to_owned())
            .push_bind(int(row.seq))
            .push_bind(row.provider.as_str())
            .push_bind(row.upstream.clone())
            .push("'', ''")
            .push_bind(row.model.clone())
            .push_bind(row.started_ms)
            .push_bind(row.status)
            .push_bind(row.end_kind)
            .push_bind(row.stop_reason.clone())
            .push_bind(row.error.clone())
            .push_bind(tokens(usage.input_tokens))
            .push_bind(tokens(usage.output_tokens))
            .push_bind(tokens(usage.cache_read_tokens))
            .push_bind(tokens(usage.cache_write_tokens))
            .push_bind(tokens(usage.cache_write_1h_tokens))
            .push_bind(tokens(usage.reasoning_tokens))
            .push_bind(int(row.ttfb_ms.min(MAX_MS)))
            .push_bind(int(row.total_ms.min(MAX_MS)))
            .push_bind(int(row.response_bytes))
            .push_bind(row.file.clone())
            .push_bind(int(row.span.offset))
            .push_bind(int(row.span.len))
            .push_bind(int(row.gaps));
    });
    query.push(
        " on conflict (request_id) do update set
             model = coalesce(model, excluded.model), status = excluded.status, end_kind = excluded.end_kind,
             stop_reason = excluded.stop_reason, error = excluded.error, input_tokens = excluded.input_tokens,
             output_tokens = excluded.output_tokens, cache_read_tokens = excluded.cache_read_tokens,
             cache_write_tokens = excluded.cache_write_tokens,
             cache_write_1h_tokens = excluded.cache_write_1h_tokens, reasoning_tokens = excluded.reasoning_tokens,
             ttfb_ms = excluded.ttfb_ms, total_ms = excluded.total_ms, response_bytes = excluded.response_bytes,
             response_offset = excluded.response_offset, response_len = excluded.response_len,
             response_gaps = excluded.response_gaps",
    );
    query
}

/// Of two sessions that could be continued the newer one is: ids begin with their time.
fn links(rows: &[(LinkKey, &SessionId)]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("insert into links (key, session) ");
    query.push_values(rows, |mut values, (key, session)| {
        values.push_bind(key.as_bytes().to_vec()).push_bind(session.as_str().to_owned());
    });
    query
        .push(" on conflict (key) do update set session = excluded.session where excluded.session > session");
    query
}

/// Writes texts, and the words of those that are new. One that is there already stays; only its place may
/// turn out to be an earlier one. All else is in the hash.
async fn said(connection: &mut SqliteConnection, rows: &[&MessageRow]) -> Result<(), sqlx::Error> {
    let mut new: Vec<(i64, Vec<u8>)> = messages(rows).build_query_as().fetch_all(&mut *connection).await?;
    if !new.is_empty() {
        let mut query = QueryBuilder::<Sqlite>::new(
            "insert into messages_fts (rowid, text) select id, text from messages where id in (",
        );
        let mut ids = query.separated(", ");
        for (id, _) in &new {
            ids.push_bind(*id);
        }
        query.push(")").build().execute(&mut *connection).await?;
    }
    for row in rows {
        if let Some(written) = new.iter().position(|(_, hash)| hash == row.hash.as_bytes()) {
            new.swap_remove(written);
        } else {
            earlier_place(row).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

fn messages(rows: &[&MessageRow]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "insert into messages (session, hash, request_id, seq, line_offset, role, kind, tool, text) ",
    );
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(row.session.as_str().to_owned())
            .push_bind(row.hash.as_bytes().to_vec())
            .push_bind(row.request_id.clone())
            .push_bind(int(row.seq))
            .push_bind(int(row.line_offset))
            .push_bind(row.role)
            .push_bind(row.kind)
            .push_bind(row.tool.clone())
            .push_bind(row.text.clone());
    });
    query.push(" on conflict (session, hash) do nothing returning id, hash");
    query
}

fn earlier_place(row: &MessageRow) -> Query {
    sqlx::query(
        "update messages set request_id = ?3, seq = ?4, line_offset = ?5
         where session = ?1 and hash = ?2 and line_offset > ?5",
    )
    .bind(row.session.as_str().to_owned())
    .bind(row.hash.as_bytes().to_vec())
    .bind(row.request_id.clone())
    .bind(int(row.seq))
    .bind(int(row.line_offset))
}

/// Moves on only from where the file is indexed to: a line that was left out is found by that.
fn indexed(file: &str, span: Span) -> Query {
    sqlx::query(
        "insert into files (file, indexed_bytes) values (?1, iif(?2 = 0, ?3, 0))
         on conflict (file) do update set indexed_bytes = ?3 where indexed_bytes = ?2",
    )
    .bind(file.to_owned())
    .bind(int(span.offset))
    .bind(int(span.end()))
}

fn indexed_up_to(file: &str, bytes: u64) -> Query {
    sqlx::query(
        "insert into files (file, indexed_bytes) values (?1, ?2)
         on conflict (file) do update set indexed_bytes = max(indexed_bytes, excluded.indexed_bytes)",
    )
    .bind(file.to_owned())
    .bind(int(bytes))
}

/// Takes from a session's exchanges what its latest ones say. Its sums follow by themselves: triggers.
pub(super) fn refresh(session: &SessionId) -> Query {
    sqlx::query(
        "update sessions set
             last_seq = coalesce((select max(seq) from exchanges where session = ?1), 0),
             last_ms = max(created_ms, coalesce(
                 (select max(started_ms + coalesce(total_ms, 0)) from exchanges where session = ?1), 0)),
             open_ms = (select max(started_ms) from exchanges where session = ?1 and status is null),
             model = (select model from exchanges indexed by exchanges_session where session = ?1 and model is not null
                      order by seq desc, started_ms desc, request_id limit 1),
             project = (select project from exchanges indexed by exchanges_session where session = ?1 and project is not null
                        order by seq desc, started_ms desc, request_id limit 1),
             (client_name, client_version) = (select client_name, client_version from exchanges indexed by exchanges_session
                 where session = ?1 and client_name is not null order by seq desc, started_ms desc, request_id limit 1)
         where id = ?1",
    )
    .bind(session.as_str().to_owned())
}

/// Takes a session's sums from all of its exchanges: rows of a time without them have none yet.
pub(super) fn sum_up(session: &str) -> Query {
    sqlx::query(
        "update sessions set
             requests = sums.requests, input_tokens = sums.input_tokens, output_tokens = sums.output_tokens,
             cache_read_tokens = sums.cache_read_tokens, cache_write_tokens = sums.cache_write_tokens,
             cost_nanousd = sums.cost_nanousd, unpriced = sums.unpriced, open_ms = sums.open_ms
         from (select count(*) as requests,
                   coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
                   coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,
                   coalesce(sum(cache_write_tokens), 0) as cache_write_tokens, sum(cost_nanousd) as cost_nanousd,
                   count(*) filter (where cost_nanousd is null and max(coalesce(input_tokens, 0), coalesce(output_tokens, 0),
                       coalesce(cache_read_tokens, 0), coalesce(cache_write_tokens, 0)) > 0) as unpriced,
                   max(started_ms) filter (where status is null) as open_ms
               from exchanges where session = ?1) as sums
         where id = ?1",
    )
    .bind(session.to_owned())
}

/// The next file, before `before` in reverse order, whose texts are not searchable yet.
pub(super) async fn next_without_messages(
    connection: &mut SqliteConnection,
    before: Option<&str>,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select file from files where has_messages = 0 and (?1 is null or file < ?1) order by file desc limit 1",
    )
    .bind(before.map(str::to_owned))
    .fetch_optional(connection)
    .await
}

/// Notes that a file's texts are searchable.
pub(super) async fn set_has_messages(
    connection: &mut SqliteConnection,
    file: &str,
) -> Result<(), sqlx::Error> {
    let update = sqlx::query("update files set has_messages = 1 where file = ?1").bind(file.to_owned());
    update.execute(connection).await.map(drop)
}

fn tokens(count: Option<u64>) -> Option<i64> {
    count.map(|count| int(count.min(MAX_TOKENS)))
}

/// SQLite's integers are signed.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
