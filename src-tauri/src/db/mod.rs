//! The SQLite file: opening it safely, its schema, a few read-only connections and one that writes.
//! What is in it is derived from the logs, so a file that cannot be trusted is set aside and made
//! anew, never repaired.

mod error;
mod file;
mod go;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};

pub use error::{DbError, Remedy, remedy};
pub use go::{GoSession, go_sessions};

use schema::Schema;

/// How long a statement waits for another process's lock before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that read at the same time; more wait for their turn.
const MAX_READERS: u32 = 4;

/// What is checked before a database is used: the tables from which sessions are recognised. Texts and
/// their words are most of the file, and would hold up the start; damage there shows when it is met.
const CHECKS: [&str; 4] = [
    "pragma quick_check(sessions)",
    "pragma quick_check(links)",
    "pragma quick_check(exchanges)",
    "pragma quick_check(files)",
];

/// The database. Clones share it.
#[derive(Debug, Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// Swapped when the file is replaced, because a connection stays with the file it opened.
    readers: ArcSwap<SqlitePool>,
}

/// A database, and how it was found.
#[derive(Debug)]
pub struct Opened {
    /// The database, ready.
    pub db: Db,
    /// How it was found.
    pub state: State,
}

/// How a database was found when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// There was none: this one is empty.
    Fresh,
    /// It was there and is in order.
    Existing,
    /// It was no sound database of ours. It was moved to this path; the new one is empty.
    CorruptSetAside(PathBuf),
    /// It was the Go llm-proxy's. It was moved to this path; the new one is empty.
    GoSetAside(PathBuf),
}

impl Db {
    /// Opens the database for the one process that writes it: creates, migrates, or sets aside and
    /// replaces what is at `path`. Others use [`Db::open_read_only`].
    pub async fn open(path: &Path) -> Result<Opened, DbError> {
        let state = prepare(path).await?;
        let readers = ArcSwap::from_pointee(read_pool(path));
        Ok(Opened { db: Self { shared: Arc::new(Shared { path: path.to_owned(), readers }) }, state })
    }

    /// Opens a database that another process may be writing: neither checks nor changes it. A file
    /// that is missing shows with the first query.
    pub fn open_read_only(path: &Path) -> Self {
        let readers = ArcSwap::from_pointee(read_pool(path));
        Self { shared: Arc::new(Shared { path: path.to_owned(), readers }) }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Connections that read.
    pub fn readers(&self) -> SqlitePool {
        SqlitePool::clone(&self.shared.readers.load())
    }

    /// Whether the file has no tables yet: somebody is just making it.
    pub async fn is_blank(&self) -> bool {
        let Ok(mut connection) = self.connect_reader().await else { return false };
        matches!(schema::look(&mut connection).await, Ok(Schema::Empty))
    }

    /// A new connection that reads, for those who keep one.
    pub async fn connect_reader(&self) -> Result<SqliteConnection, DbError> {
        Ok(read_options(self.path()).connect().await?)
    }

    /// A new connection that writes. There is one at a time: the index's.
    pub async fn connect_writer(&self) -> Result<SqliteConnection, DbError> {
        Ok(write_options(self.path()).connect().await?)
    }

    /// Opens whatever is at the path now, after the file was deleted or replaced under us.
    pub async fn reopen(&self) -> Result<State, DbError> {
        let state = prepare(self.path()).await?;
        self.renew_readers().await;
        Ok(state)
    }

    /// Sets the file aside, after it proved damaged, and makes an empty one.
    pub async fn replace(&self) -> Result<State, DbError> {
        let state = replace_corrupt(self.path()).await?;
        self.renew_readers().await;
        Ok(state)
    }

    async fn renew_readers(&self) {
        let old = self.shared.readers.swap(Arc::new(read_pool(self.path())));
        old.close().await;
    }

    /// Tells one file at the path from another: device and inode. `None` where there is no file,
    /// and on systems that do not let an open file be deleted.
    pub fn file_identity(&self) -> Option<(u64, u64)> {
        file::identity(self.path())
    }
}

/// Makes sure that a sound database of the latest schema is at `path`.
async fn prepare(path: &Path) -> Result<State, DbError> {
    let existed = file::make_private(path)?;
    match inspect(path).await {
        Ok(Schema::Known) if update(path).await? => Ok(State::Existing),
        Ok(Schema::Empty) if update(path).await? => Ok(State::Fresh),
        Ok(Schema::Newer(found)) => {
            Err(DbError::Newer { path: path.to_owned(), found, known: schema::latest() })
        }
        Ok(Schema::Go) => {
            let aside = file::set_aside(path, file::Aside::Go)?;
            make_new(path).await.map(|()| State::GoSetAside(aside))
        }
        Ok(Schema::Known | Schema::Empty | Schema::Foreign) => replace_corrupt(path).await,
        // A file that was empty is not at fault.
        Err(error) if existed && remedy(&error) != Remedy::Retry => replace_corrupt(path).await,
        Err(error) => Err(error.into()),
    }
}

async fn replace_corrupt(path: &Path) -> Result<State, DbError> {
    let aside = file::set_aside(path, file::Aside::Corrupt)?;
    make_new(path).await.map(|()| State::CorruptSetAside(aside))
}

async fn make_new(path: &Path) -> Result<(), DbError> {
    file::make_private(path)?;
    let intact = update(path).await?;
    if intact { Ok(()) } else { Err(DbError::Unusable(path.to_owned())) }
}

/// Brings the schema at `path` to the latest version. False when the outcome is not what the
/// versions say: the file was damaged, or someone changed its tables.
async fn update(path: &Path) -> Result<bool, DbError> {
    let mut connection = write_options(path).connect().await?;
    let outcome = schema::migrate(&mut connection).await;
    connection.close().await?;
    match outcome {
        Ok(intact) => Ok(intact),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            match remedy(&error) {
                Remedy::Retry => Err(error.into()),
                Remedy::Replace | Remedy::GiveUp => Ok(false),
            }
        }
        Err(_) => Ok(false),
    }
}

/// Looks at the schema and checks the pages.
async fn inspect(path: &Path) -> Result<Schema, sqlx::Error> {
    // Neither WAL mode nor anything else is set: a file that is not ours stays as it is.
    let mut connection =
        SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).connect().await?;
    let outcome = look_and_check(&mut connection).await;
    // Closing may fail on a damaged file, which the outcome says already.
    drop(connection.close().await);
    outcome
}

async fn look_and_check(connection: &mut SqliteConnection) -> Result<Schema, sqlx::Error> {
    let found = schema::look(connection).await?;
    if found != Schema::Known {
        return Ok(found);
    }
    for check in CHECKS {
        let verdict: String = sqlx::query_scalar(check).fetch_one(&mut *connection).await?;
        if verdict != "ok" {
            return Ok(Schema::Foreign);
        }
    }
    Ok(found)
}

fn write_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging()
}

fn read_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

fn read_pool(path: &Path) -> SqlitePool {
    SqlitePoolOptions::new().max_connections(MAX_READERS).connect_lazy_with(read_options(path))
}

#[cfg(test)]
mod tests;
