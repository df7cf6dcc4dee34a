//! The built binary as its users run it, in a home of its own.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::JoinSet;

use super::upstream::Upstream;

/// How long any wait lasts before the test fails.
const DEADLINE: Duration = Duration::from_secs(20);

/// How often the log folder is looked at while a test waits for it.
const POLL: Duration = Duration::from_millis(5);

/// What differs from `llm-proxy serve --port 0` with no configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Text of `~/.config/llm-proxy/config.toml`; empty for no file.
    pub(crate) config: String,
    /// More arguments for `serve`.
    pub(crate) args: Vec<String>,
    /// More environment variables; the caller's own environment is not passed on.
    pub(crate) env: Vec<(String, String)>,
    /// A shell script that runs first, in mount and user namespaces of its own, and is replaced by the
    /// proxy: limits, small file systems. `$LOGS` is the log folder.
    pub(crate) before: Option<String>,
}

/// A proxy that runs, or ran, in a private home. It is killed when dropped.
pub(crate) struct Proxy {
    home: TempDir,
    options: Options,
    running: Option<Running>,
    stderr: Arc<Mutex<String>>,
}

struct Running {
    child: Child,
    addr: SocketAddr,
    _readers: JoinSet<()>,
}

impl Proxy {
    /// Starts the binary and waits until it listens.
    pub(crate) async fn start(options: Options) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        if !options.config.is_empty() {
            write_config(home.path(), &options.config);
        }
        let mut proxy = Self { home, options, running: None, stderr: Arc::default() };
        proxy.launch().await;
        proxy
    }

    /// Starts it again, in the same home and on a new port, after `stop` or `kill`.
    pub(crate) async fn restart(&mut self) {
        assert!(self.running.is_none(), "stop or kill the proxy before it is started again");
        self.launch().await;
    }

    /// Asks it to stop, as a service manager does, and expects a clean exit.
    pub(crate) async fn stop(&mut self) {
        let status = self.end(Signal::TERM).await;
        assert!(status.success(), "stopped with {status}; stderr:\n{}", self.stderr());
    }

    /// Ends it at once, as a crash does.
    pub(crate) async fn kill(&mut self) {
        self.end(Signal::KILL).await;
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.running.as_ref().expect("the proxy runs").addr
    }

    /// The process id, for tests that measure the process.
    pub(crate) fn pid(&self) -> u32 {
        self.running.as_ref().and_then(|running| running.child.id()).expect("the proxy runs")
    }

    /// The base URL under which a client of `provider` reaches `upstream` through the proxy.
    pub(crate) fn url(&self, provider: &str, upstream: &Upstream) -> String {
        format!("http://{}/{provider}/{}", self.addr(), upstream.addr)
    }

    /// The private home.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where the logs are.
    pub(crate) fn log_dir(&self) -> PathBuf {
        self.home.path().join(".llm-provider-logs")
    }

    /// Everything the proxy wrote to stderr so far, over all its starts.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A command of the same binary in the same home, with arguments still to be given.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llm-proxy"));
        let home = self.home.path();
        command.env_clear().env("HOME", home).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.env("XDG_CONFIG_HOME", home.join(".config")).env("XDG_STATE_HOME", home.join(".local/state"));
        command.env("XDG_DATA_HOME", home.join(".local/share")).env("XDG_CACHE_HOME", home.join(".cache"));
        command.env("XDG_RUNTIME_DIR", runtime_dir(home));
        command.envs(self.options.env.iter().cloned()).kill_on_drop(true);
        command
    }

    /// All lines of all log files: files in order of their paths, lines in order of writing. A last line
    /// without its line end is still being written, or was torn by a kill, and is left out.
    pub(crate) fn logs(&self) -> Vec<Value> {
        let seen = if self.options.before.is_some() { self.seen_log_dir() } else { self.log_dir() };
        let mut files = Vec::new();
        collect_files(&seen, &mut files);
        files.sort();
        files.iter().flat_map(|file| read_lines(file)).collect()
    }

    /// Waits until the log lines satisfy `condition`, and returns them; `what` names it in a failure.
    pub(crate) async fn await_log(&self, what: &str, condition: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let lines = self.logs();
            if condition(&lines) {
                return lines;
            }
            assert!(
                begun.elapsed() < DEADLINE,
                "no {what} in the log within {DEADLINE:?}; lines: {lines:#?}\nstderr:\n{}",
                self.stderr()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// The log folder as the proxy sees it: its mounts may be its own.
    pub(crate) fn seen_log_dir(&self) -> PathBuf {
        let inside = self.log_dir();
        PathBuf::from(format!("/proc/{}/root{}", self.pid(), inside.display()))
    }

    fn serve_command(&self) -> Command {
        let Some(script) = &self.options.before else {
            let mut command = self.command();
            command.arg("serve");
            return command;
        };
        let logs = self.log_dir();
        std::fs::create_dir_all(&logs).expect("the private home is writable");
        let plain = self.command();
        let mut command = Command::new("unshare");
        command.env_clear().envs(plain.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("LOGS", logs).kill_on_drop(true);
        command.args(["--user", "--map-root-user", "--mount", "sh", "-ec"]);
        command.arg(format!("{script}\nexec \"$@\"")).args(["sh", env!("CARGO_BIN_EXE_llm-proxy"), "serve"]);
        command
    }

    async fn launch(&mut self) {
        let mut command = self.serve_command();
        command.args(["--port", "0"]).args(&self.options.args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the built binary starts");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let stderr = child.stderr.take().expect("stderr is piped");
        let mut readers = JoinSet::new();
        readers.spawn(copy_stderr(stderr, Arc::clone(&self.stderr)));
        let first_line = tokio::time::timeout(DEADLINE, first_line(stdout, &mut readers)).await;
        let addr = first_line.ok().as_deref().and_then(listening_addr);
        match addr {
            Some(addr) => self.running = Some(Running { child, addr, _readers: readers }),
            None => self.fail_to_start(child, readers).await,
        }
    }

    /// Waits for the rest of stderr, so that the failure says why.
    async fn fail_to_start(&self, mut child: Child, readers: JoinSet<()>) -> ! {
        let _already_gone = child.start_kill();
        let status = child.wait().await;
        readers.join_all().await;
        panic!("no line 'listening on http://…' on stdout; {status:?}; stderr:\n{}", self.stderr());
    }

    async fn end(&mut self, signal: Signal) -> ExitStatus {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("the proxy runs");
        let mut running = self.running.take().expect("the proxy runs");
        match tokio::time::timeout(DEADLINE, running.child.wait()).await {
            Ok(status) => status.expect("the proxy is our child"),
            Err(_) => panic!("still running {DEADLINE:?} after {signal:?}; stderr:\n{}", self.stderr()),
        }
    }
}

/// A failing test shows what the proxy had to say.
impl Drop for Proxy {
    #[expect(clippy::print_stderr, reason = "the test's output is where its failure is explained")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the proxy's stderr:\n{}", self.stderr());
        }
    }
}

/// The first line of stdout; the rest is read and dropped, so that the pipe never fills.
async fn first_line(mut stdout: BufReader<ChildStdout>, readers: &mut JoinSet<()>) -> String {
    let mut line = String::new();
    stdout.read_line(&mut line).await.expect("stdout is text");
    readers.spawn(async move {
        let mut rest = Vec::new();
        let _closed = stdout.read_to_end(&mut rest).await;
    });
    line
}

fn listening_addr(line: &str) -> Option<SocketAddr> {
    line.trim_end().strip_prefix("listening on http://")?.parse().ok()
}

async fn copy_stderr(mut stderr: ChildStderr, text: Arc<Mutex<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
        let part = String::from_utf8_lossy(&buffer[..length]);
        text.lock().unwrap_or_else(PoisonError::into_inner).push_str(&part);
    }
}

