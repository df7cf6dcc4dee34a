//! Settings, and how clients find the proxy.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::model::Timestamp;

/// Asks for `exports`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ExportsArgs {
    /// `sh`, `fish`, `powershell`, `cmd`, `nushell`, `dotenv`, `codex`; none: the user's shell.
    #[serde(default)]
    pub shell: Option<String>,
    /// The lines that take them back.
    #[serde(default)]
    pub unset: bool,
}

/// Lines to paste.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Exports {
    /// For which shell they are.
    pub shell: String,
    /// The lines.
    pub text: String,
}

/// A client program on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ClientCard {
    /// `claude-code`, `codex`, `gemini-cli`, `opencode`, `aider`.
    pub name: String,
    /// For people.
    pub title: String,
    /// Whether it is on the PATH.
    pub installed: bool,
    /// What points it here: an export, or a line for its configuration.
    pub line: String,
    /// When its latest request began.
    pub last: Option<Timestamp>,
    /// How many it sent.
    pub requests: u64,
    /// The model of the latest.
    pub model: Option<String>,
}

/// All settings that the explorer shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Settings {
    /// The file they live in.
    pub file: String,
    /// Each configuration key.
    pub keys: Vec<Setting>,
    /// Whether the shells are set up.
    pub shell_set_up: bool,
    /// Whether the app starts at login; none: not known here.
    pub start_at_login: Option<bool>,
    /// Bytes of the log folder's index.
    pub index_bytes: u64,
    /// Bytes of all log files.
    pub log_bytes: u64,
    /// How many session files there are.
    pub log_files: u64,
    /// Where prices come from, and of what date.
    pub prices: String,
}

/// A configuration key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Setting {
    /// As in the file.
    pub key: String,
    /// As it is in use now, in TOML.
    pub value: String,
    /// Without a file, in TOML.
    pub default: String,
    /// One sentence for people, from the documentation of the key.
    pub what: String,
    /// The environment variable or flag that outranks the file now, if one does.
    pub overridden_by: Option<String>,
    /// How to edit it.
    pub form: SettingForm,
}

/// How a value is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum SettingForm {
    /// A switch.
    Switch,
    /// A number.
    Number,
    /// A line of text.
    Text,
    /// In the file only: tables and lists.
    File,
}

/// Asks for `set`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SetArgs {
    /// The key.
    pub key: String,
    /// Its value in TOML; none: back to the default.
    pub value: Option<String>,
}

/// What setting up or undoing did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ShellOutcome {
    /// The file.
    pub file: String,
    /// What was done, or why not, in a sentence.
    pub message: String,
    /// Whether it failed.
    pub failed: bool,
}
