//! The index over the session files: rows in SQLite, made of log lines and of nothing else.
//!
//! There is one way from a line to rows, [`Index::apply`]; the recorder takes it for every line that
//! it writes, catch-up and rebuild for the lines in the files. Rows travel through a queue to a task
//! that commits them, so nobody waits for the disk; what is not committed yet is found in memory.
//! When rows are lost on the way (queue full, program killed), nothing is: the table `files` says
//! how far each file is indexed, and the rest is read again.

mod catch_up;
mod costs;
mod error;
pub mod facets;
pub mod filter;
mod find;
mod interpret;
mod known;
mod latest;
pub mod list;
mod messages;
mod progress;
pub mod query;
mod recent;
mod row;
mod running;
pub mod search;
mod source;
pub mod stats;
mod tables;
mod title;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use catch_up::CaughtUp;
pub use error::IndexError;
pub(crate) use interpret::{guess_provider, read_answer, read_next_request, with_body};
pub use latest::{Latest, Reading};
pub use running::may_run;
pub use source::{EachLine, LogFile, LogFolder, LogSource};
pub(crate) use title::of as title_of;

use crate::db::Db;
use crate::logs::Span;
use crate::model::{RequestId, SessionId, Timestamp};
use crate::provider::Provider;
use crate::record::Assigned;
use crate::record::entry::Entry;
use crate::session::{Identity, LinkKey};
use interpret::{Interpreter, Line};
use latest::Body;
use progress::Progress;
use recent::Recent;
use row::{Op, weight};
use writer::{Message, Refill, Writer};

/// Weight of the changes that wait in memory at most, some 100 MB. Beyond, they are left out and read
/// from the files later.
const MAX_QUEUED_WEIGHT: usize = 200_000;

/// Links looked up with one query: the best candidates are nearly always the first.
const LINKS_PER_QUERY: usize = 16;

/// A session that a request continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRef {
    /// Its id.
    pub id: SessionId,
    /// Its file, relative to the log folder.
    pub file: String,
    /// The highest request number given out.
    pub last_seq: u64,
    /// When it began.
    pub created: Timestamp,
}

/// The index, for its one writer. Readers use [`query`].
#[derive(Debug)]
pub struct Index {
    db: Db,
    interpreter: Interpreter,
    recent: Recent,
    progress: Arc<Progress>,
    outbox: mpsc::UnboundedSender<Message>,
    writer: JoinHandle<()>,
    max_queued_weight: usize,
}

impl Index {
    /// Starts the writing task on `handle`. Call [`Index::catch_up`] before the first line.
    pub fn open(db: Db, source: Arc<dyn LogSource>, handle: &Handle) -> Self {
        let (outbox, inbox) = mpsc::unbounded_channel();
        let progress = Arc::new(Progress::default());
        let writer = Writer {
            db: db.clone(),
            source,
            handle: handle.clone(),
            inbox,
            progress: Arc::clone(&progress),
            connection: None,
            refill: Refill::default(),
        };
        Self {
            db,
            interpreter: Interpreter::default(),
            recent: Recent::default(),
            progress,
            outbox,
            writer: handle.spawn(writer.run()),
            max_queued_weight: MAX_QUEUED_WEIGHT,
        }
    }

    /// Takes in a line that was written to `file` (relative to the log folder) at `span`. Waits for
    /// nothing and cannot fail. The same line again changes nothing.
    pub fn apply(&mut self, entry: &Entry, file: &str, span: Span) {
        self.apply_read(entry, None, file, span);
    }

    /// The same of a line that was read already: `reading` is of the request that it holds.
    pub fn apply_read(&mut self, entry: &Entry, reading: Option<Reading>, file: &str, span: Span) {
        let number = self.progress.next_line();
        let body = reading.map_or(Body::InEntry, |reading| Body::Read(Box::new(reading)));
        match self.interpreter.apply(entry, body, Line { file, span, number }) {
            Ok(mut ops) => {
                self.remember(entry, &ops, number);
                ops.push(Op::Indexed(file.to_owned(), span));
                self.send(number, ops);
            }
            // An exchange that an earlier run began: its session's lines are in the file.
            Err(_) => self.fall_behind(),
        }
        let committed = self.progress.committed();
        self.interpreter.known.forget_settled(committed);
        self.recent.forget_settled(committed);
    }

    /// The session that a request continues, if there is one. Sees all lines applied so far.
    pub async fn find(
        &mut self,
        identity: &Identity,
        provider: Provider,
        upstream: &str,
    ) -> Result<Option<SessionRef>, IndexError> {
        let found = match &identity.client_session {
            Some(client) => self.by_client(provider, upstream, client).await?,
            None => self.by_links(&identity.continues).await?,
        };
        match found {
            Some(id) => self.session(id).await,
            None => Ok(None),
        }
    }

    /// Where the log has an exchange's request, if it has it: what an earlier run wrote and did not live to
    /// note in the journal.
    pub async fn place_of(&self, request: &RequestId) -> Result<Option<Assigned>, IndexError> {
        let row: Option<(String, i64, String, i64)> = sqlx::query_as(
            "select exchanges.session, exchanges.seq, sessions.file, exchanges.request_offset
             from exchanges join sessions on sessions.id = exchanges.session
             where exchanges.request_id = ?1 and exchanges.request_offset is not null",
        )
        .bind(request.as_str().to_owned())
        .fetch_optional(&self.db.readers())
        .await?;
        Ok(row.and_then(|(session, seq, file, offset)| {
            let (session, seq) = (session.parse().ok()?, u64::try_from(seq).ok()?);
            Some(Assigned { session, seq, file, offset: u64::try_from(offset).ok()? })
        }))
    }

