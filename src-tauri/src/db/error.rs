//! What can be wrong with the database, and what that calls for.

use std::io;
use std::path::PathBuf;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A later version of the program wrote it.
    #[error(
        "{path} was written by a newer llm-proxy (schema {found}, this one knows {known}): update llm-proxy, or move the file away to have it rebuilt from the logs"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The schema it has.
        found: i64,
        /// The latest schema this program knows.
        known: i64,
    },
    /// The database's path is a symbolic link; its target could be anyone's file.
    #[error("{0} is a symbolic link: refusing to open it")]
    Symlink(PathBuf),
    /// Even a new file does not become a sound database.
    #[error("no sound database can be made at {0}")]
    Unusable(PathBuf),
    /// The file system said no.
    #[error("cannot prepare {path}")]
    Io {
        /// The file in question.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// SQLite said no.
    #[error("the database does not answer")]
    Sqlite(#[from] sqlx::Error),
}

/// What a failed statement calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Locked, disk full, disk failing: the same statement may well succeed later.
    Retry,
    /// The file is no (sound) database any more: replace it and rebuild.
    Replace,
    /// The statement itself is at fault: trying again changes nothing.
    GiveUp,
}

// Primary result codes of SQLite (https://sqlite.org/rescode.html).
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const NOMEM: i32 = 7;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const NOTADB: i32 = 26;

/// What an error of SQLite calls for.
pub fn remedy(error: &sqlx::Error) -> Remedy {
    let Some(database_error) = error.as_database_error() else {
        // A dead connection or a failing disk; what cannot be decoded stays so.
        let decoding = matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_));
        return if decoding { Remedy::GiveUp } else { Remedy::Retry };
    };
    let extended = database_error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
    match extended & 0xff {
        BUSY | LOCKED | NOMEM | READONLY | IOERR | FULL | CANTOPEN | PROTOCOL => Remedy::Retry,
        CORRUPT | NOTADB => Remedy::Replace,
        _ => Remedy::GiveUp,
    }
}
