//! The scenarios, all bounded in time and count.

use serde::Serialize;

use crate::wire::{Api, Spec};

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Constant arrival rate; latency counts from the intended send time.
    Open { rate: f64, conns: usize, seconds: f64 },
    /// Each connection sends as soon as its last answer is in: for `seconds`, or `per_conn`
    /// requests when `seconds` is 0.
    Closed { conns: usize, seconds: f64, per_conn: u64 },
}

impl Load {
    pub fn conns(self) -> usize {
        match self {
            Load::Open { conns, .. } | Load::Closed { conns, .. } => conns,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Scenario {
    pub name: &'static str,
    pub about: &'static str,
    pub group: &'static str,
    pub api: Api,
    pub request_bytes: usize,
    pub spec: Spec,
    pub load: Load,
}

const KB: usize = 1024;
const MB: usize = 1024 * 1024;

fn json(
    name: &'static str,
    group: &'static str,
    about: &'static str,
    request_bytes: usize,
    bytes: usize,
    load: Load,
) -> Scenario {
    Scenario { name, about, group, api: Api::Anthropic, request_bytes, spec: Spec::Json { bytes }, load }
}

fn sse(
    name: &'static str,
    group: &'static str,
    about: &'static str,
    api: Api,
    request_bytes: usize,
    conns: usize,
    per_conn: u64,
    events: usize,
    delay_us: u64,
) -> Scenario {
    let load = Load::Closed { conns, seconds: 0.0, per_conn };
    Scenario { name, about, group, api, request_bytes, spec: Spec::Sse { events, delay_us, text: 24 }, load }
}

fn open(rate: f64, conns: usize, seconds: f64) -> Load {
    Load::Open { rate, conns, seconds }
}

fn closed(conns: usize, seconds: f64) -> Load {
    Load::Closed { conns, seconds, per_conn: u64::MAX }
}

pub fn all() -> Vec<Scenario> {
    use Api::*;
    vec![
        json(
            "seq-2k",
            "latency",
            "one request at a time, 2 KB up, 2 KB down",
            2 * KB,
            2 * KB,
            closed(1, 3.0),
        ),
        json("lat-2k", "latency", "500/s, 2 KB up, 2 KB down", 2 * KB, 2 * KB, open(500.0, 16, 5.0)),
        json("lat-200k", "latency", "50/s, 200 KB up, 2 KB down", 200 * KB, 2 * KB, open(50.0, 16, 5.0)),
        json("lat-2m", "latency", "10/s, 2 MB up, 2 KB down", 2 * MB, 2 * KB, open(10.0, 8, 5.0)),
        json("lat-resp1m", "latency", "20/s, 2 KB up, 1 MB down", 2 * KB, MB, open(20.0, 8, 5.0)),
        json(
            "slow-2k",
            "slow",
            "20/s, 2 KB up, 2 KB down (for slow proxies)",
            2 * KB,
            2 * KB,
            open(20.0, 8, 10.0),
        ),
        json(
            "slow-200k",
            "slow",
            "5/s, 200 KB up, 2 KB down (for slow proxies)",
            200 * KB,
            2 * KB,
            open(5.0, 8, 10.0),
        ),
        json(
            "tput-32",
            "throughput",
            "closed loop, 32 connections, 2 KB up, 2 KB down",
            2 * KB,
            2 * KB,
            closed(32, 4.0),
        ),
        json(
            "tput-128",
            "throughput",
            "closed loop, 128 connections, 2 KB up, 2 KB down",
            2 * KB,
            2 * KB,
            closed(128, 4.0),
        ),
        json(
            "tput-200k",
            "throughput",
            "closed loop, 16 connections, 200 KB up, 2 KB down",
            200 * KB,
            2 * KB,
            closed(16, 4.0),
        ),
        json(
            "tput-2m",
            "throughput",
            "closed loop, 8 connections, 2 MB up, 2 KB down",
            2 * MB,
            2 * KB,
            closed(8, 4.0),
        ),
        sse("sse-1", "sse", "1 stream, 150 events 20 ms apart", Anthropic, 2 * KB, 1, 2, 150, 20_000),
        sse("sse-10", "sse", "10 streams, 150 events 20 ms apart", Anthropic, 2 * KB, 10, 2, 150, 20_000),
        sse("sse-50", "sse", "50 streams, 150 events 20 ms apart", Anthropic, 2 * KB, 50, 1, 150, 20_000),
        sse("sse-200", "sse", "200 streams, 150 events 20 ms apart", Anthropic, 2 * KB, 200, 1, 150, 20_000),
        sse(
            "sse-10-5ms",
            "sse-more",
            "10 streams, 600 events 5 ms apart",
            Anthropic,
            2 * KB,
            10,
            1,
            600,
            5_000,
        ),
        sse(
            "sse-10-200k",
            "sse-more",
            "10 streams, 150 events 20 ms apart, 200 KB up",
            Anthropic,
            200 * KB,
            10,
            1,
            150,
            20_000,
        ),
        sse(
            "sse-chat-10",
            "sse-more",
            "as sse-10, OpenAI chat completions",
            OpenaiChat,
            2 * KB,
            10,
            1,
            150,
            20_000,
        ),
        sse(
            "sse-resp-10",
            "sse-more",
            "as sse-10, OpenAI responses",
            OpenaiResponses,
            2 * KB,
            10,
            1,
            150,
            20_000,
        ),
        sse(
            "sse-burst-1",
            "burst",
            "1 stream after another, 2,000 events with no delay",
            Anthropic,
            2 * KB,
            1,
            40,
            2_000,
            0,
        ),
        sse(
            "sse-burst-8",
            "burst",
            "8 streams, 2,000 events with no delay",
            Anthropic,
            2 * KB,
            8,
            10,
            2_000,
            0,
        ),
    ]
}

/// Scenarios by name or group, in the order of `all`; `all` means every group but `slow`.
pub fn pick(names: &[String]) -> anyhow::Result<Vec<Scenario>> {
    let list = all();
    for n in names {
        if n != "all" && !list.iter().any(|s| s.name == n || s.group == n) {
            anyhow::bail!("no scenario or group is named {n}: see `llmbench list`");
        }
    }
    Ok(list
        .into_iter()
        .filter(|s| names.iter().any(|n| n == s.name || n == s.group || (n == "all" && s.group != "slow")))
        .collect())
}
