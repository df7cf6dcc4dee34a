//! What the proxy's threads ask of the kernel, counted by strace: figures that no other load on the machine
//! changes. They stand in docs/PERFORMANCE.md too. (Allocations: `tests/counted`.)

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::support::harness::{Options, Proxy};
use crate::support::ticker::{self, Ticker};
use crate::support::upstream::Upstream;

/// Calls for one event of a stream, at most: from the upstream, into the journal, to the client. (Events that
/// come together share them.)
const PER_EVENT: [(&str, f64); 3] = [("recvfrom", 1.0), ("pwritev", 1.0), ("writev", 1.0)];
/// How far a figure may lie above that: what a stream costs besides its events is not always the same.
const TOLERANCE: f64 = 0.1;

/// Calls for a request on a connection that is kept, at most. `futex` is a thread that wakes another, or falls asleep
/// until it is woken: a request that goes from thread to thread has four of them and more.
const PER_REQUEST: [(&str, f64); 2] = [("pwritev", 3.0), ("futex", 1.0)];

const REQUESTS: u32 = 200;
const EVENTS: u32 = 400;
const PAUSE: Duration = Duration::from_millis(5);

type Calls = BTreeMap<String, f64>;

#[tokio::test]
async fn a_request_stays_on_one_thread() {
    let upstream = Upstream::start().await;
    let trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut proxy = traced(&trace, "pwritev,futex").await;
    let url = format!("{}/v1/messages", proxy.url("anthropic", &upstream));
    let client = reqwest::Client::new();
    let send = async |count: u32| {
        for _ in 0..count {
            let body =
                r#"{"model":"claude-x","max_tokens":64,"messages":[{"role":"user","content":"Hello"}]}"#;
            let request = client.post(&url).header("content-type", "application/json").body(body);
            let answer = request.send().await.expect("an answer");
            answer.bytes().await.expect("a whole answer");
        }
    };
    send(20).await;
    let threads = proxy_threads(proxy.pid());
    let before = calls(trace.path(), &threads);
    send(REQUESTS).await;
    let after = calls(trace.path(), &threads);
    proxy.stop().await;

    for (name, wanted) in PER_REQUEST {
        let of = |calls: &Calls| calls.get(name).copied().unwrap_or(0.0);
        let found = (of(&after) - of(&before)) / f64::from(REQUESTS);
        assert!(found <= wanted * (1.0 + TOLERANCE), "{name}: {found:.2}, wanted {wanted:.2}");
    }
    assert!(after.contains_key("pwritev"), "nothing was counted");
}

#[tokio::test]
async fn an_event_of_a_stream_costs_three_calls() {
    let found = calls_per_event(PAUSE).await;
    for (name, wanted) in PER_EVENT {
        let found = found[name];
        assert!(found <= wanted * (1.0 + TOLERANCE), "{name}: {found:.2}, wanted {wanted:.2}");
        assert!(found > wanted / 2.0, "{name}: {found:.2}: not counted");
    }
}

/// They are 40 KB: a few reads.
#[tokio::test]
async fn events_that_come_together_go_on_together() {
    let found = calls_per_event(Duration::ZERO).await;
    for (name, _) in PER_EVENT {
        assert!(found[name] <= TOLERANCE, "{name}: {:.2} for each of many events", found[name]);
    }
}

/// What each of many events costs that come so far apart, by the call's name.
async fn calls_per_event(pause: Duration) -> Calls {
    let ticker = Ticker::start().await;
    let trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut proxy = traced(&trace, "pwritev,write,writev,sendto,recvfrom,read").await;
    stream(&proxy, &ticker, 1, pause).await;
    let threads = proxy_threads(proxy.pid());
    let first = calls(trace.path(), &threads);
    stream(&proxy, &ticker, 1, pause).await;
    let short = calls(trace.path(), &threads);
    stream(&proxy, &ticker, 1 + EVENTS, pause).await;
    let long = calls(trace.path(), &threads);
    proxy.stop().await;

    // What a stream costs besides its events is in both.
    let of = |calls: &Calls, name: &str| calls.get(name).copied().unwrap_or(0.0);
    let cost = |from: &Calls, to: &Calls, name: &str| of(to, name) - of(from, name);
    let per_event = |name: &str| (cost(&short, &long, name) - cost(&first, &short, name)) / f64::from(EVENTS);
    let found = PER_EVENT.map(|(name, _)| (name.to_owned(), per_event(name)));
    Calls::from(found)
}

/// A proxy whose `calls` are written to a file.
async fn traced(trace: &tempfile::NamedTempFile, calls: &str) -> Proxy {
    let trace = trace.path().display();
    let before = format!("exec strace -D -f --seccomp-bpf -qq -o {trace} -e trace={calls} \"$@\"");
    Proxy::start(Options { before: Some(before), ..Options::default() }).await
}

async fn stream(proxy: &Proxy, ticker: &Ticker, events: u32, pause: Duration) {
    let url = ticker.url(proxy.addr(), "counted", events, pause);
    let received = ticker::read(reqwest::Client::new(), "counted".to_owned(), url).await;
    assert!(received.whole);
    // The exchange is over for the proxy as well once it is in the log.
    let count = |lines: &[serde_json::Value]| lines.iter().filter(|line| line["type"] == "response").count();
    let before = count(&proxy.logs());
    proxy.await_log("its response", |lines| count(lines) >= before.max(1)).await;
}

/// The threads that serve clients; the recorder's calls are nobody's wait.
fn proxy_threads(pid: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs").flatten();
    let name = |task: &Path| std::fs::read_to_string(task.join("comm")).unwrap_or_default();
    tasks
        .filter(|task| name(&task.path()).trim() == "proxy")
        .filter_map(|task| task.file_name().into_string().ok())
        .collect()
}

/// How often each call was made so far by these threads.
fn calls(trace: &Path, threads: &[String]) -> Calls {
    let mut calls = Calls::new();
    for line in std::fs::read_to_string(trace).expect("strace writes it").lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        // A call that another thread's line interrupts is told twice: `<unfinished ...>`, `<... resumed>`.
        let call = call.trim_start();
        if let Some((name, _)) = call.split_once('(').filter(|_| !call.starts_with("<..."))
            && threads.iter().any(|one| one == thread)
        {
            *calls.entry(name.to_owned()).or_default() += 1.0;
        }
    }
    calls
}
