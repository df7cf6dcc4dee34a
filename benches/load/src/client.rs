//! The load generator: one thread, one keep-alive connection per worker.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::{Bytes, BytesMut};
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustix::time::Timespec;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::TcpStream;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::procs;
use crate::scenario::{Load, Scenario};
use crate::wire::{self, STAMP_DIGITS, Spec, now_ns};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Target {
    pub name: String,
    /// URL prefix with an optional `{provider}`.
    pub prefix: String,
    pub headers: Vec<(String, String)>,
}

impl Target {
    pub fn uri(&self, s: &Scenario) -> Result<Uri> {
        let url = self.prefix.replace("{provider}", s.api.provider()) + s.api.path();
        url.parse().with_context(|| format!("the URL of target {}: {url}", self.name))
    }

    pub fn port(&self) -> Option<u16> {
        self.prefix.parse::<Uri>().ok().and_then(|u| u.port_u16()).or_else(|| {
            // `{provider}` is no valid URI character: cut the path off first.
            let rest = self.prefix.strip_prefix("http://")?;
            rest.split('/').next()?.rsplit_once(':')?.1.parse().ok()
        })
    }
}

/// What one run of one scenario against one target measured. Times in nanoseconds.
pub struct Measured {
    /// From the intended send time (open loop) or the send (closed loop) to the last byte.
    pub latency: Histogram<u64>,
    /// From the actual send to the first body byte.
    pub ttfb: Histogram<u64>,
    /// From the mock's timestamp in an event to the event's closing blank line at the client.
    pub event: Histogram<u64>,
    pub requests: u64,
    pub events: u64,
    pub bytes_down: u64,
    pub bytes_up: u64,
    pub errors: u64,
    pub error_sample: Option<String>,
    /// Answers whose bytes were exactly the mock's (timestamps aside).
    pub exact: u64,
    /// Requests whose bytes the mock says it got unchanged; `None` where its header was dropped.
    pub upstream_exact: Option<u64>,
    pub elapsed: Duration,
    /// CPU of the target's processes, warm-up left out, until they have nothing left to do.
    pub cpu_s: f64,
}

impl Measured {
    pub fn new() -> Self {
        let h = || Histogram::new_with_bounds(1_000, 120_000_000_000, 3).expect("valid bounds");
        Measured {
            latency: h(),
            ttfb: h(),
            event: h(),
            requests: 0,
            events: 0,
            bytes_down: 0,
            bytes_up: 0,
            errors: 0,
            error_sample: None,
            exact: 0,
            upstream_exact: None,
            elapsed: Duration::ZERO,
            cpu_s: 0.0,
        }
    }

    pub fn merge(&mut self, o: &Measured) {
        let _ = (self.latency.add(&o.latency), self.ttfb.add(&o.ttfb), self.event.add(&o.event));
        self.requests += o.requests;
        self.events += o.events;
        self.bytes_down += o.bytes_down;
        self.bytes_up += o.bytes_up;
        self.errors += o.errors;
        self.error_sample = self.error_sample.take().or_else(|| o.error_sample.clone());
        self.exact += o.exact;
        self.upstream_exact = match (self.upstream_exact, o.upstream_exact) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.elapsed += o.elapsed;
        self.cpu_s += o.cpu_s;
    }
}

struct Worker {
    uri: Uri,
    addr: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    body_hash: u64,
    expected: (u64, u64),
    conn: Option<SendRequest<Full<Bytes>>>,
    out: Rc<RefCell<Measured>>,
}

impl Worker {
    async fn connect(&mut self) -> Result<()> {
        let stream = TcpStream::connect(&self.addr).await?;
        stream.set_nodelay(true)?;
        let (send, conn) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::task::spawn_local(async move {
            let _ = conn.await;
        });
        self.conn = Some(send);
        Ok(())
    }

