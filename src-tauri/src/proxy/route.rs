//! `/{provider}/{upstream}/{path}?{query}`: read once, on the raw bytes. What is read here is what is
//! allowed, dialled and logged; nothing is decoded or normalised.

use std::borrow::Cow;
use std::net::IpAddr;

use http::{HeaderMap, StatusCode, Uri};

use super::error::ProxyError;
use super::policy;
use crate::config::{Config, HostPort, Scheme, is_loopback};
use crate::provider::{self, Provider};

/// The longest request target, in bytes.
const MAX_TARGET_BYTES: usize = 16 * 1024;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Route {
    pub(super) provider: Provider,
    /// Canonical `host[:port]`: the log's folder, and the scope of session ids.
    pub(super) upstream: String,
    /// What is dialled.
    pub(super) scheme: Scheme,
    pub(super) host: String,
    pub(super) port: u16,
    /// The path that the upstream gets, without the query.
    pub(super) path: String,
    /// The query as sent, without its `?`.
    pub(super) query: Option<String>,
    /// Set when the proxy must not go there; the exchange is logged as refused.
    pub(super) refusal: Option<ProxyError>,
}

/// Reads a request's target. An error has no upstream to be logged under.
pub(super) fn route(
    uri: &Uri,
    headers: &HeaderMap,
    config: &Config,
    own_port: u16,
) -> Result<Route, ProxyError> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    if target.len() > MAX_TARGET_BYTES {
        return Err(ProxyError::new(
            StatusCode::URI_TOO_LONG,
            "target_too_long",
            "the URL is longer than 16 KiB",
        ));
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if first == "model" {
        return bedrock(path, query, config, own_port);
    }
    let provider = path
        .strip_prefix('/')
        .and_then(|rest| Provider::from_segment(rest.split('/').next()?))
        .ok_or_else(unknown_provider)?;
    let rest = &path[1 + provider.as_str().len()..];
    let (named, path) = split_upstream(rest);
    let named = match named.or(provider.default_upstream()) {
        Some(named) => {
            HostPort::parse(named).map_err(|error| bad_upstream(&error.to_string()).of(provider))?
        }
        None => return Err(unknown_provider()),
    };
    Ok(Route::to(provider, named, path, query, headers, config, own_port))
}

impl Route {
    fn to(
        provider: Provider,
        named: HostPort,
        path: &str,
        query: Option<String>,
        headers: &HeaderMap,
        config: &Config,
        own_port: u16,
    ) -> Self {
        let look_up = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signed_in = provider == Provider::OpenAi
            && named.to_string() == "api.openai.com"
            && provider::is_chatgpt_sign_in(&look_up);
        let (named, path) = if signed_in {
            let chatgpt = HostPort { host: "chatgpt.com".to_owned(), port: None };
            (chatgpt, Cow::Owned(provider::chatgpt_path(path)))
        } else {
            let path = provider::own_path(provider, &named.host, path);
            (named, path)
        };
        let upstream = named.to_string();
        let configured = config.upstreams.get(&upstream);
        let (scheme, host, port, prefix) = match configured {
            Some(base) => (base.scheme, base.host.clone(), base.port, base.path_prefix.as_str()),
            None => {
                let scheme = if is_loopback(&named.host) { Scheme::Http } else { Scheme::Https };
                let port = named.port.unwrap_or(scheme.default_port());
                (scheme, named.host, port, "")
            }
        };
        let refusal =
            refusal(&host, port, configured.is_some(), config, own_port).map(|error| error.of(provider));
        Self { provider, upstream, scheme, host, port, path: format!("{prefix}{path}"), query, refusal }
    }

    /// `host` or `host:port`, as the upstream's `Host` field has it.
    fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The URL that is asked for.
    pub(super) fn uri(&self) -> Result<Uri, ProxyError> {
        let question = if self.query.is_some() { "?" } else { "" };
        let query = self.query.as_deref().unwrap_or_default();
        let target = format!("{}{question}{query}", self.path);
        let built = Uri::builder()
            .scheme(self.scheme.as_str())
            .authority(self.authority())
            .path_and_query(target)
            .build();
        built.map_err(|_| {
            ProxyError::new(StatusCode::BAD_REQUEST, "bad_target", "the URL cannot be forwarded")
                .of(self.provider)
        })
    }
}

/// Splits what follows the provider into the upstream, if one is named, and the path.
fn split_upstream(rest: &str) -> (Option<&str>, &str) {
    let segment = rest.strip_prefix('/').unwrap_or(rest);
    let (segment, path) =
        segment.split_once('/').map_or((segment, ""), |(segment, _)| (segment, &rest[1 + segment.len()..]));
    let is_host = segment.contains(['.', ':', '@', '%'])
        || segment.eq_ignore_ascii_case("localhost")
        || segment.starts_with('[');
    match (is_host, path, rest) {
        (true, "", _) => (Some(segment), "/"),
        (true, path, _) => (Some(segment), path),
        (false, _, "") => (None, "/"),
        (false, _, rest) => (None, rest),
    }
}

