//! The task that writes: takes rows from its queue, commits them in batches, and holds on to them
//! while the database is locked or the disk is full.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

use super::catch_up::{CaughtUp, add_messages, catch_up};
use super::costs;
use super::error::IndexError;
use super::progress::Progress;
use super::row::{Op, weight};
use super::source::LogSource;
use super::tables;
use crate::db::{Db, DbError, Remedy, remedy};

/// Changes are committed together for this long,
const BATCH_TIME: Duration = Duration::from_millis(200);

/// or until they have this weight.
const BATCH_WEIGHT: usize = 2000;

/// The wait after the first failure; it doubles with each further one
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Attempts before the writer gives up once nobody waits for it any more.
const ATTEMPTS_WHEN_CLOSED: u32 = 3;

/// Attempts to list the log folder before what it has more is left to the next start.
const ATTEMPTS_AT_LOGS: u32 = 5;

/// Answers whoever asked for a catch-up.
pub(super) type Done = oneshot::Sender<Result<CaughtUp, IndexError>>;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Message {
    /// Write what the line of this number changes.
    Rows(u64, Vec<Op>),
    /// Say when all that came before is written.
    Flush(oneshot::Sender<()>),
    /// Read what the files have beyond the tables.
    CatchUp(Option<Done>),
    /// Empty the tables first, then the same.
    Rebuild(Done),
}

/// The task's state.
pub(super) struct Writer {
    pub(super) db: Db,
    pub(super) source: Arc<dyn LogSource>,
    pub(super) handle: Handle,
    pub(super) inbox: mpsc::UnboundedReceiver<Message>,
    pub(super) progress: Arc<Progress>,
    pub(super) connection: Option<Connected>,
    pub(super) refill: Refill,
}

/// How far rows of earlier programs are filled with what those did not know.
#[derive(Debug, Clone, Default)]
pub(super) struct Refill {
    /// The session whose costs were filled last with this program's prices; none: all have them.
    costs: Option<String>,
    /// Whether there may be more files that were indexed before there was a search, and are to be read
    /// again for their texts.
    going: bool,
    /// The file that was read last.
    last: Option<String>,
}

/// A connection, and the file that it is connected to.
pub(super) struct Connected {
    connection: SqliteConnection,
    file: Option<(u64, u64)>,
}

/// Changes to be committed together.
#[derive(Debug, Default)]
struct Batch {
    ops: Vec<Op>,
    weight: usize,
    last_line: u64,
}

