use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::testing::{Home, now, request, response, start};
use super::{CallError, note_of};
use crate::config::portfile;
use crate::model::{Change, RequestId};

#[tokio::test]
async fn a_proxy_that_does_not_answer_is_stopped_and_its_port_is_the_configured_one() {
    let home = Home::with_variables(&[("LLM_PROXY_PORT", "12999")]);
    let state = home.told("host", Value::Null).await;
    assert_eq!((&state["proxy"], &state["port"]), (&json!("stopped"), &json!(12999)));
    assert!(state["problem"].as_str().unwrap().contains("llm-proxy serve"), "{state}");
    let file = home.path(".config/llm-proxy/config.toml");
    assert_eq!(state["config_file"], file.to_str().unwrap());
    home.write(".config/llm-proxy/config.toml", "prot = 1\n");
    let state = home.told("host", Value::Null).await;
    assert!(state["problem"].as_str().unwrap().contains("did you mean port?"), "{state}");
}

#[tokio::test]
async fn a_proxy_of_another_process_is_attached() {
    let home = Home::empty();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    portfile::write(&home.front.paths.portfile, port).unwrap();
    let ask = async {
        let state = home.told("host", Value::Null).await;
        assert_eq!(
            (&state["proxy"], &state["port"], &state["problem"]),
            (&json!("attached"), &json!(port), &Value::Null)
        );
        let exports = home.told("exports", json!({"shell": "fish"})).await;
        assert!(exports["text"].as_str().unwrap().contains(&format!(":{port}/")), "{exports}");
    };
    let healthy = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
            stream.write_all(answer).await.unwrap();
        }
    };
    tokio::select! {
        () = healthy => {}
        () = ask => {}
    }
}

