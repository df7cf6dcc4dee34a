//! JSON results and the ratio tables made of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::client::Measured;
use crate::scenario::Scenario;

/// Percentiles in microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Percentiles {
    pub n: u64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

impl Percentiles {
    fn of(h: &Histogram<u64>) -> Self {
        let q = |q| h.value_at_quantile(q) as f64 / 1e3;
        Percentiles {
            n: h.len(),
            mean: h.mean() / 1e3,
            p50: q(0.5),
            p90: q(0.9),
            p99: q(0.99),
            p999: q(0.999),
            max: h.max() as f64 / 1e3,
        }
    }
}

/// One run (one round of one scenario against one target), or several merged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub scenario: String,
    pub target: String,
    /// Round number; `None` for the rounds merged.
    pub round: Option<usize>,
    pub requests: u64,
    pub errors: u64,
    pub error_sample: Option<String>,
    pub events: u64,
    pub elapsed_s: f64,
    pub rps: f64,
    pub events_per_s: f64,
    pub mib_up_per_s: f64,
    pub mib_down_per_s: f64,
    pub latency_us: Percentiles,
    pub ttfb_us: Percentiles,
    pub event_us: Percentiles,
    /// Share of the answers that were byte for byte the mock's, and of the requests that reached
    /// the mock byte for byte (`None`: the proxy dropped the mock's header).
    pub exact_down: f64,
    pub exact_up: Option<f64>,
    /// CPU of the processes behind the target's port (for a direct target: the mock itself).
    pub cpu_s: f64,
    pub cpu_us_per_request: f64,
    pub cpu_us_per_event: f64,
    /// CPU ÷ the time in which requests were sent: work put off counts as if it had been done meanwhile.
    pub cores: f64,
    pub rss_before_mib: f64,
    pub rss_peak_mib: f64,
}

#[derive(Default)]
pub struct Rss {
    pub before_kib: u64,
    pub peak_kib: u64,
}

