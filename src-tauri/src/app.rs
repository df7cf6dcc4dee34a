//! The only place that wires the parts together and starts threads: the proxy on runtime threads of its
//! own, the recorder on another, the journal between them.

mod background;
mod compressing;
mod report;
mod signals;

use std::io;
use std::num::NonZero;
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{broadcast, watch};
use tokio::task;

use crate::config::listener::who_listens;
use crate::config::{Config, Paths, pidfile, portfile, private_file, redaction_key};
use crate::journal::{self, Journal, Keeper, Leftovers, Limits};
use crate::logs::lock::LogLock;
use crate::model::Change;
use crate::proxy::{Bound, Connections, Proxy};
use crate::record::redact::Redactor;
use crate::recorder::{Book, Recorder};

use compressing::Compressing;

pub use report::{one_line, report_to_stderr};
pub use signals::Signals;

/// Size of a journal segment.
const SEGMENT_BYTES: u64 = 16 << 20;
/// Bytes that may wait in memory for a slow disk.
const QUEUE_BYTES: usize = 64 << 20;
/// Changes that a slow watcher may be behind before it has to ask anew.
const CHANGES: usize = 1024;

/// A running proxy with its recorder.
#[derive(Debug)]
pub struct App {
    config: Config,
    paths: Paths,
    port: u16,
    proxy: Proxy,
    journal: Journal,
    keeper: Keeper,
    changes: broadcast::Sender<Change>,
    stop: watch::Sender<bool>,
    runtime: Runtime,
    serving: task::JoinHandle<Connections>,
    recording: JoinHandle<()>,
    compressing: Option<Compressing>,
    /// Held until the last line is written.
    _lock: LogLock,
}

impl App {
    /// Starts everything. It listens when this returns. When someone else writes to the log folder, the
    /// error is a [`LockError`](crate::logs::lock::LockError), and nothing was started.
    pub fn start(config: Config, paths: &Paths, machine: String) -> anyhow::Result<Self> {
        raise_descriptor_limit();
        prepare_log_dir(&config.log_dir)?;
        let lock = LogLock::take(&config.log_dir).with_context(|| who_runs(paths))?;
        let redactor = Redactor::new(redaction_key::load_or_make(&paths.state_dir)?, config.redact_bodies);
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers())
            .thread_name("proxy")
            .enable_all()
            .build()?;
        // Before the journal: whoever finds the port taken has started no thread, and may try again.
        let bound = runtime.block_on(bind(&config))?;
        let port = bound.port();
        let (journal, tail, leftovers, keeper) =
            Journal::open(&journal::folder(&config.log_dir), limits(&config))?;
        let changes = broadcast::channel(CHANGES).0;
        let book = Book::open(config.log_dir.clone(), redactor.clone(), machine, changes.clone());
        let book =
            book.with_context(|| format!("cannot open the log folder {}", config.log_dir.display()))?;
        let proxy = Proxy::new(config.clone(), port, journal.clone(), redactor);
        let (stop, stopped) = watch::channel(false);
        let serving = runtime.spawn(bound.serve(proxy.router(), stopped));
        let recording = record(Recorder::new(tail, book), leftovers)?;
        let compressing = Compressing::start(config.log_dir.clone(), config.compress_after_days)?;
        // Shells that start want both; the portfile is the one that others watch for.
        pidfile::write(&paths.pidfile)?;
        portfile::write(&paths.portfile, port)?;
        Ok(Self {
            config,
            paths: paths.clone(),
            port,
            proxy,
            journal,
            keeper,
            changes,
            stop,
            runtime,
            serving,
            recording,
            compressing,
            _lock: lock,
        })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What changes in the store from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Passes what begins from now on without logging it, or logs it again. What runs is logged to its end.
    pub fn set_paused(&self, paused: bool) {
        self.journal.set_paused(paused);
    }

    /// Whether what begins now is passed without logging it.
    pub fn paused(&self) -> bool {
        self.journal.paused()
    }

    /// How many exchanges run.
    pub fn in_flight(&self) -> usize {
        self.journal.in_flight()
    }

    /// Stops: no new connections; those that are open may finish until `drain_timeout` has passed or
    /// `hurry` is ready; then they are cut. Everything that passed is in the log afterwards.
    pub fn stop(self, hurry: impl Future<Output = ()>) -> anyhow::Result<()> {
        let drain_timeout = self.config.drain_timeout;
        self.stop_within(drain_timeout, hurry)
    }

