//! The tray's menu as a value: what stands in it follows from how things are. Drawing it is another's job.

#[cfg(test)]
mod tests;
mod text;

use crate::api::types::{SessionSummary, Today};
use crate::model::{SessionId, Timestamp};
use crate::setup::exports::{self, Clients, Shell};

/// The name that people read.
pub const APP_NAME: &str = "LLM Proxy";
/// So many sessions are listed.
pub const RECENT: usize = 5;

/// How things are, as far as the tray shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrayState {
    /// The proxy.
    pub standing: Standing,
    /// What cannot be recorded although the proxy runs, in words.
    pub problem: Option<String>,
    /// What happened today.
    pub today: Today,
    /// The latest sessions, newest first.
    pub recent: Vec<SessionSummary>,
    /// The moment at which this is so.
    pub now: Timestamp,
    /// The user's shell.
    pub shell: Shell,
    /// Whether the application starts at login; none: that cannot be told.
    pub start_at_login: Option<bool>,
    /// Whether the user's shells are set up; none: that cannot be told.
    pub shell_set_up: Option<bool>,
    /// What was put on the clipboard a moment ago.
    pub copied: Option<Lines>,
}

/// How the proxy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It runs here, on this port.
    Running(u16),
    /// It runs here, on this port, and logs nothing.
    Paused(u16),
    /// Another process of this user has it, on this port.
    Attached(u16),
    /// It does not run, for this reason, until the log folder is free.
    Waiting(String),
    /// It does not run, for this reason, until the user does something.
    Failed(String),
    /// It ends when the running requests have ended.
    Ending,
}

impl Standing {
    /// The port on which a proxy answers.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Running(port) | Self::Paused(port) | Self::Attached(port) => Some(*port),
            Self::Waiting(_) | Self::Failed(_) | Self::Ending => None,
        }
    }
}

/// Lines for the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// What points a shell's clients at the proxy.
    Exports(Shell),
    /// What takes that back.
    Unset(Shell),
    /// The line for Codex, which reads no variable.
    Codex,
}

impl Lines {
    /// The text, for a proxy on `port`.
    pub fn text(self, port: u16) -> String {
        match self {
            Self::Exports(shell) => exports::exports(port, shell, Clients::Usual),
            Self::Unset(shell) => exports::unset(shell, Clients::Usual),
            Self::Codex => exports::codex_line(port),
        }
    }
}

/// What an item does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens the explorer.
    OpenExplorer,
    /// Opens the explorer at a session.
    OpenSession(SessionId),
    /// Opens the explorer at the settings.
    OpenSettings,
    /// Puts lines on the clipboard.
    Copy(Lines),
    /// Passes traffic without logging it, or logs it again: the other of what is so when it is clicked, for
    /// the menu may be a second behind.
    TogglePaused,
    /// Starts the application at login, or no longer, likewise.
    ToggleStartAtLogin,
    /// Has new shells use the proxy, or no longer, likewise.
    ToggleShellSetUp,
    /// Tries once more to start the proxy.
    TryAgain,
    /// Ends the application.
    Quit,
}

/// The icon, told apart by shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Filled.
    Running,
    /// Outlined.
    Paused,
    /// Struck through.
    Stopped,
    /// With a `!`.
    Error,
}

/// All that the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// The icon.
    pub icon: Icon,
    /// What is said when the pointer rests on it.
    pub tooltip: String,
    /// From top to bottom.
    pub entries: Vec<Entry>,
}

/// A line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A rule.
    Separator,
    /// Something to read or to click.
    Item(Item),
    /// A menu behind a line.
    Submenu {
        /// The line.
        text: String,
        /// What is behind it.
        entries: Vec<Entry>,
    },
}

/// Something to read or to click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The same for the same place in the menu, whatever it says.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Whether it is ticked; none: it cannot be.
    pub checked: Option<bool>,
    /// What it does; none: it is there to be read.
    pub action: Option<Action>,
}

impl Menu {
    /// What the item with this id does.
    pub fn action(&self, id: &str) -> Option<&Action> {
        find(&self.entries, id)?.action.as_ref()
    }
}

fn find<'e>(entries: &'e [Entry], id: &str) -> Option<&'e Item> {
    entries.iter().find_map(|entry| match entry {
        Entry::Item(item) => Some(item).filter(|item| item.id == id),
        Entry::Submenu { entries, .. } => find(entries, id),
        Entry::Separator => None,
    })
}

