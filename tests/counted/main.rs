//! What a request costs in the proxy, counted rather than timed: allocations on the way through. The figures
//! are exact on any machine, so a change that adds one is seen in the test that it turns red. Who means it
//! writes the new figure here, and into docs/PERFORMANCE.md.
//!
//! A program of its own, because it counts with its allocator. Client and upstream are plain threads with
//! buffers on the stack: all that is counted is the proxy's.

#![expect(clippy::print_stdout, reason = "it is its own test runner")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use llm_proxy::config::{Config, Environment, Paths};
use llm_proxy::journal::{Journal, Limits};
use llm_proxy::proxy::{Bound, Proxy};
use llm_proxy::record::redact::Redactor;
use tokio::sync::watch;

#[global_allocator]
static COUNTING: dhat::Alloc = dhat::Alloc;

/// For a request of 2 KB with a client's usual fields, and its answer of 2 KB.
const ALLOCATIONS_PER_REQUEST: u64 = 89;
/// For one event of a stream, from its upstream's socket to the client's.
const ALLOCATIONS_PER_EVENT: u64 = 0;

/// Before anything is counted, so that pools and buffers have their size.
const WARM_UP: usize = 50;
const COUNTED: u64 = 200;
/// What may come besides while they are counted: a stream's head, a clock that ticks.
const STRAY: u64 = 10;
const WAIT: Duration = Duration::from_secs(20);

const FIELDS: &str = "content-type: application/json\r\naccept: application/json\r\n\
    user-agent: claude-cli/2.0.0 (external, cli)\r\nx-app: cli\r\nx-api-key: sk-ant-api03-mock-mock-mock-mock\r\n\
    anthropic-version: 2023-06-01\r\nanthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14\r\n\
    x-stainless-lang: js\r\nx-stainless-os: Linux\r\nx-stainless-retry-count: 0\r\n";
const BODY_BYTES: usize = 2048;
const EVENT: &str = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
    \"delta\":{\"type\":\"text_delta\",\"text\":\"the function returns a\"}}\n\n";

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (upstream, told) = start_upstream();
    let proxy = start_proxy(folder.path());
    let mut client = TcpStream::connect(proxy).expect("the proxy listens");
    client.set_nodelay(true).expect("a TCP socket");
    client.set_read_timeout(Some(WAIT)).expect("a TCP socket");

    let request = request(proxy, upstream);
    for _ in 0..WARM_UP {
        exchange(&mut client, &request);
    }
    let per_request = counted(|| (0..COUNTED).for_each(|_| exchange(&mut client, &request)));
    told.send(()).expect("the upstream runs");
    client.write_all(&request).expect("the proxy reads");
    read_until(&mut client, b"\r\n\r\n");
    let event = |client: &mut TcpStream| {
        told.send(()).expect("the upstream runs");
        read_until(client, b"\n\n");
    };
    for _ in 0..WARM_UP {
        event(&mut client);
    }
    let per_event = counted(|| (0..COUNTED).for_each(|_| event(&mut client)));

    let wanted = [("request", ALLOCATIONS_PER_REQUEST), ("event", ALLOCATIONS_PER_EVENT)];
    let mut failed = 0;
    for ((what, wanted), found) in wanted.into_iter().zip([per_request, per_event]) {
        let is_as_wanted = (wanted * COUNTED..=wanted * COUNTED + STRAY).contains(&found);
        failed += u32::from(!is_as_wanted);
        let verdict = if is_as_wanted { "ok" } else { "FAILED" };
        println!(
            "test allocations_per_{what} ... {verdict} ({found} for {COUNTED}, wanted {wanted} for each)"
        );
    }
    let result = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {result}. {} passed; {failed} failed; 0 ignored; 0 measured", 2 - failed);
    std::process::exit(i32::from(failed > 0));
}

/// Allocations of all threads while `work` runs.
fn counted(work: impl FnOnce()) -> u64 {
    let counting = dhat::Profiler::builder().testing().build();
    let before = dhat::HeapStats::get().total_blocks;
    work();
    let after = dhat::HeapStats::get().total_blocks;
    drop(counting);
    after - before
}

/// The proxy alone, on a thread: nobody reads its journal, which has room for all of this.
fn start_proxy(folder: &std::path::Path) -> SocketAddr {
    let home = folder.to_str().expect("a path in UTF-8");
    let paths = Paths::of(&Environment::from_pairs([("HOME", home)])).expect("HOME is set");
    let config = Config::defaults(&paths);
    let limits = Limits { segment_bytes: 64 << 20, max_bytes: 256 << 20, queue_bytes: 1 << 20, writers: 1 };
    let (address, listening) = std::sync::mpsc::channel();
    let journal_folder = folder.join("journal");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let bound = Bound::to(0).await.expect("a free port");
            let port = bound.port();
            let (journal, _tail, _leftovers, _keeper) =
                Journal::open(&journal_folder, limits).expect("a journal");
            let proxy = Proxy::new(config, port, journal, Redactor::new([7; 32], true));
            let (_stop, stopped) = watch::channel(false);
            address.send(SocketAddr::from(([127, 0, 0, 1], port))).expect("somebody waits");
            bound.serve(proxy.router(), stopped).await;
        });
    });
    listening.recv_timeout(WAIT).expect("the proxy listens")
}

/// Answers on one connection: with 2 KB, until it is told otherwise; then with a stream, an event each time.
fn start_upstream() -> (SocketAddr, std::sync::mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the proxy connects");
        stream.set_nodelay(true).expect("a TCP socket");
        let answer = answer();
        loop {
            read_until(&mut stream, b"\"end\":true}");
            if told.try_recv().is_ok() {
                break;
            }
            stream.write_all(&answer).expect("the proxy reads");
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("the proxy reads");
        let mut chunk = [0; 512];
        let len = {
            let mut rest = chunk.as_mut_slice();
            write!(rest, "{:x}\r\n{EVENT}\r\n", EVENT.len()).expect("it has room");
            512 - rest.len()
        };
        while told.recv().is_ok() {
            stream.write_all(&chunk[..len]).expect("the proxy reads");
        }
    });
    (address, tell)
}

fn request(proxy: SocketAddr, upstream: SocketAddr) -> Vec<u8> {
    let body = format!("{{\"text\":\"{}\",\"end\":true}}", "x".repeat(BODY_BYTES - 22));
    format!(
        "POST /anthropic/{upstream}/v1/messages HTTP/1.1\r\nhost: {proxy}\r\n{FIELDS}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn answer() -> Vec<u8> {
    let body = format!("{{\"text\":\"{}\",\"end\":true}}", "y".repeat(BODY_BYTES - 22));
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_011MockMock\r\n\
         anthropic-ratelimit-unified-status: allowed\r\ncf-ray: mock-LHR\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn exchange(client: &mut TcpStream, request: &[u8]) {
    client.write_all(request).expect("the proxy reads");
    read_until(client, b"\"end\":true}");
}

/// Reads until what came ends in `end`; no more is under way then.
fn read_until(stream: &mut TcpStream, end: &[u8]) {
    let mut buffer = [0; 16 * 1024];
    let mut filled = 0;
    while !buffer[..filled].ends_with(end) && !chunk_ends_with(&buffer[..filled], end) {
        let read = stream.read(&mut buffer[filled..]).expect("an answer in time");
        assert!(read > 0, "the connection ended");
        filled += read;
    }
}

/// The end of a chunk is followed by the chunk's own line end.
fn chunk_ends_with(read: &[u8], end: &[u8]) -> bool {
    read.strip_suffix(b"\r\n").is_some_and(|read| read.ends_with(end))
}
