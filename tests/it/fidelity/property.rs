//! At least 10,000 generated exchanges, the same on both sides.
//!
//! `LLM_PROXY_EXCHANGES` sets how many, `LLM_PROXY_SEED` which. A failing exchange is made smaller
//! while it still fails, and printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;

use crate::support::harness::{Options, Proxy};
use crate::support::raw::Connection;

use super::compare::{differences, exceptions};
use super::exchange::{Exchange, Payload, Way};
use super::generate;
use super::scripted::{Scripted, send_in_segments};

/// Connections that run at the same time, each kept alive for all its exchanges.
const CONNECTIONS: usize = 20;

const DEFAULT_EXCHANGES: u64 = 10_000;
const DEFAULT_SEED: u64 = 20_261_123;

/// Numbers of reruns lie above all others.
const RERUNS: u64 = 1 << 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_generated_exchanges_are_equal_on_both_sides() {
    let proxy = Proxy::start(Options::default()).await;
    let upstream = Arc::new(Scripted::start().await);
    let way = Way::Proxied { proxy: proxy.addr(), upstream: upstream.addr };
    run(upstream, way, number("LLM_PROXY_EXCHANGES", DEFAULT_EXCHANGES)).await;
}

/// Without a proxy there is nothing to except: the tools of this test change nothing themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_exchanges_are_equal_without_a_proxy() {
    let upstream = Arc::new(Scripted::start().await);
    let way = Way::Direct { upstream: upstream.addr };
    run(upstream, way, 1_000).await;
}

async fn run(upstream: Arc<Scripted>, way: Way, count: u64) {
    let seed = number("LLM_PROXY_SEED", DEFAULT_SEED);
    let next = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        clients.spawn(client(Arc::clone(&upstream), way, seed, count, Arc::clone(&next)));
    }
    let failed = clients.join_all().await.into_iter().flatten().next();
    assert!(next.load(Ordering::Relaxed) >= count, "exchanges were left out");
    if let Some(plan) = failed {
        report(&upstream, way, seed, plan).await;
    }
}

/// One client: takes the next number until there are no more. Returns the exchange that failed.
async fn client(
    upstream: Arc<Scripted>,
    way: Way,
    seed: u64,
    count: u64,
    next: Arc<AtomicU64>,
) -> Option<Exchange> {
    let mut connection = Connection::open(way.addr()).await;
    loop {
        let id = next.fetch_add(1, Ordering::Relaxed);
        if id >= count {
            return None;
        }
        let plan = Arc::new(generate::exchange(seed, id));
        if !exchange(&upstream, way, &plan, &mut connection).await.is_empty() {
            next.fetch_add(count, Ordering::Relaxed);
            return Some(Exchange::clone(&plan));
        }
        if matches!(way, Way::Direct { .. }) && plan.closes() {
            connection = Connection::open(way.addr()).await;
        }
    }
}

/// Runs one exchange and says what was different.
async fn exchange(
    upstream: &Scripted,
    way: Way,
    plan: &Arc<Exchange>,
    connection: &mut Connection,
) -> Vec<String> {
    upstream.announce(plan);
    if let Err(error) = send_in_segments(connection, &plan.request_bytes(way), plan.id).await {
        return vec![format!("the request was not taken: {error}")];
    }
    let response = connection.response(&plan.method).await;
    match (upstream.take(plan.id), response) {
        (Some(seen), Ok(got)) => differences(plan, way, &seen, &got),
        (None, Ok(got)) => {
            let body = got.body.bytes.escape_ascii().to_string();
            vec![format!("no request arrived; the client got {:?}\n{body}", got.head)]
        }
        (seen, Err(broken)) => {
            vec![format!("no response: {broken:?}; request arrived: {:?}", seen.map(|seen| seen.head))]
        }
    }
}

/// Runs an exchange again on a connection of its own, under a new number.
async fn again(upstream: &Scripted, way: Way, plan: &mut Exchange) -> Vec<String> {
    static NEXT: AtomicU64 = AtomicU64::new(RERUNS);
    plan.id = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut connection = Connection::open(way.addr()).await;
    exchange(upstream, way, &Arc::new(plan.clone()), &mut connection).await
}

async fn report(upstream: &Scripted, way: Way, seed: u64, mut plan: Exchange) {
    let number = plan.id;
    let alone = again(upstream, way, &mut plan).await;
    if alone.is_empty() {
        panic!("LLM_PROXY_SEED={seed}: exchange {number} failed, but not when run alone:\n{plan:?}");
    }
    let (plan, found) = smallest(upstream, way, plan, alone.clone()).await;
    panic!(
        "LLM_PROXY_SEED={seed}: exchange {number} differs:\n{}\n\nmade smaller, it is\n{plan:?}\nand differs:\n{}\n\nallowed to differ:\n{}",
        alone.join("\n"),
        found.join("\n"),
        exceptions()
    );
}

/// Takes parts away as long as the exchange still fails.
async fn smallest(
    upstream: &Scripted,
    way: Way,
    plan: Exchange,
    found: Vec<String>,
) -> (Exchange, Vec<String>) {
    let (mut plan, mut found) = (plan, found);
    'smaller: loop {
        for mut candidate in smaller(&plan) {
            let still = again(upstream, way, &mut candidate).await;
            if !still.is_empty() {
                (plan, found) = (candidate, still);
                continue 'smaller;
            }
        }
        return (plan, found);
    }
}

/// The exchange with one thing less, in every way there is.
fn smaller(plan: &Exchange) -> Vec<Exchange> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Exchange)| {
        let mut one = plan.clone();
        change(&mut one);
        all.push(one);
    };
    if plan.target != b"/" {
        with(&|one| one.target = b"/".to_vec());
    }
    if plan.hints.is_some() {
        with(&|one| one.hints = None);
    }
    if !plan.request.bytes.is_empty() || !plan.request.trailers.is_empty() {
        with(&|one| one.request = Payload::none());
    }
    if !plan.response.bytes.is_empty() {
        with(&|one| (one.response.bytes, one.response.chunks) = (Vec::new(), Vec::new()));
    }
    for index in 0..plan.request_fields.len() {
        with(&|one| drop(one.request_fields.remove(index)));
    }
    for index in 0..plan.response_fields.len() {
        with(&|one| drop(one.response_fields.remove(index)));
    }
    all
}

fn number(variable: &str, default: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a test's own variable, which the program does not know")]
    let value = std::env::var(variable);
    value.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a whole number")))
}
