//! The one spelling of a host. Routes, upstream settings and log folders are compared and named by
//! it, so two ways to write a host can never mean two things.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why a text is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    /// No host at all.
    #[error("the host is empty")]
    Empty,
    /// Longer than DNS allows.
    #[error("the host is longer than 253 characters")]
    TooLong,
    /// Something other than letters, digits, `-`, `_` and dots in between.
    #[error("a host is letters, digits, '-' and '_', in parts divided by dots (other scripts as xn--…)")]
    Characters,
    /// A number that is no plain dotted IPv4 address, such as `0x7f.1` or `2130706433`.
    #[error("an IPv4 address is four numbers from 0 to 255 divided by dots")]
    Ipv4,
    /// Brackets without an IPv6 address inside.
    #[error("an IPv6 address stands in brackets: [::1]")]
    Ipv6,
    /// A port that is none.
    #[error("a port is a number from 1 to 65535")]
    Port,
}

/// A host and its port, in the one spelling: lower case, addresses normalised, and no port where it
/// is the one that goes without saying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// The host; IPv6 in brackets.
    pub host: String,
    /// The port, if it was named and is not the default one.
    pub port: Option<u16>,
}

impl HostPort {
    /// Reads `host` or `host:port`. A port that says what is meant anyway is dropped: 80 on
    /// loopback, where plain HTTP is spoken, 443 elsewhere.
    pub fn parse(text: &str) -> Result<Self, InvalidHost> {
        let (host, port) = split_port(text)?;
        let host = canonical(host)?;
        let default_port = if is_loopback(&host) { 80 } else { 443 };
        Ok(Self { port: port.filter(|port| *port != default_port), host })
    }

    /// Reads `host` or `host:port` where the scheme says which port goes without saying.
    pub(super) fn parse_with_port(text: &str, default_port: u16) -> Result<(String, u16), InvalidHost> {
        let (host, port) = split_port(text)?;
        Ok((canonical(host)?, port.unwrap_or(default_port)))
    }
}

impl std::fmt::Display for HostPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// True for `localhost` and loopback addresses, judged by value: `127.0.0.1.example` is none.
/// Expects a host as [`HostPort`] spells it.
pub fn is_loopback(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok_and(|address| address.to_canonical().is_loopback());
    }
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), InvalidHost> {
    if text.starts_with('[') && !text.contains(']') {
        return Err(InvalidHost::Ipv6);
    }
    let after_brackets = text.find(']').map_or(0, |at| at + 1);
    let Some(colon) = text[after_brackets..].find(':') else { return Ok((text, None)) };
    let (host, port) = text.split_at(after_brackets + colon);
    let digits = &port[1..];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port) if is_number && port != 0 => Ok((host, Some(port))),
        Ok(_) | Err(_) => Err(InvalidHost::Port),
    }
}

fn canonical(host: &str) -> Result<String, InvalidHost> {
    if host.is_empty() {
        return Err(InvalidHost::Empty);
    }
    if host.len() > 253 {
        return Err(InvalidHost::TooLong);
    }
    if host.starts_with('[') {
        let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address: Ipv6Addr = inner.and_then(|inner| inner.parse().ok()).ok_or(InvalidHost::Ipv6)?;
        return Ok(format!("[{address}]"));
    }
    let host = host.to_ascii_lowercase();
    if !host.split('.').all(is_label) {
        return Err(InvalidHost::Characters);
    }
    if ends_in_a_number(&host) && host.parse::<Ipv4Addr>().is_err() {
        return Err(InvalidHost::Ipv4);
    }
    Ok(host)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// The rule of the URL standard: resolvers read such a host as an IPv4 address in one of the old
/// forms (decimal, octal, hexadecimal, shortened).
fn ends_in_a_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let hexadecimal =
        last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Result<String, InvalidHost> {
        HostPort::parse(text).map(|host| host.to_string())
    }

    #[test]
    fn one_spelling_for_each_host() {
        for (given, canonical) in [
            ("API.Anthropic.com", "api.anthropic.com"),
            ("api.anthropic.com:443", "api.anthropic.com"),
            ("api.anthropic.com:0443", "api.anthropic.com"),
            ("api.anthropic.com:80", "api.anthropic.com:80"),
            ("localhost:80", "localhost"),
            ("localhost:443", "localhost:443"),
            ("127.0.0.1:11434", "127.0.0.1:11434"),
            ("[0:0:0:0:0:0:0:1]:8080", "[::1]:8080"),
            ("[::1]:80", "[::1]"),
            ("my_gateway:4000", "my_gateway:4000"),
        ] {
            assert_eq!(spelled(given).as_deref(), Ok(canonical), "{given}");
        }
    }

    #[test]
    fn what_could_mean_another_host_is_refused() {
        for (given, why) in [
            ("", InvalidHost::Empty),
            (":80", InvalidHost::Empty),
            ("api.anthropic.com.", InvalidHost::Characters),
            ("user@host", InvalidHost::Characters),
            ("..", InvalidHost::Characters),
            ("a/b", InvalidHost::Characters),
            ("а.com", InvalidHost::Characters),
            ("-a.com", InvalidHost::Characters),
            ("2130706433", InvalidHost::Ipv4),
            ("0x7f.1", InvalidHost::Ipv4),
            ("0x7f000001", InvalidHost::Ipv4),
            ("127.1", InvalidHost::Ipv4),
            ("0177.0.0.1", InvalidHost::Ipv4),
            ("[::1", InvalidHost::Ipv6),
            ("[::1]x", InvalidHost::Ipv6),
            ("[127.0.0.1]", InvalidHost::Ipv6),
            ("::1", InvalidHost::Port),
            ("host:", InvalidHost::Port),
            ("host:0", InvalidHost::Port),
            ("host:+80", InvalidHost::Port),
            ("host:65536", InvalidHost::Port),
            ("host:22:33", InvalidHost::Port),
        ] {
            assert_eq!(spelled(given), Err(why), "{given}");
        }
        assert_eq!(spelled(&"a.".repeat(127)), Err(InvalidHost::TooLong));
    }

    #[test]
    fn loopback_is_judged_by_value() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.evil.com", "127.0.0.1.evil.com", "10.0.0.1", "[::2]", "example.com"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
