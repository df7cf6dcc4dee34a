//! Ends that are no ends: what breaks on one side breaks on the other, and soon.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::raw::{Broken, Connection, Response};

use super::Pair;

/// How soon an upstream learns that the client has left.
const NOTICE: Duration = Duration::from_millis(100);

/// Lets `upstream` answer with `part` and then end the connection; returns what the client got.
async fn answered_with(part: &[u8], end: impl FnOnce(Connection)) -> Response {
    let pair = Pair::start().await;
    let (mut client, mut server) = pair.asked("/v1/messages").await;
    server.send(part).await;
    // The client has the first half before the connection ends, so that the end is all there is to tell.
    let (_, head) = client.response_head().await.expect("the head arrives before the cut");
    end(server);
    let framing = crate::support::raw::Framing::of_response(&head, b"GET").expect("a framing");
    let body = client.reader.body(framing).await;
    Response { interim: Vec::new(), head, body }
}

fn assert_cut(response: &Response, bytes: &[u8]) {
    assert_eq!(response.head.status(), Some(200));
    assert_eq!(response.body.bytes, bytes, "what came before the cut was lost");
    assert!(matches!(response.body.broken, Some(Broken::Cut | Broken::Reset)), "{:?}", response.body.broken);
}

#[tokio::test]
async fn w2_a_cut_content_length_is_a_cut_client() {
    let response = answered_with(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it", drop).await;
    assert_cut(&response, b"half of it");
}

#[tokio::test]
async fn w2_a_cut_between_chunks_is_a_cut_client() {
    let part = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\ndata:a\r\n";
    assert_cut(&answered_with(part, drop).await, b"data:a");
}

/// The chunks and the end are there at once, so that the proxy has both in its hands.
#[tokio::test]
async fn w2_what_came_with_the_cut_is_passed_on() {
    let pair = Pair::start().await;
    for _ in 0..20 {
        let (mut client, mut server) = pair.asked("/v1/messages").await;
        server.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        let (_, head) = client.response_head().await.expect("the head arrives before the cut");
        server.send("6\r\ndata:a\r\n6\r\ndata:b\r\nff\r\ndata:c").await;
        drop(server);
        let framing = crate::support::raw::Framing::of_response(&head, b"GET").expect("a framing");
        let body = client.reader.body(framing).await;
        assert_cut(&Response { interim: Vec::new(), head, body }, b"data:adata:bdata:c");
    }
}

#[tokio::test]
async fn w2_a_cut_within_a_chunk_is_a_cut_client() {
    let part = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\ndata:a";
    assert_cut(&answered_with(part, drop).await, b"data:a");
}

#[tokio::test]
async fn w2_a_cut_before_the_last_line_is_a_cut_client() {
    let part = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\ndata:a\r\n0\r\n";
    assert_cut(&answered_with(part, drop).await, b"data:a");
}

#[tokio::test]
async fn w2_a_reset_upstream_is_a_cut_client() {
    let part = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\ndata:a\r\n";
    let response = answered_with(part, Connection::reset).await;
    // A reset may overtake bytes; that the end is no clean one is what counts.
    assert!(matches!(response.body.broken, Some(Broken::Cut | Broken::Reset)), "{:?}", response.body);
}

#[tokio::test]
async fn w2_a_reset_of_a_close_delimited_body_is_a_cut_client() {
    let response = answered_with(b"HTTP/1.1 200 OK\r\n\r\nno length", Connection::reset).await;
    assert!(matches!(response.body.broken, Some(Broken::Cut | Broken::Reset)), "{:?}", response.body);
}

#[tokio::test]
async fn f2_a_bad_chunk_size_is_a_cut_client() {
    let part = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\ndata:a\r\nzz\r\n";
    let response = answered_with(part, drop).await;
    assert!(matches!(response.body.broken, Some(Broken::Cut | Broken::Reset)), "{:?}", response.body);
}

#[tokio::test]
async fn w8_an_upstream_that_says_nothing_is_a_502() {
    let pair = Pair::start().await;
    let (mut client, server) = pair.asked("/v1/messages?key=sk-ant-api03-SECRET").await;
    drop(server);
    let response = client.response(b"GET").await.expect("an answer of the proxy");
    assert_is_proxy_error(&response, 502);
}

#[tokio::test]
async fn f1_a_refused_connection_is_a_502_without_the_key() {
    let pair = Pair::start().await;
    let get = pair.get("/v1/messages?key=sk-ant-api03-SECRET");
    let Pair { proxy, upstream } = pair;
    drop(upstream);
    let mut client = Connection::open(proxy.addr()).await;
    client.send(get).await;
    let response = client.response(b"GET").await.expect("an answer of the proxy");
    assert_is_proxy_error(&response, 502);
    assert!(!proxy.stderr().contains("SECRET"), "{}", proxy.stderr());
}

/// JSON, marked as the proxy's, and no word of what was secret in the request.
fn assert_is_proxy_error(response: &Response, status: u16) {
    assert_eq!(response.head.status(), Some(status), "{:?}", response.head);
    assert_eq!(response.head.value("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&response.body.bytes).expect("JSON");
    assert!(body["error"]["message"].is_string(), "{body}");
    let all = [format!("{:?}", response.head), body.to_string()].concat();
    assert!(!all.contains("SECRET"), "{all}");
}

/// Waits until the upstream's connection ends, which must be soon.
async fn assert_notices(server: &mut Connection) {
    let begun = Instant::now();
    server.reader.until_closed().await;
    assert!(begun.elapsed() <= NOTICE, "the upstream learned after {:?}", begun.elapsed());
}

#[tokio::test]
async fn w3_a_client_that_leaves_before_the_answer_is_gone_upstream() {
    let pair = Pair::start().await;
    for leave in [Connection::reset, drop] {
        let (client, mut server) = pair.asked("/v1/messages").await;
        leave(client);
        assert_notices(&mut server).await;
    }
}

#[tokio::test]
async fn w3_a_client_that_leaves_within_the_upload_is_gone_upstream() {
    let pair = Pair::start().await;
    for leave in [Connection::reset, drop] {
        let mut client = pair.client().await;
        client.send(pair.start_of("POST", "/v1/messages") + "content-length: 100\r\n\r\nhalf").await;
        let mut server = pair.upstream.accept().await;
        server.reader.head().await.expect("the head is sent on before the body is whole");
        leave(client);
        assert_notices(&mut server).await;
    }
}

#[tokio::test]
async fn w3_a_client_that_leaves_within_the_answer_is_gone_upstream() {
    let pair = Pair::start().await;
    for leave in [Connection::reset, drop] {
        let (mut client, mut server) = pair.asked("/v1/messages").await;
        server.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\ndata:a\r\n").await;
        client.response_head().await.expect("the head arrives");
        leave(client);
        assert_notices(&mut server).await;
    }
}
