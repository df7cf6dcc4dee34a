use serde_json::json;

use super::*;

const UUID: &str = "5f0c3f0e-1111-4222-8333-0123456789ab";

fn read(headers: &[(&str, &str)], body: &Value) -> ClientSession {
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    ClientSession::read(
        &|name| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()),
        body,
    )
}

fn id(headers: &[(&str, &str)], body: &Value) -> Option<(String, &'static str)> {
    let session = read(headers, body);
    session.id.zip(session.source)
}

fn found(id: &str, source: &'static str) -> Option<(String, &'static str)> {
    Some((id.to_owned(), source))
}

/// Every step of the ladder alone.
#[test]
fn each_field_is_found() {
    let headers = [
        "x-claude-code-session-id",
        "thread-id",
        "session-id",
        "session_id",
        "conversation_id",
        "x-session-id",
        "x-opencode-session",
        "x-session-affinity",
        "x-grok-conv-id",
        "x-grok-session-id",
    ];
    for name in headers {
        assert_eq!(id(&[(name, "s-1")], &Value::Null), found("s-1", name));
    }
    let in_json = json!({"device_id": "d", "account_uuid": "", "session_id": UUID}).to_string();
    let old = format!("user_0123_account__session_{UUID}");
    let bodies = [
        (json!({"metadata": {"user_id": in_json}}), UUID, "metadata.user_id.session_id"),
        (json!({"metadata": {"user_id": old}}), UUID, "metadata.user_id._session_"),
        (json!({"metadata": {"session_id": "s"}}), "s", "metadata.session_id"),
        (json!({"metadata": {"conversation_id": "s"}}), "s", "metadata.conversation_id"),
        (json!({"metadata": {"thread_id": "s"}}), "s", "metadata.thread_id"),
        (json!({"metadata": {"user_id": UUID}}), UUID, "metadata.user_id"),
        (json!({"request": {"session_id": UUID}}), UUID, "request.session_id"),
        (json!({"user": UUID}), UUID, "user"),
        (json!({"prompt_cache_key": UUID}), UUID, "prompt_cache_key"),
        (json!({"client_metadata": {"thread_id": UUID}}), UUID, "turn_metadata.thread_id"),
        (json!({"client_metadata": {"thread-id": UUID}}), UUID, "client_metadata.thread-id"),
    ];
    for (body, expected, source) in bodies {
        assert_eq!(id(&[], &body), found(expected, source));
    }
}

