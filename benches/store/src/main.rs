//! `llm-proxy-store generate`: a log folder as weeks of agents' work leave it, the same for the same arguments.

mod agent;
mod log;
mod plan;
mod random;
mod text;
mod wire;

use std::collections::BTreeSet;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::ops::RangeInclusive;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::{Args, Parser};

use agent::{Agent, Written};
use plan::Plan;
use text::Vocabulary;

#[derive(Parser)]
#[command(about, version)]
enum Arguments {
    /// Writes session files
    Generate(Generate),
}

#[derive(Args)]
struct Generate {
    /// The log folder
    folder: PathBuf,
    /// How many sessions
    #[arg(long, default_value_t = 100)]
    sessions: u64,
    /// Exchanges of each: a number, or a span such as 1..40, of which the smaller ones are more frequent
    #[arg(long, default_value = "1..40", value_parser = plan::turns)]
    turns: RangeInclusive<u64>,
    /// Bytes of all files, such as 1GB: texts are made longer or shorter for it; otherwise they are as long as
    /// a coding agent's
    #[arg(long, value_parser = plan::bytes)]
    bytes: Option<u64>,
    /// Another one gives other sessions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads that write; they do not change what is written
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

/// What was written.
#[derive(Default)]
struct Sum {
    bytes: u64,
    wire_bytes: u64,
    exchanges: u64,
    folders: BTreeSet<PathBuf>,
    /// Of the first sessions: words that no line of an answer's stream holds whole.
    split_words: Vec<(u64, String)>,
}

/// Sessions whose words are told.
const TOLD_SESSIONS: u64 = 25;

fn main() -> Result<()> {
    let Arguments::Generate(wanted) = Arguments::parse();
    let began = Instant::now();
    let vocabulary = Vocabulary::new();
    let plan = Plan { seed: wanted.seed, sessions: wanted.sessions, turns: wanted.turns.clone(), scale: 1.0 };
    let plan = match wanted.bytes {
        Some(bytes) => plan.scale_to(bytes, |plan, session| {
            Agent::new(plan, &vocabulary, session).work().log.lines.len() as u64
        }),
        None => plan,
    };
    let sum = write_all(&plan, &vocabulary, &wanted.folder, wanted.threads)?;
    let told = serde_json::json!({
        "sessions": plan.sessions, "exchanges": sum.exchanges, "bytes": sum.bytes, "wire_bytes": sum.wire_bytes,
        "seconds": began.elapsed().as_secs_f64(),
        "split_words": sum.split_words.iter().map(|(_, word)| word).collect::<Vec<_>>(),
    });
    println!("{told}");
    Ok(())
}

fn write_all(plan: &Plan, vocabulary: &Vocabulary, folder: &Path, threads: u64) -> Result<Sum> {
    let next = AtomicU64::new(0);
    let work = || -> Result<Sum> {
        let mut sum = Sum::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= plan.sessions {
                return Ok(sum);
            }
            let written = Agent::new(plan, vocabulary, number).work();
            sum.add(folder, number, written)?;
        }
    };
    let sums: Vec<Result<Sum>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().expect("no writer panics")).collect()
    });
    let mut all = Sum::default();
    for sum in sums {
        let sum = sum?;
        all.bytes += sum.bytes;
        all.wire_bytes += sum.wire_bytes;
        all.exchanges += sum.exchanges;
        all.split_words.extend(sum.split_words);
    }
    all.split_words.sort();
    Ok(all)
}

impl Sum {
    fn add(&mut self, folder: &Path, number: u64, Written { log, split_words }: Written) -> Result<()> {
        let path = log.place.under(folder);
        let parent = path.parent().context("a session's file lies in a folder")?.to_owned();
        if self.folders.insert(parent.clone()) {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&parent)
                .with_context(|| format!("cannot make {}", parent.display()))?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(&log.lines)?;
        self.bytes += log.lines.len() as u64;
        self.wire_bytes += log.wire_bytes;
        self.exchanges += log.exchanges;
        if number < TOLD_SESSIONS {
            self.split_words.extend(split_words.into_iter().map(|word| (number, word)));
        }
        Ok(())
    }
}
