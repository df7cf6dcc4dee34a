//! Never in the way: when the log cannot be written, traffic goes on unharmed and the log says what it
//! misses.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::Connection;
use tokio::task::JoinSet;

use crate::support::harness::{Options, Proxy};
use crate::support::ticker::{self, Received, Ticker};

const STREAMS: usize = 200;

/// 200 streams that are whole and exact, whatever else happens.
async fn run_streams(proxy: &Proxy, ticker: &Ticker, events: u32, pause: Duration) -> Vec<Received> {
    let client = reqwest::Client::new();
    let reading: JoinSet<Received> = (0..STREAMS)
        .map(|number| {
            let name = format!("stream-{number}");
            let url = ticker.url(proxy.addr(), &name, events, pause);
            ticker::read(client.clone(), name, url)
        })
        .collect();
    let received = reading.join_all().await;
    for stream in &received {
        assert!(stream.whole, "{} was cut", stream.name);
        assert_eq!(stream.body, ticker::expected(&stream.name, events).as_bytes(), "{}", stream.name);
    }
    received
}

fn responses(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["type"] == "response").collect()
}

/// Bytes of a response that are in the log, and bytes that its gaps name.
fn logged_and_missing(response: &Value) -> (usize, u64) {
    let chunks = response["chunks"].as_array().map_or(&[][..], Vec::as_slice);
    let logged = chunks.iter().filter_map(|chunk| chunk["raw"].as_str()).map(str::len).sum::<usize>();
    let packed =
        response["body_b64"].as_str().map_or(0, |text| text.len() / 4 * 3 - text.matches('=').count());
    let gaps = response["gap"].as_array().map_or(&[][..], Vec::as_slice);
    (logged + packed, gaps.iter().filter_map(|gap| gap["bytes"].as_u64()).sum())
}

/// Takes all room of a file system. Returns the file that holds it.
fn fill(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("filler");
    let mut file = std::fs::File::create(&path).expect("a file in the log folder");
    for size in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    path
}

#[tokio::test]
async fn w7_w9_with_the_log_on_a_full_disk_200_streams_finish_and_the_log_says_what_is_missing() {
    let ticker = Ticker::start().await;
    let mount = "mount -t tmpfs -o size=1m,mode=700 tmpfs \"$LOGS\"".to_owned();
    let mut proxy = Proxy::start(Options { before: Some(mount), ..Options::default() }).await;
    let filler = fill(&proxy.seen_log_dir());
    run_streams(&proxy, &ticker, 60, Duration::from_millis(20)).await;

    std::fs::remove_file(filler).unwrap();
    let lines = proxy.await_log("response of every stream", |lines| responses(lines).len() == STREAMS).await;
    let mut missing_in_all = 0;
    for response in responses(&lines) {
        let (logged, missing) = logged_and_missing(response);
        assert_eq!(response["end"], "ok");
        assert_eq!(response["size"].as_u64(), Some(logged as u64 + missing), "{response}");
        missing_in_all += missing;
    }
    assert!(missing_in_all > 0, "the disk was not full");
    assert!(proxy.stderr().contains("the log cannot be written"), "{}", proxy.stderr());

    // With room again, the next exchange is logged whole.
    let pid = proxy.pid().to_string();
    let logs = proxy.log_dir();
    let more = ["--user", "--mount", "--target", pid.as_str(), "mount", "-o", "remount,size=64m"];
    assert!(std::process::Command::new("nsenter").args(more).arg(logs).status().unwrap().success());
    // The journal asks a disk that was full again after 200 ms (`journal/store.rs`, `FULL_FOR`).
    tokio::time::sleep(Duration::from_millis(300)).await;
    run_one(&proxy, &ticker, "afterwards").await;
    let lines = proxy.await_log("response afterwards", |lines| responses(lines).len() == STREAMS + 1).await;
    assert!(
        responses(&lines)
            .iter()
            .any(|line| logged_and_missing(line) == (ticker::expected("afterwards", 3).len(), 0))
    );
    proxy.stop().await;
}

async fn run_one(proxy: &Proxy, ticker: &Ticker, name: &str) {
    let url = ticker.url(proxy.addr(), name, 3, Duration::ZERO);
    let received = ticker::read(reqwest::Client::new(), name.to_owned(), url).await;
    assert_eq!(received.body, ticker::expected(name, 3).as_bytes());
}

