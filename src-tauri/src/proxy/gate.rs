//! Who may ask at all: no browser, and nobody who thinks we are another host. A page in a browser, or a
//! name that was rebound to loopback, gets nothing forwarded and nothing logged.
//!
//! There is no switch to turn this off.

use http::{HeaderMap, HeaderName, Method, StatusCode, header};

use super::error::ProxyError;

/// What the fields of a head may take together. The request's target has a limit of its own, in `route`.
const MAX_FIELDS_BYTES: usize = 64 * 1024;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Checks a request's head against DNS rebinding (`Host`) and browsers (`Origin`, `Sec-Fetch-*`).
///
/// `Sec-Fetch-Mode: cors` alone is let through: Node's own fetch sends it, without a site and without
/// an origin.
pub(super) fn check<B>(
    request: &http::Request<B>,
    port: u16,
    allow_origins: &[String],
) -> Result<(), ProxyError> {
    let headers = request.headers();
    check_size(request)?;
    check_host(request, port)?;
    let origin = headers.get(header::ORIGIN).map(|value| value.as_bytes());
    let allowed = origin.is_some_and(|origin| allow_origins.iter().any(|entry| entry.as_bytes() == origin));
    if origin.is_some() && !allowed || headers.get_all(header::ORIGIN).iter().count() > 1 {
        return Err(refuse(
            "origin_refused",
            "requests from web pages are refused; a page's origin can be allowed with `allow_origins` in config.toml",
        ));
    }
    if allowed {
        return Ok(());
    }
    if headers.contains_key(SEC_FETCH_SITE)
        || is(headers, SEC_FETCH_MODE, &["navigate", "no-cors", "websocket", "same-origin"])
    {
        return Err(refuse("browser_refused", "requests from browsers are refused"));
    }
    if request.method() == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return Err(refuse("preflight_refused", "preflight requests of browsers are refused"));
    }
    Ok(())
}

/// RFC 6585 5: 431 for a head that is too large.
fn check_size<B>(request: &http::Request<B>) -> Result<(), ProxyError> {
    let fields = request.headers().iter();
    let bytes: usize = fields.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
    if bytes <= MAX_FIELDS_BYTES {
        return Ok(());
    }
    let message = format!("the header fields take {bytes} bytes; {MAX_FIELDS_BYTES} are allowed");
    Err(ProxyError::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "fields_too_large", message))
}

/// RFC 9112 3.2: exactly one `Host`, and it must be us. An absolute request target must name us too.
fn check_host<B>(request: &http::Request<B>, port: u16) -> Result<(), ProxyError> {
    if request.method() == Method::CONNECT {
        return Err(ProxyError::new(
            StatusCode::BAD_REQUEST,
            "connect_refused",
            "CONNECT is not supported: set a base URL instead of a proxy",
        ));
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.as_bytes(),
        (None, _) => {
            return Err(ProxyError::new(StatusCode::BAD_REQUEST, "host_missing", "the request has no Host"));
        }
        (Some(_), Some(_)) => {
            return Err(ProxyError::new(
                StatusCode::BAD_REQUEST,
                "host_repeated",
                "the request has two Hosts",
            ));
        }
    };
    let authority = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    if !is_us(host, port) || authority.is_some_and(|authority| !is_us(authority, port)) {
        return Err(ProxyError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong_host",
            format!("only http://127.0.0.1:{port} and http://localhost:{port} are served here"),
        ));
    }
    Ok(())
}

fn is_us(host: &[u8], port: u16) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
        let rest = host
            .get(..name.len())
            .filter(|start| start.eq_ignore_ascii_case(name.as_bytes()))
            .map(|_| &host[name.len()..]);
        rest.and_then(|rest| rest.strip_prefix(b":"))
            .is_some_and(|digits| digits == port.to_string().as_bytes())
    })
}

fn is(headers: &HeaderMap, name: HeaderName, values: &[&str]) -> bool {
    headers
        .get_all(name)
        .iter()
        .any(|value| values.iter().any(|known| value.as_bytes().eq_ignore_ascii_case(known.as_bytes())))
}

fn refuse(code: &'static str, message: &str) -> ProxyError {
    ProxyError::new(StatusCode::FORBIDDEN, code, message)
}
