//! How the program around the page stands, and what may be asked of it.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::api::types::{LastExchange, Today};

/// How the host stands: what the title bar, the tray and the empty states say.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct HostState {
    /// This program's version.
    pub version: String,
    /// Whether a proxy of this user answers.
    pub proxy: ProxyState,
    /// The port that it answers on; the one that is configured when it does not.
    pub port: u16,
    /// In words, when it does not run or something cannot be recorded.
    pub problem: Option<String>,
    /// The log folder.
    pub log_dir: String,
    /// The configuration file, whether it exists or not.
    pub config_file: String,
    /// What happened since midnight in UTC.
    pub today: Today,
    /// The latest exchange.
    pub last: Option<LastExchange>,
    /// What can be done from here.
    pub abilities: Abilities,
    /// Whether the first-run steps were finished or skipped once.
    pub onboarded: bool,
}

/// Whether a proxy answers, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum ProxyState {
    /// In this process.
    Running,
    /// In this process; traffic passes and is not logged.
    Paused,
    /// In another process of this user, such as `llm-proxy serve`.
    Attached,
    /// Nowhere.
    Stopped,
}

/// What can be done from here. A browser has no clipboard but its own, and what runs elsewhere cannot
/// be paused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Abilities {
    /// `set_paused`.
    pub pause: bool,
    /// `set_start_at_login`.
    pub start_at_login: bool,
    /// `copy`: the host's clipboard.
    pub copy: bool,
    /// `open`: folders and links, by the desktop.
    pub open: bool,
}

/// Turns something on or off.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SwitchArgs {
    /// On.
    pub on: bool,
}

/// Asks for `copy`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct CopyArgs {
    /// What to put on the clipboard.
    pub text: String,
}

/// Asks for `open`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum OpenArgs {
    /// The log folder.
    LogFolder,
    /// The configuration file.
    ConfigFile,
    /// A session's file, shown in its folder.
    SessionFile {
        /// The session.
        session: String,
    },
    /// A link that the user confirmed. `https:` only.
    Link {
        /// The address.
        url: String,
    },
}
