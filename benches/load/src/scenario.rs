//! The scenarios, all bounded in time and count.

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::wire::{Api, Spec};

/// When requests are sent.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// At a constant rate; latency counts from the moment at which a request was due.
    Open { rate: f64, conns: usize, seconds: f64 },
    /// On each connection as soon as its last answer is in: for `seconds`, or `per_conn` requests when
    /// `seconds` is 0.
    Closed { conns: usize, seconds: f64, per_conn: u64 },
}

impl Load {
    pub fn conns(self) -> usize {
        match self {
            Load::Open { conns, .. } | Load::Closed { conns, .. } => conns,
        }
    }
}

/// What is asked for, how often, and on how many connections.
#[derive(Clone, Debug, Serialize)]
pub struct Scenario {
    pub name: String,
    pub group: &'static str,
    pub api: Api,
    pub request_bytes: usize,
    pub spec: Spec,
    pub load: Load,
}

const KB: usize = 1024;
const MB: usize = 1024 * KB;
const SECOND_US: u64 = 1_000_000;
/// Between the events of a stream, as models pace them.
const PACE_US: u64 = 20_000;

/// Every scenario with a fixed name. `body-BYTES` and `streams-COUNT` come besides, of any size.
pub fn all() -> Vec<Scenario> {
    vec![
        json("seq-2k", "latency", 2 * KB, 2 * KB, closed(1, 3.0)),
        json("lat-2k", "latency", 2 * KB, 2 * KB, open(500.0, 16, 5.0)),
        json("lat-200k", "latency", 200 * KB, 2 * KB, open(50.0, 16, 5.0)),
        json("lat-2m", "latency", 2 * MB, 2 * KB, open(10.0, 8, 5.0)),
        json("lat-resp1m", "latency", 2 * KB, MB, open(20.0, 8, 5.0)),
        json("tput-32", "rate", 2 * KB, 2 * KB, closed(32, 4.0)),
        json("tput-128", "rate", 2 * KB, 2 * KB, closed(128, 4.0)),
        json("tput-200k", "rate", 200 * KB, 2 * KB, closed(16, 4.0)),
        json("tput-2m", "rate", 2 * MB, 2 * KB, closed(8, 4.0)),
        sse("sse-1", "streams", Api::Anthropic, 2 * KB, (1, 10), 150, PACE_US),
        sse("sse-10", "streams", Api::Anthropic, 2 * KB, (10, 2), 150, PACE_US),
        sse("sse-50", "streams", Api::Anthropic, 2 * KB, (50, 1), 150, PACE_US),
        sse("sse-200", "streams", Api::Anthropic, 2 * KB, (200, 1), 150, PACE_US),
        sse("sse-10-200k", "streams-more", Api::Anthropic, 200 * KB, (10, 1), 150, PACE_US),
        sse("sse-chat-10", "streams-more", Api::OpenaiChat, 2 * KB, (10, 1), 150, PACE_US),
        sse("sse-resp-10", "streams-more", Api::OpenaiResponses, 2 * KB, (10, 1), 150, PACE_US),
        sse("sse-burst-1", "burst", Api::Anthropic, 2 * KB, (1, 40), 2_000, 0),
        sse("sse-burst-8", "burst", Api::Anthropic, 2 * KB, (8, 10), 2_000, 0),
        json("answer-1g", "memory", 2 * KB, 1024 * MB, times(1, 1)),
        json("log-lag", "lag", 2 * KB, 2 * KB, open(1000.0, 32, 5.0)),
        json("index-lag", "lag", 200 * KB, 2 * KB, open(500.0, 32, 5.0)),
    ]
}

/// Scenarios by name or group, in the order of the names.
pub fn pick(names: &[String]) -> Result<Vec<Scenario>> {
    let mut picked = Vec::new();
    for name in names {
        let before = picked.len();
        picked.extend(all().into_iter().filter(|one| one.name == *name || one.group == *name));
        picked.extend(sized(name));
        if picked.len() == before {
            anyhow::bail!("no scenario or group is named {name}: see `llm-proxy-load list`");
        }
    }
    Ok(picked)
}

/// `body-BYTES`: requests of that size, one after another. `streams-COUNT`: so many streams at a time.
fn sized(name: &str) -> Option<Scenario> {
    let size = |prefix: &str| name.strip_prefix(prefix)?.parse::<usize>().context("no number").ok();
    if let Some(bytes) = size("body-") {
        // The larger, the fewer; enough of the small ones for a median.
        let count = (64 * MB / bytes.max(1)).clamp(5, 500) as u64;
        return Some(json(name, "growth", bytes, 2 * KB, times(1, count)));
    }
    let streams = size("streams-")?;
    let events = if streams > 500 { 50 } else { 100 };
    let pace_us = if streams > 500 { SECOND_US / 5 } else { PACE_US * 2 };
    Some(sse(name, "growth", Api::Anthropic, 2 * KB, (streams, 1), events, pace_us))
}

fn json(name: &str, group: &'static str, request_bytes: usize, bytes: usize, load: Load) -> Scenario {
    Scenario {
        name: name.to_owned(),
        group,
        api: Api::Anthropic,
        request_bytes,
        spec: Spec::Json { bytes },
        load,
    }
}

/// `(connections, streams on each)`.
fn sse(
    name: &str,
    group: &'static str,
    api: Api,
    request_bytes: usize,
    (conns, per_conn): (usize, u64),
    events: usize,
    delay_us: u64,
) -> Scenario {
    let spec = Spec::Sse { events, delay_us, text: 24 };
    Scenario { name: name.to_owned(), group, api, request_bytes, spec, load: times(conns, per_conn) }
}

fn open(rate: f64, conns: usize, seconds: f64) -> Load {
    Load::Open { rate, conns, seconds }
}

fn closed(conns: usize, seconds: f64) -> Load {
    Load::Closed { conns, seconds, per_conn: u64::MAX }
}

fn times(conns: usize, per_conn: u64) -> Load {
    Load::Closed { conns, seconds: 0.0, per_conn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_groups_and_sizes_are_found() {
        let names = |asked: &[&str]| -> Vec<String> {
            let asked: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
            pick(&asked).unwrap().into_iter().map(|one| one.name).collect()
        };
        assert_eq!(names(&["lat-2m", "burst"]), ["lat-2m", "sse-burst-1", "sse-burst-8"]);
        assert_eq!(names(&["body-1000", "streams-2000"]), ["body-1000", "streams-2000"]);
        assert!(pick(&["body-x".to_owned()]).is_err());
    }

    #[test]
    fn no_name_is_used_twice() {
        let names: Vec<String> = all().into_iter().map(|one| one.name).collect();
        let once: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(once.len(), names.len());
    }
}
