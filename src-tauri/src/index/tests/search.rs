//! What is said is found, once, where it was said first.

use serde_json::{Value, json};

use super::folder::{Folder, LONG, dump};
use super::history::{HOST, request, response, session, start};
use crate::db::Db;
use crate::index::Index;
use crate::index::search::{Found, Hit, search};
use crate::model::{SessionId, Timestamp};
use crate::record::EndKind;
use crate::record::entry::{Chunk, Entry};

/// A request with these messages.
pub(super) fn asking(id: &SessionId, name: &str, seq: u64, messages: Value) -> Entry {
    let Entry::Request(mut request) = request(id, Some(name), seq, &[]) else { panic!("no request") };
    request.body = json!({ "model": "claude-sonnet-4-5", "messages": messages }).to_string();
    Entry::Request(request)
}

/// An answer that came as a stream, a piece of its text in each event.
fn streamed(id: &SessionId, name: &str, seq: u64, pieces: &[&str]) -> Entry {
    let Entry::Response(mut response) = response(id, Some(name), seq, "") else { panic!("no response") };
    let mut events = vec![
        json!({"type": "message_start", "message": {"role": "assistant", "content": []}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    ];
    events.extend(pieces.iter().map(|text| {
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
    }));
    events.push(json!({"type": "message_stop"}));
    let lines = events.iter().flat_map(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        [format!("event: {kind}\n"), format!("data: {event}\n"), "\n".to_owned()]
    });
    let chunk = |raw| Chunk { ts: Timestamp::from_unix_ms(0), delta_ms: 0, raw };
    response.chunks = Some(lines.map(chunk).collect());
    response.body = None;
    Entry::Response(response)
}

/// A conversation with something of every kind.
pub(super) fn conversation(id: &SessionId) -> Vec<Entry> {
    let (r1, r2) = (format!("{id}-1"), format!("{id}-2"));
    let first = json!([{ "role": "user", "content": "Please read the café menu" }]);
    let call = json!({ "role": "assistant", "content": [
        { "type": "thinking", "thinking": "I should open the file", "signature": "s" },
        { "type": "tool_use", "id": "t1", "name": "Read", "input": { "file_path": "/srv/menu.txt", "note": "one\ntwo" } },
    ]});
    let result = json!({ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t1", "content": "espresso 3.20" }] });
    let second = json!([first[0], call, result]);
    let Entry::Response(mut calling) = response(id, Some(&r1), 1, "") else { panic!("no response") };
    calling.body =
        Some(json!({ "type": "message", "role": "assistant", "content": call["content"] }).to_string());
    vec![
        start(id, None),
        asking(id, &r1, 1, first),
        Entry::Response(calling),
        asking(id, &r2, 2, second),
        streamed(id, &r2, 2, &["The espr", "esso costs ", "three ninety"]),
    ]
}

pub(super) async fn filled(folder: &Folder, sessions: u32) -> (Index, Db) {
    let (mut index, db, _) = folder.open().await;
    for number in 0..sessions {
        conversation(&session(number)).iter().for_each(|entry| folder.record(&mut index, entry));
    }
    index.flush(LONG).await.unwrap();
    (index, db)
}

async fn find(db: &Db, query: &str) -> Found {
    search(db, &query.parse().unwrap(), 10, None).await.unwrap()
}

/// The hits of the first session: turn, kind, and the text that is marked.
async fn hits(db: &Db, query: &str) -> Vec<(u64, String, String)> {
    let found = find(db, query).await;
    let hits: Vec<Hit> = found.groups.into_iter().next().map(|group| group.hits).unwrap_or_default();
    hits.into_iter()
        .map(|hit| {
            let marked = hit.snippet.iter().filter(|piece| piece.marked).map(|piece| piece.text.as_str());
            (hit.seq, hit.kind, marked.collect::<Vec<_>>().join(","))
        })
        .collect()
}

fn hit(seq: u64, kind: &str, marked: &str) -> (u64, String, String) {
    (seq, kind.to_owned(), marked.to_owned())
}

#[tokio::test]
async fn every_kind_is_found_once_and_where_it_was_said_first() {
    let folder = Folder::new();
    let (_index, db) = filled(&folder, 1).await;
    for (query, found) in [
        ("menu please", vec![hit(1, "text", "Please,menu")]),
        ("\"open the file\"", vec![hit(1, "thinking", "open the file")]),
        ("srv", vec![hit(1, "tool_call", "srv")]),
        ("two", vec![hit(1, "tool_call", "two")]),
        ("3.20", vec![hit(2, "tool_result", "3.20")]),
        ("costs", vec![hit(2, "text", "costs")]),
        ("nowhere", vec![]),
    ] {
        assert_eq!(hits(&db, query).await, found, "{query}");
    }
}

#[tokio::test]
async fn words_split_over_events_phrases_prefixes_and_accents_are_found() {
    let folder = Folder::new();
    let (_index, db) = filled(&folder, 1).await;
    assert_eq!(hits(&db, "espresso in:answer").await, [hit(2, "text", "espresso")]);
    assert_eq!(hits(&db, "CAFE").await, [hit(1, "text", "café")]);
    assert_eq!(hits(&db, "nin*").await, [hit(2, "text", "ninety")]);
    assert_eq!(hits(&db, "\"three nin\"*").await, [hit(2, "text", "three ninety")]);
    assert_eq!(hits(&db, "\"ninety three\"").await, []);
    assert_eq!(hits(&db, "file_path").await, [hit(1, "tool_call", "file_path")]);
    assert_eq!(hits(&db, "espresso -costs").await, [hit(2, "tool_result", "espresso")]);
}

#[tokio::test]
async fn a_key_that_a_stream_spells_piece_by_piece_is_not_kept() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    folder.record(&mut index, &start(&id, None));
    folder.record(&mut index, &request(&id, Some("r1"), 1, &["Say it"]));
    let pieces = ["The key: sk-", "ant-", "api03-Zq9", "Zq9Zq9Zq9Zq9Zq9", "Zq9Zq9Zq9 thanks"];
    folder.record(&mut index, &streamed(&id, "r1", 1, &pieces));
    index.flush(LONG).await.unwrap();
    assert_eq!(hits(&db, "thanks").await, [hit(1, "text", "thanks")]);
    assert!(!dump(&db).await.concat().contains("Zq9"));
    assert_eq!(hits(&db, "api03*").await, []);
}

#[tokio::test]
async fn what_went_wrong_is_told_from_what_did_not() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    folder.record(&mut index, &start(&id, None));
    let ends = [
        (200, EndKind::Ok),
        (429, EndKind::Ok),
        (0, EndKind::ClientAborted),
        (200, EndKind::UpstreamTruncated),
    ];
    for (at, (status, end)) in ends.into_iter().enumerate() {
        let (seq, name) = (at as u64 + 1, format!("r{at}"));
        folder.record(&mut index, &request(&id, Some(&name), seq, &[&format!("needle {at}")]));
        let Entry::Response(mut ended) = response(&id, Some(&name), seq, "") else { panic!("no response") };
        (ended.status, ended.end, ended.body) = (status, Some(end), None);
        folder.record(&mut index, &Entry::Response(ended));
    }
    folder.record(&mut index, &request(&id, Some("running"), 9, &["needle still"]));
    index.flush(LONG).await.unwrap();
    let turns = async |query: &str| {
        let mut turns: Vec<u64> = hits(&db, query).await.into_iter().map(|hit| hit.0).collect();
        turns.sort_unstable();
        turns
    };
    assert_eq!(turns("needle is:error").await, [2, 4]);
    assert_eq!(turns("needle -is:error").await, [1, 3, 9]);
    assert_eq!(turns("needle status:429,0").await, [2, 3]);
    assert_eq!(turns("needle -status:200").await, [2, 3, 9]);
}

#[tokio::test]
async fn filters_alone_and_with_words() {
    let folder = Folder::new();
    let (_index, db) = filled(&folder, 1).await;
    for (query, count) in [
        ("in:thinking", 1),
        ("in:prompt", 1),
        ("in:answer", 1),
        ("tool:read", 2),
        ("tool:read in:result", 1),
        ("-tool:read", 3),
        ("-espresso", 3),
        ("role:assistant", 3),
        ("role:user,tool", 2),
        ("client:CLAUDE model:sonnet,opus status:200", 5),
        ("model:opus", 0),
        ("status:>=400", 0),
        ("-status:>=400 espresso", 2),
        ("is:error", 0),
        ("-is:error", 5),
        ("session:20261123-030829-00000000", 5),
        ("session:2027", 0),
        ("before:2026-11-23", 0),
        ("after:2026-11-23", 5),
        ("after:2026-11-23 before:2026-11-24 espresso", 2),
    ] {
        let total: u64 = find(&db, query).await.groups.iter().map(|group| group.total).sum();
        assert_eq!(total, count, "{query}");
    }
}

#[tokio::test]
async fn what_looks_like_syntax_is_only_looked_for() {
    let folder = Folder::new();
    let (_index, db) = filled(&folder, 1).await;
    for query in [
        "NEAR(espresso costs)",
        "text:{a",
        "\"text : espresso\"",
        "espresso OR nowhere",
        "espresso NOT costs",
        "a\"\"b",
        "'; drop table messages; --",
        "(",
        "*",
        "+a",
        "\u{0}x",
        "日本",
        "ⓐ",
        "e\u{301}",
    ] {
        if let Ok(understood) = query.parse() {
            assert_eq!(search(&db, &understood, 10, None).await.unwrap().groups, [], "{query}");
        }
    }
    assert_eq!(hits(&db, "^espresso").await.len(), 2);
    assert_eq!(hits(&db, "espresso ⓐ").await.len(), 2, "what is no word to SQLite is passed over");
}

#[tokio::test]
async fn sessions_come_latest_first_and_in_pages() {
    let folder = Folder::new();
    let (_index, db) = filled(&folder, 5).await;
    let wanted = "espresso".parse().unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = search(&db, &wanted, 2, after.as_ref()).await.unwrap();
        assert!(page.groups.iter().all(|group| (group.total, group.hits.len()) == (2, 2)));
        seen.extend(page.groups.into_iter().map(|group| group.session.id));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let all: Vec<String> = (0..5).rev().map(|number| session(number).to_string()).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn only_the_best_hits_of_a_session_are_shown_and_all_are_counted() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    folder.record(&mut index, &start(&id, None));
    let said: Vec<Value> = (0..20)
        .map(|number| json!({ "role": "user", "content": format!("needle {}", "hay ".repeat(number)) }))
        .collect();
    folder.record(&mut index, &asking(&id, "r1", 1, Value::Array(said)));
    index.flush(LONG).await.unwrap();
    let group = find(&db, "needle").await.groups.remove(0);
    assert_eq!((group.total, group.hits.len()), (20, 5));
    assert_eq!(group.hits[0].snippet.len(), 1, "the shortest text is the best: {:?}", group.hits[0]);
    let one = find(&db, &format!("needle session:{id}")).await.groups.remove(0);
    assert_eq!(one.hits.len(), 20);
}

#[tokio::test]
async fn a_deleted_file_is_found_no_more() {
    let folder = Folder::new();
    let (index, db) = filled(&folder, 2).await;
    std::fs::remove_file(Folder::place(&start(&session(1), None)).under(folder.path())).unwrap();
    index.catch_up().await.unwrap();
    let left: Vec<String> =
        find(&db, "espresso").await.groups.into_iter().map(|group| group.session.id).collect();
    assert_eq!(left, [session(0).to_string()]);
    assert_eq!(dump(&db).await.iter().filter(|line| line.starts_with("message")).count(), 5);
}

#[tokio::test]
async fn a_repeated_conversation_makes_no_second_rows() {
    let folder = Folder::new();
    let (mut index, db) = filled(&folder, 1).await;
    let before = dump(&db).await;
    let rows = |lines: &[String]| {
        lines.iter().filter(|line| line.starts_with("message")).cloned().collect::<Vec<_>>()
    };
    let mut again = conversation(&session(0)).remove(3);
    if let Entry::Request(request) = &mut again {
        (request.seq, request.meta.request_id) = (3, Some(crate::model::RequestId::from_log("r3")));
    }
    folder.record(&mut index, &again);
    index.flush(LONG).await.unwrap();
    assert_eq!(rows(&dump(&db).await), rows(&before));
}

#[tokio::test]
async fn hostile_texts_do_no_harm() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    folder.record(&mut index, &start(&id, None));
    let long = format!("start {} end", "x".repeat(3 << 20));
    let said = json!([
        { "role": "user", "content": "a \u{fdd0}fake\u{fdd1} mark" },
        { "role": "user", "content": "nul \u{0} byte" },
        { "role": "user", "content": long },
    ]);
    folder.record(&mut index, &asking(&id, "r1", 1, said));
    index.flush(LONG).await.unwrap();
    assert_eq!(hits(&db, "mark").await, [hit(1, "text", "mark")]);
    assert_eq!(hits(&db, "byte").await, [hit(1, "text", "byte")]);
    assert_eq!(hits(&db, "start").await, [hit(1, "text", "start")]);
    assert_eq!(hits(&db, "end").await, [], "beyond the first MiB");
    dump(&db).await;
}

#[tokio::test]
async fn logs_from_before_there_was_a_search_become_searchable_without_holding_up_a_start() {
    let folder = Folder::new();
    let (index, db) = filled(&folder, 3).await;
    let whole = dump(&db).await;
    index.close(LONG).await.unwrap();
    db.readers().close().await;
    // As a program without search left it: its tables, its rows, no texts.
    folder.go_back_to(1).await;

    let (mut index, db, state) = folder.open().await;
    assert_eq!(state, crate::db::State::Existing);
    assert_eq!(index.catch_up().await.unwrap().files, 0, "nothing is read before lines are taken");
    folder.record(&mut index, &asking(&session(2), "r9", 9, json!([{ "role": "user", "content": "news" }])));
    index.flush(LONG).await.unwrap();
    let wait = async {
        while find(&db, "espresso").await.unread_files > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap();
    let filled = dump(&db).await;
    assert!(whole.iter().filter(|line| line.starts_with("message")).all(|line| filled.contains(line)));
    assert_eq!(hits(&db, "news").await, [hit(9, "text", "news")]);
    index.rebuild().await.unwrap();
    assert_eq!(dump(&db).await, filled);
    assert!(filled.iter().any(|line| line.contains(HOST)));
}
