use std::fs;

use super::*;

/// The Go llm-proxy's schema, and rows such as it wrote.
const GO_SCRIPT: &str = "
    create table sessions (id text primary key, provider text not null, upstream text not null,
        created_at text not null, last_activity text not null, last_seq integer not null default 0,
        last_fingerprint text not null default '', file_path text not null, client_session_id text);
    create table fingerprints (fingerprint text primary key, session_id text not null, seq integer not null);
    insert into sessions values ('20261123-030829-d3cde8be', 'anthropic', 'a.example', '2026-11-23T03:08:29Z',
        '2026-11-23T04:08:30.5+01:00', 3, '', 'a.example/2026-11-23/20261123-030829-d3cde8be.jsonl', 'mine');
    insert into sessions values ('20261123-030828-00000001', 'openai', 'b.example:1', '2026-11-23T03:08:28Z',
        '2026-11-23T03:08:28Z', 1, '', 'b.example:1/2026-11-23/20261123-030828-00000001.jsonl', null);
    insert into sessions values ('../escape', 'openai', 'b', '2026-11-23T03:08:28Z', '2026-11-23T03:08:28Z', 1, '', '/etc', null);
    insert into sessions values ('20261123-030828-00000002', 'openai', 'b', 'yesterday', 'today', 1, '', 'x', null);";

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    (folder, path)
}

async fn open(path: &Path) -> Opened {
    Db::open(path).await.unwrap()
}

/// A database with one row, closed.
async fn filled(path: &Path) {
    let db = open(path).await.db;
    let mut writer = db.connect_writer().await.unwrap();
    for number in 0..200 {
        sqlx::query("insert into files (file, indexed_bytes) values (?1, 7)")
            .bind(format!("a.example/2026-11-23/{number}.jsonl"))
            .execute(&mut writer)
            .await
            .unwrap();
    }
    writer.close().await.unwrap();
    db.readers().close().await;
}

async fn count_files(db: &Db) -> i64 {
    sqlx::query_scalar("select count(*) from files").fetch_one(&db.readers()).await.unwrap()
}

#[tokio::test]
async fn fresh_then_existing() {
    let (_folder, path) = folder();
    assert_eq!(open(&path).await.state, State::Fresh);
    filled(&path).await;
    let again = open(&path).await;
    assert_eq!(again.state, State::Existing);
    assert_eq!(count_files(&again.db).await, 200);
}

