//! Every environment variable that llm-proxy reads or prints, in one documented place, and the one
//! function that reads them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// One environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// The variable's name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
}

const fn variable(name: &'static str, about: &'static str) -> Variable {
    Variable { name, about }
}

/// Port of the proxy, as `--port`.
pub const LLM_PROXY_PORT: Variable = variable("LLM_PROXY_PORT", "port of the proxy; 0 picks a free one");
/// Log folder, as `--log-dir`.
pub const LLM_PROXY_LOG_DIR: Variable = variable("LLM_PROXY_LOG_DIR", "folder of the logs and their index");
/// Configuration file, as `--config`.
pub const LLM_PROXY_CONFIG: Variable = variable("LLM_PROXY_CONFIG", "configuration file to read");
/// Region of Bedrock's own URL form, as `bedrock_region` in the file.
pub const BEDROCK_REGION: Variable = variable("BEDROCK_REGION", "AWS region that Bedrock requests go to");
/// Days after which sessions are compressed, as `compress_after_days` in the file.
pub const LLM_PROXY_COMPRESS_AFTER_DAYS: Variable = variable(
    "LLM_PROXY_COMPRESS_AFTER_DAYS",
    "days after which a session that nobody wrote to is compressed; 0 never does",
);
/// The user's home folder, from which all default paths start.
pub const HOME: Variable = variable("HOME", "home folder, where all default paths start");
/// The home folder on Windows, when `HOME` is unset.
pub const USERPROFILE: Variable = variable("USERPROFILE", "home folder on Windows, when HOME is unset");
/// Where configuration lives, when not in `~/.config`.
pub const XDG_CONFIG_HOME: Variable =
    variable("XDG_CONFIG_HOME", "folder of configuration, instead of ~/.config; ignored unless absolute");
/// Where state lives, when not in `~/.local/state`.
pub const XDG_STATE_HOME: Variable =
    variable("XDG_STATE_HOME", "folder of state, instead of ~/.local/state; ignored unless absolute");
/// The user's name, as logs show it.
pub const USER: Variable = variable("USER", "user name, as `machine` in the logs has it");
/// The same on Windows.
pub const USERNAME: Variable = variable("USERNAME", "user name on Windows, when USER is unset");
/// The computer's name on Windows.
pub const COMPUTERNAME: Variable = variable("COMPUTERNAME", "name of the computer on Windows");
/// The user's login shell, from which `env` guesses the syntax, and `setup shell` what is in use.
pub const SHELL: Variable = variable(
    "SHELL",
    "login shell: `env` guesses from it which syntax to print, `setup shell` which shell is in use",
);
/// Where zsh's startup files are, when not in the home folder.
pub const ZDOTDIR: Variable =
    variable("ZDOTDIR", "folder of zsh's startup files, instead of the home folder; ignored unless absolute");
/// Set by nushell for what it starts.
pub const NU_VERSION: Variable = variable("NU_VERSION", "set by nushell: `env` then prints its syntax");
/// Set by PowerShell for what it starts.
pub const PSMODULEPATH: Variable =
    variable("PSModulePath", "set by PowerShell: `env` then prints its syntax");
/// Set where windows can be shown (X11).
pub const DISPLAY: Variable = variable(
    "DISPLAY",
    "X display: without it and WAYLAND_DISPLAY there is no tray, and no browser is opened",
);
/// Set where windows can be shown (Wayland).
pub const WAYLAND_DISPLAY: Variable = variable("WAYLAND_DISPLAY", "Wayland display, likewise");

/// Where programs are found.
pub const PATH: Variable = variable("PATH", "where the explorer looks which clients are installed");

/// All that is read.
pub const READ: [Variable; 19] = [
    LLM_PROXY_PORT,
    LLM_PROXY_LOG_DIR,
    LLM_PROXY_CONFIG,
    BEDROCK_REGION,
    LLM_PROXY_COMPRESS_AFTER_DAYS,
    HOME,
    USERPROFILE,
    XDG_CONFIG_HOME,
    XDG_STATE_HOME,
    USER,
    USERNAME,
    COMPUTERNAME,
    SHELL,
    ZDOTDIR,
    NU_VERSION,
    PSMODULEPATH,
    DISPLAY,
    WAYLAND_DISPLAY,
    PATH,
];

/// Points Claude Code and Anthropic's SDKs at the proxy.
pub const ANTHROPIC_BASE_URL: Variable =
    variable("ANTHROPIC_BASE_URL", "points Claude Code and the Anthropic SDKs at the proxy");
/// Points OpenAI's SDKs at the proxy.
pub const OPENAI_BASE_URL: Variable = variable("OPENAI_BASE_URL", "points the OpenAI SDKs at the proxy");
/// Points Gemini CLI and Google's SDKs at the proxy; only when asked for.
pub const GOOGLE_GEMINI_BASE_URL: Variable = variable(
    "GOOGLE_GEMINI_BASE_URL",
    "points Gemini CLI and the Google SDKs at the proxy; changes Gemini CLI's sign-in mode, so only when asked for",
);

/// All that is printed for clients; llm-proxy itself never reads these.
pub const SET: [Variable; 3] = [ANTHROPIC_BASE_URL, OPENAI_BASE_URL, GOOGLE_GEMINI_BASE_URL];

/// The variables of [`READ`] as they stood at one moment. Whoever depends on the environment takes
/// this as an argument, so tests bring their own.
#[derive(Clone, Default)]
pub struct Environment {
    values: BTreeMap<&'static str, OsString>,
}

impl Environment {
    /// The environment of this process, now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self::from_lookup(std::env::var_os)
    }

    /// An environment with just these variables; those that are not in [`READ`] are dropped.
    pub fn from_pairs<K: AsRef<str>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut given: BTreeMap<String, OsString> =
            pairs.into_iter().map(|(name, value)| (name.as_ref().to_owned(), value.into())).collect();
        Self::from_lookup(|name| given.remove(name))
    }

    /// The variable's value; an empty one counts as unset, as it does in the XDG specification.
    pub fn get(&self, variable: Variable) -> Option<&OsStr> {
        self.values.get(variable.name).map(OsString::as_os_str)
    }

    /// Whether windows can be shown. Only where X and Wayland do that is it said by variables.
    pub fn has_display(&self) -> bool {
        let named = [DISPLAY, WAYLAND_DISPLAY].iter().any(|variable| self.get(*variable).is_some());
        named || cfg!(any(target_os = "macos", windows))
    }

    fn from_lookup(mut lookup: impl FnMut(&'static str) -> Option<OsString>) -> Self {
        let present = |variable: Variable| Some((variable.name, lookup(variable.name)?));
        Self { values: READ.into_iter().filter_map(present).filter(|(_, value)| !value.is_empty()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let env = Environment::from_pairs([("HOME", "/home/ada"), ("LLM_PROXY_PORT", "")]);
        assert_eq!(env.get(HOME), Some(OsStr::new("/home/ada")));
        assert_eq!(env.get(LLM_PROXY_PORT), None);
    }

    #[test]
    fn nothing_undocumented_is_held() {
        let env = Environment::from_pairs([("ANTHROPIC_API_KEY", "sk-ant-secret"), ("SHELL", "/bin/sh")]);
        assert_eq!(env.values.keys().collect::<Vec<_>>(), [&"SHELL"]);
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = READ.iter().chain(&SET).map(|variable| variable.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), READ.len() + SET.len());
    }
}
