//! Why the index cannot answer.

use std::io;
use std::time::Duration;

use crate::db::DbError;

/// Why the index cannot answer. None of these loses anything: the files have it all.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The database cannot be opened.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The database does not answer a query.
    #[error("the index does not answer")]
    Sqlite(#[from] sqlx::Error),
    /// The log folder cannot be read.
    #[error("cannot read the log folder")]
    Logs(#[from] io::Error),
    /// A file made the reader fail in a way it should not; what was read before it is indexed.
    #[error("reading the logs failed unexpectedly")]
    Reader,
    /// Rows are still on their way; they are read from the files at the next start.
    #[error("the index is not up to date after {0:?}")]
    Late(Duration),
    /// The writer is gone.
    #[error("the index is closed")]
    Closed,
}
