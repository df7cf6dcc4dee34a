//! Nothing lost: what a client got is in the log, however the proxy ends.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::harness::{Options, Proxy};
use crate::support::ticker::{self, Received, Ticker};

/// Kills at random instants.
const KILLS: u64 = 100;
/// Streams under each kill.
const STREAMS: usize = 20;

/// The logged text of each stream, and how it ended, by the stream's name.
fn logged(lines: &[Value]) -> HashMap<String, (String, String)> {
    let mut names = HashMap::new();
    for request in lines.iter().filter(|line| line["type"] == "request") {
        let name = request["path"].as_str().and_then(|path| path.split('/').nth(1)).unwrap_or_default();
        names.insert(request["_meta"]["request_id"].clone().to_string(), name.to_owned());
    }
    let responses = lines.iter().filter(|line| line["type"] == "response");
    responses
        .filter_map(|response| {
            let name = names.get(&response["_meta"]["request_id"].to_string())?.clone();
            let chunks = response["chunks"].as_array().cloned().unwrap_or_default();
            let text: String = chunks.iter().filter_map(|chunk| chunk["raw"].as_str()).collect();
            assert!(response["body_b64"].is_null(), "a stream that is cut inside a character is still text");
            Some((name, (text, response["end"].as_str().unwrap_or_default().to_owned())))
        })
        .collect()
}

fn streams(proxy: &Proxy, ticker: &Ticker, count: usize, events: u32, pause: Duration) -> JoinSet<Received> {
    let client = reqwest::Client::new();
    (0..count)
        .map(|number| {
            let name = format!("stream-{number}");
            let url = ticker.url(proxy.addr(), &name, events, pause);
            ticker::read(client.clone(), name, url)
        })
        .collect()
}

/// Pseudo-random, and the same in every run of the test.
fn spread(run: u64, below: u64) -> u64 {
    let mut state = run.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (state ^ (state >> 27)) % below
}

#[tokio::test]
async fn w5_every_byte_the_clients_got_survives_a_kill() {
    let ticker = Ticker::start().await;
    let mut received_bytes = 0;
    for run in 0..KILLS {
        let mut proxy = Proxy::start(Options::default()).await;
        let reading = streams(&proxy, &ticker, STREAMS, u32::MAX, Duration::from_millis(2));
        tokio::time::sleep(Duration::from_micros(spread(run, 250_000))).await;
        proxy.kill().await;
        let received = reading.join_all().await;
        proxy.restart().await;

        let got: Vec<&Received> = received.iter().filter(|stream| !stream.body.is_empty()).collect();
        let has_all = |lines: &[Value]| {
            let logged = logged(lines);
            got.iter().all(|stream| logged.contains_key(&stream.name))
        };
        let lines = proxy.await_log("response of every stream", has_all).await;
        let logged = logged(&lines);
        for stream in got {
            let (text, end) = &logged[&stream.name];
            assert!(
                text.as_bytes().starts_with(trim_cut_character(&stream.body)),
                "run {run}, {}: the client got {} bytes, the log has {}",
                stream.name,
                stream.body.len(),
                text.len()
            );
            assert_eq!(end, "proxy_killed", "run {run}");
            assert!(ticker::expected(&stream.name, 1 + text.len() as u32 / 50).starts_with(text.as_str()));
            received_bytes += stream.body.len();
        }
        proxy.stop().await;
        assert!(
            !proxy.log_dir().join(".journal").exists(),
            "run {run}: the journal is gone when all is in the log"
        );
    }
    assert!(
        received_bytes > 1_000_000,
        "the clients got only {received_bytes} bytes: the kills come too early"
    );
}

/// Without the last character if only a part of it came.
fn trim_cut_character(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(error) => &bytes[..error.valid_up_to()],
    }
}

#[tokio::test]
async fn w4_sigterm_lets_streams_finish() {
    let ticker = Ticker::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let portfile = proxy.home().join(".local/state/llm-proxy/port");
    assert_eq!(std::fs::read_to_string(&portfile).unwrap().trim(), proxy.addr().port().to_string());
    let reading = streams(&proxy, &ticker, 50, 40, Duration::from_millis(20));
    let requests = |lines: &[Value]| lines.iter().filter(|line| line["type"] == "request").count();
    proxy.await_log("request of every stream", |lines| requests(lines) == 50).await;
    proxy.stop().await;
    for stream in reading.join_all().await {
        assert!(stream.whole, "{} was cut", stream.name);
        assert_eq!(stream.body, ticker::expected(&stream.name, 40).as_bytes());
    }
    let logged = logged(&proxy.logs());
    assert_eq!(logged.len(), 50);
    assert!(logged.iter().all(|(name, (text, end))| end == "ok" && *text == ticker::expected(name, 40)));
    assert!(!portfile.exists());
}