impl Writer {
    /// Works until the index is dropped and the queue is empty.
    pub(super) async fn run(mut self) {
        while let Some(first) = self.next().await {
            let (batch, then) = self.gather(first).await;
            self.write(batch).await;
            if let Some(then) = then {
                self.obey(then).await;
            }
        }
        if let Some(mut connected) = self.connection.take() {
            // Folds the write-ahead log into the file. A failure leaves that to the next start.
            let folded =
                sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connected.connection).await;
            drop(folded);
            drop(connected.connection.close().await);
        }
    }

    /// Waits for what is asked next. While nothing is, old rows get their costs and old files are read for
    /// their texts, bit by bit.
    async fn next(&mut self) -> Option<Message> {
        while self.refill.is_going() && self.inbox.is_empty() && !self.inbox.is_closed() {
            match self.try_refill().await {
                Ok(refill) => self.refill = refill,
                Err(error) => {
                    tracing::warn!(%error, "old logs could not be priced or made searchable yet");
                    self.refill = Refill::default();
                }
            }
        }
        self.inbox.recv().await
    }

    async fn try_refill(&mut self) -> Result<Refill, IndexError> {
        self.connect().await?;
        let Some(connected) = &mut self.connection else { return Err(IndexError::Closed) };
        if let Some(after) = &self.refill.costs {
            let costs = costs::refill(&mut connected.connection, after).await?;
            return Ok(Refill { costs, ..self.refill.clone() });
        }
        let last = self.refill.last.as_deref();
        let last = add_messages(&mut connected.connection, &self.source, &self.handle, last).await?;
        Ok(Refill { costs: None, going: last.is_some(), last })
    }

    /// Collects rows until the batch is full, its time is over, or something else is asked for.
    async fn gather(&mut self, first: Message) -> (Batch, Option<Message>) {
        let deadline = Instant::now() + BATCH_TIME;
        let mut batch = Batch::default();
        let mut next = Some(first);
        loop {
            match next {
                Some(Message::Rows(line, ops)) => batch.add(line, ops),
                Some(other) => return (batch, Some(other)),
                None => return (batch, None),
            }
            if batch.weight >= BATCH_WEIGHT {
                return (batch, None);
            }
            next = timeout_at(deadline, self.inbox.recv()).await.unwrap_or(None);
        }
    }

    async fn obey(&mut self, message: Message) {
        match message {
            Message::Rows(line, ops) => {
                let mut batch = Batch::default();
                batch.add(line, ops);
                self.write(batch).await;
            }
            Message::Flush(done) => drop(done.send(())),
            Message::CatchUp(done) => {
                let outcome = self.catch_up().await;
                done.map(|done| done.send(outcome));
            }
            Message::Rebuild(done) => {
                let outcome = self.rebuild().await;
                drop(done.send(outcome));
            }
        }
    }

    /// Commits a batch, however long that takes. What cannot be written at all is left to the next
    /// catch-up.
    async fn write(&mut self, batch: Batch) {
        if batch.ops.is_empty() {
            return;
        }
        let mut pauses = Pauses::default();
        while let Err(error) = self.try_write(&batch.ops).await {
            let going_on = self.mend(&error, &mut pauses).await;
            if !going_on {
                tracing::warn!(%error, ops = batch.ops.len(), "rows could not be written to the index");
                // The files have the lines that these rows are of.
                drop(self.try_catch_up().await);
                break;
            }
        }
        self.progress.release(batch.weight);
        self.progress.set_committed(batch.last_line);
    }

    async fn try_write(&mut self, ops: &[Op]) -> Result<(), IndexError> {
        let connection = self.connect().await?;
        Ok(tables::commit(connection, ops).await?)
    }

    /// Brings the tables up to the files, however long that takes.
    async fn catch_up(&mut self) -> Result<CaughtUp, IndexError> {
        let mut pauses = Pauses::default();
        loop {
            match self.try_catch_up().await {
                Ok(caught_up) => return Ok(caught_up),
                Err(error) if !self.mend(&error, &mut pauses).await => return Err(error),
                Err(_) => {}
            }
        }
    }

    async fn try_catch_up(&mut self) -> Result<CaughtUp, IndexError> {
        self.connect().await?;
        // Lines that are applied from here on come through the queue again; those before are in the
        // files already.
        let last_line = self.progress.applied();
        self.progress.set_behind(false);
        let caught_up = self.read_files().await?;
        self.progress.set_committed(last_line);
        Ok(caught_up)
    }

    async fn read_files(&mut self) -> Result<CaughtUp, IndexError> {
        let Some(connected) = &mut self.connection else { return Err(IndexError::Closed) };
        let costs = costs::refill_from(&mut connected.connection).await?;
        let caught_up = catch_up(&mut connected.connection, &self.source, &self.handle).await?;
        self.refill = Refill { costs, going: true, last: None };
        Ok(caught_up)
    }

    async fn rebuild(&mut self) -> Result<CaughtUp, IndexError> {
        let mut pauses = Pauses::default();
        loop {
            let going_on = match self.try_clear().await {
                Ok(true) => return self.catch_up().await,
                // Tables that cannot be emptied, or are not sound when empty, are damaged.
                Ok(false) => self.replace(&mut pauses).await,
                Err(IndexError::Sqlite(error)) if remedy(&error) == Remedy::GiveUp => {
                    self.replace(&mut pauses).await
                }
                Err(error) if !self.mend(&error, &mut pauses).await => return Err(error),
                Err(_) => true,
            };
            if !going_on {
                return Err(IndexError::Closed);
            }
        }
    }

    /// Empties the tables. False when they are damaged.
    async fn try_clear(&mut self) -> Result<bool, IndexError> {
        let connection = self.connect().await?;
        tables::clear(connection).await?;
        Ok(tables::are_sound(connection).await?)
    }

    /// The connection, to the file that is at the path now. A file that was deleted or replaced
    /// since is opened, and filled, first.
    async fn connect(&mut self) -> Result<&mut SqliteConnection, IndexError> {
        let here = self.db.file_identity();
        let replaced = self.connection.as_ref().is_some_and(|connected| connected.file != here);
        if replaced || !self.db.path().exists() {
            tracing::warn!("the index's file was replaced: filling the new one from the logs");
            self.connection = None;
            self.db.reopen().await?;
            self.open_connection().await?;
            self.read_files().await?;
        } else if self.connection.is_none() {
            self.open_connection().await?;
        }
        self.connection.as_mut().map(|connected| &mut connected.connection).ok_or(IndexError::Closed)
    }

    async fn open_connection(&mut self) -> Result<(), DbError> {
        let connection = self.db.connect_writer().await?;
        self.connection = Some(Connected { connection, file: self.db.file_identity() });
        Ok(())
    }

    /// Does what an error calls for. False when the same thing need not be tried again.
    async fn mend(&mut self, error: &IndexError, pauses: &mut Pauses) -> bool {
        let unreadable = matches!(error, IndexError::Logs(_)) && pauses.attempts >= ATTEMPTS_AT_LOGS;
        match remedy_of(error) {
            // Not all damage has an error of its own: rows that vanished break rules of those left.
            Remedy::GiveUp if matches!(error, IndexError::Sqlite(_)) && self.is_damaged().await => {
                self.replace(pauses).await
            }
            Remedy::GiveUp => false,
            Remedy::Retry if unreadable => false,
            Remedy::Replace => self.replace(pauses).await,
            Remedy::Retry => {
                // A connection that failed may not see the file as it is by now.
                if matches!(error, IndexError::Db(_)) {
                    self.connection = None;
                }
                pauses.wait(self.inbox.is_closed()).await
            }
        }
    }

    async fn is_damaged(&mut self) -> bool {
        match &mut self.connection {
            Some(connected) => matches!(tables::are_sound(&mut connected.connection).await, Ok(false)),
            None => false,
        }
    }

    async fn replace(&mut self, pauses: &mut Pauses) -> bool {
        tracing::warn!("the index is damaged: setting it aside and filling a new one from the logs");
        self.connection = None;
        if let Err(error) = self.fill_new().await {
            tracing::warn!(%error, "the index could not be replaced yet");
        }
        pauses.wait(self.inbox.is_closed()).await
    }

    async fn fill_new(&mut self) -> Result<(), IndexError> {
        self.db.replace().await?;
        self.open_connection().await?;
        self.read_files().await.map(drop)
    }
}

