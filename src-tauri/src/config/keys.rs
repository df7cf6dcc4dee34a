//! The keys of the configuration file: what each is for, and its value as it would stand in the file.

use toml::Value;

use super::{Config, MIB};

/// A key of the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// As it stands in the file.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// How its value is edited.
    pub form: Form,
}

/// How a value is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number,
    /// A text on one line.
    Text,
    /// A table or a list: in the file only.
    Nested,
}

const fn key(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, about, form }
}

/// All of them, in the order to show them.
pub const KEYS: [Key; 11] = [
    key(
        "port",
        Form::Number,
        "Port on this computer; 0 takes a free one. Clients keep it in their settings.",
    ),
    key(
        "log_dir",
        Form::Text,
        "Folder of the logs and their index; an absolute path, or one that begins with ~/.",
    ),
    key(
        "upstreams",
        Form::Nested,
        "Another base URL for a host, such as a gateway's; also what allows private addresses.",
    ),
    key(
        "allow_origins",
        Form::Nested,
        "Web pages that may use the proxy, by their origin; any other page is refused.",
    ),
    key("bedrock_region", Form::Text, "AWS region that Bedrock's own URLs go to."),
    key(
        "max_body_mib",
        Form::Number,
        "MiB of one body that are logged; larger ones are forwarded whole, and the log keeps their beginning.",
    ),
    key("journal_max_mib", Form::Number, "MiB that the crash journal may take on the disk."),
    key(
        "connect_timeout_seconds",
        Form::Number,
        "Seconds that connecting to an upstream may take; silence after that is never cut.",
    ),
    key(
        "drain_timeout_seconds",
        Form::Number,
        "Seconds that running requests may go on after the proxy was asked to stop.",
    ),
    key(
        "compress_after_days",
        Form::Number,
        "Days after which a session that nobody wrote to is compressed on the disk; 0 never does.",
    ),
    key(
        "redact_bodies",
        Form::Switch,
        "Whether secrets are taken out of logged bodies; out of headers and queries they always are.",
    ),
];

impl Key {
    /// The key of this name.
    pub fn named(name: &str) -> Option<Self> {
        KEYS.into_iter().find(|key| key.name == name)
    }

    /// Its value in TOML; empty: it has none.
    pub fn value_in(self, config: &Config) -> String {
        let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let value = match self.name {
            "port" => number(config.port.into()),
            "log_dir" => Value::String(config.log_dir.to_string_lossy().into_owned()),
            "upstreams" => {
                let base = |base: &super::Upstream| Value::String(base.to_string());
                Value::Table(config.upstreams.iter().map(|(host, to)| (host.clone(), base(to))).collect())
            }
            "allow_origins" => {
                Value::Array(config.allow_origins.iter().cloned().map(Value::String).collect())
            }
            "bedrock_region" => match &config.bedrock_region {
                Some(region) => Value::String(region.clone()),
                None => return String::new(),
            },
            "max_body_mib" => number(config.max_body_bytes / MIB),
            "journal_max_mib" => number(config.journal_max_bytes / MIB),
            "connect_timeout_seconds" => number(config.connect_timeout.as_secs()),
            "drain_timeout_seconds" => number(config.drain_timeout.as_secs()),
            "compress_after_days" => number(config.compress_after_days),
            "redact_bodies" => Value::Boolean(config.redact_bodies),
            _ => return String::new(),
        };
        value.to_string()
    }
}
