use serde_json::{Value, json};

use super::CallError;
use super::testing::{Home, request, response, session_id, start};

/// 2026-11-23T03:00:00Z.
const THREE_MS: i64 = 1_795_402_800_000;

fn calling(session: u32, seq: u32, tools: &[&str]) -> Value {
    let mut line = response(session, seq, 200, "");
    let call = |(at, tool): (usize, &&str)| json!({"type": "tool_use", "id": format!("t{at}"), "name": tool, "input": {"at": at}});
    let content: Vec<Value> = tools.iter().enumerate().map(call).collect();
    line["body"] = json!({"type": "message", "role": "assistant", "content": content,
        "usage": {"input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": 2000}})
    .to_string()
    .into();
    line
}

async fn home() -> Home {
    let mut lost = response(2, 2, 0, "");
    lost["end"] = "upstream_error".into();
    Home::logged(&[
        vec![
            start(1),
            request(1, 1, "opus", &["Hello"]),
            calling(1, 1, &["Read", "Read", "Bash"]),
            request(1, 2, "opus", &["Hello", "Hi", "More"]),
            response(1, 2, 529, "Overloaded"),
            request(1, 3, "opus", &["Hello", "Hi", "More"]),
            response(1, 3, 200, "Well"),
        ],
        vec![
            start(2),
            request(2, 1, "gpt", &["Bye"]),
            response(2, 1, 200, "x"),
            request(2, 2, "gpt", &["Oh"]),
            lost,
        ],
    ])
    .await
}

#[tokio::test]
async fn facets_count_the_filtered_requests() {
    let home = home().await;
    let all = home.told("facets", json!({})).await;
    let facet = |facets: &Value, key: &str| {
        let facets = facets["facets"].as_array().unwrap();
        facets.iter().find(|facet| facet["key"] == key).unwrap()["values"].clone()
    };
    let keys: Vec<&Value> = all["facets"].as_array().unwrap().iter().map(|facet| &facet["key"]).collect();
    assert_eq!(keys, ["client", "model", "kind", "status", "project", "host"]);
    assert_eq!(
        facet(&all, "model"),
        json!([{"value": "opus", "requests": 3}, {"value": "gpt", "requests": 2}])
    );
    assert_eq!(facet(&all, "project"), json!([]));
    let failed = home.told("facets", json!({"filter": "is:error"})).await;
    assert_eq!(
        facet(&failed, "status"),
        json!([{"value": "0", "requests": 1}, {"value": "529", "requests": 1}])
    );
    for values in all["facets"].as_array().unwrap() {
        for value in values["values"].as_array().unwrap() {
            let filter = format!("{}:{}", values["key"].as_str().unwrap(), value["value"].as_str().unwrap());
            let page = home.told("requests", json!({"limit": 1, "filter": filter})).await;
            assert_eq!(page["totals"]["requests"], value["requests"], "{filter}");
        }
    }
}

