//! The Go llm-proxy's database, read for import and never written.

use std::path::Path;
use std::str::FromStr as _;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::DbError;
use crate::model::{SessionId, Timestamp};

/// A session as the Go llm-proxy knew it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoSession {
    /// Its id.
    pub id: SessionId,
    /// Whose API, in the Go llm-proxy's word.
    pub provider: String,
    /// The upstream, `host` or `host:port`.
    pub upstream: String,
    /// When it began.
    pub created: Timestamp,
    /// When it was used last.
    pub last_activity: Timestamp,
    /// The highest request number given out.
    pub last_seq: u64,
    /// Its file, relative to the log folder.
    pub file: String,
    /// The client's own name for it.
    pub client_session_id: Option<String>,
}

/// Reads all sessions of a Go llm-proxy's database, oldest first. Rows that make no sense are left
/// out. The file is opened as immutable: not even a lock is taken.
pub async fn go_sessions(path: &Path) -> Result<Vec<GoSession>, DbError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let mut connection = options.disable_statement_logging().connect().await?;
    let rows = sqlx::query(
        "select id, provider, upstream, created_at, last_activity, last_seq, file_path, client_session_id
         from sessions order by id",
    )
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    Ok(rows.iter().filter_map(|row| read(row).ok().flatten()).collect())
}

fn read(row: &SqliteRow) -> Result<Option<GoSession>, sqlx::Error> {
    let id: String = row.try_get("id")?;
    let created: String = row.try_get("created_at")?;
    let last_activity: String = row.try_get("last_activity")?;
    let last_seq: i64 = row.try_get("last_seq")?;
    let (Ok(id), Some(created), Some(last_activity)) =
        (SessionId::from_str(&id), Timestamp::parse(&created), Timestamp::parse(&last_activity))
    else {
        return Ok(None);
    };
    Ok(Some(GoSession {
        id,
        provider: row.try_get("provider")?,
        upstream: row.try_get("upstream")?,
        created,
        last_activity,
        last_seq: u64::try_from(last_seq).unwrap_or(0),
        file: row.try_get("file_path")?,
        client_session_id: row.try_get("client_session_id")?,
    }))
}
