//! What a single setting may be, wherever it stands. Errors say what is allowed and never repeat
//! the value: people paste keys into the wrong place.

use std::path::{Path, PathBuf};

use super::{HostPort, Paths};

/// What a value was expected to be.
pub(super) type Expected = &'static str;

pub(super) const PORT: Expected = "expected a whole number from 0 to 65535 (0 picks a free port)";
/// A hundred years.
pub(super) const MOST_DAYS: u64 = 36_500;
pub(super) const DAYS: Expected = "expected a whole number from 0 to 36500";
const LOG_DIR: Expected = "expected an absolute path, or one that begins with ~/";
const REGION: Expected = "expected an AWS region such as \"us-east-1\"";
const ORIGIN: Expected = "expected an origin such as \"https://tool.example\" or \"http://localhost:3000\": a scheme, a host, perhaps a port, no path, no '*'";

/// A port from digits and nothing else.
pub(super) fn port(text: &str) -> Result<u16, Expected> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or(PORT)
}

/// Days from digits and nothing else.
pub(super) fn days(text: &str) -> Result<u64, Expected> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|days| is_number && *days <= MOST_DAYS).ok_or(DAYS)
}

/// An absolute folder, `~/` expanded.
pub(super) fn log_dir(path: &Path, paths: &Paths) -> Result<PathBuf, Expected> {
    Some(paths.expand_home(path)).filter(|path| path.is_absolute()).ok_or(LOG_DIR)
}

/// A region becomes part of a host name, so it is no more than a label of one.
pub(super) fn region(text: &str) -> Result<String, Expected> {
    let is_label =
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let fits = is_label && text.len() <= 32 && text.contains('-') && !text.starts_with('-');
    let is_numbered = text.ends_with(|last: char| last.is_ascii_digit());
    if fits && is_numbered { Ok(text.to_owned()) } else { Err(REGION) }
}

/// An origin as browsers send it, in lower case.
pub(super) fn origin(text: &str) -> Result<String, Expected> {
    let origin = text.to_ascii_lowercase();
    let (scheme, host) = origin.split_once("://").ok_or(ORIGIN)?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if is_scheme && HostPort::parse(host).is_ok() { Ok(origin) } else { Err(ORIGIN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        assert_eq!(port("0"), Ok(0));
        assert_eq!(port("65535"), Ok(65535));
        for text in ["", "+80", "-1", "65536", " 80", "0x50", "http"] {
            assert_eq!(port(text), Err(PORT), "{text}");
        }
    }

    #[test]
    fn days_are_whole_and_few() {
        assert_eq!((days("0"), days("36500")), (Ok(0), Ok(36_500)));
        for text in ["", "+1", "-1", "1.5", "36501", "2d"] {
            assert_eq!(days(text), Err(DAYS), "{text}");
        }
    }

    #[test]
    fn regions() {
        for text in ["us-east-1", "us-gov-west-1", "ap-southeast-4"] {
            assert_eq!(region(text).as_deref(), Ok(text));
        }
        for text in ["", "-", "us", "us-east-1.evil.test", "US-EAST-1", "us-east-1/", "-us-1", "us-east-"] {
            assert_eq!(region(text), Err(REGION), "{text}");
        }
    }

    #[test]
    fn origins() {
        for (text, expected) in [
            ("https://Tool.Example", "https://tool.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(expected));
        }
        for text in [
            "*",
            "null",
            "https://*",
            "https://a.b/",
            "https://a.b/c",
            "//a.b",
            "a.b",
            "https://me@a.b",
            "https://",
        ] {
            assert_eq!(origin(text), Err(ORIGIN), "{text}");
        }
    }
}
