//! The configuration file: TOML whose keys carry their units. Every complaint names a line.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::KEYS;
use super::nearest::nearest;
use super::{Config, HostPort, MIB, Paths, Upstream, values};

type Key<'i> = Spanned<DeString<'i>>;
type Value<'i> = Spanned<DeValue<'i>>;

/// What is wrong with a file's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Counted from 1.
    pub(super) line: usize,
    /// What is wrong and what would be right.
    pub(super) message: String,
}

/// A complaint about some bytes of the text.
struct Complaint {
    at: Range<usize>,
    message: String,
}

impl Complaint {
    fn about<T>(spanned: &Spanned<T>, message: impl Display) -> Self {
        Self { at: spanned.span(), message: message.to_string() }
    }
}

/// Lays the file's settings over `config`. The text is checked whole, whatever flags and
/// environment will lay over it afterwards.
pub(super) fn apply(text: &str, paths: &Paths, config: &mut Config) -> Result<(), Problem> {
    apply_table(text, paths, config).map_err(|complaint| Problem {
        line: text.bytes().take(complaint.at.start).filter(|byte| *byte == b'\n').count() + 1,
        message: complaint.message,
    })
}

fn apply_table(text: &str, paths: &Paths, config: &mut Config) -> Result<(), Complaint> {
    let table = DeTable::parse(text).map_err(|error| Complaint {
        at: error.span().unwrap_or_default(),
        message: format!("not TOML: {}", error.message()),
    })?;
    for (key, value) in table.get_ref() {
        set(config, paths, key, value).map_err(|mut complaint| {
            complaint.message.insert_str(0, &format!("{}: ", key.get_ref().escape_debug()));
            complaint
        })?;
    }
    Ok(())
}

fn set(config: &mut Config, paths: &Paths, key: &Key, value: &Value) -> Result<(), Complaint> {
    match key.get_ref().as_ref() {
        "port" => {
            let port = integer(value, 0..=65_535).ok().and_then(|port| u16::try_from(port).ok());
            config.name_port(port.ok_or_else(|| Complaint::about(value, values::PORT))?);
        }
        "log_dir" => config.log_dir = text(value, |path| values::log_dir(Path::new(path), paths))?,
        "upstreams" => return set_upstreams(config, value),
        "allow_origins" => config.allow_origins = texts(value, values::origin)?,
        "bedrock_region" => config.bedrock_region = Some(text(value, values::region)?),
        "max_body_mib" => config.max_body_bytes = integer(value, 1..=256)? * MIB,
        "journal_max_mib" => config.journal_max_bytes = integer(value, 64..=1_048_576)? * MIB,
        "connect_timeout_seconds" => config.connect_timeout = Duration::from_secs(integer(value, 1..=600)?),
        "drain_timeout_seconds" => config.drain_timeout = Duration::from_secs(integer(value, 0..=3600)?),
        "compress_after_days" => config.compress_after_days = integer(value, 0..=values::MOST_DAYS)?,
        "redact_bodies" => {
            let switch = value.get_ref().as_bool();
            config.redact_bodies = switch.ok_or_else(|| Complaint::about(value, "expected true or false"))?;
        }
        unknown => return Err(Complaint::about(key, unknown_key(unknown))),
    }
    Ok(())
}

fn set_upstreams(config: &mut Config, value: &Value) -> Result<(), Complaint> {
    let expected = "expected a table of \"host\" = \"base URL\"";
    let table = value.get_ref().as_table().ok_or_else(|| Complaint::about(value, expected))?;
    for (key, value) in table {
        if value.get_ref().is_table() {
            // TOML reads the dots of a bare key as tables within tables.
            return Err(Complaint::about(
                key,
                "a host stands in quotes: \"api.anthropic.com\" = \"https://…\"",
            ));
        }
        let host = upstream_host(key)?;
        let upstream = text(value, str::parse::<Upstream>)?;
        if config.upstreams.insert(host, upstream).is_some() {
            return Err(Complaint::about(key, "this host stands here twice, in two spellings"));
        }
    }
    Ok(())
}

