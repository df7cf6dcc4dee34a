//! What each piece that a byte passes costs by itself: `cargo bench`. The whole way is measured by
//! `npm run bench`.

use std::hint::black_box;

use axum::body::Body;
use divan::Bencher;
use divan::counter::BytesCount;
use http::Request;
use llm_proxy::config::{Config, Environment, Paths};
use llm_proxy::journal::{Journal, Limits};
use llm_proxy::model::{RequestId, SessionId, Timestamp};
use llm_proxy::provider::{self, Provider, sse};
use llm_proxy::proxy::Proxy;
use llm_proxy::record::entry::{Entry, Meta, Request as RequestLine, RequestTag};
use llm_proxy::record::redact::Redactor;
use llm_proxy::record::{Begin, Direction};
use llm_proxy::session;
use tower_service::Service as _;

const SIZES: [usize; 3] = [2 << 10, 200 << 10, 2 << 20];

fn main() {
    divan::main();
}

/// A conversation as Claude Code sends it, of about `bytes`.
fn conversation(bytes: usize) -> String {
    let mut body = String::from(r#"{"model":"claude-sonnet-4-5","stream":true,"messages":["#);
    let mut turn = 0;
    while body.len() + 400 < bytes || turn % 2 == 0 {
        let role = if turn % 2 == 0 { "user" } else { "assistant" };
        let text = r#"Look at `src/main.rs`:\n```rust\nfn main() {\n    println!(\"hello\");\n}\n```\nIt prints and returns; why does the test fail? "#.repeat(2);
        body.push_str(&format!(
            r#"{{"role":"{role}","content":[{{"type":"text","text":"{turn} {text}"}}]}},"#
        ));
        turn += 1;
    }
    body.pop();
    body.push_str("]}");
    body
}

fn redactor() -> Redactor {
    Redactor::new([7; 32], true)
}

#[divan::bench(args = SIZES)]
fn redact_a_body(bencher: Bencher<'_, '_>, bytes: usize) {
    let (redactor, body) = (redactor(), conversation(bytes));
    bencher
        .counter(BytesCount::of_str(&body))
        .bench(|| redactor.body(Some("application/json"), black_box(&body)).len());
}

#[divan::bench]
fn redact_a_header(bencher: Bencher<'_, '_>) {
    let redactor = redactor();
    bencher.bench(|| redactor.header("x-api-key", black_box("sk-ant-api03-0123456789abcdefghij-x")).len());
}

#[divan::bench(args = SIZES)]
fn read_a_request_and_recognise_its_session(bencher: Bencher<'_, '_>, bytes: usize) {
    let body = conversation(bytes);
    bencher.counter(BytesCount::of_str(&body)).bench(|| {
        let facts = provider::read_request(Provider::Anthropic, "/v1/messages", &|_| None, black_box(&body));
        session::identify(Provider::Anthropic, "api.anthropic.com", &facts)
    });
}

#[divan::bench(args = SIZES)]
fn encode_a_log_line(bencher: Bencher<'_, '_>, bytes: usize) {
    let line = Entry::Request(request_line(conversation(bytes)));
    bencher.counter(BytesCount::new(bytes)).bench(|| black_box(&line).to_line());
}

#[divan::bench(args = SIZES)]
fn split_a_stream_into_lines(bencher: Bencher<'_, '_>, bytes: usize) {
    let event = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0}\n\n";
    let stream = event.repeat(bytes / event.len());
    bencher.counter(BytesCount::of_str(&stream)).bench(|| sse::lines(black_box(&stream)).count());
}

#[divan::bench(args = [150, 2 << 10, 64 << 10])]
fn tell_the_journal_of_a_chunk(bencher: Bencher<'_, '_>, bytes: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let limits = Limits { segment_bytes: 64 << 20, max_bytes: 512 << 20, queue_bytes: 1 << 20, writers: 1 };
    let (journal, mut tail, _, _keeper) = Journal::open(folder.path(), limits).expect("a journal");
    let writer = journal.begin(&begin());
    let chunk = vec![b'x'; bytes];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    // Somebody has to read it, or it is full after half a gigabyte.
    runtime.spawn(async move { while tail.next().await.is_some() {} });
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| writer.body(Direction::Response, black_box(&chunk)));
}

#[divan::bench(args = ["health", "turned away", "no such provider"])]
fn pass_gate_and_route(bencher: Bencher<'_, '_>, what: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = folder.path().to_str().expect("a path in UTF-8");
    let paths = Paths::of(&Environment::from_pairs([("HOME", home)])).expect("HOME is set");
    let limits = Limits { segment_bytes: 1 << 20, max_bytes: 4 << 20, queue_bytes: 1 << 20, writers: 1 };
    let (journal, _tail, _, _keeper) =
        Journal::open(&folder.path().join("journal"), limits).expect("a journal");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let proxy = runtime.block_on(async { Proxy::new(Config::defaults(&paths), 12071, journal, redactor()) });
    let mut router = proxy.router();
    let (path, host) = match what {
        "health" => ("/health", "127.0.0.1:12071"),
        "turned away" => ("/health", "evil.example"),
        _ => ("/nobody/v1/messages", "127.0.0.1:12071"),
    };
    bencher.bench_local(|| {
        let request = Request::post(path).header("host", host).body(Body::empty()).expect("a valid request");
        runtime.block_on(router.call(request))
    });
}

fn begin() -> Begin {
    Begin {
        request_id: RequestId::random(),
        started: Timestamp::now(),
        provider: Provider::Anthropic,
        upstream: "api.anthropic.com".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        query: None,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        http_version: "HTTP/1.1".to_owned(),
    }
}

fn request_line(body: String) -> RequestLine {
    let started = Timestamp::now();
    RequestLine {
        meta: Meta {
            host: "api.anthropic.com".to_owned(),
            machine: "ada@example".to_owned(),
            request_id: Some(RequestId::random()),
            session: SessionId::new(started),
            ts: started,
        },
        size: body.len() as u64,
        body,
        body_b64: None,
        tail_b64: None,
        complete: true,
        content_encoding: None,
        gap: Vec::new(),
        headers: Default::default(),
        http_version: None,
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        query: None,
        seq: 1,
        sha256: None,
        trailers: Default::default(),
        tag: RequestTag::Tag,
    }
}
