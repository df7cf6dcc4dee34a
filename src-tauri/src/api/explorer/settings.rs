//! The settings: what holds, what outranks it, and changes to the configuration file.

use std::fs;
use std::path::Path;

use super::call::{CallError, Front, on_disk};
use super::types::{SetArgs, Setting, SettingForm, Settings};
use crate::api::index_file;
use crate::config::{self, Config, EditError, Form, KEYS, Key};
use crate::logs::layout;
use crate::provider::prices;
use crate::setup::shell::is_set_up;

/// All settings.
pub(super) async fn settings(front: &Front) -> Result<Settings, CallError> {
    let config = config::load(&front.flags, &front.environment);
    let config = config.map_err(|error| CallError::Failed(error.to_string()))?;
    let defaults = Config::defaults(&front.paths);
    let log_dir = front.archive.log_dir().to_owned();
    let sizes = on_disk(move || Sizes::of(&log_dir)).await?;
    Ok(Settings {
        file: config::file_in_use(&front.flags, &front.environment, &front.paths).display().to_string(),
        keys: KEYS.iter().map(|key| setting(front, *key, &config, &defaults)).collect(),
        shell_set_up: is_set_up(&front.paths).map_err(|error| CallError::Failed(error.to_string()))?,
        start_at_login: front.host.start_at_login(),
        index_bytes: sizes.index_bytes,
        log_bytes: sizes.log_bytes,
        log_files: sizes.log_files,
        prices: prices::source(),
    })
}

/// Sets a key in the configuration file, or takes it out.
pub(super) async fn set(front: &Front, asked: SetArgs) -> Result<Settings, CallError> {
    let (flags, environment) = (front.flags.clone(), front.environment.clone());
    let edited = on_disk(move || config::edit(&flags, &environment, &asked.key, asked.value.as_deref()));
    edited.await?.map_err(|error| match error {
        EditError::UnknownKey | EditError::NotToml => CallError::BadCall(error.to_string()),
        EditError::Config(_) => CallError::Refused(error.to_string()),
        EditError::Write(_) => CallError::Failed(error.to_string()),
    })?;
    settings(front).await
}

fn setting(front: &Front, key: Key, config: &Config, defaults: &Config) -> Setting {
    let overridden_by = config::overridden_by(key.name, &front.flags, &front.environment);
    Setting {
        key: key.name.to_owned(),
        value: key.value_in(config),
        default: key.value_in(defaults),
        what: key.about.to_owned(),
        overridden_by: overridden_by.map(str::to_owned),
        form: match key.form {
            Form::Switch => SettingForm::Switch,
            Form::Number => SettingForm::Number,
            Form::Text => SettingForm::Text,
            Form::Nested => SettingForm::File,
        },
    }
}

/// What the log folder takes.
#[derive(Default)]
struct Sizes {
    index_bytes: u64,
    log_bytes: u64,
    log_files: u64,
}

impl Sizes {
    fn of(log_dir: &Path) -> Self {
        let bytes = |path: &Path| fs::symlink_metadata(path).map_or(0, |found| found.len());
        let index = index_file(log_dir);
        let beside = ["-wal", "-shm"].map(|end| {
            let mut name = index.clone().into_os_string();
            name.push(end);
            bytes(Path::new(&name))
        });
        let mut sizes = Self { index_bytes: bytes(&index) + beside.iter().sum::<u64>(), ..Self::default() };
        for file in layout::walk(log_dir).flatten() {
            sizes.log_bytes = sizes.log_bytes.saturating_add(bytes(&file.on_disk(log_dir)));
            sizes.log_files += 1;
        }
        sizes
    }
}
