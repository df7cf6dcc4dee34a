//! Which session a request belongs to, across restarts, providers and a lost index.

use serde_json::json;

use super::{ask, assistant, of, responses, user};
use crate::support::harness::{Options, Proxy};
use crate::support::upstream::Upstream;

#[tokio::test]
async fn w1_a_session_goes_on_being_logged_after_a_restart() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let session = [("x-claude-code-session-id", "0b6cbd25-6d2f-4c6d-8a0b-2f4b7a2f9c11")];
    let first = ask(&proxy.url("anthropic", &upstream), &[], json!([user("one")])).await;
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("two")])).await;
    proxy.stop().await;
    proxy.restart().await;
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("three")])).await;
    ask(&proxy.url("anthropic", &upstream), &[], json!([user("one"), assistant(&first), user("more")])).await;
    proxy.kill().await;
    proxy.restart().await;
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("four")])).await;

    let lines = responses(&proxy, 5).await;
    assert_eq!(of(&lines, "session_start").len(), 2, "two sessions, however often the proxy starts");
    let named: Vec<u64> = of(&lines, "request")
        .iter()
        .filter(|line| line["headers"]["X-Claude-Code-Session-Id"].is_array())
        .map(|line| line["seq"].as_u64().expect("a number"))
        .collect();
    assert_eq!(named, [1, 2, 3]);
    proxy.stop().await;
}

#[tokio::test]
async fn w16_sessions_are_neither_merged_nor_shattered() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let (anthropic, openai) = (proxy.url("anthropic", &upstream), proxy.url("openai", &upstream));
    let id = [("x-session-id", "3f1b0a52-0000-4000-8000-000000000001")];
    // The same client id at two providers: two sessions.
    ask(&anthropic, &id, json!([user("a")])).await;
    ask(&openai, &id, json!([user("a")])).await;
    // The same first words without an id: two sessions.
    let hello = ask(&anthropic, &[], json!([user("Hello")])).await;
    ask(&anthropic, &[], json!([user("Hello")])).await;
    // A loop without an id: one session.
    let more = ask(&anthropic, &[], json!([user("Hello"), assistant(&hello), user("more")])).await;
    ask(
        &anthropic,
        &[],
        json!([user("Hello"), assistant(&hello), user("more"), assistant(&more), user("end")]),
    )
    .await;
    let lines = responses(&proxy, 6).await;
    assert_eq!(of(&lines, "session_start").len(), 4);
    // A turn whose assistant was never seen here begins a session of its own.
    ask(&anthropic, &[], json!([user("Hello"), assistant("never said"), user("more")])).await;
    let lines = responses(&proxy, 7).await;
    assert_eq!(of(&lines, "session_start").len(), 5);
}

#[tokio::test]
async fn w18_a_damaged_index_is_set_aside_and_made_again() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let session = [("x-session-id", "3f1b0a52-0000-4000-8000-000000000002")];
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("x")])).await;
    proxy.stop().await;
    let database = proxy.log_dir().join("sessions.db");
    let file = std::fs::OpenOptions::new().write(true).open(&database).expect("the index");
    std::os::unix::fs::FileExt::write_all_at(&file, &[0x55; 4096], 0).expect("writable");
    proxy.restart().await;
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("y")])).await;
    let lines = responses(&proxy, 2).await;
    assert_eq!(of(&lines, "session_start").len(), 1, "the session is known again from the log alone");
    let aside = std::fs::read_dir(proxy.log_dir())
        .expect("a folder")
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("sessions.db.corrupt-"));
    assert!(aside);
    // And an index that is deleted while the proxy runs.
    for name in ["sessions.db", "sessions.db-wal", "sessions.db-shm"] {
        let _ = std::fs::remove_file(proxy.log_dir().join(name));
    }
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("z")])).await;
    let lines = responses(&proxy, 3).await;
    assert_eq!(of(&lines, "session_start").len(), 1);
    proxy.stop().await;
    assert!(database.is_file());
}

#[tokio::test]
async fn the_session_in_the_old_form_of_user_id_is_recognised() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let base = proxy.url("anthropic", &upstream);
    let old = "user_0123_account__session_7d1f6c1e-8f1b-4a9e-9d58-0c8f5f0a1b2c";
    for text in ["a", "b"] {
        let body =
            json!({"model": "m", "max_tokens": 9, "metadata": {"user_id": old}, "messages": [user(text)]});
        let sent = reqwest::Client::new()
            .post(format!("{base}/v1/messages"))
            .header("content-type", "application/json")
            .body(body.to_string());
        sent.send().await.expect("an answer").text().await.expect("a body");
    }
    let lines = responses(&proxy, 2).await;
    let starts = of(&lines, "session_start");
    assert_eq!(starts.len(), 1);
    assert_eq!(starts[0]["client_session"], "7d1f6c1e-8f1b-4a9e-9d58-0c8f5f0a1b2c");
}
