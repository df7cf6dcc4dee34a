//! Session files that were compressed are the same to the index.

use std::fs;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::folder::{Folder, LONG, dump};
use super::history::{request, response, session, start};
use crate::logs::Sweep;
use crate::logs::layout::walk;

/// Sessions that are worth compressing, and the live index of them.
async fn recorded(folder: &Folder) -> Vec<String> {
    let (mut index, db, _) = folder.open().await;
    let long = "word ".repeat(2_000);
    for number in 1..4 {
        let id = session(number);
        folder.record(&mut index, &start(&id, None));
        folder.record(&mut index, &request(&id, Some(&format!("a{number}")), 1, &[&long]));
        folder.record(&mut index, &response(&id, Some(&format!("a{number}")), 1, "Hi"));
        folder.record(&mut index, &request(&id, Some(&format!("b{number}")), 2, &[&long, "Hi", "more"]));
    }
    index.flush(LONG).await.unwrap();
    let live = dump(&db).await;
    index.close(LONG).await.unwrap();
    live
}

fn compress(folder: &Folder) {
    let going_on = AtomicBool::new(false);
    let swept = Sweep::new(folder.path(), &going_on).compress(Duration::ZERO);
    assert_eq!((swept.files, &swept.problems[..]), (3, &[][..]));
}

#[tokio::test]
async fn files_that_were_compressed_are_not_read_again() {
    let folder = Folder::new();
    let live = recorded(&folder).await;
    compress(&folder);
    let (index, db, _) = folder.open().await;
    let caught_up = index.catch_up().await.unwrap();
    assert_eq!((caught_up.files, caught_up.unreadable), (0, 0));
    assert_eq!(dump(&db).await, live);
}

#[tokio::test]
async fn an_index_of_compressed_files_equals_that_of_plain_ones() {
    let folder = Folder::new();
    let live = recorded(&folder).await;
    compress(&folder);
    let (index, db, _) = folder.open().await;
    index.rebuild().await.unwrap();
    assert_eq!(dump(&db).await, live);
}

#[tokio::test]
async fn a_damaged_file_keeps_the_rows_it_has_and_stops_nothing() {
    let folder = Folder::new();
    let live = recorded(&folder).await;
    compress(&folder);
    let file = walk(folder.path()).next().unwrap().unwrap().on_disk(folder.path());
    let bytes = fs::read(&file).unwrap();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(bytes.len() as u64 / 2).unwrap();
    let (index, db, _) = folder.open().await;
    let caught_up = index.catch_up().await.unwrap();
    assert_eq!((caught_up.files, caught_up.unreadable), (0, 1));
    assert_eq!(dump(&db).await, live);
    let rebuilt = index.rebuild().await.unwrap();
    assert_eq!((rebuilt.files, rebuilt.unreadable), (2, 1));
}