    /// One request, its answer read to the end and checked.
    async fn once(&mut self, intended: Option<u64>) {
        match tokio::time::timeout(REQUEST_TIMEOUT, self.exchange(intended)).await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => self.failed(format!("{e:#}")),
            Err(_) => self.failed("timed out".into()),
        }
    }

    fn failed(&mut self, why: String) {
        self.conn = None;
        let mut m = self.out.borrow_mut();
        m.errors += 1;
        m.error_sample.get_or_insert(why);
    }

    async fn exchange(&mut self, intended: Option<u64>) -> Result<()> {
        let alive = match &mut self.conn {
            Some(c) => c.ready().await.is_ok(),
            None => false,
        };
        if !alive {
            self.connect().await?;
        }
        let mut req = Request::post(self.uri.path_and_query().map_or("/", |p| p.as_str()))
            .header("host", self.uri.authority().map_or("", |a| a.as_str()))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("user-agent", "claude-cli/2.0.0 (external, cli)")
            .header("x-app", "cli")
            .header("x-api-key", "sk-ant-api03-mock-mock-mock-mock")
            .header("anthropic-version", "2023-06-01")
            .header("anthropic-beta", "claude-code-20250219,interleaved-thinking-2025-05-14")
            .header("x-stainless-lang", "js")
            .header("x-stainless-package-version", "0.60.0")
            .header("x-stainless-os", "Linux")
            .header("x-stainless-retry-count", "0");
        for (k, v) in &self.headers {
            req = req.header(k, v);
        }
        let req = req.body(Full::new(self.body.clone()))?;

        let sent = now_ns();
        let resp = self.conn.as_mut().expect("connected").send_request(req).await?;
        let (head, mut body) = resp.into_parts();
        let mut first = None;
        let mut check = Check::new();
        let mut down = 0u64;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            let now = now_ns();
            first.get_or_insert(now);
            down += data.len() as u64;
            check.take(data, now, &self.out);
        }
        let done = now_ns();
        let (len, hash, events) = check.end();

        let mut m = self.out.borrow_mut();
        if !head.status.is_success() {
            m.errors += 1;
            m.error_sample.get_or_insert(format!("status {}", head.status));
            return Ok(());
        }
        m.requests += 1;
        m.events += events;
        m.bytes_down += down;
        m.bytes_up += self.body.len() as u64;
        m.latency.saturating_record(done.saturating_sub(intended.unwrap_or(sent)));
        m.ttfb.saturating_record(first.unwrap_or(done).saturating_sub(sent));
        if (len, hash) == self.expected {
            m.exact += 1;
        }
        if let Some(seen) = head.headers.get("x-mock-req-xxh3") {
            let same = seen.as_bytes() == format!("{:016x}", self.body_hash).as_bytes();
            *m.upstream_exact.get_or_insert(0) += same as u64;
        }
        Ok(())
    }
}

/// Splits an answer into SSE events, takes their latencies and hashes everything with the
/// timestamps zeroed. A JSON answer is one "event" without a timestamp.
struct Check {
    hash: Xxh3,
    len: u64,
    buf: BytesMut,
    events: u64,
}

impl Check {
    fn new() -> Self {
        Check { hash: Xxh3::new(), len: 0, buf: BytesMut::new(), events: 0 }
    }

    fn take(&mut self, data: Bytes, now: u64, out: &Rc<RefCell<Measured>>) {
        self.len += data.len() as u64;
        let from = self.buf.len().saturating_sub(1);
        self.buf.extend_from_slice(&data);
        let mut search = from;
        while let Some(at) = memchr::memmem::find(&self.buf[search..], b"\n\n") {
            let mut event = self.buf.split_to(search + at + 2);
            search = 0;
            if let Some(stamp) = zero_stamp(&mut event) {
                self.events += 1;
                out.borrow_mut().event.saturating_record(now.saturating_sub(stamp));
            }
            self.hash.update(&event);
        }
    }

    fn end(mut self) -> (u64, u64, u64) {
        self.hash.update(&self.buf);
        (self.len, self.hash.digest(), self.events)
    }
}

/// Reads `@` and 19 digits, and writes zeros over the digits.
fn zero_stamp(event: &mut [u8]) -> Option<u64> {
    let at = memchr::memchr(b'@', event)? + 1;
    let digits = event.get_mut(at..at + STAMP_DIGITS)?;
    let mut n = 0u64;
    for d in digits.iter() {
        if !d.is_ascii_digit() {
            return None;
        }
        n = n * 10 + (d - b'0') as u64;
    }
    digits.fill(b'0');
    Some(n)
}

/// Sleeps until CLOCK_MONOTONIC reads `at`, to tens of microseconds: tokio's timer alone has a
/// 1 ms grain, so it covers the long part and the kernel's high-resolution timer the last bit.
async fn sleep_until_ns(at: u64, timer: &TimerFd) {
    if at > now_ns() {
        timer.wait(at).await;
    }
}

struct TimerFd(AsyncFd<OwnedFd>);

