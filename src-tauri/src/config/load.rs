//! Lays the sources over each other: flags over environment over file over defaults.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::env_vars::{self, Environment, Variable};
use super::{Config, NoHome, Paths, file, values};

/// A configuration file beyond this is a mistake, such as a device or a log.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What the command line says; `None` where it is silent.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--port`.
    pub port: Option<u16>,
    /// `--log-dir`; a relative one starts from the current folder.
    pub log_dir: Option<PathBuf>,
    /// `--config`: the file to read instead of the default one.
    pub config: Option<PathBuf>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No place to start from.
    #[error(transparent)]
    NoHome(#[from] NoHome),
    /// A file that was asked for, or is there, cannot be read.
    #[error("{}: cannot read the configuration ({named_by}): {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Who named it: a flag, a variable, or "the default file".
        named_by: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A key or a value in the file is wrong.
    #[error("{}:{line}: {message}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A flag or a variable has a wrong value.
    #[error("{name}: {expected}")]
    Value {
        /// The flag or the variable.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
    },
}

/// The settings that hold for this run. Every source is checked whole, even where a higher one
/// overrides it.
pub fn load(flags: &Flags, env: &Environment) -> Result<Config, ConfigError> {
    let paths = Paths::of(env)?;
    let mut config = Config::defaults(&paths);
    apply_file(flags, env, &paths, &mut config)?;
    apply_environment(env, &paths, &mut config)?;
    apply_flags(flags, &paths, &mut config)?;
    Ok(config)
}

fn apply_file(
    flags: &Flags,
    env: &Environment,
    paths: &Paths,
    config: &mut Config,
) -> Result<(), ConfigError> {
    let (path, named_by) = named_file(flags, env, paths);
    let text = match read_bounded(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named_by == DEFAULT_FILE => return Ok(()),
        Err(source) => return Err(ConfigError::Unreadable { path, named_by, source }),
    };
    file::apply(&text, paths, config).map_err(|problem| ConfigError::InFile {
        path,
        line: problem.line,
        message: problem.message,
    })
}

/// The flag or variable that outranks the file's value of a key.
pub fn overridden_by(key: &str, flags: &Flags, env: &Environment) -> Option<&'static str> {
    let (flag, variable) = match key {
        "port" => (flags.port.map(|_| "--port"), env_vars::LLM_PROXY_PORT),
        "log_dir" => (flags.log_dir.as_ref().map(|_| "--log-dir"), env_vars::LLM_PROXY_LOG_DIR),
        "bedrock_region" => (None, env_vars::BEDROCK_REGION),
        "compress_after_days" => (None, env_vars::LLM_PROXY_COMPRESS_AFTER_DAYS),
        _ => return None,
    };
    flag.or_else(|| env.get(variable).map(|_| variable.name))
}

const DEFAULT_FILE: &str = "the default file";

/// The configuration file of this run, whether it exists or not.
pub fn file_in_use(flags: &Flags, env: &Environment, paths: &Paths) -> PathBuf {
    named_file(flags, env, paths).0
}

/// The same, and who named it.
fn named_file(flags: &Flags, env: &Environment, paths: &Paths) -> (PathBuf, &'static str) {
    match (&flags.config, env.get(env_vars::LLM_PROXY_CONFIG)) {
        (Some(path), _) => (paths.expand_home(path), "--config"),
        (None, Some(path)) => (paths.expand_home(Path::new(path)), env_vars::LLM_PROXY_CONFIG.name),
        (None, None) => (paths.config_file.clone(), DEFAULT_FILE),
    }
}

pub(super) fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB"));
    }
    Ok(text)
}

fn apply_environment(env: &Environment, paths: &Paths, config: &mut Config) -> Result<(), ConfigError> {
    if let Some(port) = text_of(env, env_vars::LLM_PROXY_PORT, values::port)? {
        config.name_port(port);
    }
    if let Some(dir) = env.get(env_vars::LLM_PROXY_LOG_DIR) {
        config.log_dir = log_dir(env_vars::LLM_PROXY_LOG_DIR.name, Path::new(dir), paths)?;
    }
    if let Some(region) = text_of(env, env_vars::BEDROCK_REGION, values::region)? {
        config.bedrock_region = Some(region);
    }
    if let Some(days) = text_of(env, env_vars::LLM_PROXY_COMPRESS_AFTER_DAYS, values::days)? {
        config.compress_after_days = days;
    }
    Ok(())
}

fn apply_flags(flags: &Flags, paths: &Paths, config: &mut Config) -> Result<(), ConfigError> {
    if let Some(port) = flags.port {
        config.name_port(port);
    }
    if let Some(dir) = &flags.log_dir {
        config.log_dir = log_dir("--log-dir", dir, paths)?;
    }
    Ok(())
}

fn text_of<T>(
    env: &Environment,
    variable: Variable,
    read: impl Fn(&str) -> Result<T, values::Expected>,
) -> Result<Option<T>, ConfigError> {
    let wrong = |expected| ConfigError::Value { name: variable.name, expected };
    match env.get(variable) {
        Some(value) => read(value.to_str().unwrap_or_default()).map(Some).map_err(wrong),
        None => Ok(None),
    }
}

