//! The explorer beside a proxy that runs in another process, or beside none.

use std::sync::Arc;
use std::time::Duration;

use sqlx::SqliteConnection;
use tokio::runtime::Handle;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;

use super::host::Host;
use super::types::ChangeNote;
use crate::api::query::Archive;
use crate::db::Db;

/// How often the index is looked at while somebody watches.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Changes that wait for a watcher; one that falls further behind reads all anew.
const WAITING_NOTES: usize = 16;

/// A process that hosts no proxy. It sees by the index that something changed, and not what.
#[derive(Debug)]
pub struct Elsewhere {
    notes: broadcast::Sender<ChangeNote>,
    watched: Arc<Notify>,
    looking: JoinHandle<()>,
}

impl Elsewhere {
    /// Looks at the archive's index whenever somebody watches, in a task on `handle`.
    pub fn new(archive: &Archive, handle: &Handle) -> Self {
        let (notes, _) = broadcast::channel(WAITING_NOTES);
        let watched = Arc::new(Notify::new());
        let looking = handle.spawn(look(archive.db().clone(), notes.clone(), Arc::clone(&watched)));
        Self { notes, watched, looking }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Host for Elsewhere {
    fn changes(&self) -> broadcast::Receiver<ChangeNote> {
        let changes = self.notes.subscribe();
        self.watched.notify_one();
        changes
    }
}

async fn look(db: Db, notes: broadcast::Sender<ChangeNote>, watched: Arc<Notify>) {
    let mut eye = Eye::default();
    loop {
        while notes.receiver_count() == 0 {
            watched.notified().await;
        }
        if eye.sees_a_change(&db).await {
            // The last watcher may have left meanwhile.
            let _ = notes.send(ChangeNote::Something);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What was seen last. SQLite counts other connections' commits for each connection on its own, so one is
/// kept.
#[derive(Default)]
struct Eye {
    connection: Option<SqliteConnection>,
    /// Whether there was a look at all.
    looked: bool,
    /// The file, and its count of commits.
    seen: Option<(Option<(u64, u64)>, i64)>,
}

impl Eye {
    /// Whether the index was written to, replaced or made since the last look. The first look sees none.
    async fn sees_a_change(&mut self, db: &Db) -> bool {
        let file = db.file_identity();
        if self.seen.is_some_and(|(seen, _)| seen != file) {
            self.connection = None;
        }
        let looked = std::mem::replace(&mut self.looked, true);
        let Some(version) = self.version(db).await else { return false };
        self.seen.replace((file, version)) != Some((file, version)) && looked
    }

    async fn version(&mut self, db: &Db) -> Option<i64> {
        if self.connection.is_none() {
            self.connection = db.connect_reader().await.ok();
        }
        let connection = self.connection.as_mut()?;
        match sqlx::query_scalar("pragma data_version").fetch_one(connection).await {
            Ok(version) => Some(version),
            Err(_) => {
                self.connection = None;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Home, request, session_id, start};
    use super::*;
    use crate::api::action;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn whoever_watches_is_told_of_changes() {
        let home = Home::logged(&[vec![start(1)]]).await;
        let host = Elsewhere::new(&home.front.archive, &Handle::current());
        assert_eq!(host.proxy(), None);
        let mut changes = host.changes();
        let writing = async {
            loop {
                action::reindex(&home.logs()).await.unwrap();
            }
        };
        tokio::select! {
            note = changes.recv() => assert_eq!(note, Ok(ChangeNote::Something)),
            () = writing => {}
            () = tokio::time::sleep(LONG) => panic!("nobody told"),
        }
    }

    #[tokio::test]
    async fn an_index_that_is_made_is_a_change() {
        let home = Home::empty();
        let mut eye = Eye::default();
        let db = home.front.archive.db();
        assert!(!eye.sees_a_change(db).await);
        let file = format!("logs/h.example/2026-11-23/{}.jsonl", session_id(1));
        home.write(&file, &format!("{}\n{}\n", start(1), request(1, 1, "m", &["Hello"])));
        action::reindex(&home.logs()).await.unwrap();
        assert!(eye.sees_a_change(db).await);
        assert!(!eye.sees_a_change(db).await);
    }

    #[tokio::test]
    async fn an_index_that_nobody_writes_to_is_silent() {
        let home = Home::logged(&[vec![start(1), request(1, 1, "m", &["Hello"])]]).await;
        let mut eye = Eye::default();
        let db = home.front.archive.db();
        for _ in 0..3 {
            assert!(!eye.sees_a_change(db).await);
        }
        action::reindex(&home.logs()).await.unwrap();
        assert!(eye.sees_a_change(db).await);
        assert!(!eye.sees_a_change(db).await);
    }
}
