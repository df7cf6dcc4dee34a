//! What frames a message is the message's own: no length that nobody sent, no body dropped.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::harness::{Options, Proxy};
use crate::support::raw::Connection;

/// Sends `request` (with `UPSTREAM` and `HOST` filled in) through a proxy to an upstream that answers
/// `answer`; what the upstream got and what the client got.
async fn pass(request: &str, answer: &'static str) -> (String, String) {
    let mut proxy = Proxy::start(Options::default()).await;
    let upstream = TcpListener::bind("127.0.0.1:0").await.expect("a loopback socket works");
    let addr = upstream.local_addr().expect("a loopback socket works").to_string();
    let seen = tokio::runtime::Handle::current().spawn(async move {
        let (mut stream, _) = upstream.accept().await.expect("a loopback socket works");
        let (mut got, mut block) = (String::new(), [0; 4096]);
        while !got.ends_with("\r\n\r\n") {
            let read = stream.read(&mut block).await.expect("a loopback socket works");
            got.push_str(std::str::from_utf8(&block[..read]).expect("text"));
            // A body that is announced is waited for.
            if got.contains("\r\n\r\n")
                && got.to_lowercase().contains("chunked")
                && !got.contains("\r\n0\r\n")
            {
                continue;
            }
            if read == 0 {
                break;
            }
        }
        stream.write_all(answer.as_bytes()).await.expect("a loopback socket works");
        got
    });
    let mut client = TcpStream::connect(proxy.addr()).await.expect("a loopback socket works");
    let request = request.replace("UPSTREAM", &addr).replace("HOST", &proxy.addr().to_string());
    client.write_all(request.as_bytes()).await.expect("a loopback socket works");
    let mut got = String::new();
    client.read_to_string(&mut got).await.expect("a loopback socket works");
    let seen = seen.await.expect("the upstream was asked");
    proxy.stop().await;
    (seen, got)
}

#[tokio::test]
async fn an_answer_without_a_body_gets_no_length() {
    for (method, answer) in [
        ("HEAD", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"),
    ] {
        let request =
            format!("{method} /openai/UPSTREAM/x HTTP/1.1\r\nhost: HOST\r\nconnection: close\r\n\r\n");
        let (_, got) = pass(&request, answer).await;
        assert!(!got.to_lowercase().contains("content-length"), "{method}: {got}");
    }
}

#[tokio::test]
async fn a_chunked_body_of_a_get_goes_up() {
    let request = "GET /openai/UPSTREAM/x HTTP/1.1\r\nhost: HOST\r\nconnection: close\r\n\
                   transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (seen, _) = pass(request, answer).await;
    assert!(seen.contains("hello"), "{seen}");
}

/// A connection that is kept may stay idle for as long as the client likes; a head that is begun has to
/// be finished.
#[tokio::test]
async fn idle_connections_are_kept_and_half_heads_are_not() {
    let proxy = Proxy::start(Options::default()).await;
    let health = format!("GET /health HTTP/1.1\r\nhost: {}\r\n\r\n", proxy.addr());
    let mut idle = Connection::open(proxy.addr()).await;
    idle.send(&health).await;
    assert_eq!(idle.response(b"GET").await.expect("an answer").body.bytes, b"ok");
    let mut slow = Connection::open(proxy.addr()).await;
    slow.send("GET /health HTTP/1.1\r\nho").await;

    let begun = std::time::Instant::now();
    slow.reader.until_closed().await;
    let took = begun.elapsed().as_secs();
    assert!((8..15).contains(&took), "closed after {took} s");
    // The idle one has been idle for just as long.
    idle.send(&health).await;
    assert_eq!(idle.response(b"GET").await.expect("an answer").body.bytes, b"ok");
}