/// A folder named in a shell: relative ones start from the current folder.
fn log_dir(name: &'static str, dir: &Path, paths: &Paths) -> Result<PathBuf, ConfigError> {
    let wrong = |expected| ConfigError::Value { name, expected };
    let dir =
        std::path::absolute(paths.expand_home(dir)).map_err(|_| wrong("expected the path of a folder"))?;
    values::log_dir(&dir, paths).map_err(wrong)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::DEFAULT_PORT;

    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn with_file(self, name: &str, text: &str) -> Self {
            fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
            crate::config::private_file::write_atomically(&self.path(name), text.as_bytes()).unwrap();
            self
        }

        fn env(&self, variables: &[(&str, &str)]) -> Environment {
            let home = ("HOME", self.0.path().to_str().unwrap());
            Environment::from_pairs([home].into_iter().chain(variables.iter().copied()))
        }
    }

    const DEFAULT: &str = ".config/llm-proxy/config.toml";

    #[test]
    fn without_any_source_the_defaults_hold() {
        let home = Home::new();
        let config = load(&Flags::default(), &home.env(&[])).unwrap();
        assert_eq!((config.port, config.port_is_default), (DEFAULT_PORT, true));
        assert_eq!(config.log_dir, home.path(".llm-provider-logs"));
        assert_eq!((config.max_body_bytes, config.journal_max_bytes), (32 << 20, 1 << 30));
        assert_eq!((config.connect_timeout.as_secs(), config.drain_timeout.as_secs()), (10, 30));
        assert!(config.redact_bodies);
    }

    #[test]
    fn flags_win_over_environment_over_file() {
        let home =
            Home::new().with_file(DEFAULT, "port = 1\nlog_dir = \"~/file\"\nbedrock_region = \"us-east-1\"");
        let port_and_dir = |flags: &Flags, variables: &[(&str, &str)]| {
            let config = load(flags, &home.env(variables)).unwrap();
            assert!(!config.port_is_default);
            (config.port, config.log_dir.strip_prefix(home.0.path()).unwrap().to_owned())
        };
        let variables = [("LLM_PROXY_PORT", "2"), ("LLM_PROXY_LOG_DIR", "~/env")];
        let flags = Flags { port: Some(0), log_dir: Some(PathBuf::from("~/flag")), config: None };
        assert_eq!(port_and_dir(&Flags::default(), &[]), (1, PathBuf::from("file")));
        assert_eq!(port_and_dir(&Flags::default(), &variables), (2, PathBuf::from("env")));
        assert_eq!(port_and_dir(&flags, &variables), (0, PathBuf::from("flag")));
        let config = load(&flags, &home.env(&[("BEDROCK_REGION", "eu-west-1")])).unwrap();
        assert_eq!(config.bedrock_region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn the_named_file_is_read_instead_of_the_default_one() {
        let home = Home::new()
            .with_file(DEFAULT, "port = 1")
            .with_file("env.toml", "port = 2")
            .with_file("flag.toml", "port = 3");
        let env = home.env(&[("LLM_PROXY_CONFIG", "~/env.toml")]);
        assert_eq!(load(&Flags::default(), &env).unwrap().port, 2);
        let flags = Flags { config: Some(home.path("flag.toml")), ..Flags::default() };
        assert_eq!(load(&flags, &env).unwrap().port, 3);
    }

    #[test]
    fn a_missing_file_is_an_error_only_when_it_was_named() {
        let home = Home::new();
        let missing = |flags: &Flags, env: &Environment| load(flags, env).unwrap_err().to_string();
        let by_env = missing(&Flags::default(), &home.env(&[("LLM_PROXY_CONFIG", "/nowhere/x.toml")]));
        assert!(
            by_env.starts_with("/nowhere/x.toml: cannot read the configuration (LLM_PROXY_CONFIG)"),
            "{by_env}"
        );
        let flags = Flags { config: Some("/nowhere/y.toml".into()), ..Flags::default() };
        assert!(
            missing(&flags, &home.env(&[]))
                .starts_with("/nowhere/y.toml: cannot read the configuration (--config)")
        );
    }

    #[test]
    fn a_default_file_that_is_there_must_be_readable_text() {
        let home = Home::new();
        fs::create_dir_all(home.path(DEFAULT)).unwrap();
        assert!(matches!(load(&Flags::default(), &home.env(&[])), Err(ConfigError::Unreadable { .. })));
        let home = Home::new().with_file(DEFAULT, &"#".repeat(1024 * 1024 + 1));
        assert!(
            load(&Flags::default(), &home.env(&[])).unwrap_err().to_string().contains("larger than 1 MiB")
        );
    }

    #[test]
    fn errors_name_their_source() {
        let home = Home::new().with_file(DEFAULT, "# mine\nprot = 1");
        let error = load(&Flags::default(), &home.env(&[])).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{}:2: prot: no such setting; did you mean port?", home.path(DEFAULT).display())
        );
        let home = Home::new();
        let error =
            load(&Flags::default(), &home.env(&[("LLM_PROXY_PORT", "http")])).unwrap_err().to_string();
        assert_eq!(error, "LLM_PROXY_PORT: expected a whole number from 0 to 65535 (0 picks a free port)");
        assert!(matches!(load(&Flags::default(), &Environment::default()), Err(ConfigError::NoHome(_))));
    }

    #[test]
    fn a_relative_log_dir_of_a_shell_starts_from_the_current_folder() {
        let home = Home::new();
        let flags = Flags { log_dir: Some("logs".into()), ..Flags::default() };
        let config = load(&flags, &home.env(&[])).unwrap();
        assert_eq!(config.log_dir, std::env::current_dir().unwrap().join("logs"));
    }
}
