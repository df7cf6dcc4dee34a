//! S1 to S6: who may ask. Only programs that know where they are, never a web page.

use crate::support::raw::{Broken, Connection};

use super::{Gate, assert_refused};

#[tokio::test]
async fn s1_w28_only_loopback_names_with_the_port_are_answered() {
    let gate = Gate::start().await;
    let port = gate.addr().port();
    let request = |host: &str| format!("GET /anthropic/v1/models HTTP/1.1\r\nhost: {host}\r\n\r\n");
    for host in [
        format!("evil.test:{port}"),
        "evil.test".to_owned(),
        format!("127.0.0.1.nip.io:{port}"),
        String::new(),
        format!("localhost.:{port}"),
        format!("127.0.0.1.:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("127.1:{port}"),
        format!("0.0.0.0:{port}"),
        format!("2130706433:{port}"),
        format!("user@localhost:{port}"),
        format!("localhost:{port}@evil.test"),
        format!("localhost:{}", port ^ 1),
        format!("localhost:0{port}"),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "127.0.0.1:".to_owned(),
        "[::1]".to_owned(),
        format!("127.0.0.1:{port}, evil.test"),
    ] {
        assert_refused(&gate.send(&request(&host)).await, &[421], &host);
    }
    gate.assert_untouched().await;
    for host in ["127.0.0.1", "localhost", "LocalHost", "[::1]"] {
        gate.forwarded(&request(&format!("{host}:{port}"))).await;
    }
}

#[tokio::test]
async fn s1_w28_a_request_for_another_host_leaves_no_trace_in_the_log() {
    let gate = Gate::start().await;
    let port = gate.addr().port();
    gate.send(&format!("GET /anthropic/v1/a HTTP/1.1\r\nhost: evil.test:{port}\r\n\r\n")).await;
    gate.send_with("GET", "origin: https://evil.test\r\n").await;
    gate.send_with("GET", "sec-fetch-site: cross-site\r\n").await;
    gate.send_with("OPTIONS", "origin: https://evil.test\r\naccess-control-request-method: POST\r\n").await;
    gate.assert_untouched().await;
    gate.assert_nothing_logged().await;
}

#[tokio::test]
async fn s2_the_host_is_named_once() {
    let gate = Gate::start().await;
    let host = gate.addr();
    let start = "GET /anthropic/v1/models HTTP/1.1\r\n";
    for (request, status) in [
        (format!("{start}host: {host}\r\nhost: {host}\r\n\r\n"), 400),
        (format!("{start}host: {host}\r\nhost: evil.test\r\n\r\n"), 400),
        (format!("{start}\r\n"), 400),
        (format!("GET http://evil.test/anthropic/v1/models HTTP/1.1\r\nhost: {host}\r\n\r\n"), 421),
        ("GET /anthropic/v1/models HTTP/1.0\r\n\r\n".to_owned(), 400),
    ] {
        assert_refused(&gate.send(&request).await, &[status], &request);
    }
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s2_neither_connect_nor_http_2_is_spoken() {
    let gate = Gate::start().await;
    let host = gate.addr();
    let response =
        gate.send(&format!("CONNECT api.anthropic.com:443 HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
    assert!(matches!(response.head.status(), Some(400 | 403 | 405 | 421)), "{:?}", response.head);
    let mut client = Connection::open(host).await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    match client.response_head().await {
        Ok((_, head)) => assert!(head.status().is_some_and(|status| status >= 400), "{head:?}"),
        Err(Broken::Closed | Broken::Cut | Broken::Reset) => {}
        Err(Broken::Grammar(answer)) => panic!("an answer in another protocol: {answer}"),
    }
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s3_w28_web_pages_are_refused() {
    let gate = Gate::start().await;
    let own = format!("http://{}", gate.addr());
    for origin in ["https://evil.test", "null", "http://localhost:3000", own.as_str(), ""] {
        let response = gate.send_with("GET", &format!("origin: {origin}\r\n")).await;
        assert_refused(&response, &[403], origin);
    }
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s3_an_origin_that_the_user_allows_is_let_in() {
    let gate = Gate::with("allow_origins = [\"https://tool.example\"]").await;
    let host = gate.addr();
    let with_origin = |origin: &str| {
        format!("GET /anthropic/v1/models HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n\r\n")
    };
    gate.forwarded(&with_origin("https://tool.example")).await;
    for origin in ["https://tool.example.evil.test", "http://tool.example", "https://tool.example:8443"] {
        assert_refused(&gate.send(&with_origin(origin)).await, &[403], origin);
    }
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s4_w28_browsers_are_refused_by_their_fetch_metadata() {
    let gate = Gate::start().await;
    for fields in [
        "sec-fetch-site: cross-site\r\n",
        "sec-fetch-site: same-site\r\n",
        "sec-fetch-site: same-origin\r\n",
        "sec-fetch-mode: navigate\r\n",
        "sec-fetch-mode: no-cors\r\n",
        "sec-fetch-site: cross-site\r\nsec-fetch-mode: cors\r\nsec-fetch-dest: empty\r\n",
    ] {
        assert_refused(&gate.send_with("GET", fields).await, &[403], fields);
        assert_refused(
            &gate.send_with("POST", &format!("{fields}content-length: 0\r\n")).await,
            &[403],
            fields,
        );
    }
    gate.assert_untouched().await;
    // Node's own fetch sends this much.
    let host = gate.addr();
    let request =
        format!("GET /anthropic/v1/models HTTP/1.1\r\nhost: {host}\r\nsec-fetch-mode: cors\r\n\r\n");
    gate.forwarded(&request).await;
}

#[tokio::test]
async fn s6_preflights_are_refused() {
    let gate = Gate::start().await;
    for fields in [
        "origin: https://evil.test\r\naccess-control-request-method: POST\r\n",
        "origin: null\r\naccess-control-request-method: POST\r\naccess-control-request-headers: x-api-key\r\n",
        "origin: https://evil.test\r\naccess-control-request-method: GET\r\n\
         access-control-request-private-network: true\r\n",
    ] {
        assert_refused(&gate.send_with("OPTIONS", fields).await, &[403], fields);
    }
    gate.assert_untouched().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_and_one_just_below_is_not() {
    let gate = Gate::start().await;
    // In several fields, and in one.
    for (count, bytes) in [(40, 2000), (1, 70_000)] {
        let fields: String = (0..count).map(|n| format!("x-{n}: {}\r\n", "a".repeat(bytes))).collect();
        assert_refused(&gate.send_with("GET", &fields).await, &[431], &format!("{count} of {bytes} bytes"));
    }
    // What is far too large is not even read to its end, and gets no more than a status.
    let huge = gate.send_with("GET", &format!("x: {}\r\n", "a".repeat(2_000_000))).await;
    assert_eq!(huge.head.status(), Some(431));
    gate.assert_untouched().await;
    let host = gate.addr();
    let field = "a".repeat(60_000);
    let request = format!("GET /anthropic/v1/models HTTP/1.1\r\nhost: {host}\r\nx-large: {field}\r\n\r\n");
    let seen = gate.forwarded(&request).await;
    assert!(seen.head.fields.iter().any(|(_, value)| value.len() == field.len()));
}
