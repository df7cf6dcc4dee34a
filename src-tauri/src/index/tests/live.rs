use serde_json::json;

use super::folder::{Folder, LONG, dump, until};
use super::history::{HOST, messages, request, request_of, response, session, start};
use crate::index::query::{self, SessionFilter, Tokens};
use crate::index::{Index, SessionRef};
use crate::provider::{Provider, read_request};
use crate::session::{Identity, identify};

fn identity(said: &[&str]) -> Identity {
    let body = json!({ "messages": messages(said) }).to_string();
    identify(Provider::Anthropic, HOST, &read_request(Provider::Anthropic, "/v1/messages", &|_| None, &body))
}

pub(super) fn named(client: &str) -> Identity {
    Identity { client_session: Some(client.to_owned()), continues: Vec::new(), chain: None }
}

async fn find(index: &mut Index, identity: &Identity) -> Option<SessionRef> {
    index.find(identity, Provider::Anthropic, HOST).await.unwrap()
}

/// One turn of a session, recorded.
fn turn(folder: &Folder, index: &mut Index, number: u32, seq: u64, said: &[&str], answer: &str) {
    let id = session(number);
    let name = format!("{number}-{seq}");
    if seq == 1 {
        folder.record(index, &start(&id, None));
    }
    folder.record(index, &request(&id, Some(&name), seq, said));
    folder.record(index, &response(&id, Some(&name), seq, answer));
}

#[tokio::test]
async fn rows_say_what_the_lines_said() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    turn(&folder, &mut index, 1, 1, &["Hello"], "Hi");
    turn(&folder, &mut index, 1, 2, &["Hello", "Hi", "More"], "Well");
    index.flush(LONG).await.unwrap();

    let sessions = query::sessions(&db, 10, None, &SessionFilter::default()).await.unwrap();
    let [listed] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!((listed.requests, listed.last_seq), (2, 2));
    assert_eq!(listed.tokens, Tokens { input: 20, output: 10, cache_read: 200, cache_write: 40 });
    assert_eq!(listed.title.as_deref(), Some("Hello"));
    assert_eq!(listed.client_name.as_deref(), Some("claude-code"));
    assert_eq!(listed.last_ms, 1_795_400_002_500);

    let exchanges = query::exchanges(&db, &listed.id).await.unwrap();
    assert_eq!(exchanges.len(), 2);
    let first = &exchanges[0];
    assert_eq!((first.status, first.end_kind.as_deref()), (Some(200), Some("ok")));
    assert_eq!((first.kind.as_deref(), first.model.as_deref()), (Some("chat"), Some("claude-sonnet-4-5")));
    let text = std::fs::read_to_string(folder.path().join(&first.file)).unwrap();
    let (offset, len) = first.response_span.unwrap();
    let line = &text[offset as usize..(offset + len) as usize];
    assert!(line.contains("\"seq\":1") && line.ends_with("\"type\":\"response\"}\n"), "{line}");
}

#[tokio::test]
async fn an_exchange_shows_while_it_runs() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    folder.record(&mut index, &start(&session(1), None));
    folder.record(&mut index, &request(&session(1), Some("a"), 1, &["Hello"]));
    index.flush(LONG).await.unwrap();
    let running = query::exchange(&db, "a").await.unwrap().unwrap();
    assert_eq!((running.status, running.response_span), (None, None));
}

#[tokio::test]
async fn rows_are_committed_without_a_flush() {
    let folder = Folder::new();
    let (mut index, _db, _) = folder.open().await;
    turn(&folder, &mut index, 1, 1, &["Hello"], "Hi");
    until(|| index.progress.committed() == 3).await;
}

#[tokio::test]
async fn what_is_not_committed_is_found() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let mut other = db.connect_writer().await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();

    folder.record(&mut index, &start(&session(7), Some("mine")));
    assert_eq!(find(&mut index, &named("mine")).await.unwrap().id, session(7));
    turn(&folder, &mut index, 1, 1, &["Hello"], "Hi");
    let found = find(&mut index, &identity(&["Hello", "Hi", "More"])).await.unwrap();
    assert_eq!((found.id, found.last_seq), (session(1), 1));

    sqlx::query("rollback").execute(&mut other).await.unwrap();
    index.flush(LONG).await.unwrap();
}

#[tokio::test]
async fn hello_twice_is_two_sessions() {
    let folder = Folder::new();
    let (mut index, _db, _) = folder.open().await;
    turn(&folder, &mut index, 1, 1, &["Hello"], "Hi");
    assert_eq!(find(&mut index, &identity(&["Hello"])).await, None);
    assert_eq!(find(&mut index, &identity(&["Hello", "Never said", "More"])).await, None);
}

