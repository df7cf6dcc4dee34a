//! Reads what the tables do not have yet from the files: at start, after rows had to be left out,
//! and all of it when the database is new.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::{Row as _, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::error::IndexError;
use super::interpret::{Interpreter, Line};
use super::known::{KnownSession, OpenRequest};
use super::latest::Body;
use super::row::{Op, weight};
use super::source::{LogFile, LogSource};
use super::tables;
use crate::model::{SessionId, Timestamp};
use crate::provider::Provider;
use crate::session::ChainHash;

/// Weight of the changes in one transaction, some 4 MB: large enough that commits cost nothing against
/// parsing and words.
const WEIGHT_PER_COMMIT: usize = 8000;

/// Batches parsed ahead while one is written.
const BATCHES_AHEAD: usize = 2;

/// A file that is longer than what is indexed of it.
struct Job {
    file: String,
    from: u64,
    interpreter: Interpreter,
}

/// What came of a catch-up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Files that had more than was indexed.
    pub files: usize,
    /// Files that could not be read, and were left for the next time.
    pub unreadable: usize,
}

/// Brings the tables up to what the files have.
pub(super) async fn catch_up(
    connection: &mut SqliteConnection,
    source: &Arc<dyn LogSource>,
    handle: &Handle,
) -> Result<CaughtUp, IndexError> {
    let listing = Arc::clone(source);
    let found = handle.spawn_blocking(move || listing.files()).await.map_err(|_| IndexError::Reader)??;
    let damaged = found.iter().filter(|file| file.bytes.is_none()).count();
    let jobs = jobs(connection, found).await?;
    let files = jobs.len();
    let unreadable = damaged + run(connection, source, handle, jobs).await?;
    Ok(CaughtUp { files, unreadable })
}

/// Reads a file that was indexed before there was a search again, for its texts. `before` is the file
/// that this returned last; they come in reverse order. `None` when there are no more.
pub(super) async fn add_messages(
    connection: &mut SqliteConnection,
    source: &Arc<dyn LogSource>,
    handle: &Handle,
    before: Option<&str>,
) -> Result<Option<String>, IndexError> {
    let Some(file) = tables::next_without_messages(connection, before).await? else { return Ok(None) };
    let interpreter = Interpreter { whole_file: true, ..Interpreter::default() };
    let job = Job { file: file.clone(), from: 0, interpreter };
    // One that cannot be read is left to the next start.
    if run(connection, source, handle, vec![job]).await? == 0 {
        tables::set_has_messages(connection, &file).await?;
    }
    Ok(Some(file))
}

/// Returns how many files could not be read.
async fn run(
    connection: &mut SqliteConnection,
    source: &Arc<dyn LogSource>,
    handle: &Handle,
    jobs: Vec<Job>,
) -> Result<usize, IndexError> {
    let (batches, mut ready) = mpsc::channel(BATCHES_AHEAD);
    let source = Arc::clone(source);
    let reader = handle.spawn_blocking(move || read_all(&*source, jobs, &batches));
    while let Some(ops) = ready.recv().await {
        tables::commit(connection, &ops).await?;
    }
    reader.await.map_err(|_| IndexError::Reader)
}

/// Compares the files with what is indexed. Rows of files that are gone or cut short are deleted:
/// the files are the truth.
async fn jobs(connection: &mut SqliteConnection, mut found: Vec<LogFile>) -> Result<Vec<Job>, IndexError> {
    let indexed: Vec<(String, i64)> =
        sqlx::query_as("select file, indexed_bytes from files").fetch_all(&mut *connection).await?;
    let mut indexed: HashMap<String, u64> =
        indexed.into_iter().map(|(file, bytes)| (file, u64::try_from(bytes).unwrap_or(0))).collect();
    found.sort();
    let mut jobs = Vec::new();
    for LogFile { file, bytes } in found {
        let mut from = indexed.remove(&file).unwrap_or(0);
        let Some(bytes) = bytes else { continue };
        if from > bytes {
            tables::forget_file(connection, &file).await?;
            from = 0;
        }
        if bytes > from {
            let interpreter = interpreter(connection, &file, from).await?;
            jobs.push(Job { file, from, interpreter });
        }
    }
    for file in indexed.keys() {
        tables::forget_file(connection, file).await?;
    }
    Ok(jobs)
}

