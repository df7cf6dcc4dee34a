use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::index::latest::Latest;
use crate::logs::read::{Bodies, Lines};

const SESSIONS: [&str; 2] = ["20261123-030829-6f9842fe", "20261123-030829-00000001"];

fn line(session: usize, fields: &Value) -> String {
    let mut line = json!({"_meta": {"host": "h", "machine": "m", "session": SESSIONS[session],
        "ts": "2026-11-23T03:08:29Z"}, "headers": {}, "size": 1});
    for (key, value) in fields.as_object().unwrap() {
        line[key] = value.clone();
    }
    format!("{line}\n")
}

fn start(session: usize) -> String {
    line(session, &json!({"provider": "anthropic", "type": "session_start", "upstream": "h"}))
}

/// Something said: a text, a call or a result, the tools' names and the ids being few.
fn message(at: usize, said: usize) -> Value {
    let (id, name) = (format!("t{}", said % 3), ["Bash", "Read"][said / 3 % 2]);
    let block = match said % 5 {
        0 => json!({"type": "tool_use", "id": id, "name": name, "input": {"a": said % 7}}),
        1 => json!({"type": "tool_result", "tool_use_id": id, "content": format!("result {}", said % 4)}),
        _ => json!({"type": "text", "text": format!("text {}", said % 9)}),
    };
    json!({"role": if at.is_multiple_of(2) { "user" } else { "assistant" }, "content": [block]})
}

fn request(session: usize, seq: usize, said: &[usize], is_counted: bool) -> String {
    let messages: Vec<Value> = said.iter().enumerate().map(|(at, said)| message(at, *said)).collect();
    let body = json!({"messages": messages, "system": "You are. ".repeat(200)});
    let path = if is_counted { "/v1/messages/count_tokens" } else { "/v1/messages" };
    line(
        session,
        &json!({"body": body.to_string(), "method": "POST", "path": path, "seq": seq, "type": "request"}),
    )
}

fn answer(session: usize, seq: usize) -> String {
    let body =
        json!({"role": "assistant", "content": [{"type": "text", "text": format!("text {}", seq % 9)}]});
    line(
        session,
        &json!({"body": body.to_string(), "end": "ok", "seq": seq, "status": 200,
        "timing": {"ttfb_ms": 1, "total_ms": 2}, "type": "response"}),
    )
}

/// What the lines change: read one after the other, or each as if no request had come before it.
fn ops(text: &str, is_going_on: bool) -> Vec<Op> {
    let mut interpreter = Interpreter { whole_file: true, ..Interpreter::default() };
    let (mut bodies, mut lines) = (Bodies::default(), Lines::new(text.as_bytes(), 0));
    let mut ops = Vec::new();
    while let Some(line) = lines.next_in(&mut bodies) {
        let body = bodies.latest().map_or(Body::InEntry, |(body, same, latest)| {
            if !is_going_on {
                *latest = Latest::default();
            }
            Body::After(body, if is_going_on { same } else { 0 }, latest)
        });
        let place = Line { file: "f", span: line.span, number: 0 };
        ops.extend(interpreter.apply(&line.result.unwrap(), body, place).unwrap());
    }
    ops
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 10_000 }))]
    #[test]
    fn what_was_read_before_changes_no_row(
        asked in proptest::collection::vec(
            // Whose turn, what is taken back, what is said; whether tokens are counted first, and whether there
            // is an answer.
            (0..2_usize, 0..3_usize, proptest::collection::vec(0..60_usize, 1..4), prop::bool::weighted(0.2), any::<bool>()),
            1..14,
        ),
    ) {
        let mut said: [Vec<usize>; 2] = Default::default();
        let mut lines = start(0) + &start(1);
        for (seq, (session, back, more, is_counted, is_answered)) in asked.into_iter().enumerate() {
            let said = &mut said[session];
            said.truncate(said.len().saturating_sub(back));
            said.extend(more);
            if is_counted {
                lines += &request(session, 100 + seq, said, true);
            }
            lines += &request(session, seq, said, false);
            if is_answered {
                lines += &answer(session, seq);
            }
        }
        prop_assert_eq!(ops(&lines, true), ops(&lines, false));
    }
}