fn upstream_host(key: &Key) -> Result<String, Complaint> {
    let host = HostPort::parse(key.get_ref()).map_err(|error| Complaint::about(key, error))?;
    if !host.host.contains(['.', '[']) && host.host != "localhost" && host.port.is_none() {
        let message = "a host without a dot needs a port here: in a URL, a name alone is read as the beginning of the path";
        return Err(Complaint::about(key, message));
    }
    Ok(host.to_string())
}

fn integer(value: &Value, allowed: RangeInclusive<u64>) -> Result<u64, Complaint> {
    let number = value.get_ref().as_integer();
    let number = number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
    number.filter(|number| allowed.contains(number)).ok_or_else(|| {
        Complaint::about(
            value,
            format!("expected a whole number from {} to {}", allowed.start(), allowed.end()),
        )
    })
}

fn text<T, E: Display>(value: &Value, read: impl Fn(&str) -> Result<T, E>) -> Result<T, Complaint> {
    let text =
        value.get_ref().as_str().ok_or_else(|| Complaint::about(value, "expected a text in quotes"))?;
    read(text).map_err(|error| Complaint::about(value, error))
}

fn texts<T, E: Display>(value: &Value, read: impl Fn(&str) -> Result<T, E>) -> Result<Vec<T>, Complaint> {
    let array = value.get_ref().as_array();
    let array = array.ok_or_else(|| Complaint::about(value, "expected a list of texts: [\"…\", \"…\"]"))?;
    array.iter().map(|value| text(value, &read)).collect()
}

