//! The least that an index of the log can be: of each body the JSON read and the SHA-256 taken, one row for each
//! exchange, written in batches. No sessions, no redaction, no search: it shows what any SQLite index costs beside
//! the lines.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Sqlite, SqliteConnection};
use tokio::runtime::Runtime;

/// Rows are committed together for this long,
const BATCH_TIME: Duration = Duration::from_millis(200);
/// or until there are so many.
const BATCH_ROWS: usize = 1000;
/// Rows that one statement writes: each statement is a way to SQLite's thread and back.
const ROWS_PER_STATEMENT: usize = 16;

const TABLE: &str = "create table exchanges (
    number integer primary key, path text not null, started_ms integer not null, model text, request_offset integer,
    request_len integer, request_sha256 blob, status integer, input_tokens integer, output_tokens integer,
    response_offset integer, response_len integer, response_sha256 blob);
create index exchanges_started on exchanges (started_ms);
create index exchanges_model on exchanges (model, started_ms);";

/// One half of an exchange.
pub struct Row {
    pub number: u64,
    pub is_request: bool,
    pub path: String,
    pub at_ms: u64,
    /// A request has 0.
    pub status: u16,
    /// Where its line lies in the log, in bytes.
    pub offset: u64,
    pub len: u64,
    pub facts: Facts,
}

/// What a body says.
#[derive(Default)]
pub struct Facts {
    model: Option<String>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    sha256: Vec<u8>,
}

impl Facts {
    /// `is_stream`: the body is an event stream.
    pub fn read(body: &str, is_stream: bool) -> Self {
        let mut facts = Self { sha256: Sha256::digest(body).to_vec(), ..Self::default() };
        let documents = match is_stream {
            true => body.lines().filter_map(|line| line.strip_prefix("data: ")).collect(),
            false => vec![body],
        };
        for document in documents {
            facts.add(&serde_json::from_str(document).unwrap_or_default());
        }
        facts
    }

    fn add(&mut self, document: &Value) {
        let usage = document.get("usage").or_else(|| document.get("message")?.get("usage"));
        let tokens = |key| usage.and_then(|usage| usage.get(key)?.as_i64());
        let model = document.get("model").and_then(Value::as_str);
        self.model = self.model.take().or_else(|| model.map(str::to_owned));
        self.input_tokens = tokens("input_tokens").or(self.input_tokens);
        self.output_tokens = tokens("output_tokens").or(self.output_tokens);
    }
}

/// The database, and what is not yet in it.
pub struct Index {
    runtime: Runtime,
    connection: SqliteConnection,
    rows: Vec<Row>,
    begun: Instant,
}

impl Index {
    pub fn create(path: &Path) -> Result<Self, sqlx::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let mut connection = runtime.block_on(options.connect())?;
        runtime.block_on(sqlx::raw_sql(TABLE).execute(&mut connection))?;
        Ok(Self { runtime, connection, rows: Vec::new(), begun: Instant::now() })
    }

    pub fn add(&mut self, row: Row) -> Result<(), sqlx::Error> {
        if self.rows.is_empty() {
            self.begun = Instant::now();
        }
        self.rows.push(row);
        if self.rows.len() >= BATCH_ROWS { self.commit() } else { Ok(()) }
    }

    /// How long the rows that there are may wait; none: there are none.
    pub fn patience(&self) -> Option<Duration> {
        (!self.rows.is_empty()).then(|| BATCH_TIME.saturating_sub(self.begun.elapsed()))
    }

    pub fn commit(&mut self) -> Result<(), sqlx::Error> {
        let rows = std::mem::take(&mut self.rows);
        let (requests, responses): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_request);
        self.runtime.block_on(async {
            let mut transaction = self.connection.begin().await?;
            for (half, rows) in [("request", requests), ("response", responses)] {
                for rows in rows.chunks(ROWS_PER_STATEMENT) {
                    insert(half, rows).build().execute(&mut *transaction).await?;
                }
            }
            transaction.commit().await
        })
    }
}

/// `half`: `request` or `response`, whose rows these are.
fn insert(half: &str, rows: &[&Row]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(format!(
        "insert into exchanges (number, path, started_ms, model, status, input_tokens, output_tokens,
             {half}_offset, {half}_len, {half}_sha256) "
    ));
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(row.number as i64)
            .push_bind(row.path.clone())
            .push_bind(row.at_ms as i64)
            .push_bind(row.facts.model.clone())
            .push_bind(row.status)
            .push_bind(row.facts.input_tokens)
            .push_bind(row.facts.output_tokens)
            .push_bind(row.offset as i64)
            .push_bind(row.len as i64)
            .push_bind(row.facts.sha256.clone());
    });
    query.push(format!(
        " on conflict (number) do update set status = max(status, excluded.status),
              input_tokens = coalesce(excluded.input_tokens, input_tokens),
              output_tokens = coalesce(excluded.output_tokens, output_tokens),
              {half}_offset = excluded.{half}_offset, {half}_len = excluded.{half}_len,
              {half}_sha256 = excluded.{half}_sha256"
    ));
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(is_request: bool, body: &str, events: bool) -> Row {
        let (path, facts) = ("/v1/messages".to_owned(), Facts::read(body, events));
        let status = if is_request { 0 } else { 200 };
        Row { number: 1, is_request, path, at_ms: 5, status, offset: 0, len: 9, facts }
    }

    #[test]
    fn both_halves_of_an_exchange_become_one_row() {
        let path = std::env::temp_dir().join(format!("floor-index-{}.db", std::process::id()));
        let mut index = Index::create(&path).unwrap();
        index.add(row(true, r#"{"model":"a"}"#, false)).unwrap();
        assert!(index.patience().unwrap() <= BATCH_TIME);
        let events = "event: x\ndata: {\"message\":{\"usage\":{\"input_tokens\":3}}}\n\ndata: {\"usage\":{\"output_tokens\":4}}\n";
        index.add(row(false, events, true)).unwrap();
        index.commit().unwrap();
        assert_eq!(index.patience(), None);
        let query =
            sqlx::query_as("select number, model, status, input_tokens, output_tokens from exchanges");
        let found: (i64, String, i64, i64, i64) =
            index.runtime.block_on(query.fetch_one(&mut index.connection)).unwrap();
        assert_eq!(found, (1, "a".to_owned(), 200, 3, 4));
        index.runtime.block_on(index.connection.close()).unwrap();
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
    }
}
