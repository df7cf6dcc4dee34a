//! What stands in the log: every exchange, in the right session, with the right facts and no secret.

mod compressed;
mod privacy;
mod readers;
mod sessions;

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