fn write_config(home: &Path, text: &str) {
    let folder = home.join(".config/llm-proxy");
    std::fs::create_dir_all(&folder).expect("the private home is writable");
    let file = std::fs::File::create(folder.join("config.toml"));
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("the private home is writable");
}

/// `$XDG_RUNTIME_DIR` must exist, and be its owner's alone.
fn runtime_dir(home: &Path) -> PathBuf {
    use std::os::unix::fs::DirBuilderExt;
    let folder = home.join("run");
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .expect("the private home is writable");
    folder
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
}

fn read_lines(file: &Path) -> Vec<Value> {
    let bytes = std::fs::read(file).unwrap_or_default();
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole.enumerate().map(|(index, line)| parse_line(file, index + 1, line)).collect()
}

fn parse_line(file: &Path, number: usize, line: &[u8]) -> Value {
    let parsed = serde_json::from_slice(line);
    parsed.unwrap_or_else(|error| panic!("{}:{number}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{Options, Proxy};

    #[tokio::test]
    async fn a_proxy_starts_again_in_its_home_after_a_stop_and_after_a_kill() {
        let mut proxy = Proxy::start(Options::default()).await;
        let mark = proxy.home().join("mark");
        std::fs::File::create(&mark).expect("the private home is writable");
        proxy.stop().await;
        proxy.restart().await;
        proxy.kill().await;
        proxy.restart().await;
        tokio::net::TcpStream::connect(proxy.addr()).await.expect("it accepts once it says so");
        assert!(mark.exists());
        proxy.stop().await;
    }

    #[tokio::test]
    async fn log_lines_are_read_in_order_and_an_unfinished_one_is_left_out() {
        let mut proxy = Proxy::start(Options::default()).await;
        proxy.stop().await;
        for (day, text) in [("2026-01-02", "{\"n\":3}\n{\"n\":"), ("2026-01-01", "{\"n\":1}\n{\"n\":2}\n")] {
            let folder = proxy.log_dir().join("127.0.0.1").join(day);
            std::fs::create_dir_all(&folder).expect("the private home is writable");
            let file = std::fs::File::create(folder.join("session.jsonl"));
            file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
                .expect("writable");
        }
        let numbers: Vec<_> = proxy.logs().iter().map(|line| line["n"].clone()).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
}
