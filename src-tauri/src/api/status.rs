//! How things stand today.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use regex::bytes::Regex;

use super::probe::{self, NotRunning};
use super::query::{Archive, summary_of_row, tokens_of_row};
use super::types::{LastExchange, SessionSummary, Status, Today};
use crate::index::query::{self as index, SessionFilter};
use crate::logs::layout;
use crate::model::Timestamp;
use crate::provider::prices::usd;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How much of a log file is in memory at a time.
const READ_BYTES: usize = 1 << 20;

/// How a line's `gap` begins. Inside a body its quotes would carry backslashes.
const GAP: &str = r#""gap":[{"from":"#;

/// How things stand, for a proxy that would write its port to `portfile`.
pub async fn status(archive: &Archive, portfile: &Path) -> Status {
    let running = probe::running_port(portfile).await;
    let midnight = midnight();
    let counted = counted(archive, midnight).await;
    let without_index = counted.as_ref().err().map(|error| archive.why_no_index(error));
    let (mut today, last) = counted.unwrap_or_default();
    today.gaps = gaps(archive.log_dir(), midnight);
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

/// What the index knows of today, and the latest exchange. It knows of no gaps.
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
    /// Since midnight in UTC. Gaps are not counted: only the files know them.
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
        gaps: 0,
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

/// Lines that miss something, in files written to since `midnight`. The index does not know them.
fn gaps(log_dir: &Path, midnight: Timestamp) -> u64 {
    let Ok(pattern) = Regex::new(&regex::escape(GAP)) else { return 0 };
    let since_ms = u64::try_from(midnight.unix_ms()).unwrap_or(0);
    let since = SystemTime::UNIX_EPOCH + Duration::from_millis(since_ms);
    let files = layout::walk(log_dir).flatten().map(|file| file.under(log_dir));
    let recent = files.filter(|file| {
        file.symlink_metadata().and_then(|found| found.modified()).is_ok_and(|modified| modified >= since)
    });
    recent.filter_map(|file| count(File::open(file).ok()?, &pattern).ok()).sum()
}

/// Counts matches in pieces that overlap by one byte less than the pattern is long.
fn count(mut reader: impl Read, pattern: &Regex) -> io::Result<u64> {
    let mut buffer = vec![0; READ_BYTES];
    let mut kept = 0;
    let mut found = 0;
    loop {
        let read = reader.read(&mut buffer[kept..])?;
        if read == 0 {
            return Ok(found);
        }
        let filled = kept + read;
        found += pattern.find_iter(&buffer[..filled]).count() as u64;
        kept = filled.min(GAP.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte more each time, so that the pattern is cut everywhere.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            let length = self.1.min(self.0.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    #[test]
    fn gaps_are_counted_wherever_the_reads_are_cut_and_never_in_bodies() {
        let line =
            r#"{"body":"{\"gap\":[{\"from\":1}]}","gap":[{"from":21,"bytes":4,"reason":"body_limit"}]}"#;
        let pattern = Regex::new(&regex::escape(GAP)).unwrap();
        for lines in 0..20 {
            let text = format!("{line}\n{{\"gap\":[]}}\n").repeat(lines);
            assert_eq!(count(Pieces(text.as_bytes(), 0), &pattern).unwrap(), lines as u64);
        }
    }
}
