//! Files as the Go llm-proxy wrote them, in numbers: generated, then damaged. Every line that the
//! damage did not touch must come back as it was.

use std::path::Path;

use serde_json::{Value, json};

use super::{Lines, pair};
use crate::logs::layout::walk;
use crate::record::entry::{Entry, Kind};

/// A small deterministic generator (xorshift64*), so that a failing file is known by its seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn text(&mut self) -> String {
        const WORDS: [&str; 14] = [
            "hello ",
            "<b>&",
            "\"quoted\" ",
            "back\\slash ",
            "{\"_meta\":{\"type\":\"request\"}}",
            "\n",
            "\u{2028}",
            "\u{fffd}",
            "日本 ",
            "😀",
            "\u{1b}[31m",
            "\0",
            "}{",
            "data: {\"x\":1}",
        ];
        (0..self.below(12)).map(|_| WORDS[self.below(WORDS.len())]).collect()
    }

    /// RFC 3339 with Go's trimmed fraction.
    fn time(&mut self, offset: &str) -> String {
        let fraction = format!("{:09}", self.next() % 1_000_000_000);
        let fraction = fraction.trim_end_matches('0');
        let dot = if fraction.is_empty() { "" } else { "." };
        format!("2026-02-{:02}T03:08:{:02}{dot}{fraction}{offset}", 1 + self.below(28), self.below(60))
    }
}

/// One line in Go's form: keys sorted (serde_json's map sorts), `<`, `>`, `&` as escapes.
fn go_line(value: &Value) -> Vec<u8> {
    let text = value.to_string();
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .into_bytes()
}

fn meta(random: &mut Random, request_id: Option<&str>) -> Value {
    let mut meta = json!({"host": "127.0.0.1:9901", "machine": "root@vm", "session": "20261123-030829-6f9842fe", "ts": random.time("Z")});
    if let Some(id) = request_id {
        meta["request_id"] = id.into();
    }
    meta
}

/// The lines of a session: a start, exchanges (some unanswered, in old files without ids), a fork.
fn go_file(random: &mut Random) -> Vec<Value> {
    let mut lines = vec![
        json!({"_meta": meta(random, None), "provider": "anthropic", "type": "session_start", "upstream": "127.0.0.1:9901"}),
    ];
    let has_ids = random.below(3) > 0;
    for number in 1..=random.below(5) {
        let id = has_ids.then(|| format!("id-{number}"));
        let seq = if random.below(10) == 0 { 1 } else { number };
        let headers =
            if random.below(20) == 0 { Value::Null } else { json!({"X": [random.text()], "Y": ["a", "b"]}) };
        lines.push(json!({"_meta": meta(random, id.as_deref()), "body": random.text(), "headers": headers, "method": "POST", "path": random.text(), "seq": seq, "size": random.below(99), "type": "request"}));
        if random.below(5) == 0 {
            continue;
        }
        let mut response = json!({"_meta": meta(random, id.as_deref()), "headers": {}, "seq": seq, "size": 0, "status": 200, "timing": {"ttfb_ms": 0, "total_ms": 29}, "type": "response"});
        match random.below(2) {
            0 => response["body"] = random.text().into(),
            _ => {
                response["chunks"] = (0..random.below(4))
                    .map(|_| json!({"ts": random.time("+01:00"), "delta_ms": 3, "raw": random.text()}))
                    .collect()
            }
        }
        lines.push(response);
    }
    if random.below(6) == 0 {
        lines.push(json!({"_meta": meta(random, None), "from_seq": 2, "parent_session": "20261123-030829-00000000", "reason": random.text(), "type": "fork"}));
    }
    lines
}

/// What is shown of an entry, in the shape of the line it came from.
fn shown(entry: &Entry) -> Value {
    serde_json::from_slice(&entry.to_line()).unwrap()
}

/// The line with what writing it anew may change: times are in UTC, an empty map is no `null`.
fn normal(line: &Value) -> Value {
    shown(&Entry::parse(&serde_json::to_vec(line).unwrap()).unwrap())
}

fn entries(file: &[u8]) -> Vec<Value> {
    Lines::new(file, 0).filter_map(|line| line.result.ok()).map(|entry| shown(&entry)).collect()
}

