//! Sessions and what they say. Lists come from the index; a session's content comes from its file,
//! which is the truth, and so do lists when there is no index.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::reading::{Reading, Readings};
use super::types::{ClientSeen, SessionSummary, SessionView, Sessions, Tokens, Turn};
use super::{cost, index_file};
use crate::db::Db;
use crate::index::may_run;
use crate::index::query::{self as index, SessionFilter};
use crate::logs::RelativePath;
use crate::logs::layout;
use crate::model::{SessionId, Timestamp};
use crate::provider::prices::usd;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The log folder, or a file in it, cannot be read.
    #[error("cannot read the logs in {}", log_dir.display())]
    Logs {
        /// The folder.
        log_dir: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Nothing has this name.
    #[error("no session `{wanted}`: `llm-proxy sessions` lists those there are")]
    NoSuchSession {
        /// What was asked for.
        wanted: String,
    },
    /// Several begin so.
    #[error("several sessions begin with `{wanted}`: {}", .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The first few of those that fit.
        candidates: Vec<String>,
    },
    /// There is no session at all.
    #[error("there are no sessions yet")]
    NoSessions,
}

/// How many candidates an error names.
const CANDIDATES_SHOWN: usize = 4;

/// A log folder and its index, for reading.
#[derive(Debug, Clone)]
pub struct Archive {
    log_dir: PathBuf,
    db: Db,
    readings: Arc<Readings>,
}

impl Archive {
    /// Opens the folder; neither it nor the index need exist. Needs a runtime.
    pub fn open(log_dir: &Path) -> Self {
        let db = Db::open_read_only(&index_file(log_dir));
        Self { log_dir: log_dir.to_owned(), db, readings: Arc::default() }
    }

    /// The index, for those that count.
    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// Whether nothing was ever logged here.
    pub(super) fn is_empty(&self) -> bool {
        !self.db.path().exists() && self.files().is_ok_and(|files| files.is_empty())
    }

    /// The log folder.
    pub fn log_dir(&self) -> &Path {
        &self.log_dir
    }

    /// The latest sessions, at most `limit`. Without an index they are read from the files.
    pub async fn sessions(&self, limit: u32) -> Result<Sessions, QueryError> {
        match index::sessions(&self.db, limit, None, &SessionFilter::default()).await {
            Ok(rows) => {
                let sessions = rows.into_iter().filter_map(summary_of_row).collect();
                Ok(Sessions { sessions, without_index: None })
            }
            Err(error) => {
                let sessions = self.sessions_in_files(limit)?;
                Ok(Sessions { sessions, without_index: Some(self.why_no_index(&error)) })
            }
        }
    }

    /// A session by its id, the beginning of its id, or `last`.
    pub async fn session(&self, wanted: &str) -> Result<SessionView, QueryError> {
        self.read(&self.file_of(wanted).await?)
    }

    /// The file of a session that is named likewise.
    pub(super) async fn file_of(&self, wanted: &str) -> Result<RelativePath, QueryError> {
        if wanted == "last" { self.latest_file().await } else { self.find(wanted) }
    }

    /// The clients that sent requests, latest first; an error when there is no index.
    pub async fn clients(&self) -> index::Result<Vec<ClientSeen>> {
        let seen = index::clients_seen(&self.db).await?;
        let client = |row: index::ClientSeen| ClientSeen {
            name: row.name,
            version: row.version,
            last: Timestamp::from_unix_ms(row.last_ms),
            requests: row.requests,
        };
        Ok(seen.into_iter().map(client).collect())
    }

    async fn latest_file(&self) -> Result<RelativePath, QueryError> {
        let latest = self.sessions(1).await?.sessions.into_iter().next();
        let file = latest.and_then(|session| RelativePath::parse(&session.file).ok());
        file.ok_or(QueryError::NoSessions)
    }

    fn find(&self, wanted: &str) -> Result<RelativePath, QueryError> {
        let mut found = self.files()?;
        found.retain(|file| file.file_name().starts_with(wanted) || session_of(file) == wanted);
        match (found.len(), found.pop()) {
            (1, Some(file)) if !wanted.is_empty() => Ok(file),
            (0, _) | (_, None) => Err(QueryError::NoSuchSession { wanted: wanted.to_owned() }),
            (_, Some(last)) => {
                let names = found.iter().take(CANDIDATES_SHOWN - 1).chain([&last]);
                let candidates = names.map(|file| session_of(file).to_owned()).collect();
                Err(QueryError::Ambiguous { wanted: wanted.to_owned(), candidates })
            }
        }
    }

    /// Reads a session's file to its end.
    fn read(&self, file: &RelativePath) -> Result<SessionView, QueryError> {
        self.see(file, u64::MAX, view)?.ok_or(QueryError::NoSessions)
    }

    /// Reads the lines of a session's file that begin before the byte `until`, and what `see` makes of them.
    pub(super) fn see<T>(
        &self,
        file: &RelativePath,
        until: u64,
        see: impl FnOnce(&Reading) -> T,
    ) -> Result<T, QueryError> {
        self.readings.read(&self.log_dir, file, until, see).map_err(|source| self.unreadable(source))
    }

    fn sessions_in_files(&self, limit: u32) -> Result<Vec<SessionSummary>, QueryError> {
        let candidates = self.likely_latest(limit as usize)?;
        let views = candidates.iter().filter_map(|file| self.read(file).ok());
        let mut sessions: Vec<SessionSummary> = views.map(|view| view.summary).collect();
        sessions.sort_by(|one, other| (other.last_activity, &other.id).cmp(&(one.last_activity, &one.id)));
        sessions.truncate(limit as usize);
        Ok(sessions)
    }