/// The menu that fits.
pub fn menu(state: &TrayState) -> Menu {
    let mut entries =
        vec![label("standing", text::standing(state)), label("today", text::today(&state.today))];
    if matches!(state.standing, Standing::Waiting(_) | Standing::Failed(_)) {
        entries.push(item("try-again", "Try Again", Action::TryAgain));
    }
    entries.extend([
        Entry::Separator,
        item("open", "Open Explorer", Action::OpenExplorer),
        copy(
            state,
            "copy",
            &format!("Copy Env Exports ({})", text::shell(state.shell)),
            Lines::Exports(state.shell),
        ),
        Entry::Submenu { text: "Copy for".to_owned(), entries: copy_for(state) },
        Entry::Separator,
        Entry::Submenu { text: "Recent Sessions".to_owned(), entries: recent(state) },
        Entry::Separator,
        pause(&state.standing),
    ]);
    entries.extend(
        state
            .start_at_login
            .map(|on| check("start-at-login", "Start at Login", on, Some(Action::ToggleStartAtLogin))),
    );
    entries.extend(
        state
            .shell_set_up
            .map(|on| check("set-up-shell", "Set Up Shell", on, Some(Action::ToggleShellSetUp))),
    );
    let quit =
        if state.standing == Standing::Ending { "Quit Now".to_owned() } else { format!("Quit {APP_NAME}") };
    entries.extend([
        item("settings", "Settings…", Action::OpenSettings),
        Entry::Separator,
        item("quit", &quit, Action::Quit),
    ]);
    Menu { icon: icon(state), tooltip: text::tooltip(state), entries }
}

fn icon(state: &TrayState) -> Icon {
    match state.standing {
        Standing::Failed(_) => Icon::Error,
        Standing::Running(_) | Standing::Paused(_) if state.problem.is_some() => Icon::Error,
        Standing::Running(_) | Standing::Attached(_) => Icon::Running,
        Standing::Paused(_) => Icon::Paused,
        Standing::Waiting(_) | Standing::Ending => Icon::Stopped,
    }
}

fn copy_for(state: &TrayState) -> Vec<Entry> {
    let shells = Shell::ALL.into_iter().map(|shell| {
        let name = text::shell(shell);
        copy(state, &format!("copy-{name}"), name, Lines::Exports(shell))
    });
    let mut entries: Vec<Entry> = shells.collect();
    let take_back = format!("Lines That Take It Back ({})", text::shell(state.shell));
    entries.extend([
        copy(state, "copy-codex", "Codex config.toml", Lines::Codex),
        Entry::Separator,
        copy(state, "copy-unset", &take_back, Lines::Unset(state.shell)),
    ]);
    entries
}

/// Without a proxy there is nothing to point clients at; taking it back is always possible.
fn copy(state: &TrayState, id: &str, text: &str, lines: Lines) -> Entry {
    let possible = state.standing.port().is_some() || matches!(lines, Lines::Unset(_));
    let text = if state.copied == Some(lines) { "Copied ✓" } else { text };
    Entry::Item(Item {
        id: id.to_owned(),
        text: text.to_owned(),
        checked: None,
        action: possible.then_some(Action::Copy(lines)),
    })
}

fn recent(state: &TrayState) -> Vec<Entry> {
    if state.recent.is_empty() {
        return vec![label("recent-none", "None yet".to_owned())];
    }
    let latest = state.recent.iter().take(RECENT).enumerate();
    latest
        .map(|(place, session)| {
            let text = text::session(session, state.now);
            item(&format!("recent-{place}"), &text, Action::OpenSession(session.id.clone()))
        })
        .collect()
}

fn pause(standing: &Standing) -> Entry {
    let (on, action) = match standing {
        Standing::Running(_) => (false, Some(Action::TogglePaused)),
        Standing::Paused(_) => (true, Some(Action::TogglePaused)),
        Standing::Attached(_) | Standing::Waiting(_) | Standing::Failed(_) | Standing::Ending => {
            (false, None)
        }
    };
    check("pause", "Pause Logging", on, action)
}

fn label(id: &str, text: String) -> Entry {
    Entry::Item(Item { id: id.to_owned(), text, checked: None, action: None })
}

fn item(id: &str, text: &str, action: Action) -> Entry {
    Entry::Item(Item { id: id.to_owned(), text: text.to_owned(), checked: None, action: Some(action) })
}

fn check(id: &str, text: &str, on: bool, action: Option<Action>) -> Entry {
    Entry::Item(Item { id: id.to_owned(), text: text.to_owned(), checked: Some(on), action })
}