    /// As [`App::stop`], with another time for those that are open.
    pub fn stop_within(self, drain_timeout: Duration, hurry: impl Future<Output = ()>) -> anyhow::Result<()> {
        portfile::remove_if_ours(&self.paths.portfile, self.port);
        pidfile::remove_if_ours(&self.paths.pidfile);
        // Nobody receives when serving has ended by itself.
        let _ = self.stop.send(true);
        let drain = async {
            let mut connections = self.serving.await?;
            if !connections.is_empty() {
                tracing::info!(connections = connections.len(), "waiting for open connections to finish");
            }
            tokio::select! {
                () = connections.drained() => return Ok(()),
                () = tokio::time::sleep(drain_timeout) => {}
                () = hurry => {}
            }
            tracing::warn!(connections = connections.len(), "cutting what is still open");
            self.journal.cutting();
            connections.cut().await;
            anyhow::Ok(())
        };
        self.runtime.block_on(drain)?;
        // Ends the connections to upstreams, and with them the last taps.
        drop(self.proxy);
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        self.journal.close();
        self.recording
            .join()
            .map_err(|_| anyhow!("the recorder failed; what it missed is in the journal"))?;
        self.keeper.finish();
        if let Some(compressing) = self.compressing {
            compressing.stop();
        }
        Ok(())
    }
}

/// Runs the proxy until a signal ends it. `listening` is told the port once connections are accepted.
pub fn serve(
    config: Config,
    paths: &Paths,
    machine: String,
    listening: impl FnOnce(u16),
) -> anyhow::Result<()> {
    let app = App::start(config, paths, machine)?;
    let handle = app.runtime.handle().clone();
    let mut signals = {
        let _entered = handle.enter();
        Signals::listen()?
    };
    listening(app.port());
    handle.block_on(signals.next());
    tracing::info!("stopping");
    app.stop(async move { signals.next().await })
}

/// What to tell somebody who starts a second proxy.
fn who_runs(paths: &Paths) -> String {
    match portfile::read(&paths.portfile) {
        Some(port) => format!("a proxy is running already, on http://127.0.0.1:{port}"),
        None => "cannot start".to_owned(),
    }
}

/// As many descriptors as the system gives: every stream holds two, and the customary soft limit of
/// 1024 exists for programs that use `select`.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // What cannot be raised stays as it is; it is enough for hundreds of streams.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Private from the first moment; a folder that exists is tightened, and the user told.
fn prepare_log_dir(log_dir: &Path) -> anyhow::Result<()> {
    let found = private_file::create_dir(log_dir)
        .with_context(|| format!("the log folder {} cannot be used", log_dir.display()))?;
    if let private_file::Found::Tightened(mode) = found {
        tracing::info!(path = %log_dir.display(), old_mode = format!("{mode:o}"), "the log folder was open to others; it is private now");
    }
    Ok(())
}

/// Takes the configured port. The default one may be taken: then any free one, and the user is told
/// by whom. A port that somebody chose is not replaced behind their back.
async fn bind(config: &Config) -> anyhow::Result<Bound> {
    match Bound::to(config.port).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let by = who_listens(config.port).map_or_else(
                || "another program".to_owned(),
                |process| format!("{} (pid {})", process.name, process.pid),
            );
            if !config.port_is_default {
                return Err(anyhow!("port {} is taken by {by}; choose another with --port", config.port));
            }
            tracing::warn!("port {} is taken by {by}; taking a free one", config.port);
            Ok(Bound::to(0).await?)
        }
        bound => bound.with_context(|| format!("cannot listen on port {}", config.port)),
    }
}

/// The recorder waits for disks and databases; it has a thread of its own to do so.
fn record(recorder: Recorder, leftovers: Leftovers) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("recorder".to_owned()).spawn(move || {
        background::give_way();
        Redactor::prepare();
        runtime.block_on(recorder.run(leftovers))
    })
}

/// Threads that serve clients: at least two, so that one can wait for a hanging disk. More than there are
/// processors forward no more, and four forward more than the clients of one machine send.
fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).clamp(2, 4)
}

fn limits(config: &Config) -> Limits {
    Limits {
        segment_bytes: SEGMENT_BYTES,
        max_bytes: config.journal_max_bytes,
        queue_bytes: QUEUE_BYTES,
        writers: workers() - 1,
    }
}