#[tokio::test]
async fn connections_are_set_up_as_promised() {
    let (_folder, path) = folder();
    let db = open(&path).await.db;
    let mut writer = db.connect_writer().await.unwrap();
    let mut ask = async |pragma: &'static str| -> i64 {
        sqlx::query_scalar(pragma).fetch_one(&mut writer).await.unwrap()
    };
    assert_eq!(ask("pragma synchronous").await, 1, "normal");
    assert_eq!(ask("pragma foreign_keys").await, 1);
    assert_eq!(ask("pragma busy_timeout").await, 5000);
    let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut writer).await.unwrap();
    assert_eq!(mode, "wal");
    let refused = sqlx::query("delete from files").execute(&db.readers()).await;
    assert!(refused.is_err(), "readers cannot write");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, path) = folder();
    fs::File::create(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let db = open(&path).await.db;
    let mut writer = db.connect_writer().await.unwrap();
    sqlx::query("insert into files (file, indexed_bytes) values ('a', 1)")
        .execute(&mut writer)
        .await
        .unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        names.push(name);
    }
    names.sort();
    assert_eq!(names, ["sessions.db", "sessions.db-shm", "sessions.db-wal"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_is_refused() {
    let (folder, path) = folder();
    let target = folder.path().join("other");
    fs::File::create(&target).unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert!(matches!(Db::open(&path).await, Err(DbError::Symlink(_))));
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (_folder, path) = folder();
    filled(&path).await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("insert into _sqlx_migrations values (9999, 'future', 0, true, x'00', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = fs::read(&path).unwrap();
    let error = Db::open(&path).await.unwrap_err();
    assert!(matches!(error, DbError::Newer { found: 9999, .. }), "{error}");
    assert!(error.to_string().contains("update llm-proxy"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn what_is_no_database_is_set_aside() {
    let (_folder, path) = folder();
    fs::File::create(&path).unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &[b'x'; 5000]))
        .unwrap();
    let opened = open(&path).await;
    let State::CorruptSetAside(aside) = &opened.state else { panic!("{:?}", opened.state) };
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("sessions.db.corrupt-"));
    assert_eq!(fs::read(aside).unwrap(), [b'x'; 5000]);
    assert_eq!(count_files(&opened.db).await, 0);
}

#[tokio::test]
async fn another_programs_database_is_set_aside_whole() {
    let (_folder, path) = folder();
    let mut connection =
        SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    sqlx::query("create table notes (text)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = fs::read(&path).unwrap();
    let State::CorruptSetAside(aside) = open(&path).await.state else { panic!("not set aside") };
    assert_eq!(fs::read(aside).unwrap(), before);
}

#[tokio::test]
async fn damage_anywhere_never_stops_the_program() {
    let (folder, path) = folder();
    filled(&path).await;
    let sound = fs::read(&path).unwrap();
    let mut set_aside = 0;
    for round in 0..100 {
        let mut damaged = sound.clone();
        let at = round * (sound.len() - 64) / 100;
        damaged[at..at + 64].fill(0xa5);
        let path = folder.path().join(format!("{round}.db"));
        fs::copy(folder.path().join("sessions.db"), &path).unwrap();
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &damaged))
            .unwrap();
        match open(&path).await.state {
            State::CorruptSetAside(aside) => {
                set_aside += 1;
                assert_eq!(fs::read(aside).unwrap(), damaged, "round {round}");
            }
            State::Existing => {}
            state @ (State::Fresh | State::GoSetAside(_)) => panic!("round {round}: {state:?}"),
        }
    }
    assert!(set_aside > 10, "only {set_aside} found");
}

#[tokio::test]
async fn the_leftovers_of_a_deleted_database_are_not_replayed() {
    let (_folder, path) = folder();
    let db = open(&path).await.db;
    let mut writer = db.connect_writer().await.unwrap();
    sqlx::query("insert into files (file, indexed_bytes) values ('a', 1)")
        .execute(&mut writer)
        .await
        .unwrap();
    fs::remove_file(&path).unwrap();
    let opened = open(&path).await;
    assert_eq!(opened.state, State::Fresh);
    assert_eq!(count_files(&opened.db).await, 0);
}

#[tokio::test]
async fn the_go_database_is_kept_under_another_name_and_read() {
    let (folder, path) = folder();
    let mut connection =
        SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql(GO_SCRIPT).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = fs::read(&path).unwrap();
    let State::GoSetAside(aside) = open(&path).await.state else { panic!("not recognised") };
    assert_eq!(aside, folder.path().join("sessions-go.db"));
    let sessions = go_sessions(&aside).await.unwrap();
    assert_eq!(fs::read(&aside).unwrap(), before, "reading changes nothing");
    let ids: Vec<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
    assert_eq!(ids, ["20261123-030828-00000001", "20261123-030829-d3cde8be"]);
    assert_eq!(sessions[1].client_session_id.as_deref(), Some("mine"));
    assert_eq!(sessions[1].last_activity.to_string(), "2026-11-23T03:08:30.5Z");
    assert_eq!((sessions[1].last_seq, sessions[1].upstream.as_str()), (3, "a.example"));
}

#[tokio::test]
async fn replacing_and_reopening_renew_the_readers() {
    let (_folder, path) = folder();
    filled(&path).await;
    let db = open(&path).await.db;
    assert_eq!(count_files(&db).await, 200);
    assert!(matches!(db.replace().await.unwrap(), State::CorruptSetAside(_)));
    assert_eq!(count_files(&db).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_while_it_is_made_sees_no_table_or_all() {
    for _ in 0..5 {
        let (_folder, path) = folder();
        let tables = async |path: &Path| -> Option<i64> {
            let mut reader = read_options(path).connect().await.ok()?;
            sqlx::query_scalar("select count(*) from sqlite_schema").fetch_one(&mut reader).await.ok()
        };
        let making = tokio::runtime::Handle::current().spawn({
            let path = path.clone();
            async move { open(&path).await }
        });
        let mut seen = std::collections::BTreeSet::new();
        while !making.is_finished() {
            seen.extend(tables(&path).await);
        }
        let db = making.await.unwrap().db;
        let all = tables(&path).await.unwrap();
        assert!(seen.iter().all(|count| *count == 0 || *count == all), "{seen:?} of {all}");
        assert!(!db.is_blank().await);
    }
}
