//! Which files a shell reads as it starts, and what each of them gets.
//!
//! The file of an interactive shell is chosen, and its end, so that the user's own settings were made
//! before ours. Debian's `.bashrc` returns early in shells that are not interactive: those never come to
//! the block, and the sourced file would leave them alone too, in every shell alike.

use std::path::{Path, PathBuf};

use super::owned::{Owned, Script};
use super::quote::{self, UnfitPath};
use crate::config::env_vars::{SHELL, ZDOTDIR};
use crate::config::{Environment, Paths};

/// All that is to be there after a set-up.
#[derive(Debug)]
pub(super) struct Plan {
    /// Files that are ours alone.
    pub(super) owned: Vec<Owned>,
    /// Files of the user's that get a block.
    pub(super) edited: Vec<Startup>,
}

/// A startup file that the user may have written.
#[derive(Debug)]
pub(super) struct Startup {
    pub(super) path: PathBuf,
    /// The line that sources our file.
    pub(super) line: String,
    /// The byte with which this shell continues a line.
    pub(super) continuation: u8,
}

/// What this user needs: the files that exist, and the one of the login shell, which is made.
pub(super) fn plan(paths: &Paths, environment: &Environment) -> Result<Plan, UnfitPath> {
    let config_dir = paths.config_file.parent().unwrap_or(&paths.home);
    let config_home = config_dir.parent().unwrap_or(&paths.home);
    let login_shell = environment.get(SHELL).and_then(|path| Path::new(path).file_stem()?.to_str());
    let mut plan = Plan { owned: Vec::new(), edited: Vec::new() };

    let posix: Vec<PathBuf> =
        [bash(&paths.home, login_shell), zsh(&paths.home, environment, login_shell)].concat();
    if !posix.is_empty() {
        let script = Owned::new(config_dir.join("env.sh"), Script::Posix, paths)?;
        let quoted = quote::posix(&script.path, &paths.home)?;
        let line = format!("if [ -r {quoted} ]; then . {quoted}; fi");
        let startup = |path| Startup { path, line: line.clone(), continuation: b'\\' };
        plan.edited.extend(posix.into_iter().map(startup));
        plan.owned.push(script);
    }
    let profiles = powershell(&paths.home, config_home, login_shell);
    if !profiles.is_empty() {
        let script = Owned::new(config_dir.join("env.ps1"), Script::PowerShell, paths)?;
        let quoted = quote::powershell(&script.path, &paths.home)?;
        let line = format!("if (Test-Path -LiteralPath {quoted}) {{ . {quoted} }}");
        let startup = |path| Startup { path, line: line.clone(), continuation: b'`' };
        plan.edited.extend(profiles.into_iter().map(startup));
        plan.owned.push(script);
    }
    let fish = config_home.join("fish");
    if fish.is_dir() || login_shell == Some("fish") {
        plan.owned.push(Owned::new(fish.join("conf.d/llm-proxy.fish"), Script::Fish, paths)?);
    }
    for nushell in nushell(&paths.home, config_home, login_shell) {
        plan.owned.push(Owned::new(nushell.join("autoload/llm-proxy.nu"), Script::Nushell, paths)?);
    }
    Ok(plan)
}

/// `.bashrc`, and of the three files for login shells the one that bash reads: not all of them read
/// `.bashrc` themselves. None of the three is made where there is none, since it would hide those of
/// lower rank; but macOS's terminals start login shells only.
fn bash(home: &Path, login_shell: Option<&str>) -> Vec<PathBuf> {
    let is_login_shell = login_shell == Some("bash");
    let login = [".bash_profile", ".bash_login", ".profile"].map(|name| home.join(name));
    let read = login.iter().find(|path| is_there(path)).cloned();
    let made = (is_login_shell && cfg!(target_os = "macos")).then(|| login[0].clone());
    let rc = home.join(".bashrc");
    // A .profile alone is no sign of bash: other shells and desktops read it.
    if !is_there(&rc) && !is_login_shell && read.as_ref().is_none_or(|path| *path == login[2]) {
        return Vec::new();
    }
    let rc = Some(rc).filter(|rc| is_there(rc) || is_login_shell);
    [rc, read.or(made)].into_iter().flatten().collect()
}

fn zsh(home: &Path, environment: &Environment, login_shell: Option<&str>) -> Vec<PathBuf> {
    let folder =
        environment.get(ZDOTDIR).map(Path::new).filter(|folder| folder.is_absolute()).unwrap_or(home);
    let rc = folder.join(".zshrc");
    if is_there(&rc) || login_shell == Some("zsh") { vec![rc] } else { Vec::new() }
}

