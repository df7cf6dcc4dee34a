//! What the explorer and the tray can have done by this process: clipboard, folders and links, start at
//! login, pausing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tauri::AppHandle;
use tauri_plugin_autostart::ManagerExt as _;
use tauri_plugin_clipboard_manager::ClipboardExt as _;
use tauri_plugin_opener::OpenerExt as _;
use tokio::sync::broadcast;

use super::Launch;
use super::hosting::Hosting;
use super::quit::Leaving;
use super::refresh::Redraw;
use crate::api::explorer::types::{Abilities, ChangeNote, OpenArgs, ProxyState};
use crate::api::explorer::{self, Front, Host, Refusal};
use crate::config::env_vars;
use crate::logs::layout;
use crate::menu::Standing;
use crate::model::SessionId;

/// The application's parts, as everything in here shares them.
pub(super) struct Desk {
    app: AppHandle,
    pub(super) hosting: Arc<Hosting>,
    pub(super) redraw: Redraw,
    pub(super) leaving: Leaving,
}

impl Desk {
    pub(super) fn new(app: AppHandle, hosting: Arc<Hosting>) -> Self {
        Self { app, hosting, redraw: Redraw::default(), leaving: Leaving::default() }
    }

    /// What answers to the explorer need.
    pub(super) fn front(self: &Arc<Self>) -> Front {
        let launch = &self.hosting.launch;
        Front {
            archive: self.hosting.archive(),
            host: Arc::<Self>::clone(self),
            paths: launch.paths.clone(),
            flags: launch.flags.clone(),
            environment: launch.environment.clone(),
        }
    }

    /// Whether the first-run steps are over. Where that cannot be told, nobody is bothered with them.
    pub(super) async fn onboarded(self: &Arc<Self>) -> bool {
        let host = explorer::answer(&self.front(), json!({"name": "host"})).await;
        host.ok().and_then(|host| host["onboarded"].as_bool()).unwrap_or(true)
    }
}

impl Host for Desk {
    fn abilities(&self) -> Abilities {
        let here = matches!(self.hosting.standing(), Standing::Running(_) | Standing::Paused(_));
        Abilities { pause: here, start_at_login: true, copy: true, open: true }
    }

    fn proxy(&self) -> Option<(ProxyState, u16)> {
        match self.hosting.standing() {
            Standing::Running(port) => Some((ProxyState::Running, port)),
            Standing::Paused(port) => Some((ProxyState::Paused, port)),
            Standing::Attached(_) | Standing::Waiting(_) | Standing::Failed(_) | Standing::Ending => None,
        }
    }

    fn problem(&self) -> Option<String> {
        match self.hosting.standing() {
            Standing::Waiting(reason) | Standing::Failed(reason) => Some(reason),
            Standing::Running(_) | Standing::Paused(_) | Standing::Attached(_) | Standing::Ending => {
                self.hosting.problem()
            }
        }
    }

    fn changes(&self) -> broadcast::Receiver<ChangeNote> {
        self.hosting.changes()
    }

    fn set_paused(&self, paused: bool) -> Result<(), Refusal> {
        if self.hosting.set_paused(paused) {
            return Ok(());
        }
        Err(Refusal("the proxy does not run in here: pause it where it runs".to_owned()))
    }

    fn start_at_login(&self) -> Option<bool> {
        self.app.autolaunch().is_enabled().ok()
    }

    fn set_start_at_login(&self, on: bool) -> Result<(), Refusal> {
        let manager = self.app.autolaunch();
        let done = if on { manager.enable() } else { manager.disable() };
        self.hosting.tell(ChangeNote::Host);
        done.map_err(|error| refusal("start at login cannot be changed", &error))
    }

    fn copy(&self, text: &str) -> Result<(), Refusal> {
        self.app.clipboard().write_text(text).map_err(|error| refusal("nothing was copied", &error))
    }

    fn open(&self, what: &OpenArgs) -> Result<(), Refusal> {
        let opener = self.app.opener();
        let opened = match what {
            OpenArgs::LogFolder => opener.open_path(text(self.hosting.archive().log_dir())?, None::<&str>),
            OpenArgs::ConfigFile => opener.open_path(text(&self.config_file()?)?, None::<&str>),
            OpenArgs::SessionFile { session } => opener.reveal_item_in_dir(self.session_file(session)?),
            OpenArgs::Link { url } => opener.open_url(https(url)?, None::<&str>),
        };
        opened.map_err(|error| refusal("the desktop did not open it", &error))
    }
}

impl Desk {
    fn config_file(&self) -> Result<PathBuf, Refusal> {
        let Launch { flags, environment, paths, .. } = &self.hosting.launch;
        let from_variable = || environment.get(env_vars::LLM_PROXY_CONFIG).map(PathBuf::from);
        let named = flags.config.clone().or_else(from_variable);
        let file = named.map_or_else(|| paths.config_file.clone(), |file| paths.expand_home(&file));
        if file.exists() {
            return Ok(file);
        }
        Err(Refusal(format!("there is no configuration file yet: create {}", file.display())))
    }

    fn session_file(&self, session: &str) -> Result<PathBuf, Refusal> {
        let none = || Refusal("there is no such session".to_owned());
        let wanted: SessionId = session.parse().map_err(|_| none())?;
        let log_dir = self.hosting.archive().log_dir().to_owned();
        let is_wanted = |name: &str| name.split('.').next() == Some(wanted.as_str());
        let file = layout::walk(&log_dir).flatten().find(|file| is_wanted(file.file_name()));
        file.map(|file| file.on_disk(&log_dir)).ok_or_else(none)
    }
}

fn refusal(what: &str, error: &dyn std::error::Error) -> Refusal {
    Refusal(format!("{what}: {error}"))
}

fn text(path: &Path) -> Result<&str, Refusal> {
    path.to_str().ok_or_else(|| Refusal(format!("{} has no name in UTF-8", path.display())))
}

/// A link that may be opened. The page is given by the program, but what it shows is not.
fn https(url: &str) -> Result<&str, Refusal> {
    let parsed = tauri::Url::parse(url).ok().filter(|url| url.scheme() == "https" && url.has_host());
    parsed.map(|_| url).ok_or_else(|| Refusal("only https links are opened".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_links_are_opened() {
        assert!(https("https://example.com/a?b#c").is_ok());
        for url in ["http://example.com", "file:///etc/passwd", "javascript:alert(1)", "https:", "x", ""] {
            assert!(https(url).is_err(), "{url}");
        }
    }
}
