use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::folder::{Folder, LONG, dump};
use super::history::{histories, request, response, session, start};
use crate::index::query;
use crate::record::entry::Entry;

/// Histories per property. Each makes real files, which takes most of the time.
const CASES: u32 = 150;

fn check(property: impl AsyncFn(&[Entry], usize)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let strategy = (histories(), any::<prop::sample::Index>());
    let outcome = runner.run(&strategy, |(history, cut)| {
        let cut = cut.index(history.len() + 1);
        runtime.block_on(property(&history, cut));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_rebuild_equals_the_live_index() {
    check(async |history, _| {
        let folder = Folder::new();
        let (mut index, db, _) = folder.open().await;
        history.iter().for_each(|entry| folder.record(&mut index, entry));
        index.flush(LONG).await.unwrap();
        let live = dump(&db).await;
        index.rebuild().await.unwrap();
        assert_eq!(dump(&db).await, live);
    });
}

#[test]
fn a_catch_up_from_any_point_equals_the_live_index() {
    check(async |history, cut| {
        let folder = Folder::new();
        let (mut index, _, _) = folder.open().await;
        history[..cut].iter().for_each(|entry| folder.record(&mut index, entry));
        index.close(LONG).await.unwrap();
        history[cut..].iter().for_each(|entry| drop(folder.write(entry)));
        let (index, db, _) = folder.open().await;
        index.catch_up().await.unwrap();
        let caught_up = dump(&db).await;
        index.rebuild().await.unwrap();
        assert_eq!(caught_up, dump(&db).await);
    });
}

#[tokio::test]
async fn only_what_lies_beyond_is_read() {
    let folder = Folder::new();
    let (mut index, _, _) = folder.open().await;
    folder.record(&mut index, &start(&session(1), None));
    folder.record(&mut index, &start(&session(2), None));
    index.close(LONG).await.unwrap();
    folder.write(&request(&session(2), Some("a"), 1, &["Hello"]));
    let (index, _, _) = folder.open().await;
    assert_eq!(index.catch_up().await.unwrap().files, 1);
    assert_eq!(index.catch_up().await.unwrap().files, 0);
}

#[tokio::test]
async fn torn_lines_are_passed_over_and_unfinished_ones_wait() {
    let folder = Folder::new();
    let (index, db, _) = folder.open().await;
    let id = session(1);
    folder.write(&start(&id, None));
    folder.append(&start(&id, None), b"{\"torn\":\n");
    folder.write(&request(&id, Some("a"), 1, &["Hello"]));
    let whole = response(&id, Some("a"), 1, "Hi").to_line();
    folder.append(&start(&id, None), &whole[..50]);
    index.catch_up().await.unwrap();
    assert_eq!(query::exchange(&db, "a").await.unwrap().unwrap().status, None);
    folder.append(&start(&id, None), &whole[50..]);
    index.catch_up().await.unwrap();
    assert_eq!(query::exchange(&db, "a").await.unwrap().unwrap().status, Some(200));
}

#[tokio::test]
async fn halves_of_exchanges_are_shown() {
    let folder = Folder::new();
    let (index, db, _) = folder.open().await;
    folder.write(&response(&session(1), None, 3, "Hi"));
    index.catch_up().await.unwrap();
    let exchanges = query::exchanges(&db, session(1).as_str()).await.unwrap();
    assert_eq!((exchanges[0].request_span, exchanges[0].status), (None, Some(200)));
    assert_eq!(exchanges[0].started_ms, 1_795_400_003_000);
}

#[tokio::test]
async fn hostile_numbers_do_not_stop_the_index() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    folder.record(&mut index, &start(&id, None));
    for seq in [u64::MAX, u64::MAX - 1] {
        let name = seq.to_string();
        folder.record(&mut index, &request(&id, Some(&name), seq, &["Hello"]));
        let Entry::Response(mut huge) = response(&id, Some(&name), seq, "Hi") else { panic!("no response") };
        let tokens = u64::MAX;
        huge.body = Some(format!(
            "{{\"type\":\"message\",\"usage\":{{\"input_tokens\":{tokens},\"output_tokens\":{tokens}}}}}"
        ));
        huge.timing.total_ms = u64::MAX;
        huge.size = u64::MAX;
        folder.record(&mut index, &Entry::Response(huge));
    }
    index.flush(LONG).await.unwrap();
    let found = query::session(&db, id.as_str()).await.unwrap();
    assert_eq!((found[0].requests, found[0].tokens.input), (2, 2_000_000_000_000));
    assert_eq!((found[0].cost_nanousd, found[0].unpriced), (None, 2), "nobody pays that");
}

#[tokio::test]
async fn a_file_that_is_gone_takes_its_rows_along() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    folder.record(&mut index, &start(&session(1), None));
    folder.record(&mut index, &request(&session(1), Some("a"), 1, &["Hello"]));
    index.flush(LONG).await.unwrap();
    std::fs::remove_file(Folder::place(&start(&session(1), None)).under(folder.path())).unwrap();
    index.catch_up().await.unwrap();
    assert_eq!(dump(&db).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_line_that_was_left_out_is_read_at_the_next_start() {
    let folder = Folder::new();
    let (mut index, _, _) = folder.open().await;
    folder.record(&mut index, &start(&session(1), None));
    folder.write(&request(&session(1), Some("a"), 1, &["Hello"]));
    folder.record(&mut index, &request(&session(1), Some("b"), 2, &["Hello"]));
    index.close(LONG).await.unwrap();
    let (index, db, _) = folder.open().await;
    assert_eq!(query::exchange(&db, "a").await.unwrap(), None);
    index.catch_up().await.unwrap();
    assert!(query::exchange(&db, "a").await.unwrap().is_some());
}

#[tokio::test]
async fn lines_without_ids_that_are_read_again_pair_as_before() {
    let folder = Folder::new();
    let (mut index, _, _) = folder.open().await;
    folder.record(&mut index, &start(&session(1), None));
    folder.record(&mut index, &request(&session(1), None, 1, &["Hello"]));
    folder.append(&start(&session(1), None), b"torn\n");
    folder.record(&mut index, &response(&session(1), None, 1, "Hi"));
    index.close(LONG).await.unwrap();
    // The request lies before the point to catch up from, its response behind it.
    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    let caught_up = dump(&db).await;
    assert_eq!(query::exchanges(&db, session(1).as_str()).await.unwrap().len(), 1);
    index.rebuild().await.unwrap();
    assert_eq!(dump(&db).await, caught_up);
}
