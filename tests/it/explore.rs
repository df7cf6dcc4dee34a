//! `explore` beside a running proxy: the page, its key, its answers, and what changes while it is open.

use std::process::Stdio;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, Response};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::support::harness::{Options, Proxy};
use crate::support::upstream::Upstream;

/// How long any wait lasts before the test fails.
const DEADLINE: Duration = Duration::from_secs(20);

struct Explorer {
    child: Child,
    base: String,
    cookie: String,
    client: Client,
}

impl Explorer {
    /// Starts it and opens the link that it prints first.
    async fn start(proxy: &Proxy, arguments: &[&str]) -> Self {
        let mut command = proxy.command();
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
        let mut child = command.spawn().expect("the built binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let link = lines.next_line().await.expect("stdout is text").expect("a link");
        let base = link[..link.find("/open?key=").expect("the link holds a key")].to_owned();
        let client = Client::builder().no_proxy().build().expect("a client");
        let opened = client.get(&link).send().await.expect("it listens once it says so");
        let cookie = opened.headers()[SET_COOKIE].to_str().expect("text");
        let cookie = cookie[..cookie.find(';').expect("attributes")].to_owned();
        Self { child, base, cookie, client }
    }

    async fn call(&self, call: Value) -> Response {
        let request = self.client.post(format!("{}/call", self.base)).header(COOKIE, &self.cookie);
        request
            .header(CONTENT_TYPE, "application/json")
            .body(call.to_string())
            .send()
            .await
            .expect("an answer")
    }

    async fn answer(&self, call: Value) -> Value {
        let answer = self.call(call.clone()).await;
        let (status, text) = (answer.status(), answer.text().await.expect("text"));
        assert!(status.is_success(), "{call}: {status}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    async fn changes(&self) -> Response {
        let request = self.client.get(format!("{}/changes", self.base)).header(COOKIE, &self.cookie);
        request.send().await.expect("a stream")
    }
}

async fn ask(proxy: &Proxy, upstream: &Upstream, prompt: &str) {
    let body = json!({"model": "scenario-stream", "max_tokens": 64, "stream": true,
        "messages": [{"role": "user", "content": prompt}]});
    let url = format!("{}/v1/messages", proxy.url("anthropic", upstream));
    let request = reqwest::Client::new().post(url).header(CONTENT_TYPE, "application/json");
    request.body(body.to_string()).send().await.expect("an answer").bytes().await.expect("a whole answer");
}

/// Asks again at each change until there are so many sessions.
async fn await_sessions(explorer: &Explorer, changes: &mut Response, count: usize) -> Value {
    loop {
        let page = explorer.answer(json!({"name": "sessions", "args": {"limit": 10}})).await;
        if page["sessions"].as_array().is_some_and(|sessions| sessions.len() == count) {
            return page;
        }
        let note = tokio::time::timeout(DEADLINE, changes.chunk()).await;
        assert!(note.expect("a change in time").expect("the stream goes on").is_some(), "the stream ended");
    }
}

#[tokio::test]
async fn a_page_that_watches_sees_a_session_appear() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(Options::default()).await;
    let explorer = Explorer::start(&proxy, &["explore", "--no-open", "--port", "0"]).await;
    let mut changes = explorer.changes().await;

    let host = explorer.answer(json!({"name": "host"})).await;
    assert_eq!((&host["proxy"], &host["port"]), (&json!("attached"), &json!(proxy.addr().port())));

    ask(&proxy, &upstream, "first words").await;
    let page = await_sessions(&explorer, &mut changes, 1).await;
    assert_eq!(page["sessions"][0]["title"], "first words");

    ask(&proxy, &upstream, "other words").await;
    await_sessions(&explorer, &mut changes, 2).await;

    let id = &page["sessions"][0]["id"];
    let session = explorer.answer(json!({"name": "session", "args": {"session": id}})).await;
    assert_eq!(session["turns"][0]["new_messages"][0]["blocks"][0]["text"], "first words");
}

#[tokio::test]
async fn it_ends_with_a_signal_and_the_flags_of_the_go_llm_proxy_start_it_too() {
    let proxy = Proxy::start(Options::default()).await;
    for arguments in [&["explore", "--no-open", "--port", "0"][..], &["-explore", "-explore-port", "0"]] {
        let mut explorer = Explorer::start(&proxy, arguments).await;
        // An open stream does not hold it up.
        let _changes = explorer.changes().await;
        let pid =
            explorer.child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)).expect("a process id");
        kill_process(pid, Signal::TERM).expect("it runs");
        let status = tokio::time::timeout(DEADLINE, explorer.child.wait()).await.expect("it ends in time");
        assert!(status.expect("our child").success(), "{arguments:?}");
    }
}

#[tokio::test]
async fn it_needs_neither_a_proxy_nor_a_log_folder() {
    let mut proxy = Proxy::start(Options::default()).await;
    proxy.stop().await;
    std::fs::remove_dir_all(proxy.log_dir()).expect("the folder was there");
    let explorer = Explorer::start(&proxy, &["explore", "--no-open", "--port", "0"]).await;
    let page = explorer.answer(json!({"name": "sessions", "args": {"limit": 10}})).await;
    assert_eq!(page["sessions"], json!([]));
    assert_eq!(explorer.answer(json!({"name": "host"})).await["proxy"], "stopped");
    assert!(!proxy.log_dir().exists(), "looking made a folder");
}
