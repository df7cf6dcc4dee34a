//! The official SDKs, unmodified, straight to the scripted upstream and through the built binary:
//! the same results, the same errors, the same retries, and the upstream sees the same requests.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::support::harness::{Options, Proxy};
use crate::support::upstream::{Outcome, SeenRequest, Upstream};

/// Requests that the SDKs make of a scenario, by the upstream's scenario. All others: one each, or two
/// where a conversation has two turns or a list two pages, which comparing the runs covers.
const RETRIED: [(&str, &str, usize); 5] = [
    ("rate-limited-once", "rate_limited_once", 2),
    ("overloaded-twice", "overloaded_twice", 3),
    ("server-error", "server_error", 3),
    ("server-error-final", "server_error_final", 1),
    ("bad-request", "bad_request", 1),
];

/// Scenarios that must end in an error at the client, whichever SDK it is.
const FAILING: [&str; 9] = [
    "bad_request",
    "unauthorized",
    "not_found",
    "server_error",
    "server_error_final",
    "cut",
    "cut_stream",
    "cut_stream_helper",
    "times_out",
];

/// Fields that belong to one hop, which a proxy must not or need not pass on.
const OF_ONE_HOP: [&str; 8] =
    ["connection", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

#[tokio::test]
async fn anthropic_in_python_notices_no_proxy() {
    compare(&Sdk { script: "anthropic_py.py", interpreter: PYTHON, provider: "anthropic" }).await;
}

#[tokio::test]
async fn openai_in_python_notices_no_proxy() {
    compare(&Sdk { script: "openai_py.py", interpreter: PYTHON, provider: "openai" }).await;
}

#[tokio::test]
async fn anthropic_in_typescript_notices_no_proxy() {
    compare(&Sdk { script: "anthropic_ts.mjs", interpreter: NODE, provider: "anthropic" }).await;
}

#[tokio::test]
async fn openai_in_typescript_notices_no_proxy() {
    compare(&Sdk { script: "openai_ts.mjs", interpreter: NODE, provider: "openai" }).await;
}

const PYTHON: &str = "LLM_PROXY_TEST_PYTHON";
const NODE: &str = "LLM_PROXY_TEST_NODE";

/// A script in `tests/clients`, and what runs it.
struct Sdk {
    script: &'static str,
    /// The environment variable that names the interpreter with the SDK installed.
    interpreter: &'static str,
    provider: &'static str,
}

/// What one run printed, by scenario, and what its upstream saw, by scenario and in order.
struct Run {
    printed: BTreeMap<String, Value>,
    seen: BTreeMap<String, Vec<SeenRequest>>,
}

async fn compare(sdk: &Sdk) {
    let (straight_upstream, proxied_upstream) = (Upstream::start().await, Upstream::start().await);
    let mut proxy = Proxy::start(Options::default()).await;
    let (straight_url, proxied_url) = (straight_upstream.url(), proxy.url(sdk.provider, &proxied_upstream));
    let (straight, proxied) =
        tokio::join!(run(sdk, &straight_url, &straight_upstream), run(sdk, &proxied_url, &proxied_upstream),);
    assert_scenarios_did_their_work(&straight);
    assert_same_results(&straight, &proxied);
    assert_same_requests(&straight, &proxied);
    assert_retry_after_was_kept(&proxied);
    assert_everything_logged(&proxy, &proxied).await;
    proxy.stop().await;
}

async fn run(sdk: &Sdk, base_url: &str, upstream: &Upstream) -> Run {
    let printed = printed_by(sdk, base_url).await;
    let ended = |seen: &Vec<SeenRequest>| seen.iter().all(|request| request.outcome != Outcome::Running);
    let mut seen: BTreeMap<String, Vec<SeenRequest>> = BTreeMap::new();
    for request in upstream.await_requests("the end of every request", ended).await {
        seen.entry(request.key.clone()).or_default().push(request);
    }
    Run { printed, seen }
}

async fn printed_by(sdk: &Sdk, base_url: &str) -> BTreeMap<String, Value> {
    #[expect(clippy::disallowed_methods, reason = "a test's own variable, which the program does not know")]
    let interpreter = std::env::var(sdk.interpreter)
        .unwrap_or_else(|_| panic!("{} is not set: run `npm test`, which sets up the SDKs", sdk.interpreter));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(sdk.script);
    let mut command = Command::new(&interpreter);
    command.arg(script).arg(base_url).stderr(Stdio::piped()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(120), command.output()).await;
    let output = output.expect("the script ends in time").expect("run `npm test`, which sets up the SDKs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} ended with {}:\n{stderr}", sdk.script, output.status);
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| scenario_line(serde_json::from_slice(line).expect("a JSON object a line"))).collect()
}

fn scenario_line(line: Value) -> (String, Value) {
    (line["scenario"].as_str().expect("every line names its scenario").to_owned(), line)
}

