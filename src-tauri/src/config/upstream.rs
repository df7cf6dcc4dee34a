//! Another base for a host: what stands on the right-hand side in `[upstreams]`.

use super::host::{HostPort, InvalidHost};

/// What an upstream speaks. Said by the configuration, never guessed from a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port when a URL names none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where requests for a host really go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// What it speaks.
    pub scheme: Scheme,
    /// Its host in the canonical spelling; IPv6 in brackets.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// What goes before every path: empty, or `/…` without a slash at the end.
    pub path_prefix: String,
}

/// Why a text is no base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUpstream {
    /// Neither `http://` nor `https://`.
    #[error("expected a base URL that begins with http:// or https://")]
    Scheme,
    /// A name or password before the host; keys belong to the client.
    #[error("a base URL holds no user name and no password")]
    Userinfo,
    /// A query or fragment, to which no path can be appended.
    #[error("a base URL has no '?' and no '#'")]
    Query,
    /// A path with bytes that no request line may hold.
    #[error("the path of a base URL is printable ASCII without spaces")]
    Path,
    /// What stands between scheme and path is no host.
    #[error(transparent)]
    Host(#[from] InvalidHost),
}

/// The base URL, without a port that its scheme has anyway.
impl std::fmt::Display for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path_prefix)
    }
}

impl std::str::FromStr for Upstream {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(_) | None => return Err(InvalidUpstream::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(InvalidUpstream::Query);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(InvalidUpstream::Userinfo);
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidUpstream::Path);
        }
        let (host, port) = HostPort::parse_with_port(authority, scheme.default_port())?;
        Ok(Self { scheme, host, port, path_prefix: path.trim_end_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(scheme: Scheme, host: &str, port: u16, path_prefix: &str) -> Upstream {
        Upstream { scheme, host: host.to_owned(), port, path_prefix: path_prefix.to_owned() }
    }

    #[test]
    fn base_urls_are_taken_apart() {
        for (text, expected) in [
            ("http://127.0.0.1:9901", upstream(Scheme::Http, "127.0.0.1", 9901, "")),
            ("https://Gateway.Example.com", upstream(Scheme::Https, "gateway.example.com", 443, "")),
            ("https://gateway.example.com/", upstream(Scheme::Https, "gateway.example.com", 443, "")),
            (
                "http://gateway.example.com:443/a%2Fb/c/",
                upstream(Scheme::Http, "gateway.example.com", 443, "/a%2Fb/c"),
            ),
            ("https://127.0.0.1:80", upstream(Scheme::Https, "127.0.0.1", 80, "")),
            ("http://[::1]", upstream(Scheme::Http, "[::1]", 80, "")),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for (text, why) in [
            ("gateway.example.com", InvalidUpstream::Scheme),
            ("HTTP//x", InvalidUpstream::Scheme),
            ("ftp://x.y", InvalidUpstream::Scheme),
            ("https://me:secret@x.y", InvalidUpstream::Userinfo),
            ("https://x.y/?key=secret", InvalidUpstream::Query),
            ("https://x.y/#a", InvalidUpstream::Query),
            ("https://x.y/a b", InvalidUpstream::Path),
            ("https://x.y/a\r\nb", InvalidUpstream::Path),
            ("https:///path", InvalidUpstream::Host(InvalidHost::Empty)),
            ("https://x.y:99999", InvalidUpstream::Host(InvalidHost::Port)),
        ] {
            assert_eq!(text.parse::<Upstream>(), Err(why), "{text}");
        }
    }
}
