//! CPU time and resident memory of the processes behind a listening port, from /proc.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Processes that used less than this share of one processor for so long have nothing left to do.
const QUIET_SHARE: f64 = 0.03;
const QUIET_FOR: Duration = Duration::from_millis(400);
/// So long is waited for that: a recorder may be behind by what its journal holds.
const QUIET_WITHIN: Duration = Duration::from_secs(60);

/// The processes that hold the listening socket of `port`, and their descendants.
pub fn behind_port(port: u16) -> Vec<u32> {
    let mut inodes = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let f: Vec<&str> = line.split_whitespace().collect();
            let listens = f.len() > 9 && f[3] == "0A";
            if listens && f[1].rsplit(':').next().and_then(|p| u16::from_str_radix(p, 16).ok()) == Some(port)
            {
                inodes.insert(format!("socket:[{}]", f[9]));
            }
        }
    }
    let mut holders = BTreeSet::new();
    let mut parent = HashMap::new();
    for pid in pids() {
        if let Some(s) = stat(pid) {
            parent.insert(pid, s.ppid);
        }
        for fd in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            if let Ok(target) = fs::read_link(fd.path())
                && inodes.contains(target.to_string_lossy().as_ref())
            {
                holders.insert(pid);
            }
        }
    }
    let mut all = holders.clone();
    loop {
        let more: Vec<u32> =
            parent.iter().filter(|(p, pp)| all.contains(pp) && !all.contains(p)).map(|(p, _)| *p).collect();
        if more.is_empty() {
            return all.into_iter().collect();
        }
        all.extend(more);
    }
}

fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok())
}

struct Stat {
    ppid: u32,
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let s = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command may hold spaces and brackets: fields count from after the last ')'.
    let f: Vec<&str> = s[s.rfind(')')? + 2..].split(' ').collect();
    Some(Stat { ppid: f[1].parse().ok()?, ticks: f[11].parse::<u64>().ok()? + f[12].parse::<u64>().ok()? })
}

/// CPU time used so far, to be compared with a later reading.
pub struct Cpu {
    /// Nanoseconds on the CPU for each thread: exact, but gone with the thread.
    threads: HashMap<(u32, u32), u64>,
    /// Whole processes, in seconds: in 10 ms steps, but with ended threads in it.
    total_s: f64,
}

impl Cpu {
    pub fn of(pids: &[u32]) -> Cpu {
        let mut threads = HashMap::new();
        for pid in pids {
            for t in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
                let ns = fs::read_to_string(t.path().join("schedstat"))
                    .ok()
                    .and_then(|s| s.split(' ').next()?.parse().ok());
                if let (Some(tid), Some(ns)) = (t.file_name().to_str().and_then(|s| s.parse().ok()), ns) {
                    threads.insert((*pid, tid), ns);
                }
            }
        }
        let hz = rustix::param::clock_ticks_per_second() as f64;
        let total_s = pids.iter().filter_map(|p| stat(*p)).map(|s| s.ticks as f64).sum::<f64>() / hz;
        Cpu { threads, total_s }
    }

    /// Seconds of CPU between `self` and the moment at which the processes have nothing left to do. What a proxy
    /// puts off until its clients have their answers, such as logging, is part of what their requests cost; and
    /// whoever is measured next has the machine to itself.
    pub async fn until_quiet(&self, pids: &[u32]) -> f64 {
        let began = Instant::now();
        let mut used_s = self.since(pids);
        loop {
            tokio::time::sleep(QUIET_FOR).await;
            let now_s = self.since(pids);
            if now_s - used_s <= QUIET_SHARE * QUIET_FOR.as_secs_f64() {
                return now_s;
            }
            if began.elapsed() >= QUIET_WITHIN {
                eprintln!("  still busy {QUIET_WITHIN:?} after the last answer: counted until then");
                return now_s;
            }
            used_s = now_s;
        }
    }

    /// Seconds of CPU between `self` and now.
    fn since(&self, pids: &[u32]) -> f64 {
        let now = Cpu::of(pids);
        let exact: u64 =
            now.threads.iter().map(|(t, ns)| ns.saturating_sub(*self.threads.get(t).unwrap_or(&0))).sum();
        let coarse = now.total_s - self.total_s - 0.01 * pids.len() as f64;
        (exact as f64 / 1e9).max(coarse)
    }
}

pub fn rss_kib(pids: &[u32]) -> u64 {
    let page = rustix::param::page_size() as u64 / 1024;
    pids.iter()
        .filter_map(|p| fs::read_to_string(format!("/proc/{p}/statm")).ok())
        .filter_map(|s| s.split(' ').nth(1)?.parse::<u64>().ok())
        .sum::<u64>()
        * page
}

/// Samples the summed RSS every 20 ms until stopped.
pub struct PeakRss {
    stop: Arc<AtomicBool>,
    peak: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl PeakRss {
    pub fn watch(pids: Vec<u32>) -> PeakRss {
        let (stop, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (s, p) = (stop.clone(), peak.clone());
        let thread = std::thread::spawn(move || {
            while !s.load(Ordering::Relaxed) {
                p.fetch_max(rss_kib(&pids), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        PeakRss { stop, peak, thread }
    }

    pub fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
        self.peak.load(Ordering::Relaxed)
    }
}

pub fn machine() -> serde_json::Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": ").map(|x| x.1.to_string()));
    serde_json::json!({
        "cpu": model,
        "cores": std::thread::available_parallelism().map_or(0, |n| n.get()),
        "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "loadavg": fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn work_that_goes_on_is_counted_to_its_end() {
        let works =
            "echo begun; i=0; while [ $i -lt 2000000 ]; do i=$((i+1)); done; echo done; exec sleep 60";
        let mut child =
            Command::new("sh").args(["-c", works]).stdout(Stdio::piped()).spawn().expect("sh starts");
        let pids = [child.id()];
        let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
        said.read_line(&mut String::new()).expect("it begins");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let counted_s = runtime.block_on(Cpu::of(&pids).until_quiet(&pids));
        child.kill().expect("it still sleeps");
        child.wait().expect("it has ended");
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("what it said");
        assert_eq!(rest, "done\n");
        assert!(counted_s > QUIET_FOR.as_secs_f64(), "{counted_s}");
    }
}
