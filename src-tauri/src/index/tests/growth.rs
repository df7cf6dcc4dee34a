//! What an exchange costs the index must not depend on how many its session has already.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Connection as _, SqliteConnection};

use super::folder::{Folder, LONG};
use super::history::{request, response, session, start};
use crate::index::interpret::{Interpreter, Line};
use crate::index::latest::Body;
use crate::index::row::Op;
use crate::index::tables;
use crate::logs::Span;
use crate::record::entry::Entry;

/// Steps of SQLite's machine from one count to the next.
const STEPS_PER_COUNT: u64 = 10;

/// A session that grows, commit by commit.
struct Growing {
    interpreter: Interpreter,
    connection: SqliteConnection,
    steps: Arc<AtomicU64>,
    seq: u64,
}

impl Growing {
    async fn new(folder: &Folder) -> Self {
        let (index, db, _) = folder.open().await;
        index.flush(LONG).await.unwrap();
        let mut connection = db.connect_writer().await.unwrap();
        let steps = Arc::new(AtomicU64::new(0));
        let counted = steps.clone();
        let count = move || {
            counted.fetch_add(STEPS_PER_COUNT, Ordering::Relaxed);
            true
        };
        connection.lock_handle().await.unwrap().set_progress_handler(STEPS_PER_COUNT as i32, count);
        let mut growing = Self { interpreter: Interpreter::default(), connection, steps, seq: 0 };
        let ops = growing.apply(&start(&session(1), None));
        tables::commit(&mut growing.connection, &ops).await.unwrap();
        growing
    }

    fn apply(&mut self, entry: &Entry) -> Vec<Op> {
        let line =
            Line { file: "a.jsonl", span: Span { offset: self.seq * 200, len: 100 }, number: self.seq };
        self.interpreter.apply(entry, Body::InEntry, line).unwrap()
    }

    /// Commits further exchanges of one batch, and says how many steps that took SQLite.
    async fn grow(&mut self, exchanges: u64) -> u64 {
        let mut ops = Vec::new();
        for _ in 0..exchanges {
            self.seq += 1;
            let (id, text) = (format!("r{:06}", self.seq), format!("Said in {}", self.seq));
            ops.extend(self.apply(&request(&session(1), Some(&id), self.seq, &["Hello"])));
            ops.extend(self.apply(&response(&session(1), Some(&id), self.seq, &text)));
        }
        let before = self.steps.load(Ordering::Relaxed);
        tables::commit(&mut self.connection, &ops).await.unwrap();
        self.steps.load(Ordering::Relaxed) - before
    }
}

#[tokio::test]
async fn an_exchange_of_a_long_session_costs_what_one_of_a_short_session_costs() {
    let folder = Folder::new();
    let mut growing = Growing::new(&folder).await;
    growing.grow(20).await;
    let of_short = growing.grow(20).await;
    for _ in 0..20 {
        growing.grow(100).await;
    }
    let of_long = growing.grow(20).await;
    assert!(of_short > 1000, "{of_short} steps");
    assert!(of_long < of_short * 12 / 10, "{of_long} steps behind 2,040 exchanges, {of_short} behind 20");
    growing.connection.close().await.unwrap();
}
