use std::fs;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::folder::{Folder, LONG, dump, until};
use super::history::{request, response, session, start};
use crate::db::{Db, State};
use crate::index::{EachLine, Index, IndexError, LogFile, LogSource};

/// Some sessions, recorded. `from` tells one call's from another's.
fn fill(folder: &Folder, index: &mut Index, from: u32) {
    for number in from..from + 20 {
        let (id, name) = (session(number), number.to_string());
        folder.record(index, &start(&id, Some(&name)));
        folder.record(index, &request(&id, Some(&name), 1, &["Hello"]));
        folder.record(index, &response(&id, Some(&name), 1, "Hi"));
    }
}

#[tokio::test]
async fn rows_wait_for_a_lock_longer_than_the_busy_timeout() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let mut other = db.connect_writer().await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    fill(&folder, &mut index, 0);
    let late = index.flush(Duration::from_millis(5500)).await;
    assert!(matches!(late, Err(IndexError::Late(_))), "{late:?}");
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    index.flush(LONG).await.unwrap();
    let live = dump(&db).await;
    index.rebuild().await.unwrap();
    assert_eq!(dump(&db).await, live);
}

#[tokio::test]
async fn a_full_queue_is_made_up_for_from_the_files() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    index.max_queued_weight = 30;
    let mut other = db.connect_writer().await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    fill(&folder, &mut index, 0);
    assert!(index.is_behind());
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    until(|| !index.is_behind()).await;
    index.flush(LONG).await.unwrap();
    let caught_up = dump(&db).await;
    assert_eq!(caught_up.iter().filter(|line| line.starts_with("exchange")).count(), 20);
    index.rebuild().await.unwrap();
    assert_eq!(dump(&db).await, caught_up);
}

#[cfg(unix)]
#[tokio::test]
async fn a_deleted_database_is_filled_again() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    fill(&folder, &mut index, 0);
    index.flush(LONG).await.unwrap();
    for name in ["sessions.db", "sessions.db-wal", "sessions.db-shm"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    fill(&folder, &mut index, 100);
    index.flush(LONG).await.unwrap();
    let refilled = dump(&db).await;
    assert_eq!(refilled.iter().filter(|line| line.starts_with("exchange")).count(), 40);
    index.rebuild().await.unwrap();
    assert_eq!(dump(&db).await, refilled);
}

#[tokio::test]
async fn a_new_database_is_filled_at_start() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    fill(&folder, &mut index, 0);
    index.flush(LONG).await.unwrap();
    let before = dump(&db).await;
    index.close(LONG).await.unwrap();
    db.readers().close().await;
    fs::remove_file(folder.database()).unwrap();
    let (index, db, state) = folder.open().await;
    assert_eq!(state, State::Fresh);
    index.catch_up().await.unwrap();
    assert_eq!(dump(&db).await, before);
}

#[tokio::test]
async fn damage_while_running_is_noticed_and_mended() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    fill(&folder, &mut index, 0);
    index.flush(LONG).await.unwrap();
    index.close(LONG).await.unwrap();
    // Opened sound; damaged before the writer's first statement.
    let (mut index, _, _) = folder.open().await;
    db.readers().close().await;
    let damage = vec![0xa5; usize::try_from(fs::metadata(folder.database()).unwrap().len()).unwrap() - 4096];
    let mut file = fs::OpenOptions::new().write(true).open(folder.database()).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(4096)).unwrap();
    file.write_all(&damage).unwrap();
    fill(&folder, &mut index, 100);
    index.flush(LONG).await.unwrap();
    let db = crate::db::Db::open_read_only(&folder.database());
    let mended = dump(&db).await;
    assert_eq!(mended.iter().filter(|line| line.starts_with("exchange")).count(), 40);
    assert!(
        fs::read_dir(folder.path()).unwrap().any(|entry| entry
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .contains(".corrupt-"))
    );
}

#[tokio::test]
async fn damage_between_two_runs_is_mended_or_harmless() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    fill(&folder, &mut index, 0);
    index.flush(LONG).await.unwrap();
    let before = dump(&db).await;
    index.close(LONG).await.unwrap();
    db.readers().close().await;
    let sound = fs::read(folder.database()).unwrap();
    for round in 0..40 {
        let at = round * (sound.len() - 512) / 40;
        let mut file = fs::OpenOptions::new().write(true).truncate(true).open(folder.database()).unwrap();
        file.write_all(&sound[..at]).unwrap();
        file.write_all(&[0; 512]).unwrap();
        file.write_all(&sound[at + 512..]).unwrap();
        let (index, db, state) = folder.open().await;
        index.catch_up().await.unwrap();
        if !matches!(state, State::Existing) {
            assert_eq!(dump(&db).await, before, "round {round}");
        }
        index.rebuild().await.unwrap();
        assert_eq!(dump(&crate::db::Db::open_read_only(&folder.database())).await, before, "round {round}");
        index.close(LONG).await.unwrap();
    }
}

#[tokio::test]
async fn closing_does_not_wait_for_a_lock_beyond_its_deadline() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let mut other = db.connect_writer().await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    fill(&folder, &mut index, 0);
    let late = index.close(Duration::from_millis(300)).await;
    assert!(matches!(late, Err(IndexError::Late(_))), "{late:?}");
    sqlx::query("rollback").execute(&mut other).await.unwrap();

    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    assert_eq!(dump(&db).await.iter().filter(|line| line.starts_with("exchange")).count(), 20);
}

/// A log folder that fails in one of two ways.
struct Broken {
    panics: bool,
}

impl LogSource for Broken {
    fn files(&self) -> io::Result<Vec<LogFile>> {
        if self.panics {
            return Ok(vec![LogFile {
                file: "a/2026-11-23/20261123-030829-00000001.jsonl".to_owned(),
                bytes: Some(1),
            }]);
        }
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn read(&self, _: &str, _: u64, _: &mut EachLine<'_>) -> io::Result<u64> {
        panic!("a reader's mistake")
    }
}

#[tokio::test]
async fn a_log_folder_that_cannot_be_read_does_not_stop_live_rows() {
    for panics in [false, true] {
        let folder = Folder::new();
        let db = Db::open(&folder.database()).await.unwrap().db;
        let mut index = Index::open(db.clone(), Arc::new(Broken { panics }), &Handle::current());
        let outcome = index.catch_up().await.unwrap_err();
        assert!(
            matches!((&outcome, panics), (IndexError::Logs(_), false) | (IndexError::Reader, true)),
            "{outcome}"
        );
        fill(&folder, &mut index, 0);
        index.flush(LONG).await.unwrap();
        assert_eq!(dump(&db).await.iter().filter(|line| line.starts_with("exchange")).count(), 20);
    }
}
