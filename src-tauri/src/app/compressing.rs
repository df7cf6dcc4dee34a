//! The thread that compresses sessions which nobody has written to for days. Nobody waits for it, and it
//! waits for everybody.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::background;
use crate::logs::{Sweep, Swept};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The first pass leaves a start in peace.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(60 * 60);
/// The first of so many are told in each pass.
const TOLD_PROBLEMS: usize = 3;
/// The least that a thread can have of a busy processor.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;

/// The running thread.
#[derive(Debug)]
pub(super) struct Compressing {
    stop: Arc<AtomicBool>,
    /// Dropped, it ends the thread's sleep.
    awake: Sender<()>,
    thread: JoinHandle<()>,
}

impl Compressing {
    /// Starts it; `None` when sessions are never to be compressed.
    pub(super) fn start(log_dir: PathBuf, after_days: u64) -> io::Result<Option<Self>> {
        let Some(days) = u32::try_from(after_days).ok().filter(|days| *days > 0) else { return Ok(None) };
        Self::start_with(log_dir, DAY * days, FIRST_AFTER, EVERY).map(Some)
    }

    fn start_with(
        log_dir: PathBuf,
        older_than: Duration,
        first: Duration,
        every: Duration,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (awake, asleep) = mpsc::channel();
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("compressor".to_owned()).spawn(move || {
            background::give_way();
            let_everybody_go_first();
            let mut pause = first;
            while asleep.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                report(&Sweep::new(&log_dir, &stopped).compress(older_than));
                pause = every;
            }
        })?;
        Ok(Self { stop, awake, thread })
    }

    /// Ends it. What it is at stays as it was.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.awake);
        if self.thread.join().is_err() {
            tracing::error!("the thread that compresses sessions failed");
        }
    }
}

fn report(swept: &Swept) {
    for problem in swept.problems.iter().take(TOLD_PROBLEMS) {
        tracing::warn!("a session stays as it is: {problem}");
    }
    if let more @ 1.. = swept.problems.len().saturating_sub(TOLD_PROBLEMS) {
        tracing::warn!("so do {more} others; `llm-proxy compress` says why");
    }
    if swept.files > 0 {
        let Swept { files, before_bytes, after_bytes, .. } = swept;
        tracing::info!(files, before_bytes, after_bytes, "compressed sessions that nobody wrote to");
    }
}

/// (Linux keeps this for each thread; elsewhere it would be the whole process.)
fn let_everybody_go_first() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "sessions are compressed at the proxy's priority");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use super::*;

    /// A log folder with one session of 8 KB.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let day = dir.path().join("h/2026-11-23");
        fs::create_dir_all(&day).unwrap();
        let file = day.join("20261123-030829-6f9842fe.jsonl");
        fs::File::create(&file)
            .and_then(|mut file| io::Write::write_all(&mut file, &[b'\n'; 8_000]))
            .unwrap();
        (dir, file)
    }

    #[test]
    fn it_compresses_now_and_then_and_stops_at_once() {
        let (dir, file) = folder();
        let start = |older, first| {
            Compressing::start_with(dir.path().to_owned(), older, first, Duration::from_millis(1)).unwrap()
        };
        let running = start(Duration::ZERO, Duration::ZERO);
        let begun = Instant::now();
        while file.exists() {
            assert!(begun.elapsed() < Duration::from_secs(20));
            thread::yield_now();
        }
        assert!(file.with_extension("jsonl.zst").exists());
        running.stop();
        let asleep = start(Duration::ZERO, DAY);
        let begun = Instant::now();
        asleep.stop();
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn no_days_mean_never() {
        let (dir, _) = folder();
        assert!(Compressing::start(dir.path().to_owned(), 0).unwrap().is_none());
        Compressing::start(dir.path().to_owned(), 36_500).unwrap().unwrap().stop();
    }
}
