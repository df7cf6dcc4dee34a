use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::logs::read::Lines;
use crate::provider::Block;

const SESSION: &str = "20261123-030829-6f9842fe";

fn meta(id: &str) -> Value {
    json!({"host": "h", "machine": "m", "request_id": id, "session": SESSION, "ts": "2026-11-23T03:08:29Z"})
}

fn request_to(path: &str, seq: u64, body: &Value) -> Value {
    json!({"_meta": meta(&format!("r{seq}")), "body": body.to_string(), "headers": {}, "method": "POST",
        "path": path, "seq": seq, "size": 1, "type": "request"})
}

fn request(seq: u64, messages: &Value) -> Value {
    request_to("/v1/messages", seq, &json!({"model": "m", "messages": messages}))
}

fn response(seq: u64, body: &Value) -> Value {
    json!({"_meta": meta(&format!("r{seq}")), "body": body.to_string(), "end": "ok", "headers": {}, "seq": seq,
        "size": 1, "status": 200, "timing": {"ttfb_ms": 1, "total_ms": 2}, "type": "response"})
}

fn answer(seq: u64, text: &str) -> Value {
    response(seq, &json!({"role": "assistant", "content": [{"type": "text", "text": text}]}))
}

fn turns_of_lines(text: &str) -> Turns {
    let (mut turns, mut bodies) = (Turns::default(), Bodies::default());
    let mut lines = Lines::new(text.as_bytes(), 0);
    while let Some(line) = lines.next_in(&mut bodies) {
        turns.take(line.result.unwrap(), &mut bodies, line.span.offset);
    }
    turns
}

fn turns(lines: &[Value]) -> Vec<Turn> {
    let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    let turns = turns_of_lines(&lines.concat());
    assert_eq!(turns.places().len(), turns.so_far().len());
    turns.so_far().to_vec()
}

/// What is new in a turn and what was answered, in short.
fn said(turn: &Turn) -> String {
    let messages = turn.new_messages.iter().chain(&turn.answer);
    let blocks = messages.flat_map(|message| &message.blocks).map(|block| match block {
        Block::Text(text) => text.clone(),
        Block::Thinking { text, .. } => format!("({text})"),
        Block::ToolCall { name, .. } => format!("{name}?"),
        Block::ToolResult { text, .. } => format!("={text}"),
        Block::Image(_) | Block::Other { .. } => "*".to_owned(),
    });
    blocks.collect::<Vec<_>>().join(" | ")
}

fn all_said(lines: &[Value]) -> Vec<String> {
    turns(lines).iter().map(said).collect()
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn assistant(text: &str) -> Value {
    json!({"role": "assistant", "content": text})
}

#[test]
fn each_message_is_shown_once_and_the_same_words_again_when_they_are_said_again() {
    let lines = [
        request(1, &json!([user("go")])),
        answer(1, "done"),
        request(2, &json!([user("go"), assistant("done"), user("yes")])),
        answer(2, "more?"),
        request(3, &json!([user("go"), assistant("done"), user("yes"), assistant("more?"), user("yes")])),
        answer(3, "done"),
    ];
    assert_eq!(all_said(&lines), ["go | done", "yes | more?", "yes | done"]);
}

#[test]
fn what_clients_tidy_up_is_no_news() {
    let thinking = json!({"role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": " done\n"},
        {"type": "tool_use", "id": "t", "name": "Bash", "input": {"b": 1, "a": 2}}]});
    let replayed = json!({"role": "assistant", "content": [{"type": "text", "text": "done"},
        {"type": "tool_use", "id": "t", "name": "Bash", "input": {"a": 2, "b": 1}}]});
    let result =
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "42"}]});
    let lines = [
        request(1, &json!([user("go")])),
        response(1, &thinking),
        request(2, &json!([user("go"), replayed, result])),
    ];
    assert_eq!(all_said(&lines), ["go | (hm) |  done\n | Bash?", "=42"]);
}

#[test]
fn one_answer_that_comes_back_in_pieces_is_no_news() {
    let lines = [
        request_to("/v1/responses", 1, &json!({"input": "go"})),
        response(
            1,
            &json!({"object": "response", "status": "completed", "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok"}]},
            {"type": "function_call", "call_id": "c", "name": "sh", "arguments": "{}"}]}),
        ),
        request_to(
            "/v1/responses",
            2,
            &json!({"input": [
            {"role": "user", "content": "go"}, {"role": "assistant", "content": "ok"},
            {"type": "function_call", "call_id": "c", "name": "sh", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "7"}]}),
        ),
    ];
    assert_eq!(all_said(&lines), ["go | ok | sh?", "=7"]);
}

#[test]
fn a_rewind_and_a_second_conversation_show_what_is_theirs() {
    let lines = [
        request(1, &json!([user("a")])),
        answer(1, "A"),
        request(2, &json!([user("a"), assistant("A"), user("b")])),
        answer(2, "B"),
        request(3, &json!([user("a"), assistant("A"), user("b2")])),
        answer(3, "B2"),
        request(4, &json!([user("sub-agent")])),
        answer(4, "S"),
    ];
    assert_eq!(all_said(&lines), ["a | A", "b | B", "b2 | B2", "sub-agent | S"]);
}