    /// Indexes what the files have beyond the tables. Returns when all of it is committed, which a
    /// lock can delay for long; until then sessions of the files may not be found.
    pub async fn catch_up(&self) -> Result<CaughtUp, IndexError> {
        let (done, outcome) = oneshot::channel();
        self.outbox.send(Message::CatchUp(Some(done))).map_err(|_| IndexError::Closed)?;
        outcome.await.map_err(|_| IndexError::Closed)?
    }

    /// Empties the tables and indexes all files anew.
    pub async fn rebuild(&self) -> Result<CaughtUp, IndexError> {
        let (done, outcome) = oneshot::channel();
        self.outbox.send(Message::Rebuild(done)).map_err(|_| IndexError::Closed)?;
        outcome.await.map_err(|_| IndexError::Closed)?
    }

    /// Waits until every line applied so far is committed, but not longer than `within`.
    pub async fn flush(&self, within: Duration) -> Result<(), IndexError> {
        let (done, flushed) = oneshot::channel();
        self.outbox.send(Message::Flush(done)).map_err(|_| IndexError::Closed)?;
        timeout(within, flushed).await.map_err(|_| IndexError::Late(within))?.map_err(|_| IndexError::Closed)
    }

    /// Commits what is queued and ends the writing task, within a deadline. What is late then is
    /// indexed at the next start.
    pub async fn close(self, within: Duration) -> Result<(), IndexError> {
        let Self { outbox, mut writer, .. } = self;
        drop(outbox);
        if timeout(within, &mut writer).await.is_ok() {
            return Ok(());
        }
        writer.abort();
        Err(IndexError::Late(within))
    }

    /// True while rows are missing that will be read from the files.
    pub fn is_behind(&self) -> bool {
        self.progress.behind()
    }

    fn remember(&mut self, entry: &Entry, ops: &[Op], number: u64) {
        self.recent.add_links(ops, number);
        let id = &entry.meta().session;
        let Some(session) = self.interpreter.known.get(id) else { return };
        for op in ops {
            let client = match op {
                Op::Session(row) => row.client_session.as_deref(),
                Op::ClientSession(_, client) => Some(client.as_str()),
                Op::Title(..)
                | Op::Request(_)
                | Op::Response(_)
                | Op::Link(..)
                | Op::Message(_)
                | Op::Indexed(..)
                | Op::IndexedUpTo(..) => None,
            };
            if let Some(client) = client {
                self.recent.add_client(session.provider, &session.upstream, client, id, number);
            }
        }
    }

    fn send(&self, number: u64, ops: Vec<Op>) {
        if self.progress.behind() {
            return;
        }
        if self.progress.reserve(weight(&ops), self.max_queued_weight) {
            // The writer ends before the index only when the runtime does.
            drop(self.outbox.send(Message::Rows(number, ops)));
        } else {
            self.fall_behind();
        }
    }

    /// From here on nothing is queued until the files were read again.
    fn fall_behind(&self) {
        if !self.progress.set_behind(true) {
            drop(self.outbox.send(Message::CatchUp(None)));
        }
    }

    async fn by_client(
        &self,
        provider: Provider,
        upstream: &str,
        client: &str,
    ) -> Result<Option<SessionId>, IndexError> {
        if let Some(id) = self.recent.by_client(provider, upstream, client) {
            return Ok(Some(id.clone()));
        }
        let mut sql = find::by_client(provider, upstream, client);
        let found: Option<String> = sql.build_query_scalar().fetch_optional(&self.db.readers()).await?;
        Ok(found.and_then(|id| id.parse().ok()))
    }

    async fn by_links(&self, candidates: &[LinkKey]) -> Result<Option<SessionId>, IndexError> {
        for some in candidates.chunks(LINKS_PER_QUERY) {
            let in_tables = self.links_in_tables(some).await?;
            let found = some.iter().find_map(|key| {
                let in_table = in_tables.iter().find(|(other, _)| other == key).map(|(_, id)| id);
                self.recent.by_link(*key).or(in_table)
            });
            if let Some(id) = found {
                return Ok(Some(id.clone()));
            }
        }
        Ok(None)
    }

    async fn links_in_tables(&self, keys: &[LinkKey]) -> Result<Vec<(LinkKey, SessionId)>, IndexError> {
        let rows: Vec<(Vec<u8>, String)> =
            find::by_links(keys).build_query_as().fetch_all(&self.db.readers()).await?;
        Ok(rows.iter().filter_map(|(key, id)| LinkKey::from_bytes(key).zip(id.parse().ok())).collect())
    }

    async fn session(&mut self, id: SessionId) -> Result<Option<SessionRef>, IndexError> {
        if self.interpreter.known.get(&id).is_none() {
            let row = find::session(&id).build().fetch_optional(&self.db.readers()).await?;
            let session = row.as_ref().map(catch_up::known_session).transpose()?.flatten();
            let Some(session) = session else { return Ok(None) };
            self.interpreter.known.learn(id.clone(), session);
        }
        Ok(self.interpreter.known.get(&id).map(|session| SessionRef {
            file: session.file.clone(),
            last_seq: session.last_seq,
            created: session.created,
            id,
        }))
    }
}

#[cfg(test)]
mod tests;
