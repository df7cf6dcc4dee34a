//! Requests in the forms that clients may choose.

use crate::support::raw::{Connection, Framing};

use super::Pair;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn w22_path_bytes_are_forwarded_untouched() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    client.send(pair.get("/")).await;
    let mut server = pair.upstream.accept().await;
    server.request().await.expect("a request");
    server.send(OK).await;
    client.response(b"GET").await.expect("an answer");
    for target in [
        "/a%2Fb",
        "/a%2fb",
        "/a%3Fb",
        "/a%23b",
        "/a%25b",
        "/a%2541",
        "/%00",
        "/a/../b",
        "/a/./b",
        "/..",
        "/../..",
        "/%2e%2e/b",
        "//a",
        "/a//b",
        "/a/",
        "/a%5Cb",
        "/it's",
        "/a;b=1,c@d:e",
        "/(x)*!$&+=~",
        "/a|b[c]",
        "/%zz",
        "/%",
        "/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=1",
        "/?",
        "/a?",
        "/a?b?c",
        "/a?b=/../c//",
        "/a?b=%26%23%00",
        "/a?q=it's+%20",
        "/openai/api.openai.com/v1",
        "/http://example.com/a",
        "/model/arn%3Aaws%3Abedrock%3A%2F/invoke-with-response-stream",
    ] {
        client.send(pair.get(target)).await;
        let request = server.request().await.expect("a request");
        assert_eq!(String::from_utf8_lossy(request.head.target()), target);
        server.send(OK).await;
        assert_eq!(client.response(b"GET").await.expect("an answer").body.bytes, b"ok");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_is_told_to() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    client
        .send(pair.start_of("POST", "/v1/messages") + "expect: 100-continue\r\ncontent-length: 5\r\n\r\n")
        .await;
    let upstream = async {
        let mut server = pair.upstream.accept().await;
        let head = server.reader.head().await.expect("the head");
        // A server may send it; a client that has seen one needs no second.
        server.send(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        let framing = Framing::of_request(&head).expect("a framing");
        assert_eq!(server.reader.body(framing).await.bytes, b"hello");
        server.send(OK).await;
        server
    };
    let asking = async {
        let interim = client.reader.head().await.expect("an interim response, before any byte of the body");
        assert_eq!(interim.status(), Some(100));
        client.send("hello").await;
        client.response(b"POST").await.expect("the answer")
    };
    let (_server, response) = tokio::join!(upstream, asking);
    assert_eq!((response.head.status(), response.body.bytes), (Some(200), b"ok".to_vec()));
}

#[tokio::test]
async fn an_http_1_0_client_gets_no_chunks_and_a_close() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    client.send(pair.get("/v1/models").replacen("HTTP/1.1", "HTTP/1.0", 1)).await;
    let mut server = pair.upstream.accept().await;
    server.request().await.expect("a request");
    server
        .send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")
        .await;
    let response = client.response(b"GET").await.expect("an answer");
    assert!(response.head.values("transfer-encoding").is_empty(), "{:?}", response.head);
    assert_eq!((response.body.bytes.as_slice(), response.body.broken), (b"abcdef".as_slice(), None));
    assert!(client.reader.is_closed().await, "the connection stays open");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    let body = pair.start_of("POST", "/second") + "content-length: 4\r\n\r\nbody";
    client.send(pair.get("/first") + &body + &pair.get("/third")).await;
    let answering = async {
        let mut server = pair.upstream.accept().await;
        for expected in ["/first", "/second", "/third"] {
            let request = server.request().await.expect("a request");
            assert_eq!(request.head.target(), expected.as_bytes());
            assert_eq!(request.body.bytes, if expected == "/second" { b"body".as_slice() } else { b"" });
            let length = expected.len();
            server.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{expected}")).await;
        }
        server
    };
    let asking = async {
        for expected in ["/first", "/second", "/third"] {
            assert_eq!(client.response(b"GET").await.expect("an answer").body.bytes, expected.as_bytes());
        }
    };
    tokio::join!(answering, asking);
}

/// Providers answer 413 or 401 before they have read a big body.
#[tokio::test]
async fn an_early_answer_reaches_a_client_that_still_uploads() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    client
        .send(pair.start_of("POST", "/v1/files") + "content-length: 100000000\r\n\r\nthe first bytes")
        .await;
    let mut server = pair.upstream.accept().await;
    server.reader.head().await.expect("the head");
    server.send(b"HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 7\r\n\r\ntoo big").await;
    let response = client.response(b"POST").await.expect("the early answer");
    assert_eq!((response.head.status(), response.body.bytes), (Some(413), b"too big".to_vec()));
}