/// Bedrock's own form: the upstream is the region's.
fn bedrock(path: &str, query: Option<String>, config: &Config, own_port: u16) -> Result<Route, ProxyError> {
    let region = config.bedrock_region.as_deref().ok_or_else(|| {
        let message = "for Bedrock, set `bedrock_region` in config.toml or BEDROCK_REGION";
        ProxyError::new(StatusCode::BAD_REQUEST, "bedrock_region_missing", message).of(Provider::Bedrock)
    })?;
    let host = format!("bedrock-runtime.{region}.amazonaws.com");
    let named =
        HostPort::parse(&host).map_err(|error| bad_upstream(&error.to_string()).of(Provider::Bedrock))?;
    Ok(Route::to(Provider::Bedrock, named, path, query, &HeaderMap::new(), config, own_port))
}

/// Why the proxy must not go there.
fn refusal(host: &str, port: u16, configured: bool, config: &Config, own_port: u16) -> Option<ProxyError> {
    if is_loopback(host) && port == own_port {
        return Some(ProxyError::new(StatusCode::LOOP_DETECTED, "loop", "the upstream is this proxy itself"));
    }
    if configured || is_loopback(host) {
        return None;
    }
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    if address.is_some_and(|address| !policy::is_public(address)) || policy::is_internal_name(host) {
        return Some(not_allowed(host, port));
    }
    // A base's name is dialled wherever it leads: that was allowed for its own port alone.
    let mut bases = config.upstreams.values().filter(|base| base.host == host).peekable();
    if bases.peek().is_some() && bases.all(|base| base.port != port) {
        return Some(not_allowed(host, port));
    }
    (!policy::is_web_port(port)).then(|| not_allowed(host, port))
}

/// An upstream that only the configuration can allow.
pub(super) fn not_allowed(host: &str, port: u16) -> ProxyError {
    let message = format!(
        "{host} is not a public upstream; if you mean it, add `\"{host}:{port}\" = \"https://{host}:{port}\"` under [upstreams] in config.toml"
    );
    ProxyError::new(StatusCode::FORBIDDEN, "upstream_not_allowed", message)
}

fn bad_upstream(why: &str) -> ProxyError {
    ProxyError::new(
        StatusCode::BAD_REQUEST,
        "bad_upstream",
        format!("the URL's upstream is not a host: {why}"),
    )
}

fn unknown_provider() -> ProxyError {
    let known = provider::ALL_SEGMENTS.map(|segment| format!("/{segment}/…")).join(", ");
    ProxyError::new(
        StatusCode::NOT_FOUND,
        "unknown_provider",
        format!("no such provider; URLs begin with one of {known}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Paths};

    const OWN_PORT: u16 = 12071;

    fn code(target: &str, config: &Config) -> Option<&'static str> {
        let uri = target.parse().unwrap();
        route(&uri, &HeaderMap::new(), config, OWN_PORT).unwrap().refusal.map(|refusal| refusal.code)
    }

    fn config(upstream: &str, base: &str) -> Config {
        let paths = Paths::of(&Environment::from_pairs([("HOME", "/home/ada")])).unwrap();
        let mut config = Config::defaults(&paths);
        config.upstreams.insert(upstream.to_owned(), base.parse().unwrap());
        config.bedrock_region = Some("us-east-1".to_owned());
        config
    }

    #[test]
    fn s7_a_configured_base_opens_its_own_port_and_no_other() {
        let config = config("api.openai.com", "https://gateway.example.com:8443");
        for (target, refused) in [
            ("/openai/api.openai.com/v1/models", None),
            ("/openai/gateway.example.com:8443/v1/models", None),
            ("/openai/gateway.example.com:9200/_search", Some("upstream_not_allowed")),
            ("/openai/gateway.example.com/", Some("upstream_not_allowed")),
            ("/openai/other.example.com:8443/", None),
        ] {
            assert_eq!(code(target, &config), refused, "{target}");
        }
    }

    #[test]
    fn s10_no_route_leads_back_here() {
        let config = config("bedrock-runtime.us-east-1.amazonaws.com", "http://127.0.0.1:12071");
        for target in ["/model/m/invoke", "/openai/127.0.0.1:12071/", "/openai/[::ffff:127.0.0.1]:12071/x"] {
            assert_eq!(code(target, &config), Some("loop"), "{target}");
        }
    }
}
