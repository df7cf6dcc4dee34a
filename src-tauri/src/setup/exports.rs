//! What points clients at the proxy: base URLs, in the syntax of each shell. Pure text; no key is
//! ever part of it.

use std::fmt::Write as _;
use std::str::FromStr;

use crate::config::Environment;
use crate::config::env_vars::{self, Variable};

/// A syntax in which variables are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// sh, bash, zsh, dash, ksh.
    Posix,
    /// fish.
    Fish,
    /// PowerShell, on any system.
    PowerShell,
    /// The Windows command prompt.
    Cmd,
    /// Nushell.
    Nushell,
    /// A `.env` file.
    Dotenv,
}

impl Shell {
    /// All of them, for listings.
    pub const ALL: [Self; 6] =
        [Self::Posix, Self::Fish, Self::PowerShell, Self::Cmd, Self::Nushell, Self::Dotenv];

    /// Its name, which reads back as this.
    pub fn name(self) -> &'static str {
        match self {
            Self::Posix => "sh",
            Self::Fish => "fish",
            Self::PowerShell => "powershell",
            Self::Cmd => "cmd",
            Self::Nushell => "nushell",
            Self::Dotenv => "dotenv",
        }
    }

    /// The shell that these variables tell of; a POSIX shell when nothing does. A shell started
    /// inside another may be missed, since its parent's variables are still set: then the user
    /// names it.
    pub fn detect(env: &Environment) -> Self {
        if env.get(env_vars::NU_VERSION).is_some() {
            return Self::Nushell;
        }
        if env.get(env_vars::PSMODULEPATH).is_some() {
            return Self::PowerShell;
        }
        let login_shell = env.get(env_vars::SHELL).and_then(|path| std::path::Path::new(path).file_stem());
        login_shell.and_then(|name| name.to_str()?.parse().ok()).unwrap_or(Self::Posix)
    }

    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Posix => format!("export {name}={value}"),
            Self::Fish => format!("set -gx {name} {value}"),
            Self::PowerShell => format!("$env:{name} = \"{value}\""),
            Self::Cmd => format!("set {name}={value}"),
            Self::Nushell => format!("$env.{name} = \"{value}\""),
            Self::Dotenv => format!("{name}={value}"),
        }
    }

    fn unset(self, name: &str) -> String {
        match self {
            Self::Posix => format!("unset {name}"),
            Self::Fish => format!("set -e {name}"),
            Self::PowerShell => format!("$env:{name} = $null"),
            Self::Cmd => format!("set {name}="),
            Self::Nushell => format!("hide-env --ignore-errors {name}"),
            // A file cannot unset; an empty value would be taken for a base URL by some clients.
            Self::Dotenv => format!("# delete the line {name}=…"),
        }
    }
}

/// A name that is none of a known shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such shell: expected bash, zsh, sh, fish, powershell, cmd, nushell or dotenv")]
pub struct UnknownShell;

impl FromStr for Shell {
    type Err = UnknownShell;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.to_ascii_lowercase().as_str() {
            "bash" | "zsh" | "sh" | "dash" | "ksh" | "posix" => Ok(Self::Posix),
            "fish" => Ok(Self::Fish),
            "powershell" | "pwsh" => Ok(Self::PowerShell),
            "cmd" => Ok(Self::Cmd),
            "nu" | "nushell" => Ok(Self::Nushell),
            "dotenv" | "env" => Ok(Self::Dotenv),
            _ => Err(UnknownShell),
        }
    }
}

/// Which clients' variables are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clients {
    /// Those of Anthropic and OpenAI, which change nothing but the base URL.
    #[default]
    Usual,
    /// Gemini's as well: with its variable set, Gemini CLI signs in another way, so the user must
    /// have asked for it.
    WithGemini,
}

/// Variable, then what follows the proxy's address. Gemini's stands last: it is opt-in. The OpenAI
/// SDKs append `/chat/completions`, so `/v1` belongs to their base.
const BASES: [(Variable, &str); 3] = [
    (env_vars::ANTHROPIC_BASE_URL, "/anthropic/api.anthropic.com"),
    (env_vars::OPENAI_BASE_URL, "/openai/api.openai.com/v1"),
    (env_vars::GOOGLE_GEMINI_BASE_URL, "/gemini/generativelanguage.googleapis.com"),
];