impl Row {
    pub fn new(s: &Scenario, target: &str, round: Option<usize>, m: &Measured, rss: &Rss) -> Row {
        let secs = m.elapsed.as_secs_f64().max(1e-9);
        let per = |n: u64| if n == 0 { 0.0 } else { m.cpu_s * 1e6 / n as f64 };
        let share = |n: u64| if m.requests == 0 { 0.0 } else { n as f64 / m.requests as f64 };
        Row {
            scenario: s.name.clone(),
            target: target.into(),
            round,
            requests: m.requests,
            errors: m.errors,
            error_sample: m.error_sample.clone(),
            events: m.events,
            elapsed_s: secs,
            rps: m.requests as f64 / secs,
            events_per_s: m.events as f64 / secs,
            mib_up_per_s: m.bytes_up as f64 / secs / (1 << 20) as f64,
            mib_down_per_s: m.bytes_down as f64 / secs / (1 << 20) as f64,
            latency_us: Percentiles::of(&m.latency),
            ttfb_us: Percentiles::of(&m.ttfb),
            event_us: Percentiles::of(&m.event),
            exact_down: share(m.exact),
            exact_up: m.upstream_exact.map(share),
            cpu_s: m.cpu_s,
            cpu_us_per_request: per(m.requests),
            cpu_us_per_event: per(m.events),
            cores: m.cpu_s / secs,
            rss_before_mib: rss.before_kib as f64 / 1024.0,
            rss_peak_mib: rss.peak_kib as f64 / 1024.0,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub struct Results {
    pub started: String,
    pub machine: serde_json::Value,
    pub machine_after: serde_json::Value,
    pub targets: Vec<(String, String)>,
    pub scenarios: serde_json::Value,
    pub rounds: Vec<Row>,
    pub merged: Vec<Row>,
}

fn us(v: f64) -> String {
    match v {
        v if v >= 100_000.0 => format!("{:.0} ms", v / 1e3),
        v if v >= 1_000.0 => format!("{:.2} ms", v / 1e3),
        v => format!("{v:.0} \u{b5}s"),
    }
}

fn ratio(a: f64, b: f64) -> String {
    if b.abs() < 1e-9 || !a.is_finite() { "-".into() } else { format!("{:.2}x", a / b) }
}

/// Median, lowest and highest over the rounds of `f(row, row of base in the same round)`.
fn paired(
    rounds: &[Row],
    scenario: &str,
    target: &str,
    base: &str,
    f: impl Fn(&Row, &Row) -> f64,
) -> Option<(f64, f64, f64)> {
    let find =
        |t: &str, r| rounds.iter().find(|x| x.scenario == scenario && x.target == t && x.round == Some(r));
    let n = rounds.iter().filter_map(|r| r.round).max()? + 1;
    let mut v: Vec<f64> =
        (0..n).filter_map(|r| Some(f(find(target, r)?, find(base, r)?))).filter(|x| x.is_finite()).collect();
    v.sort_by(f64::total_cmp);
    Some((*v.get(v.len() / 2)?, *v.first()?, *v.last()?))
}

/// Markdown: for each scenario one row a target, "added" always against the target `direct`, and
/// one ratio column for each name in `versus`.
pub fn tables(r: &Results, direct: &str, versus: &[String]) -> String {
    let mut out = String::new();
    let mut by: BTreeMap<usize, (String, Vec<&Row>)> = BTreeMap::new();
    let order: Vec<&str> = {
        let mut seen = Vec::new();
        for x in &r.merged {
            if !seen.contains(&x.scenario.as_str()) {
                seen.push(x.scenario.as_str());
            }
        }
        seen
    };
    for x in &r.merged {
        let i = order.iter().position(|s| *s == x.scenario).unwrap_or(0);
        by.entry(i).or_insert_with(|| (x.scenario.clone(), vec![])).1.push(x);
    }
    for (_, (name, rows)) in by {
        let d = rows.iter().find(|x| x.target == direct).copied();
        let streams = rows.iter().any(|x| x.events > 0);
        let tput = name.starts_with("tput") || name.contains("burst");
        let _ = writeln!(out, "### {name}\n");
        let mut head = if tput {
            "| target | req/s | events/s | MiB/s up | MiB/s down | p50 | p99 |".to_string()
        } else if streams {
            "| target | first byte p50 (added) | event p50 (added) | event p90 added | event p99 (added) | event p99.9 |".to_string()
        } else {
            "| target | p50 (added) | p90 added | p99 (added) | p99.9 | first byte p50 |".to_string()
        };
        head.push_str(" CPU/req | CPU/event | cores | RSS peak MiB | exact down/up | errors |");
        for v in versus {
            let what = if tput { "rate" } else { "added p50" };
            let _ = write!(head, " {what} vs {v} (rounds) |");
        }
        let cols = head.matches('|').count() - 1;
        let _ = writeln!(out, "{head}\n|{}", "---|".repeat(cols));
        for x in &rows {
            let main = |x: &Row| if streams { x.event_us.clone() } else { x.latency_us.clone() };
            let (p, dp) = (main(x), d.map(main).unwrap_or_default());
            let mut line = if tput {
                format!(
                    "| {} | {:.0} | {:.0} | {:.0} | {:.0} | {} | {} |",
                    x.target,
                    x.rps,
                    x.events_per_s,
                    x.mib_up_per_s,
                    x.mib_down_per_s,
                    us(x.latency_us.p50),
                    us(x.latency_us.p99)
                )
            } else if streams {
                let dt = d.map(|d| d.ttfb_us.p50).unwrap_or(0.0);
                format!(
                    "| {} | {} ({}) | {} ({}) | {} | {} ({}) | {} |",
                    x.target,
                    us(x.ttfb_us.p50),
                    us(x.ttfb_us.p50 - dt),
                    us(p.p50),
                    us(p.p50 - dp.p50),
                    us(p.p90 - dp.p90),
                    us(p.p99),
                    us(p.p99 - dp.p99),
                    us(p.p999)
                )
            } else {
                format!(
                    "| {} | {} ({}) | {} | {} ({}) | {} | {} |",
                    x.target,
                    us(p.p50),
                    us(p.p50 - dp.p50),
                    us(p.p90 - dp.p90),
                    us(p.p99),
                    us(p.p99 - dp.p99),
                    us(p.p999),
                    us(x.ttfb_us.p50)
                )
            };
            let up = x.exact_up.map_or("?".into(), |u| format!("{:.0}%", u * 100.0));
            let _ = write!(
                line,
                " {:.0} \u{b5}s | {:.1} \u{b5}s | {:.2} | {:.1} | {:.0}%/{up} | {} |",
                x.cpu_us_per_request,
                x.cpu_us_per_event,
                x.cores,
                x.rss_peak_mib,
                x.exact_down * 100.0,
                x.errors
            );
            for v in versus {
                let cell = if x.target == direct || x.target == *v {
                    "-".to_string()
                } else if tput {
                    paired(&r.rounds, &name, &x.target, v, |a, b| a.rps / b.rps)
                        .map_or("-".into(), |(m, lo, hi)| format!("{m:.2}x ({lo:.2}-{hi:.2})"))
                } else {
                    // Added medians, each round's own, against that round's direct run.
                    let added = |t: &str| {
                        let pick = |x: &Row| if streams { x.event_us.p50 } else { x.latency_us.p50 };
                        paired(&r.rounds, &name, t, direct, |a, b| pick(a) - pick(b))
                    };
                    match (added(&x.target), added(v)) {
                        (Some((m, lo, hi)), Some((b, _, _))) => {
                            format!("{} ({}..{})", ratio(m, b), us(lo), us(hi))
                        }
                        _ => "-".into(),
                    }
                };
                let _ = write!(line, " {cell} |");
            }
            let _ = writeln!(out, "{line}");
        }
        out.push('\n');
    }
    out
}