impl TimerFd {
    fn new() -> Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        // SAFETY: the AsyncFd owns the descriptor, so it stays open for as long as it is registered.
        let registered = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE)? };
        Ok(TimerFd(registered))
    }

    async fn wait(&self, at: u64) {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, timerfd_settime};
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let it_value = Timespec { tv_sec: (at / 1_000_000_000) as _, tv_nsec: (at % 1_000_000_000) as _ };
        let _ =
            timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &Itimerspec { it_interval: zero, it_value });
        loop {
            let Ok(mut guard) = self.0.readable().await else { return };
            let mut ticks = [0u8; 8];
            if rustix::io::read(&self.0, &mut ticks).is_ok() {
                return;
            }
            guard.clear_ready();
        }
    }
}

/// Runs `s` against `t`, bounded in time and count.
pub async fn run(t: &Target, s: &Scenario, scale: f64, pids: &[u32]) -> Result<Measured> {
    let out = Rc::new(RefCell::new(Measured::new()));
    let uri = t.uri(s)?;
    let conns = s.load.conns();
    let expected = wire::expected(s.api, s.spec);
    let mut workers = Vec::new();
    for i in 0..conns {
        let body = Bytes::from(wire::request_body(s.api, s.spec, s.request_bytes, 1 + i as u64));
        workers.push(Worker {
            addr: format!("{}:{}", uri.host().unwrap_or("127.0.0.1"), uri.port_u16().unwrap_or(80)),
            uri: uri.clone(),
            headers: t.headers.clone(),
            body_hash: xxh3_64(&body),
            body,
            expected,
            conn: None,
            out: out.clone(),
        });
    }

    // Warm-up, all at once, so that both sides' connections stand; a stream warms up with a short one.
    let warm_spec = match s.spec {
        Spec::Sse { .. } => Spec::Sse { events: 3, delay_us: 10_000, text: 8 },
        json => json,
    };
    let mut warm = tokio::task::JoinSet::new();
    for (i, mut w) in workers.drain(..).enumerate() {
        let short =
            Bytes::from(wire::request_body(s.api, warm_spec, s.request_bytes.min(200 * 1024), 1 + i as u64));
        warm.spawn_local(async move {
            let real = std::mem::replace(&mut w.body, short);
            for _ in 0..2 {
                w.once(None).await;
            }
            w.body = real;
            w
        });
    }
    while let Some(w) = warm.join_next().await {
        workers.push(w?);
    }
    if let Some(e) = out.borrow_mut().error_sample.take() {
        eprintln!("  warm-up of {} met: {e}", t.name);
    }
    *out.borrow_mut() = Measured::new();

    tokio::time::sleep(Duration::from_millis(50)).await;
    let cpu = procs::Cpu::of(pids);
    let start = now_ns() + 5_000_000;
    let mut tasks = tokio::task::JoinSet::new();
    match s.load {
        Load::Open { rate, seconds, .. } => {
            // Worker k takes arrivals k, k+conns, ...; a late worker sends late and the wait counts.
            let total = (rate * seconds * scale).ceil() as u64;
            for (k, mut w) in workers.into_iter().enumerate() {
                let timer = TimerFd::new()?;
                tasks.spawn_local(async move {
                    let mut i = k as u64;
                    while i < total {
                        let at = start + (i as f64 / rate * 1e9) as u64;
                        sleep_until_ns(at, &timer).await;
                        w.once(Some(at)).await;
                        i += conns as u64;
                    }
                });
            }
        }
        Load::Closed { seconds, per_conn, .. } => {
            let until = start + (seconds * scale * 1e9) as u64;
            let per_conn =
                if seconds > 0.0 { per_conn } else { ((per_conn as f64 * scale).ceil() as u64).max(1) };
            // Paced streams start spread over one pace, so that events do not come in lock-step.
            let spread = match s.spec {
                Spec::Sse { delay_us, .. } => delay_us * 1000 / conns as u64,
                _ => 0,
            };
            for (k, mut w) in workers.into_iter().enumerate() {
                let timer = TimerFd::new()?;
                tasks.spawn_local(async move {
                    sleep_until_ns(start + k as u64 * spread, &timer).await;
                    for _ in 0..per_conn {
                        if seconds > 0.0 && now_ns() >= until {
                            break;
                        }
                        w.once(None).await;
                    }
                });
            }
        }
    }
    while let Some(r) = tasks.join_next().await {
        r?;
    }
    let elapsed = Duration::from_nanos(now_ns().saturating_sub(start));
    let mut m = out.replace(Measured::new());
    m.elapsed = elapsed;
    m.cpu_s = cpu.until_quiet(pids).await;
    Ok(m)
}
