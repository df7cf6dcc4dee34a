//! Changes one key of the configuration file and leaves all else as the user wrote it: order, comments,
//! spaces. What the loader would refuse is never written.

use std::io;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Value};

use super::load::{file_in_use, read_bounded};
use super::private_file::{self, PrivateFileError};
use super::{Config, ConfigError, Environment, Flags, Key, Paths, file};

/// Why the file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such key.
    #[error("no such setting")]
    UnknownKey,
    /// The value is no TOML.
    #[error("not a value in TOML: texts stand in quotes")]
    NotToml,
    /// The file, or what it would become, cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] PrivateFileError),
}

/// Sets a key in the configuration file of this run to a value in TOML, or takes it out. What stands in
/// the file counts from the next start on.
pub fn edit(flags: &Flags, env: &Environment, key: &str, value: Option<&str>) -> Result<(), EditError> {
    let key = Key::named(key).ok_or(EditError::UnknownKey)?;
    let value = value.map(|value| value.parse::<Value>().map_err(|_| EditError::NotToml)).transpose()?;
    let paths = Paths::of(env).map_err(ConfigError::from)?;
    let named = file_in_use(flags, env, &paths);
    // A link is kept: people keep their configuration elsewhere.
    let path = named.canonicalize().unwrap_or(named);
    let text = match read_bounded(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(ConfigError::Unreadable { path, named_by: "to change it", source }.into()),
    };
    check(&text, &paths, &path)?;
    let edited = with(&text, key, value).ok_or(EditError::NotToml)?;
    check(&edited, &paths, &path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        private_file::create_dir(folder)?;
    }
    Ok(private_file::write_atomically(&path, edited.as_bytes())?)
}

/// Whether the loader takes it.
fn check(text: &str, paths: &Paths, path: &Path) -> Result<(), ConfigError> {
    file::apply(text, paths, &mut Config::defaults(paths)).map_err(|problem| ConfigError::InFile {
        path: path.to_owned(),
        line: problem.line,
        message: problem.message,
    })
}

fn with(text: &str, key: Key, value: Option<Value>) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    match (value, document.get_mut(key.name)) {
        (None, _) => drop(document.remove(key.name)),
        (Some(mut value), Some(Item::Value(there))) => {
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        (Some(value), _) => drop(document.insert(key.name, Item::Value(value))),
    }
    Some(document.to_string())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::config::load;

    struct Home(tempfile::TempDir);

    impl Home {
        fn new(text: &str) -> Self {
            let home = Self(tempfile::tempdir().unwrap());
            fs::create_dir_all(home.file().parent().unwrap()).unwrap();
            private_file::write_atomically(&home.file(), text.as_bytes()).unwrap();
            home
        }

        fn file(&self) -> PathBuf {
            self.0.path().join(".config/llm-proxy/config.toml")
        }

        fn env(&self) -> Environment {
            Environment::from_pairs([("HOME", self.0.path())])
        }

        fn set(&self, key: &str, value: Option<&str>) -> Result<String, EditError> {
            edit(&Flags::default(), &self.env(), key, value)?;
            load(&Flags::default(), &self.env())?;
            Ok(fs::read_to_string(self.file()).unwrap_or_default())
        }
    }

    const TEXT: &str =
        "# mine\nport = 1   # why\n\nmax_body_mib=2\n\n[upstreams] # gateways\n\"a.b\" = \"http://c.d\"\n";

    #[test]
    fn all_else_stays_as_it_is() {
        let home = Home::new(TEXT);
        assert_eq!(home.set("port", Some("12")).unwrap(), TEXT.replace("port = 1 ", "port = 12 "));
        let added = home.set("redact_bodies", Some("false")).unwrap();
        assert_eq!(
            added,
            TEXT.replace("port = 1 ", "port = 12 ").replace("=2\n", "=2\nredact_bodies = false\n")
        );
        home.set("redact_bodies", None).unwrap();
        assert_eq!(home.set("port", Some("1")).unwrap(), TEXT);
        assert_eq!(home.set("port", Some("1")).unwrap(), TEXT);
    }

    #[test]
    fn what_the_loader_refuses_is_not_written() {
        let home = Home::new(TEXT);
        for (key, value, said) in [
            ("port", "70000", "expected a whole number from 0 to 65535"),
            ("port", "\"80\"", "expected a whole number"),
            ("log_dir", "\"logs\"", "expected an absolute path"),
            ("port", "1\nlog_dir = \"/x\"", "not a value in TOML"),
            ("port", "", "not a value in TOML"),
            ("log_dir", "/x", "not a value in TOML"),
            ("colour", "1", "no such setting"),
        ] {
            let error = home.set(key, Some(value)).unwrap_err().to_string();
            assert!(error.contains(said), "{key} = {value}: {error}");
        }
        assert_eq!(fs::read_to_string(home.file()).unwrap(), TEXT);
    }

    #[test]
    fn a_file_with_a_mistake_is_left_to_its_user() {
        let home = Home::new("prot = 1\n");
        let error = home.set("port", Some("2")).unwrap_err().to_string();
        assert!(error.contains(":1: prot: no such setting; did you mean port?"), "{error}");
    }

    #[test]
    fn a_missing_file_is_made_private_and_a_link_is_kept() {
        let home = Home::new("");
        fs::remove_dir_all(home.0.path().join(".config")).unwrap();
        assert_eq!(home.set("port", Some("5")).unwrap(), "port = 5\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&home.file()), mode(home.file().parent().unwrap())), (0o600, 0o700));
        let real = home.0.path().join("real.toml");
        fs::rename(home.file(), &real).unwrap();
        symlink(&real, home.file()).unwrap();
        home.set("port", Some("6")).unwrap();
        assert!(home.file().is_symlink());
        assert_eq!(fs::read_to_string(real).unwrap(), "port = 6\n");
    }
}
