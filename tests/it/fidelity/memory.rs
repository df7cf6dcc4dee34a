//! Big bodies pass without being kept in memory.
//!
//! Measured is the proxy's peak resident set (`VmHWM`) over the transfer, less what was resident
//! before it, with the capture of bodies limited to 1 MiB: what forwarding itself needs.

use crate::support::harness::Options;
use crate::support::raw::{BodyReader, Framing};

use super::Pair;

const MIB: usize = 1024 * 1024;

/// How much the peak may lie above what was resident before.
const MAX_GROWTH_KIB: u64 = 8 * 1024;

/// No power of two, so that a part out of place shows.
const PATTERN_BYTES: usize = 65_521;

/// A body that can be checked anywhere: the pattern, over and over.
struct Pattern(Vec<u8>);

impl Pattern {
    fn new() -> Self {
        let byte = |index: usize| index.wrapping_mul(167).wrapping_add(index >> 8).to_le_bytes()[0];
        Self((0..PATTERN_BYTES * 2).map(|index| byte(index % PATTERN_BYTES)).collect())
    }

    /// Up to `PATTERN_BYTES` of the body from `offset`.
    fn at(&self, offset: usize, length: usize) -> &[u8] {
        let begin = offset % PATTERN_BYTES;
        &self.0[begin..begin + length]
    }

    fn assert_at(&self, offset: usize, bytes: &[u8]) {
        let mut offset = offset;
        for part in bytes.chunks(PATTERN_BYTES) {
            assert!(part == self.at(offset, part.len()), "the body differs after byte {offset}");
            offset += part.len();
        }
    }
}

async fn pair() -> Pair {
    let options = Options { config: "max_body_mib = 1\n".to_owned(), ..Options::default() };
    let pair = Pair::with(options).await;
    // One exchange before, so that what is allocated once does not count.
    let (mut client, mut server) = pair.asked("/v1/models").await;
    server.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n.").await;
    client.response(b"GET").await.expect("an answer");
    // Until it is in the index, whose tables and lists are made at their first use.
    while !listed(&pair).await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    pair
}

/// Whether the index knows of an exchange.
async fn listed(pair: &Pair) -> bool {
    let status =
        pair.proxy.command().args(["status", "--json"]).output().await.expect("the built binary runs");
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
    status["today"]["requests"].as_u64().is_some_and(|requests| requests > 0)
}

/// A figure of the process in KiB, by its name in `/proc/PID/status`.
fn memory_kib(pair: &Pair, name: &str) -> u64 {
    let path = format!("/proc/{}/status", pair.proxy.pid());
    let status = std::fs::read_to_string(path).expect("the proxy runs");
    let line = status.lines().find(|line| line.starts_with(name)).expect("Linux tells");
    line.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of KiB")
}

fn assert_flat(pair: &Pair, before_kib: u64) {
    let growth = memory_kib(pair, "VmHWM:").saturating_sub(before_kib);
    assert!(growth <= MAX_GROWTH_KIB, "the proxy grew by {growth} KiB over {before_kib} KiB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w11_a_response_of_1_gib_leaves_memory_flat() {
    const LENGTH: usize = 1024 * MIB;
    let (pair, pattern) = (pair().await, Pattern::new());
    let before_kib = memory_kib(&pair, "VmRSS:");
    let (mut client, mut server) = pair.asked("/v1/files/1/content").await;
    let sending = async {
        server.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n")).await;
        for offset in (0..LENGTH).step_by(PATTERN_BYTES) {
            server.send(pattern.at(offset, PATTERN_BYTES.min(LENGTH - offset))).await;
        }
    };
    let receiving = async {
        let (_, head) = client.response_head().await.expect("a head");
        let mut body = BodyReader::new(Framing::of_response(&head, b"GET").expect("a framing"));
        let mut received = 0;
        while let Some(part) = body.part(&mut client.reader).await.expect("the body comes whole") {
            pattern.assert_at(received, &part);
            received += part.len();
        }
        assert_eq!(received, LENGTH);
    };
    tokio::join!(sending, receiving);
    assert_flat(&pair, before_kib);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w11_an_upload_of_256_mib_leaves_memory_flat() {
    const LENGTH: usize = 256 * MIB;
    let (pair, pattern) = (pair().await, Pattern::new());
    let before_kib = memory_kib(&pair, "VmRSS:");
    let mut client = pair.client().await;
    client.send(pair.start_of("POST", "/v1/files") + &format!("content-length: {LENGTH}\r\n\r\n")).await;
    let mut server = pair.upstream.accept().await;
    let head = server.reader.head().await.expect("the head, before the body");
    let sending = async {
        for offset in (0..LENGTH).step_by(PATTERN_BYTES) {
            client.send(pattern.at(offset, PATTERN_BYTES.min(LENGTH - offset))).await;
        }
        client.response(b"POST").await.expect("an answer")
    };
    let receiving = async {
        let mut body = BodyReader::new(Framing::of_request(&head).expect("a framing"));
        let mut received = 0;
        while let Some(part) = body.part(&mut server.reader).await.expect("the body comes whole") {
            pattern.assert_at(received, &part);
            received += part.len();
        }
        server.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        received
    };
    let (response, received) = tokio::join!(sending, receiving);
    assert_eq!((response.head.status(), received), (Some(200), LENGTH));
    assert_flat(&pair, before_kib);
}

/// A client that reads nothing holds the upstream back instead of filling the proxy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f3_a_client_that_does_not_read_holds_the_upstream_back() {
    const LENGTH: usize = 1024 * MIB;
    let (pair, pattern) = (pair().await, Pattern::new());
    let before_kib = memory_kib(&pair, "VmRSS:");
    let (_client, mut server) = pair.asked("/v1/files/1/content").await;
    server.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n")).await;
    let mut sent = 0;
    // Stalled is an upstream that could not send for a second.
    let pause = std::time::Duration::from_secs(1);
    while let Ok(written) =
        tokio::time::timeout(pause, server.try_send(pattern.at(sent, PATTERN_BYTES))).await
    {
        written.expect("the proxy keeps the connection");
        sent += PATTERN_BYTES;
        assert!(sent < 64 * MIB, "{sent} bytes were taken for a client that reads none");
    }
    assert_flat(&pair, before_kib);
}