/// Knows what the lines before `from` said, from the tables.
async fn interpreter(
    connection: &mut SqliteConnection,
    file: &str,
    from: u64,
) -> Result<Interpreter, sqlx::Error> {
    let mut interpreter = Interpreter { whole_file: true, ..Interpreter::default() };
    if from == 0 {
        return Ok(interpreter);
    }
    let sessions = sqlx::query(
        "select id, provider, upstream, file, created_ms, last_seq from sessions where file = ?1",
    )
    .bind(file.to_owned())
    .fetch_all(&mut *connection)
    .await?;
    for row in sessions {
        let (Some(id), Some(mut session)) = (session_id(&row)?, known_session(&row)?) else { continue };
        session.open = open_requests(connection, &id, from).await?;
        interpreter.known.learn(id, session);
    }
    Ok(interpreter)
}

/// The requests whose response is not indexed, or stands after `from` and will be read again.
async fn open_requests(
    connection: &mut SqliteConnection,
    session: &SessionId,
    from: u64,
) -> Result<Vec<OpenRequest>, sqlx::Error> {
    let rows = sqlx::query(
        "select request_id, seq, path, chain from exchanges
         where session = ?1 and (response_offset is null or response_offset >= ?2) order by seq, request_offset",
    )
    .bind(session.as_str().to_owned())
    .bind(i64::try_from(from).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let chain: Option<Vec<u8>> = row.try_get("chain")?;
            Ok(OpenRequest {
                request_id: row.try_get("request_id")?,
                seq: row.try_get("seq")?,
                path: row.try_get("path")?,
                chain: chain.as_deref().and_then(ChainHash::from_bytes),
            })
        })
        .collect()
}

/// The `id` of a row of sessions; `None` when something else wrote it there.
pub(super) fn session_id(row: &sqlx::sqlite::SqliteRow) -> Result<Option<SessionId>, sqlx::Error> {
    Ok(row.try_get::<String, _>("id")?.parse().ok())
}

/// A session as its row has it, without open requests.
pub(super) fn known_session(row: &sqlx::sqlite::SqliteRow) -> Result<Option<KnownSession>, sqlx::Error> {
    let Some(provider) = Provider::from_name(row.try_get("provider")?) else { return Ok(None) };
    Ok(Some(KnownSession {
        provider,
        upstream: row.try_get("upstream")?,
        file: row.try_get("file")?,
        created: Timestamp::from_unix_ms(row.try_get("created_ms")?),
        last_seq: row.try_get("last_seq")?,
        title_seq: None,
        named: false,
        open: Vec::new(),
        touched: 0,
    }))
}

/// Parses on a thread that may block. Returns how many files could not be read.
fn read_all(source: &dyn LogSource, jobs: Vec<Job>, batches: &mpsc::Sender<Vec<Op>>) -> usize {
    let mut batch = Batch::default();
    let mut unreadable = 0;
    for job in jobs {
        let file = job.file.clone();
        match read_one(source, job, &mut batch, batches) {
            Ok(end) => batch.extend(vec![Op::IndexedUpTo(file, end)]),
            Err(error) => {
                tracing::warn!(file, %error, "cannot index a session file");
                unreadable += 1;
            }
        }
        if batches.is_closed() {
            return unreadable;
        }
    }
    // Nobody to receive: the writer failed and says why.
    drop(batches.blocking_send(batch.ops));
    unreadable
}

fn read_one(
    source: &dyn LogSource,
    mut job: Job,
    batch: &mut Batch,
    batches: &mpsc::Sender<Vec<Op>>,
) -> std::io::Result<u64> {
    source.read(&job.file, job.from, &mut |entry, bodies, span| {
        let line = Line { file: &job.file, span, number: 0 };
        let latest = bodies.latest();
        let body = latest.map_or(Body::InEntry, |(body, same, latest)| Body::After(body, same, latest));
        match job.interpreter.apply(&entry, body, line) {
            Ok(changes) => batch.extend(changes),
            // Not for a whole file; and a line left out here is left out every time.
            Err(_) => tracing::debug!(file = job.file, offset = span.offset, "a line cannot be indexed"),
        }
        batch.weight < WEIGHT_PER_COMMIT || batches.blocking_send(std::mem::take(batch).ops).is_ok()
    })
}

/// Changes that are to be committed together.
#[derive(Default)]
struct Batch {
    ops: Vec<Op>,
    weight: usize,
}

impl Batch {
    fn extend(&mut self, ops: Vec<Op>) {
        self.weight += weight(&ops);
        self.ops.extend(ops);
    }
}