/// Each step gives way to the one before it.
#[test]
fn the_order_is_the_order_of_trust() {
    let user_id = json!({"session_id": "from-json"}).to_string();
    let body = json!({"metadata": {"user_id": user_id, "session_id": "plain"}, "user": UUID});
    assert_eq!(id(&[("x-claude-code-session-id", "head")], &body), found("head", "x-claude-code-session-id"));
    assert_eq!(id(&[("x-session-id", "x")], &body), found("from-json", "metadata.user_id.session_id"));

    let mut codex = vec![
        ("x-codex-turn-metadata", r#"{"session_id":"a","thread_id":"b"}"#),
        ("thread-id", "c"),
        ("session-id", "d"),
        ("session_id", "e"),
        ("conversation_id", "f"),
        ("user-agent", "codex_exec/0.169.0"),
    ];
    let body = json!({"prompt_cache_key": "g", "metadata": {"session_id": "h"}});
    assert_eq!(id(&codex, &body), found("a", "turn_metadata.session_id"));
    codex[0].1 = r#"{"thread_id":"b","session_id":""}"#;
    assert_eq!(id(&codex, &body), found("b", "turn_metadata.thread_id"));
    codex[0].1 = r#"{"turn_id":"t"}"#;
    for (expected, source) in
        [("c", "thread-id"), ("d", "session-id"), ("e", "session_id"), ("f", "conversation_id")]
    {
        assert_eq!(id(&codex, &body), found(expected, source));
        codex.retain(|(name, _)| *name != source);
    }
    assert_eq!(id(&codex, &body), found("g", "prompt_cache_key"));
    assert_eq!(id(&[], &body), found("h", "metadata.session_id"));

    let ladder =
        ["x-session-id", "x-opencode-session", "x-session-affinity", "x-grok-conv-id", "x-grok-session-id"];
    for (at, name) in ladder.iter().enumerate() {
        let headers: Vec<(&str, &str)> = ladder[at..].iter().map(|name| (*name, *name)).collect();
        assert_eq!(id(&headers, &body), found(name, name));
    }
}

#[test]
fn what_names_a_turn_or_a_person_names_no_session() {
    let headers = [("x-client-request-id", UUID), ("x-request-id", UUID)];
    assert_eq!(id(&headers, &json!({"previous_response_id": "resp_1"})), None);
    let users = [
        "user-42",
        "alice",
        "alice@example.com",
        "session_1234@example.com",
        "conversation",
        "convoy-1234",
        "obsession_1234",
        "my-session",
        "session_name",
        "thread-safe",
        "",
        "sk-1234",
    ];
    for user in users {
        assert_eq!(id(&[], &json!({"user": user, "metadata": {"user_id": user}})), None, "{user}");
    }
    for user in ["session_1234", "app:thread-9f00aa", "ses_4c1Ff0", "u1/conv/2024-a", "Session-ID=77ab"] {
        assert_eq!(id(&[], &json!({"user": user})), found(user, "user"));
    }
    // A cache key that an application shares among its sessions.
    assert_eq!(id(&[("user-agent", "OpenAI/Python 3")], &json!({"prompt_cache_key": "pck-1"})), None);
}

#[test]
fn impossible_ids_are_passed_over() {
    let long = "x".repeat(257);
    for bad in [long.as_str(), "a\nb", "a\u{7f}b", "  "] {
        let headers = [("x-claude-code-session-id", bad), ("x-session-id", "good")];
        assert_eq!(id(&headers, &Value::Null), found("good", "x-session-id"), "{bad:.20}");
    }
    assert!(id(&[("x-session-id", &"ü".repeat(256))], &Value::Null).is_some());
    for body in
        [json!({"metadata": {"user_id": 7}}), json!({"metadata": []}), json!({"user": {}}), json!([1])]
    {
        assert_eq!(id(&[("x-codex-turn-metadata", "{not json")], &body), None);
    }
}

#[test]
fn sub_agents_are_told_apart_within_their_session() {
    let claude = [
        ("x-claude-code-session-id", "s"),
        ("x-claude-code-agent-id", "a1"),
        ("x-claude-code-parent-agent-id", "a0"),
    ];
    let session = read(&claude, &Value::Null);
    assert_eq!((session.agent.as_deref(), session.parent_agent.as_deref()), (Some("a1"), Some("a0")));

    let billing = "x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli; cc_is_subagent=true;";
    let body = json!({"system": [{"type": "text", "text": billing}, {"type": "text", "text": "hi"}]});
    assert_eq!(read(&claude[..1], &body).agent.as_deref(), Some("subagent"));
    let body = json!({"system": [{"type": "text", "text": "quotes cc_is_subagent=true"}]});
    assert_eq!(read(&claude[..1], &body).agent, None);

    let turn = r#"{"thread_id":"t","agent_name":"/root/review","parent_thread_id":"p"}"#;
    let session = read(&[("x-codex-turn-metadata", turn)], &Value::Null);
    assert_eq!(
        (session.agent.as_deref(), session.parent_agent.as_deref()),
        (Some("/root/review"), Some("p"))
    );
    let root = r#"{"thread_id":"t","agent_name":"/root"}"#;
    assert_eq!(read(&[("x-codex-turn-metadata", root)], &Value::Null).agent, None);
    assert_eq!(read(&[("x-openai-subagent", "compact")], &Value::Null).agent.as_deref(), Some("compact"));
}