#[tokio::test]
async fn w4_streams_that_do_not_finish_are_cut_and_recorded() {
    let ticker = Ticker::start().await;
    let mut proxy =
        Proxy::start(Options { config: "drain_timeout_seconds = 1\n".to_owned(), ..Options::default() })
            .await;
    let reading = streams(&proxy, &ticker, 50, u32::MAX, Duration::from_millis(20));
    let requests = |lines: &[Value]| lines.iter().filter(|line| line["type"] == "request").count();
    proxy.await_log("request of every stream", |lines| requests(lines) == 50).await;
    proxy.stop().await;
    let logged = logged(&proxy.logs());
    for stream in reading.join_all().await {
        assert!(!stream.whole, "{} ended properly although it was cut", stream.name);
        let (text, end) = &logged[&stream.name];
        assert!(text.as_bytes().starts_with(trim_cut_character(&stream.body)));
        assert_eq!(end, "proxy_killed");
    }
    assert!(!proxy.home().join(".local/state/llm-proxy/port").exists());
    assert!(!proxy.log_dir().join(".journal").exists());
}

#[tokio::test]
async fn what_the_log_could_not_take_is_in_it_after_the_next_start() {
    let mut proxy = Proxy::start(Options::default()).await;
    // Where the upstream's folder would be stands a file.
    let in_the_way = proxy.log_dir().join("10.0.0.1");
    std::fs::File::create(&in_the_way).unwrap();
    // Refused: an exchange without a single body byte.
    let url = format!("http://{}/openai/10.0.0.1/v1/models", proxy.addr());
    assert_eq!(reqwest::get(url).await.unwrap().status(), 403);
    proxy.stop().await;

    std::fs::remove_file(in_the_way).unwrap();
    proxy.restart().await;
    let ends =
        |lines: &[Value]| lines.iter().filter_map(|line| line["end"].as_str()).collect::<Vec<_>>().join(",");
    let lines = proxy.await_log("the refused exchange", |lines| !ends(lines).is_empty()).await;
    assert_eq!(ends(&lines), "refused");
    proxy.stop().await;
    assert!(!proxy.log_dir().join(".journal").exists());
}

#[tokio::test]
async fn a_crash_after_a_recovery_writes_nothing_twice() {
    let mut proxy = Proxy::start(Options::default()).await;
    // An exchange that cannot be logged keeps the journal as it is.
    std::fs::File::create(proxy.log_dir().join("10.0.0.1")).unwrap();
    let url = format!("http://{}/openai/10.0.0.1/v1/models", proxy.addr());
    assert_eq!(reqwest::get(url).await.unwrap().status(), 403);
    // An upload that the kill cuts short: no session was decided yet.
    let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = tokio::net::TcpStream::connect(proxy.addr()).await.unwrap();
    let head = format!(
        "POST /openai/{}/v1/responses HTTP/1.1\r\nhost: {}\r\ncontent-length: 9\r\n\r\nhalf",
        upstream.local_addr().unwrap(),
        proxy.addr()
    );
    tokio::io::AsyncWriteExt::write_all(&mut client, head.as_bytes()).await.unwrap();
    upstream.accept().await.unwrap();

    let count = |lines: &[Value]| lines.iter().filter(|line| line["type"] == "response").count();
    for _ in 0..3 {
        proxy.kill().await;
        proxy.restart().await;
        let lines = proxy.await_log("the upload", |lines| count(lines) > 0).await;
        assert_eq!(count(&lines), 1);
    }
    std::fs::remove_file(proxy.log_dir().join("10.0.0.1")).unwrap();
    let lines = proxy.await_log("the refused exchange", |lines| count(lines) > 1).await;
    assert_eq!(count(&lines), 2, "{lines:?}");
    proxy.stop().await;
}

#[tokio::test]
async fn what_the_disk_did_not_take_stays_in_the_journal() {
    let ticker = Ticker::start().await;
    // Writing works, sending it to the disk does not.
    let faulty_disk = "exec strace -D -f --seccomp-bpf -qq -o /dev/null -e trace=fdatasync,syncfs \
                       -e inject=fdatasync,syncfs:error=EIO \"$@\"";
    let mut proxy =
        Proxy::start(Options { before: Some(faulty_disk.to_owned()), ..Options::default() }).await;
    let received = streams(&proxy, &ticker, 1, 3, Duration::ZERO).join_all().await;
    assert!(received[0].whole);
    let responses = |lines: &[Value]| lines.iter().filter(|line| line["type"] == "response").count();
    proxy.await_log("response", |lines| responses(lines) == 1).await;
    proxy.stop().await;
    assert!(proxy.log_dir().join(".journal").exists(), "a power cut now would lose the lines");

    // The next start finds the lines written, and does not write them again.
    proxy.restart().await;
    streams(&proxy, &ticker, 1, 3, Duration::ZERO).join_all().await;
    let lines = proxy.await_log("second response", |lines| responses(lines) >= 2).await;
    assert_eq!(responses(&lines), 2);
    proxy.kill().await;
}