fn bases(clients: Clients) -> &'static [(Variable, &'static str)] {
    match clients {
        Clients::Usual => &BASES[..2],
        Clients::WithGemini => &BASES,
    }
}

/// Names and values, for a command that is started with them.
pub fn pairs(port: u16, clients: Clients) -> Vec<(&'static str, String)> {
    let pair =
        |(variable, path): &(Variable, &str)| (variable.name, format!("http://127.0.0.1:{port}{path}"));
    bases(clients).iter().map(pair).collect()
}

/// The lines that point a shell's clients at the proxy on `port`.
pub fn exports(port: u16, shell: Shell, clients: Clients) -> String {
    lines(pairs(port, clients).iter().map(|(name, value)| shell.set(name, value)))
}

/// The same for some variables only.
pub fn exports_of(port: u16, shell: Shell, variables: &[Variable]) -> String {
    let pairs = pairs(port, Clients::WithGemini);
    let meant = pairs.iter().filter(|(name, _)| variables.iter().any(|variable| variable.name == *name));
    lines(meant.map(|(name, value)| shell.set(name, value)))
}

/// The lines that take it back.
pub fn unset(shell: Shell, clients: Clients) -> String {
    lines(bases(clients).iter().map(|(variable, _)| shell.unset(variable.name)))
}

/// The line for `~/.codex/config.toml`: Codex reads no variable.
pub fn codex_line(port: u16) -> String {
    format!("openai_base_url = \"http://127.0.0.1:{port}/openai/api.openai.com/v1\"\n")
}