#[tokio::test]
async fn a_restart_continues_sessions() {
    let folder = Folder::new();
    let (mut index, _db, _) = folder.open().await;
    turn(&folder, &mut index, 1, 1, &["Hello"], "Hi");
    folder.record(&mut index, &start(&session(2), Some("mine")));
    index.close(LONG).await.unwrap();

    let (mut index, _db, _) = folder.open().await;
    let found = find(&mut index, &identity(&["Hello", "Hi", "More"])).await.unwrap();
    assert_eq!(
        (found.id, found.last_seq, found.file.as_str()),
        (session(1), 1, "api.anthropic.com/2026-11-23/20261123-030829-00000001.jsonl")
    );
    assert_eq!(find(&mut index, &named("mine")).await.unwrap().id, session(2));
    assert_eq!(find(&mut index, &named("other")).await, None);
    turn(&folder, &mut index, 1, 2, &["Hello", "Hi", "More"], "Well");
    assert_eq!(find(&mut index, &identity(&["Hello", "Hi", "More", "Well", "?"])).await.unwrap().last_seq, 2);
}

#[tokio::test]
async fn client_ids_are_scoped_and_the_newest_session_wins() {
    let folder = Folder::new();
    let (mut index, _db, _) = folder.open().await;
    for number in [2, 1] {
        folder.record(&mut index, &start(&session(number), Some("mine")));
    }
    assert_eq!(find(&mut index, &named("mine")).await.unwrap().id, session(2));
    index.close(LONG).await.unwrap();
    let (mut index, _db, _) = folder.open().await;
    assert_eq!(find(&mut index, &named("mine")).await.unwrap().id, session(2));
    assert_eq!(index.find(&named("mine"), Provider::OpenAi, HOST).await.unwrap(), None);
    assert_eq!(index.find(&named("mine"), Provider::Anthropic, "other.example").await.unwrap(), None);
}

#[tokio::test]
async fn a_response_after_a_restart_finds_its_request() {
    let folder = Folder::new();
    let (mut index, _db, _) = folder.open().await;
    folder.record(&mut index, &start(&session(1), None));
    folder.record(&mut index, &request(&session(1), Some("a"), 1, &["Hello"]));
    index.close(LONG).await.unwrap();

    let (mut index, db, _) = folder.open().await;
    index.catch_up().await.unwrap();
    folder.record(&mut index, &response(&session(1), Some("a"), 1, "Hi"));
    index.flush(LONG).await.unwrap();
    assert_eq!(query::exchange(&db, "a").await.unwrap().unwrap().output_tokens, Some(5));
    assert!(find(&mut index, &identity(&["Hello", "Hi", "More"])).await.is_some());
}

#[tokio::test]
async fn the_same_lines_again_change_nothing() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    let lines =
        [start(&id, Some("mine")), request(&id, Some("a"), 1, &["Hello"]), response(&id, Some("a"), 1, "Hi")];
    let spans = lines.each_ref().map(|entry| folder.write(entry));
    for (entry, (file, span)) in lines.iter().zip(&spans) {
        index.apply(entry, file, *span);
    }
    index.flush(LONG).await.unwrap();
    let before = dump(&db).await;
    for (entry, (file, span)) in lines.iter().zip(&spans) {
        index.apply(entry, file, *span);
        index.apply(entry, file, *span);
    }
    index.flush(LONG).await.unwrap();
    assert_eq!(dump(&db).await, before);
}

#[tokio::test]
async fn a_client_id_in_a_request_names_an_old_session() {
    let folder = Folder::new();
    let (mut index, _db, _) = folder.open().await;
    let client = "5e0d3f0e-0000-4000-8000-000000000001";
    folder.record(&mut index, &start(&session(1), None));
    folder.record(&mut index, &request_of(&session(1), None, 1, &["Hello"], Some(client)));
    assert_eq!(find(&mut index, &named(client)).await.unwrap().id, session(1));
    index.close(LONG).await.unwrap();
    let (mut index, _db, _) = folder.open().await;
    assert_eq!(find(&mut index, &named(client)).await.unwrap().id, session(1));
}

#[tokio::test]
async fn lists_are_paged_filtered_and_found_by_prefix() {
    let folder = Folder::new();
    let (mut index, db, _) = folder.open().await;
    for number in 0..5 {
        turn(&folder, &mut index, number, 1, &["Hello"], "Hi");
    }
    index.flush(LONG).await.unwrap();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = query::sessions(&db, 2, before.as_ref(), &SessionFilter::default()).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(query::Before { last_ms: last.last_ms, id: last.id.clone() });
        seen.extend(page.into_iter().map(|session| session.id));
    }
    let all: Vec<String> = (0..5).rev().map(|number| session(number).to_string()).collect();
    assert_eq!(seen, all);

    let none = SessionFilter { provider: Some(Provider::Gemini), ..SessionFilter::default() };
    assert_eq!(query::sessions(&db, 9, None, &none).await.unwrap(), []);
    assert_eq!(query::session(&db, "20261123-030829-00000003").await.unwrap().len(), 1);
    assert_eq!(query::session(&db, "20261123").await.unwrap().len(), 2);
    assert_eq!(query::session(&db, "2027").await.unwrap(), []);
    let clients = query::clients_seen(&db).await.unwrap();
    assert_eq!((clients[0].name.as_str(), clients[0].requests), ("claude-code", 5));
    let today = query::today(&db, 0).await.unwrap();
    assert_eq!((today.tokens.output, today.cost_nanousd), (25, Some(5 * 210_000)));
    let later = query::today(&db, i64::MAX).await.unwrap();
    assert_eq!((later.requests, later.cost_nanousd), (0, None));
}
