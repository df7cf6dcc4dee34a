//! Who may ask at all: the page that we served, and whoever opens the link. Every other page is turned away
//! before its cookie is looked at, and so is a name that was rebound to loopback.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub(super) async fn keep(request: Request, next: Next) -> Response {
    match check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err((status, why)) => (status, why).into_response(),
    }
}

/// The port in `Host` may be any: a tunnel's end on the user's machine has its own.
fn check(headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
    let mut hosts = headers.get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err((StatusCode::BAD_REQUEST, "exactly one Host is wanted"));
    };
    if !is_loopback(host) {
        return Err((StatusCode::MISDIRECTED_REQUEST, "only 127.0.0.1 and localhost are served here"));
    }
    let own = format!("http://{host}");
    let foreign_origin = headers.get_all(header::ORIGIN).iter().any(|origin| origin != own.as_str());
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let foreign_site = site.is_some_and(|site| site != b"same-origin" && site != b"none");
    // A link on another page may lead to `open`, and to nothing else: it has no cookie with it.
    let is_navigation = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && headers.get("sec-fetch-dest").is_some_and(|dest| dest == "document");
    if foreign_origin || foreign_site && !is_navigation {
        return Err((StatusCode::FORBIDDEN, "requests from other pages are refused"));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        Some((_, rest)) if rest.ends_with(']') => host,
        Some(_) => return false,
        None => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|known| name.eq_ignore_ascii_case(known))
}