/// What takes it back: a file cannot unset.
pub fn codex_unset() -> String {
    "# delete the line openai_base_url = … in ~/.codex/config.toml\n".to_owned()
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |mut text, line| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_has_its_syntax() {
        let anthropic = "http://127.0.0.1:12071/anthropic/api.anthropic.com";
        let openai = "http://127.0.0.1:12071/openai/api.openai.com/v1";
        for (shell, text) in [
            (Shell::Posix, "export ANTHROPIC_BASE_URL=A\nexport OPENAI_BASE_URL=O\n"),
            (Shell::Fish, "set -gx ANTHROPIC_BASE_URL A\nset -gx OPENAI_BASE_URL O\n"),
            (Shell::PowerShell, "$env:ANTHROPIC_BASE_URL = \"A\"\n$env:OPENAI_BASE_URL = \"O\"\n"),
            (Shell::Cmd, "set ANTHROPIC_BASE_URL=A\nset OPENAI_BASE_URL=O\n"),
            (Shell::Nushell, "$env.ANTHROPIC_BASE_URL = \"A\"\n$env.OPENAI_BASE_URL = \"O\"\n"),
            (Shell::Dotenv, "ANTHROPIC_BASE_URL=A\nOPENAI_BASE_URL=O\n"),
        ] {
            let shortened =
                exports(12071, shell, Clients::Usual).replace(anthropic, "A").replace(openai, "O");
            assert_eq!(shortened, text, "{shell:?}");
        }
    }

    #[test]
    fn each_shell_takes_it_back() {
        for (shell, text) in [
            (Shell::Posix, "unset ANTHROPIC_BASE_URL\nunset OPENAI_BASE_URL\n"),
            (Shell::Fish, "set -e ANTHROPIC_BASE_URL\nset -e OPENAI_BASE_URL\n"),
            (Shell::PowerShell, "$env:ANTHROPIC_BASE_URL = $null\n$env:OPENAI_BASE_URL = $null\n"),
            (Shell::Cmd, "set ANTHROPIC_BASE_URL=\nset OPENAI_BASE_URL=\n"),
            (
                Shell::Nushell,
                "hide-env --ignore-errors ANTHROPIC_BASE_URL\nhide-env --ignore-errors OPENAI_BASE_URL\n",
            ),
            (Shell::Dotenv, "# delete the line ANTHROPIC_BASE_URL=…\n# delete the line OPENAI_BASE_URL=…\n"),
        ] {
            assert_eq!(unset(shell, Clients::Usual), text, "{shell:?}");
        }
    }

    #[test]
    fn gemini_only_when_asked_for() {
        let line = "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8080/gemini/generativelanguage.googleapis.com\n";
        for shell in Shell::ALL {
            assert!(!exports(8080, shell, Clients::Usual).contains("GEMINI"), "{shell:?}");
            assert!(!unset(shell, Clients::Usual).contains("GEMINI"), "{shell:?}");
            assert!(unset(shell, Clients::WithGemini).contains("GOOGLE_GEMINI_BASE_URL"), "{shell:?}");
        }
        assert!(exports(8080, Shell::Dotenv, Clients::WithGemini).ends_with(line));
    }

    #[test]
    fn codex_has_a_line_of_its_own() {
        let line: toml::Table = codex_line(8080).parse().unwrap();
        assert_eq!(line["openai_base_url"].as_str(), Some("http://127.0.0.1:8080/openai/api.openai.com/v1"));
    }

    #[test]
    fn shells_are_known_by_their_names() {
        for (name, shell) in [
            ("bash", Shell::Posix),
            ("zsh", Shell::Posix),
            ("sh", Shell::Posix),
            ("fish", Shell::Fish),
            ("powershell", Shell::PowerShell),
            ("pwsh", Shell::PowerShell),
            ("CMD", Shell::Cmd),
            ("nu", Shell::Nushell),
            ("nushell", Shell::Nushell),
            ("dotenv", Shell::Dotenv),
            ("env", Shell::Dotenv),
        ] {
            assert_eq!(name.parse(), Ok(shell), "{name}");
        }
        for shell in Shell::ALL {
            assert_eq!(shell.name().parse(), Ok(shell));
        }
        assert_eq!("tcsh".parse::<Shell>(), Err(UnknownShell));
    }

    #[test]
    fn the_environment_tells_the_shell() {
        for (variables, shell) in [
            (vec![("SHELL", "/usr/bin/fish")], Shell::Fish),
            (vec![("SHELL", "/bin/zsh")], Shell::Posix),
            (vec![("SHELL", "/opt/odd")], Shell::Posix),
            (vec![], Shell::Posix),
            (vec![("SHELL", "/bin/bash"), ("NU_VERSION", "0.109.0")], Shell::Nushell),
            (vec![("SHELL", "/bin/bash"), ("PSModulePath", "/x")], Shell::PowerShell),
        ] {
            assert_eq!(Shell::detect(&Environment::from_pairs(variables)), shell);
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod shell_tests {
    use std::io::ErrorKind;
    use std::process::Command;

    use super::*;

    const SHOW: &str =
        r#"eval "$1"; printf '%s|%s' "${ANTHROPIC_BASE_URL-unset}" "${OPENAI_BASE_URL-unset}""#;

    /// What stands in the two variables after the text was evaluated; `None` where the shell is
    /// not installed.
    fn evaluated(shell: &str, text: &str) -> Option<String> {
        let run =
            Command::new(shell).args(["-c", SHOW, shell, text]).env("OPENAI_BASE_URL", "before").output();
        match run {
            Ok(output) => {
                assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
                Some(String::from_utf8(output.stdout).unwrap())
            }
            Err(error) if error.kind() == ErrorKind::NotFound && shell != "sh" => None,
            Err(error) => panic!("{shell}: {error}"),
        }
    }

    #[test]
    fn real_shells_understand_the_lines() {
        let expected =
            pairs(12071, Clients::Usual).into_iter().map(|(_, value)| value).collect::<Vec<_>>().join("|");
        for shell in ["sh", "bash", "dash", "zsh", "ksh"] {
            if let Some(shown) = evaluated(shell, &exports(12071, Shell::Posix, Clients::Usual)) {
                assert_eq!(shown, expected, "{shell}");
            }
            if let Some(shown) = evaluated(shell, &unset(Shell::Posix, Clients::Usual)) {
                assert_eq!(shown, "unset|unset", "{shell}");
            }
        }
    }
}
