//! What stands in the log: every exchange, in the right session, with the right facts and no secret.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::harness::{Options, Proxy};
use crate::support::ticker::{self, Ticker};
use crate::support::upstream::Upstream;

fn of<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

async fn responses(proxy: &Proxy, count: usize) -> Vec<Value> {
    proxy.await_log("response", |lines| of(lines, "response").len() >= count).await
}

/// A request to the Messages API through the proxy; the answer's text.
async fn ask(base: &str, headers: &[(&str, &str)], messages: Value) -> String {
    let body = json!({"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": messages});
    let mut request = reqwest::Client::new().post(format!("{base}/v1/messages")).body(body.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer =
        request.header("content-type", "application/json").send().await.expect("an answer").text().await;
    let answer: Value = serde_json::from_str(&answer.expect("a whole answer")).expect("JSON");
    answer["content"][0]["text"].as_str().expect("a text answer").to_owned()
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn assistant(text: &str) -> Value {
    json!({"role": "assistant", "content": text})
}

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
async fn w3_a_client_that_leaves_leaves_a_record() {
    let ticker = Ticker::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let url = ticker.url(proxy.addr(), "left", 1_000_000, Duration::from_millis(1));
    let mut response = reqwest::get(url).await.expect("a head");
    let mut got = Vec::new();
    while got.len() < 5_000 {
        got.extend_from_slice(&response.chunk().await.expect("bytes").expect("more"));
    }
    drop(response);
    let lines = responses(&proxy, 1).await;
    let response = of(&lines, "response")[0];
    assert_eq!((&response["end"], &response["complete"]), (&json!("client_aborted"), &json!(false)));
    let logged: String = response["chunks"]
        .as_array()
        .expect("chunks")
        .iter()
        .filter_map(|chunk| chunk["raw"].as_str())
        .collect();
    assert!(logged.as_bytes().starts_with(&got), "{} bytes logged, {} received", logged.len(), got.len());
}

#[tokio::test]
async fn w8_an_upstream_that_cannot_be_reached_has_a_record_with_the_reason() {
    let proxy = Proxy::start(Options::default()).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let url = format!(
        "http://{}/openai/{nobody}/v1/models?key=AIzaSyA1234567890abcdefghijklmnopqrstuvw",
        proxy.addr()
    );
    let answer = reqwest::get(url).await.expect("an answer");
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.headers()["x-llm-proxy-error"], "upstream_unreachable");
    let text = answer.text().await.expect("a body");
    assert!(text.contains("llm-proxy:") && !text.contains("AIza"), "{text}");
    let lines = responses(&proxy, 1).await;
    let response = of(&lines, "response")[0];
    assert_eq!((&response["end"], &response["status"]), (&json!("upstream_error"), &json!(0)));
    assert!(response["error"].as_str().is_some_and(|error| error.contains("refused")), "{response}");
}

#[tokio::test]
async fn w8_what_the_client_sent_is_on_record_though_nobody_could_take_it() {
    let proxy = Proxy::start(Options::default()).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let body = format!("{{\"model\":\"m\",\"messages\":[],\"padding\":\"{}\"}}", "x".repeat(3_000_000));
    for upstream in [nobody.to_string(), "10.0.0.1".to_owned()] {
        let url = format!("http://{}/anthropic/{upstream}/v1/messages", proxy.addr());
        let sent =
            reqwest::Client::new().post(url).header("content-type", "application/json").body(body.clone());
        let answer = sent.send().await.expect("an answer, not a reset");
        assert!(answer.headers().contains_key("x-llm-proxy-error"));
    }
    let lines = responses(&proxy, 2).await;
    for request in of(&lines, "request") {
        assert_eq!(request["body"].as_str(), Some(body.as_str()));
    }
    let mut ends: Vec<&str> = of(&lines, "response").iter().filter_map(|line| line["end"].as_str()).collect();
    ends.sort_unstable();
    assert_eq!(ends, ["refused", "upstream_error"]);
}

#[tokio::test]
async fn w31_bodies_that_are_no_text_are_redacted_too() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let key = "sk-ant-api03-PLANTEDabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ-AA";
    let url = format!("{}/scenario/plain/k/v1/files", proxy.url("anthropic", &upstream));
    let in_the_middle = [b"\xff\xfe binary ", key.as_bytes(), b" \x80\x81"].concat();
    let cut_at_the_end = [b"text ", key.as_bytes(), b" ends inside \xf0\x9f\x98"].concat();
    for body in [in_the_middle, cut_at_the_end] {
        let sent =
            reqwest::Client::new().post(&url).header("content-type", "application/octet-stream").body(body);
        sent.send().await.expect("an answer").bytes().await.expect("a body");
    }
    let lines = responses(&proxy, 2).await;
    proxy.stop().await;
    use base64::Engine as _;
    let unpack = |text: &Value| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap_or_default());
        String::from_utf8_lossy(&bytes.expect("base64")).into_owned()
    };
    for request in of(&lines, "request") {
        let text = format!("{}{}", request["body"], unpack(&request["body_b64"]));
        assert!(text.contains("[redacted:anthropic-key:") && !text.contains("PLANTED"), "{text}");
    }
    let tail = of(&lines, "request").iter().find_map(|line| line["tail_b64"].as_str()).map(str::to_owned);
    assert_eq!(tail.as_deref(), Some("8J+Y"), "the cut character's bytes");
}