#[test]
fn a_retry_says_what_it_repeats() {
    let lines = [request(1, &json!([user("a")])), request(2, &json!([user("a")])), answer(2, "A")];
    let turns = turns(&lines);
    assert_eq!((turns[0].repeats, turns[1].repeats), (None, Some(1)));
    assert_eq!((said(&turns[0]), said(&turns[1])), ("a".to_owned(), "A".to_owned()));
    assert_eq!(turns[0].status, None);
}

#[test]
fn counting_tokens_takes_no_message_away_from_the_turn() {
    let count = json!({"model": "m", "messages": [user("a")]});
    let lines = [
        request_to("/v1/messages/count_tokens", 1, &count),
        response(1, &json!({"input_tokens": 9})),
        request(2, &json!([user("a")])),
    ];
    assert_eq!(all_said(&lines), ["", "a"]);
}

#[test]
fn a_response_without_its_request_is_shown() {
    let turns = turns(&[answer(3, "A"), request(4, &json!([user("b")]))]);
    assert_eq!(turns.iter().map(|turn| turn.seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!((turns[0].status, turns[0].method.as_str()), (Some(200), ""));
}

#[test]
fn errors_are_told_whoever_made_them() {
    let with = |body: &str| {
        let mut line = response(1, &Value::Null);
        line["status"] = 529.into();
        line["body"] = body.into();
        turns(&[request(1, &json!([user("a")])), line])[0].error.clone().unwrap()
    };
    let overloaded = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    assert_eq!(with(&overloaded.to_string()), "overloaded_error: Overloaded");
    assert_eq!(with("<h1>Bad gateway</h1>"), "<h1>Bad gateway</h1>");
}

#[test]
fn gaps_of_both_bodies_are_told() {
    let gap = |from: u64| json!([{"from": from, "bytes": 5, "reason": "journal_full"}]);
    let (mut request, mut response) = (request(1, &json!([user("a")])), answer(1, "A"));
    request["gap"] = gap(1);
    response["gap"] = gap(2);
    let gaps = turns(&[request, response])[0].gap.clone();
    assert_eq!(
        gaps.iter().map(|gap| (gap.direction, gap.from)).collect::<Vec<_>>(),
        [(Direction::Request, 1), (Direction::Response, 2)]
    );
}

/// Reads each line as if no request had come before it.
fn turns_one_by_one(text: &str) -> Turns {
    let (mut turns, mut place) = (Turns::default(), 0);
    for line in text.split_inclusive('\n') {
        let mut bodies = Bodies::default();
        let read = Lines::new(line.as_bytes(), place).next_in(&mut bodies).unwrap();
        turns.take(read.result.unwrap(), &mut bodies, read.span.offset);
        place += line.len() as u64;
    }
    turns
}

/// A conversation of one API, `said` being the numbers of what was said.
fn conversation(api: usize, instructions: &str, said: &[usize]) -> Value {
    const WORDS: [&str; 6] = ["go", "größer \"quoted\"\n", "\u{1b}[1m😀", "yes", "a \\ b", "done"];
    let cached = said.len().saturating_sub(2);
    let say = |(at, word): (usize, &usize)| {
        let (is_user, text) =
            (at.is_multiple_of(2), WORDS[word % WORDS.len()].repeat(1 + word / WORDS.len()));
        let role = if is_user { "user" } else { "assistant" };
        match api {
            0 if at >= cached => json!({"role": role, "content": [
                {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]}),
            0 => json!({"role": role, "content": [{"type": "text", "text": text}]}),
            1 | 2 => json!({"role": role, "content": text}),
            _ => json!({"role": if is_user { "user" } else { "model" }, "parts": [{"text": text}]}),
        }
    };
    let list: Vec<Value> = said.iter().enumerate().map(say).collect();
    match api {
        0 => json!({"messages": list, "model": "m", "system": instructions}),
        1 => json!({"a": instructions, "messages": list, "model": "m"}),
        2 => json!({"input": list, "instructions": instructions}),
        _ => json!({"contents": list, "systemInstruction": {"parts": [{"text": instructions}]}}),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 10_000 }))]
    #[test]
    fn what_was_read_before_changes_nothing(
        api in 0..4_usize,
        // Which of two conversations goes on, what is taken back, what is said, and what was answered.
        asked in proptest::collection::vec(
            (any::<bool>(), 0..5_usize, proptest::collection::vec(0..90_usize, 1..4), 0..12_usize), 1..14),
    ) {
        let path = ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1beta/models/m:generateContent"][api];
        let mut said: [Vec<usize>; 2] = Default::default();
        let mut lines = String::new();
        for (seq, (is_agent, back, more, answered)) in asked.into_iter().enumerate() {
            let said = &mut said[usize::from(is_agent)];
            said.truncate(said.len().saturating_sub(back));
            said.extend(more);
            let instructions = if is_agent { "An agent. " } else { "You are. " }.repeat(100);
            let body = conversation(api, &instructions, said);
            lines += &format!("{}\n", request_to(path, seq as u64, &body));
            if answered < 6 {
                lines += &format!("{}\n", answer(seq as u64, ["go", "yes", "done"][answered / 2]));
            }
        }
        let (at_once, one_by_one) = (turns_of_lines(&lines), turns_one_by_one(&lines));
        prop_assert_eq!(at_once.so_far(), one_by_one.so_far());
        prop_assert_eq!(at_once.places(), one_by_one.places());
        prop_assert_eq!((at_once.title, at_once.client_session), (one_by_one.title, one_by_one.client_session));
    }
}