/// The profile for all hosts (terminal, editor) where it exists or none does, else the terminal's.
fn powershell(home: &Path, config_home: &Path, login_shell: Option<&str>) -> Vec<PathBuf> {
    let folders = match cfg!(windows) {
        true => vec![home.join("Documents/PowerShell"), home.join("Documents/WindowsPowerShell")],
        false => vec![config_home.join("powershell")],
    };
    let profile = |folder: PathBuf| {
        let profiles = ["profile.ps1", "Microsoft.PowerShell_profile.ps1"].map(|name| folder.join(name));
        let existing = profiles.iter().find(|path| is_there(path)).cloned();
        let is_used = login_shell == Some("pwsh") || cfg!(windows) && folder.is_dir();
        existing.or_else(|| is_used.then(|| profiles[0].clone()))
    };
    folders.into_iter().filter_map(profile).collect()
}

/// Nushell's folders of configuration. Its `source` is resolved before the first line runs, so that a
/// block in `config.nu` whose file is gone would keep all of it from being read; files in `autoload` need
/// none.
fn nushell(home: &Path, config_home: &Path, login_shell: Option<&str>) -> Vec<PathBuf> {
    let usual = config_home.join("nushell");
    let system = match std::env::consts::OS {
        "macos" => home.join("Library/Application Support/nushell"),
        "windows" => home.join("AppData/Roaming/nushell"),
        _ => usual.clone(),
    };
    let is_login_shell = login_shell == Some("nu");
    let mut folders: Vec<PathBuf> = [usual, system.clone()]
        .into_iter()
        .filter(|folder| folder.is_dir() || is_login_shell && *folder == system)
        .collect();
    folders.dedup();
    folders
}

/// True for links too that lead nowhere: they are the user's, and not to be replaced.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    /// The files of the plan for a home with these files, by their paths in it.
    fn planned(shell: &str, files: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
        let home = tempfile::tempdir().unwrap();
        for file in files {
            let path = home.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            File::create(path).unwrap();
        }
        let in_home =
            |(name, value): &(&str, &str)| ((*name).to_owned(), home.path().join(value).into_os_string());
        let mut all: Vec<_> = variables.iter().map(in_home).collect();
        all.extend([("HOME".to_owned(), home.path().into()), ("SHELL".to_owned(), shell.into())]);
        let environment = Environment::from_pairs(all);
        let plan = plan(&Paths::of(&environment).unwrap(), &environment).unwrap();
        let paths = plan.edited.iter().map(|file| &file.path).chain(plan.owned.iter().map(|file| &file.path));
        paths.map(|path| path.strip_prefix(home.path()).unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_files_that_the_shells_read_are_chosen() {
        let sh = ".config/llm-proxy/env.sh";
        for (shell, files, chosen) in [
            ("/bin/sh", &[][..], &[][..]),
            ("/bin/sh", &[".profile"], &[]),
            ("/bin/bash", &[], &[".bashrc", sh]),
            ("/bin/bash", &[".profile"], &[".bashrc", ".profile", sh]),
            ("/bin/sh", &[".bashrc", ".profile", ".bash_profile"], &[".bashrc", ".bash_profile", sh]),
            ("/bin/sh", &[".bash_login", ".profile"], &[".bash_login", sh]),
            ("/usr/bin/zsh", &[".bashrc"], &[".bashrc", ".zshrc", sh]),
            ("/usr/bin/fish", &[], &[".config/fish/conf.d/llm-proxy.fish"]),
            ("/bin/sh", &[".config/fish/config.fish"], &[".config/fish/conf.d/llm-proxy.fish"]),
            ("/bin/sh", &[".config/nushell/config.nu"], &[".config/nushell/autoload/llm-proxy.nu"]),
            (
                "/bin/sh",
                &[".config/powershell/Microsoft.PowerShell_profile.ps1"],
                &[".config/powershell/Microsoft.PowerShell_profile.ps1", ".config/llm-proxy/env.ps1"],
            ),
            ("/opt/pwsh", &[], &[".config/powershell/profile.ps1", ".config/llm-proxy/env.ps1"]),
        ] {
            assert_eq!(planned(shell, files, &[]), chosen, "{shell} {files:?}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn folders_that_variables_name_are_honoured() {
        let files = planned("/bin/zsh", &[], &[("ZDOTDIR", "z"), ("XDG_CONFIG_HOME", "c")]);
        assert_eq!(files, ["z/.zshrc", "c/llm-proxy/env.sh"]);
        assert_eq!(planned("/bin/fish", &[], &[("XDG_CONFIG_HOME", "c")]), ["c/fish/conf.d/llm-proxy.fish"]);
    }
}