#[tokio::test]
async fn w13_times_count_from_the_request_and_sizes_are_the_wire_s() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let base = proxy.url("anthropic", &upstream);
    ask(&format!("{base}/scenario/late/k"), &[], json!([user("slow")])).await;
    let lines = responses(&proxy, 1).await;
    let response = of(&lines, "response")[0];
    let (first, total) = (
        response["timing"]["ttfb_ms"].as_u64().expect("ms"),
        response["timing"]["total_ms"].as_u64().expect("ms"),
    );
    assert!((900..5_000).contains(&first) && total >= first, "{}", response["timing"]);
    assert_eq!(response["size"].as_u64(), response["body"].as_str().map(|body| body.len() as u64));
}

#[tokio::test]
async fn w14_compressed_and_binary_bodies_can_be_read_in_the_log() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let base = proxy.url("anthropic", &upstream);
    for scenario in ["gzip", "br"] {
        let stream = json!({"model": "m", "max_tokens": 9, "stream": true, "messages": [user(scenario)]});
        let url = format!("{base}/scenario/{scenario}/k/v1/messages");
        let sent = reqwest::Client::new()
            .post(url)
            .header("content-type", "application/json")
            .body(stream.to_string())
            .send()
            .await;
        sent.expect("a head").bytes().await.expect("a whole stream");
    }
    let binary = [0xff, 0x00, 0xfe, b'x'];
    let url = format!("{base}/scenario/plain/k/v1/files");
    reqwest::Client::new()
        .post(url)
        .header("content-type", "application/octet-stream")
        .body(binary.to_vec())
        .send()
        .await
        .expect("an answer");
    let lines = responses(&proxy, 3).await;
    let streams: Vec<&Value> =
        of(&lines, "response").into_iter().filter(|line| line["chunks"].is_array()).collect();
    for response in &streams {
        let chunks = response["chunks"].as_array().expect("chunks");
        let text: String = chunks.iter().filter_map(|chunk| chunk["raw"].as_str()).collect();
        assert!(text.contains("message_stop"), "{text}");
    }
    let mut codings: Vec<&str> =
        streams.iter().filter_map(|line| line["content_encoding"].as_str()).collect();
    codings.sort_unstable();
    assert_eq!(codings, ["br", "gzip"]);
    use base64::Engine as _;
    let packed = of(&lines, "request")
        .iter()
        .find_map(|line| line["body_b64"].as_str())
        .expect("a binary body")
        .to_owned();
    assert_eq!(base64::engine::general_purpose::STANDARD.decode(packed).expect("base64"), binary);
}

#[tokio::test]
async fn w15_every_path_is_logged_with_its_query() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let url = format!(
        "{}/scenario/plain/k/some/new/api?beta=true&api_key=verysecretvalue1&x=%2F",
        proxy.url("openai", &upstream)
    );
    reqwest::get(url).await.expect("an answer");
    let lines = responses(&proxy, 1).await;
    let request = of(&lines, "request")[0];
    assert_eq!(request["path"], "/scenario/plain/k/some/new/api");
    let query = request["query"].as_str().expect("a query");
    assert!(
        query.starts_with("beta=true&api_key=") && query.ends_with("&x=%2F") && !query.contains("verysecret"),
        "{query}"
    );
}