#[tokio::test]
async fn bodies_that_are_not_whole_in_todays_log_are_counted() {
    let lacking = |mut line: Value| {
        line["gap"] = json!([{"from": 4, "bytes": 7, "reason": "journal_full"}, {"from": 90, "bytes": 1, "reason": "journal_full"}]);
        line["complete"] = json!(false);
        line
    };
    let home = Home::logged(&[
        vec![
            start(1),
            lacking(now(request(1, 1, "opus", &["Hello"]))),
            lacking(now(response(1, 1, 200, "Hi"))),
        ],
        vec![start(2), now(request(2, 1, "opus", &["Hello"])), now(response(2, 1, 200, "Hi"))],
    ])
    .await;
    let today = home.told("host", Value::Null).await["today"].clone();
    assert_eq!((&today["requests"], &today["gaps"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn what_the_process_cannot_do_is_refused() {
    let home = Home::empty();
    for (name, args) in [
        ("set_paused", json!({"on": true})),
        ("set_start_at_login", json!({"on": true})),
        ("copy", json!({"text": "x"})),
        ("open", json!({"what": "log_folder"})),
        ("open", json!({"what": "link", "url": "https://a.example/"})),
        ("open", json!({"what": "session_file", "session": "20261123-030829-00000001"})),
    ] {
        let answer = home.ask(name, args.clone()).await;
        assert!(matches!(answer, Err(CallError::Refused(_))), "{name} {args}: {answer:?}");
    }
}

#[tokio::test]
async fn exports_are_for_the_shell_that_was_named_or_is_in_use() {
    let home = Home::with_variables(&[("SHELL", "/usr/bin/fish"), ("LLM_PROXY_PORT", "81")]);
    let exports = home.told("exports", json!({})).await;
    assert_eq!(exports["shell"], "fish");
    assert!(exports["text"].as_str().unwrap().starts_with("set -gx ANTHROPIC_BASE_URL http://127.0.0.1:81/"));
    let bash = home.told("exports", json!({"shell": "bash", "unset": true})).await;
    assert_eq!(bash, json!({"shell": "sh", "text": "unset ANTHROPIC_BASE_URL\nunset OPENAI_BASE_URL\n"}));
    let codex = home.told("exports", json!({"shell": "codex"})).await;
    assert!(codex["text"].as_str().unwrap().starts_with("openai_base_url = \"http://127.0.0.1:81/"));
    let unset = home.told("exports", json!({"shell": "codex", "unset": true})).await;
    assert!(unset["text"].as_str().unwrap().starts_with("# delete"));
    assert!(matches!(home.ask("exports", json!({"shell": "tcsh"})).await, Err(CallError::BadCall(_))));
}

#[tokio::test]
async fn clients_are_told_with_what_they_sent() {
    let home =
        Home::logged(&[vec![start(1), request(1, 1, "opus", &["Hello"]), response(1, 1, 200, "Hi")]]).await;
    let clients = home.told("clients", Value::Null).await;
    let names: Vec<&Value> = clients.as_array().unwrap().iter().map(|card| &card["name"]).collect();
    assert_eq!(names, ["claude-code", "codex", "gemini-cli", "opencode", "aider"]);
    let claude = &clients[0];
    assert_eq!((&claude["requests"], &claude["model"]), (&json!(1), &json!("opus")));
    assert_eq!(claude["last"], "2026-11-23T03:00:01Z");
    assert_eq!((&clients[1]["requests"], &clients[1]["last"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn settings_say_what_holds_and_what_outranks_the_file() {
    let home = Home::with_variables(&[("LLM_PROXY_PORT", "12999")]);
    home.write(".config/llm-proxy/config.toml", "port = 1\nredact_bodies = false # mine\n");
    let settings = home.told("settings", Value::Null).await;
    let key = |settings: &Value, name: &str| {
        let keys = settings["keys"].as_array().unwrap();
        keys.iter().find(|key| key["key"] == name).unwrap().clone()
    };
    let port = key(&settings, "port");
    assert_eq!(
        (&port["value"], &port["default"], &port["form"]),
        (&json!("12999"), &json!("12071"), &json!("number"))
    );
    assert_eq!(port["overridden_by"], "LLM_PROXY_PORT");
    let redact = key(&settings, "redact_bodies");
    assert_eq!((&redact["value"], &redact["overridden_by"]), (&json!("false"), &Value::Null));
    assert!(redact["what"].as_str().unwrap().ends_with('.'));
    assert_eq!((&settings["shell_set_up"], &settings["start_at_login"]), (&json!(false), &Value::Null));

    let changed = home.told("set", json!({"key": "redact_bodies", "value": "true"})).await;
    assert_eq!(key(&changed, "redact_bodies")["value"], "true");
    let text = std::fs::read_to_string(home.path(".config/llm-proxy/config.toml")).unwrap();
    assert_eq!(text, "port = 1\nredact_bodies = true # mine\n");
    let back = home.told("set", json!({"key": "port", "value": null})).await;
    assert_eq!(key(&back, "port")["value"], "12999");
    let refused = home.ask("set", json!({"key": "max_body_mib", "value": "0"})).await.unwrap_err();
    assert!(matches!(&refused, CallError::Refused(why) if why.contains("from 1 to 256")), "{refused:?}");
    for (name, value) in [("colour", "1"), ("port", "x y"), ("", "")] {
        let answer = home.ask("set", json!({"key": name, "value": value})).await;
        assert!(matches!(answer, Err(CallError::BadCall(_))), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn settings_count_what_the_logs_take() {
    let home = Home::logged(&[vec![start(1), request(1, 1, "opus", &["Hello"])], vec![start(2)]]).await;
    let settings = home.told("settings", Value::Null).await;
    assert_eq!(settings["log_files"], 2);
    assert!(settings["prices"].as_str().unwrap().starts_with("genai-prices "));
    assert!(
        settings["log_bytes"].as_u64().unwrap() > 400 && settings["index_bytes"].as_u64().unwrap() > 4096
    );
}

#[tokio::test]
#[cfg(unix)]
async fn shells_are_set_up_and_taken_back() {
    let home = Home::with_variables(&[("SHELL", "/bin/bash")]);
    home.write(".bashrc", "# mine\n");
    let done = home.told("set_shell_set_up", json!({"on": true})).await;
    assert!(done.as_array().unwrap().iter().any(|one| one["file"].as_str().unwrap().ends_with(".bashrc")));
    assert!(done.as_array().unwrap().iter().all(|one| one["failed"] == false), "{done}");
    assert_eq!(home.told("settings", Value::Null).await["shell_set_up"], true);
    home.told("set_shell_set_up", json!({"on": false})).await;
    assert_eq!(std::fs::read_to_string(home.path(".bashrc")).unwrap(), "# mine\n");
    assert_eq!(home.told("settings", Value::Null).await["shell_set_up"], false);
}

#[test]
fn notes_say_what_the_recorder_said() {
    let session = "20261123-030829-00000001".parse::<crate::model::SessionId>().unwrap();
    let request = RequestId::from_log("r1");
    for (change, note) in [
        (Change::SessionStarted(session.clone()), json!({"change": "session_started", "session": session})),
        (
            Change::ExchangeEnded(session.clone(), request.clone()),
            json!({"change": "exchange_ended", "session": session, "request_id": "r1"}),
        ),
        (
            Change::RequestLogged(session.clone(), request),
            json!({"change": "request_logged", "session": session, "request_id": "r1"}),
        ),
        (Change::Degraded("disk"), json!({"change": "host"})),
    ] {
        assert_eq!(serde_json::to_value(note_of(&change)).unwrap(), note);
    }
}
