//! The statements that change the tables. Every one of them can be run again, or before its
//! neighbour, with the same outcome; sums follow the exchanges by triggers (`0004_sums.sql`).

mod exchanges;
mod files;
mod messages;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteArguments;
use sqlx::{Connection as _, Sqlite, SqliteConnection};

pub(super) use messages::{next_without_messages, set_has_messages};
pub(super) use sessions::{Named, refresh, sum_up};

use super::costs;
use super::row::{MessageRow, Op, RequestRow, ResponseRow};
use crate::model::SessionId;
use crate::session::LinkKey;
use exchanges::{requests, responses};
use files::progress;
use messages::said;
use sessions::{links, of_session};

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
    let mut touched: BTreeMap<&SessionId, Named> = BTreeMap::new();
    for (session, named) in ops.iter().filter_map(Named::by) {
        touched.entry(session).or_default().add(named);
    }
    for (session, named) in touched {
        refresh(session, named).execute(&mut *transaction).await?;
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

/// SQLite's integers are signed.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