#[tokio::test]
async fn w11_a_request_is_sent_on_while_it_arrives() {
    let pair = Pair::start().await;
    for framing in ["content-length: 20\r\n\r\n", "transfer-encoding: chunked\r\n\r\na\r\n"] {
        let mut client = pair.client().await;
        client.send(pair.start_of("POST", "/v1/messages") + framing + "first half").await;
        let mut server = pair.upstream.accept().await;
        let head = server.reader.head().await.expect("the head, while the body is still arriving");
        let mut body = crate::support::raw::BodyReader::new(Framing::of_request(&head).expect("a framing"));
        let mut first = Vec::new();
        while first.len() < 10 {
            first.extend(body.part(&mut server.reader).await.expect("the first half").expect("not the end"));
        }
        assert_eq!(first, b"first half");
        let rest = if framing.starts_with('c') { "other half" } else { "\r\na\r\nother half\r\n0\r\n\r\n" };
        client.send(rest).await;
        let mut second = Vec::new();
        while let Some(part) = body.part(&mut server.reader).await.expect("the other half") {
            second.extend(part);
        }
        assert_eq!(second, b"other half");
        server.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
        client.response(b"POST").await.expect("an answer");
    }
}

/// hyper's client sends no body of unknown length with these methods unless the fields say that there is one.
#[tokio::test]
async fn a_chunked_body_is_kept_whatever_the_method() {
    let pair = Pair::start().await;
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "PURGE"] {
        let mut client = pair.client().await;
        let fields = "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        client.send(pair.start_of(method, "/v1/search") + fields).await;
        let mut server = pair.upstream.accept().await;
        assert_eq!(server.request().await.expect("a request").body.bytes, b"hello", "{method}");
        server.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
        client.response(method.as_bytes()).await.expect("an answer");
    }
}

#[tokio::test]
async fn a_client_that_asks_for_a_close_gets_one_after_its_answer() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    client.send(pair.start_of("GET", "/v1/models") + "connection: close\r\n\r\n").await;
    let mut server = pair.upstream.accept().await;
    server.request().await.expect("a request");
    server.send(OK).await;
    assert_eq!(client.response(b"GET").await.expect("an answer").body.bytes, b"ok");
    assert!(client.reader.is_closed().await, "the connection stays open");
}

/// RFC 9112 6.1: such a message is refused, or read by its chunks, sent on without the length, and the
/// connection closed after it. Read twice in two ways it would smuggle a request.
#[tokio::test]
async fn a_length_beside_chunks_is_not_sent_on() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    let smuggled = pair.get("/smuggled");
    let fields = "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    client.send(pair.start_of("POST", "/v1/messages") + fields + &smuggled).await;
    let mut server = pair.upstream.accept().await;
    let request = server.request().await.expect("one unambiguous request");
    assert!(request.head.values("content-length").is_empty(), "{:?}", request.head);
    assert!(request.body.bytes.is_empty() && request.body.broken.is_none());
    server.send(OK).await;
    assert_eq!(client.response(b"POST").await.expect("an answer").head.status(), Some(200));
    assert!(client.reader.is_closed().await, "the connection stays open, and the next request is answered");
}

/// What two readers might read differently reaches no upstream.
#[tokio::test]
async fn ambiguous_framing_is_refused_and_not_forwarded() {
    let pair = Pair::start().await;
    for fields in [
        "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        "content-length: +5\r\n\r\nhello",
        "transfer-encoding: gzip\r\n\r\nhello",
        "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "content-length : 5\r\n\r\nhello",
        "x: a\r\n folded: b\r\n\r\n",
    ] {
        let mut client = Connection::open(pair.proxy.addr()).await;
        client.send(pair.start_of("POST", "/v1/messages") + fields).await;
        let (_, head) = client.response_head().await.expect("a refusal");
        assert_eq!(head.status(), Some(400), "{}", fields.escape_debug());
        assert!(client.reader.body(Framing::UntilClose).await.broken.is_none(), "the connection is closed");
    }
    assert!(!pair.upstream.is_called_within(std::time::Duration::ZERO).await, "one was forwarded");
}
