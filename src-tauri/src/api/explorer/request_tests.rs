use serde_json::{Value, json};

use super::CallError;
use super::testing::{Home, now, request, response, session_id, start};

/// Two sessions: one with three requests, of which one failed and the last runs, and one with a stream.
async fn home() -> Home {
    let mut stream = response(2, 1, 200, "");
    stream.as_object_mut().unwrap().remove("body");
    let chunk = |raw: &str| json!({"ts": "2026-11-23T03:00:02Z", "delta_ms": 7, "raw": raw});
    let long = format!("data: {}\n", "€".repeat(5000));
    stream["chunks"] = json!([chunk("event: x\n"), chunk(&long), chunk("\n")]);
    stream["headers"] = json!({"Content-Type": ["text/event-stream"]});
    Home::logged(&[
        vec![
            start(1),
            request(1, 1, "opus-1", &["Hello"]),
            response(1, 1, 200, "Hi"),
            request(1, 2, "opus-1", &["Hello", "Hi", "More"]),
            response(1, 2, 529, "Overloaded"),
            now(request(1, 3, "haiku", &["Hello", "Hi", "More"])),
        ],
        vec![start(2), request(2, 1, "gpt", &["Fix the café"]), stream],
    ])
    .await
}

fn ids(page: &Value) -> Vec<&str> {
    page["requests"].as_array().unwrap().iter().map(|one| one["request_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_and_the_first_has_the_sums() {
    let home = home().await;
    let whole = home.told("requests", json!({"limit": 10})).await;
    assert_eq!(ids(&whole), ["r1-3", "r1-2", "r2-1", "r1-1"]);
    assert_eq!(whole["next"], Value::Null);
    assert_eq!(
        whole["totals"],
        json!({"sessions": 2, "requests": 4, "tokens": {"input": 20, "output": 10, "cache_read": 0, "cache_write": 0},
            "cost_usd": null, "unpriced": whole["totals"]["unpriced"]})
    );
    let mut paged = Vec::new();
    let mut before = Value::Null;
    loop {
        let page = home.told("requests", json!({"limit": 1, "before": before})).await;
        assert_eq!(page["totals"].is_null(), !paged.is_empty());
        paged.extend(page["requests"].as_array().unwrap().clone());
        before = page["next"].clone();
        if before.is_null() {
            break;
        }
    }
    assert_eq!(Value::Array(paged), whole["requests"]);
    let one = home.told("requests", json!({"limit": 10, "session": session_id(2)})).await;
    assert_eq!((ids(&one), &one["totals"]["requests"]), (vec!["r2-1"], &json!(1)));
}

#[tokio::test]
async fn a_row_says_what_the_lines_said() {
    let home = home().await;
    let page = home.told("requests", json!({"limit": 10, "filter": "id:r1-1"})).await;
    let row = &page["requests"][0];
    for (field, value) in [
        ("session_title", json!("Hello")),
        ("seq", json!(1)),
        ("kind", json!("chat")),
        ("client", json!("claude-code")),
        ("started", json!("2026-11-23T03:00:01Z")),
        ("status", json!(200)),
        ("end", json!("ok")),
        ("stop_reason", json!("end_turn")),
        ("timing", json!({"ttfb_ms": 100, "total_ms": 1000})),
        ("tokens", json!({"input": 10, "output": 5, "cache_read": 0, "cache_write": 0})),
        ("request_bytes", json!(100)),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    let running = home.told("requests", json!({"limit": 10, "filter": "is:running"})).await;
    let running = &running["requests"][0];
    assert_eq!(running["request_id"], "r1-3");
    for field in ["status", "end", "tokens", "timing", "response_bytes"] {
        assert!(running[field].is_null(), "{field}");
    }
}

#[tokio::test]
async fn sessions_come_in_every_order_page_by_page() {
    let more = |session, seqs: std::ops::RangeInclusive<u32>| {
        let mut begun = start(session);
        begun["upstream"] = json!("api.anthropic.com");
        let lines = seqs.flat_map(|seq| {
            [request(session, seq, "claude-opus-4-5", &["Hello"]), response(session, seq, 200, "Hi")]
        });
        [begun].into_iter().chain(lines).collect::<Vec<_>>()
    };
    let home = Home::logged(&[more(1, 1..=3), more(2, 30..=30), more(3, 1..=2), more(4, 1..=2)]).await;
    for (order, expected) in
        [("last", [2, 1, 4, 3]), ("requests", [1, 4, 3, 2]), ("tokens", [1, 4, 3, 2]), ("cost", [1, 4, 3, 2])]
    {
        let (mut seen, mut before) = (Vec::new(), Value::Null);
        for _ in 0..4 {
            let page = home.told("sessions", json!({"limit": 1, "order": order, "before": before})).await;
            seen.push(page["sessions"][0]["id"].as_str().unwrap().to_owned());
            before = page["next"].clone();
        }
        assert_eq!((seen, before), (expected.map(session_id).to_vec(), Value::Null), "{order}");
    }
}

#[tokio::test]
async fn a_response_that_was_lost_is_not_awaited_for_ever() {
    let mut lost = request(1, 1, "opus", &["Hello"]);
    lost["_meta"]["ts"] = json!("2026-01-01T00:00:00Z");
    let runs = now(request(1, 2, "opus", &["Hello", "Hi", "More"]));
    let home = Home::logged(&[vec![start(1), lost, runs]]).await;
    for name in ["is:running", "is:streaming"] {
        assert_eq!(ids(&home.told("requests", json!({"limit": 10, "filter": name})).await), ["r1-2"]);
    }
    let all = home.told("requests", json!({"limit": 10})).await;
    assert_eq!(
        [&all["requests"][0]["running"], &all["requests"][1]["running"]],
        [&json!(true), &json!(false)]
    );
    let session = home.told("session", json!({"session": session_id(1)})).await;
    assert_eq!(
        [&session["turns"][0]["running"], &session["turns"][1]["running"]],
        [&json!(false), &json!(true)]
    );
}

#[tokio::test]
async fn a_session_has_its_turns_and_a_request_the_same_one() {
    let home = home().await;
    let session = home.told("session", json!({"session": session_id(1)})).await;
    let turns = session["turns"].as_array().unwrap();
    assert_eq!(turns.len(), 3);
    assert_eq!(turns[1]["new_messages"][0]["blocks"][0]["text"], "More");
    for turn in turns {
        let detail = home.told("request", json!({"request_id": turn["request_id"]})).await;
        assert_eq!(&detail["turn"], turn);
    }
    assert_eq!(home.told("session", json!({"session": "last"})).await, session);
}

#[tokio::test]
async fn a_request_alone_gives_the_turn_that_its_session_gives() {
    let detail = home().await.told("request", json!({"request_id": "r1-2"})).await;
    let session = home().await.told("session", json!({"session": session_id(1)})).await;
    assert_eq!(detail["turn"], session["turns"][1]);
    assert_eq!((&detail["previous"], &detail["next"]), (&json!("r1-1"), &json!("r1-3")));
    assert_eq!(detail["query"], "beta=true");
    assert_eq!(detail["request_body"]["media_type"], "application/json");
    assert_eq!(detail["record"].as_array().unwrap().len(), 2);
    assert_eq!(detail["events"], json!([]));
}

#[tokio::test]
async fn what_a_request_cost_is_told_alike_everywhere_and_is_the_sum_of_its_parts() {
    let asked =
        request(1, 1, "claude-sonnet-4-5", &["Hello"]).to_string().replace("h.example", "api.anthropic.com");
    let lines = [start(1).to_string().replace("h.example", "api.anthropic.com"), asked];
    let mut lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.push(response(1, 1, 200, "Hi"));
    let home = Home::logged(&[lines]).await;
    let detail = home.told("request", json!({"request_id": "r1-1"})).await;
    let parts = detail["cost"].as_array().unwrap();
    let sum: f64 = parts.iter().map(|part| part["cost_usd"].as_f64().unwrap()).sum();
    let told = detail["summary"]["cost_usd"].as_f64().unwrap();
    assert!(parts.len() == 2 && told > 0.0 && (sum - told).abs() < 1e-9, "{parts:?} {told}");
    let session = home.told("session", json!({"session": session_id(1)})).await;
    let totals = home.told("requests", json!({"limit": 1})).await["totals"].clone();
    let filtered = home.told("requests", json!({"limit": 1, "filter": "cost:>$0"})).await["totals"].clone();
    for cost in [
        &detail["turn"]["cost_usd"],
        &session["turns"][0]["cost_usd"],
        &session["summary"]["cost_usd"],
        &totals["cost_usd"],
        &filtered["cost_usd"],
    ] {
        assert_eq!(cost.as_f64().unwrap(), told);
    }
    assert_eq!((&totals["unpriced"], &filtered["unpriced"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_session_that_grows_is_read_on() {
    let home = home().await;
    let before = home.told("session", json!({"session": session_id(1)})).await;
    assert_eq!(before["turns"][2]["status"], Value::Null);
    let file = home.logs().join(format!("h.example/2026-11-23/{}.jsonl", session_id(1)));
    let mut text = std::fs::read_to_string(&file).unwrap();
    let line = format!("{}\n", response(1, 3, 200, "Well"));
    for cut in [line.len() / 2, line.len()] {
        let grown = format!("{text}{}", &line[..cut]);
        crate::config::private_file::write_atomically(&file, grown.as_bytes()).unwrap();
        let after = home.told("session", json!({"session": session_id(1)})).await;
        let done = cut == line.len();
        assert_eq!(after["turns"][2]["status"], if done { json!(200) } else { Value::Null });
        assert_eq!((after["turns"].as_array().unwrap().len(), &after["bad_lines"]), (3, &json!(0)));
    }
    // A file that shrank is another one.
    text.truncate(text.find("r1-2").unwrap());
    text.truncate(text.rfind('\n').unwrap() + 1);
    crate::config::private_file::write_atomically(&file, text.as_bytes()).unwrap();
    let shrunk = home.told("session", json!({"session": session_id(1)})).await;
    assert_eq!(shrunk["turns"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_stream_is_told_by_line_and_given_as_one_text() {
    let home = home().await;
    let detail = home.told("request", json!({"request_id": "r2-1"})).await;
    assert_eq!(detail["event_count"], 3);
    assert_eq!(detail["events"][0], json!({"at_ms": 7, "raw": "event: x\n"}));
    let raw = detail["events"][1]["raw"].as_str().unwrap();
    assert!(raw.len() <= 4096 && raw.ends_with('€'), "{}", raw.len());
    let body = home.told("body", json!({"request_id": "r2-1", "what": "response", "limit": 100_000})).await;
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("event: x\ndata: €") && text.ends_with("€\n\n"));
    assert_eq!(body["total"], detail["response_body"]["bytes"]);
    let asked = home.told("body", json!({"request_id": "r2-1", "what": "request", "limit": 100_000})).await;
    assert!(asked["text"].as_str().unwrap().contains("café"));
}

#[tokio::test]
async fn a_record_is_the_line_of_the_file() {
    let home = home().await;
    let record =
        home.told("record", json!({"request_id": "r1-1", "what": "request", "limit": 100_000})).await;
    let line = format!("{}\n", request(1, 1, "opus-1", &["Hello"]));
    assert_eq!(record, json!({"text": line, "from": 0, "total": line.len()}));
    let missing = home.ask("record", json!({"request_id": "r1-3", "what": "response", "limit": 1})).await;
    assert!(matches!(missing, Err(CallError::NotFound(_))), "{missing:?}");
}

#[tokio::test]
async fn sessions_are_those_with_such_a_request() {
    let home = home().await;
    let of = async |filter: &str| {
        let page = home.told("sessions", json!({"limit": 10, "filter": filter})).await;
        let ids =
            page["sessions"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>(), page["totals"]["requests"].as_u64().unwrap())
    };
    let (one, two) = (session_id(1), session_id(2));
    assert_eq!(of("").await, (vec![one.clone(), two.clone()], 4));
    assert_eq!(of("status:529").await, (vec![one.clone()], 1));
    assert_eq!(of("CAFé").await, (vec![two], 1));
    assert_eq!(of("-hello model:haiku").await, (vec![], 0));
    assert_eq!(of("hello -model:haiku odd:x").await, (vec![one], 2));
}

#[tokio::test]
async fn the_go_programs_requests_are_found_by_the_ids_of_the_list() {
    let home = Home::imported().await;
    let page = home.told("requests", json!({"limit": 1000})).await;
    assert_eq!(ids(&page).len(), 22);
    for id in ids(&page) {
        let detail = home.told("request", json!({"request_id": id})).await;
        assert_eq!(
            (&detail["turn"]["request_id"], &detail["summary"]["request_id"]),
            (&json!(id), &json!(id))
        );
        assert_eq!(detail["turn"]["seq"], detail["summary"]["seq"]);
        for what in ["request", "response"] {
            let args = json!({"request_id": id, "what": what, "limit": 1 << 20});
            let body = home.told("body", args).await;
            assert_eq!(body["total"], detail[format!("{what}_body")]["bytes"], "{id} {what}");
        }
    }
}

#[tokio::test]
async fn without_an_index_sessions_come_from_the_files_and_the_rest_says_what_to_do() {
    let home = home().await;
    std::fs::remove_file(home.logs().join("sessions.db")).unwrap();
    home.front.archive.db().readers().close().await;
    let page = home.told("sessions", json!({"limit": 10})).await;
    assert_eq!(page["sessions"].as_array().unwrap().len(), 2);
    assert!(page["without_index"].is_string());
    for (name, args) in [
        ("requests", json!({"limit": 10})),
        ("request", json!({"request_id": "r1-1"})),
        ("body", json!({"request_id": "r1-1", "what": "request", "limit": 1})),
        ("search", json!({"query": "hello", "limit": 1})),
    ] {
        let error = home.ask(name, args).await.unwrap_err();
        assert!(
            matches!(&error, CallError::NotFound(why) if why.contains("llm-proxy reindex")),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn a_fresh_home_has_empty_lists() {
    let home = Home::empty();
    assert_eq!(home.told("requests", json!({"limit": 10})).await["requests"], json!([]));
    assert_eq!(home.told("sessions", json!({"limit": 10})).await["sessions"], json!([]));
    let state = home.told("host", Value::Null).await;
    assert_eq!((&state["proxy"], &state["onboarded"]), (&json!("stopped"), &json!(false)));
    assert_eq!(home.told("onboarded", Value::Null).await["onboarded"], true);
    assert_eq!(home.told("host", Value::Null).await["onboarded"], true);
}
