//! Commands and the proxy that runs, or does not.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Home, fails, fixtures, json, stdout, succeeds};
use crate::support::harness::{Options, Proxy};
use crate::support::upstream::Upstream;

/// A command of the proxy's home, run to its end.
async fn of(proxy: &Proxy, arguments: &[&str]) -> Output {
    proxy.command().args(arguments).stdin(Stdio::null()).output().await.expect("the built binary runs")
}

#[test]
fn without_a_proxy_env_and_run_give_nothing() {
    let home = Home::new();
    fails(&home.run(&["env"]), 1, "llm-proxy serve");
    fails(&home.run(&["run", "--", "echo", "ran"]), 1, "llm-proxy serve");
    assert_eq!(succeeds(&home.run(&["env", "--unset", "--shell", "fish"])).lines().count(), 2);
}

#[tokio::test]
async fn w34_whoever_else_answers_on_the_port_gets_no_exports() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    fs::create_dir_all(home.portfile().parent().expect("a folder")).expect("writable");
    File::create(home.portfile()).and_then(|mut file| writeln!(file, "{port}")).expect("writable");
    let answer = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 1024];
        let _length = stream.read(&mut request).await.expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await.expect("sent");
        stream
    };
    let env = tokio::task::spawn_blocking(move || home.run(&["env"]));
    let (_stream, env) = tokio::join!(answer, env);
    fails(&env.expect("it ran"), 1, "not your llm-proxy");
}

#[tokio::test]
async fn a_running_proxy_is_found_by_env_run_status_and_doctor() {
    let mut proxy = Proxy::start(Options::default()).await;
    let base = format!("http://{}/anthropic/api.anthropic.com", proxy.addr());

    let env = succeeds(&of(&proxy, &["env", "--shell", "sh"]).await);
    assert!(env.contains(&format!("export ANTHROPIC_BASE_URL={base}\n")) && !env.contains("GEMINI"), "{env}");
    assert!(succeeds(&of(&proxy, &["env", "--gemini"]).await).contains("GOOGLE_GEMINI_BASE_URL"));
    assert_eq!(succeeds(&of(&proxy, &["-env"]).await), env);

    let run = of(&proxy, &["run", "--", "sh", "-c", "echo $ANTHROPIC_BASE_URL; exit 7"]).await;
    assert_eq!((run.status.code(), stdout(&run)), (Some(7), format!("{base}\n")));
    let killed = of(&proxy, &["run", "--", "sh", "-c", "kill -9 $$"]).await;
    assert_eq!(killed.status.code(), Some(137));
    fails(&of(&proxy, &["run", "no-such-command"]).await, 127, "no-such-command");

    let status = json(&of(&proxy, &["status", "--json"]).await);
    assert_eq!((&status["running"], &status["port"]), (&true.into(), &proxy.addr().port().into()));
    let doctor = json(&of(&proxy, &["doctor", "--json"]).await);
    let state = |name: &str| {
        let checks = doctor["checks"].as_array().expect("a list");
        checks.iter().find(|check| check["name"] == name).expect("the check")["state"].clone()
    };
    assert_eq!((state("proxy"), state("portfile")), ("ok".into(), "ok".into()));

    fails(&of(&proxy, &["reindex"]).await, 1, "stop it first");
    fails(&of(&proxy, &["import", fixtures()]).await, 1, "stop it first");

    proxy.kill().await;
    fails(&of(&proxy, &["env"]).await, 1, "llm-proxy serve");
}

#[tokio::test]
async fn a_command_that_runs_decides_itself_what_signals_mean() {
    let mut proxy = Proxy::start(Options::default()).await;
    let script = "trap 'echo caught; exit 3' TERM; echo ready; while :; do read -r line; done";
    let mut command = proxy.command();
    command.args(["run", "--", "sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the built binary runs");
    let mut stdout = child.stdout.take().expect("stdout is piped");
    let mut ready = [0; 6];
    stdout.read_exact(&mut ready).await.expect("it is ready");
    let pid = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    drop(child.stdin.take());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).await.expect("text");
    assert_eq!((child.wait().await.expect("it ends").code(), rest.as_str()), (Some(3), "caught\n"));
    proxy.stop().await;
}

