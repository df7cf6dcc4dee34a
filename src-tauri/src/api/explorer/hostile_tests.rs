use serde_json::{Value, json};

use super::testing::{Home, request, response, start};
use super::{CallError, answer};

async fn home() -> Home {
    Home::logged(&[vec![start(1), request(1, 1, "opus", &["Hello"]), response(1, 1, 200, "Hi")]]).await
}

#[tokio::test]
async fn what_is_no_call_is_a_bad_call() {
    let home = home().await;
    for call in [
        json!(null),
        json!(1),
        json!([]),
        json!({}),
        json!({"name": "nothing"}),
        json!({"name": 1}),
        json!({"name": "sessions"}),
        json!({"name": "sessions", "args": {}}),
        json!({"name": "sessions", "args": {"limit": -1}}),
        json!({"name": "sessions", "args": {"limit": 1e30}}),
        json!({"name": "sessions", "args": {"limit": "10"}}),
        json!({"name": "sessions", "args": {"limit": 1, "filter": 7}}),
        json!({"name": "sessions", "args": {"limit": 1, "order": "id; drop table sessions"}}),
        json!({"name": "sessions", "args": {"limit": 1, "before": {"amount": "x", "session": "y"}}}),
        json!({"name": "requests", "args": {"limit": 1, "before": {"started_ms": 0.5, "request_id": "y"}}}),
        json!({"name": "requests", "args": [1]}),
        json!({"name": "request", "args": {"request_id": null}}),
        json!({"name": "session", "args": {"session": 5}}),
        json!({"name": "body", "args": {"request_id": "r1-1", "what": "both", "limit": 1}}),
        json!({"name": "body", "args": {"request_id": "r1-1", "what": "request", "limit": -1}}),
        json!({"name": "body", "args": {"request_id": "r1-1", "what": "request", "limit": 1, "from": -1}}),
        json!({"name": "search", "args": {"query": "", "limit": 1}}),
        json!({"name": "search", "args": {"query": "odd:x", "limit": 1}}),
        json!({"name": "stats", "args": {"from_ms": 0, "to_ms": 1, "utc_offset_min": i64::MAX}}),
        json!({"name": "open", "args": {"what": "link", "url": "file:///etc/passwd"}}),
        json!({"name": "open", "args": {"what": "session_file", "session": "../../x"}}),
        json!({"name": "open", "args": {"what": "shell"}}),
        json!({"name": "set_paused", "args": {"on": 1}}),
    ] {
        let answer = answer(&home.front, call.clone()).await;
        assert!(matches!(answer, Err(CallError::BadCall(_))), "{call}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let home = home().await;
    for (name, args) in [
        ("session", json!({"session": "nonsense"})),
        ("session", json!({"session": "../../etc/passwd"})),
        ("session", json!({"session": ""})),
        ("request", json!({"request_id": "' or 1=1 --"})),
        ("body", json!({"request_id": "", "what": "request", "limit": 1})),
        ("record", json!({"request_id": "\0", "what": "request", "limit": 1})),
    ] {
        let answer = home.ask(name, args.clone()).await;
        assert!(matches!(answer, Err(CallError::NotFound(_))), "{name} {args}: {answer:?}");
    }
}

#[tokio::test]
async fn no_argument_is_too_large_or_too_odd() {
    let home = home().await;
    let odd_lines = [
        "'; drop table exchanges; --".to_owned(),
        "model:\"'%_\\\" path:=' or 1=1".to_owned(),
        "\0 \u{ffff} \u{202e}x".to_owned(),
        "a ".repeat(50_000),
        format!("model:{}", "x,".repeat(50_000)),
        format!("\"{}", "y".repeat(1 << 20)),
        "in:99999999999999999999999999 cost:>$1e999 dur:..".to_owned(),
        "in:9223372036854775807 out:>9223372036854775807".to_owned(),
        "after:+262143-01-01 before:-1 after:99999999999d".to_owned(),
    ];
    for filter in odd_lines {
        for (name, args) in [
            ("sessions", json!({"limit": u32::MAX, "filter": filter})),
            ("requests", json!({"limit": u32::MAX, "filter": filter})),
            ("facets", json!({"filter": filter})),
            ("stats", json!({"filter": filter, "from_ms": 0, "to_ms": i64::MAX, "utc_offset_min": i32::MIN})),
        ] {
            home.told(name, args).await;
        }
    }
    for ms in [i64::MIN, -1, 0, i64::MAX] {
        let sessions = json!({"limit": 0, "before": {"amount": ms, "session": "\u{ffff}"}});
        home.told("sessions", sessions).await;
        home.told("requests", json!({"limit": 0, "before": {"started_ms": ms, "request_id": ""}})).await;
        home.told(
            "search",
            json!({"query": "hello", "limit": u32::MAX, "after": {"last_ms": ms, "session": ""}}),
        )
        .await;
    }
    for (from, limit) in [(u64::MAX, u64::MAX), (0, 0), (1, u64::MAX), (u64::MAX, 0)] {
        for name in ["body", "record"] {
            let args = json!({"request_id": "r1-1", "what": "response", "from": from, "limit": limit});
            assert!(home.told(name, args).await["total"].as_u64().unwrap() > 0);
        }
    }
    assert_eq!(home.told("requests", json!({"limit": 1})).await["totals"]["requests"], 1);
}

#[tokio::test]
async fn a_log_that_is_not_as_the_index_has_it_says_what_to_do() {
    let home = home().await;
    let file = format!("logs/h.example/2026-11-23/{}.jsonl", super::testing::session_id(1));
    for text in ["", "not json\n", &"x".repeat(5000), &format!("{}\n{}\n", start(1), "y".repeat(5000))] {
        home.write(&file, text);
        for (name, args) in [
            ("request", json!({"request_id": "r1-1"})),
            ("body", json!({"request_id": "r1-1", "what": "request", "limit": 10})),
        ] {
            let answer = home.ask(name, args).await;
            assert!(
                matches!(&answer, Err(CallError::NotFound(why)) if why.contains("llm-proxy reindex")),
                "{name} {text:.10}: {answer:?}"
            );
        }
    }
    std::fs::remove_file(home.path(&file)).unwrap();
    let gone = home.ask("request", json!({"request_id": "r1-1"})).await;
    assert!(matches!(gone, Err(CallError::Failed(_) | CallError::NotFound(_))), "{gone:?}");
    assert_eq!(home.told("host", Value::Null).await["today"]["gaps"], 0);
}
