//! Logs as readers meet them: hostile ones, and those that need not be read at all.

use std::time::Duration;

use serde_json::json;

use super::user;
use crate::support::harness::{Options, Proxy};

/// Puts a session with this event stream as its answer into the log folder, as if it had been recorded.
fn plant(proxy: &Proxy, stream: &str) {
    let id = "20260102-030405-0123abcd";
    let meta = format!(
        "\"_meta\":{{\"host\":\"api.openai.com\",\"machine\":\"m\",\"request_id\":\"r\",\"session\":\"{id}\",\"ts\":\"2026-01-02T03:04:05Z\"}}"
    );
    let folder = proxy.log_dir().join("api.openai.com/2026-01-02");
    std::fs::create_dir_all(&folder).expect("writable");
    let question = json!({"model": "m", "stream": true, "messages": [user("Ⱥ hostile İ")]}).to_string();
    let chunk = json!([{"ts": "2026-01-02T03:04:05Z", "delta_ms": 0, "raw": stream}]);
    let lines = [
        format!(
            "{{{meta},\"provider\":\"openai\",\"type\":\"session_start\",\"upstream\":\"api.openai.com\"}}"
        ),
        format!(
            "{{{meta},\"body\":{},\"headers\":{{}},\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"seq\":1,\"size\":1,\"type\":\"request\"}}",
            json!(question)
        ),
        format!(
            "{{{meta},\"chunks\":{chunk},\"headers\":{{}},\"seq\":1,\"size\":1,\"status\":200,\"timing\":{{\"ttfb_ms\":1,\"total_ms\":1}},\"type\":\"response\"}}"
        ),
    ];
    let file = std::fs::File::create(folder.join(format!("{id}.jsonl")));
    std::io::Write::write_all(&mut file.expect("writable"), (lines.join("\n") + "\n").as_bytes())
        .expect("writable");
}

async fn told(proxy: &Proxy, arguments: &[&str]) -> String {
    let asking = proxy.command().args(arguments).output();
    let output = tokio::time::timeout(Duration::from_secs(5), asking).await.expect("an answer in time");
    let output = output.expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn w20_hostile_logs_are_shown_and_searched() {
    let mut proxy = Proxy::start(Options::default()).await;
    proxy.stop().await;
    let delta = |index: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":{index},\"delta\":{{\"tool_calls\":[{{\"index\":{index},\"function\":{{\"name\":\"f\",\"arguments\":\"x\"}}}}]}}}}]}}\n\n"
        )
    };
    let nested = format!("data: {}{}\n\n", "[".repeat(10_000), "]".repeat(10_000));
    plant(
        &proxy,
        &["-1", "2000000000", "20000000", "1e400"]
            .map(delta)
            .concat()
            .replace("\n\n", &format!("\n\n{nested}")),
    );
    let report = told(&proxy, &["reindex"]).await;
    assert!(report.contains("1 sessions"), "{report}");
    assert!(told(&proxy, &["show", "20260102"]).await.contains("Ⱥ hostile İ"));
    assert!(told(&proxy, &["search", "Ⱥ"]).await.contains("hostile"));
    let output = proxy.command().args(["show", "cd"]).output().await.expect("it runs");
    assert!(!output.status.success(), "the end of an id is not an id");
}

#[tokio::test]
async fn w19_the_list_of_sessions_reads_no_log() {
    let mut proxy = Proxy::start(Options::default()).await;
    proxy.stop().await;
    plant(&proxy, "data: [DONE]\n\n");
    told(&proxy, &["reindex"]).await;
    std::fs::remove_dir_all(proxy.log_dir().join("api.openai.com")).expect("removable");
    assert!(told(&proxy, &["sessions", "--json"]).await.contains("20260102-030405-0123abcd"));
}