#[tokio::test]
async fn w17_a_session_stays_in_the_file_of_the_day_it_began() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    ask(&proxy.url("anthropic", &upstream), &[], json!([user("x")])).await;
    let lines = responses(&proxy, 1).await;
    let meta = &of(&lines, "session_start")[0]["_meta"];
    let (id, began) = (meta["session"].as_str().expect("an id"), meta["ts"].as_str().expect("a time"));
    assert!(began.ends_with('Z'), "times are UTC");
    assert_eq!(id[..8], began[..10].replace('-', ""));
    let folder = upstream.addr.to_string();
    assert!(proxy.log_dir().join(folder).join(&began[..10]).join(format!("{id}.jsonl")).is_file());
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            all_files(&entry.path(), found);
        }
    }
}

#[tokio::test]
async fn w31_no_planted_secret_is_on_the_disk() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let secret = |number: usize| {
        format!("sk-ant-api03-PLANTED{number:02}abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ-AA")
    };
    let base = proxy.url("anthropic", &upstream);
    let body = json!({"model": "m", "max_tokens": 9, "api_key": secret(0), "messages": [user(&format!("my key is {}", secret(1)))],
        "mcp_servers": [{"authorization_token": "PLANTED-token-without-any-shape"}]});
    let request = reqwest::Client::new()
        .post(format!("{base}/v1/messages?key={}&x=1", secret(2)))
        .body(body.to_string());
    let request =
        request.header("x-api-key", secret(3)).header("authorization", format!("Bearer {}", secret(4)));
    let request = request
        .header("cookie", "session=PLANTED-cookie-value")
        .header("proxy-authorization", "Basic UExBTlRFRA==");
    request
        .header("content-type", "application/json")
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a body");
    responses(&proxy, 1).await;
    proxy.stop().await;
    let mut files = Vec::new();
    all_files(proxy.home(), &mut files);
    for file in files.iter().filter(|path| path.is_file()) {
        let bytes = std::fs::read(file).expect("readable");
        for planted in ["PLANTED", "UExBTlRFRA"] {
            let found = bytes.windows(planted.len()).any(|window| window == planted.as_bytes());
            assert!(!found, "{planted} stands in {}", file.display());
        }
    }
    assert!(!proxy.stderr().contains("PLANTED"));
    assert_eq!(of(&proxy.logs(), "request").len(), 1);
}

#[tokio::test]
async fn w32_files_are_private_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let upstream = Upstream::start().await;
    for umask in ["000", "022", "077"] {
        let mut proxy =
            Proxy::start(Options { before: Some(format!("umask {umask}")), ..Options::default() }).await;
        ask(&proxy.url("anthropic", &upstream), &[], json!([user("x")])).await;
        responses(&proxy, 1).await;
        let mut files = vec![proxy.log_dir(), proxy.home().join(".local/state/llm-proxy/port")];
        all_files(&proxy.log_dir(), &mut files);
        for path in files {
            let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
            let (mode, expected) =
                (metadata.permissions().mode() & 0o777, if metadata.is_dir() { 0o700 } else { 0o600 });
            assert_eq!(mode, expected, "umask {umask}: {} is {mode:o}", path.display());
        }
        proxy.stop().await;
    }
}

