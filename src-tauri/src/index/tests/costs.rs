//! What exchanges and sessions cost, and which of them run.

use sqlx::Connection as _;

use super::folder::{Folder, LONG, dump};
use super::history::{request, response, session, start};
use crate::db::{Db, State};
use crate::index::{Index, query};
use crate::provider::prices;
use crate::record::entry::Entry;

/// What [`response`] costs: 10 tokens in at $3 a million, 5 out at $15, 100 out of the cache at $0.30, 20
/// into it at $3.75.
const RESPONSE_NANOUSD: i64 = 30_000 + 75_000 + 30_000 + 75_000;

/// The request, of a model that nobody knows.
fn of_unknown_model(request: Entry) -> Entry {
    let Entry::Request(mut request) = request else { panic!("no request") };
    request.body = request.body.replace("claude-sonnet-4-5", "claude-unheard-of");
    Entry::Request(request)
}

/// Sessions of two exchanges with a price, of one with and one without, of one without, and of one that
/// has no response yet.
fn fill(folder: &Folder) {
    let mut lines: Vec<Entry> = (1..=4).map(|number| start(&session(number), None)).collect();
    for (number, seq, known) in [(1, 1, true), (1, 2, true), (2, 1, false), (2, 2, true), (3, 1, false)] {
        let (id, name) = (session(number), format!("{number}-{seq}"));
        let asked = request(&id, Some(&name), seq, &["Hello"]);
        lines.push(if known { asked } else { of_unknown_model(asked) });
        lines.push(response(&id, Some(&name), seq, "Hi"));
    }
    lines.push(request(&session(4), Some("4-1"), 1, &["Hello"]));
    lines.iter().for_each(|line| drop(folder.write(line)));
}

async fn costs(db: &Db) -> Vec<(Option<i64>, u64)> {
    let mut costs = Vec::new();
    for number in 1..=4 {
        let found = query::session(db, session(number).as_str()).await.unwrap().remove(0);
        costs.push((found.cost_nanousd, found.unpriced));
    }
    costs
}

fn expected() -> [(Option<i64>, u64); 4] {
    [(Some(2 * RESPONSE_NANOUSD), 0), (Some(RESPONSE_NANOUSD), 1), (None, 1), (None, 0)]
}

/// Waits until the costs are those of this program's prices.
async fn until_filled(db: &Db) {
    let version = async || -> Option<String> {
        let select = sqlx::query_scalar("select version from price_lists");
        select.fetch_optional(&db.readers()).await.unwrap()
    };
    let wait = async {
        while version().await != Some(prices::version()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap();
}

async fn execute(folder: &Folder, statements: &[&'static str]) {
    let mut connection = Db::open_read_only(&folder.database()).connect_writer().await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn sessions_cost_what_their_exchanges_do() {
    let folder = Folder::new();
    fill(&folder);
    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    assert_eq!(costs(&db).await, expected());
    until_filled(&db).await;
    let exchange = query::exchange(&db, "1-1").await.unwrap().unwrap();
    assert_eq!(exchange.cost_nanousd, Some(RESPONSE_NANOUSD));
    assert_eq!(query::exchange(&db, "2-1").await.unwrap().unwrap().cost_nanousd, None);
}

#[tokio::test]
async fn a_response_whose_request_is_lost_costs_what_its_own_model_does() {
    let folder = Folder::new();
    let (index, db, _) = folder.open().await;
    folder.write(&response(&session(1), Some("a"), 1, "Hi"));
    index.catch_up().await.unwrap();
    let found = query::exchange(&db, "a").await.unwrap().unwrap();
    // Neither line nor path says whose API it is, and OpenAI's answers look otherwise.
    assert_eq!((found.provider.as_str(), found.cost_nanousd), ("openai", None));

    folder.write(&start(&session(2), None));
    folder.write(&response(&session(2), Some("b"), 1, "Hi"));
    index.catch_up().await.unwrap();
    let found = query::exchange(&db, "b").await.unwrap().unwrap();
    assert_eq!((found.request_span, found.cost_nanousd), (None, Some(RESPONSE_NANOUSD)));
}

#[tokio::test]
async fn rows_of_a_time_without_costs_are_filled_after_a_start() {
    let folder = Folder::new();
    fill(&folder);
    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    let whole = dump(&db).await;
    index.close(LONG).await.unwrap();
    db.readers().close().await;
    folder.go_back_to(2).await;

    let (index, db, state) = folder.open().await;
    assert_eq!(state, State::Existing);
    assert_eq!(index.catch_up().await.unwrap().files, 0, "no file is read for it");
    until_filled(&db).await;
    assert_eq!(costs(&db).await, expected());
    assert_eq!(dump(&db).await, whole);
}

#[tokio::test]
async fn costs_are_filled_again_with_another_list_and_only_then() {
    let folder = Folder::new();
    fill(&folder);
    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    index.close(LONG).await.unwrap();
    db.readers().close().await;
    let wrong =
        ["update exchanges set cost_nanousd = 1", "update sessions set cost_nanousd = 7, unpriced = 7"];
    execute(&folder, &wrong).await;

    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    index.flush(LONG).await.unwrap();
    assert_eq!(costs(&db).await, [(Some(7), 7); 4], "the list is the same: nothing is looked at");
    index.close(LONG).await.unwrap();
    db.readers().close().await;
    execute(&folder, &["update price_lists set version = 'another'"]).await;

    let (index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    until_filled(&db).await;
    assert_eq!(costs(&db).await, expected());
    let filled = dump(&db).await;
    index.rebuild().await.unwrap();
    assert_eq!(dump(&db).await, filled);
}

#[tokio::test]
async fn a_session_is_open_since_its_latest_request_without_a_response() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    let open_ms = async |index: &Index| {
        index.flush(LONG).await.unwrap();
        query::session(&db, id.as_str()).await.unwrap()[0].open_ms
    };
    folder.record(&mut index, &start(&id, None));
    folder.record(&mut index, &request(&id, Some("a"), 1, &["Hello"]));
    folder.record(&mut index, &request(&id, Some("b"), 2, &["Hello"]));
    assert_eq!(open_ms(&index).await, Some(1_795_400_002_000));
    folder.record(&mut index, &response(&id, Some("b"), 2, "Hi"));
    assert_eq!(open_ms(&index).await, Some(1_795_400_001_000));
    folder.record(&mut index, &response(&id, Some("a"), 1, "Hi"));
    assert_eq!(open_ms(&index).await, None);
}
