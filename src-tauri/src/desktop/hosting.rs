//! The proxy behind the tray: it runs here, or another process of the user has it, or it does not run and
//! the tray says why. Whoever has it, there is one writer of the log.

use std::mem;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use tauri::async_runtime::block_on;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Launch;
use crate::api::explorer::types::ChangeNote;
use crate::api::query::Archive;
use crate::api::{index_file, probe};
use crate::app::{self, App};
use crate::config::{self, Config, machine_name};
use crate::logs::lock::LockError;
use crate::menu::Standing;
use crate::model::Change;

/// How often the index of another process's proxy is looked at.
const TICK: Duration = Duration::from_secs(1);
/// After so many ticks a start is tried again while someone else has the log folder.
const RETRY_TICKS: u32 = 5;
/// Notes that a slow watcher may be behind.
const NOTES: usize = 1024;

/// The proxy, as the tray application has it.
pub(super) struct Hosting {
    pub(super) launch: Launch,
    state: Mutex<State>,
    notes: broadcast::Sender<ChangeNote>,
    /// Asks for another try to start.
    again: Sender<()>,
}

struct State {
    proxy: Proxy,
    /// What the recorder cannot write, in words.
    problem: Option<String>,
    archive: Archive,
}

enum Proxy {
    Here(Box<App>),
    /// Another process has it, on this port.
    Elsewhere(u16),
    /// Someone else has the log folder and gives no sign of a proxy.
    Waiting(String),
    Failed(String),
    Ending,
}

/// What there is to stop.
pub(super) enum Taken {
    /// The proxy.
    Proxy(Box<App>),
    /// It does not run here.
    Nothing,
    /// Whoever took it before is stopping it.
    Before,
}

impl Hosting {
    /// Starts the proxy, or finds out why not. What fails here is the machine's, not the proxy's.
    pub(super) fn start(launch: Launch) -> anyhow::Result<Arc<Self>> {
        let (again, asked) = channel();
        let archive = open_archive(&Config::defaults(&launch.paths).log_dir);
        let state = State { proxy: Proxy::Failed(String::new()), problem: None, archive };
        let notes = broadcast::channel(NOTES).0;
        let hosting = Arc::new(Self { launch, state: Mutex::new(state), notes, again });
        hosting.attempt();
        let retrying = Arc::clone(&hosting);
        thread::Builder::new().name("hosting".to_owned()).spawn(move || retrying.keep_trying(&asked))?;
        Ok(hosting)
    }

    /// How the proxy stands.
    pub(super) fn standing(&self) -> Standing {
        match &self.state().proxy {
            Proxy::Here(app) if app.paused() => Standing::Paused(app.port()),
            Proxy::Here(app) => Standing::Running(app.port()),
            Proxy::Elsewhere(port) => Standing::Attached(*port),
            Proxy::Waiting(reason) => Standing::Waiting(reason.clone()),
            Proxy::Failed(reason) => Standing::Failed(reason.clone()),
            Proxy::Ending => Standing::Ending,
        }
    }

    /// What is not recorded although the proxy runs.
    pub(super) fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    /// The log folder and its index.
    pub(super) fn archive(&self) -> Archive {
        self.state().archive.clone()
    }

    /// What changes from now on.
    pub(super) fn changes(&self) -> broadcast::Receiver<ChangeNote> {
        self.notes.subscribe()
    }

    /// Tells watchers.
    pub(super) fn tell(&self, note: ChangeNote) {
        // Nobody may be watching.
        let _ = self.notes.send(note);
    }

    /// Whether the proxy runs here, so that it could be paused.
    pub(super) fn set_paused(&self, paused: bool) -> bool {
        let here = match &self.state().proxy {
            Proxy::Here(app) => {
                app.set_paused(paused);
                true
            }
            Proxy::Elsewhere(_) | Proxy::Waiting(_) | Proxy::Failed(_) | Proxy::Ending => false,
        };
        self.tell(ChangeNote::Host);
        here
    }

    /// How many exchanges a stop would cut.
    pub(super) fn in_flight(&self) -> usize {
        match &self.state().proxy {
            Proxy::Here(app) => app.in_flight(),
            Proxy::Elsewhere(_) | Proxy::Waiting(_) | Proxy::Failed(_) | Proxy::Ending => 0,
        }
    }

    /// Takes the proxy out, for whoever stops it. From then on none is started any more.
    pub(super) fn take(&self) -> Taken {
        let taken = mem::replace(&mut self.state().proxy, Proxy::Ending);
        self.tell(ChangeNote::Host);
        match taken {
            Proxy::Here(app) => Taken::Proxy(app),
            Proxy::Elsewhere(_) | Proxy::Waiting(_) | Proxy::Failed(_) => Taken::Nothing,
            Proxy::Ending => Taken::Before,
        }
    }