fn unknown_key(key: &str) -> String {
    let known = KEYS.map(|known| known.name);
    match nearest(key, &known) {
        Some(meant) => format!("no such setting; did you mean {meant}?"),
        None => format!("no such setting; there are {}", known.join(", ")),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::config::{Environment, Scheme};

    fn paths() -> Paths {
        Paths::of(&Environment::from_pairs([("HOME", "/home/ada")])).unwrap()
    }

    fn read(text: &str) -> Result<Config, Problem> {
        let paths = paths();
        let mut config = Config::defaults(&paths);
        apply(text, &paths, &mut config).map(|()| config)
    }

    #[test]
    fn every_key_is_read() {
        let config = read(
            r#"
            port = 1_234
            log_dir = "~/ai-logs"
            allow_origins = ["https://Tool.example", "http://localhost:3000"]
            bedrock_region = "eu-central-1"
            max_body_mib = 2
            journal_max_mib = 0x80
            connect_timeout_seconds = 3
            drain_timeout_seconds = 0
            compress_after_days = 30
            redact_bodies = false
            [upstreams]
            "API.anthropic.com" = "http://127.0.0.1:9901/base/"
            "gateway:4000" = "https://gateway.corp.example"
            "#,
        )
        .unwrap();
        assert_eq!((config.port, config.port_is_default), (1234, false));
        assert_eq!(config.log_dir, Path::new("/home/ada/ai-logs"));
        assert_eq!(config.allow_origins, ["https://tool.example", "http://localhost:3000"]);
        assert_eq!(config.bedrock_region.as_deref(), Some("eu-central-1"));
        assert_eq!((config.max_body_bytes, config.journal_max_bytes), (2 * 1024 * 1024, 128 * 1024 * 1024));
        assert_eq!((config.connect_timeout, config.drain_timeout), (Duration::from_secs(3), Duration::ZERO));
        assert_eq!(config.compress_after_days, 30);
        assert!(!config.redact_bodies);
        let anthropic = &config.upstreams["api.anthropic.com"];
        assert_eq!((anthropic.scheme, anthropic.port), (Scheme::Http, 9901));
        assert_eq!((anthropic.host.as_str(), anthropic.path_prefix.as_str()), ("127.0.0.1", "/base"));
        assert_eq!(config.upstreams["gateway:4000"].port, 443);
    }

    #[test]
    fn keys_and_the_reader_agree() {
        for key in KEYS.map(|key| key.name) {
            // A date fits no key: each must complain about the value, none about the key.
            let problem = read(&format!("{key} = 2026-11-23")).unwrap_err();
            assert!(problem.message.starts_with(&format!("{key}: expected")), "{}", problem.message);
        }
    }

    #[test]
    fn a_shown_value_reads_back_as_it_was() {
        let text = "port = 1\nlog_dir = \"/a b\"\nallow_origins = [\"https://x.y\"]\nmax_body_mib = 3\nredact_bodies = false
            [upstreams]\n\"a.b\" = \"http://c.d:81/e\"\n\"g:1\" = \"https://h.i\"";
        let config = read(text).unwrap();
        let shown = KEYS.map(|key| (key.name, key.value_in(&config)));
        let lines = shown.iter().filter(|(_, value)| !value.is_empty());
        let text: String = lines.map(|(name, value)| format!("{name} = {value}\n")).collect();
        assert_eq!(read(&text).unwrap(), config, "{text}");
    }

    #[test]
    fn an_empty_file_changes_nothing() {
        assert_eq!(read("").unwrap(), read("# only a comment\n[upstreams]\n").unwrap());
        assert!(read("").unwrap().port_is_default);
    }

    #[test]
    fn complaints_name_the_line_and_what_is_allowed() {
        for (text, line, part) in [
            ("port = 1\n\nprot = 2", 3, "prot: no such setting; did you mean port?"),
            ("colour = 1", 1, "colour: no such setting; there are port, log_dir, upstreams"),
            ("port = 65536", 1, "port: expected a whole number from 0 to 65535 (0 picks a free port)"),
            ("port = -1", 1, "expected a whole number"),
            ("port = \"80\"", 1, "expected a whole number"),
            ("port = 80.5", 1, "expected a whole number"),
            ("# a\nlog_dir = \"logs\"", 2, "log_dir: expected an absolute path, or one that begins with ~/"),
            ("log_dir = 1", 1, "expected a text in quotes"),
            ("allow_origins = \"https://a.b\"", 1, "expected a list"),
            ("allow_origins = [\n\"https://a.b\",\n\"*\"]", 3, "expected an origin"),
            ("max_body_mib = 0", 1, "expected a whole number from 1 to 256"),
            ("max_body_mib = 99999999999999999999999", 1, "expected a whole number from 1 to 256"),
            ("redact_bodies = \"no\"", 1, "expected true or false"),
            ("upstreams = 1", 1, "expected a table"),
            (
                "[upstreams]\n\n\"a.b\" = \"c.d\"",
                3,
                "upstreams: expected a base URL that begins with http://",
            ),
            ("[upstreams]\na.b = \"http://c.d\"", 2, "a host stands in quotes"),
            ("[upstreams]\ngateway = \"http://c.d\"", 2, "needs a port"),
            ("[upstreams]\n\"a b\" = \"http://c.d\"", 2, "a host is letters"),
            ("[upstreams]\n\"a.b\" = \"http://c.d\"\n\"A.B\" = \"http://c.d\"", 2, "twice"),
            ("port = 1\nport = 2", 2, "not TOML"),
            ("\n[upstreams", 2, "not TOML"),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!(problem.line, line, "{text}: {}", problem.message);
            assert!(problem.message.contains(part), "{text}: {}", problem.message);
        }
    }

    #[test]
    fn a_complaint_never_repeats_a_value() {
        for text in [
            "port = \"sk-secret\"",
            "bedrock_region = \"sk-secret\"",
            "allow_origins = [\"sk-secret\"]",
            "[upstreams]\n\"a.b\" = \"https://user:sk-secret@c.d\"",
            "port = sk-secret",
        ] {
            let problem = read(text).expect_err(text);
            assert!(!problem.message.contains("secret"), "{}", problem.message);
        }
    }
}