#[test]
fn every_line_of_five_thousand_files_is_shown() {
    for seed in 0..5000 {
        let lines = go_file(&mut Random::new(seed));
        let file: Vec<u8> = lines.iter().flat_map(|line| [go_line(line), b"\n".to_vec()].concat()).collect();
        let read: Vec<_> = Lines::new(&file[..], 0).map(|line| line.result.unwrap()).collect();
        assert_eq!(read.len(), lines.len(), "seed {seed}");
        for (entry, line) in read.iter().zip(&lines) {
            assert_same_facts(entry, line);
        }
        let of = |kind| read.iter().filter(|entry| entry.kind() == kind).count();
        let (requests, responses) = (of(Kind::Request), of(Kind::Response));
        let exchanges = pair(read);
        assert_eq!(exchanges.len(), requests, "seed {seed}");
        assert_eq!(
            exchanges.iter().filter(|exchange| exchange.response.is_some()).count(),
            responses,
            "seed {seed}"
        );
    }
}

/// Compares an entry with its line key by key; times as instants, `null` headers as none.
fn assert_same_facts(entry: &Entry, line: &Value) {
    let shown = shown(entry);
    for (key, expected) in line.as_object().unwrap() {
        match (key.as_str(), expected) {
            ("headers", Value::Null) => assert_eq!(shown[key], json!({})),
            ("chunks", Value::Array(chunks)) => {
                for (chunk, expected) in shown[key].as_array().unwrap().iter().zip(chunks) {
                    assert_eq!(
                        (&chunk["raw"], &chunk["delta_ms"]),
                        (&expected["raw"], &expected["delta_ms"])
                    );
                    let instant = |value: &Value| {
                        crate::model::Timestamp::parse(value["ts"].as_str().unwrap()).unwrap()
                    };
                    assert_eq!(instant(chunk), instant(expected));
                }
                assert_eq!(shown[key].as_array().unwrap().len(), chunks.len());
            }
            _ => assert_eq!(shown[key], *expected, "{key}"),
        }
    }
    assert_eq!(shown.as_object().unwrap().len(), line.as_object().unwrap().len());
}

#[test]
fn no_damage_hides_a_line_that_it_did_not_touch() {
    for seed in 10_000..10_500 {
        let mut random = Random::new(seed);
        let mut lines = go_file(&mut random);
        lines.extend(go_file(&mut random));
        let damaged = random.below(lines.len());
        let (mut file, mut untouched) = (Vec::new(), Vec::new());
        for (at, line) in lines.iter().enumerate() {
            let mut text = [go_line(line), b"\n".to_vec()].concat();
            let whole = at != damaged || !damage(&mut random, &mut text);
            if whole {
                untouched.push(normal(line));
            }
            file.extend(text);
        }
        let read = entries(&file);
        let mut found = read.iter();
        for line in &untouched {
            assert!(
                found.any(|entry| entry == line),
                "seed {seed}: lost {line}\n{}",
                String::from_utf8_lossy(&file)
            );
        }
        assert!(read.len() <= untouched.len() + 1, "seed {seed}: something was made up");
    }
}

/// Damages a line; false when its text is still whole, and only its ending is gone.
fn damage(random: &mut Random, line: &mut Vec<u8>) -> bool {
    let at = random.below(line.len() - 1);
    match random.below(5) {
        // Torn, and the next line follows at once.
        0 => line.truncate(at),
        // Merged with the next line.
        1 => return line.pop().is_none(),
        2 => line[at] ^= 1 << random.below(8),
        // A hole, as a power cut leaves it.
        3 => line[at..].fill(0),
        _ => drop(line.splice(at..at, *b"\n\xff\xfe\n")),
    }
    true
}

#[test]
fn every_line_of_the_fixtures_is_shown() {
    let log_dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/go-logs"));
    let (mut lines, mut unanswered) = (0, 0);
    for file in walk(log_dir) {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.under(log_dir)).unwrap();
        let read: Vec<_> = Lines::open(log_dir, &file, 0).unwrap().map(|line| line.result.unwrap()).collect();
        assert_eq!(read.len(), text.lines().count(), "{file}");
        for (entry, line) in read.iter().zip(text.lines()) {
            assert_same_facts(entry, &serde_json::from_str(line).unwrap());
        }
        lines += read.len();
        unanswered += pair(read).iter().filter(|exchange| exchange.response.is_none()).count();
    }
    assert_eq!((lines, unanswered), (61, 3));
}