/// Asks the upstream something through the proxy.
async fn ask(proxy: &Proxy, upstream: &Upstream, scenario: &str, text: &str) {
    let url = format!("{}/scenario/{scenario}/key/v1/messages", proxy.url("anthropic", upstream));
    let body = serde_json::json!({"model": "model-a", "max_tokens": 9, "stream": true,
        "messages": [{"role": "user", "content": text}]});
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let asked = client.post(url).header("user-agent", "curl/8.1").body(body.to_string()).send().await;
    // Some scenarios break off: the log is what is looked at.
    let _answer = asked.expect("the proxy answers").bytes().await;
}

#[tokio::test]
async fn what_went_through_is_listed_and_shown_while_the_proxy_runs_and_after() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    ask(&proxy, &upstream, "plain", "What is up?").await;
    ask(&proxy, &upstream, "cut", "Are you there?").await;
    let responses = |lines: &[Value]| lines.iter().filter(|line| line["type"] == "response").count();
    let lines = proxy.await_log("two responses", |lines| responses(lines) == 2).await;
    for line in lines.iter().filter(|line| line["type"] == "request") {
        let session = line["_meta"]["session"].as_str().expect("a session");
        let turns = json(&of(&proxy, &["show", session, "--json"]).await);
        assert_eq!((&turns[0]["seq"], &turns[0]["path"]), (&line["seq"], &line["path"]));
    }
    proxy.stop().await;
    let titles =
        |listed: &Value| listed.as_array().map(|list| list.iter().map(|one| one["title"].clone()).collect());
    let listed = json(&of(&proxy, &["sessions", "--json"]).await);
    assert_eq!(titles(&listed), Some(vec![Value::from("Are you there?"), Value::from("What is up?")]));
    let shown = succeeds(&of(&proxy, &["show", "last"]).await);
    assert!(
        shown.contains("user:\n  Are you there?") && shown.contains("[cut: the upstream broke off]"),
        "{shown}"
    );
    let doctor = json(&of(&proxy, &["doctor", "--json"]).await);
    assert_eq!(
        (&doctor["clients"][0]["name"], &doctor["clients"][0]["requests"]),
        (&"curl".into(), &2.into())
    );
    let status = json(&of(&proxy, &["status", "--json"]).await);
    assert_eq!((&status["today"]["requests"], &status["last"]["client"]), (&2.into(), &"curl".into()));
    let reindexed = json(&of(&proxy, &["reindex", "--json"]).await);
    assert_eq!(reindexed["exchanges"], 2);
    assert_eq!(json(&of(&proxy, &["sessions", "--json"]).await), listed, "rebuilt equal");
}

#[tokio::test]
async fn a_second_proxy_on_the_same_logs_is_refused() {
    let mut proxy = Proxy::start(Options::default()).await;
    fails(&of(&proxy, &["serve", "--port", "0"]).await, 1, "another llm-proxy");
    assert!(
        succeeds(&of(&proxy, &["env"]).await).contains(&proxy.addr().to_string()),
        "the first is unharmed"
    );
    proxy.stop().await;
    assert!(!proxy.home().join(".local/state/llm-proxy/port").exists());
}

#[tokio::test]
async fn w34_a_port_that_is_taken_is_refused_with_its_owner() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let home = Home::new();
    let words = format!("(pid {})", std::process::id());
    fails(&home.run(&["serve", "--port", &port]), 1, &words);
    assert!(!home.portfile().exists());
}

#[tokio::test]
async fn the_go_programs_way_to_start_it_still_works_and_the_exports_are_said() {
    let home = Home::new();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_llm-proxy"));
    command.env_clear().env("HOME", home.path()).args(["-service", "-port", "0"]).kill_on_drop(true);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = child.stdout.take().expect("piped");
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stdout.read_u8().await.expect("a line on stdout"));
    }
    let line = String::from_utf8(line).expect("text");
    let url = line.trim_end().strip_prefix("listening on ").expect("where it listens");
    let pid = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    let output = child.wait_with_output().await.expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(
        stderr.contains(&format!("export ANTHROPIC_BASE_URL={url}/anthropic/api.anthropic.com")),
        "{stderr}"
    );
}
