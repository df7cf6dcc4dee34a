//! S13, S14 and S17: what passes, what ends here, and what the log makes of it.

use crate::support::raw::Connection;

use super::{Gate, assert_refused, of_type};

#[tokio::test]
async fn s13_a_page_of_an_upstream_arrives_as_it_is() {
    let gate = Gate::start().await;
    let page = "<script>alert(document.domain)</script>\0\u{202e}";
    let mut client = Connection::open(gate.addr()).await;
    client.send(format!("GET /anthropic/v1/x.html HTTP/1.1\r\nhost: {}\r\n\r\n", gate.addr())).await;
    let mut server = gate.upstream.accept().await;
    server.request().await.expect("a request");
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n", page.len());
    server.send(head.clone() + page).await;
    let response = client.response(b"GET").await.expect("an answer");
    assert_eq!(response.body.bytes, page.as_bytes());
    assert_eq!(response.head.fields.len(), 2, "{:?}", response.head);
}

#[tokio::test]
async fn s14_w21_hop_by_hop_fields_end_here() {
    let gate = Gate::start().await;
    let host = gate.addr();
    let fields = "proxy-authorization: Basic c2VjcmV0\r\nproxy-connection: keep-alive\r\nkeep-alive: timeout=5\r\n\
                  connection: keep-alive, X-Foo\r\nx-foo: secret\r\nte: gzip, deflate;q=0.5\r\nx-bar: kept\r\n";
    let request = format!("GET /anthropic/v1/models HTTP/1.1\r\nhost: {host}\r\n{fields}\r\n");
    let seen = gate.forwarded(&request).await.head;
    for name in
        ["proxy-authorization", "proxy-connection", "keep-alive", "x-foo", "te", "via", "x-forwarded-for"]
    {
        assert!(seen.values(name).is_empty(), "{name} was sent on: {seen:?}");
    }
    assert_eq!(seen.value("x-bar"), Some("kept"));
    assert_eq!(seen.values("host"), [gate.upstream.addr.to_string().as_bytes()]);
}

#[tokio::test]
async fn s14_an_upgrade_is_refused_or_ignored() {
    let gate = Gate::start().await;
    for protocol in ["h2c", "websocket", "TLS/1.0"] {
        let fields = format!(
            "connection: upgrade, http2-settings\r\nupgrade: {protocol}\r\nhttp2-settings: AAMAAABk\r\n"
        );
        assert_refused(&gate.send_with("GET", &fields).await, &[426], protocol);
    }
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s17_no_byte_of_an_exchange_breaks_a_log_line() {
    let gate = Gate::start().await;
    let poison = "a\r\n{\"type\":\"response\"}\n\0\u{1b}[2J\u{1b}]0;title\u{7}\u{202e}\u{2028}\u{85}";
    let mut client = Connection::open(gate.addr()).await;
    let head = format!(
        "POST /anthropic/v1/messages/%0a%1b[2J?a=%0d%0a%00\u{202e} HTTP/1.1\r\nhost: {}\r\nx-note: a\tb\u{202e}\u{2028}\r\n\
         x-claude-code-session-id: ../..\u{202e}\r\ncontent-length: {}\r\n\r\n{poison}",
        gate.addr(),
        poison.len()
    );
    client.send(head).await;
    let mut server = gate.upstream.accept().await;
    server.request().await.expect("a request");
    let fields =
        "content-type: text/event-stream\r\nx-note: \u{202e}\u{9b}31m\r\nrequest-id: {\"a\":\u{2028}\r\n";
    server
        .send(format!("HTTP/1.1 200 {}\r\n{fields}content-length: {}\r\n\r\n{poison}", "O\tK", poison.len()))
        .await;
    assert_eq!(client.response(b"POST").await.expect("an answer").body.bytes, poison.as_bytes());
    gate.proxy.await_log("response", |lines| of_type(lines, "response").next().is_some()).await;
    gate.proxy.logs().iter().for_each(|line| assert!(line["type"].is_string(), "{line}"));
    assert_eq!(of_type(&gate.proxy.logs(), "response").count(), 1);
    assert_no_control_bytes(&gate.proxy.log_dir());
}

/// Of the control characters only the line end stands in a log.
fn assert_no_control_bytes(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            assert_no_control_bytes(&path);
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            let bytes = std::fs::read(&path).expect("a log file");
            let odd = bytes.iter().find(|byte| **byte < b' ' && **byte != b'\n');
            assert_eq!(odd, None, "in {}", path.display());
        }
    }
}
