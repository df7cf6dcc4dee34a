//! Where things lie on this machine.

use std::path::{Path, PathBuf};

use super::env_vars::{self, Environment};

/// The folders and files that llm-proxy calls its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The user's home folder.
    pub home: PathBuf,
    /// The configuration file that is read when none is named: `~/.config/llm-proxy/config.toml`.
    pub config_file: PathBuf,
    /// The folder of what one run leaves for others to see: `~/.local/state/llm-proxy`.
    pub state_dir: PathBuf,
    /// The running proxy's port: `port` in the state folder.
    pub portfile: PathBuf,
    /// The running proxy's process id: `pid` beside it.
    pub pidfile: PathBuf,
    /// The log folder when none is named: `~/.llm-provider-logs`.
    pub default_log_dir: PathBuf,
}

/// The environment names no absolute home folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("HOME is not set to an absolute path, so there is no place for configuration and logs")]
pub struct NoHome;

impl Paths {
    /// The paths in this environment: below `HOME`, unless `XDG_CONFIG_HOME` or `XDG_STATE_HOME` say
    /// otherwise.
    pub fn of(env: &Environment) -> Result<Self, NoHome> {
        let home =
            absolute(env, env_vars::HOME).or_else(|| absolute(env, env_vars::USERPROFILE)).ok_or(NoHome)?;
        let config_home = absolute(env, env_vars::XDG_CONFIG_HOME).unwrap_or_else(|| home.join(".config"));
        let state_home = absolute(env, env_vars::XDG_STATE_HOME).unwrap_or_else(|| home.join(".local/state"));
        let state_dir = state_home.join("llm-proxy");
        Ok(Self {
            config_file: config_home.join("llm-proxy").join("config.toml"),
            portfile: state_dir.join("port"),
            pidfile: state_dir.join("pid"),
            default_log_dir: home.join(".llm-provider-logs"),
            state_dir,
            home,
        })
    }

    /// The path with a leading `~` replaced by the home folder, as a shell would do; any other text
    /// is taken as it stands.
    pub fn expand_home(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("~") {
            // Joining an empty rest would leave a slash at the end.
            Ok(rest) if rest.as_os_str().is_empty() => self.home.clone(),
            Ok(rest) => self.home.join(rest),
            Err(_) => path.to_owned(),
        }
    }
}

fn absolute(env: &Environment, variable: env_vars::Variable) -> Option<PathBuf> {
    env.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn all_defaults_lie_below_home() {
        let paths = Paths::of(&Environment::from_pairs([("HOME", "/home/ada")])).unwrap();
        assert_eq!(paths.config_file, Path::new("/home/ada/.config/llm-proxy/config.toml"));
        assert_eq!(paths.portfile, Path::new("/home/ada/.local/state/llm-proxy/port"));
        assert_eq!(paths.default_log_dir, Path::new("/home/ada/.llm-provider-logs"));
    }

    #[test]
    fn xdg_folders_are_honoured_when_absolute() {
        let env = |config, state| {
            Environment::from_pairs([
                ("HOME", "/home/ada"),
                ("XDG_CONFIG_HOME", config),
                ("XDG_STATE_HOME", state),
            ])
        };
        let paths = Paths::of(&env("/cfg", "/state")).unwrap();
        assert_eq!(paths.config_file, Path::new("/cfg/llm-proxy/config.toml"));
        assert_eq!(paths.state_dir, Path::new("/state/llm-proxy"));
        assert_eq!(Paths::of(&env("cfg", "")).unwrap(), Paths::of(&env("", "state")).unwrap());
    }

    #[test]
    fn without_a_home_there_are_no_paths() {
        assert_eq!(Paths::of(&Environment::default()), Err(NoHome));
        assert_eq!(Paths::of(&Environment::from_pairs([("HOME", "relative")])), Err(NoHome));
    }

    #[test]
    fn a_tilde_means_home() {
        let paths = Paths::of(&Environment::from_pairs([("HOME", "/home/ada")])).unwrap();
        for (given, expanded) in
            [("~", "/home/ada"), ("~/logs", "/home/ada/logs"), ("~bob/logs", "~bob/logs"), ("/~/a", "/~/a")]
        {
            assert_eq!(paths.expand_home(Path::new(given)), Path::new(expanded));
        }
    }
}
