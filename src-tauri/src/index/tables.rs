//! The statements that change the tables. Every one of them can be run again, or before its
//! neighbour, with the same outcome; sums are taken from the exchanges and never counted up.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Connection as _, Sqlite, SqliteConnection};

use super::costs;
use super::row::{MessageRow, Op, RequestRow, ResponseRow, SessionRow};
use crate::logs::Span;
use crate::model::SessionId;
use crate::session::LinkKey;

/// More tokens than any request has. An upstream that claims more must not make sums overflow.
const MAX_TOKENS: u64 = 1_000_000_000_000;

/// More milliseconds than any exchange takes (some 300 years).
const MAX_MS: u64 = 10_000_000_000_000;

type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// Makes all changes, or none.
pub(super) async fn commit(connection: &mut SqliteConnection, ops: &[Op]) -> Result<(), sqlx::Error> {
    if ops.is_empty() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("begin immediate").await?;
    for op in ops {
        let changed = statement(op).execute(&mut *transaction).await?.rows_affected();
        if let Op::Message(row) = op {
            add_words(&mut transaction, row, changed > 0).await?;
        }
    }
    let exchanges: BTreeSet<&str> = ops.iter().filter_map(exchange_with_cost).collect();
    for request_id in exchanges {
        costs::fill(&mut transaction, request_id).await?;
    }
    let touched: BTreeSet<&SessionId> = ops.iter().filter_map(session_with_sums).collect();
    for session in touched {
        refresh_sums(session).execute(&mut *transaction).await?;
    }
    transaction.commit().await
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

fn statement(op: &Op) -> Query {
    match op {
        Op::Session(row) => session(row),
        Op::ClientSession(id, client) => client_session(id, client),
        Op::Title(id, seq, title) => self::title(id, *seq, title),
        Op::Request(row) => request(row),
        Op::Response(row) => response(row),
        Op::Link(key, session) => link(*key, session),
        Op::Message(row) => message(row),
        Op::Indexed(file, span) => indexed(file, *span),
        Op::IndexedUpTo(file, bytes) => indexed_up_to(file, *bytes),
    }
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

fn request(row: &RequestRow) -> Query {
    sqlx::query(
        "insert into exchanges (request_id, session, seq, provider, upstream, method, path, kind, model,
             client_name, client_version, project, agent, started_ms, request_bytes, file, request_offset, request_len, chain,
             request_gaps)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
         on conflict (request_id) do update set
             method = excluded.method, path = excluded.path, kind = excluded.kind,
             model = coalesce(excluded.model, model), client_name = excluded.client_name,
             client_version = excluded.client_version, project = excluded.project, agent = excluded.agent, started_ms = excluded.started_ms,
             request_bytes = excluded.request_bytes, request_offset = excluded.request_offset,
             request_len = excluded.request_len, chain = excluded.chain, request_gaps = excluded.request_gaps",
    )
    .bind(row.request_id.clone())
    .bind(row.session.as_str().to_owned())
    .bind(int(row.seq))
    .bind(row.provider.as_str())
    .bind(row.upstream.clone())
    .bind(row.method.clone())
    .bind(row.path.clone())
    .bind(row.kind.clone())
    .bind(row.model.clone())
    .bind(row.client_name.clone())
    .bind(row.client_version.clone())
    .bind(row.project.clone())
    .bind(row.agent.clone())
    .bind(row.started_ms)
    .bind(int(row.request_bytes))
    .bind(row.file.clone())
    .bind(int(row.span.offset))
    .bind(int(row.span.len))
    .bind(row.chain.map(|chain| chain.as_bytes().to_vec()))
    .bind(int(row.gaps))
}

fn response(row: &ResponseRow) -> Query {
    let usage = row.usage.unwrap_or_default();
    sqlx::query(
        "insert into exchanges (request_id, session, seq, provider, upstream, method, path, model, started_ms,
             status, end_kind, stop_reason, error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
             cache_write_1h_tokens, reasoning_tokens, ttfb_ms, total_ms, response_bytes, file, response_offset, response_len,
             response_gaps)
         values (?1, ?2, ?3, ?4, ?5, '', '', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)
         on conflict (request_id) do update set
             model = coalesce(model, excluded.model), status = excluded.status, end_kind = excluded.end_kind,
             stop_reason = excluded.stop_reason, error = excluded.error, input_tokens = excluded.input_tokens,
             output_tokens = excluded.output_tokens, cache_read_tokens = excluded.cache_read_tokens,
             cache_write_tokens = excluded.cache_write_tokens,
             cache_write_1h_tokens = excluded.cache_write_1h_tokens, reasoning_tokens = excluded.reasoning_tokens,
             ttfb_ms = excluded.ttfb_ms, total_ms = excluded.total_ms, response_bytes = excluded.response_bytes,
             response_offset = excluded.response_offset, response_len = excluded.response_len,
             response_gaps = excluded.response_gaps",
    )
    .bind(row.request_id.clone())
    .bind(row.session.as_str().to_owned())
    .bind(int(row.seq))
    .bind(row.provider.as_str())
    .bind(row.upstream.clone())
    .bind(row.model.clone())
    .bind(row.started_ms)
    .bind(row.status)
    .bind(row.end_kind)
    .bind(row.stop_reason.clone())
    .bind(row.error.clone())
    .bind(tokens(usage.input_tokens))
    .bind(tokens(usage.output_tokens))
    .bind(tokens(usage.cache_read_tokens))
    .bind(tokens(usage.cache_write_tokens))
    .bind(tokens(usage.cache_write_1h_tokens))
    .bind(tokens(usage.reasoning_tokens))
    .bind(int(row.ttfb_ms.min(MAX_MS)))
    .bind(int(row.total_ms.min(MAX_MS)))
    .bind(int(row.response_bytes))
    .bind(row.file.clone())
    .bind(int(row.span.offset))
    .bind(int(row.span.len))
    .bind(int(row.gaps))
}

