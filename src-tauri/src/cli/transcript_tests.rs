use serde_json::json;

use super::*;
use crate::model::Timestamp;
use crate::provider::{Client, Kind};
use crate::record::entry::Timing;

fn summary() -> SessionSummary {
    SessionSummary {
        id: "20261123-030829-6f9842fe".parse().unwrap(),
        provider: "anthropic".to_owned(),
        upstream: "api.anthropic.com".to_owned(),
        client: Some("claude-code".to_owned()),
        client_version: None,
        client_session: None,
        model: None,
        project: None,
        title: Some("a \u{1b}[31mtitle".to_owned()),
        created: Timestamp::default(),
        last_activity: Timestamp::default(),
        requests: 1,
        tokens: crate::api::types::Tokens::default(),
        cost_usd: None,
        running: false,
        file: String::new(),
    }
}

fn turn() -> Turn {
    Turn {
        seq: 1,
        started: Timestamp::parse("2026-11-23T03:08:29.42Z").unwrap(),
        kind: Kind::Chat,
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        client: Client::default(),
        model: Some("claude".to_owned()),
        status: Some(200),
        end: Some(EndKind::Ok),
        answer_finished: Some(true),
        ..Turn::default()
    }
}

fn shown(turn: Turn) -> String {
    turn_text(&turn, None)
}

#[test]
fn a_session_reads_as_a_conversation() {
    let mut turn = turn();
    turn.timing = Some(Timing { ttfb_ms: 480, total_ms: 12_340 });
    turn.usage = Some(Usage {
        input_tokens: Some(12),
        output_tokens: Some(2_000),
        cache_read_tokens: Some(0),
        ..Usage::default()
    });
    turn.new_messages = vec![Message {
        role: Role::User,
        blocks: vec![
            Block::Text("Look:\n\nhere".to_owned()),
            Block::Image(Image {
                media_type: Some("image/png".to_owned()),
                bytes: 102_400,
                ..Image::default()
            }),
        ],
    }];
    turn.answer = Some(Message {
        role: Role::Assistant,
        blocks: vec![
            Block::Thinking { text: "hm\nwell".to_owned(), redacted: false },
            Block::Text("I see.".to_owned()),
            Block::ToolCall { id: "t".to_owned(), name: "Bash".to_owned(), input: json!({"command": "ls"}) },
        ],
    });
    turn.model = Some("claude-opus-4-5".to_owned());
    let summary = SessionSummary { cost_usd: Some(1.234), ..summary() };
    let view = SessionView { summary, turns: vec![turn], bad_lines: 0 };
    let expected = "\
Session 20261123-030829-6f9842fe: claude-code, anthropic at api.anthropic.com
“a \\u{1b}[31mtitle”
Cost $1.23

── #1 · 2026-11-23 03:08:29 · claude-opus-4-5 · 200 · first byte 480 ms · 12.3 s · tokens 12 in, 2.0k out · $0.05 ──

user:
  Look:

  here
  [image/png 102 KB]

assistant:
  [thinking]
    hm
    well
  I see.
  [call Bash] {\"command\":\"ls\"}
";
    assert_eq!(text(&view), expected);
}

#[test]
fn nothing_in_a_turn_commands_the_terminal() {
    let evil = "x\u{1b}[2J\u{202e}\u{9b}y\rz";
    let blocks = vec![
        Block::Text(evil.to_owned()),
        Block::Thinking { text: evil.to_owned(), redacted: false },
        Block::ToolCall { id: evil.to_owned(), name: evil.to_owned(), input: json!({ evil: evil }) },
        Block::ToolResult {
            id: evil.to_owned(),
            text: evil.to_owned(),
            is_error: true,
            images: vec![Image::default(); 2],
        },
        Block::Image(Image {
            media_type: Some(evil.to_owned()),
            url: Some(evil.to_owned()),
            ..Image::default()
        }),
        Block::Other { kind: evil.to_owned(), json: json!(evil) },
    ];
    let messages = [Role::System, Role::User, Role::Assistant, Role::Tool]
        .map(|role| Message { role, blocks: blocks.clone() });
    let turn = Turn {
        model: Some(evil.to_owned()),
        agent: Some(evil.to_owned()),
        error: Some(evil.to_owned()),
        path: evil.to_owned(),
        method: evil.to_owned(),
        new_messages: messages.to_vec(),
        ..turn()
    };
    let mut bare = turn.clone();
    bare.new_messages.clear();
    let text = shown(turn) + &shown(bare);
    let bad = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
    assert!(!text.chars().any(bad), "{text:?}");
    assert!(text.contains("x\\u{1b}[2J\\u{202e}\\u{9b}y"), "{text}");
}

#[test]
fn what_went_wrong_is_said() {
    for (end, finished, words) in [
        (Some(EndKind::UpstreamError), None, "no response came"),
        (Some(EndKind::UpstreamTruncated), Some(false), "the upstream broke off"),
        (Some(EndKind::ClientAborted), Some(false), "the client left"),
        (Some(EndKind::ProxyKilled), Some(false), "the proxy was stopped"),
        (Some(EndKind::Refused), None, "refused"),
        (Some(EndKind::Ok), Some(false), "the answer has no end"),
        (None, Some(false), "the answer has no end"),
    ] {
        let text = shown(Turn { end, answer_finished: finished, ..turn() });
        assert!(text.contains(words) && text.matches('[').count() == 1, "{text}");
    }
    assert!(!shown(turn()).contains('['));
    let gap = MissingBytes {
        direction: Direction::Response,
        from: 21,
        bytes: 4096,
        reason: CaptureStop::JournalFull,
    };
    let text =
        shown(Turn { gap: vec![gap], error: Some("Overloaded".to_owned()), status: Some(529), ..turn() });
    assert!(
        text.contains("[error] Overloaded") && text.contains("4 KB of the response from byte 21"),
        "{text}"
    );
}

#[test]
fn requests_without_a_conversation_say_what_they_ask() {
    let text = shown(Turn { model: None, status: None, path: "/v1/models".to_owned(), ..turn() });
    assert_eq!(text, "── #1 · 2026-11-23 03:08:29 · POST /v1/models · no response in the log ──\n");
    let text = shown(Turn { repeats: Some(1), ..turn() });
    assert!(text.contains("[the same conversation as #1]"), "{text}");
}

#[test]
fn long_instructions_and_results_are_cut_and_what_people_say_is_not() {
    let long = "line\n".repeat(100);
    let with =
        |role, block| shown(Turn { new_messages: vec![Message { role, blocks: vec![block] }], ..turn() });
    let result =
        |text: String| Block::ToolResult { id: String::new(), text, is_error: false, images: vec![] };
    assert_eq!(with(Role::System, Block::Text(long.clone())).matches("line").count(), LONG_LINES);
    assert_eq!(with(Role::Tool, result(long.clone())).matches("line").count(), LONG_LINES);
    assert_eq!(with(Role::User, Block::Text(long)).matches("line").count(), 100);
    let text = with(Role::Tool, result("ä".repeat(LONG_CHARS + 500)));
    assert!(text.contains("[… 1 KB more, see --json]"), "{text}");
}