    /// Has the proxy tried to be started at once.
    pub(super) fn try_again(&self) {
        // The thread ends with the application only.
        let _ = self.again.send(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_trying(self: &Arc<Self>, asked: &Receiver<()>) {
        let mut seen = None;
        for tick in 1_u32.. {
            let asked = match asked.recv_timeout(TICK) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let (elsewhere, due) = match self.state().proxy {
                Proxy::Elsewhere(_) => (true, asked || tick % RETRY_TICKS == 0),
                Proxy::Waiting(_) => (false, asked || tick % RETRY_TICKS == 0),
                Proxy::Failed(_) => (false, asked),
                Proxy::Here(_) | Proxy::Ending => (false, false),
            };
            if elsewhere {
                self.look_for_changes(&mut seen);
            }
            if due {
                self.attempt();
            }
        }
    }

    /// Another process tells nobody what it logs, but its index is written to.
    fn look_for_changes(&self, seen: &mut Option<SystemTime>) {
        let written = last_written(&index_file(self.archive().log_dir()));
        if *seen != written {
            *seen = written;
            self.tell(ChangeNote::Something);
        }
    }

    fn attempt(self: &Arc<Self>) {
        let before = self.standing();
        let proxy = self.try_start();
        let changes = match &proxy {
            Proxy::Here(app) => Some(app.changes()),
            Proxy::Elsewhere(_) | Proxy::Waiting(_) | Proxy::Failed(_) | Proxy::Ending => None,
        };
        self.put(proxy);
        let after = self.standing();
        if after != before {
            report(&after);
            self.tell(ChangeNote::Host);
        }
        if let Some(changes) = changes {
            tauri::async_runtime::spawn(Arc::clone(self).follow(changes));
        }
    }

    fn try_start(&self) -> Proxy {
        let Launch { flags, environment, paths, .. } = &self.launch;
        let config = match config::load(flags, environment) {
            Ok(config) => config,
            Err(error) => return Proxy::Failed(error.to_string()),
        };
        if self.archive().log_dir() != config.log_dir {
            let archive = open_archive(&config.log_dir);
            self.state().archive = archive;
        }
        match App::start(config, paths, machine_name(environment)) {
            Ok(app) => Proxy::Here(Box::new(app)),
            Err(error) => match error.downcast_ref::<LockError>() {
                Some(held @ LockError::Held(_)) => match block_on(probe::running_port(&paths.portfile)) {
                    Ok(port) => Proxy::Elsewhere(port),
                    Err(_) => Proxy::Waiting(held.to_string()),
                },
                Some(LockError::File(_)) | None => Proxy::Failed(app::one_line(&error)),
            },
        }
    }

    /// Takes in what a start came to. Once the application ends, that is stopped again.
    fn put(&self, proxy: Proxy) {
        let mut state = self.state();
        if !matches!(state.proxy, Proxy::Ending) {
            state.proxy = proxy;
            return;
        }
        drop(state);
        if let Proxy::Here(app) = proxy
            && let Err(error) = app.stop(std::future::ready(()))
        {
            tracing::error!(error = app::one_line(&error), "the proxy did not stop cleanly");
        }
    }

    /// Passes on what the recorder tells, for as long as the proxy runs here.
    async fn follow(self: Arc<Self>, mut changes: broadcast::Receiver<Change>) {
        loop {
            let note = match changes.recv().await {
                Ok(change) => self.note(change),
                Err(RecvError::Lagged(_)) => ChangeNote::Something,
                Err(RecvError::Closed) => return,
            };
            self.tell(note);
        }
    }

    fn note(&self, change: Change) -> ChangeNote {
        let problem = match &change {
            Change::Degraded(what) => Some((*what).to_owned()),
            // Only what was written is told: the log can be written again.
            Change::SessionStarted(_) | Change::RequestLogged(..) | Change::ExchangeEnded(..) => None,
        };
        let before = mem::replace(&mut self.state().problem, problem.clone());
        if before != problem {
            self.tell(ChangeNote::Host);
        }
        match change {
            Change::SessionStarted(session) => ChangeNote::SessionStarted { session },
            Change::RequestLogged(session, request) => {
                ChangeNote::RequestLogged { session, request_id: request.to_string() }
            }
            Change::ExchangeEnded(session, request) => {
                ChangeNote::ExchangeEnded { session, request_id: request.to_string() }
            }
            Change::Degraded(_) => ChangeNote::Something,
        }
    }
}

fn open_archive(log_dir: &Path) -> Archive {
    block_on(async { Archive::open(log_dir) })
}

/// When the index was written to last; its latest rows are in the file beside it.
fn last_written(index: &Path) -> Option<SystemTime> {
    let mut beside = index.as_os_str().to_owned();
    beside.push("-wal");
    let written = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
    written(Path::new(&beside)).max(written(index))
}

fn report(standing: &Standing) {
    match standing {
        Standing::Running(port) | Standing::Paused(port) => {
            tracing::info!("listening on http://127.0.0.1:{port}");
        }
        Standing::Attached(port) => {
            tracing::info!("another llm-proxy runs on http://127.0.0.1:{port}: this one shows what it logs");
        }
        Standing::Waiting(reason) | Standing::Failed(reason) => {
            tracing::error!(reason, "the proxy does not run");
        }
        Standing::Ending => {}
    }
}