/// Two equal runs prove nothing if both went wrong: the straight one must show what the scenarios are for.
fn assert_scenarios_did_their_work(straight: &Run) {
    assert!(straight.printed.len() >= 35, "only {} scenarios ran", straight.printed.len());
    for (scenario, line) in &straight.printed {
        let name = scenario.split('-').next().unwrap_or_default();
        let expected_ok = !FAILING.contains(&name) && !name.ends_with("error_event");
        // The Python SDK of OpenAI hands a Responses error event over like any other event.
        assert!(line["ok"] == expected_ok || name == "responses_error_event", "{line}");
        assert_ne!(line["error"]["class"], "Error", "a mistake in the script itself: {line}");
    }
    for (upstream_scenario, name, attempts) in RETRIED {
        let runs = straight.seen.iter().filter(|(key, _)| is_run_of(key, upstream_scenario, name));
        let counts: Vec<_> = runs.map(|(_, requests)| requests.len()).collect();
        assert!(!counts.is_empty() && counts.iter().all(|count| *count == attempts), "{name}: {counts:?}");
    }
}

/// Whether `key` is `UPSTREAM_SCENARIO/NAME` or `UPSTREAM_SCENARIO/NAME-kind`.
fn is_run_of(key: &str, upstream_scenario: &str, name: &str) -> bool {
    let rest = key.strip_prefix(upstream_scenario).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| rest.split('-').next() == Some(name))
}

fn assert_same_results(straight: &Run, proxied: &Run) {
    assert!(straight.printed.keys().eq(proxied.printed.keys()), "not the same scenarios ran");
    for (scenario, line) in &straight.printed {
        assert_eq!(line, &proxied.printed[scenario], "left: straight, right: through the proxy");
    }
}

fn assert_same_requests(straight: &Run, proxied: &Run) {
    let keys = |run: &Run| run.seen.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(straight),
        keys(proxied),
        "scenarios at the upstream; left: straight, right: through the proxy"
    );
    for (key, requests) in &straight.seen {
        let through = &proxied.seen[key];
        assert_eq!(
            requests.len(),
            through.len(),
            "{key}: number of requests, straight and through the proxy"
        );
        for (left, right) in requests.iter().zip(through) {
            let (left, right) = (comparable(left), comparable(right));
            assert_eq!(left.head, right.head, "{key}: left: straight, right: through the proxy");
            assert!(left.body == right.body, "{key}: the body arrived changed");
        }
    }
}

/// What of a request must be equal in both runs.
struct Comparable {
    head: String,
    body: Vec<u8>,
}

fn comparable(request: &SeenRequest) -> Comparable {
    let boundary = multipart_boundary(request);
    let mut fields: Vec<String> = Vec::new();
    for (name, value) in &request.headers {
        if !OF_ONE_HOP.contains(&name.as_str()) {
            let value = String::from_utf8_lossy(value.as_bytes());
            fields.push(format!("{name}: {}", without_boundary(&value, boundary.as_deref())));
        }
    }
    fields.sort();
    let SeenRequest { method, target, version, outcome, .. } = request;
    let head = format!("{method} {target} {version:?} -> {outcome:?}\n{}", fields.join("\n"));
    let body = match &boundary {
        Some(boundary) => replace(&request.body, boundary.as_bytes(), b"BOUNDARY"),
        None => request.body.clone(),
    };
    Comparable { head, body }
}

/// The boundary of a multipart body is drawn by lot for every upload.
fn multipart_boundary(request: &SeenRequest) -> Option<String> {
    let content_type = request.headers.get("content-type")?.to_str().ok()?;
    let (_, boundary) = content_type.split_once("boundary=")?;
    Some(boundary.trim_matches('"').to_owned())
}

fn without_boundary(value: &str, boundary: Option<&str>) -> String {
    boundary.map_or_else(|| value.to_owned(), |boundary| value.replace(boundary, "BOUNDARY"))
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(position) = rest.windows(from.len()).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..position]);
        replaced.extend_from_slice(to);
        rest = &rest[position + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// `retry-after: 1` came through: without it the SDKs wait half a second.
fn assert_retry_after_was_kept(proxied: &Run) {
    for (key, requests) in &proxied.seen {
        if let [first, second] = requests.as_slice()
            && key.starts_with("rate-limited-once/")
        {
            let waited = second.arrived.duration_since(first.arrived);
            assert!(waited >= Duration::from_secs(1), "{key}: tried again after {waited:?}");
        }
    }
}

/// Every request that the upstream saw is in the log once, with the hash of its body, and has one response.
async fn assert_everything_logged(proxy: &Proxy, proxied: &Run) {
    let count = proxied.seen.values().map(Vec::len).sum::<usize>();
    let lines =
        proxy.await_log("response for every request", |lines| of_type(lines, "response").count() >= count);
    let lines = lines.await;
    let mut logged: Vec<_> = of_type(&lines, "request").map(|line| line["sha256"].as_str()).collect();
    let hashes: Vec<_> = proxied.seen.values().flatten().map(|request| sha256(&request.body)).collect();
    let mut seen: Vec<_> = hashes.iter().map(|hash| Some(hash.as_str())).collect();
    logged.sort_unstable();
    seen.sort_unstable();
    assert_eq!(logged, seen, "bodies in the log, and bodies at the upstream");
    let ends = |end: &'static str| of_type(&lines, "response").filter(move |line| line["end"] == end).count();
    let outcomes =
        |wanted| proxied.seen.values().flatten().filter(|request| request.outcome == wanted).count();
    assert_eq!(ends("ok"), outcomes(Outcome::Answered), "whole answers");
    assert_eq!(ends("upstream_truncated"), outcomes(Outcome::Cut), "answers that the upstream cut");
    assert_eq!(ends("client_aborted"), outcomes(Outcome::ClientGone), "clients that left");
}

fn of_type<'a>(lines: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["type"] == kind)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