#[tokio::test]
async fn w10_parallel_requests_of_one_session_are_all_logged_and_numbered() {
    let ticker = Ticker::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let client = reqwest::Client::new();
    let asking: tokio::task::JoinSet<_> = (0..500)
        .map(|number| {
            ticker::read(
                client.clone(),
                format!("r{number}"),
                ticker.url(proxy.addr(), &format!("r{number}"), 2, Duration::ZERO),
            )
        })
        .collect();
    assert!(asking.join_all().await.iter().all(|stream| stream.whole));
    let lines = responses(&proxy, 500).await;
    let mut ids: Vec<String> =
        of(&lines, "response").iter().map(|line| line["_meta"]["request_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(
        (ids.len(), of(&lines, "request").len()),
        (500, 500),
        "one request line and one response line each"
    );
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

/// Puts a session with this event stream as its answer into the log folder, as if it had been recorded.
fn plant(proxy: &Proxy, stream: &str) {
    let id = "20260102-030405-0123abcd";
    let meta = format!(
        "\"_meta\":{{\"host\":\"api.openai.com\",\"machine\":\"m\",\"request_id\":\"r\",\"session\":\"{id}\",\"ts\":\"2026-01-02T03:04:05Z\"}}"
    );
    let folder = proxy.log_dir().join("api.openai.com/2026-01-02");
    std::fs::create_dir_all(&folder).expect("writable");
    let question = json!({"model": "m", "stream": true, "messages": [user("Ⱥ hostile İ")]}).to_string();
    let chunk = json!([{"ts": "2026-01-02T03:04:05Z", "delta_ms": 0, "raw": stream}]);
    let lines = [
        format!(
            "{{{meta},\"provider\":\"openai\",\"type\":\"session_start\",\"upstream\":\"api.openai.com\"}}"
        ),
        format!(
            "{{{meta},\"body\":{},\"headers\":{{}},\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"seq\":1,\"size\":1,\"type\":\"request\"}}",
            json!(question)
        ),
        format!(
            "{{{meta},\"chunks\":{chunk},\"headers\":{{}},\"seq\":1,\"size\":1,\"status\":200,\"timing\":{{\"ttfb_ms\":1,\"total_ms\":1}},\"type\":\"response\"}}"
        ),
    ];
    let file = std::fs::File::create(folder.join(format!("{id}.jsonl")));
    std::io::Write::write_all(&mut file.expect("writable"), (lines.join("\n") + "\n").as_bytes())
        .expect("writable");
}

async fn told(proxy: &Proxy, arguments: &[&str]) -> String {
    let asking = proxy.command().args(arguments).output();
    let output = tokio::time::timeout(Duration::from_secs(5), asking).await.expect("an answer in time");
    let output = output.expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn w20_hostile_logs_are_shown_and_searched() {
    let mut proxy = Proxy::start(Options::default()).await;
    proxy.stop().await;
    let delta = |index: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":{index},\"delta\":{{\"tool_calls\":[{{\"index\":{index},\"function\":{{\"name\":\"f\",\"arguments\":\"x\"}}}}]}}}}]}}\n\n"
        )
    };
    let nested = format!("data: {}{}\n\n", "[".repeat(10_000), "]".repeat(10_000));
    plant(
        &proxy,
        &["-1", "2000000000", "20000000", "1e400"]
            .map(delta)
            .concat()
            .replace("\n\n", &format!("\n\n{nested}")),
    );
    let report = told(&proxy, &["reindex"]).await;
    assert!(report.contains("1 sessions"), "{report}");
    assert!(told(&proxy, &["show", "20260102"]).await.contains("Ⱥ hostile İ"));
    assert!(told(&proxy, &["search", "Ⱥ"]).await.contains("hostile"));
    let output = proxy.command().args(["show", "cd"]).output().await.expect("it runs");
    assert!(!output.status.success(), "the end of an id is not an id");
}

#[tokio::test]
async fn w19_the_list_of_sessions_reads_no_log() {
    let mut proxy = Proxy::start(Options::default()).await;
    proxy.stop().await;
    plant(&proxy, "data: [DONE]\n\n");
    told(&proxy, &["reindex"]).await;
    std::fs::remove_dir_all(proxy.log_dir().join("api.openai.com")).expect("removable");
    assert!(told(&proxy, &["sessions", "--json"]).await.contains("20260102-030405-0123abcd"));
}

#[tokio::test]
async fn w26_only_a_chatgpt_sign_in_goes_to_chatgpt() {
    let (api, chatgpt) = (Upstream::start().await, Upstream::start().await);
    let config = format!(
        "[upstreams]\n\"api.openai.com\" = \"http://{}/scenario/plain/api\"\n\"chatgpt.com\" = \"http://{}/scenario/plain/chatgpt\"\n",
        api.addr, chatgpt.addr
    );
    let proxy = Proxy::start(Options { config, ..Options::default() }).await;
    let url = format!("http://{}/openai/api.openai.com/v1/responses", proxy.addr());
    let ask = |name: &'static str, value: String| {
        reqwest::Client::new().post(&url).header(name, value).body("{}").send()
    };
    use base64::Engine as _;
    let packed = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let jwt = format!("{}.{}.c2ln", packed("{\"alg\":\"RS256\"}"), packed("{\"sub\":\"u\"}"));
    ask("authorization", "Bearer three.part.key".to_owned()).await.expect("an answer");
    ask("authorization", format!("Bearer {jwt}")).await.expect("an answer");
    ask("chatgpt-account-id", "0b6cbd25".to_owned()).await.expect("an answer");
    let targets = |upstream: &Upstream| {
        upstream.requests().iter().map(|request| request.target.clone()).collect::<Vec<_>>()
    };
    assert_eq!(targets(&api), ["/scenario/plain/api/v1/responses"]);
    assert_eq!(targets(&chatgpt), ["/scenario/plain/chatgpt/backend-api/codex/responses"; 2]);
}
