//! Search from the command line, beside a proxy that runs.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::harness::{Options, Proxy};
use crate::support::upstream::Upstream;

/// How long the index may take to follow the log.
const DEADLINE: Duration = Duration::from_secs(20);

async fn ask(proxy: &Proxy, upstream: &Upstream, model: &str, prompt: &str) {
    let body = json!({"model": model, "max_tokens": 64, "stream": true,
        "messages": [{"role": "user", "content": prompt}]});
    let url = format!("{}/v1/messages", proxy.url("anthropic", upstream));
    let request = reqwest::Client::new().post(url).header("content-type", "application/json");
    let answer = request.body(body.to_string()).send().await.expect("an answer");
    answer.bytes().await.expect("a whole answer");
}

async fn run(proxy: &Proxy, arguments: &[&str]) -> Output {
    proxy.command().arg("search").args(arguments).output().await.expect("the built binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

async fn found(proxy: &Proxy, query: &str) -> Value {
    let output = run(proxy, &["--json", "--", query]).await;
    assert!(output.status.success(), "{query}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Waits until a search finds so many sessions.
async fn await_sessions(proxy: &Proxy, query: &str, count: usize) -> Value {
    let begun = Instant::now();
    loop {
        let found = found(proxy, query).await;
        if found["sessions"].as_array().is_some_and(|sessions| sessions.len() == count) {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "{query}: {found:#}\nstderr:\n{}", proxy.stderr());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_passes_is_found_as_it_was_said_and_secrets_are_not() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let secret = format!("sk-ant-api03-{}", "Zq9".repeat(31));
    ask(&proxy, &upstream, "scenario-torn", &format!("needlework pays, {secret} is\u{1b}[31m mine")).await;
    ask(&proxy, &upstream, "scenario-server-error-final", "needlework fails").await;

    // The answer repeats the prompt, a word in each event, and its bytes are cut inside of words.
    let answers = await_sessions(&proxy, "\"you said: needlework pays\" gruße in:answer", 1).await;
    let hit = &answers["sessions"][0]["hits"][0];
    assert_eq!((&hit["seq"], &hit["role"], &hit["kind"]), (&json!(1), &json!("assistant"), &json!("text")));
    let marked: Vec<&Value> = hit["snippet"]
        .as_array()
        .expect("pieces")
        .iter()
        .filter(|piece| piece["marked"] == true)
        .map(|piece| &piece["text"])
        .collect();
    assert_eq!(marked, [&json!("Grüße"), &json!("you said: needlework pays")]);
    let session = answers["sessions"][0]["session"]["id"].as_str().expect("an id");
    let shown = proxy.command().args(["show", session]).output().await.expect("it runs");
    assert!(text(&shown.stdout).contains("needlework pays"));

    await_sessions(&proxy, "needlework", 2).await;
    await_sessions(&proxy, "needlework is:error", 1).await;
    await_sessions(&proxy, "needlework status:>=500", 1).await;
    await_sessions(&proxy, "needlework -is:error", 1).await;
    assert_eq!(found(&proxy, &secret).await["sessions"], json!([]));
    assert_eq!(found(&proxy, "Zq9*").await["sessions"], json!([]));
}

#[tokio::test]
async fn people_get_lines_that_a_terminal_can_show() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    for number in 0..3 {
        ask(&proxy, &upstream, "m", &format!("haystack {number}\u{1b}[2J\u{202e}\nnext")).await;
    }
    await_sessions(&proxy, "haystack in:answer", 3).await;
    let output = run(&proxy, &["haystack", "next", "--limit", "2"]).await;
    let said = text(&output.stdout);
    assert!(said.contains("#1 prompt: haystack 2\\u{1b}[2J\\u{202e} next"), "{said}");
    assert!(said.contains("--limit N"), "{said}");
    assert!(!said.contains(|letter: char| letter.is_control() && letter != '\n'), "{said:?}");
    let output = run(&proxy, &["nowhere"]).await;
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""));
    assert!(text(&output.stderr).contains("nothing found"));
}

#[tokio::test]
async fn what_is_not_understood_names_what_there_is() {
    let proxy = Proxy::start(Options::default()).await;
    for (query, words) in [
        ("modle:opus", "there are client: model: kind: status: is: session: project: host:"),
        ("in:nowhere", "prompt, answer, thinking, tool, result or system"),
        ("->", "letters or digits"),
    ] {
        let output = run(&proxy, &["--", query]).await;
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.contains(words) && said.lines().count() == 1, "{said}");
    }
}