#[tokio::test]
async fn every_key_finds_what_it_is_about() {
    let home = home().await;
    for (filter, found) in [
        ("", 5),
        ("model:opus", 3),
        ("model:=gpt", 2),
        ("model:=gp", 0),
        ("-model:*", 0),
        ("kind:chat", 5),
        ("client:claude", 5),
        ("host:H.EXAMPLE", 5),
        ("path:/v1/messages", 5),
        ("method:post", 5),
        ("method:get", 0),
        ("stop:end_turn", 4),
        ("agent:*", 0),
        ("-agent:*", 5),
        ("project:x", 0),
        ("status:5xx", 1),
        ("-status:2xx,5xx", 1),
        ("is:error", 2),
        ("-is:error", 3),
        ("is:retry", 1),
        ("(is:error or is:retry)", 3),
        ("-(is:error or is:retry)", 2),
        ("(model:gpt or is:error) is:error", 2),
        ("is:slow", 0),
        ("is:streaming", 0),
        ("is:cachemiss", 0),
        ("in:>2k", 1),
        ("in:2100", 1),
        ("out:50", 1),
        ("cached:2k", 1),
        ("cached:*", 1),
        ("cost:>$1000", 0),
        ("dur:1s", 5),
        ("dur:>1s", 0),
        ("ttft:200ms", 2),
        ("size:300", 5),
        ("tool:read", 1),
        ("-tool:*", 4),
        ("id:r1-", 3),
        ("session:20261123-030829-00000002", 2),
        ("before:2026-11-23T03:00:02Z", 2),
        ("after:2026-11-23T03:00:02Z", 3),
        ("after:2026-11-23T03:00:02Z model:opus -is:error", 1),
        ("hello", 3),
        ("-hello", 2),
        ("\"CLAUDE-code\" gpt*", 2),
        ("odd:x model:gpt status:", 2),
    ] {
        let page = home.told("requests", json!({"limit": 100, "filter": filter})).await;
        assert_eq!(page["requests"].as_array().unwrap().len(), found, "{filter}");
        assert_eq!(page["totals"]["requests"], found, "{filter}");
        let chips = page["filter"].as_array().unwrap();
        let odd = |chip: &&Value| !chip["problem"].is_null();
        assert_eq!(
            chips.iter().filter(odd).count(),
            if filter.starts_with("odd") { 2 } else { 0 },
            "{filter}"
        );
    }
}

#[tokio::test]
async fn sums_of_a_span_and_of_the_one_before() {
    let home = home().await;
    let args = json!({"from_ms": THREE_MS + 2000, "to_ms": THREE_MS + 4000, "utc_offset_min": 0});
    let stats = home.told("stats", args).await;
    assert_eq!((&stats["totals"]["requests"], &stats["before"]["requests"]), (&json!(3), &json!(2)));
    assert_eq!(stats["totals"]["sessions"], 2);
    let all = json!({"from_ms": 0, "to_ms": THREE_MS * 2, "utc_offset_min": -181});
    let stats = home.told("stats", all).await;
    let days = stats["days"].as_array().unwrap();
    assert_eq!(days.iter().map(|day| day["day"].as_str().unwrap()).collect::<Vec<_>>(), ["2026-11-22"; 2]);
    assert_eq!((&days[0]["model"], &days[0]["requests"]), (&json!("gpt"), &json!(2)));
    assert_eq!(stats["ttfb_ms"], json!({"p50": 100, "p95": 300}));
    assert_eq!(stats["total_ms"], json!({"p50": 1000, "p95": 1000}));
    assert_eq!(
        stats["errors"],
        json!([{"value": "529", "requests": 1}, {"value": "upstream_error", "requests": 1}])
    );
    assert_eq!(stats["tools"], json!([{"value": "Read", "requests": 2}, {"value": "Bash", "requests": 1}]));
    let opus = &stats["models"][0];
    assert_eq!(
        (&opus["name"], &opus["requests"], &opus["tokens"]["cache_read"]),
        (&json!("opus"), &json!(3), &json!(2000))
    );
    let session = &stats["sessions"][0];
    assert_eq!((&session["name"], &session["title"]), (&json!(session_id(1)), &json!("Hello")));
    let of_gpt = json!({"filter": "model:gpt", "from_ms": 0, "to_ms": THREE_MS * 2, "utc_offset_min": 0});
    assert_eq!(home.told("stats", of_gpt).await["tools"], json!([]));
}

#[tokio::test]
async fn a_span_that_ends_before_it_begins_is_refused_and_none_is_too_long() {
    let home = home().await;
    let stats = async |from_ms: i64, to_ms: i64| {
        home.ask("stats", json!({"from_ms": from_ms, "to_ms": to_ms, "utc_offset_min": i32::MAX})).await
    };
    assert!(matches!(stats(5, 5).await, Err(CallError::BadCall(_))));
    assert!(matches!(stats(i64::MAX, i64::MIN).await, Err(CallError::BadCall(_))));
    assert_eq!(stats(i64::MIN, i64::MAX).await.unwrap()["totals"]["requests"], 5);
    assert_eq!(
        Home::empty().told("stats", json!({"from_ms": 0, "to_ms": 1, "utc_offset_min": 0})).await["days"],
        json!([])
    );
}
