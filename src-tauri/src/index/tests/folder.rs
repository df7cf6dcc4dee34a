//! A log folder with its index, as the recorder keeps them.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Column as _, Connection as _, Row as _, ValueRef as _};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::db::{Db, State};
use crate::index::{Index, LogFolder, LogSource};
use crate::logs::layout::session_file;
use crate::logs::{RelativePath, Span};
use crate::model::Timestamp;
use crate::record::entry::Entry;

/// Longer than any test should take; a flush that fails by it is a hang.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// What undoes each version of the schema, latest first.
const UNDOING: [(i64, &[&str]); 8] = [
    (9, &["drop table messages_words"]),
    (8, &["drop trigger sessions_totalled", "drop trigger sessions_untotalled", "drop table totals"]),
    (
        7,
        &[
            "drop trigger exchanges_counted",
            "drop trigger exchanges_recounted",
            "drop trigger exchanges_uncounted",
            "drop table facets",
        ],
    ),
    (6, &["drop index sessions_requests", "drop index sessions_tokens", "drop index sessions_cost"]),
    (
        5,
        &[
            "alter table exchanges drop column request_gaps",
            "alter table exchanges drop column response_gaps",
        ],
    ),
    (
        4,
        &[
            "drop trigger exchanges_summed",
            "drop trigger exchanges_corrected",
            "drop index exchanges_ended",
            "drop index exchanges_open",
        ],
    ),
    (
        3,
        &[
            "alter table exchanges drop column cost_nanousd",
            "alter table sessions drop column cost_nanousd",
            "alter table sessions drop column unpriced",
            "alter table sessions drop column open_ms",
            "drop table price_lists",
            "drop index messages_tools",
        ],
    ),
    (2, &["drop table messages_fts", "drop table messages", "alter table files drop column has_messages"]),
];

/// A folder of session files, `*.jsonl`, that goes away with the value.
pub(super) struct Folder {
    root: TempDir,
}

impl Folder {
    pub(super) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    pub(super) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path().join("sessions.db")
    }

    pub(super) async fn open(&self) -> (Index, Db, State) {
        let opened = Db::open(&self.database()).await.unwrap();
        let index = Index::open(opened.db.clone(), self.source(), &Handle::current());
        (index, opened.db, opened.state)
    }

    pub(super) fn source(&self) -> Arc<dyn LogSource> {
        Arc::new(LogFolder::new(self.path().to_owned()))
    }

    /// Makes the database what a program of an earlier schema left. Nobody may have it open.
    pub(super) async fn go_back_to(&self, version: i64) {
        let mut connection = Db::open_read_only(&self.database()).connect_writer().await.unwrap();
        for (_, statements) in UNDOING.iter().filter(|(undone, _)| *undone > version) {
            for statement in *statements {
                sqlx::query(*statement).execute(&mut connection).await.unwrap();
            }
        }
        sqlx::query("delete from _sqlx_migrations where version > ?1")
            .bind(version)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    /// Where the entry's session file lies.
    pub(super) fn place(entry: &Entry) -> RelativePath {
        let meta = entry.meta();
        session_file(&meta.host, Timestamp::parse("2026-11-23T03:08:29Z").unwrap(), &meta.session)
    }

    /// Appends a line to the entry's session file.
    pub(super) fn write(&self, entry: &Entry) -> (String, Span) {
        self.append(entry, &entry.to_line())
    }

    /// Appends bytes to the entry's session file.
    pub(super) fn append(&self, entry: &Entry, bytes: &[u8]) -> (String, Span) {
        let place = Self::place(entry);
        let path = place.under(self.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let offset = fs::metadata(&path).map_or(0, |found| found.len());
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(bytes).unwrap();
        (place.as_str().to_owned(), Span { offset, len: bytes.len() as u64 })
    }

    /// Writes and applies, as the recorder does.
    pub(super) fn record(&self, index: &mut Index, entry: &Entry) {
        let (file, span) = self.write(entry);
        index.apply(entry, &file, span);
    }
}

/// All tables, every column, as text in a fixed order.
pub(super) async fn dump(db: &Db) -> Vec<String> {
    check_words(db).await;
    check_facets(db).await;
    check_totals(db).await;
    let mut lines = Vec::new();
    for table in [
        "select 'session', * from sessions order by id",
        "select 'link', hex(key), session from links order by key",
        "select 'exchange', *, hex(chain) from exchanges order by request_id",
        "select 'message', session, hex(hash), request_id, seq, line_offset, role, kind, tool, text from messages
         order by session, hash",
        "select 'file', * from files order by file",
    ] {
        for row in sqlx::query(table).fetch_all(&db.readers()).await.unwrap() {
            let cells: Vec<String> =
                row.columns().iter().map(|column| cell(&row, column.ordinal())).collect();
            lines.push(cells.join("|"));
        }
    }
    lines
}

/// Fails unless the index of words has exactly what the messages say.
async fn check_words(db: &Db) {
    let mut connection = db.connect_writer().await.unwrap();
    let check = "insert into messages_fts (messages_fts, rank) values ('integrity-check', 1)";
    sqlx::query(check).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Fails unless the facets count what the exchanges have in common.
async fn check_facets(db: &Db) {
    type Facet = (String, String, String, i64, String, String, String, i64);
    let of = |columns: &str, rest: &str| {
        format!(
            "select coalesce(client_name, ''), coalesce(model, ''), coalesce(kind, ''), coalesce(status, -1),
                 coalesce(project, ''), upstream, path, {columns} {rest} order by 1, 2, 3, 4, 5, 6, 7"
        )
    };
    let counted = of("requests", "from facets where requests > 0");
    let there = of("count(*)", "from exchanges group by 1, 2, 3, 4, 5, 6, 7");
    let ask = async |sql: String| -> Vec<Facet> {
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&db.readers()).await.unwrap()
    };
    assert_eq!(ask(counted).await, ask(there).await);
}

/// Fails unless the sums over all sessions are what they say.
async fn check_totals(db: &Db) {
    const COLUMNS: &str = "sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
        sum(cache_write_tokens), sum(cost_nanousd), sum(unpriced)";
    let ask = async |sql: String| {
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&db.readers()).await.unwrap();
        let sums: Vec<i64> = (0..9).map(|at| row.get::<Option<i64>, _>(at).unwrap_or(0)).collect();
        sums
    };
    let kept = ask(format!("select sum(sessions), sum(priced), {COLUMNS} from totals")).await;
    let counted = "count(*) filter (where requests > 0), count(cost_nanousd)";
    assert_eq!(kept, ask(format!("select {counted}, {COLUMNS} from sessions")).await);
}

fn cell(row: &sqlx::sqlite::SqliteRow, at: usize) -> String {
    if row.try_get_raw(at).unwrap().is_null() {
        return "null".to_owned();
    }
    let number = || row.try_get::<i64, _>(at).map(|number| number.to_string());
    row.try_get::<String, _>(at).or_else(|_| number()).unwrap_or_else(|_| "blob".to_owned())
}

/// Waits for a condition that a task brings about.
pub(super) async fn until(mut met: impl FnMut() -> bool) {
    let wait = async {
        while !met() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap();
}
