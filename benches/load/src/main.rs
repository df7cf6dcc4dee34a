//! A scripted upstream, and a load generator that measures what a loopback proxy costs: as ratios to
//! going direct and to other proxies, in interleaved rounds.

mod client;
mod procs;
mod report;
mod scenario;
mod upstream;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};

use client::{Measured, Target};
use report::{Results, Row, Rss};

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the mock upstream on 127.0.0.1.
    Upstream {
        #[arg(long, default_value_t = 9100)]
        port: u16,
    },
    /// Run scenarios against targets, round after round, targets interleaved.
    Run(RunArgs),
    /// List the scenarios.
    List,
    /// Print the tables of a result file.
    Report {
        file: PathBuf,
        #[arg(long, default_value = "direct")]
        direct: String,
        #[arg(long)]
        versus: Vec<String>,
    },
}

#[derive(Args)]
struct RunArgs {
    /// NAME=URLPREFIX; `{provider}` becomes anthropic or openai. The API path is appended.
    #[arg(long, required = true)]
    target: Vec<String>,
    /// NAME:KEY=VALUE, a request header for one target.
    #[arg(long)]
    header: Vec<String>,
    /// Names of scenarios or groups.
    #[arg(long, value_delimiter = ',', required = true)]
    scenario: Vec<String>,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Multiplies durations and counts.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Skip a target in one scenario or group: NAME:SCENARIO.
    #[arg(long)]
    skip: Vec<String>,
    /// The target that "added" is measured against.
    #[arg(long, default_value = "direct")]
    direct: String,
    /// Targets to print ratios against.
    #[arg(long)]
    versus: Vec<String>,
    #[arg(long)]
    json: Option<PathBuf>,
    #[arg(long)]
    md: Option<PathBuf>,
}

fn main() -> Result<()> {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match Cli::parse().command {
        Command::Upstream { port } => rt.block_on(upstream::serve(SocketAddr::from(([127, 0, 0, 1], port)))),
        Command::Run(args) => run(rt, args),
        Command::List => {
            for s in scenario::all() {
                println!("{:<12} {:<13} {:?}", s.name, s.group, s.load);
            }
            Ok(())
        }
        Command::Report { file, direct, versus } => {
            let r: Results = serde_json::from_slice(&std::fs::read(file)?)?;
            print!("{}", report::tables(&r, &direct, &versus));
            Ok(())
        }
    }
}

fn targets(args: &RunArgs) -> Result<Vec<Target>> {
    let mut list = Vec::new();
    for t in &args.target {
        let (name, prefix) = t.split_once('=').with_context(|| format!("--target {t}: NAME=URLPREFIX"))?;
        let target =
            Target { name: name.into(), prefix: prefix.trim_end_matches('/').into(), headers: vec![] };
        let host = prefix.strip_prefix("http://").and_then(|r| r.split(['/', ':']).next());
        if !matches!(host, Some("127.0.0.1" | "localhost")) {
            bail!("--target {t}: only loopback targets are measured");
        }
        list.push(target);
    }
    for h in &args.header {
        let (name, kv) = h.split_once(':').with_context(|| format!("--header {h}: NAME:KEY=VALUE"))?;
        let (k, v) = kv.split_once('=').with_context(|| format!("--header {h}: NAME:KEY=VALUE"))?;
        let t = list
            .iter_mut()
            .find(|t| t.name == name)
            .with_context(|| format!("--header {h}: no such target"))?;
        t.headers.push((k.into(), v.into()));
    }
    Ok(list)
}

fn run(rt: tokio::runtime::Runtime, args: RunArgs) -> Result<()> {
    let targets = targets(&args)?;
    let scenarios = scenario::pick(&args.scenario)?;
    let skipped = |t: &Target, s: &scenario::Scenario| {
        args.skip.iter().any(|k| {
            k.split_once(':').is_some_and(|(n, what)| n == t.name && (*what == *s.name || *what == *s.group))
        })
    };
    let machine = procs::machine();
    let started =
        format!("{:?}", std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs());
    let (mut rounds, mut merged) = (Vec::new(), Vec::new());
    for s in &scenarios {
        eprintln!("{}", s.name);
        let mut totals: Vec<(Measured, Rss)> =
            targets.iter().map(|_| (Measured::new(), Rss::default())).collect();
        for round in 0..args.rounds {
            // The order turns by one each round, so that no target always runs after the same one.
            for i in 0..targets.len() {
                let at = (i + round) % targets.len();
                let t = &targets[at];
                if skipped(t, s) {
                    continue;
                }
                let pids = t.port().map(procs::behind_port).unwrap_or_default();
                if pids.is_empty() {
                    eprintln!("  {}: nothing listens on its port, skipped", t.name);
                    continue;
                }
                std::thread::sleep(Duration::from_millis(150));
                let before = procs::rss_kib(&pids);
                let peak = procs::PeakRss::watch(pids.clone());
                let local = tokio::task::LocalSet::new();
                let m = local.block_on(&rt, client::run(t, s, args.scale, &pids))?;
                let rss = Rss { before_kib: before, peak_kib: peak.stop() };
                let row = Row::new(s, &t.name, Some(round), &m, &rss);
                eprintln!(
                    "  round {round} {:<14} {:>8.0} req/s  p50 {:>8.0} us  p99 {:>8.0} us  event p50 {:>6.0} us p99 {:>7.0} us  cpu/req {:>7.0} us  rss {:>6.1} MiB  err {}{}",
                    t.name,
                    row.rps,
                    row.latency_us.p50,
                    row.latency_us.p99,
                    row.event_us.p50,
                    row.event_us.p99,
                    row.cpu_us_per_request,
                    row.rss_peak_mib,
                    row.errors,
                    row.error_sample.as_deref().map(|e| format!(" ({e})")).unwrap_or_default()
                );
                let (tm, tu) = &mut totals[at];
                tm.merge(&m);
                if round == 0 {
                    tu.before_kib = before;
                }
                tu.peak_kib = tu.peak_kib.max(rss.peak_kib);
                rounds.push(row);
            }
        }
        for (t, (m, rss)) in targets.iter().zip(&totals) {
            if m.requests + m.errors > 0 {
                merged.push(Row::new(s, &t.name, None, m, rss));
            }
        }
    }
    let results = Results {
        started,
        machine,
        machine_after: procs::machine(),
        targets: targets.iter().map(|t| (t.name.clone(), t.prefix.clone())).collect(),
        scenarios: serde_json::to_value(&scenarios)?,
        rounds,
        merged,
    };
    let text = report::tables(&results, &args.direct, &args.versus);
    print!("{text}");
    if let Some(p) = &args.json {
        std::fs::write(p, serde_json::to_vec_pretty(&results)?)?;
    }
    if let Some(p) = &args.md {
        std::fs::write(p, text)?;
    }
    Ok(())
}
