//! The client programs that people point at the proxy, and what points each there.

use std::env::{consts, split_paths};

use super::exports::{Shell, codex_line, exports_of};
use crate::config::Environment;
use crate::config::env_vars::{self, Variable};

/// A client program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownClient {
    /// As requests are counted by it.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    program: &'static str,
    points: Points,
}

/// What points a client at the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Points {
    /// These variables.
    Variables(&'static [Variable]),
    /// A line of its configuration file.
    CodexLine,
}

const fn client(
    name: &'static str,
    title: &'static str,
    program: &'static str,
    points: Points,
) -> KnownClient {
    KnownClient { name, title, program, points }
}

/// Clients of both usual APIs take both variables.
const BOTH: Points = Points::Variables(&[env_vars::ANTHROPIC_BASE_URL, env_vars::OPENAI_BASE_URL]);

/// All of them, in the order to show them.
pub const KNOWN: [KnownClient; 5] = [
    client("claude-code", "Claude Code", "claude", Points::Variables(&[env_vars::ANTHROPIC_BASE_URL])),
    client("codex", "Codex", "codex", Points::CodexLine),
    client("gemini-cli", "Gemini CLI", "gemini", Points::Variables(&[env_vars::GOOGLE_GEMINI_BASE_URL])),
    client("opencode", "opencode", "opencode", BOTH),
    client("aider", "aider", "aider", BOTH),
];

impl KnownClient {
    /// Whether the program is in one of the folders of `PATH`.
    pub fn is_installed(&self, environment: &Environment) -> bool {
        let Some(folders) = environment.get(env_vars::PATH) else { return false };
        let names: &[String] = &if consts::OS == "windows" {
            ["exe", "cmd", "bat", "ps1"].map(|end| format!("{}.{end}", self.program)).to_vec()
        } else {
            vec![self.program.to_owned()]
        };
        // A relative folder means another one to each program.
        let mut folders = split_paths(folders).filter(|folder| folder.is_absolute());
        folders.any(|folder| names.iter().any(|name| folder.join(name).is_file()))
    }

    /// What points it at the proxy: lines for the shell, or for its configuration file.
    pub fn line(&self, port: u16, shell: Shell) -> String {
        match self.points {
            Points::Variables(variables) => exports_of(port, shell, variables),
            Points::CodexLine => codex_line(port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_line() {
        let line = |name: &str| {
            let client = KNOWN.iter().find(|client| client.name == name).unwrap();
            client.line(80, Shell::Posix)
        };
        let anthropic = "export ANTHROPIC_BASE_URL=http://127.0.0.1:80/anthropic/api.anthropic.com\n";
        assert_eq!(line("claude-code"), anthropic);
        assert_eq!(line("codex"), codex_line(80));
        assert!(line("gemini-cli").starts_with("export GOOGLE_GEMINI_BASE_URL="));
        assert!(line("aider").starts_with(anthropic) && line("aider").contains("OPENAI_BASE_URL"));
    }

    #[test]
    #[cfg(unix)]
    fn what_is_on_the_path_is_installed() {
        let folder = tempfile::tempdir().unwrap();
        crate::config::private_file::create_new(&folder.path().join("codex")).unwrap();
        std::fs::create_dir(folder.path().join("claude")).unwrap();
        let path = format!("/nowhere:.:{}", folder.path().display());
        let environment = Environment::from_pairs([("PATH", path)]);
        let installed = KNOWN.iter().filter(|client| client.is_installed(&environment));
        assert_eq!(installed.map(|client| client.name).collect::<Vec<_>>(), ["codex"]);
        assert!(KNOWN.iter().all(|client| !client.is_installed(&Environment::default())));
    }
}