/// Of two sessions that could be continued the newer one is: ids begin with their time.
fn link(key: LinkKey, session: &SessionId) -> Query {
    sqlx::query(
        "insert into links (key, session) values (?1, ?2)
         on conflict (key) do update set session = excluded.session where excluded.session > session",
    )
    .bind(key.as_bytes().to_vec())
    .bind(session.as_str().to_owned())
}

/// A text that is there already stays.
fn message(row: &MessageRow) -> Query {
    sqlx::query(
        "insert into messages (session, hash, request_id, seq, line_offset, role, kind, tool, text)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (session, hash) do nothing",
    )
    .bind(row.session.as_str().to_owned())
    .bind(row.hash.as_bytes().to_vec())
    .bind(row.request_id.clone())
    .bind(int(row.seq))
    .bind(int(row.line_offset))
    .bind(row.role)
    .bind(row.kind)
    .bind(row.tool.clone())
    .bind(row.text.clone())
}

/// The second half of a message: the words of a new one; else its place, if this one is earlier. All
/// else is in the hash.
async fn add_words(
    connection: &mut SqliteConnection,
    row: &MessageRow,
    is_new: bool,
) -> Result<(), sqlx::Error> {
    let query = if is_new {
        sqlx::query("insert into messages_fts (rowid, text) values (last_insert_rowid(), ?1)")
            .bind(row.text.clone())
    } else {
        sqlx::query(
            "update messages set request_id = ?3, seq = ?4, line_offset = ?5
             where session = ?1 and hash = ?2 and line_offset > ?5",
        )
        .bind(row.session.as_str().to_owned())
        .bind(row.hash.as_bytes().to_vec())
        .bind(row.request_id.clone())
        .bind(int(row.seq))
        .bind(int(row.line_offset))
    };
    query.execute(connection).await.map(drop)
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

/// Takes a session's sums from its exchanges.
pub(super) fn refresh_sums(session: &SessionId) -> Query {
    sqlx::query(
        "update sessions set
             requests = sums.requests, last_seq = sums.last_seq, last_ms = max(created_ms, sums.last_ms),
             input_tokens = sums.input_tokens, output_tokens = sums.output_tokens,
             cache_read_tokens = sums.cache_read_tokens, cache_write_tokens = sums.cache_write_tokens,
             cost_nanousd = sums.cost_nanousd, unpriced = sums.unpriced, open_ms = sums.open_ms,
             model = (select model from exchanges where session = ?1 and model is not null
                      order by seq desc, started_ms desc, request_id limit 1),
             project = (select project from exchanges where session = ?1 and project is not null
                        order by seq desc, started_ms desc, request_id limit 1),
             (client_name, client_version) = (select client_name, client_version from exchanges
                 where session = ?1 and client_name is not null order by seq desc, started_ms desc, request_id limit 1)
         from (select count(*) as requests, coalesce(max(seq), 0) as last_seq,
                   coalesce(max(started_ms + coalesce(total_ms, 0)), 0) as last_ms,
                   coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
                   coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,
                   coalesce(sum(cache_write_tokens), 0) as cache_write_tokens, sum(cost_nanousd) as cost_nanousd,
                   count(*) filter (where cost_nanousd is null and max(coalesce(input_tokens, 0), coalesce(output_tokens, 0),
                       coalesce(cache_read_tokens, 0), coalesce(cache_write_tokens, 0)) > 0) as unpriced,
                   max(started_ms) filter (where status is null) as open_ms
               from exchanges where session = ?1) as sums
         where id = ?1",
    )
    .bind(session.as_str().to_owned())
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
