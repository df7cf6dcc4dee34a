//! Streams: every event reaches the client when it was sent, whatever it looks like.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::time::timeout;

use crate::support::raw::{BodyReader, Framing};

use super::Pair;

/// Longer than any event may take; each test waits for nothing else meanwhile.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Sends the events one by one; the next only when the client has all of the one before.
async fn assert_arrive_when_sent(content_type: &str, events: &[Vec<u8>]) {
    let pair = Pair::start().await;
    let (mut client, mut server) = pair.asked("/v1/messages").await;
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n");
    server.send(head).await;
    let arrived = timeout(AT_ONCE, client.response_head()).await.expect("the head is held back");
    let (_, head) = arrived.expect("a head");
    assert_eq!(head.value("content-type"), Some(content_type.split('\r').next().expect("a value")));
    let mut body = BodyReader::new(Framing::of_response(&head, b"GET").expect("a framing"));
    for (index, event) in events.iter().enumerate() {
        server.send([format!("{:x}\r\n", event.len()).as_bytes(), event.as_slice(), b"\r\n"].concat()).await;
        let mut got = Vec::new();
        while got.len() < event.len() {
            let part = timeout(AT_ONCE, body.part(&mut client.reader)).await;
            let part =
                part.unwrap_or_else(|_| panic!("event {index} is held back after {} bytes", got.len()));
            got.extend(part.expect("the stream goes on").expect("the stream has not ended"));
        }
        assert_eq!(&got, event, "event {index}");
    }
    server.send(b"0\r\n\r\n").await;
    assert_eq!(body.part(&mut client.reader).await, Ok(None));
}

fn numbered(form: impl Fn(usize) -> String) -> Vec<Vec<u8>> {
    (0..20).map(|number| form(number).into_bytes()).collect()
}

#[tokio::test]
async fn w12_sse_events_arrive_when_sent() {
    let events = numbered(|number| format!("event: delta\ndata: {{\"n\":{number}}}\n\n"));
    assert_arrive_when_sent("text/event-stream; charset=utf-8", &events).await;
}

#[tokio::test]
async fn w12_sse_events_with_bare_carriage_returns_arrive_when_sent() {
    let events = numbered(|number| format!("event: delta\rdata: {{\"n\":{number}}}\r\r"));
    assert_arrive_when_sent("text/event-stream", &events).await;
}

#[tokio::test]
async fn w12_ndjson_lines_arrive_when_sent() {
    let events = numbered(|number| format!("{{\"n\":{number},\"done\":false}}\n"));
    assert_arrive_when_sent("application/x-ndjson", &events).await;
}

#[tokio::test]
async fn w12_pieces_of_a_json_array_arrive_when_sent() {
    let events = numbered(|number| if number == 0 { "[{}".to_owned() } else { ",{\"n\":1}".to_owned() });
    assert_arrive_when_sent("application/json", &events).await;
}

#[tokio::test]
async fn w12_gzip_events_arrive_when_sent_and_as_they_are() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let events: Vec<Vec<u8>> = (0..20)
        .map(|number| {
            write!(encoder, "data: {{\"n\":{number}}}\n\n").expect("writing to memory");
            encoder.flush().expect("writing to memory");
            std::mem::take(encoder.get_mut())
        })
        .collect();
    assert_arrive_when_sent("text/event-stream\r\ncontent-encoding: gzip", &events).await;
}

#[tokio::test]
async fn single_bytes_of_unknown_kind_arrive_when_sent() {
    let events: Vec<Vec<u8>> = (0..=255_u8).step_by(5).map(|byte| vec![byte]).collect();
    assert_arrive_when_sent("audio/mpeg", &events).await;
}

/// Two directions at once: neither waits for the other's end.
#[tokio::test]
async fn an_answer_begins_while_the_request_goes_on() {
    let pair = Pair::start().await;
    let mut client = pair.client().await;
    client.send(pair.start_of("POST", "/v1/realtime") + "transfer-encoding: chunked\r\n\r\n").await;
    let mut server = pair.upstream.accept().await;
    let head = server.reader.head().await.expect("the head");
    let mut upward = BodyReader::new(Framing::of_request(&head).expect("a framing"));
    server.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let (_, head) = client.response_head().await.expect("a head");
    let mut downward = BodyReader::new(Framing::of_response(&head, b"POST").expect("a framing"));
    for _ in 0..10 {
        client.send("4\r\nping\r\n").await;
        assert_eq!(upward.part(&mut server.reader).await, Ok(Some(b"ping".to_vec())));
        server.send("4\r\npong\r\n").await;
        assert_eq!(downward.part(&mut client.reader).await, Ok(Some(b"pong".to_vec())));
    }
}
