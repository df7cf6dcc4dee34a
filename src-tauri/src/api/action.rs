//! What changes something: building the index anew, and taking over the Go llm-proxy's folder. Each
//! holds the log folder's lock meanwhile.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::import_redaction::redact;
use super::index_file;
use super::types::{Imported, Indexed};
use crate::db::{Db, DbError, State, go_sessions};
use crate::index::query::{self as index, SessionFilter};
use crate::index::{Index, IndexError, LogFolder};
use crate::logs::import::{ImportError, ImportReport, import as import_logs, refuse_overlap};
use crate::logs::lock::{LockError, LogLock};
use crate::model::SessionId;
use crate::record::entry::Entry;
use crate::record::redact::Redactor;

/// How long the index may take to close once everything is in it.
const CLOSE_WITHIN: Duration = Duration::from_secs(30);

/// Why an action failed. What it did so far stays, and it can be repeated.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// There is nothing to index.
    #[error("there is no log folder {}", .0.display())]
    NoLogFolder(PathBuf),
    /// The folder to import is the log folder.
    #[error("{} is the log folder itself: `llm-proxy reindex` indexes what is in it", .0.display())]
    SameFolder(PathBuf),
    /// Someone else writes to the log folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The files could not be taken over.
    #[error("the import stopped")]
    Import(#[from] ImportError),
    /// The index could not be opened.
    #[error("the index cannot be opened")]
    Db(#[from] DbError),
    /// The index could not be filled.
    #[error("the index cannot be filled")]
    Index(#[from] IndexError),
    /// The index could not be read afterwards.
    #[error("the index cannot be read")]
    Query(#[from] sqlx::Error),
    /// The import's thread ended before its time.
    #[error("the import stopped")]
    Stopped(io::Error),
}

/// Deletes what the index has and makes it anew from the log files.
pub async fn reindex(log_dir: &Path) -> Result<Indexed, ActionError> {
    if !log_dir.is_dir() {
        return Err(ActionError::NoLogFolder(log_dir.to_owned()));
    }
    let _lock = LogLock::take(log_dir)?;
    fill_index(log_dir, Fill::Anew).await
}

/// Copies the Go llm-proxy's sessions in `from` into the log folder, redacted, and indexes them.
/// Nothing in `from` changes. Importing again adds only what is new.
pub async fn import(from: &Path, log_dir: &Path, redactor: Redactor) -> Result<Imported, ActionError> {
    let from = from.canonicalize().map_err(ImportError::Source)?;
    if log_dir.canonicalize().is_ok_and(|log_dir| log_dir == from) {
        return Err(ActionError::SameFolder(from));
    }
    refuse_overlap(&from, log_dir)?;
    let _lock = LogLock::take(log_dir)?;
    let (names, database_problem) = client_names(&from).await;
    let client_names = names.len();
    let target = log_dir.to_owned();
    let copy = move || copy(&from, &target, &redactor, &names);
    let report = Handle::current().spawn_blocking(copy).await.map_err(io::Error::other);
    let report = report.map_err(ActionError::Stopped)??;
    Ok(Imported {
        files: report.files,
        sessions: report.sessions,
        requests: report.requests,
        responses: report.responses,
        already_there: report.skipped_already_there,
        bad_lines: report.bad_lines,
        unreadable: report.unreadable,
        client_names,
        database_problem,
        index: fill_index(log_dir, Fill::Rest).await?,
    })
}

fn copy(
    from: &Path,
    into: &Path,
    redactor: &Redactor,
    names: &HashMap<SessionId, String>,
) -> Result<ImportReport, ImportError> {
    let translate = |entry| redact(redactor, named(entry, names));
    import_logs(from, into, &translate, &mut |_| {})
}

/// The Go llm-proxy kept the client's own name for a session in its database only.
fn named(entry: Entry, names: &HashMap<SessionId, String>) -> Entry {
    match entry {
        Entry::SessionStart(mut start) => {
            start.client_session = start.client_session.or_else(|| names.get(&start.meta.session).cloned());
            Entry::SessionStart(start)
        }
        Entry::Request(_) | Entry::Response(_) | Entry::Fork(_) => entry,
    }
}

/// The clients' names for the sessions, or why they cannot be read. The files do without them.
async fn client_names(from: &Path) -> (HashMap<SessionId, String>, Option<String>) {
    let path = index_file(from);
    if !path.exists() {
        return (HashMap::new(), None);
    }
    match go_sessions(&path).await {
        Ok(sessions) => {
            let named = |session: crate::db::GoSession| {
                session.client_session_id.filter(|name| !name.is_empty()).map(|name| (session.id, name))
            };
            (sessions.into_iter().filter_map(named).collect(), None)
        }
        Err(error) => (HashMap::new(), Some(error.to_string())),
    }
}

/// How an index is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// From nothing.
    Anew,
    /// With what it does not have yet.
    Rest,
}

async fn fill_index(log_dir: &Path, fill: Fill) -> Result<Indexed, ActionError> {
    let opened = Db::open(&index_file(log_dir)).await?;
    let source = Arc::new(LogFolder::new(log_dir.to_owned()));
    let index = Index::open(opened.db.clone(), source, &Handle::current());
    let caught_up = match fill {
        Fill::Anew => index.rebuild().await?,
        Fill::Rest => index.catch_up().await?,
    };
    index.close(CLOSE_WITHIN).await?;
    let sessions = index::sessions(&opened.db, u32::MAX, None, &SessionFilter::default()).await?;
    Ok(Indexed {
        files: caught_up.files,
        unreadable: caught_up.unreadable,
        sessions: sessions.len() as u64,
        exchanges: index::today(&opened.db, i64::MIN).await?.requests,
        set_aside: match opened.state {
            State::CorruptSetAside(path) | State::GoSetAside(path) => Some(path),
            State::Fresh | State::Existing => None,
        },
    })
}
