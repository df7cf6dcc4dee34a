//! Log lines as the recorder writes them, one by one and in generated histories.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::model::{RequestId, SessionId, Timestamp};
use crate::provider::Provider;
use crate::record::EndKind;
use crate::record::entry::{Entry, Fork, ForkTag, Meta, Request, Response, SessionStart, Timing};

pub(super) const HOST: &str = "api.anthropic.com";

pub(super) fn session(number: u32) -> SessionId {
    format!("20261123-030829-{number:08x}").parse().unwrap()
}

fn meta(session: &SessionId, id: Option<&str>, at_ms: i64) -> Meta {
    Meta {
        host: HOST.to_owned(),
        machine: "user@host".to_owned(),
        request_id: id.map(RequestId::from_log),
        session: session.clone(),
        ts: Timestamp::from_unix_ms(1_795_400_000_000 + at_ms),
    }
}

pub(super) fn start(session: &SessionId, client: Option<&str>) -> Entry {
    Entry::SessionStart(SessionStart {
        meta: meta(session, None, 0),
        client_session: client.map(str::to_owned),
        format: Some(1),
        provider: Provider::Anthropic,
        tag: Default::default(),
        upstream: HOST.to_owned(),
    })
}

/// A request with these messages, user and assistant in turn.
pub(super) fn request(session: &SessionId, id: Option<&str>, seq: u64, said: &[&str]) -> Entry {
    request_of(session, id, seq, said, None)
}

pub(super) fn request_of(
    session: &SessionId,
    id: Option<&str>,
    seq: u64,
    said: &[&str],
    client: Option<&str>,
) -> Entry {
    let mut headers =
        BTreeMap::from([("User-Agent".to_owned(), vec!["claude-cli/2.1.330 (external, cli)".to_owned()])]);
    if let Some(client) = client {
        headers.insert("X-Claude-Code-Session-Id".to_owned(), vec![client.to_owned()]);
    }
    Entry::Request(Request {
        meta: meta(session, id, seq.min(1 << 40) as i64 * 1000),
        body: json!({ "model": "claude-sonnet-4-5", "messages": messages(said) }).to_string(),
        body_b64: None,
        tail_b64: None,
        complete: true,
        content_encoding: None,
        gap: Vec::new(),
        headers,
        http_version: Some("HTTP/1.1".to_owned()),
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        query: None,
        seq,
        sha256: None,
        size: 100,
        trailers: BTreeMap::new(),
        tag: Default::default(),
    })
}

pub(super) fn messages(said: &[&str]) -> Value {
    let roles = ["user", "assistant"].into_iter().cycle();
    said.iter().zip(roles).map(|(text, role)| json!({ "role": role, "content": text })).collect()
}

pub(super) fn response(session: &SessionId, id: Option<&str>, seq: u64, text: &str) -> Entry {
    let body = json!({
        "id": format!("msg_{seq}"), "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
        "content": [{ "type": "text", "text": text }], "stop_reason": "end_turn",
        "usage": { "input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20 },
    });
    Entry::Response(Response {
        meta: meta(session, id, seq.min(1 << 40) as i64 * 1000 + 500),
        body: Some(body.to_string()),
        body_b64: None,
        tail_b64: None,
        chunks: None,
        complete: Some(true),
        content_encoding: None,
        end: Some(EndKind::Ok),
        error: None,
        gap: Vec::new(),
        headers: BTreeMap::new(),
        http_version: Some("HTTP/2".to_owned()),
        seq,
        sha256: None,
        size: 200,
        status: 200,
        timing: Timing { ttfb_ms: 100, total_ms: 500 },
        trailers: BTreeMap::new(),
        tag: Default::default(),
    })
}

fn fork(session: &SessionId) -> Entry {
    Entry::Fork(Fork {
        meta: meta(session, None, 0),
        from_seq: 1,
        parent_session: "x".to_owned(),
        reason: String::new(),
        tag: ForkTag::Tag,
    })
}

/// Several sessions whose lines run through each other: each session's lines in order, requests in
/// parallel, some without a response, some without request ids (as the Go llm-proxy wrote them),
/// some without their first line, some with a client's id.
pub(super) fn histories() -> impl Strategy<Value = Vec<Entry>> {
    let session = (0..4_u8, any::<bool>(), proptest::collection::vec((0..3_u8, 0..3_u8), 0..6));
    (proptest::collection::vec(session, 1..5), any::<u64>()).prop_map(|(sessions, seed)| {
        let files = sessions
            .into_iter()
            .enumerate()
            .map(|(at, (form, named, turns))| lines(at as u32, form, named, &turns))
            .collect();
        interleave(files, seed)
    })
}

fn lines(number: u32, form: u8, named: bool, turns: &[(u8, u8)]) -> Vec<Entry> {
    let id = session(number);
    let client = named.then(|| format!("5e0d3f0e-0000-4000-8000-{:012}", number / 2));
    let mut lines = Vec::new();
    if form != 0 {
        lines.push(start(&id, client.as_deref().filter(|_| form != 1)));
    }
    let mut held_back = None;
    for (at, (word, fate)) in turns.iter().enumerate() {
        let seq = at as u64 + 1;
        let name = format!("{number}-{seq}");
        let name = (form != 1).then_some(name.as_str());
        let said = ["Hello", "Hi", ["more", "else", "again"][usize::from(*word)]];
        lines.push(request_of(&id, name, seq, &said[..1 + 2 * (at % 2)], client.as_deref()));
        let answer = response(&id, name, seq, ["Hi", "Well", "No"][usize::from(*word)]);
        lines.extend(held_back.take());
        match fate {
            0 => lines.push(answer),
            1 => held_back = Some(answer),
            _ => lines.push(fork(&id)),
        }
    }
    lines.extend(held_back);
    lines
}

fn interleave(mut files: Vec<Vec<Entry>>, mut seed: u64) -> Vec<Entry> {
    files.iter_mut().for_each(|lines| lines.reverse());
    let mut all = Vec::new();
    loop {
        files.retain(|lines| !lines.is_empty());
        if files.is_empty() {
            return all;
        }
        // Knuth's generator: any order will do, the same for the same seed.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let at = (seed >> 33) as usize % files.len();
        all.extend(files[at].pop());
    }
}