impl Refill {
    fn is_going(&self) -> bool {
        self.costs.is_some() || self.going
    }
}

impl Batch {
    fn add(&mut self, line: u64, ops: Vec<Op>) {
        self.weight += weight(&ops);
        self.ops.extend(ops);
        self.last_line = line;
    }
}

/// Pauses between attempts.
#[derive(Debug, Default)]
struct Pauses {
    attempts: u32,
}

impl Pauses {
    /// Waits longer each time. False when it is time to give up because nobody waits any more.
    async fn wait(&mut self, closed: bool) -> bool {
        self.attempts += 1;
        if closed && self.attempts >= ATTEMPTS_WHEN_CLOSED {
            return false;
        }
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.attempts - 1));
        sleep(pause.min(LONGEST_PAUSE)).await;
        true
    }
}

fn remedy_of(error: &IndexError) -> Remedy {
    match error {
        IndexError::Sqlite(error) | IndexError::Db(DbError::Sqlite(error)) => remedy(error),
        IndexError::Db(DbError::Io { .. }) | IndexError::Logs(_) => Remedy::Retry,
        IndexError::Db(DbError::Newer { .. } | DbError::Symlink(_) | DbError::Unusable(_))
        | IndexError::Reader
        | IndexError::Late(_)
        | IndexError::Closed => Remedy::GiveUp,
    }
}