#[tokio::test]
async fn w9_with_the_index_locked_for_60_s_200_streams_finish_and_all_is_logged() {
    const LOCKED: Duration = Duration::from_secs(60);
    let ticker = Ticker::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    run_one(&proxy, &ticker, "before").await;
    proxy.await_log("the first response", |lines| responses(lines).len() == 1).await;

    let database = format!("sqlite://{}", proxy.log_dir().join("sessions.db").display());
    let mut other = sqlx::SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("begin exclusive").execute(&mut other).await.unwrap();
    let locked = Instant::now();
    // Half of the time under load; what they bring is in the log while the index is still locked.
    run_streams(&proxy, &ticker, 100, Duration::from_millis(300)).await;
    let lines =
        proxy.await_log("response of every stream", |lines| responses(lines).len() == STREAMS + 1).await;
    for response in responses(&lines) {
        let (logged, missing) = logged_and_missing(response);
        assert_eq!((response["size"].as_u64(), missing), (Some(logged as u64), 0));
    }
    tokio::time::sleep(LOCKED.saturating_sub(locked.elapsed())).await;
    sqlx::query("rollback").execute(&mut other).await.unwrap();

    // The index catches up by itself.
    let count = async {
        loop {
            let (rows,): (i64,) = sqlx::query_as("select count(*) from exchanges where end_kind = 'ok'")
                .fetch_one(&mut other)
                .await
                .unwrap();
            if rows == STREAMS as i64 + 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), count).await.expect("the index has every exchange");
    proxy.stop().await;
}

#[tokio::test]
async fn w6_few_descriptors_are_enough_for_many_sessions() {
    let ticker = Ticker::start().await;
    let mut proxy =
        Proxy::start(Options { before: Some("ulimit -n 64".to_owned()), ..Options::default() }).await;
    for number in 0..120 {
        run_one(&proxy, &ticker, &format!("stream-{number}")).await;
    }
    let lines = proxy.await_log("120 responses", |lines| responses(lines).len() == 120).await;
    assert_eq!(lines.iter().filter(|line| line["type"] == "session_start").count(), 120);
    let open = std::fs::read_dir(format!("/proc/{}/fd", proxy.pid())).unwrap().count();
    assert!(open <= 64, "{open} descriptors are open");
    proxy.stop().await;
}

#[tokio::test]
async fn without_certificates_local_models_are_served() {
    let ticker = Ticker::start().await;
    let none = |name: &str| (name.to_owned(), "/nonexistent".to_owned());
    let env = vec![none("SSL_CERT_FILE"), none("SSL_CERT_DIR")];
    let mut proxy = Proxy::start(Options { env, ..Options::default() }).await;
    run_one(&proxy, &ticker, "local").await;
    assert!(proxy.stderr().contains("apt-get install ca-certificates"), "{}", proxy.stderr());
    proxy.stop().await;
}

#[tokio::test]
async fn f8_a_disk_that_hangs_for_seconds_holds_no_stream_up() {
    let ticker = Ticker::start().await;
    // The first eight writes into the journal take a second each; the tracer stays out of the way of
    // all other calls.
    let slow_disk = "exec strace -D -f --seccomp-bpf -qq -o /dev/null -e trace=pwritev \
                     -e inject=pwritev:delay_enter=1000000:when=1..8 \"$@\"";
    let mut proxy = Proxy::start(Options { before: Some(slow_disk.to_owned()), ..Options::default() }).await;
    let client = reqwest::Client::new();
    let begun = Instant::now();
    let reading: JoinSet<Received> = (0..50)
        .map(|number| {
            let name = format!("stream-{number}");
            ticker::read(
                client.clone(),
                name.clone(),
                ticker.url(proxy.addr(), &name, 40, Duration::from_millis(20)),
            )
        })
        .collect();
    let received = reading.join_all().await;
    let took = begun.elapsed();
    assert!(
        received
            .iter()
            .all(|stream| stream.whole && stream.body == ticker::expected(&stream.name, 40).as_bytes())
    );
    // 0.8 s by themselves, and at most a write for each of the workers but one.
    assert!(took < Duration::from_secs(5), "the streams took {took:?}");

    let lines = proxy.await_log("response of every stream", |lines| responses(lines).len() == 50).await;
    for response in responses(&lines) {
        let (logged, missing) = logged_and_missing(response);
        assert_eq!(
            (response["size"].as_u64(), missing),
            (Some(logged as u64), 0),
            "nothing is missing: it waited in memory"
        );
    }
    proxy.stop().await;
}