    /// When a session was used last stands in its lines, and reading all files may take minutes. So
    /// only those are read that were written to last, and, because copied files have new times,
    /// those that began last.
    fn likely_latest(&self, limit: usize) -> Result<BTreeSet<RelativePath>, QueryError> {
        let mut files = self.files()?;
        files.sort_by_cached_key(|file| Reverse(session_of(file).to_owned()));
        let mut candidates: BTreeSet<RelativePath> = files.iter().take(limit).cloned().collect();
        files.sort_by_cached_key(|file| Reverse(self.modified(file)));
        candidates.extend(files.into_iter().take(limit));
        Ok(candidates)
    }

    fn modified(&self, file: &RelativePath) -> SystemTime {
        let metadata = file.on_disk(&self.log_dir).symlink_metadata();
        metadata.and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn files(&self) -> Result<Vec<RelativePath>, QueryError> {
        layout::walk(&self.log_dir).collect::<io::Result<_>>().map_err(|source| self.unreadable(source))
    }

    /// Why the index does not answer, in words for people.
    pub(super) fn why_no_index(&self, error: &sqlx::Error) -> String {
        match error.as_database_error() {
            _ if !self.db.path().exists() => "there is no sessions.db".to_owned(),
            Some(error) => error.message().to_owned(),
            None => error.to_string(),
        }
    }

    fn unreadable(&self, source: io::Error) -> QueryError {
        QueryError::Logs { log_dir: self.log_dir.clone(), source }
    }
}

fn session_of(file: &RelativePath) -> &str {
    let name = file.file_name();
    name.strip_suffix(".jsonl").unwrap_or(name)
}

/// A row as front ends get it; `None` when something else wrote it there.
pub(super) fn summary_of_row(row: index::Session) -> Option<SessionSummary> {
    Some(SessionSummary {
        id: row.id.parse().ok()?,
        provider: row.provider,
        upstream: row.upstream,
        client: row.client_name.filter(|name| !name.is_empty()),
        client_version: row.client_version,
        client_session: row.client_session,
        model: row.model,
        project: row.project,
        title: row.title,
        created: Timestamp::from_unix_ms(row.created_ms),
        last_activity: Timestamp::from_unix_ms(row.last_ms),
        requests: row.requests,
        tokens: tokens_of_row(row.tokens),
        cost_usd: row.cost_nanousd.map(usd),
        running: row.open_ms.map(Timestamp::from_unix_ms).is_some_and(may_run),
        file: row.file,
    })
}

/// The index's sums as front ends get them.
pub(super) fn tokens_of_row(row: index::Tokens) -> Tokens {
    Tokens { input: row.input, output: row.output, cache_read: row.cache_read, cache_write: row.cache_write }
}

/// None for a file of another name than a session's, which the walk does not give.
pub(super) fn view(reading: &Reading) -> Option<SessionView> {
    let (file, turns) = (&reading.file, &reading.turns);
    let id: SessionId = session_of(file).parse().ok()?;
    let provider = turns.provider().map(|provider| provider.as_str().to_owned()).unwrap_or_default();
    let (start, title) = (turns.start.clone(), turns.title.clone());
    let named = start.as_ref().and_then(|start| start.client_session.clone());
    let client_session = turns.client_session.clone().or(named);
    let turns = turns.so_far().to_vec();
    let client = latest(&turns, |turn| Some(&turn.client).filter(|client| !client.name.is_empty()));
    let first = turns.first().map(|turn| turn.started);
    let created = start.as_ref().map(|start| start.meta.ts).or(first).unwrap_or_default();
    // The index keeps milliseconds.
    let created = Timestamp::from_unix_ms(created.unix_ms());
    let summary = SessionSummary {
        id,
        provider,
        upstream: start.map_or_else(|| file.folder().to_owned(), |start| start.upstream),
        client: client.map(|client| client.name.clone()),
        client_version: client.and_then(|client| client.version.clone()),
        client_session,
        model: latest(&turns, |turn| turn.model.clone()),
        project: latest(&turns, |turn| turn.project.clone()),
        title,
        created,
        last_activity: turns.iter().map(end_of).fold(created, Timestamp::max),
        requests: turns.len() as u64,
        tokens: sum(&turns),
        cost_usd: None,
        running: turns.iter().any(|turn| turn.status.is_none() && may_run(turn.started)),
        file: file.as_str().to_owned(),
    };
    let mut view = SessionView { summary, turns, bad_lines: reading.bad_lines };
    view.summary.cost_usd = cost::sum(view.turns.iter().filter_map(|turn| view.cost_of(turn)));
    Some(view)
}

fn latest<'a, T>(turns: &'a [Turn], what: impl Fn(&'a Turn) -> Option<T>) -> Option<T> {
    turns.iter().rev().find_map(what)
}

fn end_of(turn: &Turn) -> Timestamp {
    let total_ms = turn.timing.map_or(0, |timing| timing.total_ms);
    let total_ms = i64::try_from(total_ms).unwrap_or(0);
    Timestamp::from_unix_ms(turn.started.unix_ms().saturating_add(total_ms))
}

fn sum(turns: &[Turn]) -> Tokens {
    turns.iter().filter_map(|turn| turn.usage).map(Tokens::from).fold(Tokens::default(), |sum, one| Tokens {
        input: sum.input.saturating_add(one.input),
        output: sum.output.saturating_add(one.output),
        cache_read: sum.cache_read.saturating_add(one.cache_read),
        cache_write: sum.cache_write.saturating_add(one.cache_write),
    })
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
