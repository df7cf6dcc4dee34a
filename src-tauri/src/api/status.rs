//! How things stand today.

use std::path::Path;

use super::probe::{self, NotRunning};
use super::query::{Archive, summary_of_row, tokens_of_row};
use super::types::{LastExchange, SessionSummary, Status, Today};
use crate::index::query::{self as index, SessionFilter};
use crate::model::Timestamp;
use crate::provider::prices::usd;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How things stand, for a proxy that would write its port to `portfile`.
pub async fn status(archive: &Archive, portfile: &Path) -> Status {
    let running = probe::running_port(portfile).await;
    let counted = counted(archive, midnight()).await;
    let without_index = counted.as_ref().err().map(|error| archive.why_no_index(error));
    let (today, last) = counted.unwrap_or_default();
    Status {
        running: running.is_ok(),
        port: running.ok(),
        not_running: running.err().as_ref().map(NotRunning::to_string),
        log_dir: archive.log_dir().to_owned(),
        today,
        last,
        without_index,
    }
}

/// What the index knows of today, and the latest exchange.
pub(super) async fn numbers_of_today(archive: &Archive) -> index::Result<(Today, Option<LastExchange>)> {
    counted(archive, midnight()).await
}

/// Today's beginning in UTC.
fn midnight() -> Timestamp {
    Timestamp::from_unix_ms(Timestamp::now().unix_ms().div_euclid(DAY_MS) * DAY_MS)
}

/// What can be told of the log without reading its files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Glance {
    /// Since midnight in UTC.
    pub today: Today,
    /// The latest sessions, newest first.
    pub recent: Vec<SessionSummary>,
}

/// The day and the latest `sessions`, from the index alone; nothing where there is no index.
pub async fn glance(archive: &Archive, sessions: u32) -> Glance {
    let Ok((today, _)) = counted(archive, midnight()).await else { return Glance::default() };
    let latest = index::sessions(archive.db(), sessions, None, &SessionFilter::default()).await;
    Glance { today, recent: latest.unwrap_or_default().into_iter().filter_map(summary_of_row).collect() }
}

async fn counted(archive: &Archive, midnight: Timestamp) -> index::Result<(Today, Option<LastExchange>)> {
    let db = archive.db();
    let sums = index::today(db, midnight.unix_ms()).await?;
    let of_today = SessionFilter { since_ms: Some(midnight.unix_ms()), ..SessionFilter::default() };
    let sessions = index::sessions(db, u32::MAX, None, &of_today).await?;
    let latest = index::sessions(db, 1, None, &SessionFilter::default()).await?;
    let today = Today {
        sessions: sessions.len() as u64,
        requests: sums.requests,
        tokens: tokens_of_row(sums.tokens),
        cost_usd: sums.cost_nanousd.map(usd),
        gaps: sums.gaps,
    };
    Ok((today, latest.into_iter().find_map(last_exchange)))
}

fn last_exchange(session: index::Session) -> Option<LastExchange> {
    Some(LastExchange {
        session: session.id.parse().ok()?,
        seq: session.last_seq,
        at: Timestamp::from_unix_ms(session.last_ms),
        client: session.client_name.filter(|name| !name.is_empty()),
        model: session.model,
    })
}
