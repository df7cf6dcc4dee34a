//! The upstream itself: what no SDK script asks of it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Outcome, SeenRequest, Upstream};

/// Sends a JSON request on a connection of its own and returns all that came back.
async fn post(upstream: &Upstream, target: &str, json: &str) -> String {
    let mut stream = TcpStream::connect(upstream.addr).await.expect("the upstream listens");
    let length = json.len();
    let head =
        format!("POST {target} HTTP/1.1\r\nhost: upstream\r\nconnection: close\r\ncontent-length: {length}");
    stream.write_all(format!("{head}\r\n\r\n{json}").as_bytes()).await.expect("the upstream reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("the upstream closes in an orderly way");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_model_chooses_the_scenario_and_attempts_are_counted_for_each_model() {
    let upstream = Upstream::start().await;
    let ask = |model| {
        let json = format!(r#"{{"model":"scenario-overloaded-twice--{model}","input":"Hello"}}"#);
        let upstream = &upstream;
        async move { post(upstream, "/v1/responses", &json).await.split(' ').nth(1).map(str::to_owned) }
    };
    let mut statuses = Vec::new();
    for model in ["a", "a", "b", "a"] {
        statuses.extend(ask(model).await);
    }
    assert_eq!(statuses, ["503", "503", "503", "200"]);
}

#[tokio::test]
async fn gemini_has_model_and_stream_in_the_path() {
    let upstream = Upstream::start().await;
    let asked = r#"{"contents":[{"role":"user","parts":[{"text":"Hello"},
        {"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]}"#;
    let target = "/v1beta/models/scenario-plain:streamGenerateContent?alt=sse";
    let answer = post(&upstream, target, asked).await;
    assert!(answer.contains("content-type: text/event-stream"), "{answer}");
    assert!(answer.contains("[image/png: "), "{answer}");
    assert_eq!(answer.matches(r#""finishReason":"STOP""#).count(), 1, "{answer}");
    let refused = post(&upstream, "/v1beta/models/scenario-unauthorized:generateContent", asked).await;
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
}

#[tokio::test]
async fn a_cut_stream_has_no_end_and_a_cut_body_is_too_short() {
    let upstream = Upstream::start().await;
    let stream =
        post(&upstream, "/scenario/cut/stream/v1/messages", r#"{"stream":true,"messages":[]}"#).await;
    assert!(stream.contains("message_start") && !stream.contains("\r\n0\r\n\r\n"), "{stream}");
    let whole = post(&upstream, "/scenario/cut/whole/v1/messages", r#"{"messages":[]}"#).await;
    let (head, body) = whole.split_once("\r\n\r\n").expect("a head and a body");
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next());
    let length: usize = length.and_then(|length| length.parse().ok()).expect("an announced length");
    assert!(!body.is_empty() && body.len() < length, "{whole}");
    assert!(upstream.requests().iter().all(|request| request.outcome == Outcome::Cut));
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_at_every_stage() {
    let upstream = Upstream::start().await;
    let ask = r#"{"stream":true,"messages":[]}"#;
    let stages = [
        ("plain", ask.len() + 1, 0), // leaves while the request is arriving
        ("never", ask.len(), 0),     // leaves before the answer has begun
        ("silent", ask.len(), 1),    // leaves in the middle of the answer
    ];
    for (scenario, length, bytes_to_read) in stages {
        let mut stream = TcpStream::connect(upstream.addr).await.expect("the upstream listens");
        let target = format!("/scenario/{scenario}/leaves/v1/messages");
        let head =
            format!("POST {target} HTTP/1.1\r\nhost: upstream\r\ncontent-length: {length}\r\n\r\n{ask}");
        stream.write_all(head.as_bytes()).await.expect("the upstream reads");
        let arrived = |request: &SeenRequest| request.target == target && request.body.len() == ask.len();
        upstream.await_requests("the request", |seen| seen.last().is_some_and(arrived)).await;
        stream.read_exact(&mut vec![0; bytes_to_read]).await.expect("the answer begins");
        drop(stream);
        let left = |request: &SeenRequest| request.outcome == Outcome::ClientGone;
        upstream.await_requests("that the client left", |seen| seen.last().is_some_and(left)).await;
    }
}

#[tokio::test]
async fn a_scenario_that_does_not_exist_is_the_tests_mistake() {
    let upstream = Upstream::start().await;
    let answer = post(&upstream, "/scenario/plian/x/v1/messages", "{}").await;
    assert!(
        answer.starts_with("HTTP/1.1 501 ") && answer.ends_with("no scenario is called 'plian'"),
        "{answer}"
    );
}
